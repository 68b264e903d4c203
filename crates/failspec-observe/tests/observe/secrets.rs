//! Credentials of recordings never reach a report, wherever they are.

use failspec_observe::{RecordedBody, RecordedExchange};
use failspec_pack::target_config::Target;
use serde_json::json;

use crate::harness::{CONTRACT, asking, error, exchange, observer, observer_of, pack, report, with_header};

/// Long enough to be searched for; each test puts it somewhere else.
const SECRET: &str = "s3cr3t-va1ue-0123456789";

fn failing(request: &str) -> RecordedExchange {
    exchange(request, 404, &error("not_found"))
}

fn with_body(mut exchange: RecordedExchange, media_type: &str, body: &str) -> RecordedExchange {
    exchange.request.headers.push(("Content-Type".to_owned(), media_type.to_owned()));
    exchange.request.body = body.to_owned().into();
    exchange
}

fn responding(mut exchange: RecordedExchange, body: &str) -> RecordedExchange {
    exchange.response.as_mut().expect("a response").body = RecordedBody::Whole(body.to_owned().into());
    exchange
}

#[test]
fn credentials_are_masked_where_they_are_and_where_they_are_repeated() {
    let echo = format!(r#"{{"error":{{"code":"not_found","message":"no {SECRET} here"}}}}"#);
    let multipart =
        format!("--b\r\ncontent-disposition: form-data; name=\"password\"\r\n\r\n{SECRET}\r\n--b--");
    for (name, exchange) in [
        ("a bearer token", asking(failing("GET /notes/1"), "Authorization", &format!("Bearer {SECRET}"))),
        (
            "an echo of it",
            responding(asking(failing("GET /notes/1"), "Authorization", &format!("Bearer {SECRET}")), &echo),
        ),
        ("a key", asking(failing("GET /notes/1"), "X-Api-Key", SECRET)),
        ("a cookie", asking(failing("GET /notes/1"), "Cookie", &format!("theme=dark; sid={SECRET}"))),
        (
            "a set cookie",
            with_header(failing("GET /notes/1"), "Set-Cookie", &format!("sid={SECRET}; Path=/")),
        ),
        ("a parameter", failing(&format!("GET /notes/1?access_token={SECRET}&x=1"))),
        ("the password of a URL", failing(&format!("GET https://user:{SECRET}@api.test/v1/notes/1"))),
        ("a fragment", failing(&format!("GET /notes/1#access_token={SECRET}"))),
        (
            "a location",
            with_header(failing("GET /notes/1"), "Location", &format!("https://x.test/?code={SECRET}")),
        ),
        (
            "a form",
            with_body(
                failing("POST /login"),
                "application/x-www-form-urlencoded",
                &format!("user=a&password={SECRET}"),
            ),
        ),
        (
            "a member",
            with_body(
                failing("POST /login"),
                "application/json",
                &format!(r#"{{"a":[{{"clientSecret":"{SECRET}"}}]}}"#),
            ),
        ),
        (
            "a multipart body",
            with_body(failing("POST /login"), "multipart/form-data; boundary=b", &multipart),
        ),
        (
            "a member of a response",
            responding(
                failing("POST /login"),
                &format!(r#"{{"error":{{"code":"not_found","refresh_token":"{SECRET}"}}}}"#),
            ),
        ),
    ] {
        let seen = report(observer(&pack(CONTRACT, "")), &[exchange])
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let text = serde_json::to_string(&seen).expect("a report is JSON");
        assert!(!text.contains(SECRET), "{name}: {text}");
        assert!(text.contains("secret") || text.contains("withheld"), "{name}: {text}");
    }
}

#[test]
fn short_credentials_are_masked_by_their_position() {
    let exchange = asking(failing("GET /notes/1?key=pw1"), "Authorization", "Basic pw2");
    let exchange = with_body(exchange, "application/json", r#"{"pin":1234,"password":"pw3"}"#);
    let seen = report(observer(&pack(CONTRACT, "")), &[exchange]).expect("it belongs to the target");
    let text = serde_json::to_string(&seen).expect("a report is JSON");
    for short in ["pw1", "pw2", "pw3", "1234"] {
        assert!(!text.contains(short), "{short}: {text}");
    }
}

#[test]
fn a_credential_that_is_known_later_is_masked_in_what_was_shown_before() {
    let echo = format!(r#"{{"error":{{"code":"not_found","message":"no {SECRET}"}}}}"#);
    let first = responding(failing("GET /notes/1"), &echo);
    let later = asking(exchange("GET /notes", 200, &json!([])), "Authorization", &format!("Bearer {SECRET}"));
    let seen = report(observer(&pack(CONTRACT, "")), &[first, later]).expect("it belongs to the target");
    let text = serde_json::to_string(&seen).expect("a report is JSON");
    assert!(!text.contains(SECRET), "{text}");
}

#[test]
fn secrets_of_the_target_and_of_the_contract_are_masked() {
    let target = Target::from_url("https://api.test/v1").expect("a target").bearer("editor", SECRET);
    let echo = format!(r#"{{"error":{{"code":"not_found","message":"no {SECRET}"}}}}"#);
    let seen =
        report(observer_of(&pack(CONTRACT, ""), target), &[responding(failing("GET /notes/1"), &echo)]);
    let text = serde_json::to_string(&seen.expect("it belongs to the target")).expect("a report is JSON");
    assert!(!text.contains(SECRET) && text.contains("role editor"), "{text}");
    let contract = CONTRACT.replace("codes: closed", "codes: closed\nsecrets: [/error/ticket]");
    let body = format!(r#"{{"error":{{"code":"not_found","message":"No.","ticket":"{SECRET}"}}}}"#);
    let seen = report(observer(&pack(&contract, "")), &[responding(failing("GET /notes/1"), &body)]);
    let text = serde_json::to_string(&seen.expect("it belongs to the target")).expect("a report is JSON");
    assert!(!text.contains(SECRET), "{text}");
}

#[test]
fn what_is_no_credential_is_shown() {
    let exchange = with_body(failing("GET /notes/1?limit=50"), "application/json", r#"{"title":"hello"}"#);
    let seen = report(observer(&pack(CONTRACT, "")), &[exchange]).expect("it belongs to the target");
    let case = &seen.cases[0].exchanges[0];
    assert_eq!(case.request.url.to_string(), "https://api.test/v1/notes/1?limit=50");
    assert_eq!(case.request.body.as_ref().map(ToString::to_string).as_deref(), Some(r#"{"title":"hello"}"#));
}

#[test]
fn a_recording_that_is_written_has_no_credentials() {
    let exchange = asking(failing("GET /notes/1?api_key=abc"), "Authorization", &format!("Bearer {SECRET}"));
    let redacted = observer(&pack(CONTRACT, "")).redactor().redact(&exchange);
    let text = format!("{redacted:?}");
    assert!(!text.contains(SECRET) && !text.contains("abc"), "{text}");
    assert!(text.contains("Bearer [secret: the header Authorization]"), "{text}");
}
