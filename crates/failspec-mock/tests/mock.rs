//! The responses of a mock, without a server.

use std::sync::Arc;

use failspec_mock::{Mock, Request, Response};
use failspec_pack::pack::{Files, Pack};
use serde_json::{Value, json};

const CONTRACT: &str = r#"
contract: shop
as_of: 2026-11-20
success: { status: 2xx, match: { /data: { type: object } } }
envelope:
  media_type: application/problem+json
  code: /error/code
  message: /error/text
  request_id: { header: X-Request-Id, pattern: '^[0-9a-f]{8}$' }
  status: /error/status
  schema: { type: object, required: [error], properties: { error: { type: object, required: [status, at], properties: { status: { type: string }, at: { type: string, format: date-time } } } } }
requires:
  roles: { reader: may read, reader-admin: may do anything }
  variables: { shelf: a shelf that exists }
  conditions: { down: the store is down }
operations:
  get_item: GET /shelves/{shelf}/items/{item}
  add_item: POST /shelves/{shelf}/items
failures:
  - { id: not_found, status: 404, code: not_found, summary: There is no such item }
  - { id: unauthorized, status: 401, code: unauthorized, summary: No token }
  - { id: forbidden, status: 403, code: forbidden, summary: Readers do not write }
  - { id: invalid, status: 422, code: 42, summary: A member is wrong, causes: [no_name, bad_size], names: /error/field }
  - { id: exists, status: 409, code: exists, summary: There is such an item already, precedes: [invalid] }
  - { id: slow_down, status: 429, code: any, summary: Too fast, headers: { X-Left: { const: "0" } }, retry_after: [{ header: Retry-After, as: seconds }, { pointer: /error/wait, as: milliseconds }] }
  - { id: down, status: 5xx, code: down, summary: Nothing works, condition: down, envelope: { media_type: text/plain, schema: null, message: null, status: null, code: { text: '^\[(\w+)\]' } } }
  - { id: elsewhere, status: 400, code: other, summary: Code in a header, envelope: { code: { header: X-Error, parameter: error } } }
"#;

const SCENARIOS: &str = r#"
contract: shop
scenarios:
  absent: { triggers: not_found, as: reader, request: get_item, path: { item: "absent-${unique}" }, control: { path: { item: "1" } } }
  no_token: { triggers: unauthorized, request: get_item, path: { item: "1" }, control: { as: reader } }
  reader_writes: { triggers: forbidden, as: reader, request: add_item, json: { name: "${unique}", size: 1 }, control: { as: reader-admin } }
  no_name: { triggers: invalid/no_name, as: reader-admin, request: add_item, json: { size: 1 }, control: { json: { name: "${unique}", size: 1 } } }
  bad_size:
    triggers: invalid/bad_size
    as: reader-admin
    request: add_item
    json: { name: "${unique}", size: "${size}" }
    expect: { body: { /error/text: { const: A size is a number } } }
    each: { negative: { size: -1 }, text: { size: many } }
    control: { json: { name: "${unique}", size: 1 } }
  twice:
    triggers: exists
    as: reader-admin
    setup: [{ request: add_item, json: { name: "${unique}", size: 1 }, capture: { id: /data/id } }]
    request: add_item
    json: { name: "${unique}", size: 1 }
    control: { setup: null }
  while_down: { triggers: down, as: reader, request: get_item, path: { item: "1" } }
"#;

fn mock() -> Mock {
    let texts = [("schemas/shop/contract.yaml", CONTRACT), ("scenarios/shop/shop.yaml", SCENARIOS)];
    let texts = texts.map(|(path, text)| (path.to_owned(), text.to_owned()));
    let pack = Pack::from_texts(&Files::Directory(".".into()), "shop", texts).unwrap();
    Mock::new(Arc::new(pack)).unwrap()
}

fn send(mock: &Mock, line: &str, headers: &[(&str, &str)], body: Option<Value>) -> Response {
    let (method, path) = line.split_once(' ').unwrap();
    let mut headers: Vec<(String, String)> =
        headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    if body.is_some() {
        headers.push(("content-type".to_owned(), "application/json".to_owned()));
    }
    mock.respond(&Request {
        method: method.to_owned(),
        path: path.to_owned(),
        query: None,
        headers,
        body: body.map(|body| body.to_string()).unwrap_or_default().into(),
    })
}

fn body(response: &Response) -> Value {
    serde_json::from_slice(&response.bytes()).unwrap()
}

