//! Things that are known by the names of resources, `pets/17` (AIP-122), of which a path has the last segment alone.

use std::{
    collections::BTreeSet,
    fs,
    sync::{Arc, Mutex},
};

use crate::support::{Done, Received, Reply, Server, done, failspec};
use serde_json::{Value, json};

const DOCUMENT: &str = r##"
openapi: 3.0.3
info: { title: Pets, version: "1" }
paths:
  /v1/pets:
    get: { operationId: ListPets, responses: { '200': { description: pets, content: { application/json: { schema: { type: object, properties: { pets: { type: array, items: { $ref: '#/components/schemas/Pet' } } } } } } } } }
    post:
      operationId: CreatePet
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Pet' } } } }
      responses: { '200': { description: made, content: { application/json: { schema: { $ref: '#/components/schemas/Pet' } } } }, '400': { description: no } }
  /v1/pets/{pet}:
    parameters: [{ name: pet, in: path, required: true, schema: { type: string } }]
    get: { operationId: GetPet, responses: { '200': { description: a pet, content: { application/json: { schema: { $ref: '#/components/schemas/Pet' } } } }, '404': { description: none } } }
    delete: { operationId: DeletePet, responses: { '200': { description: gone }, '404': { description: none } } }
components:
  schemas:
    Pet: { type: object, required: [title], properties: { name: { type: string, readOnly: true }, title: { type: string, maxLength: 80 } } }
"##;

/// The API: `wrong` is `shape` if a pet has a title that is no text, and `hidden` if the response to a creation tells no name.
fn api(asked: &Received, pets: &Mutex<BTreeSet<usize>>, wrong: &str) -> Reply {
    let mut pets = pets.lock().unwrap();
    let (path, _) = asked.path_and_query();
    let method = if asked.method == "HEAD" { "GET" } else { &asked.method };
    let own =
        path.strip_prefix("/v1/pets/").and_then(|id| id.parse::<usize>().ok()).filter(|id| pets.contains(id));
    let pet = |id: usize| json!({ "name": format!("pets/{id}"), "title": if wrong == "shape" { json!(1) } else { json!("a") } });
    match (method, path) {
        ("GET", "/v1/pets") => {
            Reply::json(200, json!({ "pets": pets.iter().map(|id| pet(*id)).collect::<Vec<_>>() }))
        }
        ("POST", "/v1/pets") => {
            let body: Option<Value> = serde_json::from_slice(&asked.body).ok();
            let is_json = asked.header("content-type") == Some("application/json");
            let title = body.and_then(|body| Some(body["title"].as_str()?.chars().count()));
            if !is_json || title.is_none_or(|count| count > 80) {
                return Reply::json(400, "{}");
            }
            pets.insert(asked.number);
            if wrong == "hidden" {
                Reply::json(200, json!({ "title": "a" }))
            } else {
                Reply::json(200, pet(asked.number))
            }
        }
        (_, "/v1/pets") => Reply::json(405, "{}").with("Allow", "GET, POST"),
        ("GET" | "DELETE", _) => match (method, own) {
            (_, None) => Reply::json(404, "{}"),
            ("GET", Some(id)) => Reply::json(200, pet(id)),
            (_, Some(id)) => {
                pets.remove(&id);
                Reply::json(200, "{}")
            }
        },
        _ if path.starts_with("/v1/pets/") => Reply::json(405, "{}").with("Allow", "GET, DELETE"),
        _ => Reply::json(404, "{}"),
    }
}

/// Runs the imported pack against the API. Returns what it said, its report, and the number of pets that are there.
fn run(wrong: &'static str) -> (Done, Value, usize) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("pets.yaml"), DOCUMENT).unwrap();
    let import = ["import", "openapi", "pets.yaml", "--name", "pets", "--allow-writes"];
    done(failspec(folder.path()).args(import)).exits(0);
    let pets: Arc<Mutex<BTreeSet<usize>>> = Arc::default();
    let shared = Arc::clone(&pets);
    let server = Server::start(move |asked| api(asked, &shared, wrong));
    let run =
        ["run", "pets", "--packs", ".", "--url", &server.url, "--jobs", "1", "--report", "json=report.json"];
    let done = done(failspec(folder.path()).args(run));
    let report = fs::read_to_string(folder.path().join("report.json")).unwrap();
    let left = pets.lock().unwrap().len();
    (done, serde_json::from_str(&report).unwrap(), left)
}

#[test]
fn the_id_of_a_thing_is_the_last_segment_of_its_name() {
    let (done, report, left) = run("nothing");
    assert_eq!((done.code, left), (0, 0), "{}", done.stdout);
    assert_eq!(report["summary"]["inconclusive"], 0, "{}", done.stdout);
    let (done, _, left) = run("shape");
    assert_eq!((done.code, left), (1, 0), "{}", done.stdout);
    done.says("/title: 1 is not of type");
}

/// A creation whose response does not tell what it made is not tried again and again, and each of its things is listed.
#[test]
fn things_whose_ids_nobody_tells_are_few_and_listed() {
    let (done, report, left) = run("hidden");
    assert!((1..=6).contains(&left), "{left} {}", done.stdout);
    let cases = report["cases"].as_array().unwrap().iter();
    let listed: usize = cases.map(|case| case["left_behind"].as_array().map_or(0, Vec::len)).sum();
    assert_eq!(listed, left, "{}", done.stdout);
}
