//! Runs: a served reference implementation, signals, many scenarios, closed pipes, reports.

use std::{
    fmt::Write as _,
    fs,
    io::{BufRead as _, BufReader, Read as _},
    process::Stdio,
    time::{Duration, Instant},
};

use crate::support::{
    Background, KUBEGLASS_FAILURES, Reply, Server, TINY_CONTRACT, all_of_kubeglass_exercised, done, failspec,
    pack_with, run, tiny, tiny_failure, tiny_pack, tiny_server,
};
use serde_json::Value;

/// Its addresses end in `/`: what was refused was not made, whatever the last part of such an address seems to be.
#[test]
fn what_was_never_made_is_not_left_over() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["run", "apinizer", "--reference", "--report", "json=r.json"];
    done(failspec(folder.path()).args(arguments)).exits(0).never_says("left over");
    let report: Value = serde_json::from_slice(&fs::read(folder.path().join("r.json")).unwrap()).unwrap();
    let cases = report["cases"].as_array().unwrap();
    let removed = |case: &&Value| case["exchanges"].to_string().contains("\"DELETE\"");
    assert!(cases.iter().filter(removed).count() > 10);
    assert!(cases.iter().all(|case| case["left_behind"] == serde_json::json!([])));
}

#[test]
fn served_reference_is_judged_like_the_embedded_one() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("target.toml");
    let mut serve = Background::start(failspec(folder.path()).args([
        "serve",
        "kubeglass",
        "--target-file",
        "target.toml",
    ]));
    let url = serve.first_line();
    assert!(url.starts_with("http://127.0.0.1:"), "{url}");
    assert!(fs::read_to_string(&target).unwrap().contains(&url));
    let judged = done(failspec(folder.path()).args(["run", "kubeglass", "--config", "target.toml"]))
        .exits(0)
        .says(&all_of_kubeglass_exercised())
        .says("6 of 6 causes");
    assert!(judged.has_verdict("conforms"), "{}", judged.stdout);
    serve.signal("TERM");
    serve.finish(5).exits(0);
    // The server has stopped: a target that worked a moment ago leads to one diagnosis.
    done(failspec(folder.path()).args(["run", "kubeglass", "--config", "target.toml"]))
        .exits(3)
        .says("nothing can be judged");
}

/// The other contracts: documented failures, causes, and the line that announces the wait for a rate limit.
#[test]
fn every_served_reference_conforms_and_waits_are_announced() {
    for (pack, failures, causes, waits) in [
        ("kubevision", 12, 11, None),
        ("kubevision@2026-03", 18, 6, None),
        ("kubeadapt", 10, 4, Some("kubeadapt::rate_limited::")),
        ("k0rdent", 13, 2, Some("k0rdent::rate_limited::")),
        ("apinizer", 15, 16, Some("apinizer::rate_limit_exceeded::")),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let arguments = ["serve", pack, "--target-file", "target.toml"];
        let mut serve = Background::start(failspec(folder.path()).args(arguments));
        serve.first_line();
        let judged = done(failspec(folder.path()).args(["run", pack, "--config", "target.toml"]))
            .exits(0)
            .says(&format!("{failures} of {failures} documented failures exercised"))
            .says(&format!("{causes} of {causes} causes"));
        assert!(judged.has_verdict("conforms"), "{}", judged.stdout);
        let announced: Vec<&str> =
            judged.head().lines().filter(|line| line.trim_start().starts_with("waits")).collect();
        match waits {
            None => assert!(announced.is_empty(), "{announced:?}"),
            Some(waits) => {
                assert!(announced.iter().all(|line| line.contains(waits)), "{announced:?}");
                assert!(announced.iter().any(|line| line.contains("at most")), "{announced:?}");
            }
        }
        serve.signal("TERM");
        serve.finish(5).exits(0);
    }
}

