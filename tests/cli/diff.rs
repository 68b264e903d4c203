//! `failspec diff`: distinguishes breaking from compatible changes, and worse from better runs.

use std::fs;

use crate::support::{Done, done, failspec, write_pack};

const CONTRACT: &str = "\
contract: tiny
as_of: 2026-11-20
documentation: https://tiny.example.com/errors
success: { status: 2xx }
envelope: { schema: envelope.schema.json, media_type: application/json, code: /error, message: /message }
codes: open
operations:
  get_thing: { request: 'GET /things/{thing}' }
  made_up: { request: 'GET /made/up', source: inferred }
failures:
  - { id: not_found, status: 404, code: not_found, summary: Nothing there, retry: never, precedes: [too_fast], names: /field }
  - id: too_fast
    status: 429
    code: too_fast
    summary: Slow down
    causes: [burst, quota]
    headers: { Retry-After: { type: integer }, X-Left: {} }
errata:
  - { about: a gap }
";

const SCHEMA: &str = r##"{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "required": ["error", "message"],
  "properties": {
    "error": { "type": "string" },
    "message": { "type": "string" },
    "level": { "enum": ["low", "high"] },
    "details": { "type": "array", "items": { "$ref": "#/$defs/detail" } }
  },
  "$defs": { "detail": { "type": "object", "required": ["field"], "properties": { "field": { "type": "string" } } } }
}"##;

const SCENARIOS: &str = "contract: tiny\nscenarios:\n  absent: { triggers: too_fast, request: GET /things/none, no_control: a test }\n";

/// Compares the contract without and with these replacements.
fn diff(contract: &[(&str, &str)], schema: &[(&str, &str)]) -> Done {
    let folder = tempfile::tempdir().unwrap();
    let replaced = |text: &str, pairs: &[(&str, &str)]| {
        pairs.iter().fold(text.to_owned(), |text, (from, to)| {
            assert!(text.contains(from), "{from} is not there to be replaced");
            text.replacen(from, to, 1)
        })
    };
    for (name, contract, schema) in [("old", &[] as &[_], &[] as &[_]), ("new", contract, schema)] {
        let root = folder.path().join(name);
        write_pack(&root, "tiny", &replaced(CONTRACT, contract), SCENARIOS);
        fs::write(root.join("schemas/tiny/envelope.schema.json"), replaced(SCHEMA, schema)).unwrap();
    }
    done(failspec(folder.path()).args(["diff", "old", "new"]))
}

#[test]
fn diff_of_a_contract_with_itself_is_empty() {
    diff(&[], &[]).exits(0).says("no difference");
    // One of them has a documented and an inferred rule for the same header.
    for pack in ["apinizer", "k0rdent", "kubeadapt", "kubeglass", "kubevision"] {
        crate::support::run(&["diff", pack, pack]).exits(0).says("no difference");
    }
}

#[test]
fn diff_reports_breaking_changes() {
    let cases: &[(&str, &str, &str)] = &[
        ("precedes: [too_fast], ", "", "not_found no longer precedes too_fast"),
        ("names: /field", "names: /fields", "not_found: names moved from /field to /fields"),
        ("code: /error,", "code: { header: X-Error },", "code moved from /error to the header X-Error"),
        ("status: 404", "status: 410", "not_found: the status changed from 404 to 410"),
        ("code: not_found", "code: absent", "not_found: the code changed from not_found to absent"),
        (
            "  - { id: not_found, status: 404, code: not_found, summary: Nothing there, retry: never, precedes: [too_fast], names: /field }\n",
            "",
            "not_found (404, code not_found) was removed",
        ),
        (", X-Left: {}", "", "the header X-Left is no longer documented"),
        ("Retry-After: { type: integer }", "Retry-After: {}", "can now be anything"),
        ("application/json", "application/problem+json", "the media type changed from application/json"),
        ("code: /error", "code: /code", "code moved from /error to /code"),
        (", message: /message", "", "message was removed from /message"),
        ("success: { status: 2xx }", "success: { status: 200 }", "success changed from 2xx to 200"),
        ("GET /things/{thing}", "GET /thing/{thing}", "get_thing changed from GET /things/{thing}"),
        (
            "  get_thing: { request: 'GET /things/{thing}' }\n",
            "",
            "get_thing (GET /things/{thing}) was removed",
        ),
    ];
    for (from, to, message) in cases {
        diff(&[(from, to)], &[]).exits(1).says("breaking").says(message);
    }
    let schemas: &[(&str, &str, &str)] = &[
        (
            "\"required\": [\"error\", \"message\"]",
            "\"required\": [\"error\"]",
            "/message was required and is now optional",
        ),
        ("\"level\": { \"enum\": [\"low\", \"high\"] },", "", "/level is no longer documented"),
        (
            "\"message\": { \"type\": \"string\" }",
            "\"message\": { \"type\": [\"string\", \"null\"] }",
            "/message was string and can now be string or null",
        ),
        (
            "\"field\": { \"type\": \"string\" }",
            "\"field\": { \"type\": \"integer\" }",
            "/details/*/field was string and can now be integer",
        ),
        ("\"required\": [\"field\"], ", "", "/details/*/field was required"),
    ];
    for (from, to, message) in schemas {
        diff(&[], &[(from, to)]).exits(1).says(message);
    }
}

