//! `run`: what is seen before, chosen, stopped early and repeated; and the server that it starts.

use std::{
    fs,
    path::Path,
    process::Command,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use serde_json::Value;

use crate::support::{Background, Done, Received, Reply, Server, TINY_CONTRACT, done, failspec, pack_with};

/// Three cases: a failure without a role, one with it, and one that writes.
const SCENARIOS: &str = "\
contract: tiny
scenarios:
  read_a_missing_thing:
    triggers: not_found
    request: GET /things/none
    control: { request: \"GET /things/${thing}\" }
  read_as_user:
    triggers: not_found
    tags: [slow, billing]
    as: user
    request: GET /things/nothing
    control: { request: \"GET /things/${thing}\" }
  change_a_missing_thing:
    triggers: not_found
    tags: [billing]
    as: user
    setup:
      - request: POST /things
        json: { name: \"${unique}\" }
        capture: { id: /id }
    request: PUT /things/none
    json: { after: \"${id}\" }
    control: { request: \"PUT /things/${thing}\" }
";

const ALL: [&str; 3] = ["read_a_missing_thing", "read_as_user", "change_a_missing_thing"];

fn not_found(request: &Received) -> Reply {
    let body = format!(r#"{{"error":"not_found","message":"m","requestId":"r{}"}}"#, request.number);
    Reply::json(404, body)
}

fn server() -> Server {
    Server::start(|request| match (request.method.as_str(), request.path.as_str()) {
        ("POST", _) => Reply::json(201, r#"{"id":"7"}"#),
        (_, "/things/one") => Reply::json(200, r#"{"id":"one"}"#),
        _ => not_found(request),
    })
}

fn run(folder: &Path, url: &str, more: &[&str]) -> Done {
    let mut command = failspec(folder);
    command.args(["run", "--packs", ".", "--url", url, "--role", "user=bearer:env:TOKEN"]);
    done(command.env("TOKEN", "right-right").args(more))
}

fn report(folder: &Path) -> Value {
    serde_json::from_slice(&fs::read(folder.join("r.json")).unwrap()).unwrap()
}

/// Returns the scenarios that a run with these options would send.
fn chosen(folder: &Path, more: &[&str]) -> Vec<&'static str> {
    let done = run(folder, "http://127.0.0.1:9", &[&["--dry-run"], more].concat()).exits(0);
    ALL.into_iter().filter(|name| done.stdout.contains(&format!("::{name}\n"))).collect()
}

#[test]
fn dry_run_shows_every_request_in_its_order_and_sends_nothing() {
    let (folder, server) = (pack_with(TINY_CONTRACT, SCENARIOS), server());
    let done = run(folder.path(), &server.url, &["--dry-run", "-v"]).exits(0);
    assert_eq!(server.lines(), [""; 0], "nothing was sent");
    done.never_says("right-right").says("[secret: role user]").says("; nothing was sent");
    let done = run(folder.path(), &server.url, &["--dry-run"]);
    let url = format!("{}/things", server.url);
    let change = done.stdout.find("::change_a_missing_thing").unwrap();
    let order = [format!("POST {url}"), format!("PUT {url}/none")];
    let place = |line: &String| done.stdout[change..].find(line).unwrap_or_else(|| panic!("{}", done.stdout));
    assert!(order.iter().map(place).is_sorted(), "{}", done.stdout);
    // What only a response gives is named.
    done.says(r#"{"after":"~id~"}"#).says("~id~: from a response");
    run(folder.path(), &server.url, &["--dry-run", "--report", "json=r.json"]).exits(2);
    assert!(!folder.path().join("r.json").exists());
}

#[test]
fn cases_are_chosen_by_what_they_test_and_send() {
    let folder = pack_with(TINY_CONTRACT, SCENARIOS);
    let folder = folder.path();
    assert_eq!(chosen(folder, &[]), ALL);
    assert_eq!(chosen(folder, &["--only", "method=PUT"]), ["change_a_missing_thing"]);
    assert_eq!(chosen(folder, &["--exclude", "method=put"]), ALL[..2]);
    assert_eq!(chosen(folder, &["--exclude", "role=user"]), ["read_a_missing_thing"]);
    assert_eq!(chosen(folder, &["--only", "scenario=read_*"]), ALL[..2]);
    assert_eq!(chosen(folder, &["--only", "scenario=read_*", "--only", "role=user"]), ["read_as_user"]);
    let two = ["--only", "scenario=read_as_user", "--only", "scenario=change_*"];
    assert_eq!(chosen(folder, &two), ALL[1..]);
    assert_eq!(chosen(folder, &["--only", "operation=GET /things/none"]), ["read_a_missing_thing"]);
    assert_eq!(chosen(folder, &["--exclude", "tiny::not_found::read_as_user"]), [ALL[0], ALL[2]]);
    assert_eq!(chosen(folder, &["--only", "tag=billing"]), ALL[1..]);
    assert_eq!(chosen(folder, &["--only", "tag=bill*", "--exclude", "tag=slow"]), [ALL[2]]);
    assert_eq!(chosen(folder, &["--exclude", "tag=billing"]), [ALL[0]]);
    let one = ["tiny::not_found::read_as_user", "--only", "failure=not_found"];
    assert_eq!(chosen(folder, &one), ["read_as_user"]);

    // A name is that of one scenario, and not the beginning of others.
    let longer = SCENARIOS.replace("change_a_missing_thing", "read_as_user_again");
    let folder = pack_with(TINY_CONTRACT, &longer);
    run(folder.path(), "http://127.0.0.1:9", &["--dry-run", "--exclude", "tiny::not_found::read_as_user"])
        .exits(0)
        .says("::read_as_user_again\n");
}

#[test]
fn tags_of_a_failure_are_those_of_its_scenarios_and_are_shown() {
    let contract = format!("{TINY_CONTRACT}    tags: [core]\n");
    let (folder, server) = (pack_with(&contract, SCENARIOS), server());
    let folder = folder.path();
    assert_eq!(chosen(folder, &["--only", "tag=core"]), ALL);
    let list = |more: &[&str]| done(failspec(folder).args(["list", "--packs", "."]).args(more)).exits(0);
    list(&[]).says("tags: billing (2), core (3), slow (1)\n");
    list(&["tiny"])
        .says("tiny::not_found::read_a_missing_thing  [core]\n")
        .says("tiny::not_found::read_as_user  [billing, core, slow]\n");
    let json: Value = serde_json::from_str(&list(&["tiny", "--format", "json"]).stdout).unwrap();
    assert_eq!(json["packs"][0]["tags"]["slow"], serde_json::json!(["tiny::not_found::read_as_user"]));
    let reports = ["--report", "json=r.json", "--report", "junit=r.xml", "--only", "tag=billing"];
    run(folder, &server.url, &reports).exits(0);
    let report = report(folder);
    assert_eq!(report["cases"][0]["tags"], serde_json::json!(["billing", "core", "slow"]));
    assert_eq!(report["selectors"], serde_json::json!(["--only tag=billing"]));
    let junit = fs::read_to_string(folder.join("r.xml")).unwrap();
    assert!(
        junit.contains(r#"<property name="tag slow" value="tiny::not_found::read_as_user"/>"#),
        "{junit}"
    );
    for (tags, message) in [
        ("[Slow]", "`Slow` is not a valid name"),
        ("slow", "expected a list"),
        ("[\"\"]", "`` is not a valid name"),
    ] {
        let scenarios = SCENARIOS.replace("[slow, billing]", tags);
        let folder = pack_with(TINY_CONTRACT, &scenarios);
        done(failspec(folder.path()).args(["lint", "--packs", "."])).exits(2).says(message).says("all.yaml:");
    }
}

#[test]
fn choice_that_hides_everything_or_matches_nothing_is_an_error() {
    let (folder, server) = (pack_with(TINY_CONTRACT, SCENARIOS), server());
    for (options, message) in [
        (&["--exclude", "failure=*"][..], "no case is left: nothing would be tested"),
        (&["--exclude", "tiny"], "no case is left: nothing would be tested"),
        (&["--only", "method=GET", "--exclude", "method=GET"], "no case is left"),
        (&["--exclude", "method=DELETE"], "--exclude method=DELETE matches none"),
        (&["--only", "role=admin"], "--only role=admin matches none"),
        (&["--only", "cause=*"], "--only cause=* matches none"),
        (&["--exclude", "tag=fast"], "--exclude tag=fast matches none"),
        (&["--only", "tag=slow", "--exclude", "tag=billing"], "no case is left: nothing would be tested"),
        (&["--only", "tags=slow"], "did you mean `tag`?"),
        (&["--exclude", "methods=GET"], "did you mean `method`?"),
        (&["--exclude", "method="], "is empty"),
        (&["--exclude", ""], "is empty"),
        (&["--rerun", "failed"], "--rerun needs the JSON report of the last run"),
        (&["--rerun", "failed", "--rerun-from", "none.json"], "cannot read none.json"),
    ] {
        run(folder.path(), &server.url, options).exits(2).says(message);
    }
    assert_eq!(server.lines(), [""; 0], "nothing was sent");
    // The report says what was chosen.
    run(folder.path(), &server.url, &["--exclude", "method=PUT", "--report", "json=r.json"]).exits(0);
    assert_eq!(report(folder.path())["selectors"], serde_json::json!(["--exclude method=PUT"]));
}

/// Starts a server that rejects with a wrong code until a file exists.
fn repaired_by(file: &Path) -> Server {
    let file = file.to_owned();
    Server::start(move |request| match (request.method.as_str(), request.path.as_str()) {
        ("POST", _) => Reply::json(201, r#"{"id":"7"}"#),
        (_, "/things/one") => Reply::json(200, r#"{"id":"one"}"#),
        ("GET", "/things/nothing") if !file.exists() => {
            Reply::json(410, r#"{"error":"gone","message":"m","requestId":"r"}"#)
        }
        _ => not_found(request),
    })
}

#[test]
fn rerun_takes_the_failed_cases_of_the_last_report_and_replaces_it() {
    let folder = pack_with(TINY_CONTRACT, SCENARIOS);
    let server = repaired_by(&folder.path().join("repaired"));
    let again = ["--rerun", "failed", "--report", "json=r.json"];
    run(folder.path(), &server.url, &["--report", "json=r.json"]).exits(1);
    let before = server.received().len();
    run(folder.path(), &server.url, &again).exits(1);
    let lines = server.lines().split_off(before);
    assert!(lines.iter().all(|line| line.starts_with("GET /things/")), "{lines:?}");
    assert!(lines.iter().any(|line| line == "GET /things/nothing"), "{lines:?}");
    assert_eq!(report(folder.path())["cases"].as_array().unwrap().len(), 1);
    assert_eq!(report(folder.path())["selectors"], serde_json::json!(["--rerun failed"]));
    fs::write(folder.path().join("repaired"), "").unwrap();
    run(folder.path(), &server.url, &again).exits(0);
    run(folder.path(), &server.url, &again).exits(2).says("no case failed in r.json");
    let both = [&again[..], &["tiny"]].concat();
    run(folder.path(), &server.url, &both).exits(2).says("cannot be used with selectors");
}

#[test]
fn fail_fast_skips_the_rest_after_the_first_failure_and_only_then() {
    let folder = pack_with(TINY_CONTRACT, SCENARIOS);
    let server = repaired_by(&folder.path().join("repaired"));
    let options = ["--fail-fast", "--jobs", "1", "--report", "json=r.json"];
    let done = run(folder.path(), &server.url, &options).exits(1);
    done.says("another case had failed before (`--fail-fast`)");
    assert!(server.lines().iter().all(|line| !line.starts_with("PUT")), "{:?}", server.lines());
    let report = report(folder.path());
    let cases = report["cases"].as_array().unwrap();
    let outcomes: Vec<&str> = cases.iter().map(|case| case["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["passed", "failed", "skipped"]);
    fs::write(folder.path().join("repaired"), "").unwrap();
    run(folder.path(), &server.url, &options).exits(0);
}

#[test]
fn repeated_run_is_never_green_where_outcomes_differ() {
    let folder = pack_with(TINY_CONTRACT, SCENARIOS);
    // Every other response to one request is wrong.
    let flaky = Server::start(|request| match (request.method.as_str(), request.path.as_str()) {
        ("POST", _) => Reply::json(201, r#"{"id":"7"}"#),
        (_, "/things/one") => Reply::json(200, r#"{"id":"one"}"#),
        ("GET", "/things/nothing") if FLIP.fetch_xor(true, Ordering::SeqCst) => {
            Reply::json(410, r#"{"error":"gone","message":"m","requestId":"r"}"#)
        }
        _ => not_found(request),
    });
    static FLIP: AtomicBool = AtomicBool::new(false);
    let options = ["--repeat", "2", "--jobs", "1", "--report", "json=r.json", "--report", "junit=r.xml"];
    let done = run(folder.path(), &flaky.url, &options).exits(1);
    done.says("UNSTABLE tiny::not_found::read_as_user")
        .says("2 runs gave different outcomes: passed, failed");
    let outcomes: Vec<Value> = report(folder.path())["cases"]
        .as_array()
        .unwrap()
        .iter()
        .map(|case| case["outcome"].clone())
        .collect();
    assert_eq!(outcomes, ["passed", "unstable", "passed"]);
    let junit = fs::read_to_string(folder.path().join("r.xml")).unwrap();
    assert_eq!(junit.matches("name=\"tiny::not_found::read_as_user\"").count(), 1, "{junit}");
    assert!(junit.contains("type=\"unstable\""), "{junit}");

    // What is the same each time is what it is.
    run(folder.path(), &server().url, &options).exits(0).says("run 2 of 2");
    let wrong = repaired_by(&folder.path().join("repaired"));
    run(folder.path(), &wrong.url, &options).exits(1).never_says("UNSTABLE");
    for excluded in
        [&["--repeat", "1"][..], &["--repeat", "2", "--shard", "1/2"], &["--repeat", "2", "--fail-fast"]]
    {
        run(folder.path(), &wrong.url, excluded).exits(2);
    }
}

/// A server in Python, with a process of its own besides.
#[cfg(unix)]
const SERVER: &str = "\
import http.server, subprocess, sys
open('child', 'w').write(str(subprocess.Popen(['sleep', '600']).pid))
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    def do_GET(self):
        good = self.path == '/things/one'
        body = b'{}' if good else b'{\"error\":\"not_found\",\"message\":\"m\",\"requestId\":\"r\"}'
        self.send_response(200 if good else 404)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *arguments): pass
http.server.ThreadingHTTPServer(('127.0.0.1', int(sys.argv[1])), Handler).serve_forever()
";

#[cfg(unix)]
fn is_alive(pid: &str) -> bool {
    let state = Command::new("ps").args(["-o", "stat=", "-p", pid.trim()]).output().unwrap();
    let state = String::from_utf8_lossy(&state.stdout).trim().to_owned();
    !state.is_empty() && !state.starts_with('Z')
}

#[cfg(unix)]
#[test]
#[ignore = "needs python3"]
fn started_server_and_its_processes_end_however_the_run_ends() {
    let folder = pack_with(TINY_CONTRACT, crate::support::TINY_SCENARIOS);
    fs::write(folder.path().join("server.py"), SERVER).unwrap();
    let address = failspec_test_server::unused_address();
    let (url, command) = (format!("http://{address}"), format!("python3 server.py {}", address.port()));
    let file = folder.path().join("child");
    let child = || fs::read_to_string(&file).unwrap_or_default();

    // A run that ends, one that is an error after the start, and one that is interrupted during the start.
    run(folder.path(), &url, &["--start", &command]).exits(0);
    assert!(!child().is_empty() && !is_alive(&child()), "the process of the server is left");
    run(folder.path(), &url, &["--start", &command, "--report", "json=no/such/folder.json"]).exits(2);
    assert!(!is_alive(&child()), "the process of the server is left");
    fs::remove_file(&file).unwrap();
    let mut interrupted = failspec(folder.path());
    interrupted.args(["run", "--packs", ".", "--url", &url, "--start", "sleep 600 & echo $! > child; wait"]);
    let mut interrupted = Background::start(&mut interrupted);
    while child().trim().is_empty() {
        thread::sleep(Duration::from_millis(20));
    }
    let signalled = Command::new("kill").args(["-INT", &interrupted.0.id().to_string()]).status().unwrap();
    assert!(signalled.success());
    assert_eq!(interrupted.0.wait().unwrap().code(), Some(130));
    thread::sleep(Duration::from_millis(100));
    assert!(!is_alive(&child()), "the process of the server is left");
}

#[cfg(unix)]
#[test]
fn server_that_does_not_start_is_an_error_and_nothing_else_is_tested_in_its_place() {
    let (folder, server) = (pack_with(TINY_CONTRACT, SCENARIOS), server());
    run(folder.path(), &server.url, &["--start", "sleep 600"]).exits(2).says("accepts connections at");
    assert_eq!(server.lines(), [""; 0], "nothing was sent");
    let url = format!("http://{}", failspec_test_server::closed_address());
    run(folder.path(), &url, &["--start", "echo no database >&2; exit 3"])
        .exits(2)
        .says("ended before it was ready")
        .says("no database");
}

/// A filter may leave each failure one case, and take away the one that fails.
#[test]
fn filter_that_takes_away_single_cases_is_told_in_every_report() {
    let folder = pack_with(TINY_CONTRACT, SCENARIOS);
    let server = crate::support::tiny_server();
    let reports = ["--report", "json=r.json", "--report", "markdown=r.md", "--report", "junit=r.xml"];
    let filtered = ["--exclude", "tag=slow"];
    let done = run(folder.path(), &server.url, &[&reports[..], &filtered].concat());
    let part = "2 of 3 cases, 1 of 1 documented failures";
    assert!(done.last_line().contains(&format!("{part} selected")), "{}", done.last_line());
    assert!(done.stdout.contains(&format!("selected {part} (")), "{}", done.stdout);
    for report in ["r.md", "r.xml"] {
        let text = fs::read_to_string(folder.path().join(report)).unwrap();
        assert!(text.contains(part) && !text.contains("Every documented failure"), "{report}: {text}");
    }
    assert_eq!(report(folder.path())["packs"][0]["cases_selected"], 2);
    let whole = run(folder.path(), &server.url, &reports);
    assert!(!whole.last_line().contains("selected"), "{}", whole.last_line());
}