#[test]
fn serve_ends_on_ctrl_c_and_refuses_invalid_arguments() {
    let folder = tempfile::tempdir().unwrap();
    let mut serve = Background::start(failspec(folder.path()).args(["serve", "kubeglass"]));
    let url = serve.first_line();
    let address = url.trim_start_matches("http://");
    let second = done(failspec(folder.path()).args(["serve", "kubeglass", "--listen", address]));
    assert_ne!(second.code, 0, "{}", second.all());
    serve.signal("INT");
    serve.finish(5).exits(0);
    run(&["serve", "nope"]).exits(2).says("nope");
    run(&["serve", "kubeglass", "--mutant", "status-419"]).exits(2).says("status-418");
    run(&["serve", "kubeglass", "--target-file", "/no/such/folder/t.toml"]).exits(2).says("/no/such/folder");
}

const SLOW_SCENARIOS: &str = "\
contract: tiny
scenarios:
  slow:
    triggers: not_found
    setup:
      - request: POST /things/made-${unique}
    request: GET /things/slow
    control: { request: GET /things/one }
    teardown:
      - request: DELETE /things/made-${unique}
";

/// Responses received while a condition is in effect are judged, even if the condition cannot be ended.
#[test]
fn a_violation_outlives_a_condition_that_cannot_be_ended() {
    let response = |code: &'static str| {
        let calls = std::sync::atomic::AtomicUsize::new(0);
        move |request: &crate::support::Received| match request.line().as_str() {
            "GET /things/slow" => tiny_failure(503, code, request),
            // The call before the run succeeds; the one after the requests fails.
            "DELETE /break" if calls.fetch_add(1, std::sync::atomic::Ordering::SeqCst) > 0 => {
                Reply::json(500, "{}")
            }
            _ => tiny(request),
        }
    };
    let wrong = Server::start(response("asleep"));
    let folder = with_condition(&wrong, DOWN);
    done(failspec(folder.path()).args(["run", "--packs", "."])).exits(1).says("asleep");
    let right = Server::start(response("down"));
    let folder = with_condition(&right, DOWN);
    done(failspec(folder.path()).args(["run", "--packs", "."])).exits(3).says("1 inconclusive");
}

/// A server that responds to all paths but one, for which it hangs.
fn hangs_at(path: &'static str) -> Server {
    Server::start(move |request| match request.path.as_str() {
        at if at == path => Reply::hang(Duration::from_secs(20)),
        _ => tiny(request),
    })
}

#[test]
fn a_signal_cleans_up_before_the_run_ends() {
    for signal in ["INT", "TERM"] {
        let second = SLOW_SCENARIOS.replace("contract: tiny\nscenarios:\n  slow", "  slow_as_well");
        let folder = pack_with(TINY_CONTRACT, &format!("{SLOW_SCENARIOS}{second}"));
        let server = hangs_at("/things/slow");
        let run = Background::start(failspec(folder.path()).args([
            "run",
            "--packs",
            ".",
            "--url",
            &server.url,
            "--report",
            "json=r.json",
        ]));
        server.wait_for(|request| request.path == "/things/slow");
        run.signal(signal);
        let done = run.finish(10).exits(130).says("interrupted: cleaning up");
        assert!(done.has_verdict("interrupted"), "{}", done.stdout);
        assert_eq!(done.stdout.matches("INCONCLUSIVE").count(), 1, "{}", done.stdout);
        let lines = server.lines();
        let made: Vec<&str> = lines.iter().filter_map(|line| line.strip_prefix("POST ")).collect();
        let gone: Vec<&str> = lines.iter().filter_map(|line| line.strip_prefix("DELETE ")).collect();
        assert!(!made.is_empty() && made.iter().all(|path| gone.contains(path)), "{lines:?}");
        let report: Value =
            serde_json::from_str(&fs::read_to_string(folder.path().join("r.json")).unwrap()).unwrap();
        assert_eq!(report["verdict"], "interrupted");
    }
}

#[test]
fn a_second_signal_stops_at_once() {
    let folder = pack_with(TINY_CONTRACT, SLOW_SCENARIOS);
    let server = Server::start(|request| match (request.method.as_str(), request.path.as_str()) {
        ("DELETE", path) if path.ends_with("-2") => Reply::hang(Duration::from_secs(20)),
        (_, "/things/slow") => Reply::hang(Duration::from_secs(20)),
        _ => tiny(request),
    });
    let run = Background::start(failspec(folder.path()).args(["run", "--packs", ".", "--url", &server.url]));
    server.wait_for(|request| request.path == "/things/slow");
    run.signal("INT");
    server.wait_for(|request| request.method == "DELETE" && request.path.ends_with("-2"));
    let began = Instant::now();
    run.signal("INT");
    run.finish(5).exits(130);
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
}

