//! Requests that a document allows and on which servers often break: each is asked, by few requests.

use std::{
    collections::BTreeMap,
    fs,
    sync::{Arc, Mutex},
};

use crate::support::{Done, Received, Reply, Server, done, failspec};
use serde_json::{Value, json};

/// Plans of owners, whose ids are UUIDs, which the document does not say.
const DOCUMENT: &str = r##"
openapi: 3.1.0
info: { title: Plans, version: "1" }
paths:
  /owners:
    get: { responses: { '200': { description: owners } } }
  /owners/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: string } }]
    get: { responses: { '200': { description: an owner }, '404': { description: none } } }
  /plans:
    get:
      parameters:
        - { name: sort, in: query, schema: { type: string } }
        - { name: tags, in: query, schema: { type: array, items: { type: string } } }
        - { name: created_after, in: query, schema: { type: string, format: date } }
        - { name: created_before, in: query, schema: { type: string, format: date } }
        - { name: recheck_all, in: query, schema: { type: string } }
      responses: { '200': { description: plans }, '400': { description: no } }
    post:
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Plan' } } } }
      responses: { '201': { description: made }, '400': { description: no } }
  /plans/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: string } }]
    get: { responses: { '200': { description: a plan }, '404': { description: none } } }
    delete: { responses: { '204': { description: gone }, '404': { description: none } } }
components:
  schemas:
    Plan:
      type: object
      required: [name]
      properties:
        name: { type: string }
        note: { type: string }
        steps: { type: array, items: { type: string } }
        owner_id: { type: string }
        owner_ids: { type: array, items: { type: string } }
        startTime: { type: string, format: date-time }
        endTime: { type: string, format: date-time }
"##;

type Plans = Arc<Mutex<BTreeMap<String, Value>>>;

fn is_uuid(text: &str) -> bool {
    text.len() == 36 && text.bytes().filter(|byte| *byte == b'-').count() == 4
}

/// The API; `wrong` is what breaks it.
fn api(asked: &Received, plans: &Plans, wrong: &str) -> Reply {
    let mut plans = plans.lock().unwrap();
    let (path, query) = asked.path_and_query();
    let query: BTreeMap<String, String> =
        url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let refused = |status: u16| Reply::json(status, "{}");
    let breaks = |what: &str, is_so: bool| what == wrong && is_so;
    let body: Option<Value> = serde_json::from_slice(&asked.body).ok();
    let body = body.unwrap_or_default();
    let is_text_or_absent = |name: &str| body.get(name).is_none_or(Value::is_string);
    let is_list = |name: &str| {
        let items = |value: &Value| value.as_array().is_some_and(|items| items.iter().all(Value::is_string));
        body.get(name).is_none_or(items)
    };
    let dates = |low: &str, high: &str| query.get(low).zip(query.get(high));
    match (asked.method.as_str(), path) {
        ("GET", "/owners") => Reply::json(200, "[]"),
        ("GET", "/plans") => {
            let is_date = |name: &str| query.get(name).is_none_or(|date| date.len() == 10);
            let is_broken = breaks("sort", query.contains_key("sort"))
                || breaks("tags", query.contains_key("tags"))
                || breaks("recheck", query.contains_key("recheck_all"))
                || breaks("equal", dates("created_after", "created_before").is_some_and(|(a, b)| a == b))
                || breaks("reversed", dates("created_after", "created_before").is_some_and(|(a, b)| a > b));
            match () {
                () if is_broken => refused(500),
                () if is_date("created_after") && is_date("created_before") => Reply::json(200, "[]"),
                () => refused(400),
            }
        }
        ("POST", "/plans") => {
            let has_null = body["steps"].as_array().is_some_and(|items| items.contains(&Value::Null));
            let known = ["name", "note", "steps", "owner_id", "owner_ids", "startTime", "endTime"];
            let further =
                body.as_object().is_some_and(|it| it.keys().any(|key| !known.contains(&key.as_str())));
            let is_broken = breaks("null body", body.is_null() && asked.body == b"null")
                || breaks("null item", has_null)
                || breaks("null member", body.get("note") == Some(&Value::Null))
                || breaks("null required member", body.get("name") == Some(&Value::Null))
                || breaks("owner", body.get("owner_id").is_some_and(Value::is_string))
                || breaks("owners", body["owner_ids"].get(0).is_some_and(Value::is_string))
                || breaks("further", further)
                || breaks(
                    "equal times",
                    body["startTime"].is_string() && body["startTime"] == body["endTime"],
                );
            let is_right = body.is_object()
                && body["name"].is_string()
                && ["note", "owner_id", "startTime", "endTime"].into_iter().all(is_text_or_absent)
                && ["steps", "owner_ids"].into_iter().all(is_list);
            match () {
                () if is_broken => refused(500),
                () if !is_right || body.get("owner_id").is_some() || !body["owner_ids"].is_null() => {
                    refused(400)
                }
                () => {
                    let id = format!("{:08x}-0000-4000-8000-000000000000", asked.number);
                    plans.insert(id.clone(), body);
                    Reply::json(201, json!({ "id": id }))
                }
            }
        }
        (method, path) => {
            let Some(id) = path.strip_prefix("/plans/") else { return refused(404) };
            match method {
                _ if breaks("unknown uuid", is_uuid(id) && !plans.contains_key(id)) => refused(500),
                "GET" | "DELETE" if !plans.contains_key(id) => refused(404),
                "GET" => Reply::json(200, plans[id].to_string()),
                "DELETE" => {
                    plans.remove(id);
                    Reply::new(204, "", "")
                }
                _ => refused(405).with("Allow", "GET, DELETE"),
            }
        }
    }
}

