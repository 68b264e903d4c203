//! First use by a new author of a pack: defaults, and messages that say what to do.

use std::fs;

use crate::support::{TINY_CONTRACT, TINY_SCENARIOS, done, failspec, pack_with, run, tiny_pack, tiny_server};

/// The smallest contract: success is 2xx by default, there is no envelope, and an operation is its request.
const LEAST: &str = "\
contract: tiny
as_of: 2026-01-31
operations:
  read: GET /things/{thing}
failures:
  - id: not_found
    status: 404
    summary: There is no such thing
";

const LEAST_SCENARIOS: &str = "\
contract: tiny
scenarios:
  read_a_missing_thing:
    triggers: not_found
    request: read
    path: { thing: none }
    control: { path: { thing: one } }
";

#[test]
fn minimal_contract_uses_defaults() {
    let (server, folder) = (tiny_server(), pack_with(LEAST, LEAST_SCENARIOS));
    done(failspec(folder.path()).args(["run", "--packs", ".", "--url", &server.url]))
        .exits(0)
        .says("1 of 1 documented failures exercised");
    // An explicit value overrides the default.
    let strict = LEAST.replace("operations:", "success: { status: 299 }\noperations:");
    let folder = pack_with(&strict, LEAST_SCENARIOS);
    done(failspec(folder.path()).args(["run", "--packs", ".", "--url", &server.url]))
        .exits(3)
        .says("HTTP 200");
}

#[test]
fn invalid_schema_is_reported_at_its_location() {
    let with = |schema: &str| {
        let contract = LEAST.replace("operations:", &format!("envelope:\n  schema: {schema}\noperations:"));
        let folder = pack_with(&contract, LEAST_SCENARIOS);
        let broken = "{ \"properties\": { \"error\": { \"type\": \"strng\" } } }";
        fs::write(folder.path().join("schemas/tiny/broken.json"), broken).unwrap();
        fs::write(folder.path().join("schemas/tiny/no.json"), "{").unwrap();
        done(failspec(folder.path()).args(["lint", "--packs", "."])).exits(2)
    };
    with("{ type: object, properties: { error: { type: strng } } }")
        .says("\"strng\" is not a type; use array")
        .says("contract.yaml:4:56");
    with("{ required: error }").says("is not of type \"array\"").says("contract.yaml:4:23");
    with("{ pattern: '(' }").says("\"(\" is not a valid regular expression").says("contract.yaml:4:22");
    with("broken.json").says("`broken.json` is not a usable JSON Schema: /properties/error/type: \"strng\"");
    with("no.json").says("`no.json` is not JSON").says("line 1");
}

#[test]
fn operation_has_its_own_path() {
    let contract = LEAST.replace("GET /things/{thing}", "PUT ${upload}");
    let folder = pack_with(&contract, "contract: tiny\nscenarios: {}\n");
    done(failspec(folder.path()).args(["lint", "--packs", "."]))
        .exits(2)
        .says("an operation must have its own path")
        .says("contract.yaml:4:9");
    let scenarios = LEAST_SCENARIOS.replace("request: read", "request: \"PUT ${upload}?part=1\"");
    let folder = pack_with(LEAST, &scenarios);
    done(failspec(folder.path()).args(["lint", "--packs", "."]))
        .exits(2)
        .says("must be the whole path")
        .says("go under `query`");
}

#[test]
fn a_control_with_another_path_needs_no_values_of_the_first() {
    let scenarios = LEAST_SCENARIOS.replace("{ path: { thing: one } }", "{ request: GET /things/one }");
    let (server, folder) = (tiny_server(), pack_with(LEAST, &scenarios));
    done(failspec(folder.path()).args(["run", "--packs", ".", "--url", &server.url])).exits(0);
    let scenarios = LEAST_SCENARIOS.replace("path: { thing: none }", "path: { thing: none, thign: x }");
    let folder = pack_with(LEAST, &scenarios);
    done(failspec(folder.path()).args(["lint", "--packs", "."])).exits(2).says("thign");
}

#[test]
fn message_without_a_location_has_no_margin() {
    let told = run(&["run", "kubeglass"]).exits(2).says("help: give --url URL");
    assert!(!told.stderr.lines().any(|line| line.trim() == "|"), "{}", told.stderr);
    run(&["run", "kubeglass", "--url", "http://127.0.0.1:9", "--role", "editr=bearer:env:HOME"])
        .exits(2)
        .says("did you mean `editor`?");
    run(&["run", "kubeglass", "--url", "http://127.0.0.1:9", "--var", "nothing-like-it=1"])
        .exits(2)
        .says("its variables are bad_chart, ");
    let folder = pack_with(LEAST, LEAST_SCENARIOS);
    let options = ["run", "--packs", ".", "--url", "http://127.0.0.1:9", "--role", "x=bearer:env:HOME"];
    done(failspec(folder.path()).args(options)).exits(2).says("it has no roles");
}