#[test]
fn resources_left_behind_are_listed_after_a_signal() {
    let folder = pack_with(TINY_CONTRACT, SLOW_SCENARIOS);
    let server = Server::start(|request| match (request.method.as_str(), request.path.as_str()) {
        ("DELETE", _) => tiny_failure(500, "broken", request),
        (_, "/things/slow") => Reply::hang(Duration::from_secs(20)),
        _ => tiny(request),
    });
    let run = Background::start(failspec(folder.path()).args(["run", "--packs", ".", "--url", &server.url]));
    server.wait_for(|request| request.path == "/things/slow");
    run.signal("TERM");
    run.finish(10).exits(130).says("could not remove").says("DELETE http://").says("/things/made-failspec-");
}

fn with_condition(server: &Server, scenarios: &str) -> tempfile::TempDir {
    let folder = pack_with(
        &format!("{TINY_CONTRACT}  - id: down\n    status: 503\n    code: down\n    summary: It is down\n"),
        scenarios,
    );
    let config = format!(
        "default_target = \"t\"\n[target.t]\nurl = \"{}\"\n[target.t.conditions.broken]\n\
         begin = {{ request = \"PUT /break\" }}\nend = {{ request = \"DELETE /break\" }}\n",
        server.url
    );
    fs::write(folder.path().join("failspec.toml"), config).unwrap();
    folder
}

const DOWN: &str = "\
contract: tiny
scenarios:
  fine:
    triggers: not_found
    request: GET /things/none
    control: { request: GET /things/one }
  out:
    triggers: down
    setup: [{ request: POST /things/made }]
    request: GET /things/slow
    condition: broken
    control: { request: GET /things/one }
    teardown: [{ request: DELETE /things/made }]
";

#[test]
fn a_condition_is_ended_before_the_run_after_it_and_after_a_signal() {
    let server = Server::start(|request| match request.line().as_str() {
        "GET /things/slow" => tiny_failure(503, "down", request),
        _ => tiny(request),
    });
    let folder = with_condition(&server, DOWN);
    done(failspec(folder.path()).args(["run", "--packs", "."])).exits(0);
    let lines = server.lines();
    let at = |line: &str| lines.iter().position(|known| known == line).unwrap_or_else(|| panic!("{lines:?}"));
    assert_eq!(lines[0], "DELETE /break", "{lines:?}");
    assert!(at("POST /things/made") < at("PUT /break") && at("PUT /break") < at("GET /things/slow"));
    let end = lines.iter().rposition(|line| line == "DELETE /break").unwrap();
    assert!(at("GET /things/slow") < end, "{lines:?}");
    assert!(lines.iter().rposition(|line| line == "DELETE /things/made").unwrap() > end, "{lines:?}");

    let server = hangs_at("/things/slow");
    let folder = with_condition(&server, DOWN);
    let run = Background::start(failspec(folder.path()).args(["run", "--packs", "."]));
    server.wait_for(|request| request.path == "/things/slow");
    run.signal("TERM");
    run.finish(10).exits(130);
    let lines = server.lines();
    let slow = lines.iter().position(|line| line == "GET /things/slow").unwrap();
    assert!(lines[slow..].contains(&"DELETE /break".to_owned()), "{lines:?}");
    assert!(lines[slow..].contains(&"DELETE /things/made".to_owned()), "{lines:?}");
}

#[test]
fn condition_that_cannot_be_started_is_ended_and_judges_nothing() {
    let server = Server::start(|request| match request.line().as_str() {
        "PUT /break" => tiny_failure(500, "no", request),
        _ => tiny(request),
    });
    let folder = with_condition(&server, DOWN);
    done(failspec(folder.path()).args(["run", "--packs", "."]))
        .exits(3)
        .says("the condition broken could not be started")
        .says("HTTP 500");
    let lines = server.lines();
    assert!(!lines.contains(&"GET /things/slow".to_owned()), "{lines:?}");
    let begun = lines.iter().position(|line| line == "PUT /break").unwrap();
    assert!(lines[begun..].contains(&"DELETE /break".to_owned()), "{lines:?}");
}

