//! Optional members within lists and objects that an API refuses: they are left out, and what is behind them is asked.

use std::{
    collections::BTreeSet,
    fs,
    sync::{Arc, Mutex},
};

use crate::support::{Done, Received, Reply, Server, done, failspec};
use serde_json::{Value, json};

/// Teams. The roles of their members are the service's own, and the example has one that is none.
const DOCUMENT: &str = r##"
openapi: 3.1.0
info: { title: Teams, version: "1" }
paths:
  /teams:
    post:
      requestBody:
        required: true
        content:
          application/json:
            schema: { $ref: '#/components/schemas/Team' }
            example: { name: a, size: 1, members: [{ label: b, role: superhero }] }
      responses:
        '201': { description: made, content: { application/json: { schema: { type: object, required: [id], properties: { id: { type: string } } } } } }
        '400': { description: no }
  /teams/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: string } }]
    get: { responses: { '200': { description: a team }, '404': { description: none } } }
    delete: { responses: { '204': { description: gone }, '404': { description: none } } }
components:
  schemas:
    Member: { type: object, required: [label], properties: { label: { type: string }, role: { type: string } } }
    Team:
      type: object
      required: [name, size, members]
      properties:
        name: { type: string }
        size: { type: integer }
        members: { type: array, minItems: 1, items: { $ref: '#/components/schemas/Member' } }
"##;

/// The server; `wrong` is the fault that it forgets to look for, once the roles are right.
fn api(asked: &Received, teams: &Mutex<BTreeSet<String>>, wrong: &str) -> Reply {
    let mut teams = teams.lock().unwrap();
    let is_json = asked.header("content-type") == Some("application/json");
    let refused = |status: u16, said: &str| Reply::json(status, json!({ "message": said }));
    let Some(id) = asked.path.strip_prefix("/teams/") else {
        if asked.method != "POST" || asked.path != "/teams" {
            return refused(if asked.path == "/teams" { 405 } else { 404 }, "").with("Allow", "POST");
        }
        let body: Option<Value> = serde_json::from_slice(&asked.body).ok().filter(|_| is_json);
        let Some(body) = body else { return refused(400, "not readable") };
        let members = body["members"].as_array().cloned().unwrap_or_default();
        if members.iter().any(|it| it.get("role").is_some_and(|role| role != "player")) {
            return refused(400, "request/body/members/0/role is unknown");
        }
        let is_right = !members.is_empty()
            && members.iter().all(|it| it["label"].is_string())
            && body["name"].is_string();
        return match body["size"].is_i64() || body["size"].is_u64() {
            false if wrong == "size" && is_right => refused(500, ""),
            true if is_right => {
                teams.insert(asked.number.to_string());
                Reply::json(201, json!({ "id": asked.number.to_string() }))
            }
            _ => refused(400, "wrong"),
        };
    };
    match asked.method.as_str() {
        "GET" | "DELETE" if !teams.contains(id) => refused(404, ""),
        "GET" => Reply::json(200, "{}"),
        "DELETE" => {
            teams.remove(id);
            Reply::new(204, "", "")
        }
        _ => refused(405, "").with("Allow", "GET, DELETE"),
    }
}

fn run(wrong: &'static str) -> (Done, Value, usize) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("teams.yaml"), DOCUMENT).unwrap();
    let import = ["import", "openapi", "teams.yaml", "--name", "teams", "--allow-writes"];
    done(failspec(folder.path()).args(import)).exits(0);
    let teams = Arc::new(Mutex::new(BTreeSet::new()));
    let shared = Arc::clone(&teams);
    let server = Server::start(move |asked| api(asked, &shared, wrong));
    let run = ["run", "teams", "--packs", ".", "--url", &server.url, "--report", "json=report.json"];
    let done = done(failspec(folder.path()).args(run));
    let report = fs::read_to_string(folder.path().join("report.json")).unwrap();
    let left = teams.lock().unwrap().len();
    (done, serde_json::from_str(&report).unwrap(), left)
}

#[test]
fn a_member_of_an_item_that_is_refused_is_left_out_and_what_is_behind_it_is_asked() {
    for (wrong, code) in [("nothing", 0), ("size", 1)] {
        let (done, report, left) = run(wrong);
        assert_eq!((done.code, left), (code, 0), "{wrong}: {}", done.stdout);
        assert_eq!(report["summary"]["inconclusive"], 0, "{wrong}: {}", done.stdout);
        let cases = report["cases"].as_array().unwrap();
        let failed = cases.iter().filter(|case| !case["violations"].as_array().unwrap().is_empty());
        let failed: Vec<&str> =
            failed.filter_map(|case| case["name"].as_str()?.rsplit("::").next()).collect();
        assert_eq!(failed.contains(&"post_teams_size_missing"), wrong == "size", "{wrong}: {failed:?}");
        // The author's own example is refused: that is said, with the place.
        assert!(report.to_string().contains("members[0].role"), "{wrong}: {}", done.stdout);
    }
}