fn run(wrong: &'static str) -> (Done, Value, Vec<String>, usize) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("plans.yaml"), DOCUMENT).unwrap();
    let import = ["import", "openapi", "plans.yaml", "--name", "plans", "--allow-writes"];
    done(failspec(folder.path()).args(import)).exits(0).says("values of recheck_all");
    done(failspec(folder.path()).args(["lint", "--packs", "."])).exits(0).says("0 errors, 0 warnings");
    let plans = Plans::default();
    let shared = Arc::clone(&plans);
    let server = Server::start(move |asked| api(asked, &shared, wrong));
    let run = ["run", "plans", "--packs", ".", "--url", &server.url, "--report", "json=report.json"];
    let done = done(failspec(folder.path()).args(run));
    let report = fs::read_to_string(folder.path().join("report.json")).unwrap();
    let left = plans.lock().unwrap().len();
    (done, serde_json::from_str(&report).unwrap(), server.lines(), left)
}

fn broken(report: &Value) -> Vec<&str> {
    let cases = report["cases"].as_array().unwrap();
    let cases = cases.iter().filter(|case| !case["violations"].as_array().unwrap().is_empty());
    cases.map(|case| case["name"].as_str().unwrap().rsplit("::").next().unwrap()).collect()
}

#[test]
fn requests_on_which_servers_break_are_sent_and_found() {
    for (wrong, scenario) in [
        ("sort", "get_plans_sort_free_text"),
        ("tags", "get_plans_tags_free_text"),
        ("equal", "get_plans_created_after_equal_bounds"),
        ("reversed", "get_plans_created_after_reversed_bounds"),
        ("null body", "post_plans_body_null"),
        ("null item", "post_plans_steps_null_item"),
        ("null member", "post_plans_note_null"),
        ("null required member", "post_plans_name_null"),
        ("owner", "post_plans_owner_id_unknown"),
        ("owners", "post_plans_owner_ids_unknown"),
        ("further", "post_plans_body_further_member"),
        ("equal times", "post_plans_start_time_equal_bounds"),
        ("unknown uuid", "get_plans_id_unknown_id_of_the_same_form"),
        ("unknown uuid", "delete_plans_id_unknown_id_of_the_same_form"),
    ] {
        let (done, report, ..) = run(wrong);
        let found = broken(&report);
        assert!(found.contains(&scenario), "{wrong}: {found:?}\n{}", done.stdout);
        assert_eq!(done.code, 1, "{wrong}: {}", done.stdout);
    }
}

#[test]
fn an_api_that_bears_them_conforms_and_is_left_as_it_was() {
    let (done, report, lines, left) = run("nothing");
    assert_eq!((done.code, broken(&report)), (0, Vec::new()), "{}", done.stdout);
    assert_eq!(left, 0, "{}", done.stdout);
    assert!(!lines.iter().any(|line| line.contains("recheck_all")), "{lines:?}");
    let cases = report["cases"].as_array().unwrap().len();
    assert!(lines.len() <= cases * 25 / 10, "{} requests for {cases} cases", lines.len());
}