fn many(count: usize) -> tempfile::TempDir {
    let mut scenarios = "contract: tiny\nscenarios:\n".to_owned();
    for number in 0..count {
        let _ = write!(
            scenarios,
            "  s{number:05}:\n    triggers: not_found\n    request: GET /things/none-{number}\n    \
             control: {{ request: GET /things/one }}\n"
        );
    }
    pack_with(TINY_CONTRACT, &scenarios)
}

#[test]
fn thousands_of_scenarios_take_linear_time() {
    let time = |count: usize| {
        let folder = many(count);
        let server = tiny_server();
        let began = Instant::now();
        done(failspec(folder.path()).args(["run", "--packs", ".", "--url", &server.url]))
            .exits(0)
            .says(&format!("{count} passed"));
        assert_eq!(server.received().len(), count + 2);
        // Connections are reused: otherwise the ports would be exhausted. A busy machine opens some more.
        assert!(server.connections() <= 200, "{} connections", server.connections());
        began.elapsed()
    };
    let (few, many) = (time(500), time(2000));
    assert!(many < few * 8 + Duration::from_secs(3), "500: {few:?}, 2000: {many:?}");
}

#[test]
fn ten_thousand_scenarios_can_be_listed() {
    let folder = many(10_000);
    let all = done(failspec(folder.path()).args(["list", "--packs", ".", "tiny"])).exits(0);
    assert_eq!(all.stdout.lines().count(), 10_000);
    let one =
        done(failspec(folder.path()).args(["list", "--packs", ".", "tiny::not_found::s09999"])).exits(0);
    assert_eq!(one.stdout, "tiny::not_found::s09999\n");
}

