//! `--shard` and `merge`: the merged shards give the same result as the whole run, and nothing else can be merged.

use std::{collections::BTreeSet, fs, path::Path};

use crate::support::{
    Done, Received, Reply, Server, TINY_CONTRACT, all_of_kubeglass_exercised, done, failspec, pack_with,
    tiny, tiny_failure, tiny_pack, tiny_server,
};
use serde_json::Value;

/// Creates a pack of `count` scenarios of one failure, with additional lines in the contract.
fn many(count: usize, more: &str) -> tempfile::TempDir {
    pack_with(&format!("{TINY_CONTRACT}{more}"), &scenarios(count))
}

fn scenarios(count: usize) -> String {
    let one = |number: usize| {
        format!(
            "  read_{number}:\n    triggers: not_found\n    request: GET /things/none-{number}\n    \
             control: {{ request: \"GET /things/${{thing}}\" }}\n"
        )
    };
    format!("contract: tiny\nscenarios:\n{}", (0..count).map(one).collect::<String>())
}

/// Runs with these arguments and writes the report `NAME.json`.
fn run(folder: &Path, name: &str, arguments: &[&str]) -> Done {
    let report = format!("json={name}.json");
    done(failspec(folder).args(["run", "--packs", "."]).args(arguments).args(["--report", &report]))
}

/// Runs every shard, each with its own report: `1.json`, `2.json`, …
fn shards(folder: &Path, of: u32, arguments: &[&str]) -> Vec<Done> {
    let shard = |number: u32| {
        let shard = format!("{number}/{of}");
        let arguments: Vec<&str> = arguments.iter().copied().chain(["--shard", &shard]).collect();
        run(folder, &number.to_string(), &arguments)
    };
    (1..=of).map(shard).collect()
}

fn merge(folder: &Path, names: &[&str]) -> Done {
    let files: Vec<String> = names.iter().map(|name| format!("{name}.json")).collect();
    done(failspec(folder).arg("merge").args(files).args(["--report", "json=merged.json"]))
}

fn report(folder: &Path, name: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(folder.join(format!("{name}.json"))).unwrap()).unwrap()
}

/// Returns the part of a report that must not depend on sharding.
fn gist(report: &Value) -> Value {
    let mut packs = report["packs"].clone();
    for pack in packs.as_array_mut().unwrap() {
        // Each run has its own embedded implementation on another port.
        pack["target"] = Value::Null;
    }
    let cases: Vec<Value> = report["cases"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| {
            serde_json::json!([it["index"], it["name"], it["outcome"], it["exercised"], it["violations"]])
        })
        .collect();
    let mut gist = serde_json::json!({ "packs": packs, "cases": cases });
    for key in
        ["format", "verdict", "summary", "reference", "diagnosis", "selectors", "run_findings", "errata"]
    {
        gist[key] = report[key].clone();
    }
    gist
}

#[test]
fn merged_shards_equal_the_whole_run() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let run = |name: &str, more: &[&str]| {
        let report = format!("json={name}.json");
        let arguments = ["run", "kubeglass", "kubeadapt", "--reference", "--report", &report];
        done(failspec(here).args(arguments).args(more))
    };
    run("whole", &[]).exits(0);
    for number in ["1", "2", "3"] {
        let shard = format!("{number}/3");
        let part = run(number, &["--shard", &shard]);
        for text in [part.head(), part.last_line()] {
            assert!(text.contains("of 46") && text.contains(&format!("shard {shard}")), "{}", part.stdout);
        }
        assert_eq!(report(here, number)["shard"]["number"].to_string(), number);
    }
    let merged = merge(here, &["3", "1", "2"]).exits(0).says(&all_of_kubeglass_exercised());
    assert!(!merged.last_line().contains("shard"), "{}", merged.stdout);
    assert!(merged.last_line().contains("this says nothing about a real API"), "{}", merged.stdout);
    assert_eq!(gist(&report(here, "merged")), gist(&report(here, "whole")));
    assert_eq!(report(here, "merged").get("shard"), None);
    let cases = |name| report(here, name)["cases"].as_array().unwrap().len();
    let parts = [cases("1"), cases("2"), cases("3")];
    assert!(parts.iter().all(|part| *part > 0), "{parts:?}");
    assert_eq!(parts.iter().sum::<usize>(), cases("whole"));
    // The report of a whole run is not a shard.
    merge(here, &["merged", "whole"]).exits(2).says("merged.json is not the report of a shard");
}

