//! Bodies that are not JSON, or JSON with dangerous content.

use super::{
    behaviour::{Behaviour, Expected, acts, says, sends},
    json, response, right,
};

const NO_JSON: Expected = Expected::Violates("well-formed");

/// All kinds of characters that can control a terminal.
const EVIL: &str = "\u{1b}[31m\u{1b}]0;owned\u{7}\u{1b}P\u{9b}2J\r\u{8}\u{202e}\u{2066}\u{200f}\u{61c}\u{2028}\u{7f}\0\u{feff}";

pub fn rows() -> Vec<Behaviour> {
    [evil(), broken(), numbers(), large(), references()].into_iter().flatten().collect()
}

/// Returns a body with `text` in one of its members, escaped as JSON requires.
fn with(place: &str, text: &str) -> String {
    let mut body = serde_json::json!({ "error": "not_found", "message": "m", "requestId": "r-1" });
    body[place] = text.into();
    body.to_string()
}

fn evil() -> Vec<Behaviour> {
    let key = format!("{{{}:1,\"error\":\"other\",\"message\":[1]}}", serde_json::Value::from(EVIL));
    vec![
        says("controls in the message", Expected::Passed, with("message", EVIL)),
        says("controls in the code", Expected::Violates("code"), with("error", EVIL)),
        says("controls in the request id", Expected::Passed, with("requestId", EVIL)),
        says("controls in a key", Expected::Violates("code"), key),
        says("controls as they are", NO_JSON, EVIL),
        sends(
            "controls in a header",
            Expected::Violates("media-type"),
            response(404, "Content-Type: text/\u{9b}31m\u{202e}\r\n", right(1).as_bytes()),
        ),
        sends(
            "bidi controls in a redirect",
            Expected::Inconclusive("a redirect to a login"),
            response(302, "Location: https://\u{202e}evil/login\u{9b}31m\r\n", b""),
        ),
        says("]]> in the message", Expected::Passed, with("message", "a]]>b<![CDATA[c&amp;&lt;")),
        says("]]> in the code", Expected::Violates("code"), with("error", "a]]>b<![CDATA[c&amp;&lt;")),
        says(
            "a script in the code",
            Expected::Violates("code"),
            with("error", "</code></script><script>alert(1)</script><img src=x onerror=alert(1)>`|\n# x"),
        ),
        sends(
            "a script as a page",
            NO_JSON,
            response(404, "Content-Type: text/html\r\n", b"<script>alert(1)</script>\0"),
        ),
        says("NUL in the message", Expected::Passed, with("message", "a\0b")),
        says("NUL in the code", Expected::Violates("code"), with("error", "a\0b")),
        says(
            "characters that no XML can hold",
            Expected::Violates("code"),
            with("error", "\u{fffe}\u{ffff}\u{1}\u{b}\u{7f}\u{85}"),
        ),
        says(
            "masks of ours in the code",
            Expected::Violates("code"),
            with("error", "[secret: $(reboot)] '; reboot #"),
        ),
    ]
}

