//! Values that only the service knows, and that it lists itself: they take the place of made-up ones that it refused.

use std::{
    collections::BTreeMap,
    fs,
    sync::{Arc, Mutex},
};

use crate::support::{Done, Received, Reply, Server, done, failspec};
use serde_json::{Value, json};

/// Jobs of a kind, which is one of those that are there, and steps within a job, which have the name of one.
const DOCUMENT: &str = r##"
openapi: 3.1.0
info: { title: Jobs, version: "1" }
paths:
  /kinds:
    get: { responses: { '200': { description: kinds, content: { application/json: { schema: { type: object, properties: { kinds: { type: array, items: { $ref: '#/components/schemas/Kind' } } } } } } } } }
  /steps:
    get: { responses: { '200': { description: steps, content: { application/json: { schema: { type: array, items: { $ref: '#/components/schemas/Kind' } } } } } } }
  /jobs:
    get: { responses: { '200': { description: jobs, content: { application/json: { schema: { type: array, items: { type: object } } } } } } }
    post:
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Job' } } } }
      responses: { '201': { $ref: '#/components/responses/Made' }, '400': { description: no } }
  /jobs/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: string } }]
    get: { responses: { '200': { description: a job }, '404': { description: none } } }
    delete: { responses: { '204': { description: gone }, '404': { description: none } } }
  /jobs/{id}/steps:
    parameters: [{ name: id, in: path, required: true, schema: { type: string } }]
    get: { responses: { '200': { description: steps, content: { application/json: { schema: { type: array, items: { $ref: '#/components/schemas/Kind' } } } } }, '404': { description: none } } }
    post:
      requestBody: { required: true, content: { application/json: { schema: { type: object, required: [name], properties: { name: { type: string }, times: { type: integer, minimum: 1 } } } } } }
      responses: { '201': { $ref: '#/components/responses/Made' }, '400': { description: no }, '404': { description: none } }
  /jobs/{id}/steps/{step}:
    parameters: [{ name: id, in: path, required: true, schema: { type: string } }, { name: step, in: path, required: true, schema: { type: string } }]
    get: { responses: { '200': { description: a step }, '404': { description: none } } }
    delete: { responses: { '204': { description: gone }, '404': { description: none } } }
components:
  responses:
    Made: { description: made, content: { application/json: { schema: { type: object, required: [id], properties: { id: { type: string } } } } } }
  schemas:
    Kind: { type: object, properties: { name: { type: string }, deprecated: { type: boolean } } }
    Job:
      type: object
      required: [title, kind, size]
      properties: { title: { type: string }, kind: { type: string }, size: { type: integer, minimum: 1 } }
"##;

#[derive(Default)]
struct Jobs {
    /// Path of a job or a step → its body.
    things: BTreeMap<String, Value>,
    /// The number of times that `/steps` was read.
    read: usize,
}

/// Returns the method of a request; HEAD asks for the headers of what GET reads.
fn as_get(asked: &Received) -> &str {
    if asked.method == "HEAD" { "GET" } else { &asked.method }
}

