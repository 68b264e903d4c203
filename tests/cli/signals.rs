//! Ctrl-C, SIGTERM and SIGHUP at any moment: created resources are removed, and the run ends soon with exit code 130.

use std::{
    collections::BTreeSet,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use crate::support::{Background, Received, Reply, Server, TINY_CONTRACT, done, failspec, pack_with, tiny};

/// Maximum duration of an interrupted run, in seconds, which is less than the waits in it.
const SOON: u64 = 10;

/// Duration for which the server hangs: longer than any test.
const LONG: Duration = Duration::from_secs(40);

const SCENARIOS: &str = "\
contract: tiny
scenarios:
  slow:
    triggers: not_found
    as: user
    setup:
      - request: POST /things/made-${unique}
      - SETUP
    request: GET /things/none
    control: { request: GET /things/one }
    then:
      - THEN
    teardown:
      - request: DELETE /things/made-${unique}
      - request: DELETE /things/second-${unique}
";

fn scenarios(setup: &str, then: &str) -> String {
    SCENARIOS.replace("SETUP", setup).replace("THEN", then)
}

/// Starts a run with more options.
fn start(folder: &Path, server: &Server, options: &[&str]) -> Background {
    let all = ["run", "--packs", ".", "--url", &server.url, "--role", "user=bearer:env:TINY"];
    Background::start(failspec(folder).env("TINY", "token-of-the-tests").args(all).args(options))
}

/// Starts a run, and a server that hangs for the requests selected by `hangs`.
fn begin(scenarios: &str, hangs: fn(&Received) -> bool) -> (Background, Server, tempfile::TempDir) {
    let folder = pack_with(TINY_CONTRACT, scenarios);
    let server = Server::start(move |request| match () {
        () if hangs(request) => Reply::hang(LONG),
        () if request.path == "/limited" => Reply::json(429, "{}").with("Retry-After", "50"),
        () => tiny(request),
    });
    let run = start(folder.path(), &server, &["--report", "json=r.json"]);
    (run, server, folder)
}

/// Asserts that the run ends soon with 130, that its output and report say so, and that every created resource was
/// removed.
#[track_caller]
fn cleaned_up(run: Background, server: &Server, folder: &tempfile::TempDir, about: &str) {
    let done = run.finish(SOON);
    assert_eq!(done.code, 130, "{about}: {}", done.all());
    assert!(done.has_verdict("interrupted"), "{about}: {}", done.stdout);
    let lines = server.lines();
    let made: Vec<&str> = lines.iter().filter_map(|line| line.strip_prefix("POST /things/made-")).collect();
    assert!(!made.is_empty(), "{about}: {lines:?}");
    for name in made {
        for start in ["DELETE /things/made-", "DELETE /things/second-"] {
            assert!(lines.contains(&format!("{start}{name}")), "{about}: {lines:?}");
        }
    }
    let report = std::fs::read_to_string(folder.path().join("r.json")).expect("a report");
    let report: serde_json::Value = serde_json::from_str(&report).expect("JSON");
    assert_eq!(report["verdict"], "interrupted", "{about}");
}

#[test]
fn every_moment_of_a_case_can_be_interrupted() {
    let plain = ("{ request: GET /things/one }", "{ request: GET /things/one }");
    let waits = "{ wait: 35s }";
    type Moment = (&'static str, (&'static str, &'static str), fn(&Received) -> bool, &'static str);
    let nowhere: fn(&Received) -> bool = |_| false;
    let moments: [Moment; 8] = [
        ("setup", plain, |request| request.method == "POST", "POST /things/made-"),
        ("control", plain, |request| request.path == "/things/one", "GET /things/one"),
        ("request", plain, |request| request.path == "/things/none", "GET /things/none"),
        ("then", (plain.0, "{ request: GET /then }"), |request| request.path == "/then", "GET /then"),
        ("wait in the setup", (waits, plain.1), nowhere, "POST /things/made-"),
        ("wait afterwards", (plain.0, waits), nowhere, "GET /things/none"),
        ("until", ("{ request: GET /x, until: { status: 204 }, within: 35s }", plain.1), nowhere, "GET /x"),
        ("wait for a limit of rate", ("{ request: GET /limited }", plain.1), nowhere, "GET /limited"),
    ];
    for signal in ["INT", "TERM"] {
        // Concurrently: each of them waits for a process to start and to end.
        std::thread::scope(|scope| {
            for (about, (setup, then), hangs, seen) in moments {
                scope.spawn(move || {
                    let (run, server, folder) = begin(&scenarios(setup, then), hangs);
                    server.wait_for(|request| request.line().starts_with(seen));
                    // The server does not see the wait, which begins a moment later.
                    std::thread::sleep(Duration::from_millis(150));
                    run.signal(signal);
                    cleaned_up(run, &server, &folder, &format!("{signal} during {about}"));
                });
            }
        });
    }
}

#[test]
fn a_teardown_that_is_interrupted_goes_on() {
    let text = scenarios("{ request: GET /things/one }", "{ request: GET /things/one }");
    // The first removal takes a moment, during which the signal is sent.
    let folder = pack_with(TINY_CONTRACT, &text);
    let server = Server::start(|request| {
        if request.line().starts_with("DELETE /things/made-") {
            std::thread::sleep(Duration::from_millis(600));
        }
        tiny(request)
    });
    let run = Background::start(
        failspec(folder.path())
            .env("TINY", "token-of-the-tests")
            .args(["run", "--packs", ".", "--url", &server.url, "--role", "user=bearer:env:TINY"])
            .args(["--report", "json=r.json"]),
    );
    server.wait_for(|request| request.line().starts_with("DELETE /things/made-"));
    run.signal("TERM");
    cleaned_up(run, &server, &folder, "TERM during the teardown");
}

#[test]
fn a_login_that_hangs_can_be_interrupted() {
    let folder = pack_with(TINY_CONTRACT, &scenarios("{ wait: 1ms }", "{ wait: 1ms }"));
    let server = Server::start(|request| match request.path.as_str() {
        "/login" => Reply::hang(LONG),
        _ => tiny(request),
    });
    let config = format!(
        "default_target = \"t\"\n[target.t]\nurl = \"{}\"\n[target.t.roles.user.login]\n\
         header = \"Authorization: Bearer ${{token}}\"\n\
         steps = [{{ request = \"POST /login\", capture = {{ token = \"/token\" }} }}]\n",
        server.url
    );
    std::fs::write(folder.path().join("failspec.toml"), config).expect("a target");
    let run = Background::start(failspec(folder.path()).args(["run", "--packs", "."]));
    server.wait_for(|request| request.path == "/login");
    run.signal("INT");
    let done = run.finish(SOON);
    assert_eq!(done.code, 130, "{}", done.all());
    assert_eq!(server.lines(), ["POST /login"], "nothing is begun any more");
}

#[test]
fn a_second_signal_stops_at_once_wherever_it_comes() {
    for (first, second) in [("INT", "INT"), ("TERM", "TERM"), ("INT", "TERM"), ("TERM", "INT")] {
        let text = scenarios("{ wait: 35s }", "{ request: GET /things/one }");
        let (run, server, _folder) = begin(&text, |request| request.method == "DELETE");
        server.wait_for(|request| request.method == "POST");
        std::thread::sleep(Duration::from_millis(150));
        run.signal(first);
        server.wait_for(|request| request.method == "DELETE");
        let began = Instant::now();
        run.signal(second);
        let done = run.finish(SOON);
        assert_eq!(done.code, 130, "{first}, {second}: {}", done.all());
        assert!(began.elapsed() < Duration::from_secs(3), "{first}, {second}: {:?}", began.elapsed());
    }
}

#[test]
fn teardown_never_overtakes_a_request_that_creates() {
    // The server takes its time to create: a removal that arrives before would find nothing, and the thing would stay.
    const SLOW: Duration = Duration::from_millis(700);
    let plain = "{ request: GET /things/one }";
    for signal in ["INT", "TERM", "HUP"] {
        let folder = pack_with(TINY_CONTRACT, &scenarios(plain, plain));
        let things = Arc::new(Mutex::new(BTreeSet::new()));
        let held = Arc::clone(&things);
        let server = Server::start(move |request| {
            let mut parts = request.path.split("/things/");
            let name = parts.nth(1).unwrap_or_default().to_owned();
            match request.method.as_str() {
                "POST" => {
                    std::thread::sleep(SLOW);
                    held.lock().expect("no panic").insert(name);
                }
                "DELETE" => drop(held.lock().expect("no panic").remove(&name)),
                _ => {}
            }
            tiny(request)
        });
        let run = start(folder.path(), &server, &["--report", "json=r.json"]);
        server.wait_for(|request| request.method == "POST");
        std::thread::sleep(Duration::from_millis(100));
        run.signal(signal);
        cleaned_up(run, &server, &folder, signal);
        assert!(things.lock().expect("no panic").is_empty(), "{signal}: something was left behind");
    }
}

#[test]
fn request_that_is_given_up_is_listed_as_what_may_be_left() {
    let plain = "{ request: GET /things/one }";
    let (run, server, folder) = begin(&scenarios(plain, plain), |request| request.method == "POST");
    server.wait_for(|request| request.method == "POST");
    run.signal("TERM");
    let done = run.finish(SOON);
    assert_eq!(done.code, 130, "{}", done.all());
    let report = std::fs::read_to_string(folder.path().join("r.json")).expect("a report");
    let report: serde_json::Value = serde_json::from_str(&report).expect("JSON");
    let left = report["cases"][0]["left_behind"][0].as_str().unwrap_or_default();
    assert!(left.starts_with("POST ") && left.contains("may have been processed"), "{report:#}");
    assert!(done.stdout.contains("may have been processed"), "{}", done.stdout);
}

#[test]
fn end_of_a_condition_never_overtakes_its_begin() {
    let contract = format!(
        "{TINY_CONTRACT}  - {{ id: broken, status: 503, code: broken, summary: Nothing works, condition: broken }}\n"
    );
    let text = "contract: tiny\nscenarios:\n  nothing_works:\n    triggers: broken\n    condition: broken\n    \
                request: GET /things/one\n";
    let folder = pack_with(&contract, text);
    let in_force = Arc::new(AtomicBool::new(false));
    let state = Arc::clone(&in_force);
    let server = Server::start(move |request| {
        if request.path == "/fault" {
            let begins = request.method == "PUT";
            if begins {
                std::thread::sleep(Duration::from_millis(700));
            }
            state.store(begins, Relaxed);
            return Reply::json(200, "{}");
        }
        match state.load(Relaxed) {
            true => Reply::json(503, r#"{"error":"broken","message":"m","requestId":"r-1"}"#),
            false => tiny(request),
        }
    });
    let config = format!(
        "default_target = \"t\"\n[target.t]\nurl = \"{}\"\n[target.t.conditions.broken]\n\
         begin = {{ request = \"PUT /fault\" }}\nend = {{ request = \"DELETE /fault\" }}\n",
        server.url
    );
    std::fs::write(folder.path().join("failspec.toml"), config).expect("a target");
    let run = Background::start(failspec(folder.path()).args(["run", "--packs", "."]));
    server.wait_for(|request| request.line() == "PUT /fault");
    std::thread::sleep(Duration::from_millis(100));
    run.signal("INT");
    let done = run.finish(SOON);
    assert_eq!(done.code, 130, "{}", done.all());
    assert!(!in_force.load(Relaxed), "the condition stayed in force: {:?}", server.lines());
}

#[test]
fn hanging_readiness_probe_can_be_interrupted() {
    let folder = pack_with(TINY_CONTRACT, &scenarios("{ wait: 1ms }", "{ wait: 1ms }"));
    let server = Server::start(|_| Reply::hang(LONG));
    let config = format!(
        "default_target = \"t\"\n[target.t]\nurl = \"{}\"\nroles.user = {{ bearer = \"${{env:TINY}}\" }}\n\
         wait_for = {{ path = \"/ready\", within = \"60s\" }}\n",
        server.url
    );
    std::fs::write(folder.path().join("failspec.toml"), config).expect("a target");
    let run = Background::start(
        failspec(folder.path()).env("TINY", "token-of-the-tests").args(["run", "--packs", "."]),
    );
    server.wait_for(|request| request.path == "/ready");
    run.signal("TERM");
    let done = run.finish(SOON);
    assert_eq!(done.code, 130, "{}", done.all());
}

#[test]
fn run_without_time_left_stops_in_order() {
    let folder = pack_with(TINY_CONTRACT, &scenarios("{ request: GET /things/one }", "{ wait: 35s }"));
    let server = Server::start(tiny);
    let run = |max_time: &str| start(folder.path(), &server, &["--max-time", max_time]).finish(SOON);
    let done = run("1s");
    assert_eq!(done.code, 4, "{}", done.all());
    assert!(done.stdout.contains("1 case: the time of the run was up"), "{}", done.stdout);
    assert!(server.lines().iter().any(|line| line.starts_with("DELETE /things/made-")), "teardown");
    for (max_time, code) in [("soon", 2), ("0s", 2), ("-1s", 2)] {
        assert_eq!(run(max_time).code, code, "{max_time}");
    }
}

#[test]
fn security_time_that_is_up_does_not_overtake_a_request_that_changes_something() {
    let folder =
        pack_with(TINY_CONTRACT, &scenarios("{ request: GET /things/one }", "{ request: GET /then }"));
    // The creation takes longer than the run may.
    let server = Server::start(|request| {
        if request.line().starts_with("POST /things/made-") {
            std::thread::sleep(Duration::from_millis(1_500));
        }
        tiny(request)
    });
    let report = ["--max-time", "500ms", "--report", "json=r.json"];
    let done = start(folder.path(), &server, &report).finish(SOON);
    assert_eq!(done.code, 4, "{}", done.all());
    let lines = server.lines();
    let made = lines.iter().find_map(|line| line.strip_prefix("POST /things/made-")).expect("made");
    assert!(lines.contains(&format!("DELETE /things/made-{made}")), "{lines:?}");
    let report = std::fs::read_to_string(folder.path().join("r.json")).expect("a report");
    let report: serde_json::Value = serde_json::from_str(&report).expect("JSON");
    assert_eq!(report["cases"][0]["reason"]["kind"], "out_of_time", "{report}");
    assert_eq!(report["cases"][0].get("left_behind").and_then(|left| left.get(0)), None, "{report}");
}

#[test]
fn security_shard_without_time_left_makes_the_merged_run_incomplete() {
    let text = scenarios("{ request: GET /things/one }", "{ wait: 35s }");
    let folder =
        pack_with(TINY_CONTRACT, &text.replace("    then:\n", "    each: { a: {}, b: {} }\n    then:\n"));
    let server = Server::start(tiny);
    for shard in ["1/2", "2/2"] {
        let report = format!("json={}.json", &shard[..1]);
        let options = ["--max-time", "1s", "--shard", shard, "--report", &report];
        let done = start(folder.path(), &server, &options).finish(SOON);
        assert_eq!(done.code, 4, "{}", done.all());
    }
    let merged = done(failspec(folder.path()).args(["merge", "1.json", "2.json"]));
    assert_eq!(merged.code, 4, "{}", merged.all());
    assert!(merged.stdout.contains("2 cases: the time of the run was up"), "{}", merged.stdout);
}
