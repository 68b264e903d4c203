//! Things that are removed by several texts that their creation sent, and creations of a list of things, of which one is sent.

use std::{
    collections::BTreeSet,
    fs,
    sync::{Arc, Mutex},
};

use crate::support::{Done, Received, Reply, Server, done, failspec};
use serde_json::{Value, json};

/// Tags, which have a type and a value, flows with a name and a version, and definitions, of which a creation takes several.
const DOCUMENT: &str = r##"
openapi: 3.1.0
info: { title: Tags, version: "1" }
paths:
  /tags:
    get: { responses: { '200': { description: tags } } }
    post:
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Tag' } } } }
      responses: { '201': { description: made }, '400': { description: no }, '409': { description: taken } }
  /tags/{type}/{value}:
    parameters:
      - { name: type, in: path, required: true, schema: { type: string } }
      - { name: value, in: path, required: true, schema: { type: string } }
    get: { responses: { '200': { description: a tag }, '404': { description: none } } }
    delete: { responses: { '204': { description: gone }, '404': { description: none } } }
  /flows:
    get: { responses: { '200': { description: flows } } }
    post:
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Flow' } } } }
      responses: { '200': { description: made }, '400': { description: no }, '409': { description: taken } }
  /flows/{name}/{version}:
    parameters:
      - { name: name, in: path, required: true, schema: { type: string } }
      - { name: version, in: path, required: true, schema: { type: integer } }
    delete: { responses: { '204': { description: gone }, '404': { description: none } } }
  /definitions:
    get: { responses: { '200': { description: definitions } } }
    post:
      requestBody: { required: true, content: { application/json: { schema: { type: array, items: { $ref: '#/components/schemas/Definition' } } } } }
      responses: { '200': { description: made }, '400': { description: no }, '409': { description: taken } }
  /definitions/{kind}:
    parameters: [{ name: kind, in: path, required: true, schema: { type: string } }]
    get: { responses: { '200': { description: a definition }, '404': { description: none } } }
    delete: { responses: { '204': { description: gone }, '404': { description: none } } }
components:
  schemas:
    Tag:
      type: object
      required: [type, value, rank]
      properties: { type: { type: string, example: simple }, value: { type: string, maxLength: 200, example: a-tag }, rank: { type: integer } }
    Flow:
      type: object
      required: [name, rank]
      properties: { name: { type: string }, version: { type: integer, minimum: 1, maximum: 9 }, rank: { type: integer } }
    Definition:
      type: object
      required: [name, rank]
      properties: { name: { type: string }, rank: { type: integer }, owner: { type: string } }
"##;

/// The server, with a thing of somebody else's in each collection. `wrong` is where it breaks if `rank` is missing, or, having made the
/// thing, over a NUL; or `all` if it makes whatever has a name. The owner of a definition is required, although the document does not say so.
fn api(asked: &Received, things: &Mutex<BTreeSet<String>>, wrong: &str) -> Reply {
    let mut things = things.lock().unwrap();
    let is_json = asked.header("content-type") == Some("application/json");
    let refused = |status: u16, said: &str| Reply::json(status, json!({ "message": said }));
    let path = percent_encoding::percent_decode_str(&asked.path).decode_utf8_lossy().into_owned();
    let collection = path.trim_start_matches('/').to_owned();
    let is_collection = ["tags", "flows", "definitions"].contains(&collection.as_str());
    match asked.method.as_str() {
        "GET" if is_collection => Reply::json(200, "[]"),
        "POST" if is_collection => {
            let body: Option<Value> = serde_json::from_slice(&asked.body).ok().filter(|_| is_json);
            let body = match (collection.as_str(), body) {
                ("definitions", Some(Value::Array(items))) if items.len() == 1 => items.into_iter().next(),
                ("definitions", _) => None,
                (_, body) => body,
            };
            let Some(body) = body.filter(Value::is_object) else { return refused(400, "not readable") };
            let text = |name: &str| {
                body[name]
                    .as_str()
                    .filter(|text| (1..=200).contains(&text.chars().count()))
                    .map(str::to_owned)
            };
            let id = match collection.as_str() {
                "tags" => text("type")
                    .filter(|it| it == "simple")
                    .zip(text("value"))
                    .map(|(a, b)| format!("{a}/{b}")),
                "flows" => text("name").zip(body.get("version").map_or(Some(1), Value::as_u64)).and_then(
                    |(name, version)| (1..=9).contains(&version).then(|| format!("{name}/{version}")),
                ),
                _ => text("name"),
            };
            let Some(id) = id else { return refused(400, "wrong") };
            if collection == "definitions" && text("owner").is_none() {
                return refused(400, "owner is required");
            }
            let is_lenient = wrong == "all";
            let has_nul = body["name"].as_str().is_some_and(|name| name.contains('\0'));
            let is_odd = if wrong.ends_with("having made") { has_nul } else { body.get("rank").is_none() };
            let breaks = is_odd && wrong.trim_end_matches(" having made") == collection;
            let is_ranked = body["rank"].is_i64() || body["rank"].is_u64();
            match () {
                () if breaks => {
                    if wrong.ends_with("having made") {
                        things.insert(format!("/{collection}/{id}"));
                    }
                    refused(500, "")
                }
                () if !is_lenient && (!is_ranked || !body.get("owner").is_none_or(Value::is_string)) => {
                    refused(400, "wrong")
                }
                () if !things.insert(format!("/{collection}/{id}")) => refused(409, "taken"),
                () if collection == "tags" => Reply::new(201, "", ""),
                () => Reply::new(200, "", ""),
            }
        }
        "GET" if path.starts_with("/flows/") => refused(405, "").with("Allow", "DELETE"),
        "GET" | "DELETE" if !things.contains(&path) => refused(404, ""),
        "GET" => Reply::json(200, "{}"),
        "DELETE" => {
            things.remove(&path);
            Reply::new(204, "", "")
        }
        _ if is_collection => refused(405, "").with("Allow", "GET, POST"),
        _ if path.starts_with("/flows/") => refused(405, "").with("Allow", "DELETE"),
        _ => refused(405, "").with("Allow", "GET, DELETE"),
    }
}