#[test]
fn closed_pipe_causes_no_panic_and_keeps_the_exit_code() {
    let mutant = |mutant: &'static str, code: i32| {
        let folder = tempfile::tempdir().unwrap();
        let mut serve = Background::start(failspec(folder.path()).args([
            "serve",
            "kubeglass",
            "--mutant",
            mutant,
            "--target-file",
            "t.toml",
        ]));
        serve.first_line();
        let mut command = failspec(folder.path());
        command.args(["run", "kubeglass", "--config", "t.toml", "-v"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        {
            let mut first = String::new();
            BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
            assert!(first.starts_with("failspec kubeglass"), "{first}");
        }
        let mut err = String::new();
        child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(code), "{err}");
        assert!(!err.contains("panicked"), "{err}");
    };
    mutant("slow", 0);
    mutant("code-missing", 1);
    for arguments in [vec!["list", "kubeglass"], vec!["coverage"], vec!["lint"], vec!["schema", "report"]] {
        let folder = tempfile::tempdir().unwrap();
        let mut command = failspec(folder.path());
        let mut child =
            command.args(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let mut err = String::new();
        child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        assert!(child.wait().unwrap().code().is_some(), "{arguments:?} died of a signal");
        assert!(!err.contains("panicked"), "{arguments:?} {err}");
    }
}

#[test]
fn colours_are_used_only_when_wanted() {
    let folder = tempfile::tempdir().unwrap();
    let run = ["run", "--reference", "kubeglass::conflict"];
    let plain = done(failspec(folder.path()).args(run)).exits(0);
    assert!(!plain.all().contains('\u{1b}'), "{:?}", plain.all());
    let forced = done(failspec(folder.path()).env("CLICOLOR_FORCE", "1").args(run)).exits(0);
    assert!(forced.stdout.contains("\u{1b}["), "{:?}", forced.stdout);
    let none =
        done(failspec(folder.path()).env("CLICOLOR_FORCE", "1").env("NO_COLOR", "1").args(run)).exits(0);
    assert!(!none.all().contains('\u{1b}'), "{:?}", none.all());
    let mistake = done(failspec(folder.path()).args(["run", "nope", "--reference"])).exits(2);
    assert!(!mistake.all().contains('\u{1b}'), "{:?}", mistake.all());
}

#[test]
fn quiet_prints_only_the_verdict() {
    let quiet = run(&["run", "--reference", "-q"]).exits(0);
    assert_eq!(quiet.stdout.trim().lines().count(), 1, "{}", quiet.stdout);
    assert!(quiet.stdout.contains("conforms") && quiet.stderr.is_empty(), "{}", quiet.all());
    let loud = run(&["run", "--reference", "-v", "kubeglass::conflict"]).exits(0);
    assert!(loud.all().contains("PASSED kubeglass::conflict::"), "{}", loud.all());
}

#[test]
fn json_report_contains_the_whole_run() {
    let folder = tempfile::tempdir().unwrap();
    let mut serve = Background::start(failspec(folder.path()).args([
        "serve",
        "kubeglass",
        "--mutant",
        "message-missing",
        "--target-file",
        "t.toml",
    ]));
    serve.first_line();
    done(failspec(folder.path()).args(["run", "kubeglass", "--config", "t.toml", "--report", "json=r.json"]))
        .exits(1);
    let report: Value =
        serde_json::from_str(&fs::read_to_string(folder.path().join("r.json")).unwrap()).unwrap();
    assert_eq!(report["verdict"], "violations");
    assert!(report["format"].is_number());
    for key in ["passed", "failed", "inconclusive", "skipped", "waived", "documented", "exercised"] {
        assert!(report["summary"][key].is_number(), "summary.{key}");
    }
    assert_eq!(report["summary"]["documented"], KUBEGLASS_FAILURES);
    assert!(report["run_findings"].is_array());
    assert!(!report["errata"].as_array().unwrap().is_empty());
    let failed: Vec<&Value> = report["cases"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|scenario| scenario["outcome"] == "failed")
        .collect();
    assert_eq!(failed.len() as u64, report["summary"]["failed"].as_u64().unwrap());
    for scenario in failed {
        assert!(scenario["name"].as_str().unwrap().starts_with("kubeglass::"));
        assert!(scenario["failure"].is_string() && scenario["duration_ms"].is_number());
        assert!(scenario["warnings"].is_array() && !scenario["exchanges"].as_array().unwrap().is_empty());
        for violation in scenario["violations"].as_array().unwrap() {
            for key in ["check", "source", "expected", "actual", "message"] {
                assert!(!violation[key].as_str().unwrap().is_empty(), "{key} of {violation}");
            }
        }
    }
    // The report conforms to the published schema of its format.
    let schema: Value = serde_json::from_str(&run(&["schema", "report"]).exits(0).stdout).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let wrong: Vec<String> = validator.iter_errors(&report).map(|error| error.to_string()).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn reports_of_equal_responses_differ_only_in_times_and_ids() {
    let report = || {
        let folder = tempfile::tempdir().unwrap();
        done(failspec(folder.path()).args([
            "run",
            "--reference",
            "kubeglass::conflict",
            "kubeglass::forbidden",
            "--report",
            "json=r.json",
        ]))
        .exits(0);
        let text = fs::read_to_string(folder.path().join("r.json")).unwrap();
        let report: Value = serde_json::from_str(&text).unwrap();
        let scenarios = report["cases"].as_array().unwrap();
        let names: Vec<(Value, Value, usize)> = scenarios
            .iter()
            .map(|it| (it["name"].clone(), it["outcome"].clone(), it["exchanges"].as_array().unwrap().len()))
            .collect();
        (names, report["packs"][0]["digest"].clone(), report["summary"].clone())
    };
    assert_eq!(report(), report());
}

#[test]
fn rate_limit_is_waited_for_and_then_inconclusive() {
    let folder = tiny_pack();
    let server = Server::start(|request| {
        if request.number == 0 {
            return tiny_failure(429, "rate_limited", request).with("Retry-After", "0");
        }
        tiny(request)
    });
    done(failspec(folder.path()).args(["run", "--packs", ".", "--url", &server.url])).exits(0);
    let server = Server::start(|request| tiny_failure(429, "slow_down", request).with("Retry-After", "0"));
    done(failspec(folder.path()).args(["run", "--packs", ".", "--url", &server.url]))
        .exits(3)
        .says("limits the rate of requests");
    assert!(server.received().len() <= 8, "{}", server.received().len());
}
