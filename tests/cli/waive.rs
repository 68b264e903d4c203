//! `waive`: adopting the tool for an API that does not conform yet.

use std::{fs, path::Path};

use crate::support::{
    Done, Reply, Server, TINY_CONTRACT, done, failspec, pack_with, tiny, tiny_failure, tiny_server,
};

const SCENARIOS: &str = "\
contract: tiny
scenarios:
  plain:
    triggers: not_found
    request: GET /things/none
    control: { request: \"GET /things/${thing}\" }
  all_rows:
    triggers: not_found
    each: { a: { id: wrong-a }, b: { id: wrong-b } }
    request: GET /things/${id}
    control: { request: \"GET /things/${thing}\" }
  one_row:
    triggers: not_found
    each: { a: { id: right-a }, b: { id: wrong-b } }
    request: GET /things/${id}
    control: { request: \"GET /things/${thing}\" }
";

/// A server that violates two checks at `none`, and one at `wrong-…`.
fn wrong() -> Server {
    Server::start(|request| match request.path.as_str() {
        "/things/none" => tiny_failure(410, "not_found", request).with("X", "y"),
        path if path.contains("wrong") => tiny_failure(410, "not_found", request),
        _ => tiny(request),
    })
}

fn folder(server: &Server, more: &str) -> tempfile::TempDir {
    let folder = pack_with(TINY_CONTRACT, SCENARIOS);
    let config =
        format!("# ours\ndefault_target = \"t\"\n[target.t] # staging\nurl = \"{}\"{more}", server.url);
    fs::write(folder.path().join("failspec.toml"), config).unwrap();
    folder
}

fn run(folder: &Path) -> Done {
    done(failspec(folder).args(["run", "--packs", ".", "--report", "json=r.json"]))
}

fn waive(folder: &Path, arguments: &[&str]) -> Done {
    done(failspec(folder).args(["waive", "r.json"]).args(arguments))
}

fn config(folder: &Path) -> String {
    fs::read_to_string(folder.join("failspec.toml")).unwrap()
}

#[test]
fn after_waiving_the_same_run_conforms() {
    let server = wrong();
    let folder = folder(&server, "");
    let (here, before) = (folder.path(), config(folder.path()));
    run(here).exits(1).says("4 failed");
    waive(here, &["--config", "failspec.toml"]).exits(0).says("3 waivers added");
    let after = config(here);
    assert!(after.starts_with(&before), "nothing that was there is changed: {after}");
    for scenario in ["tiny::not_found::plain", "tiny::not_found::all_rows::*", "tiny::not_found::one_row::b"]
    {
        assert!(
            after.contains(&format!("scenario = \"{scenario}\"\ncheck = \"status\"\nreason = \"")),
            "{after}"
        );
    }
    run(here).exits(0).says("4 waived");
    // With the new report and with the old one, there is nothing to add.
    waive(here, &["--config", "failspec.toml"]).exits(0).says("0 waivers added");
    assert_eq!(config(here), after);
    // The waivers become stale when the API is fixed.
    let mended = tiny_server();
    fs::write(here.join("failspec.toml"), after.replace(&server.url, &mended.url)).unwrap();
    run(here).exits(1).says("waiver-stale");
}

#[test]
fn waive_adds_nothing_twice() {
    let server = wrong();
    let folder = folder(&server, "");
    run(folder.path()).exits(1);
    waive(folder.path(), &["--config", "failspec.toml"]).exits(0);
    let once = config(folder.path());
    waive(folder.path(), &["--config", "failspec.toml"]).exits(0).says("0 waivers added");
    assert_eq!(config(folder.path()), once);
}

#[test]
fn waive_uses_the_given_reason_issue_and_expiry() {
    let server = wrong();
    let folder = folder(&server, "");
    let here = folder.path();
    run(here).exits(1);
    let more = ["--reason", "a \"gateway\"\nof old", "--issue", "https://issues.example.com/1", "--expires"];
    let printed = waive(here, &[&more[..], &["2999-01-31"]].concat()).exits(0);
    for line in [
        "reason = \"a \\\"gateway\\\"\\u000Aof old\"",
        "issue = \"https://issues.example.com/1\"",
        "expires = 2999-01-31",
    ] {
        assert!(printed.stdout.contains(line), "{}", printed.stdout);
    }
    waive(here, &["-o", "waivers.toml"]).exits(0);
    assert_eq!(fs::read_to_string(here.join("waivers.toml")).unwrap().matches("[[waivers]]").count(), 3);
    for wrong in ["2020-01-31", "yesterday", "d", "99999999999d", "-3d"] {
        waive(here, &[&format!("--expires={wrong}")]).exits(2);
    }
    waive(here, &["--reason", " "]).exits(2).says("--reason is empty");
    waive(here, &["--config", "failspec.toml", "-o", "x"]).exits(2);
    waive(here, &["--config", "nothing.toml"]).exits(2).says("nothing.toml");
}

#[test]
fn waive_does_not_extend_an_expired_waiver() {
    let expired =
        "\n[[waivers]]\nscenario = \"tiny::*\"\ncheck = \"status\"\nreason = \"old\"\nexpires = 2020-01-31\n";
    let server = wrong();
    let folder = folder(&server, expired);
    run(folder.path()).exits(1);
    let before = config(folder.path());
    waive(folder.path(), &["--config", "failspec.toml"])
        .exits(0)
        .says("failspec.toml:6 expired on 2020-01-31")
        .says("cannot be waived")
        .says("0 waivers added");
    assert_eq!(config(folder.path()), before);
}

#[test]
fn waive_never_writes_an_invalid_file() {
    let server = wrong();
    let folder = folder(&server, "\n");
    let here = folder.path();
    run(here).exits(1);
    let before = format!("waivers = []\n{}", config(here));
    fs::write(here.join("failspec.toml"), &before).unwrap();
    waive(here, &["--config", "failspec.toml"]).exits(2).says("nothing was written").says("[[waivers]]");
    assert_eq!(config(here), before);
    fs::write(here.join("failspec.toml"), "[target.t\n").unwrap();
    waive(here, &["--config", "failspec.toml"]).exits(2).says("not well-formed TOML");
    // The line endings of the file are preserved.
    fs::write(here.join("failspec.toml"), "default_target = \"t\"\r\n").unwrap();
    waive(here, &["--config", "failspec.toml"]).exits(0);
    assert_eq!(config(here).matches('\n').count(), config(here).matches("\r\n").count());
}

#[test]
fn waive_skips_rows_that_are_not_in_the_report() {
    let server = wrong();
    let folder = folder(&server, "");
    let here = folder.path();
    let selected = ["run", "--packs", ".", "tiny::not_found::all_rows", "--report", "json=r.json"];
    done(failspec(here).args(selected)).exits(1);
    waive(here, &[]).exits(0).says("all_rows::a").says("all_rows::b").never_says("all_rows::*");
}

#[test]
fn waive_reports_but_does_not_waive_run_findings() {
    let same_id = Server::start(|request| match request.path.as_str() {
        "/things/one" => tiny(request),
        _ => Reply::json(404, r#"{"error":"not_found","message":"no","requestId":"r-1"}"#),
    });
    let folder = folder(&same_id, "");
    run(folder.path()).exits(1).says("request-id-reused");
    let done = waive(folder.path(), &[]).exits(0).says("cannot be waived: the request id r-1");
    assert_eq!(done.stdout, "");
    fs::write(folder.path().join("r.json"), "{").unwrap();
    waive(folder.path(), &[]).exits(2).says("not a JSON report");
}

#[test]
fn waivers_of_all_parts_of_a_finding_waive_it() {
    let server = Server::start(|request| match request.path.as_str() {
        "/things/none" => Reply::html(404, "<h1>Not Found</h1>"),
        _ => tiny(request),
    });
    let waiver = |check: &str| {
        format!(
            "\n[[waivers]]\nscenario = \"tiny::not_found::plain\"\ncheck = \"{check}\"\nreason = \"known\"\n\
             expires = 2099-01-01\n"
        )
    };
    let plain = |waivers: &str| {
        let folder = folder(&server, &format!("\n{waivers}"));
        let scenario = SCENARIOS.split("  all_rows:").next().unwrap();
        fs::write(folder.path().join("scenarios/tiny/all.yaml"), scenario).unwrap();
        run(folder.path())
    };
    let (media_type, well_formed) = (waiver("media-type"), waiver("well-formed"));
    plain("").exits(1).says("[media-type]").says("[well-formed]");
    plain(&format!("{media_type}{well_formed}")).says("1 waived").never_says("[waiver-stale]");
    plain(&waiver("unrecognized-response")).says("1 waived").never_says("waiver-stale");
    // A part that is not waived is a violation still, and the waiver of the other one is not stale.
    plain(&media_type).exits(1).says("[unrecognized-response]").never_says("waiver-stale");
}

#[test]
fn security_report_of_a_stranger_waives_no_more_than_its_cases() {
    let server = wrong();
    let folder = folder(&server, "\n");
    let here = folder.path();
    run(here).exits(1);
    let (report, before) = (fs::read_to_string(here.join("r.json")).unwrap(), config(here));
    for name in ["**", "tiny::*", "tiny::not_found::p*", "tiny::not_found::{plain,all_rows}"] {
        fs::write(here.join("r.json"), report.replace("tiny::not_found::plain", name)).unwrap();
        waive(here, &["--config", "failspec.toml"]).exits(2).says("is not the name of a case");
        assert_eq!(config(here), before, "{name}");
    }
    // Harmless: any text in what a server said is a text in the reason.
    let said = report.replace("got 410", "got 410 \\\"\\n[[waivers]]\\nscenario = \\\"**\\\"");
    assert_ne!(said, report);
    fs::write(here.join("r.json"), said).unwrap();
    waive(here, &["--config", "failspec.toml"]).exits(0).says("3 waivers added");
    assert_eq!(config(here).lines().filter(|line| line.starts_with("[[waivers]]")).count(), 3);
    assert!(!config(here).lines().any(|line| line.starts_with("scenario = \"**")), "{}", config(here));
    run(here).exits(0).says("4 waived");
}
