//! Responses that contain the credentials of the request.

use std::io::Write as _;

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};

use super::{
    Asked,
    behaviour::{Behaviour, Expected, acts, echoes},
    right,
    run::{hex, html},
};

const JSON: &str = "Content-Type: application/json\r\n";

/// A code other than the documented one: checks then quote the response.
const OTHER: Expected = Expected::Violates("code");

pub fn rows() -> Vec<Behaviour> {
    [headers(), bodies(), cut(), elsewhere()].into_iter().flatten().collect()
}

fn body(code: &str, message: &str, id: &str) -> String {
    serde_json::json!({ "error": code, "message": message, "requestId": id }).to_string()
}

fn in_code(asked: &Asked, text: &str) -> (String, String) {
    let _ = asked;
    (JSON.to_owned(), body(text, text, text))
}

fn percent(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// Writes every second character as a JSON escape.
fn escaped(text: &str) -> String {
    let escape = |(at, character): (usize, char)| match at % 2 {
        0 => format!("\\u{:04x}", character as u32),
        _ => character.to_string().replace('"', "\\\""),
    };
    text.chars().enumerate().map(escape).collect()
}

fn headers() -> Vec<Behaviour> {
    let header = |name: &'static str, expected: Expected, lines: fn(&str) -> String| {
        echoes(name, expected, move |asked| (lines(&asked.authorization), right(1)))
    };
    vec![
        header("credentials in a header", Expected::Passed, |sent| {
            format!("{JSON}X-Echo: {sent}\r\nSet-Cookie: token={sent}\r\nX-Twice: {0}{0}\r\n", &sent[7..])
        }),
        header("credentials in the media type", Expected::Violates("media-type"), |sent| {
            format!("Content-Type: {}\r\n", &sent[7..])
        }),
        header("credentials as a content coding", Expected::Violates("well-formed"), |sent| {
            format!("{JSON}Content-Encoding: {}\r\n", &sent[7..])
        }),
        header("credentials in Retry-After", Expected::Passed, |sent| {
            format!("{JSON}Retry-After: {sent}\r\n")
        }),
    ]
}

fn bodies() -> Vec<Behaviour> {
    vec![
        echoes("credentials in the body", OTHER, |asked| in_code(asked, &asked.authorization)),
        echoes("credentials in base64", OTHER, |asked| {
            let whole = STANDARD.encode(&asked.authorization);
            let token = URL_SAFE_NO_PAD.encode(asked.token());
            in_code(
                asked,
                &format!("{whole} {token} {}", STANDARD.encode(format!("{{\"t\":\"{}\"}}", asked.token()))),
            )
        }),
        echoes("credentials percent-encoded", OTHER, |asked| in_code(asked, &percent(asked.token()))),
        echoes("credentials in hexadecimal digits", OTHER, |asked| in_code(asked, &hex(asked.token()))),
        echoes("credentials with escapes of HTML", OTHER, |asked| in_code(asked, &html(asked.token()))),
        echoes("credentials split over JSON escapes", OTHER, |asked| {
            let text = escaped(asked.token());
            let body = format!(r#"{{"error":"{text}","{text}":1,"message":"{text}","requestId":"{text}"}}"#);
            (JSON.to_owned(), body)
        }),
        echoes("credentials with escaped slashes", OTHER, |asked| {
            let text = asked.token().replace('/', "\\/");
            (JSON.to_owned(), format!(r#"{{"error":"{text}","message":"{text}","requestId":"{text}"}}"#))
        }),
        echoes("credentials in what is no JSON", Expected::Violates("well-formed"), |asked| {
            (
                "Content-Type: text/html\r\n".to_owned(),
                format!("<b>{} {}</b>", asked.token(), html(asked.token())),
            )
        }),
        echoes("credentials as a key that occurs twice", Expected::Violates("well-formed"), |asked| {
            let key = serde_json::Value::from(asked.token());
            (
                JSON.to_owned(),
                format!(r#"{{{key}:1,{key}:{{"a":1,"a":2}},"error":"not_found","message":"m"}}"#),
            )
        }),
        echoes("credentials where a number should be", Expected::Violates("envelope"), |asked| {
            let text = serde_json::Value::from(asked.token());
            (
                JSON.to_owned(),
                format!(r#"{{"error":[{text}],"message":{{{text}:{text}}},"requestId":[{text}]}}"#),
            )
        }),
    ]
}

/// Secrets at the positions where values are truncated: truncation must not split them.
fn cut() -> Vec<Behaviour> {
    vec![
        echoes("credentials where values are cut", OTHER, |asked| {
            in_code(asked, &format!("{}{}", "a".repeat(108), asked.token()))
        }),
        echoes("credentials where quotes are cut", OTHER, |asked| {
            in_code(asked, &format!("{}{}", "a".repeat((2 << 10) - 12), asked.token()))
        }),
        echoes("credentials where bodies are cut", Expected::Passed, |asked| {
            let text = format!("{}{}", "a".repeat((64 << 10) - 60), asked.token());
            (JSON.to_owned(), body("not_found", &text, "r"))
        }),
        echoes("credentials in all places at once", OTHER, |asked| {
            in_code(asked, &asked.token().repeat(3000))
        }),
        echoes("credentials where misfits are cut", Expected::Violates("envelope"), |asked| {
            let list: Vec<String> =
                (0..40).map(|at| format!("{}{}", "a".repeat(at), asked.token())).collect();
            (
                JSON.to_owned(),
                serde_json::json!({ "error": list, "message": list, "requestId": "r" }).to_string(),
            )
        }),
        echoes("credentials where samples are cut", Expected::Violates("leaks"), |asked| {
            let text =
                format!("open /etc/{}{}/config.yaml: permission denied", "a".repeat(66), asked.token());
            (JSON.to_owned(), body("not_found", &text, "r"))
        }),
        echoes("credentials where pointers are cut", Expected::Violates("well-formed"), |asked| {
            let key = serde_json::Value::from(format!("{}{}", "a".repeat(988), asked.token()));
            (JSON.to_owned(), format!(r#"{{{key}:1,{key}:2,"error":"not_found","message":"m"}}"#))
        }),
    ]
}

fn elsewhere() -> Vec<Behaviour> {
    let redirect = acts(
        "credentials in a redirect to a login",
        Expected::Inconclusive("a redirect to a login"),
        |asked, stream| {
            let location =
                format!("{}/login?was={}&or={}", asked.elsewhere, asked.token(), percent(asked.token()));
            write!(stream, "HTTP/1.1 302 X\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n")
        },
    );
    let wrong_control = echoes("credentials in the control", Expected::Passed, |asked| {
        in_code(asked, &format!("{}{}", "a".repeat(108), asked.token()))
    });
    let wrong_teardown = acts("credentials in the teardown", Expected::Passed, |asked, stream| {
        let (_, body) = in_code(asked, &format!("{}{}", "a".repeat(108), asked.token()));
        // The server closes the connection here and announces it. The next request creates a thing and must not be
        // sent twice; on a connection that is being closed it would be lost.
        stream.write_all(&super::response(
            500,
            "Content-Type: application/json\r\nConnection: close\r\n",
            body.as_bytes(),
        ))
    });
    vec![
        Behaviour { echoes: true, ..redirect },
        wrong_control.in_the_control(Expected::Inconclusive(
            "the control (the request without the fault) did not succeed",
        )),
        Behaviour { echoes: true, ..wrong_teardown }.in_the_teardown(Expected::Leaves("got HTTP 500")),
    ]
}
