//! Retired words of formats, commands and reports must not be used again: readers would search for them in vain.

use std::fs;

use regex::Regex;

use super::page::Page;
use crate::{assert_none, read, root};

/// Patterns of retired words, and their replacements.
const RETIRED: &[(&str, &str)] = &[
    (r"\bsource: ours\b|\bours:|`ours`|\bours\b", "inferred"),
    (r"\bsource: elsewhere\b|`elsewhere`", "published"),
    (r"(?i)\beditions?\b", "version"),
    (r"(?i)\btwins?\b", "indistinguishable_from"),
    (r"(?i)\bcanar(y|ies)\b", "health_check"),
    (r"(?i)\bsweeps?\b", "cleanup"),
    (r"\bagain: true\b|`again`", "resend"),
    (r"(?i)\btrials?\b", "case"),
    (r"\bcourses?\b", "flow"),
    (r"(?i)\banswers?\b", "response"),
    (r"\[accepted\]", "not-rejected"),
    (r"\[document\]($|[^(])|check = .document", "well-formed"),
    (r"\[item\]($|[^(])|check = .item", "bulk-item"),
    (r"\bnot shown\b|\bplainly exercised\b", "not covered, coverage exceptions"),
    (r"\bshared out\b", "sharded"),
    (r"\btarget (brings|lacks)\b|\bbrings? (no|too little)\b", "provides, missing"),
    (r"\bdocumentation of \d", "docs as of …"),
    (r"errors seen that", "declared error responses seen"),
    (r"is told, and changes nothing", "is reported and otherwise ignored"),
    (r"\bof the run's own\b", "that the run created"),
    (r"(?i)nobody says whose|agrees with itself", "the key is not trusted"),
    (r"not to be believed", "verification failed"),
    (r"\bis no (name|credential|URL|version|shard|JSON)\b", "is not a valid …"),
];

/// Exceptions: part of a path, part of a line, and the reason.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    ("Cargo.toml", "edition = ", "the edition of Rust"),
    ("CHANGELOG.md", "", "lists what was renamed"),
    ("snapshots/renamed", "", "old names, and how they are renamed"),
    ("snapshots/explain-unknown", "", "the old name of a check"),
];

/// Returns the files that users write, read or see.
fn texts() -> Vec<(String, String)> {
    let mut texts: Vec<(String, String)> =
        Page::all().into_iter().map(|page| (page.path, page.text)).collect();
    for folder in ["scenarios", "schemas", "snapshots", "examples", "tests/golden/snapshots"] {
        collect(folder, &mut texts);
    }
    texts
}

fn collect(folder: &str, texts: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(root().join(folder)).unwrap() {
        let path = format!("{folder}/{}", entry.unwrap().file_name().to_str().unwrap());
        let written = ["yaml", "json", "toml", "snap", "md", "rs"];
        if root().join(&path).is_dir() && !path.ends_with("/target") {
            collect(&path, texts);
        } else if path.rsplit_once('.').is_some_and(|(_, end)| written.contains(&end)) {
            texts.push((path.clone(), read(&path)));
        }
    }
}

/// Returns the retired words of a text, with their lines.
fn found(path: &str, text: &str) -> Vec<String> {
    let patterns: Vec<(Regex, &str)> =
        RETIRED.iter().map(|(pattern, new)| (Regex::new(pattern).unwrap(), *new)).collect();
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let excepted = |(file, part, _): &&(&str, &str, &str)| path.contains(file) && line.contains(part);
        if EXCEPTIONS.iter().any(|exception| excepted(&exception)) {
            continue;
        }
        for (pattern, new) in &patterns {
            if let Some(word) = pattern.find(line) {
                found.push(format!("{path}:{}: `{}` is now: {new}", number + 1, word.as_str()));
            }
        }
    }
    found
}

#[test]
fn retired_words_are_not_used() {
    let found: Vec<String> = texts().iter().flat_map(|(path, text)| found(path, text)).collect();
    assert_none(&found, "retired words");
}

#[test]
fn retired_word_is_detected() {
    for text in
        ["source: ours", "the answer was a success", "12 trials", "  twin: {}", "not to be believed (2)"]
    {
        assert_eq!(found("page.md", text).len(), 1, "{text}");
    }
    for text in ["202 Accepted", "an OpenAPI document", "an item of a list", "hours: 3", "a source elsewhere"]
    {
        assert!(found("page.md", text).is_empty(), "{text}");
    }
}
