//! Facts that every crate asks for, and that must have one answer.

use failspec_base::template::JsonTemplate;
use failspec_base::{
    encoding::{
        escape_pointer_step, form_encode, hex, percent_decode, percent_encode, percent_encode_segments,
        unescape_pointer_step,
    },
    message::{is_idempotent, is_loopback, is_safe, is_token},
    sanitize::visible,
    syntax::{Diagnostic, parse_duration},
    template::{Placeholder, Template},
};
use std::time::Duration;
use url::Url;

#[test]
fn hex_has_two_digits_for_each_byte() {
    assert_eq!(hex(&[0, 10, 0xa0, 255]), "000aa0ff");
    assert_eq!(hex(&[]), "");
}

#[test]
fn one_component_of_a_url_keeps_only_unreserved_characters() {
    for (text, encoded) in [
        ("azAZ09-._~", "azAZ09-._~"),
        ("a b/c?d#e&f=g+h%i", "a%20b%2Fc%3Fd%23e%26f%3Dg%2Bh%25i"),
        ("{x}${y}", "%7Bx%7D%24%7By%7D"),
        ("ü\u{0}", "%C3%BC%00"),
        ("", ""),
    ] {
        assert_eq!(percent_encode(text).to_string(), encoded);
        assert_eq!(percent_decode(encoded), text);
    }
    assert_eq!(percent_encode_segments("a/b c").to_string(), "a/b%20c");
    assert_eq!(percent_decode("%zz%ff+"), "%zz\u{fffd}+");
}

#[test]
fn names_of_headers_are_tokens() {
    assert!(["X-Key", "a", "!#$%&'*+-.^_`|~09"].into_iter().all(is_token));
    assert!(!["", "a b", "a:", "a\n", "ü", "(a)", "a/b", "\"a\""].into_iter().any(is_token));
}

#[test]
fn steps_of_pointers_survive_both_ways() {
    for (name, step) in [("", ""), ("a", "a"), ("a/b", "a~1b"), ("~1", "~01"), ("~/", "~0~1")] {
        assert_eq!(escape_pointer_step(name), step);
        assert_eq!(unescape_pointer_step(step), name);
    }
}

#[test]
fn urls_of_this_machine_are_loopback_in_every_form() {
    let loopback = |text: &str| is_loopback(&Url::parse(text).expect("a URL"));
    for local in [
        "http://localhost",
        "https://LOCALHOST:1",
        "http://api.localhost",
        "http://localhost.",
        "http://127.0.0.1",
        "http://127.9.9.9",
        "http://2130706433",
        "http://0.0.0.0:80",
        "http://[::1]",
        "http://[::]",
        "http://[::ffff:127.0.0.1]",
    ] {
        assert!(loopback(local), "{local}");
    }
    for remote in [
        "http://notlocalhost",
        "http://localhost.example",
        "http://10.0.0.1",
        "http://[::2]",
        "data:localhost",
    ] {
        assert!(!loopback(remote), "{remote}");
    }
}

#[test]
fn methods_are_safe_or_idempotent_as_the_standard_says() {
    for (method, safe, idempotent) in [
        ("GET", true, true),
        ("HEAD", true, true),
        ("OPTIONS", true, true),
        ("TRACE", true, true),
        ("PUT", false, true),
        ("DELETE", false, true),
        ("POST", false, false),
        ("PATCH", false, false),
        ("get", false, false),
    ] {
        assert_eq!((is_safe(method), is_idempotent(method)), (safe, idempotent), "{method}");
    }
}

#[test]
fn percent_encoding_keeps_only_what_is_unreserved() {
    for (text, one, several, form) in [
        ("a-Z_0.9~", "a-Z_0.9~", "a-Z_0.9~", "a-Z_0.9%7E"),
        ("a/b c", "a%2Fb%20c", "a/b%20c", "a%2Fb+c"),
        ("\u{e9}%+&=?#", "%C3%A9%25%2B%26%3D%3F%23", "%C3%A9%25%2B%26%3D%3F%23", "%C3%A9%25%2B%26%3D%3F%23"),
    ] {
        assert_eq!(percent_encode(text), one);
        assert_eq!(percent_encode_segments(text), several);
        assert_eq!(form_encode(text), form);
        assert_eq!(percent_decode(one), text);
    }
    assert_eq!(percent_decode("%FF+%zz"), "\u{fffd}+%zz");
}

#[test]
fn tokens_are_those_of_the_standard() {
    for token in ["GET", "X-Request-Id", "a!#$%&'*+-.^_`|~9"] {
        assert!(is_token(token), "{token}");
    }
    for other in ["", " ", "a b", "a:b", "a/b", "a\tb", "\u{e9}", "\"a\"", "(a)", "a,b", "a=b", "[a]", "{a}"]
    {
        assert!(!is_token(other), "{other}");
    }
}

#[test]
fn durations_are_the_same_in_keys_and_in_templates() {
    for (text, seconds) in [("0s", 0), ("90s", 90), ("15m", 900), ("2000ms", 2)] {
        assert_eq!(parse_duration(text), Some(Duration::from_secs(seconds)));
        let offset = i64::try_from(seconds).expect("small");
        assert_eq!(Placeholder::parse(&format!("now(-{text})")), Ok(Placeholder::Now { offset: -offset }));
    }
    for wrong in [
        "",
        "s",
        "1",
        "-1s",
        "1.5s",
        "1h",
        "1 s",
        "99999999999999999999s",
        "18446744073709551615s",
        "3153600001s",
        "m",
        "--1s",
        "+1s",
    ] {
        assert_eq!(parse_duration(wrong), None, "{wrong}");
    }
    // A moment in a template has whole seconds.
    assert!(Template::parse("${now(500ms)}").is_err() && Template::parse("${now(--1s)}").is_err());
}

#[test]
fn nothing_that_a_terminal_obeys_is_in_an_error_or_in_a_report() {
    for hidden in
        ['\u{1b}', '\r', '\u{7f}', '\u{9b}', '\u{202e}', '\u{2066}', '\u{feff}', '\u{e0041}', '\u{fffe}']
    {
        let text = format!("a{hidden}b");
        let escaped = format!("a{}b", hidden.escape_unicode());
        assert_eq!(visible(&text), escaped);
        let error = Diagnostic::error(None, text).render(false);
        assert!(error.contains(&escaped) && !error.contains(hidden), "{error:?}");
    }
    assert_eq!(visible("tabs\tand\nlines"), "tabs\tand\nlines");
}

#[test]
fn a_template_is_written_as_it_is_read() {
    for text in [
        "",
        "a $${b} ${name}-${unique}${uuid}",
        "${now}${now(-300s)}${now(5s)}",
        "${totp(secret)}${totp(secret, -30s)}",
        "${fill(12)}${fill(size)}${unlike(id)}${oversized(id)}",
    ] {
        let template = Template::parse(text).expect("a template");
        assert_eq!(template.written(), text);
    }
    let value = serde_json::json!({ "$${a}": ["${name}", 1, null, { "b": "$${c}" }], "d": "$${e}" });
    let template = JsonTemplate::parse(&value).expect("a template");
    assert_eq!(template.written(), value);
}
