//! Things that an imported pack creates are known by the right id: that of the response, that which was sent, or that of the
//! address.

use std::{collections::BTreeMap, sync::Mutex};

use serde_json::{Value, json};

use crate::support::{Done, Received, Reply, Server, done, failspec};

/// A group is created at its own address; a feature of it is known by its name, and its response also says who made it; a version
/// is known by a member of its own; a label by the text that was sent, since the response has no body. `level` is a setting. A client
/// chooses its id, or none, and `Location` has it as it is; a thread is made with 200, and the server chooses its id.
const DOCUMENT: &str = r#"
openapi: 3.0.3
info: { title: Features, version: "1" }
paths:
  /groups/{name}:
    parameters: [{ name: name, in: path, required: true, schema: { type: string } }]
    post: { responses: { '201': { description: made }, '409': { description: there } } }
    get: { responses: { '200': { description: one }, '404': { description: absent } } }
    delete: { responses: { '204': { description: gone }, '404': { description: absent } } }
  /groups/{name}/features:
    parameters: [{ name: name, in: path, required: true, schema: { type: string } }]
    post:
      requestBody: { required: true, content: { application/json: { schema: { type: object, required: [name], properties: { name: { type: string } } } } } }
      responses:
        '201':
          description: made
          content:
            application/json:
              schema:
                type: object
                properties:
                  createdBy: { type: object, properties: { id: { type: integer }, name: { type: string } } }
                  name: { type: string }
        '404': { description: absent }
  /groups/{name}/features/{featureName}:
    parameters:
      - { name: name, in: path, required: true, schema: { type: string } }
      - { name: featureName, in: path, required: true, schema: { type: string } }
    get: { responses: { '200': { description: one }, '404': { description: absent } } }
    delete: { responses: { '204': { description: gone }, '404': { description: absent } } }
  /versions:
    post:
      requestBody: { required: true, content: { application/json: { schema: { type: object, required: [name], properties: { name: { type: string } } } } } }
      responses:
        '201': { description: made, content: { application/json: { schema: { type: object } } } }
  /versions/{versionExpression}:
    parameters: [{ name: versionExpression, in: path, required: true, schema: { type: string } }]
    get: { responses: { '200': { description: one }, '404': { description: absent } } }
    delete: { responses: { '204': { description: gone }, '404': { description: absent } } }
  /labels:
    post:
      requestBody: { required: true, content: { application/json: { schema: { type: object, required: [label], properties: { label: { type: string } } } } } }
      responses: { '201': { description: made } }
  /labels/{label}:
    parameters: [{ name: label, in: path, required: true, schema: { type: string } }]
    get: { responses: { '200': { description: one }, '404': { description: absent } } }
    delete: { responses: { '204': { description: gone }, '404': { description: absent } } }
  /clients:
    post:
      requestBody: { required: true, content: { application/json: { schema: { type: object, properties: { client_id: { type: string } } } } } }
      responses:
        '201': { description: made, content: { application/json: { schema: { type: object, properties: { client_id: { type: string } } } } } }
  /clients/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: string } }]
    get: { responses: { '200': { description: one }, '404': { description: absent } } }
    delete: { responses: { '204': { description: gone }, '404': { description: absent } } }
  /threads:
    post:
      operationId: createThread
      requestBody: { required: true, content: { application/json: { schema: { type: object, properties: { keep: { type: boolean } } } } } }
      responses:
        '200': { description: made, content: { application/json: { schema: { type: object, properties: { thread_id: { type: string, format: uuid } } } } } }
  /threads/{thread_id}:
    parameters: [{ name: thread_id, in: path, required: true, schema: { type: string, format: uuid } }]
    get: { responses: { '200': { description: one }, '404': { description: absent } } }
    delete: { responses: { '204': { description: gone }, '404': { description: absent } } }
  /settings:
    post:
      requestBody: { required: true, content: { application/json: { schema: { type: object, required: [level, value], properties: { level: { type: string, enum: [LOW, HIGH] }, value: { type: string } } } } } }
      responses: { '204': { description: set } }
  /settings/{level}:
    parameters: [{ name: level, in: path, required: true, schema: { type: string, enum: [LOW, HIGH] } }]
    get: { responses: { '200': { description: one }, '404': { description: absent } } }
    delete: { responses: { '204': { description: gone }, '404': { description: absent } } }
