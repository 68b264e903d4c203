//! The author's example of a body that the schema of the body forbids: where an API takes that alone, the run goes on with it.

use std::{
    collections::BTreeMap,
    fs,
    sync::{Arc, Mutex},
};

use crate::support::{Done, Received, Reply, Server, done, failspec};
use serde_json::{Value, json};

/// Settings by name. The schema describes one, and the example is a map of them.
const DOCUMENT: &str = r#"
openapi: 3.0.3
info: { title: Settings, version: "1" }
paths:
  /settings:
    post:
      requestBody:
        required: true
        content:
          application/json:
            schema: { type: object, required: [kind], properties: { kind: { type: string }, size: { type: integer } } }
            example: { new-setting: { kind: wide } }
      responses: { '201': { description: made }, '400': { description: no }, '409': { description: taken } }
  /settings/{settingId}:
    parameters: [{ name: settingId, in: path, required: true, schema: { type: string } }]
    get: { responses: { '200': { description: one }, '404': { description: none } } }
    delete: { summary: Delete a setting, responses: { '204': { description: gone }, '404': { description: none } } }
"#;

type Settings = Mutex<BTreeMap<String, Value>>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Takes {
    Schema,
    Example,
    /// The example, and it breaks when what was made is read.
    ExampleAndBreaks,
}

/// Returns the name and the value of what a request creates.
fn created(asked: &Received, takes: Takes) -> Option<(String, Value)> {
    let is_json = asked.header("content-type").is_some_and(|text| text == "application/json");
    let body: Value = serde_json::from_slice(&asked.body).ok().filter(|_| is_json)?;
    let members = body.as_object()?;
    if takes == Takes::Schema {
        let is_right = members.get("kind").is_some_and(Value::is_string)
            && members.get("size").is_none_or(|size| size.is_i64() || size.is_u64());
        return is_right.then(|| (asked.number.to_string(), body));
    }
    let (name, setting) = members.iter().next().filter(|_| members.len() == 1)?;
    setting["kind"].is_string().then(|| (name.clone(), setting.clone()))
}

fn api(asked: &Received, settings: &Settings, takes: Takes) -> Reply {
    let mut settings = settings.lock().unwrap();
    let id = asked.path.strip_prefix("/settings/").unwrap_or_default();
    match asked.method.as_str() {
        "POST" if asked.path == "/settings" => match created(asked, takes) {
            None => Reply::json(400, r#"{"message":"Bad Request"}"#),
            Some((name, _)) if settings.contains_key(&name) => Reply::json(409, "{}"),
            Some((name, setting)) => {
                settings.insert(name.clone(), setting);
                match takes {
                    Takes::Schema => Reply::json(201, json!({ "settingId": name })),
                    _ => Reply::json(201, json!(format!("made: {name}"))),
                }
            }
        },
        _ if asked.path == "/settings" => Reply::json(405, "{}").with("Allow", "POST"),
        "GET" | "HEAD" | "DELETE" if !settings.contains_key(id) => Reply::json(404, "{}"),
        "GET" | "HEAD" if takes == Takes::ExampleAndBreaks => Reply::json(500, "{}"),
        "GET" | "HEAD" => Reply::json(200, settings[id].to_string()),
        "DELETE" => {
            settings.remove(id);
            Reply::new(204, "", "")
        }
        _ => Reply::json(405, "{}").with("Allow", "GET, HEAD, DELETE"),
    }
}

fn run(takes: Takes) -> (Done, Vec<(String, String)>, usize) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("settings.yaml"), DOCUMENT).unwrap();
    let import = ["import", "openapi", "settings.yaml", "--name", "settings", "--allow-writes"];
    done(failspec(folder.path()).args(import)).exits(0);
    let settings = Arc::new(Settings::default());
    let shared = Arc::clone(&settings);
    let server = Server::start(move |asked| api(asked, &shared, takes));
    let run = ["run", "settings", "--packs", ".", "--url", &server.url, "--report", "json=report.json"];
    let done = done(failspec(folder.path()).args(run));
    let report = fs::read_to_string(folder.path().join("report.json")).unwrap();
    let report: Value = serde_json::from_str(&report).unwrap();
    let rows = report["finding_groups"].as_array().into_iter().flatten();
    let text = |row: &Value, key: &str| row[key].as_str().unwrap_or_default().to_owned();
    let rows = rows.map(|row| (text(row, "check"), text(row, "message"))).collect();
    let left = settings.lock().unwrap().len();
    (done, rows, left)
}

#[test]
fn an_example_that_the_schema_forbids_is_sent_where_the_schema_is_refused() {
    let (done, rows, left) = run(Takes::Example);
    assert_eq!(left, 0, "{}", done.stdout);
    let [(check, message)] = rows.as_slice() else { panic!("{}", done.stdout) };
    assert_eq!(check, "undeclared-requirement");
    assert!(message.ends_with("accepted with the author's example, which the schema forbids"), "{message}");
    // A fault in a body that is refused without it shows nothing.
    assert!(done.stdout.contains("a fault in that shows nothing"), "{}", done.stdout);
}

#[test]
fn what_is_wrong_behind_such_an_example_is_noticed() {
    let (done, rows, _) = run(Takes::ExampleAndBreaks);
    assert_eq!(done.code, 1, "{}", done.stdout);
    assert!(rows.iter().any(|(check, _)| check == "server-error"), "{}", done.stdout);
}

#[test]
fn an_api_that_takes_what_the_schema_allows_has_no_row() {
    let (done, rows, left) = run(Takes::Schema);
    assert_eq!((done.code, rows, left), (0, Vec::new(), 0), "{}", done.stdout);
}
