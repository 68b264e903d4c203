//! Texts that are typical of members and parameters with certain names, for places where a document says only that they are texts.

/// Last words of names, and a text that servers expect there.
const TEXTS: [(&[&str], &str); 22] = [
    (&["timezone", "tz"], "Europe/Berlin"),
    (&["cron", "crontab"], "0 0 * * *"),
    (&["country"], "DE"),
    (&["currency"], "EUR"),
    (&["language", "lang", "locale"], "en"),
    // No name below `.invalid` is ever found (RFC 2606, section 2): a server that calls it calls nobody.
    (&["url", "uri", "webhook", "homepage", "website"], "https://failspec.invalid/failspec"),
    (&["hostname", "host", "domain", "fqdn"], "failspec.invalid"),
    (&["ip", "ipaddress", "ipv4"], "192.0.2.1"),
    (&["ipv6"], "2001:db8::1"),
    (&["cidr", "subnet", "netmask"], "192.0.2.0/24"),
    (&["email", "mail"], "failspec@example.com"),
    (&["phone", "mobile", "telephone"], "+493012345678"),
    (&["date", "day", "birthday"], "2024-01-31"),
    (&["datetime", "timestamp", "at"], "2024-01-31T12:00:00Z"),
    (&["uuid", "guid"], "6d1f2c1e-7c1f-4e0a-9d3a-0b5a1f2c3d4e"),
    (&["color", "colour"], "#336699"),
    (&["version"], "1.0.0"),
    (&["port"], "8080"),
    (&["mimetype", "mime"], "text/plain"),
    (&["zip", "zipcode", "postcode"], "10115"),
    (&["latitude", "lat", "longitude", "lon", "lng"], "1.5"),
    (&["regex", "regexp"], "a"),
];

/// Returns a text that is typical of a member or parameter with this name; `None` if its name says nothing.
pub fn typical_text(name: &str) -> Option<&'static str> {
    let words = words(name);
    let last = words.last()?;
    // `time_zone` is a `timezone`, `country_code` says that it is about a country.
    let joined = words.len().checked_sub(2).map(|at| words[at..].concat());
    let before = words.len().checked_sub(2).map(|at| words[at].as_str()).filter(|_| last == "code");
    let is_known = |word: &str| TEXTS.iter().find(|(known, _)| known.contains(&word)).map(|(_, text)| *text);
    is_known(last).or_else(|| is_known(&joined?)).or_else(|| is_known(before?))
}

/// Returns the words of a name in lower case: of `createdAt`, `created` and `at`.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut before = '_';
    for letter in name.chars() {
        let begins =
            !before.is_ascii_alphanumeric() || letter.is_ascii_uppercase() && before.is_ascii_lowercase();
        if letter.is_ascii_alphanumeric() {
            if begins {
                words.push(String::new());
            }
            words.last_mut().into_iter().for_each(|word| word.push(letter.to_ascii_lowercase()));
        }
        before = letter;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typical_text_follows_the_last_words_of_a_name() {
        for (name, expected) in [
            ("timezone", Some("Europe/Berlin")),
            ("time_zone", Some("Europe/Berlin")),
            ("countryCode", Some("DE")),
            ("callback_url", Some("https://failspec.invalid/failspec")),
            ("createdAt", Some("2024-01-31T12:00:00Z")),
            ("dueDate", Some("2024-01-31")),
            ("ipAddress", Some("192.0.2.1")),
            ("format", None),
            ("flat", None),
            ("code", None),
            ("", None),
        ] {
            assert_eq!(typical_text(name), expected, "{name}");
        }
    }
}