"#;

type There = std::sync::Arc<Mutex<BTreeMap<String, u32>>>;

fn make(there: &mut BTreeMap<String, u32>, path: String, reply: Reply) -> Reply {
    there.insert(path, 0);
    reply
}

fn encoded(text: &str) -> String {
    text.replace('/', "%2F")
}

/// Makes a client, with its own id if it has one. Returns its path and the response.
fn client(body: Option<&Value>, next: u32) -> Option<(String, Reply)> {
    let own = body?.get("client_id");
    if !own.is_none_or(Value::is_string) {
        return None;
    }
    let own = own.and_then(Value::as_str).filter(|id| !id.is_empty());
    let id = own.map_or_else(|| format!("c{next}"), str::to_owned);
    let reply = Reply::json(201, json!({ "client_id": id }));
    // A header holds no NUL and no letters beyond ASCII.
    let is_plain = id.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
    let reply = if is_plain { reply.with("Location", &format!("/clients/{id}")) } else { reply };
    Some((format!("/clients/{}", encoded(&id)), reply))
}

/// Makes a thread, whose id the server chooses. Returns its path and the response.
fn thread(body: Option<&Value>, next: u32) -> Option<(String, Reply)> {
    body?.get("keep").is_none_or(Value::is_boolean).then(|| {
        let id = format!("00000000-0000-4000-8000-{next:012}");
        (format!("/threads/{id}"), Reply::json(200, json!({ "thread_id": id })))
    })
}

/// The API as documented; with `ignores_groups`, a feature may be read by way of any group that is there.
fn server(ignores_groups: bool) -> (Server, There) {
    let there = There::default();
    let (own, count) = (std::sync::Arc::clone(&there), Mutex::new(0));
    let server = Server::start(move |request: &Received| {
        let mut there = own.lock().unwrap();
        let path = request.path.split('?').next().unwrap_or_default();
        // A `/` within an id stays as it is written.
        let path = path.replace("%2F", "%252F").replace("%2f", "%252F");
        let path = percent_encoding::percent_decode_str(&path).decode_utf8_lossy().into_owned();
        let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
        let body: Option<Value> = serde_json::from_slice(&request.body).ok().filter(Value::is_object);
        let is_json = request.header("content-type").is_none_or(|it| it.starts_with("application/json"));
        let text = |name: &str| body.as_ref()?.get(name)?.as_str().map(str::to_owned);
        let refused = || Reply::json(400, "{}");
        let absent = || Reply::json(404, "{}");
        match (request.method.as_str(), parts.as_slice()) {
            ("POST", ["groups", _]) if there.contains_key(&path) => Reply::json(409, "{}"),
            ("POST", ["groups", _]) => make(&mut there, path, Reply::new(201, "text/plain", "")),
            ("POST", ["groups", group, "features"]) => match text("name").filter(|_| is_json) {
                _ if !there.contains_key(&format!("/groups/{group}")) => absent(),
                None => refused(),
                Some(name) => make(
                    &mut there,
                    format!("{path}/{}", encoded(&name)),
                    Reply::json(201, json!({ "createdBy": { "id": 1, "name": "x" }, "name": name })),
                ),
            },
            ("POST", ["versions"]) => match text("name").filter(|_| is_json) {
                None => refused(),
                Some(_) => {
                    let mut count = count.lock().unwrap();
                    *count += 1;
                    make(
                        &mut there,
                        format!("/versions/{count}.0"),
                        Reply::json(201, json!({ "version": format!("{count}.0"), "globalId": 7 })),
                    )
                }
            },
            ("POST", ["labels"]) => match text("label").filter(|text| is_json && !text.is_empty()) {
                None => refused(),
                Some(label) => make(
                    &mut there,
                    format!("/labels/{}", encoded(&label)),
                    Reply::new(201, "text/plain", ""),
                ),
            },
            ("POST", ["clients" | "threads"]) => {
                *count.lock().unwrap() += 1;
                let next = *count.lock().unwrap();
                let body = body.as_ref().filter(|_| is_json);
                let made = if parts == ["clients"] { client(body, next) } else { thread(body, next) };
                made.map_or_else(refused, |(path, reply)| make(&mut there, path, reply))
            }
            ("POST", ["settings"]) => {
                make(&mut there, "/settings/LOW".to_owned(), Reply::new(204, "text/plain", ""))
            }
            ("GET" | "DELETE", ["groups", group, "features", name]) => {
                let any = there.keys().any(|key| key.ends_with(&format!("/features/{name}")));
                let is_there = there.contains_key(&path)
                    || ignores_groups && any && there.contains_key(&format!("/groups/{group}"));
                match (is_there, request.method.as_str()) {
                    (false, _) => absent(),
                    (true, "GET") => Reply::json(200, "{}"),
                    (true, _) => {
                        there.retain(|key, _| !key.ends_with(&format!("/features/{name}")));
                        Reply::new(204, "text/plain", "")
                    }
                }
            }
            ("GET", [_, _]) if there.contains_key(&path) || path == "/settings/LOW" => Reply::json(200, "{}"),
            ("DELETE", [_, _]) if there.remove(&path).is_some() => Reply::new(204, "text/plain", ""),
            ("GET" | "DELETE", [_, _]) => absent(),
            (_, ["groups" | "versions" | "labels" | "settings" | "clients" | "threads", ..]) => {
                Reply::json(405, "{}").with("Allow", "GET, POST, DELETE")
            }
            _ => absent(),
        }
    });
    (server, there)
}

