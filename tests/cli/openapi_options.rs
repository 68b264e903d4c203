//! Options and hints of `failspec import openapi`, and what it finds in examples, bodies and lists.

use std::{fs, sync::Mutex};

use crate::support::{Done, Received, Reply, Server, done, failspec};
use serde_json::{Value, json};

/// Boxes of owners, and an API key that operations need beside a token.
const DOCUMENT: &str = r##"
openapi: 3.1.0
info: { title: Boxes, version: "1" }
SECURITY
paths:
  /owners/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: string }, example: 6d1f2c1e-7c1f-4e0a-9d3a-0b5a1f2c3d4e }]
    get: { responses: { '200': { description: an owner }, '401': { description: who }, '404': { description: none } } }
  /boxes:
    get: { responses: { '200': { description: boxes }, '401': { description: who } } }
    post:
      requestBody:
        required: true
        content:
          application/json:
            example: { name: payroll, owner_id: 6d1f2c1e-7c1f-4e0a-9d3a-0b5a1f2c3d4e, note: kept, parts: [{ size: 3 }] }
            schema:
              type: object
              required: [name]
              properties:
                name: { type: string }
                owner_id: { type: string, format: uuid }
                note: { type: string }
                parts: { type: array, items: { type: object, required: [size], properties: { size: { type: integer, maximum: 9 } } } }
      responses: { '200': { description: made }, '401': { description: who }, '422': { description: no } }
components:
  securitySchemes:
    token: { type: http, scheme: bearer }
    key: { type: apiKey, in: header, name: X-Key }
"##;

fn imported(security: &str, more: &[&str]) -> (tempfile::TempDir, Done, String) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("boxes.yaml"), DOCUMENT.replace("SECURITY", security)).unwrap();
    let import = ["import", "openapi", "boxes.yaml", "--name", "boxes", "--allow-writes"];
    let import = done(failspec(folder.path()).args(import).args(more)).exits(0);
    done(failspec(folder.path()).args(["lint", "--packs", "."])).exits(0).says("0 errors, 0 warnings");
    let generated = fs::read_to_string(folder.path().join("scenarios/boxes/generated.yaml")).unwrap();
    (folder, import, generated)
}

/// The text of a scenario in a generated file.
fn scenario<'g>(generated: &'g str, name: &str) -> &'g str {
    let begin =
        generated.split(&format!("\n  {name}:\n")).nth(1).unwrap_or_else(|| panic!("no {name}: {generated}"));
    begin.split("\n  post_").next().unwrap().split("\n  get_").next().unwrap()
}

const TOKEN: &str = "security: [{ token: [] }]";

#[test]
fn credentials_that_no_operation_needs_are_hinted_at() {
    let hint = "--credentials sends them";
    imported("", &[]).1.says(hint);
    let (_, import, generated) = imported("", &["--credentials"]);
    import.never_says(hint);
    assert!(generated.contains("as: user"), "{generated}");
    imported("", &["--no-auth"]).1.never_says(hint);
    imported(TOKEN, &[]).1.never_says(hint);
}

#[test]
fn an_api_that_is_meant_to_be_open_is_asked_without_credentials() {
    let (.., generated) = imported(TOKEN, &[]);
    assert!(
        generated.contains("as: user") && generated.contains("get_boxes_without_credentials"),
        "{generated}"
    );
    let (.., generated) = imported(TOKEN, &["--no-auth"]);
    assert!(!generated.contains("as: user") && !generated.contains("credentials:"), "{generated}");
}

#[test]
fn one_large_body_is_sent_on_demand() {
    let large = "${fill(11000000)}";
    assert!(!imported("", &[]).2.contains(large));
    let (.., generated) = imported("", &["--large-body"]);
    assert_eq!(generated.matches(large).count(), 1, "{generated}");
}

#[test]
fn an_unknown_id_has_the_form_of_the_example() {
    let (.., generated) = imported("", &[]);
    assert!(scenario(&generated, "get_owners_id_unknown_id").contains("GET /owners/${uuid}"), "{generated}");
}

#[test]
fn what_an_example_refers_to_is_left_out_of_bodies_and_the_rest_is_kept() {
    let (.., generated) = imported("", &[]);
    let sent = scenario(&generated, "post_boxes_name_missing");
    assert!(!sent.contains("owner_id") && sent.contains("note: kept"), "{sent}");
    // A reference to nothing touches nothing of others.
    let sent = scenario(&generated, "post_boxes_owner_id_unknown");
    assert!(sent.contains("owner_id: f5a1c0de") && sent.contains("expect: no_server_error"), "{sent}");
}

