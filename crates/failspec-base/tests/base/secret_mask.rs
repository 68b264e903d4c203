//! Masking of secrets: no known secret remains, in any common encoding.

use std::{
    borrow::Cow,
    time::{Duration, Instant},
};

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD},
};
use failspec_base::secret::{Mask, Secret};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;

const VALUE: &str = "p/s w&d\"<é>+=%41\\x?~";

fn mask(value: &str) -> Mask {
    let mask = Mask::new();
    mask.add_value(value, "env:T");
    mask
}

/// A small pseudo-random number generator (xorshift); the numbers are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }

    fn text(&mut self, length: usize) -> String {
        let characters: Vec<_> = "abcXYZ019 /+%&=\"\\<>'\u{e9}\u{20ac}\u{1f600}-_.~\n".chars().collect();
        (0..length).map(|_| characters[self.below(characters.len())]).collect()
    }
}

/// Returns a value in all encodings that servers use, with their names.
fn encodings(value: &str) -> Vec<(&'static str, String)> {
    let percent = utf8_percent_encode(value, NON_ALPHANUMERIC).to_string();
    let lower = percent
        .split_inclusive('%')
        .enumerate()
        .map(|(index, part)| match part.split_at_checked(2) {
            Some((hex, rest)) if index > 0 => format!("{}{rest}", hex.to_ascii_lowercase()),
            _ => part.to_owned(),
        })
        .collect();
    let form = url::form_urlencoded::byte_serialize(value.as_bytes()).collect();
    let json = json!(value).to_string();
    let units: String = value.encode_utf16().map(|unit| format!("\\u{unit:04X}")).collect();
    let html = value
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;");
    vec![
        ("as it is", value.to_owned()),
        ("percent", percent),
        ("percent in lower case", lower),
        ("form", form),
        ("JSON", json[1..json.len() - 1].to_owned()),
        ("JSON, slashes escaped", json[1..json.len() - 1].replace('/', "\\/")),
        ("JSON, all escaped", units),
        ("bytes as Python shows them", value.bytes().map(|byte| format!("\\x{byte:02x}")).collect()),
        ("upper case", value.to_uppercase()),
        ("HTML", html),
        ("HTML, all escaped", value.chars().map(|c| format!("&#x{:x};", u32::from(c))).collect()),
        ("hex", value.bytes().map(|byte| format!("{byte:02x}")).collect()),
        ("HEX", value.bytes().map(|byte| format!("{byte:02X}")).collect()),
        ("base64", STANDARD.encode(value)),
        ("base64 without padding", STANDARD_NO_PAD.encode(value)),
        ("base64url", URL_SAFE.encode(value)),
        ("base64url without padding", URL_SAFE_NO_PAD.encode(value)),
        ("base64 in percent", utf8_percent_encode(&STANDARD.encode(value), NON_ALPHANUMERIC).to_string()),
    ]
}

#[test]
fn every_encoding_is_masked_completely() {
    let mask = mask(VALUE);
    for (name, encoded) in encodings(VALUE) {
        assert_eq!(mask.text(&encoded), "[secret: env:T]", "{name}: {encoded}");
        let within = format!("before {encoded} after");
        assert_eq!(mask.text(&within), "before [secret: env:T] after", "{name}: {within}");
    }
}

/// JSON in JSON, a query in HTML, a URL in a query, and what logs make of them.
#[test]
fn escapes_of_escapes_are_masked() {
    let mask = mask(VALUE);
    let nested = |value: &str, times| {
        (0..times).fold(value.to_owned(), |text, _| {
            let json = json!(text).to_string();
            json[1..json.len() - 1].to_owned()
        })
    };
    // Base64 is searched for in base64, other case and hexadecimal digits in nothing: nobody sends them so.
    let is_base64 = |name: &str| name.starts_with("base64") && !name.ends_with("percent");
    for (first, encoded) in encodings(VALUE) {
        for (second, again) in encodings(&encoded) {
            let is_sent = match second {
                "hex" | "HEX" => false,
                "upper case" => first == "as it is",
                "base64 in percent" => is_base64(first),
                _ if is_base64(second) => is_base64(first),
                _ => true,
            };
            if is_sent {
                assert_eq!(mask.text(&format!("a {again} b")), "a [secret: env:T] b", "{first} in {second}");
            }
        }
    }
    assert_eq!(mask.text(&nested(VALUE, 3)), "[secret: env:T]");
    let percent = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let query = percent(&percent(&percent(VALUE)));
    assert_eq!(mask.text(&format!("?k={query}&x=1")), "?k=[secret: env:T]&x=1");
    // What only looks like it stays.
    let other = nested(&VALUE.replace('p', "q"), 2);
    assert_eq!(mask.text(&other), other);
}

