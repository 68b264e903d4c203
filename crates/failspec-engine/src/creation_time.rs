//! The time at which a response says that a thing was created: one that was created as the response was sent was not there before.

use failspec_base::message::Response;
use jiff::{Timestamp, fmt::rfc2822};
use serde_json::Value;

/// Maximum number of seconds between the two, both by the clock of the server.
const MAX_SECONDS: i64 = 5;

/// Names of members, without separators and in lower case, that say when a thing was created.
const NAMES: [&str; 8] = [
    "created",
    "createdat",
    "createdate",
    "createddate",
    "createdon",
    "creationdate",
    "creationtime",
    "datecreated",
];

/// Returns true if a response says that what it names was created just now.
pub(super) fn says_created_now(response: &Response) -> bool {
    let now = response.header("date").and_then(|date| rfc2822::parse(date).ok());
    let (Some(now), Some(body)) = (now, response.document().value.as_ref()) else { return false };
    let now = now.timestamp().as_second();
    let members = [Some(body), body.get("data")].into_iter().flatten().filter_map(Value::as_object).flatten();
    let mut times = members.filter(|(name, _)| is_of_creation(name)).filter_map(|(_, value)| {
        let time: Timestamp = value.as_str()?.parse().ok()?;
        Some(time.as_second())
    });
    times.any(|time| (now - time).abs() <= MAX_SECONDS)
}

fn is_of_creation(name: &str) -> bool {
    let name: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    NAMES.contains(&name.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;
    use serde_json::json;

    use super::*;

    #[test]
    fn security_only_a_thing_that_was_created_just_now_is_new() {
        for (body, expected) in [
            (json!({ "id": 1, "createdDate": "2026-11-30T09:31:05.000Z" }), true),
            (json!({ "data": { "created_at": "2026-11-30T10:31:04+01:00" } }), true),
            (json!({ "id": 1, "createdAt": "2026-11-30T09:30:05Z" }), false),
            (
                json!({ "id": 1, "createdAt": "2026-11-30T09:30:05Z", "updatedAt": "2026-11-30T09:31:05Z" }),
                false,
            ),
            (json!({ "id": 1, "updatedAt": "2026-11-30T09:31:05Z" }), false),
            (json!({ "id": 1, "created": true }), false),
            // The time of another thing.
            (json!({ "id": 1, "owner": { "createdAt": "2026-11-30T09:31:05Z" } }), false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("content-type", "application/json".parse().unwrap());
            headers.insert("date", "Mon, 30 Nov 2026 09:31:05 GMT".parse().unwrap());
            let response = Response::new(200, headers, body.to_string());
            assert_eq!(says_created_now(&response), expected, "{body}");
            let undated = Response::new(200, HeaderMap::new(), body.to_string());
            assert!(!says_created_now(&undated), "{body}");
        }
    }
}
