//! Invalid files: all errors are reported together, each at its location, and nothing is sent.

use std::fs;

use crate::support::{
    Done, TINY_CONTRACT, TINY_SCENARIOS, done, failspec, pack_with, tiny_pack, tiny_server, write_pack,
};

/// Runs a pack with errors: exit code 2, and no connection to the server.
#[track_caller]
fn refused(contract: &str, scenarios: &str) -> Done {
    let folder = pack_with(contract, scenarios);
    refused_in(folder.path())
}

#[track_caller]
fn refused_in(folder: &std::path::Path) -> Done {
    let server = tiny_server();
    let done = done(failspec(folder).args(["run", "--packs", ".", "--url", &server.url])).exits(2);
    assert_eq!(server.connections(), 0, "{:?}", server.lines());
    assert!(done.stdout.is_empty(), "{}", done.stdout);
    assert!(!done.stderr.contains("panicked"), "{}", done.stderr);
    done
}

/// Asserts that an error is reported with its title, at `file:line:column`, with a caret.
#[track_caller]
fn tells(done: &Done, title: &str, place: &str) {
    let told = done.stderr.split("\n\n").any(|diagnostic| {
        diagnostic.lines().next().is_some_and(|line| line.contains(title))
            && diagnostic.lines().any(|line| line.trim_start().trim_start_matches("--> ") == place)
            && diagnostic.contains('^')
    });
    assert!(told, "`{title}` at {place} is missing in\n{}", done.stderr);
}

/// An expectation that no check would verify is refused: it would appear to be verified.
#[test]
fn expect_failure_on_the_request_under_test_is_refused() {
    let scenarios = format!("{TINY_SCENARIOS}    expect: {{ failure: not_found }}\n");
    let done = refused(TINY_CONTRACT, &scenarios);
    tells(&done, "`failure` is not allowed here", "scenarios/tiny/all.yaml:7:13");
}

#[test]
fn errors_in_several_files_and_packs_are_reported_together() {
    let folder =
        pack_with(&TINY_CONTRACT.replace("codes: open", "codes: opne"), "contract: tiny\nscenarios: [\n");
    let files = folder.path().join("scenarios/tiny");
    fs::write(files.join("empty.yaml"), "").unwrap();
    fs::write(files.join("tab.yaml"), "contract: tiny\r\nscenarios:\r\n\tx: 1\r\n").unwrap();
    fs::write(files.join("alias.yaml"), "a: &a [*a]\n").unwrap();
    fs::write(files.join("two.yaml"), "contract: tiny\nscenarios: {}\n---\nx: 1\n").unwrap();
    fs::write(files.join("other.yaml"), "contract: tniy\nscenarios: {}\n").unwrap();
    write_pack(folder.path(), "other", "contract: other\n", "contract: other\nscenarios: {}\n");
    let server = tiny_server();
    let done = done(failspec(folder.path()).args(["run", "--packs", ".", "--url", &server.url])).exits(2);
    for part in [
        "`opne`",
        "scenarios/tiny/all.yaml",
        "empty.yaml:1:1",
        "tab.yaml:3:2",
        "alias.yaml:1",
        "two.yaml:3",
        "did you mean `tiny`?",
        "schemas/other/contract.yaml:1:1",
    ] {
        assert!(done.stderr.contains(part), "{part} is missing in\n{}", done.stderr);
    }
    assert_eq!(server.connections(), 0);
}

#[test]
fn contract_errors_do_not_hide_scenario_errors() {
    let done =
        refused("contract: tiny\nfailures: [\n", "contract: tiny\nscenarios:\n  a: { x: yes, x: 1 }\n");
    assert!(done.stderr.contains("schemas/tiny/contract.yaml"), "{}", done.stderr);
    tells(&done, "`yes`", "scenarios/tiny/all.yaml:3:11");
    tells(&done, "`x` appears twice", "scenarios/tiny/all.yaml:3:16");
}

#[test]
fn binary_files_and_missing_packs_are_errors() {
    let folder = tiny_pack();
    let path = folder.path().join("scenarios/tiny/all.yaml");
    fs::write(&path, b"contract: \xff\xfe\n").unwrap();
    refused_in(folder.path());
    // Nesting deeper than any stack.
    fs::write(&path, format!("a: {}", "[".repeat(100_000))).unwrap();
    refused_in(folder.path());
    fs::write(&path, format!("a: {}", "{a: ".repeat(100_000))).unwrap();
    refused_in(folder.path());
    // Aliases of aliases: a short file that expands without bound.
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let alias = format!("*a{}", level - 1);
        bomb.push_str(&format!("a{level}: &a{level} [{}]\n", vec![alias; 9].join(", ")));
    }
    fs::write(&path, bomb).unwrap();
    refused_in(folder.path());
    fs::write(&path, "\0\u{1b}[31m: x\n").unwrap();
    let done = refused_in(folder.path());
    assert!(!done.stderr.contains('\u{1b}') && !done.stderr.contains('\0'), "{:?}", done.stderr);
}

#[test]
fn schema_reference_never_causes_a_request() {
    let trap = tiny_server();
    let folder = tiny_pack();
    let schema = format!(r#"{{ "$schema": "{0}/meta", "$id": "{0}/id", "$ref": "{0}/ref" }}"#, trap.url);
    fs::write(folder.path().join("schemas/tiny/envelope.schema.json"), schema).unwrap();
    let contract = TINY_CONTRACT.replace("  media_type:", "  schema: envelope.schema.json\n  media_type:");
    fs::write(folder.path().join("schemas/tiny/contract.yaml"), contract).unwrap();
    refused_in(folder.path());
    assert_eq!(trap.connections(), 0);
}

#[test]
fn failspec_toml_without_a_target_is_refused() {
    let folder = tiny_pack();
    for text in ["default_target = \"t\n", "[target.t]\nurl = \"http://h\"\n", "", "default_target = \"x\"\n"]
    {
        fs::write(folder.path().join("failspec.toml"), text).unwrap();
        done(failspec(folder.path()).args(["run", "--packs", "."])).exits(2);
    }
}