#[test]
fn random_secrets_are_masked_in_random_text() {
    let mut numbers = Numbers(0x5eed);
    for _ in 0..300 {
        let length = 8 + numbers.below(30);
        let value = numbers.text(length);
        let mask = mask(&value);
        for (name, encoded) in encodings(&value) {
            // Spaces separate the surrounding text from escapes and base64.
            let before = numbers.below(20);
            let (before, after) = (numbers.text(before), numbers.below(9));
            let text = format!("{before} {encoded} {}", "é".repeat(after));
            let masked = mask.text(&text);
            assert!(masked.contains("[secret: env:T]"), "{name} of {value:?} in {text:?}");
            assert!(!masked.contains(&encoded), "{name} of {value:?} in {text:?}: {masked:?}");
            assert_eq!(mask.text(&masked), masked, "nothing more is found in what is masked");
        }
    }
}

#[test]
fn basic_credentials_are_masked() {
    let mut numbers = Numbers(7);
    for length in 8..40 {
        let value = numbers.text(length);
        for user in ["", "a", "ab", "abc", "admin"] {
            let header = format!("Basic {}", STANDARD.encode(format!("{user}:{value}")));
            let masked = mask(&value).text(&header).into_owned();
            assert!(masked.starts_with("Basic ") && masked.contains("[secret: env:T]"), "{header}: {masked}");
            // At most the characters that encode bytes of both the secret and its surroundings remain.
            let left = masked.replace("[secret: env:T]", "").len() - "Basic ".len();
            assert!(left <= (user.len() + 1).div_ceil(3) * 4 + 4, "{masked}");
        }
    }
}

#[test]
fn a_secret_within_json_escapes_is_masked() {
    let mask = mask("secret-token-1");
    let text = r#"{"echo":"a se\u0063ret-tok\u0065n-1 b"}"#;
    assert_eq!(mask.text(text), r#"{"echo":"a [secret: env:T] b"}"#);
    let value = json!({
        "secret-token-1": ["x secret-token-1 y", {"n": 1, "b": true, "z": null}],
        "base64": STANDARD.encode("user:secret-token-1"),
    });
    let masked = mask.json(&value);
    assert_eq!(masked["[secret: env:T]"], json!(["x [secret: env:T] y", {"n": 1, "b": true, "z": null}]));
    assert!(masked["base64"].as_str().is_some_and(|text| text.contains("[secret: env:T]")));
    assert_eq!(
        crate::secret_mask::mask("1234567890").json(&json!([1234567890, 12])),
        json!(["[secret: env:T]", 12])
    );
}

#[test]
fn overlapping_secrets_leave_nothing_behind() {
    let mask = Mask::new();
    mask.add_value("abcdefgh", "one");
    mask.add_value("efghijkl", "two");
    mask.add_value("abcdefghijklmnop", "three");
    assert_eq!(mask.text("<abcdefghijkl>"), "<[secret: one]>");
    assert_eq!(mask.text("<abcdefghijklmnop>"), "<[secret: one]>");
    assert_eq!(mask.text("<abcdefghabcdefgh>"), "<[secret: one][secret: one]>");
    assert_eq!(mask.text("abcdefgh efghijkl"), "[secret: one] [secret: two]");
}

#[test]
fn short_and_absent_secrets_cost_nothing() {
    let mask = Mask::new();
    assert!(mask.is_empty());
    assert!(matches!(mask.text("anything"), Cow::Borrowed("anything")));
    mask.add_value("1234567", "too short");
    mask.add_value("", "empty");
    assert!(mask.is_empty());
    assert_eq!(mask.text("1234567"), "1234567");
    mask.add_value("12345678", "long enough");
    assert!(matches!(mask.text("1234567 % \\ & +"), Cow::Borrowed(_)));
    assert_eq!(mask.bytes(b"\xff12345678\xff"), &b"\xff[secret: long enough]\xff"[..]);
}

#[test]
fn secrets_are_added_while_others_read() {
    let mask = Mask::new();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let mask = &mask;
            scope.spawn(move || {
                for number in 0..25 {
                    let value = format!("token-{thread}-{number:04}");
                    mask.add(&Secret::new(value.clone(), "login"));
                    assert_eq!(mask.text(&value), "[secret: login]");
                }
            });
        }
    });
}