const OF_OTHERS: [&str; 3] = ["/tags/simple/a-tag", "/flows/theirs/1", "/definitions/theirs"];

fn run(wrong: &'static str) -> (Done, Value, BTreeSet<String>) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("tags.yaml"), DOCUMENT).unwrap();
    let import = ["import", "openapi", "tags.yaml", "--name", "tags", "--allow-writes"];
    done(failspec(folder.path()).args(import)).exits(0);
    done(failspec(folder.path()).args(["lint", "--packs", "."])).exits(0).says("0 errors, 0 warnings");
    let things = Arc::new(Mutex::new(BTreeSet::from(OF_OTHERS.map(str::to_owned))));
    let shared = Arc::clone(&things);
    let server = Server::start(move |asked| api(asked, &shared, wrong));
    let run = ["run", "tags", "--packs", ".", "--url", &server.url, "--report", "json=report.json"];
    let done = done(failspec(folder.path()).args(run));
    let report = fs::read_to_string(folder.path().join("report.json")).unwrap();
    let left = things.lock().unwrap().clone();
    (done, serde_json::from_str(&report).unwrap(), left)
}

#[test]
fn things_that_are_removed_by_what_was_sent_are_made_and_nothing_stays() {
    for (wrong, scenario) in [
        ("nothing", None),
        ("tags", Some("post_tags_rank_missing")),
        ("flows", Some("post_flows_rank_missing")),
        ("definitions", Some("post_definitions_rank_missing")),
        ("flows having made", Some("post_flows_name_with_nul")),
    ] {
        let (done, report, left) = run(wrong);
        assert_eq!(left, BTreeSet::from(OF_OTHERS.map(str::to_owned)), "{wrong}: {}", done.stdout);
        let cases = report["cases"].as_array().unwrap();
        let failed = cases.iter().filter(|case| !case["violations"].as_array().unwrap().is_empty());
        let failed: Vec<&str> =
            failed.filter_map(|case| case["name"].as_str()?.rsplit("::").next()).collect();
        assert_eq!(failed.first().copied(), scenario, "{wrong}: {failed:?}\n{}", done.stdout);
        assert_eq!(report["summary"]["inconclusive"], 0, "{wrong}: {}", done.stdout);
    }
}

/// A creation with 200 that answers nothing may be the first of its operation that makes something: it is known by the name that it sent.
#[test]
fn what_the_first_creation_makes_that_answers_nothing_is_removed() {
    for wrong in ["nothing", "all"] {
        let (done, _, left) = run(wrong);
        assert_eq!(left, BTreeSet::from(OF_OTHERS.map(str::to_owned)), "{wrong}: {}", done.stdout);
    }
    // What broke the server and was made all the same is removed, and said.
    let (done, ..) = run("flows having made");
    done.says("and what it should have created is there all the same: DELETE");
}