/// The API: `wrong` is what it does not check; or `closed` if its lists are empty, and `plain` if it says 200 of what it makes.
fn api(asked: &Received, jobs: &Mutex<Jobs>, wrong: &str) -> Reply {
    let mut jobs = jobs.lock().unwrap();
    let refused = |status: u16| Reply::json(status, r#"{"error":"invalid"}"#);
    let is_json = asked.header("content-type") == Some("application/json");
    let body: Option<Value> = serde_json::from_slice(&asked.body).ok().filter(|_| is_json);
    let segments: Vec<&str> = asked.path.trim_start_matches('/').split('/').collect();
    let is_made = |jobs: &Jobs| jobs.things.contains_key(&asked.path);
    let is_small = |number: &Value| number.as_u64().is_some_and(|number| (1..1 << 31).contains(&number));
    match (as_get(asked), segments.as_slice()) {
        ("GET", ["kinds"]) => {
            let kinds =
                json!([{ "name": "old", "deprecated": true }, { "name": "wide", "deprecated": false }]);
            Reply::json(200, json!({ "kinds": if wrong == "closed" { json!([]) } else { kinds } }))
        }
        ("GET", ["steps"]) => {
            jobs.read += 1;
            Reply::json(200, json!([{ "name": "build" }, { "name": "test" }]))
        }
        ("GET", ["jobs"]) => {
            let all = jobs.things.iter().filter(|(path, _)| path.split('/').count() == 3);
            Reply::json(200, all.map(|(_, job)| job.clone()).collect::<Value>())
        }
        ("POST", ["jobs"]) => {
            let Some(body) = body.filter(|body| body["title"].is_string()) else { return refused(400) };
            let is_size = is_small(&body["size"]) || wrong == "size" && body["size"] == 0;
            if body["kind"] != "wide" || !is_size {
                return refused(400);
            }
            let id = format!("/jobs/{}", asked.number);
            jobs.things.insert(id, body);
            let status = if wrong == "plain" { 200 } else { 201 };
            Reply::json(status, json!({ "id": asked.number.to_string() }))
        }
        ("GET", ["jobs", id, "steps"]) => {
            if !jobs.things.contains_key(&format!("/jobs/{id}")) {
                return refused(404);
            }
            let of_job = jobs.things.iter().filter(|(path, _)| path.starts_with(&format!("{}/", asked.path)));
            Reply::json(200, of_job.map(|(_, step)| step.clone()).collect::<Value>())
        }
        ("POST", ["jobs", id, "steps"]) => {
            if !jobs.things.contains_key(&format!("/jobs/{id}")) {
                return refused(404);
            }
            let Some(body) = body else { return refused(400) };
            let is_times = body.get("times").is_none_or(is_small);
            if !(body["name"] == "build" || body["name"] == "test") || !is_times {
                return refused(400);
            }
            jobs.things.insert(format!("{}/{}", asked.path, asked.number), body);
            let status = if wrong == "plain" { 200 } else { 201 };
            Reply::json(status, json!({ "id": asked.number.to_string() }))
        }
        ("DELETE" | "GET", ["jobs", _] | ["jobs", _, "steps", _]) if !is_made(&jobs) => refused(404),
        ("GET", ["jobs", _] | ["jobs", _, "steps", _]) => {
            Reply::json(200, jobs.things[&asked.path].to_string())
        }
        ("DELETE", ["jobs", _] | ["jobs", _, "steps", _]) => {
            let within = format!("{}/", asked.path);
            jobs.things.retain(|path, _| *path != asked.path && !path.starts_with(&within));
            Reply::new(204, "", "")
        }
        (_, ["kinds" | "steps"]) => Reply::json(405, "{}").with("Allow", "GET"),
        (_, ["jobs"]) => Reply::json(405, "{}").with("Allow", "GET, POST"),
        (_, ["jobs", _, "steps"]) => Reply::json(405, "{}").with("Allow", "GET, POST"),
        (_, ["jobs", ..]) => Reply::json(405, "{}").with("Allow", "GET, DELETE"),
        _ => refused(404),
    }
}

fn run(wrong: &'static str) -> (Done, Value, usize, usize) {
    let folder = tempfile::tempdir().unwrap();
    let document = if wrong == "plain" { DOCUMENT.replace("'201'", "'200'") } else { DOCUMENT.to_owned() };
    fs::write(folder.path().join("jobs.yaml"), document).unwrap();
    let import = ["import", "openapi", "jobs.yaml", "--name", "jobs", "--allow-writes"];
    done(failspec(folder.path()).args(import)).exits(0);
    done(failspec(folder.path()).args(["lint", "--packs", "."])).exits(0).says("0 errors, 0 warnings");
    let jobs: Arc<Mutex<Jobs>> = Arc::default();
    let shared = Arc::clone(&jobs);
    let server = Server::start(move |asked| api(asked, &shared, wrong));
    let run = ["run", "jobs", "--packs", ".", "--url", &server.url, "--report", "json=report.json"];
    let done = done(failspec(folder.path()).args(run));
    let report = fs::read_to_string(folder.path().join("report.json")).unwrap();
    let jobs = jobs.lock().unwrap();
    (done, serde_json::from_str(&report).unwrap(), jobs.things.len(), jobs.read)
}

/// Returns the number of cases in which a value of a list took the place of a made-up one.
fn taken_from_lists(report: &Value) -> usize {
    let cases = report["cases"].as_array().unwrap();
    cases.iter().filter(|case| case["rerun"] == "listed_value").count()
}

#[test]
fn an_api_that_takes_only_what_it_lists_conforms() {
    let (done, report, left, read) = run("nothing");
    assert_eq!((done.code, left), (0, 0), "{}", done.stdout);
    assert_eq!(report["summary"]["inconclusive"], 0, "{}", done.stdout);
    assert_eq!(report.get("finding_groups"), None, "{}", done.stdout);
    assert!(taken_from_lists(&report) > 0, "{}", done.stdout);
    // Its own cases read the list, too; for the values it was read once.
    let own = report["cases"].as_array().unwrap();
    let own = own.iter().filter(|case| case["name"].as_str().unwrap().contains("get_steps")).count();
    assert!(read <= own * 2 + 1, "{read} times, {own} cases");
}

/// A creation that says 200 is known to be new although a listed value takes the place of the run's own name.
#[test]
fn what_is_made_with_a_listed_value_is_removed_whatever_the_status_says() {
    let (done, report, left, _) = run("plain");
    assert_eq!((done.code, left), (0, 0), "{}", done.stdout);
    assert_eq!(report["summary"]["inconclusive"], 0, "{}", done.stdout);
    let cases = report["cases"].as_array().unwrap();
    let asked =
        cases.iter().filter(|case| case["name"].as_str().unwrap().contains("post_jobs_id_steps_name_"));
    // A fault in the member itself is sent as it is.
    for case in asked {
        let exchanges = case["exchanges"].as_array().into_iter().flatten();
        for exchange in exchanges.filter(|exchange| exchange["phase"] == "request") {
            let response = &exchange["response"]["status"];
            assert!(*response != 200, "{}: {exchange}", case["name"]);
        }
    }
}

#[test]
fn what_is_wrong_shows_beside_a_listed_value() {
    let (done, report, left, _) = run("size");
    assert_eq!((done.code, left), (1, 0), "{}", done.stdout);
    let cases = report["cases"].as_array().unwrap();
    let failed = cases.iter().filter(|case| !case["violations"].as_array().unwrap().is_empty());
    let failed: Vec<&str> = failed.filter_map(|case| case["name"].as_str()?.rsplit("::").next()).collect();
    assert_eq!(failed, ["post_jobs_size_below_minimum"], "{}", done.stdout);
}

/// With nothing in the list, nobody is to blame.
#[test]
fn an_empty_list_makes_cases_inconclusive() {
    let (done, report, left, _) = run("closed");
    assert_eq!((done.code, left), (3, 0), "{}", done.stdout);
    assert!(report["summary"]["inconclusive"].as_u64() > Some(0), "{}", done.stdout);
    assert_eq!(report.get("finding_groups"), None, "{}", done.stdout);
}

/// Pets that nothing creates, and that are listed.
const PETS: &str = r##"
openapi: 3.1.0
info: { title: Pets, version: "1" }
paths:
  /pets:
    get: { responses: { '200': { description: pets, content: { application/json: { schema: { type: object, properties: { items: { type: array, items: { $ref: '#/components/schemas/Pet' } } } } } } } } }
  /pets/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: integer } }]
    get:
      parameters: [{ name: depth, in: query, schema: { type: integer, minimum: 0 } }]
      responses:
        '200': { description: a pet, content: { application/json: { schema: { $ref: '#/components/schemas/Pet' } } } }
        '400': { description: no }
        '404': { description: none }
