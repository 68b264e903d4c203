//! Dates on which something ends: one that is over would be refused, whatever else a request asks.

use serde_json::Value;

use super::unusual::snake;

/// Examples before this year are over, or will be while the pack is in use. It is fixed, so that a document always gives the same
/// pack.
const SOON: u16 = 2035;

/// The year that takes its place: a leap year, which has every day that another one has.
const LATE: &str = "2096";

/// Returns a time that is not over soon, for something that ends.
pub(super) fn late(format: &str) -> Option<&'static str> {
    match format {
        "date-time" => Some("2099-01-31T12:00:00Z"),
        "date" => Some("2099-01-31"),
        _ => None,
    }
}

/// Returns true if the name of a property says that it is the end of something.
pub(super) fn is_end(name: &str) -> bool {
    const WORDS: [&str; 13] = [
        "end",
        "ends",
        "until",
        "to",
        "expire",
        "expires",
        "expired",
        "expiry",
        "expiration",
        "due",
        "deadline",
        "stop",
        "finish",
    ];
    let last = snake(name.rsplit('.').next().unwrap_or_default());
    last.ends_with("not_after") || last.split('_').any(|word| WORDS.contains(&word))
}

/// Replaces the dates in an example on which something ends and that are over, by later ones of the same form.
pub(super) fn prolong(name: &str, example: &mut Value) {
    match example {
        Value::String(text) if is_end(name) && is_over(text) => text.replace_range(..LATE.len(), LATE),
        Value::Array(items) => items.iter_mut().for_each(|item| prolong(name, item)),
        Value::Object(members) => members.iter_mut().for_each(|(name, member)| prolong(name, member)),
        _ => {}
    }
}

/// Returns true for a date, also one with a time, that is over or will be soon.
fn is_over(text: &str) -> bool {
    let is_date = text.bytes().take(10).map(|byte| if byte.is_ascii_digit() { b'0' } else { byte });
    let year = text.get(..LATE.len()).and_then(|year| year.parse::<u16>().ok());
    is_date.eq(*b"0000-00-00") && year.is_some_and(|year| year < SOON)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn dates_that_end_something_are_late_in_the_form_of_the_example() {
        for (example, expected) in [
            (
                json!({ "expiresAt": "2023-01-31T12:00:00+02:00" }),
                json!({ "expiresAt": "2096-01-31T12:00:00+02:00" }),
            ),
            (json!({ "valid": { "until": "2024-02-29" } }), json!({ "valid": { "until": "2096-02-29" } })),
            (json!({ "notAfter": "2020-01-01" }), json!({ "notAfter": "2096-01-01" })),
            // It begins something, lies in the future, or is no date.
            (json!({ "notBefore": "2020-01-01" }), json!({ "notBefore": "2020-01-01" })),
            (json!({ "createdAt": "2020-01-01" }), json!({ "createdAt": "2020-01-01" })),
            (json!({ "until": "2050-01-01" }), json!({ "until": "2050-01-01" })),
            (json!({ "until": "never", "to": "2020" }), json!({ "until": "never", "to": "2020" })),
        ] {
            let mut late = example.clone();
            prolong("", &mut late);
            assert_eq!(late, expected, "{example}");
        }
    }
}