#[test]
fn unknown_names_in_a_target_are_reported() {
    let (server, folder) = (tiny_server(), tiny_pack());
    let config = format!(
        "default_target = \"own\"\n[target.own]\nurl = \"{}\"\n\
         [target.own.variables]\nthign = \"one\"\n\
         [target.own.roles.somebody]\nbearer = \"sesame-sesame\"\n\
         [target.own.conditions.brokn]\nvariables = {{ elsewhere = \"x\" }}\n\
         [[target.own.out_of_reach]]\nfailures = [\"tiny::not_fund\", \"tiny::*\"]\nreason = \"a test\"\n",
        server.url
    );
    fs::write(folder.path().join("failspec.toml"), config).unwrap();
    let told = done(failspec(folder.path()).args(["run", "--packs", "."]))
        // The name may be meant for another pack: no error, and no effect on the verdict.
        .exits(0)
        .says("has no variable `thign`, which the target own defines; did you mean `thing`?")
        .says("has no variable `elsewhere`")
        .says("has no role `somebody`")
        .says("has no condition `brokn`, which the target own defines; did you mean `broken`?")
        .says("`tiny::not_fund`");
    assert_eq!(told.stderr.matches("notice:").count(), 5, "{}", told.stderr);
}

#[test]
fn requirements_of_a_target_can_be_listed() {
    let folder = tiny_pack();
    done(failspec(folder.path()).args(["list", "--packs", ".", "--requires"]))
        .exits(0)
        .says("condition broken")
        .says("things are broken")
        .says("variable  thing")
        .never_says("2026");
    let folder = pack_with(LEAST, LEAST_SCENARIOS);
    done(failspec(folder.path()).args(["list", "--packs", ".", "--requires"])).exits(0).says("only a URL");
}

#[test]
fn quiet_still_shows_the_reason() {
    let server = tiny_server();
    let quiet = |contract: &str, scenarios: &str| {
        let folder = pack_with(contract, scenarios);
        let options = ["run", "-q", "--packs", ".", "--url", &server.url];
        let told = done(failspec(folder.path()).args(options));
        assert!(told.stderr.is_empty() && told.stdout.lines().count() == 1, "{}", told.all());
        assert!(told.stdout.starts_with("verdict"), "{}", told.stdout);
        told
    };
    let fine = quiet(TINY_CONTRACT, TINY_SCENARIOS).exits(0);
    assert!(fine.has_verdict("conforms"), "{}", fine.stdout);
    quiet(&TINY_CONTRACT.replace("404", "410"), TINY_SCENARIOS).exits(1).says("violations · 1 failed");
    let more = format!("{TINY_CONTRACT}  - {{ id: never, status: 418, code: never, summary: Never }}\n");
    quiet(&more, TINY_SCENARIOS).exits(4).says("incomplete · not covered: never");
    let second = TINY_SCENARIOS.replace("contract: tiny\nscenarios:\n", "").replace("read_a", "read_too_a");
    let scenarios = format!("{TINY_SCENARIOS}{}", second.replace("${thing}", "none/too"));
    quiet(TINY_CONTRACT, &scenarios.replace("not_found\n", "not_found\n    source: inferred\n"))
        .exits(3)
        .says("inconclusive · 1 inconclusive");
}

#[test]
fn verbose_shows_each_case_once() {
    let told = run(&["run", "--reference", "-v", "kubeglass::conflict"]).exits(0);
    let name = "kubeglass::conflict::update_with_stale_version";
    assert_eq!(told.all().matches(name).count(), 1, "{}", told.all());
}

#[test]
fn exceptions_of_unselected_failures_are_not_shown() {
    let server = tiny_server();
    let more = format!("{TINY_CONTRACT}  - {{ id: never, status: 418, code: never, summary: Never }}\n");
    let teapot = "  never:\n    triggers: never\n    request: GET /tea\n    condition: broken\n";
    let folder = pack_with(&more, &format!("{TINY_SCENARIOS}{teapot}"));
    let config = format!(
        "default_target = \"own\"\n[target.own]\nurl = \"{}\"\n\
         [[target.own.out_of_reach]]\nfailures = [\"tiny::never\"]\nreason = \"no teapot\"\n",
        server.url
    );
    fs::write(folder.path().join("failspec.toml"), config).unwrap();
    done(failspec(folder.path()).args(["run", "--packs", "."])).exits(0).says("no teapot");
    done(failspec(folder.path()).args(["run", "--packs", ".", "tiny::not_found"]))
        .exits(0)
        .says("1 not selected")
        .never_says("no teapot");
}