fn run(server: &Server) -> (Done, Value) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("features.yaml"), DOCUMENT).unwrap();
    let import = ["import", "openapi", "features.yaml", "--name", "features", "--allow-writes"];
    done(failspec(folder.path()).args(import)).exits(0);
    let mut command = failspec(folder.path());
    command.args(["run", "features", "--packs", ".", "--url", &server.url, "--report", "json=r.json"]);
    let done = done(&mut command);
    let report = std::fs::read_to_string(folder.path().join("r.json")).unwrap();
    (done, serde_json::from_str(&report).unwrap())
}

fn cases(report: &Value) -> &[Value] {
    report["cases"].as_array().map(Vec::as_slice).unwrap_or_default()
}

#[test]
fn things_are_known_by_the_ids_that_they_have() {
    let (server, there) = server(false);
    // The id of another client is how one of the run's ends.
    let of_others = "/clients/a b%2".to_owned();
    there.lock().unwrap().insert(of_others.clone(), 0);
    let (done, report) = run(&server);
    let inconclusive = cases(&report).iter().filter(|case| case["outcome"] == "inconclusive");
    let inconclusive: Vec<String> =
        inconclusive.map(|case| format!("{} {}", case["name"], case["reason"])).collect();
    assert!(inconclusive.is_empty(), "{inconclusive:#?}");
    let failed: Vec<&Value> = cases(&report).iter().filter(|case| case["outcome"] == "failed").collect();
    assert!(failed.is_empty(), "{} {failed:#?}", done.all());
    let left: Vec<&Value> =
        cases(&report).iter().flat_map(|case| case["left_behind"].as_array()).flatten().collect();
    assert!(left.is_empty(), "{left:?}");
    assert_eq!(there.lock().unwrap().keys().collect::<Vec<_>>(), [&of_others]);
    // A setting of the whole system is none of the run's things.
    assert!(!server.lines().iter().any(|line| line == "POST /settings"), "{:?}", server.lines());
    for operation in [
        "GET /groups/{name}/features/{featureName}",
        "GET /versions/{versionExpression}",
        "GET /labels/{label}",
        "POST /groups/{name}",
        "GET /clients/{id}",
        "GET /threads/{thread_id}",
    ] {
        let passed = |case: &&Value| case["operation"] == operation && case["outcome"] == "passed";
        assert!(cases(&report).iter().filter(passed).count() > 0, "{operation}");
    }
}

#[test]
fn a_feature_that_any_group_shows_is_found() {
    let (server, _) = server(true);
    let (_, report) = run(&server);
    let groups = report["finding_groups"].as_array().cloned().unwrap_or_default();
    assert!(groups.iter().any(|group| group["fault"] == "another_parent"), "{groups:#?}");
}