components:
  schemas: { Pet: { type: object, required: [id], properties: { id: { type: integer }, name: { type: string } } } }
"##;

fn pets(asked: &Received, wrong: &str) -> Reply {
    let (path, query) = asked.path_and_query();
    let depth = query.strip_prefix("depth=").map(str::parse::<u32>);
    match (as_get(asked), path.strip_prefix("/pets")) {
        ("GET", Some("")) => {
            let pets = if wrong == "empty" { json!([]) } else { json!([{ "id": 7, "name": "Rex" }]) };
            Reply::json(200, json!({ "items": pets }))
        }
        ("GET", Some(_)) if matches!(depth, Some(Err(_))) && wrong != "depth" => Reply::json(400, "{}"),
        ("GET", Some("/7")) if wrong != "stale" => match wrong {
            "shape" => Reply::json(200, json!({ "id": "7" })),
            _ => Reply::json(200, json!({ "id": 7 })),
        },
        ("GET", Some(id)) if id[1..].parse::<i64>().is_err() => Reply::json(400, "{}"),
        ("GET", _) => Reply::json(404, "{}"),
        _ => Reply::json(405, "{}").with("Allow", "GET"),
    }
}

/// The id of a thing that nothing creates is taken from the list of such things.
#[test]
fn a_thing_that_the_api_lists_is_read() {
    for (wrong, code) in [("nothing", 0), ("shape", 1), ("depth", 1), ("empty", 3), ("stale", 3)] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("pets.yaml"), PETS).unwrap();
        let import = ["import", "openapi", "pets.yaml", "--name", "pets"];
        done(failspec(folder.path()).args(import)).exits(0);
        done(failspec(folder.path()).args(["lint", "--packs", "."])).exits(0).says("0 errors, 0 warnings");
        let server = Server::start(move |asked| pets(asked, wrong));
        let run = ["run", "pets", "--packs", ".", "--url", &server.url, "--report", "json=report.json"];
        let done = done(failspec(folder.path()).args(run));
        assert_eq!(done.code, code, "{wrong}: {}", done.stdout);
        let report = fs::read_to_string(folder.path().join("report.json")).unwrap();
        let report: Value = serde_json::from_str(&report).unwrap();
        let asked = server.received();
        assert_eq!(asked.iter().any(|asked| asked.path == "/pets/7"), wrong != "empty", "{wrong}");
        if code == 0 {
            let summary = &report["summary"];
            assert_eq!(
                (&summary["skipped"], &summary["inconclusive"]),
                (&json!(0), &json!(0)),
                "{}",
                done.stdout
            );
        }
    }
}

