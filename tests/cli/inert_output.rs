//! Security: text of a pack, a report, a server or an argument writes no lines, no escape sequences and no commands, whatever
//! command prints it.

use std::path::Path;

use crate::support::{Reply, Server, TINY_SCENARIOS, done, failspec, pack_with};

/// Text that a stranger writes wherever text is allowed.
const HOSTILE: &str =
    "x\nFORGED\n::error::FORGED\n##[error]FORGED\n\u{1b}]52;c;Zm9v\u{7}\u{9b}2J\u{202e} @team";

fn hostile_json() -> String {
    serde_json::Value::from(HOSTILE).to_string()
}

/// A contract with hostile text in every value that is prose, and in every other one that takes it.
fn contract() -> String {
    let text = hostile_json();
    format!(
        "contract: tiny\nas_of: 2026-01-31\ndocumentation: https://tiny.example/errors\nsuccess: {{ status: 2xx }}\n\
         envelope: {{ code: /error, message: /message }}\n\
         requires:\n  roles: {{ user: {text} }}\n  variables: {{ thing: {{ about: {text}, default: {text} }}, other: {{ about: {text} }} }}\n  \
         conditions: {{ broken: {text} }}\n\
         failures:\n  - {{ id: not_found, status: 404, code: {text}, summary: {text} }}\n  \
         - {{ id: gone, status: 410, code: gone, summary: {text}, excluded: {text} }}\n\
         errata:\n  - {{ about: {text} }}\n"
    )
}

fn scenarios() -> String {
    let text = hostile_json();
    format!(
        "{TINY_SCENARIOS}  another:\n    triggers: not_found\n    request: GET /other/${{other}}\n    condition: broken\n    no_control: {text}\n"
    )
}

/// Returns what a terminal, a person or a runner could take for something else.
fn misleading(output: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut disabled = String::new();
    for line in output.lines() {
        let plain = line.replace("\u{1b}[0m", "");
        let rest = plain.trim_start();
        if !disabled.is_empty() && rest == format!("::{disabled}::") {
            disabled.clear();
        } else if let Some(token) = rest.strip_prefix("::stop-commands::") {
            token.clone_into(&mut disabled);
        } else if disabled.is_empty() && (rest.starts_with("::") || rest.contains("##[")) {
            found.push(format!("a command: {line}"));
        }
        if line.starts_with("FORGED") {
            found.push(format!("a line: {line}"));
        }
        // Output that is not for a terminal has no colours either.
        if line.contains(['\u{1b}', '\u{7}', '\u{9b}', '\u{202e}']) {
            found.push(format!("a control character: {line:?}"));
        }
    }
    found
}

#[test]
fn security_nothing_that_a_command_prints_misleads() {
    let folder = pack_with(&contract(), &scenarios());
    let body = format!(r#"{{ "error": {0}, "message": {0}, {0}: 1 }}"#, hostile_json());
    let server = Server::start(move |request| match request.path.starts_with("/things/none") {
        true => Reply::json(404, &body),
        false => Reply::json(200, "{}"),
    });
    let (here, url) = (["--packs", "."], server.url.as_str());
    let output = |command: &[&str], is_runner: bool| {
        let mut failspec = failspec(folder.path());
        if is_runner {
            failspec.env("GITHUB_ACTIONS", "true");
        }
        done(failspec.args(command)).all()
    };
    // The reports that the other commands read.
    output(&["run", here[0], here[1], "--url", url, "--report", "json=r.json"], false);
    let report = std::fs::read_to_string(folder.path().join("r.json")).expect("a report");
    assert!(report.contains("FORGED"), "the text is in the report");
    std::fs::write(folder.path().join("other.json"), report.replace("404", "410")).expect("a file");
    let role = format!("user{HOSTILE}=bearer:env:TINY");
    let commands: Vec<Vec<&str>> = vec![
        vec!["lint", here[0], here[1]],
        vec!["lint", here[0], here[1], "--format", "json"],
        vec!["list", "tiny", here[0], here[1]],
        vec!["list", "tiny", here[0], here[1], "--requires"],
        vec!["list", here[0], here[1], "--format", "json"],
        vec!["coverage", here[0], here[1]],
        vec!["coverage", here[0], here[1], "--format", "json"],
        vec!["check-target", "tiny", here[0], here[1], "--url", url],
        vec!["run", here[0], here[1], "--url", url],
        vec!["run", here[0], here[1], "--url", url, "-v"],
        vec!["run", here[0], here[1], "--url", url, "--quiet"],
        vec!["run", here[0], here[1], "--url", url, "--report", "github"],
        vec!["run", here[0], here[1], "--url", url, "--role", &role],
        vec!["run", here[0], here[1], "--url", url, "--var", HOSTILE],
        vec!["run", here[0], here[1], "--url", HOSTILE],
        vec!["run", HOSTILE, here[0], here[1], "--url", url],
        vec!["run", "--packs", HOSTILE],
        vec!["run", "--report", HOSTILE],
        vec!["merge", "r.json", "other.json"],
        vec!["merge", HOSTILE],
        vec!["diff", "r.json", "other.json"],
        vec!["diff", HOSTILE, "other.json"],
        vec!["waive", "r.json"],
        vec!["waive", HOSTILE],
        vec!["snapshots", here[0], here[1]],
        vec!["cleanup", "tiny", here[0], here[1], "--url", url],
        vec!["verify", HOSTILE],
        vec!["badge", HOSTILE],
        vec!["keygen", HOSTILE],
        vec!["certify", "tiny", here[0], here[1], "--url", url, "--key", HOSTILE],
        vec!["import", HOSTILE],
        vec!["import", "openapi", HOSTILE],
        vec!["scenario", "new", HOSTILE],
        vec!["explain", HOSTILE],
        vec!["init", HOSTILE],
        vec![HOSTILE],
        vec!["run", "--nothing", HOSTILE],
        vec!["run", HOSTILE, "--jobs", HOSTILE],
    ];
    let mut all = Vec::new();
    for command in commands {
        for is_runner in [false, true] {
            let output = output(&command, is_runner);
            let mut found = misleading(&output);
            // Nobody obeys commands elsewhere, and the report `github` consists of them.
            let has_commands = !is_runner || command.contains(&"github");
            found.retain(|found| !(has_commands && found.starts_with("a command")));
            if command.contains(&"json") && serde_json::from_str::<serde_json::Value>(&output).is_err() {
                found.push("not JSON".to_owned());
            }
            if !found.is_empty() {
                all.push(format!("{command:?}, a runner: {is_runner}: {found:#?}\n{output}"));
            }
        }
    }
    assert!(all.is_empty(), "{}", all.join("\n"));
    assert!(!Path::new(&folder.path().join(HOSTILE)).exists());
}