fn broken() -> Vec<Behaviour> {
    let utf16: Vec<u8> = right(1).encode_utf16().flat_map(u16::to_le_bytes).collect();
    let marked: Vec<u8> = [0xff, 0xfe].into_iter().chain(utf16.clone()).collect();
    vec![
        says("nothing", NO_JSON, ""),
        says("duplicate keys", NO_JSON, r#"{"error":"not_found","error":"x","message":"m","requestId":"r"}"#),
        says("lone surrogate", NO_JSON, r#"{"error":"not_found","message":"\ud800","requestId":"r"}"#),
        says("lone low surrogate", NO_JSON, r#"{"error":"not_found","message":"\udc00x","requestId":"r"}"#),
        says(
            "invalid UTF-8",
            NO_JSON,
            b"{\"error\":\"not_found\",\"message\":\"\xff\xc0\xaf\",\"requestId\":\"r\"}".to_vec(),
        ),
        says("UTF-16", NO_JSON, utf16),
        says("UTF-16 with a mark", NO_JSON, marked),
        says("byte order mark", NO_JSON, format!("\u{feff}{}", right(1))),
        says("two documents", NO_JSON, format!("{0}{0}", right(1))),
        says("200,000 levels", NO_JSON, "[".repeat(200_000) + &"]".repeat(200_000)),
        says("200,000 levels of objects", NO_JSON, r#"{"error":"#.repeat(200_000)),
        says(
            "levels in an envelope",
            NO_JSON,
            format!(r#"{{"error":"not_found","message":"m","x":{}}}"#, "[".repeat(200_000)),
        ),
    ]
}

fn numbers() -> Vec<Behaviour> {
    let with =
        |number: &str| format!(r#"{{"error":"not_found","message":"m","requestId":"r","n":{number}}}"#);
    let digits = "9".repeat(100_000);
    vec![
        says("NaN", NO_JSON, with("NaN")),
        says("Infinity", NO_JSON, with("-Infinity")),
        says("100,000 digits", NO_JSON, with(&digits)),
        says("100,000 decimals", Expected::Passed, with(&format!("0.{digits}"))),
        says("exponent of 100,000 digits", NO_JSON, with(&format!("1e{digits}"))),
        says(
            "a code of many digits",
            Expected::Violates("code"),
            with("1").replace("\"not_found\"", "123456789012345678901234567890"),
        ),
    ]
}

fn large() -> Vec<Behaviour> {
    let text = "A".repeat(5 << 20);
    let keys: String = (0..150_000).map(|number| format!("\"k{number}\":{number},")).collect();
    vec![
        says("5 MB message", Expected::Passed, with("message", &text)),
        says("5 MB code", Expected::Violates("code"), with("error", &text)),
        says("5 MB request id", Expected::Passed, with("requestId", &text)),
        says("5 MB key", Expected::Violates("code"), format!("{{\"{text}\":1,\"error\":\"other\"}}")),
        says("3 MB key that occurs twice", NO_JSON, format!("{{\"{0}\":1,\"{0}\":2}}", &text[..3 << 20])),
        says("5 MB on one line of a page", NO_JSON, text.clone()),
        says("5 MB of line breaks", NO_JSON, "\n".repeat(5 << 20)),
        says("5 MB of controls", NO_JSON, "\u{1b}".repeat(5 << 20)),
        says("5 MB of what looks like escapes", NO_JSON, "%2\\u&#".repeat((5 << 20) / 6)),
        says(
            "a list of two million",
            NO_JSON,
            format!(r#"{{"error":[{}[]],"message":"m"}}"#, "[],".repeat(2_000_000)),
        ),
        says(
            "a code that is a long list",
            Expected::Violates("code"),
            format!(r#"{{"error":[{}1]}}"#, "{\"a\":1},".repeat(90_000)),
        ),
        says("150,000 keys", Expected::Passed, format!("{{{keys}{}", &right(1)[1..])),
        sends(
            "200 KB of Content-Type",
            Expected::Violates("media-type"),
            response(404, &format!("Content-Type: {}\r\n", "a/".repeat(100 << 10)), right(1).as_bytes()),
        ),
        says(
            "a stack trace of 5 MB",
            Expected::Violates("leaks"),
            with("message", &"goroutine 17 [running]:\\nmain.handler()\\n".repeat((5 << 20) / 44)),
        ),
    ]
}

/// References in a response are data: nothing is fetched.
fn references() -> Vec<Behaviour> {
    vec![acts("schema and reference by URL", Expected::Passed, |asked, stream| {
        let (here, there) = (&asked.here, &asked.elsewhere);
        let body = format!(
            r##"{{"$schema":"{there}/schema","$ref":"{here}/ref","$id":"{there}/id","error":"not_found",
            "message":"m","requestId":"r","type":"{there}/problem","x":{{"$ref":"#"}}}}"##
        );
        let headers =
            format!("Content-Type: application/json\r\nLink: <{there}/schema>; rel=\"describedby\"\r\n");
        std::io::Write::write_all(stream, &response(404, &headers, body.as_bytes()))
    })]
}

/// A correct behaviour, as a control for the table.
pub fn honest() -> Behaviour {
    sends("honest", Expected::Passed, json(404, right(1).as_bytes()))
}
