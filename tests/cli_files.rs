//! Wrong files: every mistake at once, each at its place, and nothing sent.

mod support;

use std::fs;

use support::{
    Done, Server, TINY_CONTRACT, TINY_SCENARIOS, done, failspec, pack_with, tiny_pack, write_pack,
};

/// Runs a pack with mistakes: exit 2, and the server is left alone.
#[track_caller]
fn refused(contract: &str, scenarios: &str) -> Done {
    let folder = pack_with(contract, scenarios);
    refused_in(folder.path())
}

#[track_caller]
fn refused_in(folder: &std::path::Path) -> Done {
    let server = Server::tiny();
    let done = done(failspec(folder).args(["run", "--packs", ".", "--url", &server.url])).exits(2);
    assert_eq!(server.connections(), 0, "{:?}", server.lines());
    assert!(done.stdout.is_empty(), "{}", done.stdout);
    assert!(!done.stderr.contains("panicked"), "{}", done.stderr);
    done
}

/// A mistake is told with its title, at `file:line:column`, with a caret.
#[track_caller]
fn tells(done: &Done, title: &str, place: &str) {
    let told = done.stderr.split("\n\n").any(|diagnostic| {
        diagnostic.lines().next().is_some_and(|line| line.contains(title))
            && diagnostic.lines().any(|line| line.trim_start().trim_start_matches("--> ") == place)
            && diagnostic.contains('^')
    });
    assert!(told, "`{title}` at {place} is missing in\n{}", done.stderr);
}

