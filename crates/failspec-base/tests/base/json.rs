//! JSON bodies: a body is exactly one JSON document, or the defect is reported.

use std::time::{Duration, Instant};

use failspec_base::message::{Defect, Document};
use serde_json::{Value, json};

fn defects(text: impl AsRef<[u8]>) -> Vec<Defect> {
    Document::read(text.as_ref()).defects
}

fn duplicate(pointer: &str) -> Defect {
    Defect::DuplicateKey { pointer: pointer.to_owned() }
}

/// Parses a text; asserts that this does not take long. The limit is for an unoptimised build on a busy machine.
fn quickly(text: impl AsRef<[u8]>) -> Document {
    let started = Instant::now();
    let document = Document::read(text.as_ref());
    assert!(started.elapsed() < Duration::from_secs(3), "took {:?}", started.elapsed());
    document
}

#[test]
fn documents_are_read() {
    for (text, value) in [
        ("{}", json!({})),
        (" \t\r\n[1, -2, 3.5e1, true, false, null] \n", json!([1, -2, 35.0, true, false, null])),
        ("\"a\\u00e9\\ud83d\\ude00\"", json!("aé😀")),
        ("0", json!(0)),
        ("-0", json!(-0.0)),
        ("18446744073709551615", json!(u64::MAX)),
        ("{\"b\":1,\"a\":{\"\":[]}}", json!({"b": 1, "a": {"": []}})),
    ] {
        let document = Document::read(text.as_bytes());
        assert_eq!((document.value, document.defects), (Some(value), vec![]), "{text}");
    }
    let read = Document::read(br#"{"z":1,"a":2}"#).value.expect("an object");
    assert_eq!(read.to_string(), r#"{"z":1,"a":2}"#, "the order of keys is kept");
}

#[test]
fn values_equal_those_of_serde_json() {
    // All texts made of four of these pieces: both parsers accept the same texts, with the same values.
    let pieces =
        ["", "{", "}", "[", "]", ":", ",", "\"a\"", "\"\\u0062\"", "1", "-", ".5", "e9", "null", " "];
    let mut texts = vec![String::new()];
    for _ in 0..4 {
        texts =
            texts.iter().flat_map(|text| pieces.iter().map(move |piece| format!("{text}{piece}"))).collect();
    }
    for text in texts {
        let ours = Document::read(text.as_bytes());
        let surplus = ours.defects.iter().any(|defect| matches!(defect, Defect::TrailingBytes { .. }));
        let ours = if surplus { None } else { ours.value };
        assert_eq!(ours, serde_json::from_str::<Value>(&text).ok(), "{text}");
    }
}

#[test]
fn invalid_documents_are_reported_with_a_reason() {
    assert_eq!(defects(""), [Defect::Empty]);
    assert_eq!(defects(" \r\n\t"), [Defect::Empty]);
    for text in [
        "NaN",
        "Infinity",
        "-Infinity",
        "{a:1}",
        "{'a':1}",
        "[1,]",
        "{\"a\":1,}",
        "[1",
        "\"",
        "nul",
        "01",
        "1.",
        "+1",
        ".5",
        "<html>",
        "\u{a0}1",
        "\"\t\"",
        "\"\\x41\"",
        "// c\n1",
        "\0",
        "True",
        "\"\\u12\"",
    ] {
        let found = defects(text);
        assert!(matches!(found.as_slice(), [Defect::NotJson { .. }]), "{text:?}: {found:?}");
        assert!(Document::read(text.as_bytes()).value.is_none());
    }
    let reason = "expected value".to_owned();
    assert_eq!(defects("{\n  \"a\": oops"), [Defect::NotJson { line: 2, column: 8, reason }]);
}

#[test]
fn trailing_data_is_reported() {
    for (text, line, column) in
        [("{} x", 1, 4), ("{}{}", 1, 3), ("1\n\n2", 3, 1), ("[1]]", 1, 4), ("{}\0", 1, 3)]
    {
        let document = Document::read(text.as_bytes());
        assert!(document.value.is_some());
        assert_eq!(document.defects, [Defect::TrailingBytes { line, column }], "{text:?}");
    }
}

#[test]
fn duplicate_keys_are_found_at_any_depth() {
    let text = r#"{"a":1,"b":[{"x/y":{"~":1,"~":2}},0],"a":2,"a":3,"\u0061":4}"#;
    let document = Document::read(text.as_bytes());
    assert_eq!(document.defects, [duplicate("/b/0/x~1y/~0"), duplicate("/a")]);
    assert_eq!(document.value, Some(json!({"a": 4, "b": [{"x/y": {"~": 2}}, 0]})), "the last one wins");
    assert_eq!(defects(r#"[{"a":1},{"a":1},{"A":1}]"#), []);
}

#[test]
fn encodings_are_recognised() {
    let document = Document::read(b"\xef\xbb\xbf{}");
    assert_eq!((document.value, document.defects), (Some(json!({})), vec![Defect::ByteOrderMark]));
    assert_eq!(defects(b"\xef\xbb\xbf"), [Defect::ByteOrderMark, Defect::Empty]);
    let utf16 = |bytes: fn(u16) -> [u8; 2]| "{\"a\":1}".encode_utf16().flat_map(bytes).collect::<Vec<_>>();
    for bytes in [utf16(u16::to_be_bytes), utf16(u16::to_le_bytes)] {
        assert_eq!(defects(&bytes), [Defect::Utf16]);
    }
    assert_eq!(defects(b"\xff\xfe{\0}\0"), [Defect::Utf16]);
    let document = Document::read(b"{\"a\":\"caf\xe9\"}");
    assert_eq!(document.defects, [Defect::NotUtf8 { offset: 9 }]);
    assert_eq!(document.value, Some(json!({"a": "caf\u{fffd}"})));
}

#[test]
fn unrepresentable_numbers_and_surrogates_are_reported() {
    assert_eq!(defects("[\n1e400]"), [Defect::NumberTooLarge { line: 2, column: 5 }]);
    assert!(matches!(defects(r#""\ud800""#)[..], [Defect::LoneSurrogate { .. }]));
    assert!(matches!(defects(r#""\ud800x""#)[..], [Defect::LoneSurrogate { .. }]));
    assert!(matches!(defects(r#""\ud800\n""#)[..], [Defect::LoneSurrogate { .. }]));
    assert!(matches!(defects(r#""\ud800\ud800""#)[..], [Defect::LoneSurrogate { .. }]));
    assert!(matches!(defects(r#""\udc00""#)[..], [Defect::LoneSurrogate { .. }]));
}

#[test]
fn hostile_documents_are_read_in_bounded_time() {
    assert_eq!(quickly("[".repeat(200_000)).defects, [Defect::TooDeep { limit: 127 }]);
    assert_eq!(quickly("{\"a\":".repeat(200_000)).defects, [Defect::TooDeep { limit: 127 }]);
    let at_limit = ["[".repeat(127), "]".repeat(127)].concat();
    assert_eq!(quickly(at_limit).defects, []);
    let beyond = ["[".repeat(128), "]".repeat(128)].concat();
    assert_eq!(quickly(beyond).defects, [Defect::TooDeep { limit: 127 }]);

    let digits = "7".repeat(100_000);
    assert!(matches!(quickly(&digits).defects[..], [Defect::NumberTooLarge { .. }]));
    assert!(matches!(quickly(format!("1e{digits}")).defects[..], [Defect::NumberTooLarge { .. }]));
    assert_eq!(quickly(format!("0.{digits}")).defects, []);
    assert_eq!(quickly(format!("1e-{digits}")).value, Some(json!(0.0)));

    let one_key = format!("{{{}\"a\":0}}", "\"a\":0,".repeat(150_000));
    assert_eq!(quickly(one_key).defects, [duplicate("/a")]);
    let pairs: String = (0..80_000).map(|key| format!("\"{key}\":0,\"{key}\":1,")).collect();
    let document = quickly(format!("{{{pairs}\"z\":0}}"));
    assert_eq!(document.defects.len(), 20);
    assert_eq!(document.value.and_then(|value| value.as_object().map(|map| map.len())), Some(80_001));

    let most = format!("[{}1]", "1,".repeat(199_998));
    assert_eq!(quickly(&most).defects, []);
    let many = format!("[{}[]]", "[],".repeat(1 << 20));
    assert_eq!(quickly(many).defects, [Defect::TooManyValues { limit: 200_000 }]);

    let long = "k".repeat(1 << 20);
    let document = quickly(format!("{{\"{long}\":1,\"{long}\":2}}"));
    let [Defect::DuplicateKey { pointer }] = &document.defects[..] else {
        panic!("{:?}", document.defects.len())
    };
    assert_eq!(pointer, "/(1048576 bytes)", "whole or not at all: half a secret is one");
}
