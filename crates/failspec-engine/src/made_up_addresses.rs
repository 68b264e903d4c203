//! Addresses that were made up, and that an API may refuse because it looks them up.

use failspec_base::template::JsonTemplate;
use serde_json::Value;

use super::refusal_names::speaks_of;

/// Addresses at which nobody is, in the order in which they are tried: a name that is never resolved, one that a reader of the document
/// would take (RFC 2606), and one that needs no resolving (RFC 5737).
const ADDRESSES: [&str; 3] =
    ["https://failspec.invalid/failspec", "https://example.com/failspec", "https://192.0.2.1/failspec"];

/// Returns another address for a member whose own one, which was made up, is refused.
pub(super) fn other_address(own: &JsonTemplate, name: &str, refusal: &[u8]) -> Option<JsonTemplate> {
    const SAYS: [&str; 8] = ["url", "uri", "host", "hostname", "address", "resolve", "lookup", "dns"];
    let own = own.as_constant().and_then(Value::as_str)?;
    let place = ADDRESSES.iter().position(|address| *address == own)?;
    let is_spoken_of = speaks_of(refusal, name) || SAYS.iter().any(|word| speaks_of(refusal, word));
    let other = ADDRESSES.get(place + 1).filter(|_| is_spoken_of)?;
    Some(JsonTemplate::Constant((*other).into()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_address_that_is_refused_gets_one_that_needs_less() {
        for (own, said, expected) in [
            (
                json!("https://failspec.invalid/failspec"),
                "invalid url: no such host",
                Some("https://example.com/failspec"),
            ),
            (
                json!("https://example.com/failspec"),
                r#"{"callback":["bad"]}"#,
                Some("https://192.0.2.1/failspec"),
            ),
            (json!("https://192.0.2.1/failspec"), "invalid url", None),
            // It is another's value, or about something else.
            (json!("https://example.org/a"), "invalid url", None),
            (json!("https://failspec.invalid/failspec"), "kind is missing", None),
            (json!(7), "invalid url", None),
        ] {
            let found = other_address(&JsonTemplate::Constant(own.clone()), "callback", said.as_bytes());
            let found = found.and_then(|it| it.as_constant().cloned());
            assert_eq!(found, expected.map(Value::from), "{own} {said}");
        }
    }
}