#[test]
fn violations_of_merged_shards_equal_those_of_the_whole_run() {
    let folder = many(7, "");
    let wrong = Server::start(|request| match request.path.as_str() {
        "/things/none-3" => tiny_failure(410, "not_found", request),
        "/things/none-5" => tiny_failure(404, "gone", request),
        _ => tiny(request),
    });
    run(folder.path(), "whole", &["--url", &wrong.url]).exits(1);
    let codes: BTreeSet<i32> =
        shards(folder.path(), 3, &["--url", &wrong.url]).iter().map(|it| it.code).collect();
    assert!(codes.contains(&1), "{codes:?}");
    merge(folder.path(), &["1", "2", "3"]).exits(1).says("read_3").says("read_5").says("5 passed · 2 failed");
    assert_eq!(gist(&report(folder.path(), "merged")), gist(&report(folder.path(), "whole")));
}

#[test]
fn added_or_removed_scenario_moves_no_other_one() {
    let server = tiny_server();
    let names = |count: usize| {
        let folder = many(count, "");
        shards(folder.path(), 2, &["--url", &server.url]);
        let scenarios = report(folder.path(), "1")["cases"].clone();
        let names = scenarios.as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap().to_owned());
        names.collect::<BTreeSet<String>>()
    };
    let (few, more) = (names(6), names(9));
    assert!(few.is_subset(&more) && !few.is_empty(), "{few:?} {more:?}");
}

#[test]
fn empty_shard_does_not_conform_but_the_merged_run_does() {
    let folder = tiny_pack();
    let server = tiny_server();
    let mut codes: Vec<i32> =
        shards(folder.path(), 2, &["--url", &server.url]).iter().map(|it| it.code).collect();
    codes.sort_unstable();
    assert_eq!(codes, [0, 4]);
    merge(folder.path(), &["1", "2"]).exits(0);
}

#[test]
fn untested_failure_is_missing_only_in_the_merged_run() {
    let more = "  - id: gone\n    status: 410\n    code: gone\n    summary: It is gone\n";
    let folder = many(6, more);
    let server = tiny_server();
    for part in shards(folder.path(), 2, &["--url", &server.url]) {
        part.exits(0).says("1 of 2 documented failures").never_says("not covered");
    }
    merge(folder.path(), &["1", "2"]).exits(4).says("gone").says("no scenario triggers it");
}

