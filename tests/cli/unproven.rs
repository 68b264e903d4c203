//! A run in which no request succeeded proves nothing, and is never green.

use std::{fs, path::Path};

use crate::support::{Done, Reply, Server, done, failspec, pack_with};

const CONTRACT: &str = "\
contract: tiny
as_of: 2026-01-31
documentation: https://tiny.example/errors
success: { status: 2xx }
codes: open
failures:
  - { id: absent, status: 404, summary: It is not there }
";

const TWO_FAILURES: &str = "  - { id: bad, status: 400, summary: It is bad }\n";

const WITHOUT_CONTROL: &str = "\
contract: tiny
scenarios:
  read: { triggers: absent, request: GET /things/none, no_control: the id of a thing is not known }
";

/// The same, and a scenario with a control that is not selected.
const WITH_CONTROL: &str = "\
contract: tiny
scenarios:
  read: { triggers: absent, request: GET /things/none, no_control: the id of a thing is not known }
  list: { triggers: bad, request: \"GET /things?limit=x\", control: { request: GET /things } }
";

fn run(folder: &Path, url: &str, more: &[&str]) -> Done {
    done(failspec(folder).args(["run", "tiny::absent", "--packs", ".", "--url", url]).args(more))
}

/// An API below `/v1`: everything else gets the same 404 as what is absent.
fn api() -> Server {
    Server::start(|request| match request.line().split(' ').nth(1).unwrap_or_default() {
        "/v1/things" => Reply::json(200, "[]"),
        "/v1/things?limit=x" => Reply::json(400, "{}"),
        _ => Reply::json(404, "{\"detail\":\"Not Found\"}"),
    })
}

#[test]
fn nothing_but_404_at_a_wrong_base_path_does_not_conform() {
    let server = api();
    let two = format!("{CONTRACT}{TWO_FAILURES}");
    for (contract, scenarios) in [(CONTRACT, WITHOUT_CONTROL), (&two, WITH_CONTROL)] {
        let folder = pack_with(contract, scenarios);
        run(folder.path(), &server.url, &[]).exits(3).says("no request of the run succeeded");
    }
}

#[test]
fn safe_control_of_another_scenario_is_evidence() {
    let server = api();
    let folder = pack_with(&format!("{CONTRACT}{TWO_FAILURES}"), WITH_CONTROL);
    run(folder.path(), &format!("{}/v1", server.url), &[]).exits(0);
}

#[test]
fn health_check_is_evidence() {
    let server = api();
    let checked = format!("{CONTRACT}health_check: {{ request: GET /things }}\n");
    let folder = pack_with(&checked, WITHOUT_CONTROL);
    run(folder.path(), &format!("{}/v1", server.url), &[]).exits(0);
    run(folder.path(), &server.url, &[]).exits(3).says("nor did one that should: GET ");
}

#[test]
fn documented_code_is_evidence_where_nothing_could_succeed() {
    let contract = CONTRACT
        .replace("codes: open", "codes: open\nenvelope: { code: /error }")
        .replace("status: 404,", "status: 404, code: absent,");
    let folder = pack_with(&contract.replace("status: 400,", "status: 400, code: bad,"), WITHOUT_CONTROL);
    let right = Server::start(|_| Reply::json(404, "{\"error\":\"absent\"}"));
    run(folder.path(), &right.url, &[]).exits(0);
}

#[test]
fn failure_with_a_particular_status_is_evidence() {
    let particular = "\
contract: tiny
scenarios:
  read: { triggers: absent, request: GET /things/none, no_control: the id of a thing is not known }
  list: { triggers: bad, request: \"GET /things?limit=x\", no_control: none }
";
    let folder = pack_with(&format!("{CONTRACT}{TWO_FAILURES}"), particular);
    let run = |url: &str| done(failspec(folder.path()).args(["run", "--packs", ".", "--url", url]));
    let server = api();
    run(&format!("{}/v1", server.url)).exits(0);
    // A gateway gives 404 to everything, which says nothing about the API.
    run(&server.url).exits(3).says("no request of the run succeeded");
}

#[test]
fn shards_leave_it_to_the_merged_run() {
    let folder = pack_with(
        CONTRACT,
        &format!(
            "{WITHOUT_CONTROL}  other: {{ triggers: absent, request: GET /things/no, no_control: none known }}\n"
        ),
    );
    let server = api();
    for shard in ["1", "2"] {
        let (part, report) = (format!("{shard}/2"), format!("json={shard}.json"));
        run(folder.path(), &server.url, &["--shard", &part, "--report", &report]).exits(0);
    }
    done(failspec(folder.path()).args(["merge", "1.json", "2.json"]))
        .exits(3)
        .says("no request of the run succeeded");
}

#[test]
fn base_path_of_the_document_is_named() {
    let server = api();
    let folder = tempfile::tempdir().unwrap();
    let document = "\
openapi: 3.0.3
info: { title: Things, version: '1' }
servers: [{ url: 'https://api.example.com/v1' }]
paths:
  /things/{id}:
    get:
      parameters: [{ name: id, in: path, required: true, schema: { type: integer } }]
      responses: { '200': { description: ok }, '404': { description: absent } }
";
    fs::write(folder.path().join("openapi.yaml"), document).unwrap();
    let command = |arguments: &[&str]| done(failspec(folder.path()).args(arguments));
    command(&["import", "openapi", "openapi.yaml", "--name", "things"]).exits(0);
    command(&["run", "things", "--packs", ".", "--url", &server.url])
        .exits(3)
        .says("the API is below /v1, and the URL has no such path");
}

#[test]
fn a_refusal_of_whatever_is_asked_is_no_violation() {
    const SCENARIOS: &str = "\
contract: tiny
scenarios:
  one: { triggers: bad, request: POST /things, json: 1, no_control: what is made stays }
  two: { triggers: bad, request: POST /notes, json: 1, no_control: what is made stays }
  who: { triggers: stranger, request: GET /me, no_control: nobody is known }
";
    let contract =
        format!("{CONTRACT}{TWO_FAILURES}  - {{ id: stranger, status: 401, summary: Who are you }}\n");
    let folder = pack_with(&contract, SCENARIOS);
    let run = |statuses: &'static [u16], failure: &str| {
        let server = Server::start(|asked| Reply::json(statuses[asked.path.len() % statuses.len()], "{}"));
        done(failspec(folder.path()).args(["run", failure, "--packs", ".", "--url", &server.url]))
    };
    run(&[401], "tiny::bad").exits(3).says("Each of them was HTTP 401: the API wants credentials");
    run(&[404], "tiny::bad").exits(3).says("no request of the run succeeded");
    // What depends on the request, and what is said of who asks, is told as it is.
    run(&[422], "tiny::bad").exits(1);
    run(&[401, 409], "tiny::bad").exits(1);
    run(&[403], "tiny::stranger").exits(1);
}