/// Runs against an API that checks what the document says, and in `wrong` says what it does not check.
fn run(security: &str, wrong: &'static str, more: &[&str]) -> (Done, Value, Vec<Received>) {
    let (folder, ..) = imported(security, &[]);
    let next = Mutex::new(0);
    let server = Server::start(move |asked: &Received| {
        let has = |name: &str, value: &str| asked.header(name) == Some(value);
        let is_known = security_is_met(asked, wrong, &has);
        let body: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
        let is_part = |part: &Value| part["size"].as_i64().is_some_and(|size| size <= 9);
        let parts = body.get("parts");
        let are_parts = parts.is_none_or(|parts| parts.as_array().is_some_and(|it| it.iter().all(is_part)));
        let is_text = |name: &str| body.get(name).is_none_or(Value::is_string);
        let is_right = body["name"].is_string()
            && is_text("note")
            && is_text("owner_id")
            && (are_parts || wrong == "parts");
        match (asked.method.as_str(), asked.path.as_str()) {
            _ if !is_known => Reply::json(401, "{}").with("WWW-Authenticate", "Bearer"),
            ("GET", "/boxes") => Reply::json(200, "[]"),
            ("POST", "/boxes") if is_right || wrong == "all" => {
                let mut next = next.lock().unwrap();
                *next += 1;
                Reply::json(200, if wrong == "all" { json!({ "id": *next }) } else { json!({}) })
            }
            ("POST", "/boxes") => Reply::json(422, "{}"),
            ("GET", path) if path.starts_with("/owners/") => Reply::json(404, "{}"),
            _ => Reply::json(405, "{}").with("Allow", "GET"),
        }
    });
    let run = ["run", "boxes", "--packs", ".", "--url", &server.url, "--report", "json=report.json"];
    let done = done(failspec(folder.path()).env("TOKEN", "right").args(run).args(more));
    let report = fs::read_to_string(folder.path().join("report.json")).unwrap();
    (done, serde_json::from_str(&report).unwrap(), server.received())
}

fn security_is_met(asked: &Received, wrong: &str, has: &dyn Fn(&str, &str) -> bool) -> bool {
    match wrong {
        "both" => has("authorization", "Bearer right") && has("x-key", "right-key"),
        "token alone" => asked.header("authorization") == Some("Bearer right"),
        _ => true,
    }
}

fn violations(report: &Value) -> Vec<String> {
    let cases = report["cases"].as_array().unwrap();
    let broken = cases.iter().filter(|case| !case["violations"].as_array().unwrap().is_empty());
    broken.map(|case| case["name"].as_str().unwrap().rsplit("::").next().unwrap().to_owned()).collect()
}

#[test]
fn faults_within_the_items_of_a_list_are_sent_and_found() {
    let (done, report, _) = run("", "nothing", &[]);
    assert_eq!(violations(&report), Vec::<String>::new(), "{}", done.stdout);
    let (done, report, _) = run("", "parts", &[]);
    let found = violations(&report);
    for name in ["post_boxes_parts_size_missing", "post_boxes_parts_size_above_maximum"] {
        assert!(found.contains(&name.to_owned()), "{found:?}\n{}", done.stdout);
    }
}

/// Nothing removes it, and the status does not say that it is new: it is listed.
#[test]
fn what_an_accepted_fault_created_with_200_is_listed() {
    run("", "all", &[]).0.says("it was not rejected, and no teardown removed what it created");
    // A success that names nothing has created nothing.
    run("", "parts", &[]).0.never_says("no teardown removed what it created");
}

#[test]
fn two_credentials_at_once_are_sent_and_each_is_tested() {
    const BOTH: &str = "security: [{ token: [], key: [] }]";
    let given = ["--role", "user=bearer:env:TOKEN", "--var", "x_key=right-key"];
    let (_, import, generated) = imported(BOTH, &[]);
    import.never_says("at once").says("--var x_key=");
    assert!(generated.contains("X-Key: \"${x_key}\""), "{generated}");
    let (done, report, received) = run(BOTH, "both", &given);
    assert_eq!(violations(&report), Vec::<String>::new(), "{}", done.stdout);
    let sends = |key: bool, token: bool| {
        let is_it = |asked: &&Received| {
            asked.header("x-key").is_some() == key && asked.header("authorization").is_some() == token
        };
        received.iter().any(|asked| is_it(&asked))
    };
    assert!(sends(true, true) && sends(false, true) && sends(false, false));
    // An API that looks at one of them only.
    let (done, report, _) = run(BOTH, "token alone", &given);
    let found = violations(&report);
    assert!(found.contains(&"get_boxes_without_credential_key".to_owned()), "{found:?}\n{}", done.stdout);
    // Without a value, nothing is sent that would only be refused.
    let (done, report, _) = run(BOTH, "both", &given[..2]);
    assert_eq!(violations(&report), Vec::<String>::new(), "{}", done.stdout);
    done.says("variable  x_key");
}

