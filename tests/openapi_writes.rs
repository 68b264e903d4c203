//! What generated requests may change: what the run has made, and nothing that was there before.

mod support;

use std::{
    collections::BTreeMap,
    fs,
    sync::{Arc, Mutex},
};

use serde_json::{Value, json};
use support::{Done, Received, Reply, Server, done, failspec};

/// Teams with members and boxes that belong to a team; settings, users and jobs, which no operation makes or removes.
const DOCUMENT: &str = r##"
openapi: 3.1.0
info: { title: Teams, version: "1" }
paths:
  /teams:
    get: { responses: { '200': { description: teams }, '422': { $ref: '#/components/responses/Refused' } } }
    post:
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Team' } } } }
      responses: { '201': { $ref: '#/components/responses/Made' }, '422': { $ref: '#/components/responses/Refused' } }
  /teams/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: string }, example: payroll }]
    delete: { responses: { '200': { description: gone }, '404': { $ref: '#/components/responses/Refused' } } }
  /teams/{team_id}/members:
    parameters: [{ name: team_id, in: path, required: true, schema: { type: string }, example: payroll }]
    post:
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Team' } } } }
      responses:
        '201': { $ref: '#/components/responses/Made' }
        '404': { $ref: '#/components/responses/Refused' }
        '422': { $ref: '#/components/responses/Refused' }
  /teams/{team_id}/members/{member}:
    parameters:
      - { name: team_id, in: path, required: true, schema: { type: string }, example: payroll }
      - { name: member, in: path, required: true, schema: { type: string }, example: ann }
    put:
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Team' } } } }
      responses:
        '200': { description: done }
        '404': { $ref: '#/components/responses/Refused' }
        '422': { $ref: '#/components/responses/Refused' }
    delete: { responses: { '200': { description: gone }, '404': { $ref: '#/components/responses/Refused' } } }
  /boxes:
    post:
      requestBody:
        required: true
        content:
          application/json:
            schema: { type: object, required: [team_id, size], properties: { team_id: { type: string, format: uuid }, size: { type: integer } } }
      responses: { '201': { $ref: '#/components/responses/Made' }, '422': { $ref: '#/components/responses/Refused' } }
  /boxes/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: string }, example: safe }]
    delete: { responses: { '200': { description: gone }, '404': { $ref: '#/components/responses/Refused' } } }
  /settings:
    put:
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Team' } } } }
      responses: { '200': { description: done }, '422': { $ref: '#/components/responses/Refused' } }
  /users/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: integer }, example: 4 }]
    delete: { responses: { '200': { description: gone }, '404': { $ref: '#/components/responses/Refused' } } }
  /jobs:
    post:
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Team' } } } }
      responses: { '201': { description: begun }, '422': { $ref: '#/components/responses/Refused' } }
  /jobs/search:
    post:
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Team' } } } }
      responses: { '200': { description: found }, '422': { $ref: '#/components/responses/Refused' } }
components:
  responses:
    Made: { description: made, content: { application/json: { schema: { type: object, properties: { id: { type: string } } } } } }
    Refused: { description: no, content: { application/json: { schema: { $ref: '#/components/schemas/Error' } } } }
  schemas:
    Team: { type: object, required: [name], properties: { name: { type: string, pattern: '^[a-z0-9-]+$', example: payroll } } }
    Error: { type: object, required: [code], properties: { code: { type: string } } }
"##;

/// What there is: the address of each thing. What the run made is `own-…`.
type Things = Arc<Mutex<BTreeMap<String, Value>>>;

/// The API. Whatever would change something that was there before it began is written to `/touched`.
fn teams(asked: &Received, things: &Things, forgets: &str) -> Reply {
    let refused = |status: u16, code: &str| Reply::json(status, &json!({ "code": code }).to_string());
    let mut things = things.lock().unwrap();
    let path = asked.path.as_str();
    let body: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let named = body["name"].as_str().is_some_and(|name| !name.is_empty() && name.bytes().all(plain));
    let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let known = |things: &BTreeMap<String, Value>, path: &str| things.contains_key(path);
    let valid = match segments.as_slice() {
        ["boxes"] => {
            let team = body["team_id"].as_str().unwrap_or_default();
            (body["size"].is_i64() || forgets == "size") && known(&things, &format!("/teams/{team}"))
        }
        ["teams" | "jobs" | "settings"] | ["jobs", "search"] | ["teams", _, "members"] => named,
        ["teams", _, "members", _] if asked.method == "PUT" => named,
        _ => true,
    };
    match (asked.method.as_str(), segments.as_slice()) {
        ("GET", ["teams"]) => Reply::json(200, "[]"),
        ("POST", ["teams", team, "members"]) if !known(&things, &format!("/teams/{team}")) => {
            refused(404, "none")
        }
        ("PUT" | "DELETE", ["teams" | "boxes" | "users", ..]) if !known(&things, path) => {
            refused(404, "none")
        }
        _ if !valid => refused(422, "invalid"),
        ("POST", ["jobs", "search"]) => Reply::json(200, "[]"),
        ("POST", ["jobs"]) => {
            things.insert(format!("/left/{}", asked.number), body);
            Reply::json(201, "{}")
        }
        ("POST", _) => {
            let id = format!("own-{}", asked.number);
            things.insert(format!("{path}/{id}"), body);
            Reply::json(201, &json!({ "id": id }).to_string())
        }
        (_, [.., last]) if !last.starts_with("own-") => {
            things.insert("/touched".to_owned(), format!("{} {path}", asked.method).into());
            Reply::json(200, "{}")
        }
        ("DELETE", _) => {
            things.remove(path);
            Reply::json(200, "{}")
        }
        _ => Reply::json(200, "{}"),
    }
}