#[test]
fn debug_output_contains_no_secret() {
    let secret = Secret::new("hunter2hunter2", "role editor");
    let mask = Mask::new();
    mask.add(&secret);
    mask.add_value("hunter2hunter2", "another label");
    for shown in [format!("{secret:?}"), format!("{secret:#?}"), secret.to_string(), format!("{mask:?}")] {
        assert!(!shown.contains("hunter2") && shown.contains("[secret: role editor]"), "{shown}");
    }
    assert_eq!((secret.expose(), secret.origin()), ("hunter2hunter2", "role editor"));
    assert_eq!(mask.text("hunter2hunter2"), "[secret: role editor]", "the first label stays");
}

#[test]
fn large_texts_take_linear_time() {
    let mask = Mask::new();
    for number in 0..19 {
        mask.add_value(&format!("token-{number}-{}", "x".repeat(40)), "env:T");
    }
    mask.add_value("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "env:A");
    let size = 1 << 20;
    for unit in ["a", "&", "&amp;", "%", "%61", "\\", "\\u0061", "token-1-x", "x", "{\"k\":\"v\"},"] {
        let text = unit.repeat(size / unit.len());
        let started = Instant::now();
        let masked = mask.text(&text);
        let took = started.elapsed();
        // Unoptimised builds are slow, but quadratic time would be hours.
        assert!(took < Duration::from_secs(10), "{unit:?} took {took:?}");
        if unit == "a" || unit == "%61" || unit == "\\u0061" {
            assert_eq!(masked, "[secret: env:A]");
        }
    }
}

#[test]
fn many_and_long_secrets_are_found_and_cost_little() {
    let mut numbers = Numbers(0x5eed);
    let mask = Mask::new();
    let mut known: Vec<String> = (0..100).map(|_| numbers.text(9 + numbers.0 as usize % 40)).collect();
    // Around the length up to which the automaton looks, and far beyond it.
    for length in [127, 128, 129, 200, 1_000, 1 << 20] {
        known.push(numbers.text(length));
    }
    let started = Instant::now();
    for (number, value) in known.iter().enumerate() {
        mask.add_value(value, &format!("n{number}"));
        // As a run does it: something is shown after each.
        mask.text("GET /things/1234567");
    }
    for (number, value) in known.iter().enumerate() {
        let masked = mask.text(&format!("<{value}>")).into_owned();
        assert_eq!(masked, format!("<[secret: n{number}]>"), "a secret of {} bytes", value.len());
    }
    // What a text that was cut still has of a long secret is masked.
    let long = &known[105];
    let cut: String = long.chars().take(1_000).collect();
    assert_eq!(mask.text(&format!("<{cut}…")), "<[secret: n105]…");
    for (_, text) in encodings(&known[103]) {
        assert!(mask.text(&text).contains("[secret: n103]"), "{text}");
    }
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
}

#[test]
fn long_secret_of_one_character_takes_linear_time() {
    let mask = Mask::new();
    mask.add_value(&"a".repeat(1 << 18), "env:A");
    let text = "a".repeat(1 << 21);
    let started = Instant::now();
    assert_eq!(mask.text(&text), "[secret: env:A]");
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
}