#[test]
fn requests_of_scenarios_get_their_failures_and_controls_a_success() {
    let mock = mock();
    let reader = ("authorization", "Bearer mock-reader");
    let admin = ("authorization", "Bearer mock-reader-admin");
    let item = |name: &str, size: Value| Some(json!({"name": name, "size": size}));
    for (line, header, sent, status) in [
        ("GET /shelves/mock-shelf/items/absent-failspec-ab-1", Some(reader), None, 404),
        ("GET /shelves/mock-shelf/items/1", Some(reader), None, 200),
        // Whatever the shelf of a real target is called.
        ("GET /shelves/s7/items/absent-failspec-ab-2", Some(reader), None, 404),
        ("GET /shelves/s7/items/1", Some(reader), None, 200),
        ("GET /shelves/s7/items/1", None, None, 401),
        ("POST /shelves/mock-shelf/items", Some(reader), item("failspec-ab-3", json!(1)), 403),
        ("POST /shelves/mock-shelf/items", Some(admin), item("failspec-ab-4", json!(1)), 200),
        // The same creation once more.
        ("POST /shelves/mock-shelf/items", Some(admin), item("failspec-ab-4", json!(1)), 409),
        ("POST /shelves/mock-shelf/items", Some(admin), Some(json!({"size": 1})), 422),
        ("POST /shelves/mock-shelf/items", Some(admin), item("failspec-ab-5", json!(-1)), 422),
        ("POST /shelves/mock-shelf/items", Some(admin), item("failspec-ab-6", json!("many")), 422),
        // No scenario sends these.
        ("GET /shelves/s7/items/2", Some(reader), None, 200),
        ("PATCH /shelves/s7/items/2", Some(reader), None, 405),
        ("GET /nowhere", Some(reader), None, 404),
    ] {
        let response = send(&mock, line, header.as_slice(), sent.clone());
        assert_eq!(response.status, status, "{line} {sent:?}: {response:?}");
        if status == 405 {
            assert_eq!(response.header("allow"), Some("GET"), "{response:?}");
        }
    }
}

#[test]
fn failures_are_brought_about_as_the_contract_documents_them() {
    let mock = mock();
    let ask = |prefer: &str| send(&mock, "GET /anything", &[("Prefer", prefer)], None);
    for prefer in ["failure=not_found", "failure=\"not_found\"", "respond-async, failure=not_found"] {
        let response = ask(prefer);
        assert_eq!(response.status, 404, "{prefer}");
        assert_eq!(response.header("preference-applied"), Some("failure=not_found"), "{prefer}");
        assert_eq!(response.header("content-type"), Some("application/problem+json"), "{prefer}");
        let expected = json!({
            "status": "404", "at": "2024-01-31T12:00:00Z", "text": "There is no such item", "code": "not_found",
        });
        assert_eq!(body(&response), json!({ "error": expected }), "{prefer}");
    }
    // The code, as it is written in a header.
    assert_eq!(ask("failure=42").status, 422);
    // Causes and rows have the message that their scenario documents.
    let text = |prefer: &str| body(&ask(prefer))["error"]["text"].clone();
    assert_eq!(text("failure=invalid"), "A member is wrong");
    assert_eq!(text("failure=invalid; cause=bad_size"), "A size is a number");
    assert_eq!(text("failure=\"invalid/bad_size\""), "A size is a number");
    assert_eq!(body(&ask("failure=invalid; cause=bad_size"))["error"]["field"], "size");
    assert_eq!(body(&ask("failure=invalid; cause=no_name"))["error"]["field"], "name");
    let wait = ask("failure=slow_down");
    assert_eq!((wait.header("retry-after"), wait.header("x-left")), (Some("1"), Some("0")));
    assert_eq!(body(&wait)["error"]["wait"], 1000);
    let down = ask("failure=down");
    assert_eq!((down.status, down.bytes()), (500, b"[down] Nothing works".to_vec()));
    assert_eq!(ask("failure=elsewhere").header("x-error"), Some("Bearer error=\"other\""));
    // Request ids have the documented format, and differ.
    let ids =
        [ask("failure=down"), ask("failure=down")].map(|it| it.header("x-request-id").unwrap().to_owned());
    assert!(ids[0] != ids[1] && ids.iter().all(|id| id.len() == 8), "{ids:?}");
}

#[test]
fn preference_that_names_nothing_is_refused_with_a_list() {
    let mock = mock();
    for prefer in [
        "failure=nope",
        "failure",
        "failure=invalid; cause=nope",
        "failure=invalid; row=nope",
        "failure=\"not_found/x\"",
    ] {
        let response = send(&mock, "GET /shelves/s/items/1", &[("Prefer", prefer)], None);
        assert_eq!(response.status, 400, "{prefer}");
        let listed = body(&response)["failures"].as_array().unwrap().len();
        assert_eq!(listed, 8, "{prefer}");
        assert_eq!(response.header("preference-applied"), None, "{prefer}");
    }
    // Preferences of others are ignored.
    let others = send(&mock, "GET /shelves/s/items/1", &[("Prefer", "wait=10"), ("X-Key", "k")], None);
    assert_eq!(others.status, 200);
}

#[test]
fn scenarios_that_cannot_be_played_are_named() {
    let mock = mock();
    let named: Vec<String> = mock.unplayed().iter().map(|it| format!("{}: {}", it.name, it.reason)).collect();
    assert_eq!(named, ["shop::down::while_down: needs the condition down"]);
    let file = failspec_mock::target_file(mock.pack(), "http://127.0.0.1:1", None);
    for line in [
        "roles.reader = { bearer = \"mock-reader\" }",
        "variables.shelf = \"mock-shelf\"",
        "conditions.down = { headers = { Prefer = \"failure=down\" } }",
    ] {
        assert!(file.contains(line), "{file}");
    }
}