#[test]
fn request_id_reused_in_two_shards_is_detected_by_merge() {
    let folder = many(2, "");
    let same = Server::start(|request| match request.path.as_str() {
        "/things/one" => tiny(request),
        _ => tiny_failure(404, "not_found", &Received { number: 7, ..request.clone() }),
    });
    // Finds a number of shards with which the two cases are in different shards.
    let of = (2..20)
        .find(|of| {
            let parts = shards(folder.path(), *of, &["--url", &same.url]);
            parts.iter().filter(|part| part.code == 0).count() == 2
        })
        .unwrap();
    let names: Vec<String> = (1..=of).map(|number| number.to_string()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    merge(folder.path(), &names).exits(1).says("request-id-reused").says("r-7");
}

#[test]
fn credential_as_a_request_id_is_masked_in_every_report() {
    let token = "token-of-the-tests-4711";
    let folder =
        pack_with(TINY_CONTRACT, &scenarios(3).replace("    request:", "    as: user\n    request:"));
    let echo = Server::start(|request| {
        let id =
            request.header("authorization").and_then(|it| it.strip_prefix("Bearer ")).unwrap_or_default();
        match request.path.as_str() {
            "/things/one" => tiny(request),
            _ => Reply::json(404, format!(r#"{{"error":"not_found","message":"no","requestId":"{id}"}}"#)),
        }
    });
    let role = ["--url", &echo.url, "--role", "user=bearer:env:TINY_TOKEN", "--report", "json=r.json"];
    done(failspec(folder.path()).args(["run", "--packs", "."]).args(role).env("TINY_TOKEN", token))
        .exits(1)
        .says("request-id-reused")
        .never_says(token);
    assert!(!fs::read_to_string(folder.path().join("r.json")).unwrap().contains(token));
}

const WAIVER: &str = "[[waivers]]\nscenario = \"tiny::not_found::*\"\ncheck = \"status\"\nreason = \"old gateway\"\n\
                      expires = 2999-01-31\n";

fn config(folder: &Path, server: &Server, more: &str) {
    let text = format!("default_target = \"t\"\n[target.t]\nurl = \"{}\"\n{more}", server.url);
    fs::write(folder.join("failspec.toml"), text).unwrap();
}

#[test]
fn waivers_are_judged_by_merge() {
    let folder = many(4, "");
    let here = folder.path();
    let one_wrong = Server::start(|request| match request.path.as_str() {
        "/things/none-2" => tiny_failure(410, "not_found", request),
        _ => tiny(request),
    });
    config(here, &one_wrong, WAIVER);
    // In one of the two shards the waiver matches nothing.
    for part in shards(here, 2, &[]) {
        part.exits(0).never_says("waiver-stale");
    }
    merge(here, &["1", "2"]).exits(0).says("1 waived");
    let right = tiny_server();
    config(here, &right, WAIVER);
    for part in shards(here, 2, &[]) {
        part.exits(0).never_says("waiver-stale");
    }
    merge(here, &["1", "2"]).exits(1).says("waiver-stale");
    config(here, &right, &WAIVER.replace("2999", "2020"));
    shards(here, 2, &[]);
    merge(here, &["1", "2"]).exits(1).says("expired on 2020-01-31");
    // Selected scenarios are not the whole pack, sharded or not.
    config(here, &right, WAIVER);
    shards(here, 2, &["tiny::not_found::read_1", "tiny::not_found::read_2"]);
    merge(here, &["1", "2"]).exits(0).never_says("waiver-stale");
}

#[test]
fn unreferenced_snapshots_are_reported_by_merge() {
    let folder = many(4, "");
    let here = folder.path();
    let server = tiny_server();
    config(here, &server, "snapshots = \"approved\"\n");
    run(here, "whole", &["--snapshots", "update"]).exits(0);
    shards(here, 2, &["--snapshots", "check"]);
    merge(here, &["1", "2"]).exits(0);
    let approved = here.join("approved/tiny/not_found");
    fs::copy(approved.join("read_1.snap"), approved.join("read_77.snap")).unwrap();
    for part in shards(here, 2, &["--snapshots", "check"]) {
        part.exits(0).never_says("snapshot-unreferenced");
    }
    merge(here, &["1", "2"]).exits(1).says("snapshot-unreferenced").says("read_77");
    assert_eq!(report(here, "merged")["run_findings"].as_array().unwrap().len(), 1);
}

#[test]
fn merge_refuses_reports_of_different_runs() {
    let folder = many(5, "");
    let here = folder.path();
    let (server, other) = (tiny_server(), tiny_server());
    let url = ["--url", server.url.as_str()];
    let with =
        |more: &[&'static str]| -> Vec<&str> { url.iter().copied().chain(more.iter().copied()).collect() };
    run(here, "a1", &with(&["--shard", "1/2"])).exits(0);
    run(here, "a2", &with(&["--shard", "2/2"])).exits(0);
    merge(here, &["a1", "a2"]).exits(0);
    merge(here, &["a1"]).exits(2).says("missing: 2/2");
    merge(here, &["a1", "a1"]).exits(2).says("shard 1/2 occurs twice: a1.json and a1.json");
    run(here, "b3", &with(&["--shard", "3/3"]));
    merge(here, &["a1", "b3"]).exits(2).says("different numbers of shards");
    merge(here, &["b3"]).exits(2).says("missing: 1/3, 2/3");
    run(here, "target", &["--url", &other.url, "--shard", "2/2"]).exits(0);
    merge(here, &["a1", "target"]).exits(2).says("different targets").says(&other.url);
    run(here, "some", &with(&["--shard", "2/2", "tiny::not_found"])).exits(0);
    merge(here, &["a1", "some"]).exits(2).says("different selectors");
    run(here, "denied", &with(&["--shard", "2/2", "--deny", "warnings"])).exits(0);
    merge(here, &["a1", "denied"]).exits(2).says("different options").says("--deny warnings");
    run(here, "whole", &url).exits(0);
    merge(here, &["a1", "whole"]).exits(2).says("whole.json is not the report of a shard");
    fs::write(here.join("scenarios/tiny/all.yaml"), scenarios(6)).unwrap();
    run(here, "newer", &with(&["--shard", "2/2"])).exits(0);
    merge(here, &["a1", "newer"]).exits(2).says("different digests of packs");
    let mut version = report(here, "a2");
    version["failspec"] = "99.0.0".into();
    fs::write(here.join("version.json"), version.to_string()).unwrap();
    merge(here, &["a1", "version"]).exits(2).says("99.0.0");
    // A case in a shard to which it does not belong would be counted twice.
    let (mut doubled, first) = (report(here, "a2"), report(here, "a1"));
    doubled["cases"].as_array_mut().unwrap().push(first["cases"][0].clone());
    fs::write(here.join("doubled.json"), doubled.to_string()).unwrap();
    merge(here, &["a1", "doubled"]).exits(2).says("doubled.json cannot be the report of a shard");
    assert!(here.join("merged.json").is_file());
}

#[test]
fn merge_refuses_invalid_reports_with_their_location() {
    let folder = many(2, "");
    let here = folder.path();
    run(here, "a", &["--url", &tiny_server().url, "--shard", "1/1"]).exits(0);
    let text = fs::read_to_string(here.join("a.json")).unwrap();
    let refused = |text: &str| {
        fs::write(here.join("b.json"), text).unwrap();
        merge(here, &["b"]).exits(2).says("b.json is not a JSON report of failspec").never_says("panicked")
    };
    merge(here, &["nothing"]).exits(2).says("cannot read nothing.json");
    refused("").says("line 1, column 0");
    refused("{\n  \"format\": oops }").says("line 2, column 13");
    refused("[]");
    refused("{\"format\": 1}").says("format 1").says("reads format 2");
    refused(&text.replacen("\"outcome\": \"passed\"", "\"outcome\": \"well\"", 1)).says("`well`");
    refused(&text.replacen("\"verdict\": \"conforms\"", "\"verdict\": \"fine\"", 1)).says("fine");
    refused(&"[".repeat(100_000));
    for part in 1..10 {
        let end = text.floor_char_boundary(text.len() * part / 10);
        refused(&text[..end]);
    }
    fs::write(here.join("b.json"), [0xFF, 0xFE, 0x00]).unwrap();
    merge(here, &["b"]).exits(2).says("cannot read b.json");
    fs::write(here.join("b.json"), text.replacen("\"started\": \"", "\"started\": \"x", 1)).unwrap();
    merge(here, &["b"]).exits(2).says("is not a valid start time");
    fs::write(here.join("b.json"), text.replacen("\"number\": 1", "\"number\": 0", 1)).unwrap();
    merge(here, &["b"]).exits(2).says("there is no shard 0/1");
    fs::write(here.join("b.json"), text.replacen("\"of\": 1", "\"of\": 4294967295", 1)).unwrap();
    merge(here, &["b"]).exits(2).says("and 4294967274 more");
}

#[test]
fn locks_and_global_conditions_are_not_sharded() {
    let folder =
        pack_with(TINY_CONTRACT, &scenarios(4).replace("    request:", "    locks: [it]\n    request:"));
    let here = folder.path();
    let server = tiny_server();
    config(here, &server, "");
    run(here, "a", &["--shard", "1/2"]).exits(2).says("lock it").says("isolated = true");
    assert_eq!(server.connections(), 0);
    // The only shard of a run, and shards that cannot interfere with each other.
    run(here, "a", &["--shard", "1/1"]).exits(0);
    run(here, "a", &["--shard", "1/2", "tiny::not_found::read_0"]);
    config(here, &server, "isolated = true\n");
    shards(here, 2, &[]);
    merge(here, &["1", "2"]).exits(0);
    let folder = many(4, "    condition: broken\n");
    let begin = "conditions.broken = { begin = { request = \"PUT /b\" }, end = { request = \"PUT /e\" } }\n";
    config(folder.path(), &server, begin);
    run(folder.path(), "a", &["--shard", "2/2"]).exits(2).says("condition broken");
    config(folder.path(), &server, "conditions.broken = { variables = { thing = \"one\" } }\n");
    run(folder.path(), "a", &["--shard", "2/2"]).exits(0);
}

#[test]
fn shard_option_is_k_of_n() {
    for wrong in ["0/3", "4/3", "3", "a/b"] {
        crate::support::run(&["run", "kubeglass", "--reference", "--shard", wrong]).exits(2).says("K/N");
    }
}

/// A report is a file, and files get lost, mixed up and edited.
#[test]
fn shards_that_are_not_whole_or_not_of_one_run_are_refused() {
    let folder = many(9, "");
    let here = folder.path();
    let wrong = Server::start(|request| match request.path.as_str() {
        "/things/none-3" => tiny_failure(410, "not_found", request),
        _ => tiny(request),
    });
    shards(here, 2, &["--url", &wrong.url]);
    merge(here, &["1", "2"]).exits(1);
    let with_failed = if report(here, "1")["summary"]["failed"] == 1 { "1" } else { "2" };
    let edited = |change: &dyn Fn(&mut Value)| {
        let before = report(here, with_failed);
        let mut after = before.clone();
        change(&mut after);
        let path = here.join(format!("{with_failed}.json"));
        fs::write(&path, after.to_string()).unwrap();
        let done = merge(here, &["1", "2"]);
        fs::write(&path, before.to_string()).unwrap();
        done
    };
    let cases = |report: &mut Value, change: &dyn Fn(&mut Vec<Value>)| {
        change(report["cases"].as_array_mut().unwrap());
    };
    edited(&|report| cases(report, &|cases| cases.retain(|case| case["outcome"] != "failed")))
        .exits(2)
        .says("9 cases were selected, and the shards have 8");
    edited(&|report| {
        cases(report, &|cases| {
            for case in cases.iter_mut().filter(|case| case["outcome"] == "failed") {
                case["outcome"] = "passed".into();
            }
        });
    })
    .exits(2)
    .says("read_3 is passed in spite of its findings");
    edited(&|report| {
        cases(report, &|cases| {
            for case in cases.iter_mut().filter(|case| case["outcome"] == "failed") {
                case["violations"] = Value::Array(Vec::new());
            }
        });
    })
    .exits(2)
    .says("read_3 is failed in spite of its findings");
    edited(&|report| cases(report, &|cases| cases[0]["name"] = "tiny::not_found::read_77".into()))
        .exits(2)
        .says("read_77");
    edited(&|report| report["started"] = "2026-01-01T00:00:00Z".into())
        .exits(2)
        .says("different start times");
    // An hour is not another day.
    let started: jiff::Timestamp = report(here, with_failed)["started"].as_str().unwrap().parse().unwrap();
    let later = started.checked_add(jiff::SignedDuration::from_hours(1)).unwrap().to_string();
    edited(&|report| report["started"] = later.clone().into()).exits(1);
}

#[test]
fn shards_of_differently_configured_targets_are_refused() {
    let folder = many(6, "");
    let (here, server) = (folder.path(), tiny_server());
    let config = |name: &str, more: &str| format!("[target.{name}]\nurl = \"{}\"\n{more}", server.url);
    let out_of_reach = "out_of_reach = [{ failures = [\"*\"], reason = \"later\" }]\n";
    let text = [
        config("plain", ""),
        config("same", ""),
        config("reach", out_of_reach),
        config("value", "variables = { thing = \"one\" }\n"),
        config("role", "roles.user.bearer = \"right-right\"\n"),
    ];
    fs::write(here.join("failspec.toml"), text.concat()).unwrap();
    run(here, "1", &["--shard", "1/2", "--target", "plain"]).exits(0);
    for (target, what) in [
        ("reach", "different failures out of reach (none and *: later)"),
        ("value", "different variables"),
        ("role", "different roles (none and user)"),
    ] {
        run(here, "2", &["--shard", "2/2", "--target", target]).exits(0);
        merge(here, &["1", "2"]).exits(2).says(what);
        assert!(
            !fs::read_to_string(here.join("2.json")).unwrap().contains("right-right"),
            "no secret is in it"
        );
    }
    run(here, "2", &["--shard", "2/2", "--target", "same"]).exits(0);
    merge(here, &["1", "2"]).exits(0);
}