#[test]
fn diff_reports_compatible_changes() {
    let cases: &[(&str, &str, &str)] = &[
        (
            "errata:",
            "  - { id: gone, status: 410, code: gone, summary: It was }\nerrata:",
            "gone (410, code gone) is new",
        ),
        ("Nothing there", "Nothing is there", "“Nothing there” → “Nothing is there”"),
        ("id: not_found,", "id: absent,", "not_found is now called absent"),
        ("    causes: [burst", "    names: /limit\n    causes: [burst", "too_fast: names is new, at /limit"),
        ("X-Left: {}", "X-Left: {}, X-More: {}", "the header X-More is new"),
        ("retry: never", "retry: backoff", "the retry advice changed from never to backoff"),
        ("[burst, quota]", "[burst]", "the causes changed from burst, quota to burst"),
        ("about: a gap", "about: another gap", "new: another gap"),
        ("codes: open", "codes: closed", "unlisted codes are no longer possible"),
        ("Retry-After:", "retry-after:", "no difference"),
        ("GET /made/up", "GET /made/anew", "no difference"),
        ("2026-11-20", "2026-11-21", "no difference"),
    ];
    for (from, to, message) in cases {
        diff(&[(from, to)], &[]).exits(0).says(message);
    }
    let schemas: &[(&str, &str, &str)] = &[
        ("\"level\":", "\"more\": {}, \"level\":", "/more is new"),
        ("[\"low\", \"high\"]", "[\"low\", \"high\", \"top\"]", "/level can now be \"top\""),
        ("[\"low\", \"high\"]", "[\"high\", \"low\"]", ""),
        (
            "\"required\": [\"error\", \"message\"]",
            "\"required\": [\"message\", \"error\", \"level\"]",
            "/level was optional",
        ),
        (
            "\"error\": { \"type\": \"string\" }",
            "\"error\": { \"type\": \"string\", \"description\": \"a code\", \"minLength\": 1 }",
            "",
        ),
    ];
    for (from, to, message) in schemas {
        diff(&[], &[(from, to)]).exits(0).says(message);
    }
}

#[test]
fn diff_new_code_is_breaking_for_a_closed_list() {
    let folder = tempfile::tempdir().unwrap();
    let closed = CONTRACT.replace("codes: open", "codes: closed");
    let more =
        closed.replace("errata:", "  - { id: gone, status: 410, code: gone, summary: It was }\nerrata:");
    for (name, contract) in [("old", &closed), ("new", &more)] {
        write_pack(&folder.path().join(name), "tiny", contract, SCENARIOS);
        fs::write(folder.path().join(name).join("schemas/tiny/envelope.schema.json"), SCHEMA).unwrap();
    }
    done(failspec(folder.path()).args(["diff", "old", "new"])).exits(1).says("gone (410, code gone) is new");
    // In the other direction, the removed failure is a breaking change.
    done(failspec(folder.path()).args(["diff", "new", "old"]))
        .exits(1)
        .says("gone (410, code gone) was removed");
}

#[test]
fn diff_uses_the_classification_of_the_older_contract() {
    let folder = tempfile::tempdir().unwrap();
    let lax = CONTRACT.replace(
        "codes: open",
        "codes: open\nstability: { status_changed: not_breaking, summary_changed: breaking }",
    );
    let other = CONTRACT.replace("status: 404", "status: 410");
    let reworded = CONTRACT.replace("Nothing there", "Not there");
    for (name, contract) in [("lax", lax.as_str()), ("other", &other), ("reworded", &reworded)] {
        write_pack(&folder.path().join(name), "tiny", contract, SCENARIOS);
        fs::write(folder.path().join(name).join("schemas/tiny/envelope.schema.json"), SCHEMA).unwrap();
    }
    let diff = |old: &str, new: &str| done(failspec(folder.path()).args(["diff", old, new]));
    diff("lax", "other").exits(0).says("not breaking").says("the status changed from 404 to 410");
    diff("lax", "reworded").exits(1);
    // The classification in the newer contract does not apply to this comparison, only to later ones.
    diff("other", "lax").exits(1);
}

