//! HTTP statuses in running text.

use failspec_base::message::phrases;

/// Names of statuses that pages use, and no RFC.
const COLLOQUIAL: &[(u16, &str)] = &[(500, "Internal Error"), (500, "Server Error")];

/// Maximum length of the name of a status with its number, in bytes.
const MAX_NAME_LEN: usize = 60;

/// The status of the response to a bulk request with failed parts (RFC 4918): the only success status that is a
/// documented failure.
pub(super) const MULTI_STATUS: u16 = 207;

/// Returns true if `text` begins with the name of `status`, in upper or lower case.
pub(super) fn names(status: u16, text: &str) -> bool {
    let begins = |name: &str| text.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
    phrases(status).iter().any(|name| begins(name))
        || COLLOQUIAL.iter().any(|(known, name)| *known == status && begins(name))
}

/// Reads a status with the name of a constant in backticks: `400 StatusBadRequest`.
pub(super) fn in_mark(text: &str) -> Option<u16> {
    let (status, rest) = leading(text.strip_prefix('`')?.strip_suffix('`')?)?;
    let name = rest.trim();
    let is_name = name.len() > 2
        && name.starts_with(|it: char| it.is_ascii_alphabetic())
        && name.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_');
    is_name.then_some(status)
}

/// Reads a status at the beginning of a text: `404`, `404 Not Found`, `HTTP 404`, `404: …`. Also returns the text
/// after it.
pub(super) fn leading(text: &str) -> Option<(u16, &str)> {
    let text = text.trim_start_matches(['`', '*', '(', '"', ' ']);
    let prefixes = [
        "HTTP/1.1 ",
        "HTTP/2 ",
        "HTTP status code ",
        "HTTP status ",
        "HTTP ",
        "Status code ",
        "Status ",
        "Code ",
        "Error ",
    ];
    let lower = text.to_ascii_lowercase();
    let skipped = prefixes
        .iter()
        .find(|prefix| lower.starts_with(&prefix.to_ascii_lowercase()))
        .map_or(0, |it| it.len());
    let text = text.get(skipped..)?.trim_start_matches([':', ' ', '`']);
    let digits = text.get(..3)?;
    let status: u16 = digits.parse().ok().filter(|_| digits.bytes().all(|it| it.is_ascii_digit()))?;
    let rest = &text[3..];
    let ends = rest.chars().next().is_none_or(|next| {
        !next.is_ascii_alphanumeric() && !"_-.%".contains(next) || rest.starts_with(" -") || is_end(rest)
    });
    ((100..600).contains(&status) && ends).then_some((status, rest))
}

/// Returns true if a dot or a dash ends the number: it does in `404. That is all`, but not in `404.5`.
fn is_end(rest: &str) -> bool {
    let mut letters = rest.chars();
    matches!(letters.next(), Some('.' | '-')) && letters.next().is_none_or(|next| next == ' ')
}

/// Reads a text that is only a status, optionally with its name: `404`, `404 Not Found`, `HTTP 404`.
pub(super) fn only(text: &str) -> Option<u16> {
    let (status, rest) = leading(text)?;
    let rest = rest.trim_matches(|it: char| it.is_whitespace() || "`*():-–—.\"".contains(it));
    (rest.is_empty() || names(status, rest) && rest.len() < 45).then_some(status)
}

/// Reads the status in a cell of a column of statuses: `404`, `404 Not Found`, `Not Found (404)`, `Not Found: 404`, or
/// only its name: `Not Found`, `BadRequest`.
pub(super) fn in_cell(text: &str) -> Option<u16> {
    if let Some((status, _)) = leading(text) {
        return Some(status);
    }
    if let [(_, status)] = mentioned(text).as_slice() {
        return Some(*status);
    }
    if text.is_empty() || text.len() > MAX_NAME_LEN {
        return None;
    }
    let letters = |text: &str| -> String {
        text.chars().filter(|letter| letter.is_alphabetic()).flat_map(char::to_lowercase).collect()
    };
    let name = letters(text);
    let status = (400..600).find(|status| phrases(*status).iter().any(|phrase| letters(phrase) == name))?;
    let numbers = text.split(|letter: char| !letter.is_ascii_digit()).filter(|digits| !digits.is_empty());
    numbers.map(str::parse).all(|number| number == Ok(status)).then_some(status)
}

/// Finds the statuses that a text mentions, each with its offset: numbers that the text calls a status (`HTTP 404`,
/// `status code of 404`, `(404)`) or that are followed by their name (`404 Not Found`).
pub(super) fn mentioned(text: &str) -> Vec<(usize, u16)> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at + 3 <= bytes.len() {
        let is_number = bytes[at..at + 3].iter().all(u8::is_ascii_digit);
        let before = at.checked_sub(1).map(|before| char::from(bytes[before]));
        let after = bytes.get(at + 3);
        let apart = before.is_none_or(|it| !it.is_ascii_alphanumeric() && !"_-./#$€£".contains(it))
            && after.is_none_or(|it| !it.is_ascii_alphanumeric() && *it != b'_');
        if is_number && apart && text.is_char_boundary(at + 3) {
            let status: u16 = text[at..at + 3].parse().unwrap_or_default();
            let named = names(status, text[at + 3..].trim_start_matches([' ', '`', ':', '-', '(', '*']));
            let mut start = at.saturating_sub(40);
            while !text.is_char_boundary(start) {
                start -= 1;
            }
            let lead = text[start..at].to_ascii_lowercase();
            let lead = lead.trim_end_matches(['`', ' ', ':', '(', '*', '=', '"']);
            let called = [
                "http",
                "status",
                "status code",
                "status of",
                "code of",
                "statuscode",
                "http/1.1",
                "error code",
                "response code",
            ]
            .iter()
            .any(|word| lead.ends_with(word));
            let bracketed = before == Some('(') && after == Some(&b')');
            if (100..600).contains(&status) && (named || called || bracketed) {
                found.push((at, status));
            }
            at += 3;
        } else {
            at += 1;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_stands_alone_or_with_its_name() {
        for text in
            ["404", "`404`", "404 Not Found", "HTTP 404", "HTTP status 404: not found", "**404** - Not Found"]
        {
            assert_eq!(only(text), Some(404), "{text}");
        }
        for text in ["4040", "404x", "404 things", "Not 404", "4.04", "999", "404_NOT", "401xx"] {
            assert_eq!(only(text), None, "{text}");
        }
    }

    #[test]
    fn a_cell_of_a_status_column_may_name_it() {
        for text in
            ["409", "409 Conflict", "Conflict (409)", "`Conflict`", "Conflict: 409", "HTTP 409", "conflict"]
        {
            assert_eq!(in_cell(text), Some(409), "{text}");
        }
        assert_eq!(in_cell("BadRequest (400)"), Some(400));
        assert_eq!(in_cell("Not Found"), Some(404));
        for text in ["Conflict 7", "Conflicts", "", "-", "Fast"] {
            assert_eq!(in_cell(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_in_prose_are_statuses_only_if_called_so() {
        let found = |text| mentioned(text).into_iter().map(|(_, status)| status).collect::<Vec<_>>();
        assert_eq!(found("responses 429 Too Many Requests after 500 requests"), [429]);
        assert_eq!(found("All responses use HTTP 200."), [200]);
        assert_eq!(found("validation errors (422), up to 100 of them"), [422]);
        assert_eq!(found("at most 404 items cost $500"), [0_u16; 0]);
        assert_eq!(found("the 401xx codes"), [0_u16; 0]);
    }
}
