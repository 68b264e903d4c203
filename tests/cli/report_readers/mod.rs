//! Readers of reports: each format as its own consumers parse it.
#![allow(dead_code, reason = "every test file takes what it needs")]

use std::{fs, path::Path};

use base64::Engine as _;
use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};
use serde_json::Value;
use sha2::Digest as _;

/// Options for every report format, with files called `r.*`.
pub const EVERY: [&str; 16] = [
    "--report",
    "json=r.json",
    "--report",
    "junit=r.xml",
    "--report",
    "html=r.html",
    "--report",
    "markdown=r.md",
    "--report",
    "github=summary.md",
    "--report",
    "sarif=r.sarif",
    "--report",
    "ndjson=r.ndjson",
    "--report",
    "har=r.har",
];

/// The files that [`EVERY`] writes with all facts of a run.
pub const FILES: [&str; 5] = ["r.json", "r.xml", "r.html", "r.md", "summary.md"];

/// The files that [`EVERY`] writes for programs that know nothing of a verdict, and one that is written during the run.
pub const OTHER_FILES: [&str; 3] = ["r.sarif", "r.ndjson", "r.har"];

pub fn text(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

pub fn json(folder: &Path) -> Value {
    serde_json::from_str(&text(folder, "r.json")).expect("JSON")
}

pub fn junit(xml: &str) -> quick_junit::Report {
    quick_junit::Report::deserialize_from_str(xml).unwrap_or_else(|error| panic!("{error}\n{xml}"))
}

/// Returns the suite of this name.
pub fn suite<'r>(report: &'r quick_junit::Report, name: &str) -> &'r TestSuite {
    report.test_suites.iter().find(|suite| suite.name.as_str() == name).expect("a suite")
}

/// Counts the test cases of a suite: `failure`, `error`, `skipped` and passed.
pub fn outcomes(suite: &TestSuite) -> [usize; 4] {
    let mut counts = [0; 4];
    for case in &suite.test_cases {
        counts[match &case.status {
            TestCaseStatus::NonSuccess { kind: NonSuccessKind::Failure, .. } => 0,
            TestCaseStatus::NonSuccess { kind: NonSuccessKind::Error, .. } => 1,
            TestCaseStatus::Skipped { .. } => 2,
            TestCaseStatus::Success { .. } => 3,
        }] += 1;
    }
    counts
}

/// Returns all texts of a test case.
pub fn said(case: &TestCase) -> String {
    let (message, description) = match &case.status {
        TestCaseStatus::Success { .. } => (None, None),
        TestCaseStatus::NonSuccess { message, description, .. }
        | TestCaseStatus::Skipped { message, description, .. } => (message.as_ref(), description.as_ref()),
    };
    let parts = [message, description, case.system_out.as_ref()];
    parts.into_iter().flatten().map(|text| text.as_str()).collect::<Vec<_>>().join("\n")
}

/// Returns all texts between two markers.
pub fn between<'t>(text: &'t str, begin: &str, end: &str) -> Vec<&'t str> {
    text.split(begin).skip(1).map(|rest| rest.split(end).next().unwrap_or_default()).collect()
}

/// Returns the values that the script of an HTML report reads.
pub fn embedded(html: &str) -> Vec<Value> {
    let texts = between(html, "<script type=\"application/json\">", "</script>");
    texts.into_iter().map(|text| serde_json::from_str(text).expect("JSON in the page")).collect()
}

/// Asserts that the page loads nothing, and runs only its own script and style: that the policy requires this, and
/// that the page complies.
#[track_caller]
pub fn is_self_contained(html: &str) {
    let [policy] = between(html, "<meta http-equiv=\"Content-Security-Policy\" content=\"", "\"")[..] else {
        panic!("one policy")
    };
    assert!(policy.starts_with("default-src &#39;none&#39;;"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    for (begin, end) in [("<style>", "</style>"), ("<script>", "</script>")] {
        let [own] = between(html, begin, end)[..] else { panic!("one {begin}") };
        let digest = sha2::Sha256::digest(own.as_bytes());
        let hash = base64::engine::general_purpose::STANDARD.encode(digest);
        assert!(policy.contains(&format!("&#39;sha256-{hash}&#39;")), "{begin} {policy}");
        for request in ["url(", "@import", "fetch(", "XMLHttpRequest", "innerHTML", "import("] {
            assert!(!own.contains(request), "{request} in {begin}");
        }
    }
    // Elements that load something without user action; a link does not.
    for tag in tags(html) {
        let name = tag.split([' ', '>']).next().unwrap_or_default();
        assert!(!["link", "img", "iframe", "object", "embed", "base", "image"].contains(&name), "<{tag}>");
        for attribute in [" src", " srcset", " style", " on", " action", " xlink"] {
            assert!(!tag.contains(attribute), "<{tag}>");
        }
    }
}

/// Returns the tags of a page, without `<`, `>` and the values of their attributes.
pub fn tags(html: &str) -> Vec<String> {
    let markup = without_scripts(html);
    let tag = |rest: &str| {
        let (mut tag, mut quoted) = (String::new(), false);
        for character in rest.chars() {
            match character {
                '"' => quoted = !quoted,
                '>' if !quoted => break,
                _ if !quoted => tag.push(character),
                _ => {}
            }
        }
        tag
    };
    markup.match_indices('<').map(|(at, _)| tag(&markup[at + 1..])).collect()
}

/// Returns the page without its scripts, as seen without JavaScript.
pub fn without_scripts(html: &str) -> String {
    let mut text = String::new();
    for (at, part) in html.split("<script").enumerate() {
        let rest = if at == 0 { Some(part) } else { part.split_once("</script>").map(|(_, rest)| rest) };
        text.push_str(rest.unwrap_or_default());
    }
    text
}

/// Asserts that there are no characters that control a terminal, that XML forbids or that change the text direction;
/// escaped ones are allowed.
#[track_caller]
pub fn is_harmless(name: &str, text: &str) {
    let obeyed = |character: &char| {
        (character.is_control() && !matches!(character, '\n' | '\t'))
            || matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
            || matches!(character, '\u{fffe}' | '\u{ffff}' | '\u{2028}' | '\u{2029}' | '\u{feff}')
    };
    if let Some(found) = text.chars().find(obeyed) {
        let at = text.find(found).unwrap();
        let from = text.floor_char_boundary(at.saturating_sub(60));
        let to = text.ceil_char_boundary((at + 60).min(text.len()));
        panic!("{name}: {found:?} in {:?}", &text[from..to]);
    }
}
