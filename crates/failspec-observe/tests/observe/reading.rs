//! Recordings of several tools, and files that are none.

use std::io::Write as _;

use failspec_observe::{RecordedBody, RecordedExchange, read};
use serde_json::{Value, json};

fn exchanges(text: &[u8]) -> Result<Vec<RecordedExchange>, String> {
    let mut all = Vec::new();
    read("a.har", text, &mut |exchange| all.push(exchange)).map_err(|error| error.to_string())?;
    Ok(all)
}

fn one(entry: &Value) -> RecordedExchange {
    let har = json!({ "log": { "version": "1.2", "entries": [entry] } }).to_string();
    let mut all = exchanges(har.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
    all.pop().expect("one entry")
}

fn entry(content: &Value) -> Value {
    json!({
        "startedDateTime": "2026-11-20T10:00:00.000Z", "time": 12.5,
        "request": { "method": "GET", "url": "https://api.test/notes", "httpVersion": "HTTP/2", "headers": [] },
        "response": { "status": 404, "headers": [], "content": content },
    })
}

#[test]
fn bodies_of_har_are_whole_absent_or_cut() {
    let whole = |text: &'static str| RecordedBody::Whole(text.into());
    for (content, body) in [
        (json!({ "size": 2, "text": "{}" }), whole("{}")),
        (json!({ "size": 2, "text": "e30=", "encoding": "base64" }), whole("{}")),
        (json!({ "size": 2, "text": "e3\n0=", "encoding": "base64" }), whole("{}")),
        (json!({ "size": 0 }), whole("")),
        (json!({ "size": 0, "text": "" }), whole("")),
        // What is not known is −1, or is left out.
        (json!({ "size": -1, "text": "{}" }), whole("{}")),
        (json!({ "text": "{}" }), whole("{}")),
        (json!({ "size": -1 }), RecordedBody::Absent),
        (json!({ "size": 17 }), RecordedBody::Absent),
        (json!({ "size": 17, "text": "" }), RecordedBody::Absent),
        (json!({ "size": 17, "_file": "body.json" }), RecordedBody::Absent),
        (json!({ "size": 100, "text": "{\"a\":" }), RecordedBody::Truncated),
        (json!({ "size": 100, "text": "e30=", "encoding": "base64" }), RecordedBody::Truncated),
        (json!({ "size": 2, "text": "***", "encoding": "base64" }), RecordedBody::Truncated),
        (json!({ "size": 2, "text": "{}", "encoding": "zip" }), RecordedBody::Encoded),
    ] {
        let read = one(&entry(&content));
        assert_eq!(read.response.map(|response| response.body), Some(body), "{content}");
    }
}

#[test]
fn entries_of_browsers_and_proxies_are_read() {
    let mut chromium = entry(&json!({ "size": 2, "text": "{}" }));
    chromium["_fromCache"] = json!("disk");
    chromium["request"]["headers"] = json!([
        { "name": ":authority", "value": "api.test" },
        { "name": "Accept", "value": "*/*" },
    ]);
    chromium["response"]["headers"] = json!([{ "name": "set-cookie", "value": "a=1\nb=2" }]);
    let read = one(&chromium);
    assert!(read.is_cached);
    assert_eq!(read.request.headers, [("Accept".to_owned(), "*/*".to_owned())]);
    let cookies = [("set-cookie".to_owned(), "a=1".to_owned()), ("set-cookie".to_owned(), "b=2".to_owned())];
    assert_eq!(read.response.map(|response| response.headers), Some(cookies.to_vec()));
    // No response came.
    let mut blocked = entry(&json!({}));
    blocked["response"]["status"] = json!(0);
    blocked["response"]["_error"] = json!("net::ERR_ABORTED");
    assert!(one(&blocked).response.is_none());
    blocked["response"] = Value::Null;
    assert!(one(&blocked).response.is_none());
    let mut socket = entry(&json!({ "size": 0 }));
    socket["_webSocketMessages"] = json!([]);
    assert!(one(&socket).is_upgraded);
    let mut post = entry(&json!({ "size": 2, "text": "{}" }));
    post["request"]["postData"] = json!({ "mimeType": "application/json", "text": "{\"a\":1}" });
    assert_eq!(one(&post).request.body, "{\"a\":1}");
    post["request"]["postData"] = json!({ "mimeType": "x", "params": [{ "name": "a b", "value": "1&2" }] });
    assert_eq!(one(&post).request.body, "a+b=1%262");
    // The content of a file is rarely recorded: its part is there all the same.
    post["request"]["headers"] =
        json!([{ "name": "content-type", "value": "multipart/form-data; boundary=\"b-1\"" }]);
    post["request"]["postData"] = json!({ "mimeType": "multipart/form-data; boundary=b-1", "params": [
        { "name": "title", "value": "t" },
        { "name": "file", "fileName": "a\"b.png", "contentType": "image/png" },
    ] });
    assert_eq!(
        one(&post).request.body,
        "--b-1\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nt\r\n\
         --b-1\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a%22b.png\"\r\nContent-Type: image/png\r\n\r\n\r\n\
         --b-1--\r\n"
    );
}

#[test]
fn lines_reports_and_compressed_files_are_read() {
    let own = json!({ "exchanges": [
        { "request": { "method": "GET", "url": ["https://api.test/?k=", { "secret": "role a" }], "headers": [["A", "b"]], "body": null },
          "response": { "status": 404, "headers": [["content-type", "text/plain"]], "body": "no", "length": 2 }, "ms": 1.5 },
        { "request": { "method": "GET", "url": "https://api.test/", "headers": [], "body": null },
          "response": null, "ms": 1.0, "same_as": "a::b::c" },
    ]});
    let lines = format!(
        "{}\n\n{}\n",
        json!({ "event": "started", "run": {} }),
        json!({ "event": "case_finished", "case": own })
    );
    let whole = json!({ "format": 2, "packs": [{ "cases": 7 }], "cases": [own] }).to_string();
    let pretty = serde_json::to_string_pretty(&json!({ "format": 2, "cases": [own] })).expect("JSON");
    let entry = entry(&json!({ "size": 2, "text": "no" }));
    let entries = format!("{entry}\n{entry}\n");
    let bom = format!("\u{feff}{lines}");
    let mut zipped = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    zipped.write_all(lines.as_bytes()).expect("memory can be written");
    let zipped = zipped.finish().expect("memory can be written");
    for (name, text, count) in [
        ("lines", lines.as_bytes(), 1),
        ("a report", whole.as_bytes(), 1),
        ("an indented report", pretty.as_bytes(), 1),
        ("entries of HAR in lines", entries.as_bytes(), 2),
        ("a byte order mark", bom.as_bytes(), 1),
        ("gzip", zipped.as_slice(), 1),
    ] {
        let read = exchanges(text).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(read.len(), count, "{name}");
        let response = read[0].response.as_ref().expect("a response");
        assert_eq!((response.status, &response.body), (404, &RecordedBody::Whole("no".into())), "{name}");
    }
    assert_eq!(
        exchanges(lines.as_bytes()).expect("lines")[0].request.url,
        "https://api.test/?k=[secret: role a]"
    );
}

#[test]
fn files_that_cannot_be_read_are_named_with_the_place() {
    let good = entry(&json!({ "text": "{}" })).to_string();
    let deep = format!("{{\"log\":{{\"x\":{},\"entries\":[{}", "[".repeat(100_000), "]");
    let har = |entries: &str| format!("{{\"log\":{{\"entries\":[{entries}]}}}}");
    for (name, text, expected) in [
        ("nothing", Vec::new(), "the recording ends in the middle, after 0 complete entries"),
        ("a text", b"hello".to_vec(), "line 1, column 1: expected value"),
        ("another document", b"{\"openapi\": \"3.1.0\"}".to_vec(), "is no recording"),
        ("no entries", b"{\"log\": {}}".to_vec(), "`log` has no `entries`"),
        ("a list", b"[]".to_vec(), "expected a recording"),
        (
            "a cut one",
            har(&good).as_bytes()[..har(&good).len() - 3].to_vec(),
            "in the middle, after 1 complete entries",
        ),
        (
            "a cut entry",
            har(&format!("{good},{{\"request\": {{")).trim_end_matches("]}}").as_bytes().to_vec(),
            "ends in the middle",
        ),
        (
            "a wrong type",
            har(&good.replace("404", "\"404\"")).into_bytes(),
            "entry 1: invalid type: string \"404\"",
        ),
        (
            "the second is wrong",
            har(&format!("{good}, 7")).into_bytes(),
            "entry 2: invalid type: integer `7`",
        ),
        ("no request", har("{}").into_bytes(), "entry 1: missing field `request`"),
        (
            "no UTF-8",
            [br#"{"log":{"entries":[{"request":{"method":""#.as_slice(), b"\xff\xfe"].concat(),
            "a.har",
        ),
        ("deep", deep.into_bytes(), "a.har"),
        ("something behind", format!("{} x", har(&good)).into_bytes(), "trailing characters"),
        (
            "a wrong line",
            b"{\"event\":\"started\"}\n{\"event\":}\n".to_vec(),
            "line 2, column 10, entry 1: expected value",
        ),
        ("a cut line", b"{\"event\":\"started\"}\n{\"event\":\"case_fin".to_vec(), "line 2, column"),
        ("gzip that is cut", b"\x1f\x8b\x08\x00".to_vec(), "cannot read a.har"),
    ] {
        let error = exchanges(&text).expect_err(name);
        assert!(error.contains(expected) && error.contains("a.har"), "{name}: {error}");
        assert!(error.len() < 400 && !error.contains('\n'), "{name}: {error}");
    }
}

#[test]
fn an_entry_that_is_too_large_is_named_and_not_kept() {
    // The second entry has a body of 65 MiB, which nobody has in memory but the test's reader.
    struct Endless<'t> {
        start: &'t [u8],
        left: usize,
    }
    impl std::io::Read for Endless<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            if !self.start.is_empty() {
                return self.start.read(buffer);
            }
            let length = buffer.len().min(self.left);
            buffer[..length].fill(b'x');
            self.left -= length;
            Ok(length)
        }
    }
    let good = entry(&json!({ "text": "{}" })).to_string();
    for start in [
        format!("{{\"log\":{{\"entries\":[{good},{{\"request\":{{\"method\":\"GET\",\"url\":\""),
        format!("{good}\n{{\"request\":{{\"method\":\"GET\",\"url\":\""),
    ] {
        let mut count = 0;
        let endless = Endless { start: start.as_bytes(), left: 70 << 20 };
        let error = read("a.har", endless, &mut |_| count += 1).expect_err("it is too large");
        assert_eq!((error.to_string().as_str(), count), ("a.har, entry 2: it is larger than 64 MiB", 1));
    }
}
