//! Cases that run twice: a connection was lost, or the server sent bytes that belong to no response. The verdict is the
//! same with and without TLS.

use std::{collections::BTreeMap, sync::Mutex, time::Duration};

use serde_json::Value;

use crate::{
    contract_head::tiny_contract,
    support::{Done, Received, Reply, Server, done, failspec, pack_with},
};

const RIGHT: &str = r#"{"error":"absent","message":"it is not there"}"#;

const CONTRACT: &str = tiny_contract!(
    envelope: "{ code: /error, message: /message }",
    "\
failures:
  - { id: absent, status: 404, code: absent, summary: It is not there }
");

/// A response of the API.
fn json(status: u16, body: &str) -> Reply {
    Reply::json(status, body)
}

/// A response that is sent once more after a pause in microseconds.
fn twice(status: u16, body: &str, pause: u64) -> Reply {
    let reply = Reply::json(status, body);
    let surplus = reply.bytes();
    reply.followed_by(Duration::from_micros(pause), surplus)
}

/// Starts a server with a script that gets the line of a request and its number (from 1) among those with this line.
/// Requests with the line `refused` are refused by closing the connection without reading the body.
fn script(refused: &'static str, act: impl Fn(&str, usize) -> Reply + Send + Sync + 'static) -> Server {
    let counts = Mutex::<BTreeMap<String, usize>>::default();
    let at_head = move |request: &Received| (request.line() == refused).then(Reply::close);
    Server::refusing_early(at_head, move |request| {
        let line = request.line();
        let number = {
            let mut counts = counts.lock().unwrap();
            let number = counts.entry(line.clone()).or_default();
            *number += 1;
            *number
        };
        act(&line, number)
    })
}

/// Runs scenarios against a script, with TLS and without; returns the result and the cases of the report by name.
fn run(
    scenarios: &str,
    more: &[&str],
    act: impl Fn(&str, usize) -> Reply + Clone + Send + Sync + 'static,
) -> Vec<(Done, BTreeMap<String, Value>)> {
    run_refusing("", scenarios, more, act)
}

/// Runs like [`run`]; requests with the line `refused` are refused before their body is read.
fn run_refusing(
    refused: &'static str,
    scenarios: &str,
    more: &[&str],
    act: impl Fn(&str, usize) -> Reply + Clone + Send + Sync + 'static,
) -> Vec<(Done, BTreeMap<String, Value>)> {
    let folder = pack_with(CONTRACT, scenarios);
    [false, true]
        .into_iter()
        .map(|with_tls| {
            let server = script(refused, act.clone());
            let front = with_tls.then(|| server.secure());
            let mut command = failspec(folder.path());
            command.args(["run", "--packs", ".", "--report", "json=report.json"]).args(more);
            match &front {
                None => command.args(["--url", &server.url]),
                Some(front) => {
                    let ca = folder.path().join("ca.pem");
                    std::fs::write(&ca, &front.authority).expect("a file");
                    let target = format!(
                        "default_target = \"t\"\n[target.t]\nurl = \"{}\"\ntls = {{ ca = \"ca.pem\" }}\n",
                        front.url
                    );
                    std::fs::write(folder.path().join("failspec.toml"), target).expect("a file");
                    &mut command
                }
            };
            let finished = done(&mut command);
            let text = std::fs::read(folder.path().join("report.json"));
            let text = text.unwrap_or_else(|_| panic!("no report: {}", finished.all()));
            let report: Value = serde_json::from_slice(&text).expect("JSON");
            let cases = report["cases"].as_array().expect("cases").iter().map(|case| {
                let name = case["name"].as_str().expect("a name");
                (name.rsplit("::").next().expect("a name").to_owned(), case.clone())
            });
            let cases = cases.collect();
            let _ = std::fs::remove_file(folder.path().join("failspec.toml"));
            (finished, cases)
        })
        .collect()
}

const WITH_CONTROL: &str = "\
contract: tiny
scenarios:
  one:
    triggers: absent
    request: GET /things/absent
    control: { request: GET /things/there }
";

#[test]
fn connection_lost_once_runs_the_case_again() {
    for method in ["GET", "POST", "DELETE"] {
        let scenarios =
            WITH_CONTROL.replace("request: GET /things/absent", &format!("request: {method} /things/absent"));
        let line = format!("{method} /things/absent");
        for (finished, cases) in run(&scenarios, &[], move |asked, number| match (asked == line, number) {
            (false, _) => json(200, "{}"),
            (true, 1) => Reply::close(),
            (true, _) => json(404, RIGHT),
        }) {
            // The connection was used by the control before. A safe request alone is sent again.
            let (said, rerun) = match method {
                "GET" => ("1 case sent a request twice", "request_resent"),
                _ => ("1 case ran twice: the connection was lost in the first run", "connection_lost"),
            };
            let finished = finished.exits(0).says(said);
            assert_eq!(cases["one"]["outcome"], "passed");
            assert_eq!(cases["one"]["rerun"], rerun);
            let doubt = "/things/absent: the connection was lost, the request may have been processed";
            assert_eq!(finished.all().contains(doubt), method == "POST", "{}", finished.all());
        }
    }
}

#[test]
fn connection_closed_each_time_is_a_violation_if_the_control_succeeds() {
    for (finished, cases) in run(WITH_CONTROL, &[], |asked, _| match asked {
        "GET /things/absent" => Reply::close(),
        _ => json(200, "{}"),
    }) {
        finished.exits(1).says("the API closed the connection without a response, in both runs of the case");
        assert_eq!(cases["one"]["violations"][0]["check"], "connection-closed");
        assert_eq!(cases["one"]["exercised"], "no");
    }
}

#[test]
fn connection_closed_each_time_proves_nothing_without_a_success() {
    let without = "contract: tiny\nscenarios:\n  one: { triggers: absent, request: GET /things/absent, no_control: none }\n";
    for (finished, cases) in run(without, &[], |_, _| Reply::close()) {
        finished.exits(3);
        assert_eq!(cases["one"]["outcome"], "inconclusive");
    }
    // The control is closed as well.
    for (finished, cases) in run(WITH_CONTROL, &[], |_, _| Reply::close()) {
        finished.exits(3);
        assert_eq!(cases["one"]["outcome"], "inconclusive");
    }
}

#[test]
fn connection_closed_while_a_large_body_is_written_is_inconclusive() {
    let scenarios = "\
contract: tiny
scenarios:
  one:
    triggers: absent
    request: POST /things/absent
    json: { text: \"${fill(32000000)}\" }
    control: { request: GET /things/there, json: null }
";
    for (finished, cases) in run_refusing("POST /things/absent", scenarios, &[], |_, _| json(200, "{}")) {
        finished.exits(3);
        assert_eq!(cases["one"]["violations"], Value::Array(Vec::new()));
    }
}

#[test]
fn server_that_closes_after_each_response_is_no_failure() {
    // The connection is closed without notice: harmless, and no case runs twice.
    for (finished, cases) in run(WITH_CONTROL, &[], |asked, _| match asked {
        "GET /things/absent" => json(404, RIGHT),
        _ => json(200, "{}"),
    }) {
        finished.exits(0).never_says("twice");
        assert_eq!(cases["one"].get("rerun"), None);
    }
}

/// Thirty pairs of a case whose response is followed by another one, and an innocent one.
fn pairs() -> String {
    let mut text = "contract: tiny\nscenarios:\n".to_owned();
    for number in 10..40 {
        for (name, path) in [("evil", "/evil"), ("calm", "/calm")] {
            text +=
                &format!("  {name}{number}: {{ triggers: absent, request: GET {path}, no_control: none }}\n");
        }
    }
    text
}

#[test]
fn surplus_response_never_decides_an_innocent_case() {
    const WRONG: &str = r#"{"error":"broken","message":"m"}"#;
    for jobs in ["1", "16"] {
        for pause in [0, 200, 2000] {
            // The surplus response is what the innocent case wants, and what it must not get.
            for (finished, cases) in run(&pairs(), &["--jobs", jobs], move |asked, _| match asked {
                "GET /evil" => twice(404, RIGHT, pause),
                _ => json(500, WRONG),
            }) {
                finished.exits(1);
                for (name, case) in cases.iter().filter(|(name, _)| name.starts_with("calm")) {
                    assert_eq!(case["observed"]["status"], 500, "{name}, {jobs} jobs, {pause} µs");
                }
            }
            // And the other way round: it must not fail because of it.
            for (finished, cases) in run(&pairs(), &["--jobs", jobs], move |asked, _| match asked {
                "GET /evil" => twice(500, WRONG, pause),
                _ => json(404, RIGHT),
            }) {
                finished.exits(1);
                for (name, case) in &cases {
                    let expected = if name.starts_with("calm") { "passed" } else { "failed" };
                    assert_eq!(case["outcome"], expected, "{name}, {jobs} jobs, {pause} µs");
                }
            }
        }
    }
}