/// An id that is given is the one that is asked for, and no list is read for it.
#[test]
fn an_id_that_is_given_takes_the_place_of_a_listed_one() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("pets.yaml"), PETS).unwrap();
    done(failspec(folder.path()).args(["import", "openapi", "pets.yaml", "--name", "pets"])).exits(0);
    let server = Server::start(|asked| pets(asked, "empty"));
    let run = ["run", "pets", "--packs", ".", "--url", &server.url, "--only", "*get_pets_id*"];
    done(failspec(folder.path()).args(run)).exits(3);
    let read = || server.received().iter().filter(|asked| asked.path == "/pets").count();
    let without = read();
    done(failspec(folder.path()).args(run).args(["--var", "pets_id=7"])).exits(0).never_says("inconclusive");
    // The list is also what shows that the API is there.
    assert!(without > 10 && read() < without + 5, "{without} {}", read());
}

/// Users, of whose ids the document does not say that they are UUIDs. They are created, but not by the run.
const USERS: &str = r##"
openapi: 3.0.3
info: { title: Users, version: "1" }
paths:
  /users:
    get: { responses: { '200': { description: users, content: { application/json: { schema: { type: array, items: { $ref: '#/components/schemas/User' } } } } } } }
    post:
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/User' } } } }
      responses: { '201': { description: made, content: { application/json: { schema: { $ref: '#/components/schemas/User' } } } } }
  /users/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: string, format: identifier } }]
    delete: { responses: { '204': { description: gone } } }
    get:
      responses:
        '200': { description: a user, content: { application/json: { schema: { $ref: '#/components/schemas/User' } } } }
        '400': { description: no }
components:
  schemas: { User: { type: object, required: [id], properties: { id: { type: string } } } }
"##;