#[test]
fn diff_accepts_contracts_and_versions_in_several_notations() {
    let folder = tempfile::tempdir().unwrap();
    write_pack(folder.path(), "tiny", &CONTRACT.replace("status: 404", "status: 410"), SCENARIOS);
    let schemas = folder.path().join("schemas/tiny");
    fs::write(schemas.join("envelope.schema.json"), SCHEMA).unwrap();
    fs::write(schemas.join("contract@2026-03.yaml"), CONTRACT.replace("2026-11-20", "2026-03-01")).unwrap();
    let diff = |arguments: &[&str]| done(failspec(folder.path()).arg("diff").args(arguments));
    diff(&["tiny@2026-03", "tiny", "--packs", "."])
        .exits(1)
        .says("tiny@2026-03 → tiny")
        .says("changed from 404 to 410");
    diff(&["schemas/tiny/contract@2026-03.yaml", "schemas/tiny/contract.yaml"])
        .exits(1)
        .says("changed from 404 to 410");
    diff(&["kubeglass", "kubeglass"]).exits(0).says("no difference");
    diff(&["kubeglass", "nonesuch"]).exits(2).says("nonesuch");
    fs::write(folder.path().join("other.txt"), "x").unwrap();
    diff(&["other.txt", "kubeglass"]).exits(2).says("neither a contract nor a JSON report");
    fs::write(folder.path().join("other.json"), "{}").unwrap();
    diff(&["other.json", "kubeglass"]).exits(2);
}

#[test]
fn diff_writes_reports_to_the_given_paths() {
    let folder = tempfile::tempdir().unwrap();
    let new = CONTRACT.replace("status: 404", "status: 410").replace("Nothing there", "<b>`|` @you");
    for (name, contract) in [("old", CONTRACT), ("new", &new)] {
        write_pack(&folder.path().join(name), "tiny", contract, SCENARIOS);
        fs::write(folder.path().join(name).join("schemas/tiny/envelope.schema.json"), SCHEMA).unwrap();
    }
    let arguments =
        ["diff", "old", "new", "--report", "markdown=d.md", "--report", "json=d.json", "--report", "github"];
    let summary = folder.path().join("summary.md");
    done(failspec(folder.path()).args(arguments).env("GITHUB_STEP_SUMMARY", &summary))
        .exits(1)
        .says("::error file=new/schemas/tiny/contract.yaml,line=");
    let markdown = fs::read_to_string(folder.path().join("d.md")).unwrap();
    assert!(markdown.starts_with("### ❌ tiny → tiny: 1 difference that counts"), "{markdown}");
    assert!(!markdown.contains("<b>") && !markdown.contains("@you"), "{markdown}");
    assert_eq!(fs::read_to_string(summary).unwrap(), markdown);
    let json: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(folder.path().join("d.json")).unwrap()).unwrap();
    assert_eq!(json["groups"][0]["differences"][0]["kind"], "status_changed");
    done(failspec(folder.path()).args(["diff", "old", "new", "--report", "html=x"]))
        .exits(2)
        .says("markdown=PATH");
}

/// Runs against an embedded reference implementation and writes the JSON report.
fn report(folder: &std::path::Path, name: &str, arguments: &[&str]) {
    let mut command = failspec(folder);
    command.args(["run", "--reference", "-q", "--report", &format!("json={name}")]).args(arguments);
    done(&mut command);
}

#[test]
fn diff_reports_a_run_that_got_worse() {
    let folder = tempfile::tempdir().unwrap();
    report(folder.path(), "whole.json", &["kubeadapt"]);
    report(folder.path(), "part.json", &["kubeadapt::not_found*"]);
    let diff = |old: &str, new: &str| done(failspec(folder.path()).args(["diff", old, new]));
    diff("whole.json", "whole.json")
        .exits(0)
        .says("no difference")
        .says("the verdict was conforms, is now conforms");
    diff("whole.json", "part.json")
        .exits(1)
        .says("no longer exercised")
        .says("gone")
        .says("may not have been selected");
    diff("part.json", "whole.json").exits(0).says("better").says("now exercised");
    let mut changed: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(folder.path().join("whole.json")).unwrap()).unwrap();
    changed["cases"][0]["outcome"] = "skipped".into();
    changed["cases"][1]["outcome"] = "failed".into();
    fs::write(folder.path().join("changed.json"), changed.to_string()).unwrap();
    let first = changed["cases"][0]["name"].as_str().unwrap();
    diff("whole.json", "changed.json")
        .exits(1)
        .says(&format!("{first}: was passed, is now skipped"))
        .says("is now failed");
    diff("changed.json", "whole.json").exits(0).says("was skipped, is now passed");
    diff("whole.json", "kubeadapt").exits(2).says("of different kinds");
}