fn before() -> BTreeMap<String, Value> {
    let there = ["/teams/payroll", "/teams/payroll/members/ann", "/boxes/safe", "/users/4"];
    there.into_iter().map(|path| (path.to_owned(), Value::Null)).collect()
}

/// Imports with these options, runs against the API, and returns what there is afterwards.
fn run(options: &[&str], forgets: &'static str) -> (BTreeMap<String, Value>, String, Done) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("teams.yaml"), DOCUMENT).unwrap();
    let import = ["import", "openapi", "teams.yaml", "--name", "teams", "--allow-writes"];
    done(failspec(folder.path()).args(import).args(options)).exits(0);
    done(failspec(folder.path()).args(["lint", "--packs", "."])).exits(0);
    let things: Things = Arc::new(Mutex::new(before()));
    let shared = Arc::clone(&things);
    let server = Server::start(move |asked| teams(asked, &shared, forgets));
    let done = done(failspec(folder.path()).args(["run", "teams", "--packs", ".", "--url", &server.url]));
    let generated = fs::read_to_string(folder.path().join("scenarios/teams/generated.yaml")).unwrap();
    (things.lock().unwrap().clone(), generated, done)
}

#[test]
fn what_was_there_before_is_there_after() {
    let (things, generated, done) = run(&[], "nothing");
    let done = done.exits(0);
    assert_eq!(things, before(), "{generated}");
    for (begin, end) in [
        ("post_boxes_size_missing", "made: \"/id\""),
        ("put_teams_team_id_members_member_name_missing", "PUT /teams/{made}/members/{made_2}"),
        ("delete_users_id_unknown_id", "DELETE /users/987654321"),
        ("post_jobs_name_missing", "no_control: what it makes could not be removed again"),
        ("post_jobs_search_name_missing", "json: {\"name\""),
    ] {
        let scenario = generated.split(begin).nth(1).unwrap_or_else(|| panic!("no {begin}: {generated}"));
        let scenario = scenario.split("\n  #").next().unwrap();
        assert!(scenario.contains(end), "{begin}: {scenario}");
    }
    assert!(generated.contains("# PUT /settings (everything)"), "{generated}");
    assert!(
        !generated.contains("name\":\"payroll"),
        "a name of the run's own stands before an example: {generated}"
    );
    assert!(!done.stdout.contains("inconclusive"), "{}", done.stdout);
}

/// The body takes the name of a thing that the run has made, so that what is wrong with it is the fault alone.
#[test]
fn a_forgotten_rule_behind_another_thing_is_noticed() {
    let (things, _, done) = run(&[], "size");
    done.exits(1).says("post_boxes_size_missing").says("[accepted]");
    let boxes = things.keys().filter(|path| path.starts_with("/boxes/own-")).count();
    assert!(boxes > 0, "what the API should have refused is there: {things:?}");
}

#[test]
fn what_cannot_be_removed_is_made_when_that_is_allowed() {
    let (things, generated, done) = run(&["--allow-leftovers"], "nothing");
    done.exits(0);
    let left = things.keys().filter(|path| path.starts_with("/left/")).count();
    assert!(left > 0 && !things.contains_key("/touched"), "{things:?}");
    assert!(generated.contains("--allow-writes --allow-leftovers"), "{generated}");
}

#[test]
fn operations_are_left_out_by_path_or_id() {
    let (_, generated, done) = run(&["--skip", "* /jobs*", "--skip", "PUT *"], "nothing");
    done.exits(0);
    assert!(
        !generated.contains("request: POST /jobs") && !generated.contains("request: \"PUT"),
        "{generated}"
    );
    assert!(
        generated.contains("# excluded: --skip\n# PUT /teams/{team_id}/members/{member} (everything)"),
        "{generated}"
    );
    assert!(generated.contains("--skip '* /jobs*' --skip 'PUT *'"), "{generated}");
}