fn users(asked: &Received, way: &str) -> Reply {
    const OWN: &str = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";
    let is_uuid = |id: &str| id.len() == 36 && id.split('-').count() == 5;
    let (path, _) = asked.path_and_query();
    let is_empty = way == "nobody";
    match (as_get(asked), path.strip_prefix("/users")) {
        ("GET", Some("")) if is_empty => Reply::json(200, "[]"),
        ("GET", Some("")) => Reply::json(200, json!([{ "id": OWN }])),
        ("GET", Some(id)) if !is_empty && &id[1..] == OWN => Reply::json(200, json!({ "id": OWN })),
        ("GET", Some(id)) if is_uuid(&id[1..]) && way == "breaks" => Reply::json(500, "{}"),
        ("GET", Some(id)) if is_uuid(&id[1..]) && way == "not declared" => Reply::json(404, "{}"),
        ("GET", Some(_)) => Reply::json(400, "{}"),
        _ if path == "/users" => Reply::json(405, "{}").with("Allow", "GET, POST"),
        _ if path.starts_with("/users") => Reply::json(405, "{}").with("Allow", "GET, DELETE"),
        _ => Reply::json(404, "{}"),
    }
}

/// An id of another form may be refused for its form, before it is looked for.
#[test]
fn an_unknown_id_has_the_form_of_those_that_are_listed() {
    for (way, code, row) in [
        ("nothing", 0, None),
        ("breaks", 1, Some("server-error")),
        ("not declared", 0, Some("undeclared-status")),
        ("nobody", 3, None),
    ] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("users.yaml"), USERS).unwrap();
        let import = ["import", "openapi", "users.yaml", "--name", "users", "--allow-writes"];
        let skip = ["--skip", "POST /users", "--skip", "DELETE *"];
        done(failspec(folder.path()).args(import).args(skip)).exits(0);
        done(failspec(folder.path()).args(["lint", "--packs", "."])).exits(0).says("0 errors, 0 warnings");
        let server = Server::start(move |asked| users(asked, way));
        let run = ["run", "users", "--packs", ".", "--url", &server.url, "--report", "json=report.json"];
        let done = done(failspec(folder.path()).args(run));
        assert_eq!(done.code, code, "{way}: {}", done.stdout);
        let report = fs::read_to_string(folder.path().join("report.json")).unwrap();
        let report: Value = serde_json::from_str(&report).unwrap();
        let groups = report["finding_groups"].as_array().into_iter().flatten();
        let rows: Vec<&str> = groups.filter_map(|group| group["check"].as_str()).collect();
        assert_eq!(rows.first().copied(), row, "{way}: {rows:?}");
        // Without any, it is asked for all the same.
        let cases = report["cases"].as_array().unwrap().iter();
        let mut unknown = cases.filter(|case| case["name"].as_str().unwrap().contains("unknown_id"));
        let outcome = unknown.next().unwrap()["outcome"].as_str().unwrap();
        assert!(["passed", "failed"].contains(&outcome), "{way}: {outcome}\n{}", done.stdout);
    }
}

/// The id 0 is that of nothing; an API in which it is, is only warned of.
#[test]
fn an_id_that_is_zero_is_that_of_nothing() {
    for (found, row) in [(false, None), (true, Some("not-rejected"))] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("pets.yaml"), PETS).unwrap();
        done(failspec(folder.path()).args(["import", "openapi", "pets.yaml", "--name", "pets"])).exits(0);
        let server = Server::start(move |asked| match asked.path_and_query().0 {
            "/pets/0" if found && as_get(asked) == "GET" => Reply::json(200, json!({ "id": 0 })),
            _ => pets(asked, "nothing"),
        });
        let run = ["run", "pets", "--packs", ".", "--url", &server.url, "--report", "json=report.json"];
        done(failspec(folder.path()).args(run)).exits(0);
        let report = fs::read_to_string(folder.path().join("report.json")).unwrap();
        let report: Value = serde_json::from_str(&report).unwrap();
        let groups = report["finding_groups"].as_array().into_iter().flatten();
        let rows: Vec<&str> = groups.filter_map(|group| group["check"].as_str()).collect();
        assert_eq!(rows, row.into_iter().collect::<Vec<_>>());
    }
}
