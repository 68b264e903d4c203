//! Requests carry a trace and the name of their case, and findings lead to the server's own logs.

use std::{collections::BTreeSet, fs, path::Path};

use serde_json::Value;

use crate::support::{
    Done, Received, Reply, Server, TINY_CONTRACT, TINY_SCENARIOS, done, failspec, pack_with, tiny_pack,
};

/// Starts a server that does not respond as documented.
fn wrong_server() -> Server {
    Server::start(|request| match request.path.as_str() {
        "/things/one" => Reply::json(200, r#"{"id":"one"}"#),
        _ => Reply::json(404, r#"{"error":"missing","message":"m","requestId":"../r 1?"}"#),
    })
}

fn run(folder: &Path, server: &Server, keys: &str, more: &[&str]) -> Done {
    let config = format!("default_target = \"t\"\n[target.t]\nurl = \"{}\"\n{keys}\n", server.url);
    fs::write(folder.join("failspec.toml"), config).unwrap();
    done(failspec(folder).args(["run", "--packs", ".", "--report", "json=r.json"]).args(more))
}

fn traces(requests: &[Received]) -> Vec<(String, String)> {
    let parts = |request: &Received| {
        let value = request.header("traceparent").expect("a traceparent").to_owned();
        let parts: Vec<&str> = value.split('-').collect();
        assert_eq!((parts[0], parts[1].len(), parts[2].len(), parts[3]), ("00", 32, 16, "01"), "{value}");
        (parts[1].to_owned(), parts[2].to_owned())
    };
    requests.iter().map(parts).collect()
}

#[test]
fn each_case_is_one_trace_and_each_request_a_span_of_it() {
    let scenarios = format!("{TINY_SCENARIOS}{}", TINY_SCENARIOS.split_once("scenarios:\n").unwrap().1)
        .replacen("read_a_missing_thing", "read_another", 1);
    let (folder, server) = (pack_with(TINY_CONTRACT, &scenarios), wrong_server());
    let keys =
        "case_header = \"X-Test-Case\"\nlog_url = \"https://logs.example/{request_id}?trace={trace_id}\"";
    let done = run(folder.path(), &server, keys, &["--report", "html=r.html", "--jobs", "1"]).exits(1);
    let requests = server.received();
    let traces = traces(&requests);
    let spans: BTreeSet<&String> = traces.iter().map(|(_, span)| span).collect();
    assert_eq!(spans.len(), requests.len());
    let report: Value = serde_json::from_slice(&fs::read(folder.path().join("r.json")).unwrap()).unwrap();
    for case in report["cases"].as_array().unwrap() {
        let (name, logs) = (case["name"].as_str().unwrap(), &case["logs"]);
        let of_case: Vec<&(String, String)> = requests
            .iter()
            .zip(&traces)
            .filter(|(request, _)| request.header("x-test-case") == Some(name))
            .map(|(_, trace)| trace)
            .collect();
        assert!(of_case.len() >= 2, "{name}: {logs}");
        assert!(of_case.iter().all(|(trace, _)| logs["trace_id"] == **trace), "{name}: {logs}");
        // Whatever a server sends as an id stays one part of the address.
        let url = format!("https://logs.example/..%2Fr%201%3F?trace={}", of_case[0].0);
        assert_eq!(logs["url"], *url);
        done.stdout.contains(&url).then_some(()).expect("the terminal shows the link");
        let page = fs::read_to_string(folder.path().join("r.html")).unwrap();
        assert!(page.contains(&format!("href=\"{url}\"")), "{page}");
        // It is no part of the request: whoever sends it again is not in the trace.
        assert!(!case["exchanges"].to_string().contains("traceparent"));
    }
}

#[test]
fn what_a_scenario_or_a_target_decides_about_traceparent_holds() {
    let server = wrong_server();
    run(tiny_pack().path(), &server, "traceparent = false", &[]).exits(1);
    assert!(server.received().iter().all(|request| request.header("traceparent").is_none()));

    // A scenario that tests the header itself.
    let own = TINY_SCENARIOS
        .replace("GET /things/none\n", "GET /things/none\n    headers: { Traceparent: broken }\n");
    let (folder, server) = (pack_with(TINY_CONTRACT, &own), wrong_server());
    run(folder.path(), &server, "", &[]).exits(1);
    assert!(server.received().iter().all(|request| request.header("traceparent") == Some("broken")));
}

#[test]
fn keys_that_would_lead_nowhere_are_errors() {
    let (folder, server) = (tiny_pack(), wrong_server());
    for (keys, message) in [
        ("log_url = \"https://logs.example/\"", "every request would have the same address"),
        ("log_url = \"https://logs.example/{id}\"", "is no placeholder of `log_url`"),
        ("log_url = \"javascript:alert({request_id})\"", "begins with http:// or https://"),
        ("case_header = \"X Case\"", "this is not a header name"),
        ("case_header = \"\"", "this is not a header name"),
    ] {
        run(folder.path(), &server, keys, &[]).exits(2).says(message);
    }
    assert_eq!(server.lines(), [""; 0], "nothing was sent");
}