#[test]
fn every_mistake_in_a_contract_is_told_in_one_run() {
    let contract = "\
contract: tiny
as_of: 2026-01-31
success: { status: 2xx }
envelope:
  code: error
  message: /message
  mesage: /x
codes: opne
requires:
  variables:
    thing: { about: a thing, default: 1.10 }
operations:
  up: { request: GET /things/../secrets }
failures:
  - id: not_found
    status: 404
    code: not_found
    summary: There is no such thing
    retry: sometimes
    schema: { type: objekt }
  - id: not_found
    status: 4044
    code: dup
    summary: twice
  - id: remote
    status: 409
    code: remote
    summary: remote
    schema: { $ref: \"http://127.0.0.1:9/x.json\" }
  - id: nowhere
    status: 410
    code: nowhere
    summary: nowhere
    schema: { $ref: \"gone.schema.json#/$defs/x\" }
    leaks: yes
";
    let done = refused(contract, TINY_SCENARIOS);
    let file = "schemas/tiny/contract.yaml";
    for (title, place) in [
        ("`error` is not a JSON Pointer", "5:9"),
        ("unknown key `mesage`", "7:3"),
        ("`opne`", "8:8"),
        ("`1.10`", "11:39"),
        ("URL parsing rewrites this path", "13:18"),
        ("`sometimes`", "19:12"),
        ("not a usable JSON Schema", "20:21"),
        ("`not_found` appears twice", "21:9"),
        ("an HTTP status", "22:13"),
        ("would have to be fetched", "29:13"),
        ("no schema file `gone.schema.json`", "34:13"),
        ("`yes`", "35:12"),
    ] {
        tells(&done, title, &format!("{file}:{place}"));
    }
    for hint in ["did you mean `message`?", "did you mean `open`?", "write `/error`", "\"1.10\""] {
        assert!(done.stderr.contains(hint), "{hint} is missing in\n{}", done.stderr);
    }
}

#[test]
fn every_mistake_in_scenarios_is_told_in_one_run() {
    let scenarios = r#"contract: tiny
scenarios:
  failure: { triggers: not_foud, request: GET /x, no_control: x }
  cause: { triggers: not_found/why, request: GET /x, no_control: x }
  role: { triggers: not_found, as: usr, request: GET /x, no_control: x }
  variable: { triggers: not_found, request: "GET /${thign}", no_control: x }
  operation: { triggers: not_found, request: raed_thing, no_control: x }
  pointer: { triggers: not_found, request: GET /x, expect: { body: { a/b: true } }, no_control: x }
  schema: { triggers: not_found, request: GET /x, expect: { body: { /a: { type: strin } } }, no_control: x }
  template: { triggers: not_found, request: POST /x, json: { a: "${totp()}", b: ["${}"] }, no_control: x }
  twice: { triggers: not_found, request: GET /x, request: GET /y, no_control: x }
  dots: { triggers: not_found, request: GET /a/../b, no_control: x }
  encoded: { triggers: not_found, request: GET /a/%2e%2e/b, no_control: x }
  bodies: { triggers: not_found, request: POST /x, json: {}, text: x, no_control: x }
  unchanged: { triggers: not_found, request: POST /x, json: { a: 1 }, control: { json: { a: 1 } } }
  empty: { triggers: not_found, request: POST /x, control: {} }
  scalars: { triggers: not_found, request: POST /x, json: [yes, 1.10, 010, on], no_control: x }
  field: { triggers: not_found, request: GET /x, no_control: x, stauts: 404 }
  elsewhere: { triggers: not_found, request: "GET http://other.example/x", no_control: x }
  header: { triggers: not_found, request: GET /x, headers: { "A B": x }, no_control: x }
  bytes: { triggers: not_found, request: POST /x, bytes: "%%%", no_control: x }
  wait: { triggers: not_found, request: GET /x, then: [{ wait: 3 parsecs, resend: true }], no_control: x }
  condition: { triggers: not_found, request: GET /x, condition: brokn, no_control: x }
  Name: { triggers: not_found, request: GET /x, no_control: x }
  nothing:
"#;
    let done = refused(TINY_CONTRACT, scenarios);
    let file = "scenarios/tiny/all.yaml";
    for (title, place) in [
        ("there is no failure `not_foud`", "3:24"),
        ("`not_found` has no cause `why`", "4:22"),
        ("there is no role `usr`", "5:36"),
        ("`thign`", "6:45"),
        ("there is no operation `raed_thing`", "7:46"),
        ("`a/b` is not a JSON Pointer", "8:70"),
        ("not a usable JSON Schema", "9:81"),
        ("`totp` must be written as", "10:65"),
        ("`${}` is neither", "10:82"),
        ("`request` appears twice", "11:50"),
        ("URL parsing rewrites this path", "12:41"),
        ("URL parsing rewrites this path", "13:44"),
        ("a request can have only one body", "14:62"),
        ("this control changes nothing", "15:80"),
        ("this control changes nothing", "16:60"),
        ("`yes`", "17:60"),
        ("`1.10`", "17:65"),
        ("`010`", "17:71"),
        ("`on`", "17:76"),
        ("unknown key `stauts`", "18:65"),
        ("neither an operation nor a request", "19:46"),
        ("the header `A B` cannot be sent", "20:62"),
        ("not base64", "21:58"),
        ("not a time span", "22:64"),
        ("there is no condition `brokn`", "23:65"),
        ("`Name` is not a valid name", "24:3"),
        ("a mapping", "25:10"),
    ] {
        tells(&done, title, &format!("{file}:{place}"));
    }
    for hint in [
        "did you mean `not_found`?",
        "did you mean `user`?",
        "did you mean `thing`?",
        "did you mean `broken`?",
    ] {
        assert!(done.stderr.contains(hint), "{hint} is missing in\n{}", done.stderr);
    }
    let count = done.stderr.matches("error: ").count();
    assert!(done.stderr.contains(&format!("{count} problems; nothing was sent")), "{}", done.stderr);
}

/// What nothing would check must not be written: it would look as if it were.
#[test]
fn a_failure_that_the_scenario_expects_of_its_own_request_is_a_mistake() {
    let scenarios = format!("{TINY_SCENARIOS}    expect: {{ failure: not_found }}\n");
    let done = refused(TINY_CONTRACT, &scenarios);
    tells(&done, "`failure` is not allowed here", "scenarios/tiny/all.yaml:7:13");
}

#[test]
fn mistakes_in_several_files_and_packs_are_told_together() {
    let folder =
        pack_with(&TINY_CONTRACT.replace("codes: open", "codes: opne"), "contract: tiny\nscenarios: [\n");
    let files = folder.path().join("scenarios/tiny");
    fs::write(files.join("empty.yaml"), "").unwrap();
    fs::write(files.join("tab.yaml"), "contract: tiny\r\nscenarios:\r\n\tx: 1\r\n").unwrap();
    fs::write(files.join("alias.yaml"), "a: &a [*a]\n").unwrap();
    fs::write(files.join("two.yaml"), "contract: tiny\nscenarios: {}\n---\nx: 1\n").unwrap();
    fs::write(files.join("other.yaml"), "contract: tniy\nscenarios: {}\n").unwrap();
    write_pack(folder.path(), "other", "contract: other\n", "contract: other\nscenarios: {}\n");
    let server = Server::tiny();
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
fn a_broken_contract_does_not_hide_what_is_wrong_with_scenarios() {
    let done =
        refused("contract: tiny\nfailures: [\n", "contract: tiny\nscenarios:\n  a: { x: yes, x: 1 }\n");
    assert!(done.stderr.contains("schemas/tiny/contract.yaml"), "{}", done.stderr);
    tells(&done, "`yes`", "scenarios/tiny/all.yaml:3:11");
    tells(&done, "`x` appears twice", "scenarios/tiny/all.yaml:3:16");
}

#[test]
fn files_that_are_no_text_and_packs_that_are_not_there_are_mistakes() {
    let folder = tiny_pack();
    let path = folder.path().join("scenarios/tiny/all.yaml");
    fs::write(&path, b"contract: \xff\xfe\n").unwrap();
    refused_in(folder.path());
    // Deeper than any stack.
    fs::write(&path, format!("a: {}", "[".repeat(100_000))).unwrap();
    refused_in(folder.path());
    fs::write(&path, format!("a: {}", "{a: ".repeat(100_000))).unwrap();
    refused_in(folder.path());
    // Aliases of aliases: short to write, endless to read.
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
fn a_schema_never_causes_a_request() {
    let trap = Server::tiny();
    let folder = tiny_pack();
    let schema = format!(r#"{{ "$schema": "{0}/meta", "$id": "{0}/id", "$ref": "{0}/ref" }}"#, trap.url);
    fs::write(folder.path().join("schemas/tiny/envelope.schema.json"), schema).unwrap();
    let contract = TINY_CONTRACT.replace("  media_type:", "  schema: envelope.schema.json\n  media_type:");
    fs::write(folder.path().join("schemas/tiny/contract.yaml"), contract).unwrap();
    refused_in(folder.path());
    assert_eq!(trap.connections(), 0);
}

#[test]
fn every_mistake_in_failspec_toml_is_told_without_credentials() {
    let server = Server::tiny();
    let folder = tiny_pack();
    let text = format!(
        "default_target = \"t\"\n[target.t]\nurl = \"{}\"\nsnapshot = \"x\"\n[target.t.roles.user]\n\
         bearer = \"hunter2-hunter2\"\nbaerer = \"hunter2-hunter2\"\n[target.t.conditions.broken]\n\
         begin = {{ request = \"PUT /x\" }}\n[[waivers]]\nscenario = \"tiny::*\"\ncheck = \"status\"\n\
         expires = \"soon\"\n",
        server.url
    );
    fs::write(folder.path().join("failspec.toml"), text).unwrap();
    let done = done(failspec(folder.path()).args(["run", "--packs", "."])).exits(2).never_says("hunter2");
    for part in [
        "failspec.toml:4:1",
        "did you mean `snapshots`?",
        "failspec.toml:7:1",
        "did you mean `bearer`?",
        "how to create the condition",
        "`reason` is missing",
        "failspec.toml:13:11",
    ] {
        assert!(done.stderr.contains(part), "{part} is missing in\n{}", done.stderr);
    }
    assert_eq!(server.connections(), 0);
    for text in ["default_target = \"t\n", "[target.t]\nurl = \"http://h\"\n", "", "default_target = \"x\"\n"]
    {
        fs::write(folder.path().join("failspec.toml"), text).unwrap();
        support::done(failspec(folder.path()).args(["run", "--packs", "."])).exits(2);
    }
}
