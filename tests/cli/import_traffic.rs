//! `failspec import traffic`: a pack from a recording, which runs, and in which there is no credential.

use std::fs;

use failspec_test_server::{Received, Reply, Server};
use serde_json::{Value, json};

use crate::support::{done, failspec};

/// A credential of the recording.
const TOKEN: &str = "s3cr3t-t0ken-0123456789";

/// An API of notes, of which only number 1 is there.
fn api(request: &Received) -> Reply {
    let failure = |status: u16, code: &str| {
        Reply::json(status, json!({ "error": { "code": code, "message": format!("{code} happened") } }))
    };
    let is_known = request.header("authorization").is_some();
    match (request.method.as_str(), request.path.as_str()) {
        _ if !is_known => failure(401, "unauthorized"),
        ("GET", "/v1/notes/1" | "/v1/notes/2?format=json") => Reply::json(200, json!({ "id": 1 })),
        ("GET", path) if path.contains("format=xml") => failure(400, "bad_format"),
        ("POST", "/v1/notes") if request.body.windows(5).any(|part| part == b"title") => {
            Reply::json(201, json!({ "id": 3 }))
        }
        ("POST", "/v1/notes") => failure(422, "no_title"),
        _ => failure(404, "not_found"),
    }
}

fn entry(url: &str, method: &str, path: &str, token: bool, body: Option<&Value>) -> Value {
    let mut headers = vec![("X-Client".to_owned(), "app".to_owned())];
    if token {
        headers.push(("Authorization".to_owned(), format!("Bearer {TOKEN}")));
    }
    if body.is_some() {
        headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
    }
    let received = Received {
        method: method.to_owned(),
        path: path.to_owned(),
        headers: headers.clone(),
        body: body.map(|body| body.to_string().into_bytes()).unwrap_or_default(),
        number: 0,
        has_client_certificate: false,
    };
    let reply = api(&received);
    let text = String::from_utf8(reply.body.clone()).unwrap();
    let headers: Vec<Value> =
        headers.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
    let mut entry = json!({
        "request": { "method": method, "url": format!("{url}{path}"), "headers": headers },
        "response": { "status": reply.status, "headers": [{ "name": "Content-Type", "value": "application/json" }],
                      "content": { "size": text.len(), "text": text } },
    });
    if let Some(body) = body {
        entry["request"]["postData"] = json!({ "mimeType": "application/json", "text": body.to_string() });
    }
    entry
}

#[test]
fn a_recording_becomes_a_pack_that_runs() {
    let server = Server::start(api);
    let url = &server.url;
    let note = json!({ "title": "x", "password": TOKEN });
    let entries = [
        entry(url, "GET", "/v1/notes/1", true, None),
        entry(url, "GET", "/v1/notes/1", false, None),
        entry(url, "GET", "/v1/notes/99", true, None),
        entry(url, "GET", "/v1/notes/98", true, None),
        entry(url, "GET", "/v1/notes/1?format=xml", true, None),
        entry(url, "POST", "/v1/notes", true, Some(&note)),
        entry(url, "POST", "/v1/notes", true, Some(&json!({ "name": "x", "password": TOKEN }))),
        entry("https://cdn.test", "GET", "/v1/notes/99", true, None),
    ];
    let folder = tempfile::tempdir().unwrap();
    let har = json!({ "log": { "version": "1.2", "entries": entries } });
    fs::write(folder.path().join("a.har"), har.to_string()).unwrap();
    let base = format!("{url}/v1");
    let mut import = failspec(folder.path());
    import.args(["import", "traffic", "a.har", "--name", "notes", "--url", &base, "--dir", "p"]);
    done(&mut import)
        .exits(0)
        .says("notes 4 failures, 4 of them with a code, 4 scenarios")
        .says("code at /error/code: seen in 4 of 4 failures")
        .says("message at /error/message")
        .says("no_title writes, and has no teardown yet")
        .says("headers of the recording that no scenario sends: x-client");
    let contract = fs::read_to_string(folder.path().join("p/schemas/notes/contract.yaml")).unwrap();
    let scenarios = fs::read_to_string(folder.path().join("p/scenarios/notes/notes.yaml")).unwrap();
    for text in [&contract, &scenarios] {
        assert!(!text.contains(TOKEN), "{text}");
    }
    assert!(contract.contains("summary: \"not_found happened (seen 2 ×)\""), "{contract}");
    assert!(scenarios.contains("${password}"), "{scenarios}");
    // Each scenario has a control that differs in its fault, and the API fails as it did.
    let mut run = failspec(folder.path());
    run.args([
        "run",
        "notes",
        "--packs",
        "p",
        "--url",
        &base,
        "--role",
        "user=bearer:env:TOKEN",
        "--var",
        "password=x",
    ]);
    done(run.env("TOKEN", TOKEN)).exits(0).says("4 of 4 documented failures exercised");
}

#[test]
fn a_recording_without_failures_of_the_api_makes_no_pack() {
    let server = Server::start(api);
    let folder = tempfile::tempdir().unwrap();
    let har = json!({ "log": { "entries": [entry(&server.url, "GET", "/v1/notes/1", true, None)] } });
    fs::write(folder.path().join("a.har"), har.to_string()).unwrap();
    let import = |url: &str| {
        done(failspec(folder.path()).args(["import", "traffic", "a.har", "--name", "notes", "--url", url]))
    };
    import(&server.url).exits(2).says("the recording has no failure of the API");
    import("http://other.test").exits(2).says("name its base URL with --url");
    assert!(!folder.path().join("schemas").exists());
}
