//! The output shown on pages is the real output, except for ids, ports and times.

use std::{fs, path::Path};

use regex::Regex;

use super::shown_files::write_shown_pack;
use crate::support::{Background, Received, Reply, Server, done, failspec};

/// Maximum length of a line of output on a page, in characters.
const MAX_LINE_LEN: usize = 110;

/// Returns the output of a run that finds a deliberate bug of a reference implementation, as shown in the README.
pub fn failing_run() -> String {
    let folder = tempfile::tempdir().unwrap();
    let serve = ["serve", "kubeglass", "--mutant", "stale-version-accepted", "--target-file", "wrong.toml"];
    let mut server = Background::start(failspec(folder.path()).args(serve));
    server.first_line();
    let run = ["run", "kubeglass::conflict", "--config", "wrong.toml"];
    let done = done(failspec(folder.path()).args(run)).exits(1);
    block(&done.stdout)
}

/// Returns the finding of the tutorial's first run.
pub fn first_finding() -> String {
    let folder = tempfile::tempdir().unwrap();
    write_shown_pack(folder.path());
    let server = Server::start(notes);
    let run = ["run", "--packs", ".", "--url", &server.url, "--role", "reader=bearer:env:TOKEN"];
    let done = done(failspec(folder.path()).args(run).env("TOKEN", "sesame")).exits(1);
    let finding = done.stdout.split("\n\n").find(|part| part.starts_with("FAILED")).unwrap();
    block(&finding.lines().take(6).collect::<Vec<_>>().join("\n"))
}

/// Returns the error for a typo in the tutorial's scenarios.
pub fn wrong_file() -> String {
    let folder = tempfile::tempdir().unwrap();
    write_shown_pack(folder.path());
    let path = folder.path().join("scenarios/notes/reading.yaml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("triggers: not_found", "triggers: not_fund")).unwrap();
    block(&done(failspec(folder.path()).args(["lint", "--packs", "."])).exits(2).stderr)
}

/// The server of the tutorial, `notes.py`.
pub fn notes(request: &Received) -> Reply {
    if request.header("authorization") != Some("Bearer sesame") {
        return Reply::json(401, r#"{"error": "unauthorized", "message": "a token is missing or wrong"}"#);
    }
    match request.path.as_str() {
        "/notes/1" => Reply::json(200, r#"{"text": "buy milk"}"#),
        _ => Reply::json(404, r#"{"error": "no_such_note", "message": "there is no such note"}"#),
    }
}

fn block(output: &str) -> String {
    let mut text = output.trim_end().to_owned();
    for (pattern, fixed) in [
        (r"127\.0\.0\.1:\d+", "127.0.0.1:8099"),
        (r"failspec-[a-z0-9]{4,6}-[a-z0-9]+", "failspec-k3x9a1-2"),
        (r"\b\d+\.\d ms", "0.6 ms"),
        (r"trace [0-9a-f]{32}", "trace 4bf92f3577b34da6a3ce929d0e0e4736"),
        (r"\b\d+\.\d\d s", "0.03 s"),
    ] {
        text = Regex::new(pattern).unwrap().replace_all(&text, fixed).into_owned();
    }
    let lines = text.lines().map(|line| match line.char_indices().nth(MAX_LINE_LEN) {
        Some((at, _)) => format!("{}…\n", &line[..at]),
        None => format!("{line}\n"),
    });
    format!("```text\n{}```\n", lines.collect::<String>())
}

/// The server on the page is the one that is reimplemented here.
#[test]
fn notes_server_matches_the_tutorial() {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/packs.md")).unwrap();
    for part in [
        "Bearer sesame",
        "a token is missing or wrong",
        "/notes/1",
        "buy milk",
        "no_such_note",
        "there is no such note",
    ] {
        assert!(page.contains(part), "{part}");
    }
}