#[test]
fn an_operation_that_declares_401_and_forgets_its_security_is_asked_with_the_credentials_of_the_others() {
    let document = json!({
        "openapi": "3.1.0", "info": { "title": "Boxes", "version": "1" },
        "components": { "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } } },
        "paths": {
            "/boxes": { "get": { "security": [{ "token": [] }], "responses": { "200": { "description": "all" } } } },
            "/agent_sessions": { "get": { "responses": { "200": { "description": "all" }, "401": { "description": "who" } } } },
            "/session": { "get": { "responses": { "200": { "description": "one" }, "401": { "description": "who" } } } },
            "/auth/token": { "get": { "responses": { "200": { "description": "one" }, "401": { "description": "who" } } } },
            "/open": { "get": { "responses": { "200": { "description": "all" } } } },
        },
    });
    let imported = |document: &Value| {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("boxes.json"), document.to_string()).unwrap();
        let import =
            done(failspec(folder.path()).args(["import", "openapi", "boxes.json", "--name", "boxes"]))
                .exits(0);
        let generated = fs::read_to_string(folder.path().join("scenarios/boxes/generated.yaml")).unwrap();
        (import, generated)
    };
    let (import, generated) = imported(&document);
    let carries = |name: &str| scenario(&generated, name).contains("as: user");
    for (operation, expected) in [
        ("get_boxes", true),
        ("get_agent_sessions", true),
        ("get_session", false),
        ("get_auth_token", false),
        ("get_open", false),
    ] {
        assert_eq!(carries(&format!("{operation}_valid")), expected, "{operation}: {generated}");
    }
    // What no rule says is not asked, and that is told.
    assert!(!generated.contains("get_agent_sessions_without_credentials"), "{generated}");
    import.says("declares 401 and no `security`").says("GET /agent_sessions (without credentials)");
    // Where no operation has any, there is no role.
    let mut without = document;
    without["paths"]["/boxes"]["get"]["security"] = json!([]);
    assert!(!imported(&without).1.contains("as: user"));
}

#[test]
fn nothing_is_made_in_a_thing_of_others_unless_the_path_names_it_by_a_value_of_the_user() {
    let id = || json!({ "type": "integer" });
    let thing = |more: Value| {
        let mut schema =
            json!({ "type": "object", "properties": { "id": id(), "name": { "type": "string" } } });
        schema["properties"].as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({ "application/json": { "schema": schema } })
    };
    let list = || {
        let item = json!({ "type": "object", "properties": { "id": id() } });
        json!({ "application/json": { "schema": { "type": "array", "items": item } } })
    };
    let parameter = |name: &str| json!({ "name": name, "in": "path", "required": true, "schema": id() });
    let gone = json!({ "responses": { "204": { "description": "gone" } } });
    let create = |more: Value, required: &[&str]| {
        let mut content = thing(more);
        content["application/json"]["schema"]["required"] = json!(required);
        json!({
            "requestBody": { "required": true, "content": content },
            "responses": { "201": { "description": "made", "content": thing(json!({})) }, "400": { "description": "no" } }
        })
    };
    let all = || json!({ "responses": { "200": { "description": "all", "content": list() } } });
    let document = json!({
        "openapi": "3.1.0", "info": { "title": "Projects", "version": "1" },
        "paths": {
            "/kinds": { "get": all() },
            "/projects": { "get": all(), "post": create(json!({}), &["name"]) },
            "/projects/{project_id}": { "parameters": [parameter("project_id")], "delete": gone },
            "/projects/{project_id}/keys": {
                "parameters": [parameter("project_id")],
                "post": create(json!({ "project_id": id() }), &["name", "project_id"])
            },
            "/projects/{project_id}/keys/{key_id}": {
                "parameters": [parameter("project_id"), parameter("key_id")], "delete": gone
            },
            "/tasks": { "post": create(json!({ "project_id": id(), "kind": id() }), &["name", "project_id"]) },
            "/tasks/{task_id}": { "parameters": [parameter("task_id")], "delete": gone },
            "/notes": { "post": create(json!({ "project": id(), "kind": id() }), &["name"]) },
            "/notes/{note_id}": { "parameters": [parameter("note_id")], "delete": gone },
        },
    });
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("projects.json"), document.to_string()).unwrap();
    let import = ["import", "openapi", "projects.json", "--name", "projects", "--allow-writes"];
    done(failspec(folder.path()).args(import).args(["--value", "project_id=17"])).exits(0);
    let read = |file: &str| fs::read_to_string(folder.path().join(file)).unwrap();
    let generated = read("scenarios/projects/generated.yaml");
    let bodies = |request: &str| {
        let lines: Vec<&str> = generated.lines().collect();
        let sent = lines.windows(2).filter(|pair| pair[0].trim_start_matches("- ").trim() == request);
        sent.map(|pair| pair[1].trim().to_owned()).collect::<std::collections::BTreeSet<String>>()
    };
    let of = |request: &str, member: &str| {
        let found = bodies(request);
        assert!(!found.is_empty(), "{request}: {generated}");
        found.iter().filter(|body| body.contains(member)).count() * 2 > found.len()
    };
    assert!(of("request: POST /projects/17/keys", "project_id: 17"), "{generated}");
    assert!(of("request: POST /tasks", "project_id: \"${made}\""), "{generated}");
    // What the run cannot make, it takes from what is there; what it can make, it does not.
    let contract = read("schemas/projects/contract.yaml");
    let listed = contract.split("listed_values:").nth(1).unwrap_or_default();
    assert!(listed.contains("kind:"), "{contract}");
    assert!(!listed.contains("project:"), "{contract}");
}
