//! Several dated versions of one contract, and failures with a period of validity.

use std::{fs, path::Path};

use crate::support::{Done, Server, done, failspec, tiny, tiny_failure, write_pack};
use failspec_report::count;
use serde_json::Value;

const HEAD: &str = "\
contract: tiny
envelope: { media_type: application/json, code: /error, message: /message, request_id: /requestId }
requires: { variables: { thing: { about: a thing that is there, default: one } } }
";

fn contract(as_of: &str, failures: &str) -> String {
    format!("{HEAD}as_of: {as_of}\nfailures:\n{failures}")
}

fn failure(id: &str, status: u16, more: &str) -> String {
    format!("  - {{ id: {id}, status: {status}, code: {id}, summary: about {id}{more} }}\n")
}

const SCENARIOS: &str = "\
contract: tiny
scenarios:
  absent:
    triggers: not_found
    request: GET /things/none
    control: { request: \"GET /things/${thing}\" }
  retired:
    triggers: gone
    request: GET /things/old
    control: { request: \"GET /things/${thing}\" }
";

/// Creates two versions of a contract; only the older one documents `gone`.
fn two_versions() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write_pack(folder.path(), "tiny", &contract("2026-09-15", &failure("not_found", 404, "")), SCENARIOS);
    let both = failure("not_found", 404, "") + &failure("gone", 410, "");
    older(folder.path(), "2026-03", &contract("2026-03-10", &both));
    folder
}

fn older(folder: &Path, version: &str, text: &str) {
    fs::write(folder.join(format!("schemas/tiny/contract@{version}.yaml")), text).unwrap();
}

fn newest(folder: &Path, text: &str) {
    fs::write(folder.join("schemas/tiny/contract.yaml"), text).unwrap();
}

/// A server that responds with 410 for things that are gone, and with 404 for all others that do not exist.
fn server() -> Server {
    Server::start(|request| match request.path.as_str() {
        "/things/old" => tiny_failure(410, "gone", request),
        _ => tiny(request),
    })
}

fn here(folder: &Path, arguments: &[&str]) -> Done {
    done(failspec(folder).args(arguments).args(["--packs", "."]))
}

fn run(folder: &Path, server: &Server, selectors: &[&str]) -> Done {
    done(failspec(folder).arg("run").args(selectors).args(["--packs", ".", "--url", &server.url]))
}

fn report(folder: &Path, server: &Server, selector: &str) -> Value {
    let url = &server.url;
    let arguments = ["run", selector, "--packs", ".", "--url", url, "--report", "json=report.json", "-q"];
    done(failspec(folder).args(arguments));
    serde_json::from_str(&fs::read_to_string(folder.join("report.json")).unwrap()).unwrap()
}

#[test]
fn run_uses_the_newest_version_by_default() {
    let (folder, server) = (two_versions(), server());
    let run_newest = run(folder.path(), &server, &["tiny"]).exits(0);
    assert!(run_newest.stdout.starts_with("failspec tiny · "), "{}", run_newest.stdout);
    run_newest.says("1 of 1 documented failures exercised").never_says("tiny@");
    let told = run(folder.path(), &server, &["tiny@2026-03"]).exits(0);
    assert!(told.stdout.starts_with("failspec tiny@2026-03 · "), "{}", told.stdout);
    told.says("docs as of 2026-03-10").says("2 of 2 documented failures exercised");
    // The same without a selector.
    run(folder.path(), &server, &[]).exits(0).says("1 of 1 documented");
}

#[test]
fn reports_distinguish_versions_and_cases_keep_their_names() {
    let (folder, server) = (two_versions(), server());
    let (new, old) = (report(folder.path(), &server, "tiny"), report(folder.path(), &server, "tiny@2026-03"));
    assert_eq!(new["packs"][0]["name"], "tiny");
    assert!(new["packs"][0].get("version").is_none());
    assert_eq!((&old["packs"][0]["name"], &old["packs"][0]["version"]), (&"tiny".into(), &"2026-03".into()));
    assert_eq!(old["cases"][1]["name"], "tiny::gone::retired");
    assert_eq!(old["selectors"], serde_json::json!(["tiny@2026-03"]));
    assert_ne!(new["packs"][0]["digest"], old["packs"][0]["digest"]);
    for format in ["junit", "html", "markdown"] {
        let option = format!("{format}=report");
        let url = &server.url;
        done(failspec(folder.path()).args([
            "run",
            "tiny@2026-03",
            "--packs",
            ".",
            "--url",
            url,
            "--report",
            &option,
        ]))
        .exits(0);
        let text = fs::read_to_string(folder.path().join("report")).unwrap();
        assert!(text.contains("tiny@2026-03"), "{format}: {text}");
    }
}

#[test]
fn digest_is_of_the_selected_version() {
    let (folder, server) = (two_versions(), server());
    let digest = |selector: &str| report(folder.path(), &server, selector)["packs"][0]["digest"].clone();
    let (new, old) = (digest("tiny"), digest("tiny@2026-03"));
    let other = contract("2026-03-11", &(failure("not_found", 404, "") + &failure("gone", 410, "")));
    older(folder.path(), "2026-03", &other);
    assert_eq!(digest("tiny"), new, "another version changed");
    assert_ne!(digest("tiny@2026-03"), old);
    // The same contract on another date may have other valid failures.
    assert_ne!(digest("tiny@2026-04"), digest("tiny@2026-05"));
}

#[test]
fn shards_of_two_versions_are_not_merged() {
    let (folder, server) = (two_versions(), server());
    for (selector, shard, name) in
        [("tiny", "1/2", "new-1"), ("tiny", "2/2", "new-2"), ("tiny@2026-04", "2/2", "old-2")]
    {
        let (url, option) = (&server.url, format!("json={name}.json"));
        done(
            failspec(folder.path())
                .args(["run", selector, "--packs", ".", "--url", url, "--shard", shard])
                .args(["--report", &option]),
        );
    }
    let merge = |names: [&str; 2]| done(failspec(folder.path()).arg("merge").args(names));
    merge(["new-1.json", "new-2.json"]).exits(0);
    merge(["new-1.json", "old-2.json"]).exits(2).says("tiny@2026-04");
}

#[test]
fn the_version_of_a_day_is_the_last_one_before_it() {
    let folder = two_versions();
    for (asked, failures) in
        [("2026-03", 2), ("2026-05", 2), ("2026-09-14", 2), ("2026-09-15", 1), ("2027", 1)]
    {
        let found = here(folder.path(), &["lint", &format!("tiny@{asked}")]).exits(0);
        let (failures, scenarios) = (count(failures, "failure"), count(failures, "scenario"));
        found.says(&format!("tiny@{asked} {failures}, {scenarios}: 0 errors"));
    }
    here(folder.path(), &["lint", "tiny@2026-02"])
        .exits(2)
        .says("tiny has no contract from 2026-02")
        .says("2026-03 (as of 2026-03-10), the newest (as of 2026-09-15)");
    here(folder.path(), &["lint", "tiny@march"])
        .exits(2)
        .says("`march` is not a valid version of tiny")
        .says("tiny@2026-03");
    here(folder.path(), &["lint", "tinny@2026-03"]).exits(2).says("there is no pack `tinny`");
    // A version with exactly this name is selected, whatever its date.
    older(folder.path(), "2025", &contract("2025-06-01", &failure("not_found", 404, "")));
    older(folder.path(), "2025-01-05", &contract("2025-01-05", &failure("gone", 410, "")));
    here(folder.path(), &["coverage", "tiny@2025"]).exits(0).says("about not_found").never_says("about gone");
    here(folder.path(), &["coverage", "tiny@2025-05"])
        .exits(0)
        .says("about gone")
        .never_says("about not_found");
}

#[test]
fn a_version_and_its_date_agree() {
    let folder = two_versions();
    let good = failure("not_found", 404, "") + &failure("gone", 410, "");
    let lint = || here(folder.path(), &["lint", "tiny"]);
    older(folder.path(), "2026-03", &contract("2026-04-01", &good));
    lint().exits(2).says("the version 2026-03 does not contain 2026-04-01").says("contract@2026-03.yaml:4:8");
    older(folder.path(), "2026-03", &contract("2026-03-31", &good));
    lint().exits(0);
    older(folder.path(), "2026-12", &contract("2026-12-01", &good));
    lint().exits(2).says("the version 2026-12 is newer than contract.yaml");
    fs::remove_file(folder.path().join("schemas/tiny/contract@2026-12.yaml")).unwrap();
    older(folder.path(), "2026-03-31", &contract("2026-03-31", &good));
    lint().exits(2).says("two versions have `as_of: 2026-03-31`");
    fs::remove_file(folder.path().join("schemas/tiny/contract@2026-03-31.yaml")).unwrap();
    older(folder.path(), "old", &contract("2026-03-31", &good));
    lint().exits(2).says("`old` is not a valid version");
}

#[test]
fn scenario_of_no_version_is_an_error() {
    let folder = two_versions();
    let wrong = SCENARIOS.replace("triggers: gone", "triggers: gome");
    fs::write(folder.path().join("scenarios/tiny/all.yaml"), wrong).unwrap();
    let newest = here(folder.path(), &["lint", "tiny"]).exits(2);
    newest.says("there is no failure `gome`").says("all.yaml:8:15");
    here(folder.path(), &["lint", "tiny@2026-03"]).exits(2).says("did you mean `gone`?");
    // A scenario of a cause that only the other version lists is left out; a cause that no version lists is an error.
    let causes = failure("gone", 410, ", causes: [sold, burnt]") + &failure("not_found", 404, "");
    older(folder.path(), "2026-03", &contract("2026-03-10", &causes));
    newest_with(folder.path(), &(failure("gone", 410, ", causes: [sold]") + &failure("not_found", 404, "")));
    let of = |cause: &str| SCENARIOS.replace("triggers: gone", &format!("triggers: gone/{cause}"));
    for (cause, code) in [("sold", 0), ("burnt", 1), ("lost", 2)] {
        fs::write(folder.path().join("scenarios/tiny/all.yaml"), of(cause)).unwrap();
        here(folder.path(), &["lint", "tiny"]).exits(code);
    }
}

fn newest_with(folder: &Path, failures: &str) {
    newest(folder, &contract("2026-09-15", failures));
}

#[test]
fn failure_is_valid_from_since_to_until() {
    let (folder, server) = (two_versions(), server());
    fs::remove_file(folder.path().join("schemas/tiny/contract@2026-03.yaml")).unwrap();
    let with = |more: &str| {
        newest_with(folder.path(), &(failure("not_found", 404, "") + &failure("gone", 410, more)))
    };
    for (period, in_force) in [
        ("", true),
        (", since: 2026-09-15", true),
        (", since: 2026-09-16", false),
        (", until: 2026-09-16", true),
        (", until: 2026-09-15", false),
        (", since: 2026-01-01, until: 2027-01-01", true),
    ] {
        with(period);
        let count = if in_force { "2 of 2" } else { "1 of 1" };
        run(folder.path(), &server, &["tiny"])
            .exits(0)
            .says(&format!("{count} documented failures exercised"));
        here(folder.path(), &["lint", "tiny"]).exits(0);
        let list = here(folder.path(), &["list"]).exits(0);
        assert_eq!(list.stdout.contains("not in this version: gone"), !in_force, "{period}: {}", list.stdout);
        let cases = here(folder.path(), &["list", "tiny"]).exits(0);
        assert_eq!(cases.stdout.contains("tiny::gone::retired"), in_force, "{period}");
        assert_eq!(cases.stderr.contains("not in this version: tiny::gone"), !in_force, "{period}");
    }
    // The date is that of the version, if one is selected.
    with(", since: 2027-01-01");
    here(folder.path(), &["lint", "tiny@2026-12"]).exits(0).says("1 failure,");
    here(folder.path(), &["lint", "tiny@2027-01"]).exits(0).says("2 failures");
    run(folder.path(), &server, &["tiny::gone"])
        .exits(2)
        .says("not in this version")
        .says("since 2027-01-01");
    here(folder.path(), &["coverage", "tiny"]).exits(0).says("not in this version").says("since 2027-01-01");
}

#[test]
fn failure_outside_its_period_is_undocumented() {
    let folder = two_versions();
    fs::remove_file(folder.path().join("schemas/tiny/contract@2026-03.yaml")).unwrap();
    // The API still responds with a failure that is no longer valid; the scenario of `not_found` must not accept it.
    let server = Server::start(|request| match request.path.as_str() {
        "/things/none" => tiny_failure(404, "gone", request),
        _ => tiny(request),
    });
    newest_with(
        folder.path(),
        &(failure("not_found", 404, "") + &failure("gone", 404, ", until: 2026-06-01")),
    );
    run(folder.path(), &server, &["tiny"]).exits(1).says("undocumented code");
}

#[test]
fn failure_may_change_on_a_date() {
    let folder = two_versions();
    let (old, new) =
        (failure("gone", 404, ", until: 2026-06-01"), failure("gone", 410, ", since: 2026-06-01"));
    let rest = failure("not_found", 404, "");
    newest_with(folder.path(), &format!("{old}{new}{rest}"));
    fs::remove_file(folder.path().join("schemas/tiny/contract@2026-03.yaml")).unwrap();
    let server = server();
    run(folder.path(), &server, &["tiny"]).exits(0).says("2 of 2 documented");
    // The September contract did not exist in May, so an older version is added.
    older(folder.path(), "2026-05", &contract("2026-05-01", &format!("{old}{new}{rest}")));
    run(folder.path(), &server, &["tiny@2026-05"]).exits(1).says("410").says("tiny::gone::retired");
    let overlapping = failure("gone", 410, ", since: 2026-05-31");
    newest_with(folder.path(), &format!("{old}{overlapping}{rest}"));
    here(folder.path(), &["lint", "tiny"])
        .exits(2)
        .says("the failure `gone` appears twice")
        .says("these periods overlap");
    newest_with(
        folder.path(),
        &format!("{}{rest}", failure("gone", 410, ", since: 2026-05-01, until: 2026-05-01")),
    );
    here(folder.path(), &["lint", "tiny"]).exits(2).says("is not after `since`");
    newest_with(folder.path(), &failure("gone", 410, ", until: 2026-05-01"));
    here(folder.path(), &["lint", "tiny"]).exits(2).says("no failure is documented on the day");
}

#[test]
fn errors_in_failures_outside_their_period_are_reported() {
    let folder = two_versions();
    fs::remove_file(folder.path().join("schemas/tiny/contract@2026-03.yaml")).unwrap();
    newest_with(
        folder.path(),
        &(failure("not_found", 404, "") + &failure("gone", 410, ", since: 2027-01-01")),
    );
    let wrong = format!("{SCENARIOS}    teardown: [{{ request: \"DELETE /things/${{thimg}}\" }}]\n");
    fs::write(folder.path().join("scenarios/tiny/all.yaml"), wrong).unwrap();
    here(folder.path(), &["lint", "tiny"]).exits(2).says("did you mean `thing`?");
}

#[test]
fn run_has_one_version_per_contract() {
    let (folder, server) = (two_versions(), server());
    run(folder.path(), &server, &["tiny@2026-03", "tiny"]).exits(2).says("give tiny@2026-03 or tiny");
    run(folder.path(), &server, &["tiny@2026-03::gone", "tiny@2026-03::not_found"]).exits(0);
    let one = run(folder.path(), &server, &["tiny@2026-03::gone::*"]).exits(0);
    one.says("selected 1 of 2 documented failures (tiny@2026-03::gone::*)");
    run(folder.path(), &server, &["ti*@2026-03"]).exits(0).says("2 of 2 documented");
    // A prefix of a name with a version would select another pack than it names.
    run(folder.path(), &server, &["tin@2026-03"]).exits(2).says("matches no case");
    run(folder.path(), &server, &["tiny@2026-03::nothing"])
        .exits(2)
        .says("`tiny@2026-03::nothing` matches no case");
}

#[test]
fn responses_are_approved_for_a_version() {
    let (folder, server) = (two_versions(), server());
    let config =
        format!("default_target = \"t\"\n[target.t]\nurl = \"{}\"\nsnapshots = \"approved\"\n", server.url);
    fs::write(folder.path().join("failspec.toml"), config).unwrap();
    here(folder.path(), &["run", "tiny@2026-03", "--snapshots", "update"]).exits(0);
    here(folder.path(), &["run", "tiny", "--snapshots", "update"]).exits(0);
    assert!(folder.path().join("approved/tiny@2026-03/gone/retired.snap").is_file());
    assert!(!folder.path().join("approved/tiny/gone").exists());
    for selector in ["tiny", "tiny@2026-03"] {
        here(folder.path(), &["run", selector, "--snapshots", "check"]).exits(0);
    }
    let stray = folder.path().join("approved/tiny@2026-03/gone/stray.snap");
    fs::copy(folder.path().join("approved/tiny@2026-03/gone/retired.snap"), stray).unwrap();
    here(folder.path(), &["run", "tiny@2026-03", "--snapshots", "check"])
        .exits(1)
        .says("tiny@2026-03/gone/stray.snap belongs to no scenario");
    here(folder.path(), &["run", "tiny", "--snapshots", "check"]).exits(0);
}

#[test]
fn target_settings_may_apply_to_one_version() {
    let (folder, server) = (two_versions(), server());
    // The old API does not respond with 410; the new one has another URL.
    let old = Server::start(tiny);
    let config = |more: &str| {
        let text = format!(
            "default_target = \"t\"\n[target.t]\nurl = \"{}\"\nurls = {{ \"tiny@2026-03\" = \"{}\" }}\n{more}",
            server.url, old.url
        );
        fs::write(folder.path().join("failspec.toml"), text).unwrap();
    };
    config("");
    here(folder.path(), &["run", "tiny"]).exits(0).says(&server.url).never_says(&old.url);
    here(folder.path(), &["run", "tiny@2026-03"]).exits(1).says(&old.url).says("tiny@2026-03");
    // A waiver for the old version is neither applied nor stale for the newest.
    report_of(folder.path(), "tiny@2026-03");
    let all: String = ["status", "code"]
        .iter()
        .map(|check| {
            let scenario = "scenario = \"tiny@2026-03::gone::*\"";
            format!(
                "[[waivers]]\n{scenario}\ncheck = \"{check}\"\nreason = \"known\"\nexpires = 9999-01-01\n"
            )
        })
        .collect();
    config(&all);
    here(folder.path(), &["run", "tiny@2026-03"]).exits(0).says("1 waived");
    here(folder.path(), &["run", "tiny"]).exits(0);
    config(&all.replace("tiny@2026-03", "tiny@2026-02"));
    here(folder.path(), &["run", "tiny@2026-03"]).exits(1);
    config(&all.replace("tiny@2026-03", "tiny@2026-3"));
    here(folder.path(), &["run", "tiny@2026-03"]).exits(2).says("`2026-3` is not a valid version");
    // `failspec waive` writes waivers for the version of the report.
    done(failspec(folder.path()).args(["waive", "report.json"]))
        .exits(0)
        .says("scenario = \"tiny@2026-03::gone::retired\"");
    // A failure that the old API cannot produce.
    let scenarios = SCENARIOS.split("  retired:").next().unwrap();
    fs::write(folder.path().join("scenarios/tiny/all.yaml"), scenarios).unwrap();
    config("");
    here(folder.path(), &["run", "tiny@2026-03"]).exits(4);
    config("out_of_reach = [{ failures = [\"tiny@2026-03::gone\"], reason = \"old\" }]\n");
    here(folder.path(), &["run", "tiny@2026-03"]).exits(0).says("out of reach of the target: old");
    here(folder.path(), &["run", "tiny"]).exits(0).never_says("out_of_reach");
}

fn report_of(folder: &Path, selector: &str) {
    here(folder, &["run", selector, "--report", "json=report.json", "-q"]).exits(1);
}

#[test]
fn versions_extend_bases_and_dated_bases() {
    let folder = two_versions();
    let base = |file: &str, failures: &str| {
        fs::create_dir_all(folder.path().join("schemas/platform")).unwrap();
        let text = contract("2026-01-01", failures).replace("contract: tiny", "contract: platform");
        fs::write(folder.path().join("schemas/platform").join(file), text).unwrap();
    };
    base("base.yaml", &(failure("not_found", 404, "") + &failure("gone", 410, ", until: 2026-06-01")));
    let extending = |as_of: &str, base: &str| format!("contract: tiny\nas_of: {as_of}\nextends: {base}\n");
    newest(folder.path(), &extending("2026-09-15", "platform"));
    older(folder.path(), "2026-03", &extending("2026-03-10", "platform"));
    // The validity of failures of the base is determined by the date of the extending contract.
    here(folder.path(), &["lint", "tiny"]).exits(0).says("1 failure, 1 scenario");
    here(folder.path(), &["lint", "tiny@2026-03"]).exits(0).says("2 failures, 2 scenarios");
    // A separate base, which no other version extends.
    base("base.yaml", &failure("not_found", 404, ""));
    base("base@2026-01.yaml", &(failure("not_found", 404, "") + &failure("gone", 410, "")));
    older(folder.path(), "2026-03", &extending("2026-03-10", "platform@2026-01"));
    let server = server();
    let digest = || report(folder.path(), &server, "tiny")["packs"][0]["digest"].clone();
    let before = digest();
    here(folder.path(), &["lint", "tiny"]).exits(0).says("1 failure, 1 scenario: 0 errors, 0 warnings");
    here(folder.path(), &["lint", "tiny@2026-03"])
        .exits(0)
        .says("2 failures, 2 scenarios: 0 errors, 0 warnings");
    base("base@2026-01.yaml", &(failure("not_found", 404, "") + &failure("gone", 411, "")));
    assert_eq!(digest(), before);
    older(folder.path(), "2026-03", &extending("2026-03-10", "platform@2026-02"));
    here(folder.path(), &["lint", "tiny@2026-03"]).exits(2).says("platform/base@2026-02.yaml");
    newest(folder.path(), &extending("2026-09-15", "Platform"));
    here(folder.path(), &["lint", "tiny"]).exits(2).says("this is not the folder of a base");
}
