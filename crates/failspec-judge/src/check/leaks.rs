//! Internal details in responses to server-side failures.

use std::sync::LazyLock;

use regex::{Regex, RegexSet};
use serde_json::Value;

use failspec_pack::pack::Provenance;

use super::{
    definition::{Check, When},
    finding::Finding,
    response_view::quote,
    subject::Subject,
};

pub(super) static CHECK: Check = Check {
    id: "leaks",
    summary: "a response to a server-side failure reveals no internals",
    source: "`leaks: forbidden` of the failure in the contract; otherwise inferred, a warning, for 5xx only",
    text: "Stack traces, database errors, file paths and addresses of internal services help attackers, not \
users. Where the documentation promises generic texts, each of these is a violation; where it promises \
nothing, it is a warning for responses with a 5xx status.",
    when: When::Refused,
    run,
};

/// Signs of internal details: a name, and a pattern that ordinary error texts do not match.
const SIGNS: &[(&str, &str)] = &[
    ("a Go stack trace", r"goroutine \d+ \[|\b\w+\.go:\d+"),
    ("a Go panic", r"runtime error: |panic: "),
    (
        "a Java stack trace",
        r"\bat [\w.$]+\([\w]+\.(java|kt|scala):\d+\)|Exception in thread|\b(java|javax|org|com)\.[\w.]+(Exception|Error)\b",
    ),
    ("a Python stack trace", r#"Traceback \(most recent call last\)|File "[^"]+\.py", line \d+"#),
    (
        "a Rust panic",
        r"thread '[^']*' (\(\d+\) )?panicked at|panicked at [\w/.'\\ -]+\.rs:\d+|RUST_BACKTRACE",
    ),
    ("a Node.js stack trace", r"\bat [\w.<> ]+ \((/|[A-Z]:\\|node:)[^)]+:\d+:\d+\)|node:internal/"),
    ("a .NET stack trace", r"\bat [\w.`<>]+\([^)]*\) in .+:line \d+|System\.\w+Exception"),
    ("a PHP error", r"(Fatal error|Warning|Notice): .+ in /.+\.php"),
    (
        "a database error",
        r"SQLSTATE\[|\bpq: |ORA-\d{5}|syntax error at or near|You have an error in your SQL syntax|violates (unique|foreign key|check) constraint|\bSELECT .+ FROM .+ WHERE ",
    ),
    (
        "a file path of the server",
        r"(^|[\s'\x22(=:])(/(usr|home|var|opt|etc|root|app|srv|go|src|tmp|mnt)/[\w.@-]+(/[\w.@-]+)*|[A-Z]:\\\\?[\w .-]+\\\\?[\w .\\-]+)",
    ),
    (
        "the address of an internal service",
        r"dial (tcp|udp) |\b(10\.\d{1,3}|192\.168|172\.(1[6-9]|2\d|3[01]))\.\d{1,3}\.\d{1,3}(:\d+)?\b|[\w-]+\.svc(\.cluster\.local)?\b|connection refused",
    ),
];

static ANY: LazyLock<Option<RegexSet>> =
    LazyLock::new(|| RegexSet::new(SIGNS.iter().map(|(_, pattern)| pattern)).ok());
static EACH: LazyLock<Vec<Option<Regex>>> =
    LazyLock::new(|| SIGNS.iter().map(|(_, pattern)| Regex::new(pattern).ok()).collect());

fn run(subject: &Subject<'_>) -> Vec<Finding> {
    let forbidden = subject.failure.leaks_forbidden;
    if !forbidden && subject.response().status < 500 {
        return Vec::new();
    }
    let source = if forbidden { Provenance::Documented } else { Provenance::Inferred };
    let mut texts = Vec::new();
    match subject.view.body() {
        Some(body) => collect(body, String::new(), &mut texts),
        None => texts.push((String::from("the body"), subject.response().text_lossy().into_owned())),
    }
    texts
        .iter()
        .flat_map(|(at, text)| signs(text).into_iter().map(move |(what, sample)| (at, what, sample)))
        .map(|(at, what, sample)| {
            let source = subject.weight(source);
            Finding::new(CHECK.id, source, "no internals", format!("{what} in {at}: {sample}"))
                .saying(format!("{at} reveals {what}: {sample}"))
        })
        .collect()
}

/// Collects all texts of a value, with their locations.
fn collect(value: &Value, at: String, texts: &mut Vec<(String, String)>) {
    match value {
        Value::String(text) => texts.push((at, text.clone())),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                collect(item, format!("{at}/{index}"), texts);
            }
        }
        Value::Object(entries) => {
            for (key, value) in entries {
                collect(value, format!("{at}/{key}"), texts);
            }
        }
        _ => {}
    }
}

/// Returns the signs in a text, each with the part that matched.
fn signs(text: &str) -> Vec<(&'static str, String)> {
    let Some(any) = ANY.as_ref() else {
        return Vec::new();
    };
    any.matches(text)
        .into_iter()
        .filter_map(|index| {
            let found = EACH[index].as_ref()?.find(text)?;
            Some((SIGNS[index].0, quote(found.as_str().trim())))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_compiles() {
        assert!(ANY.is_some());
        assert!(EACH.iter().all(Option::is_some));
    }

    #[test]
    fn the_inside_is_seen_and_ordinary_texts_are_not() {
        for text in [
            "goroutine 17 [running]:\nmain.handler()",
            "Traceback (most recent call last):\n  File \"/srv/app.py\", line 3",
            "java.lang.NullPointerException at com.x.Y.z(Y.java:12)",
            "thread 'main' panicked at src/main.rs:4:5",
            "TypeError: x\n    at Object.<anonymous> (/srv/x.js:3:1)",
            "pq: duplicate key value violates unique constraint \"users_pkey\"",
            "open /etc/kubeglass/config.yaml: permission denied",
            "dial tcp 10.0.0.1:6443: connect: connection refused",
        ] {
            assert!(!signs(text).is_empty(), "{text}");
        }
        for text in [
            "Internal server error",
            "The request to /api/v1/namespaces/default/configmaps failed",
            "Could not reach the Kubernetes API server; try again later",
            "helm: release not found (exit status 1)",
            "Select a cluster from the list where you have rights",
            "See https://example.com/docs/errors for help",
            "version 1.10.2.4 is not supported",
        ] {
            assert!(signs(text).is_empty(), "{text}: {:?}", signs(text));
        }
    }
}
