//! Things that were there before a run stay as they are, also where the server takes a wrong request for a change of them.

use std::{
    collections::BTreeMap,
    fs,
    sync::{Arc, Mutex},
};

use crate::support::{Received, Reply, Server, done, failspec};
use serde_json::{Value, json};

/// Authors, of whom a creation may name the id, and posts that nothing creates, with versions to which they can be set back.
const DOCUMENT: &str = r##"
openapi: 3.0.3
info: { title: Authors, version: "1" }
paths:
  /authors:
    get: { responses: { '200': { description: authors, content: { application/json: { schema: { type: array, items: { $ref: '#/components/schemas/Author' } } } } } } }
    post:
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Author' } } } }
      responses: { '201': { description: made, content: { application/json: { schema: { $ref: '#/components/schemas/Author' } } } }, '400': { description: no } }
  /authors/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: integer, minimum: 1 } }]
    get: { responses: { '200': { description: an author, content: { application/json: { schema: { $ref: '#/components/schemas/Author' } } } }, '400': { description: no }, '404': { description: none } } }
    put:
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Author' } } } }
      responses: { '200': { description: changed, content: { application/json: { schema: { $ref: '#/components/schemas/Author' } } } }, '400': { description: no }, '404': { description: none } }
    delete: { responses: { '204': { description: gone }, '400': { description: no }, '404': { description: none } } }
  /posts/{pid}/versions/{since}:
    parameters: [{ name: pid, in: path, required: true, schema: { type: string }, example: 2 }, { name: since, in: path, required: true, schema: { type: integer } }]
    put: { responses: { '200': { description: set back }, '404': { description: none } } }
    delete: { responses: { '200': { description: gone }, '404': { description: none } } }
  /dns_config:
    get: { responses: { '200': { description: parameters, content: { application/json: { schema: { type: object } } } } } }
    post:
      summary: Set the parameters
      requestBody: { required: true, content: { application/json: { schema: { type: object, properties: { servers: { type: array, items: { type: string } } } } } } }
      responses: { '200': { description: set }, '400': { description: no } }
components:
  schemas:
    Author: { type: object, required: [name], properties: { id: { type: integer, nullable: true, minimum: 1 }, name: { type: string } } }
"##;

/// The API, with the names of authors by id. It takes a creation with the id of an author for a change, and does not look at versions.
fn api(asked: &Received, authors: &Mutex<BTreeMap<i64, String>>, touched: &Mutex<Vec<String>>) -> Reply {
    let mut authors = authors.lock().unwrap();
    let method = if asked.method == "HEAD" { "GET" } else { &asked.method };
    let body: Option<Value> = serde_json::from_slice(&asked.body).ok();
    let segments: Vec<&str> = asked.path.trim_start_matches('/').split('/').collect();
    let author = |id: i64, name: &str| json!({ "id": id, "name": name });
    match (method, segments.as_slice()) {
        ("GET", ["authors"]) => {
            let all: Vec<Value> = authors.iter().map(|(id, name)| author(*id, name)).collect();
            Reply::json(200, Value::from(all))
        }
        ("POST" | "PUT", ["authors", ..]) => {
            let Some(body) = body else { return Reply::json(400, "{}") };
            let Some(name) = body["name"].as_str() else { return Reply::json(400, "{}") };
            let said = &body["id"];
            let said = said.as_i64().or_else(|| said.as_str()?.parse().ok());
            let of_path = segments.get(1).map(|id| id.parse::<i64>().ok());
            let id = match of_path {
                Some(id) => match id.filter(|id| authors.contains_key(id)) {
                    Some(id) => said.unwrap_or(id),
                    None => return Reply::json(404, "{}"),
                },
                None => said.unwrap_or(100 + asked.number as i64),
            };
            authors.insert(id, name.to_owned());
            Reply::json(if method == "POST" { 201 } else { 200 }, author(id, name))
        }
        ("GET" | "DELETE", ["authors", id]) => match id.parse::<i64>() {
            Err(_) => Reply::json(400, "{}"),
            Ok(id) if !authors.contains_key(&id) => Reply::json(404, "{}"),
            Ok(id) if method == "GET" => Reply::json(200, author(id, &authors[&id])),
            Ok(id) => {
                authors.remove(&id);
                Reply::new(204, "", "")
            }
        },
        ("PUT" | "DELETE", ["posts", "1" | "2" | "3", "versions", _]) => {
            touched.lock().unwrap().push(format!("{method} {}", asked.path));
            Reply::json(200, "{}")
        }
        ("PUT" | "DELETE", ["posts", ..]) => Reply::json(404, "{}"),
        ("GET", ["dns_config"]) => Reply::json(200, "{}"),
        // Whatever comes is set.
        ("POST" | "PUT" | "PATCH" | "DELETE", ["dns_config"]) => {
            touched.lock().unwrap().push(format!("{method} {}", asked.path));
            Reply::json(200, "{}")
        }
        (_, ["dns_config"]) => Reply::json(405, "{}").with("Allow", "GET, POST"),
        (_, ["authors"]) => Reply::json(405, "{}").with("Allow", "GET, POST"),
        (_, ["authors", _]) => Reply::json(405, "{}").with("Allow", "GET, PUT, DELETE"),
        (_, ["posts", ..]) => Reply::json(405, "{}").with("Allow", "PUT, DELETE"),
        _ => Reply::json(404, "{}"),
    }
}

#[test]
fn nothing_of_others_is_changed_by_a_server_that_takes_wrong_requests_for_changes() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("authors.yaml"), DOCUMENT).unwrap();
    let import = ["import", "openapi", "authors.yaml", "--name", "authors", "--allow-writes"];
    done(failspec(folder.path()).args(import)).exits(0);
    let others: BTreeMap<i64, String> = (1..=20).map(|id| (id, format!("author {id}"))).collect();
    let authors = Arc::new(Mutex::new(others.clone()));
    let touched: Arc<Mutex<Vec<String>>> = Arc::default();
    let (shared, log) = (Arc::clone(&authors), Arc::clone(&touched));
    let server = Server::start(move |asked| api(asked, &shared, &log));
    let run = ["run", "authors", "--packs", ".", "--url", &server.url];
    let done = done(failspec(folder.path()).args(run));
    let mut left = authors.lock().unwrap().clone();
    left.retain(|id, _| (1..=20).contains(id));
    assert_eq!(left, others, "{}", done.stdout);
    assert_eq!(*touched.lock().unwrap(), Vec::<String>::new(), "{}", done.stdout);
    // Versions of posts that do not exist are asked for all the same.
    assert!(server.received().iter().any(|asked| asked.method == "PUT" && asked.path.contains("/versions/")));
}

/// An id that the user gives for reads names a thing of others, which a POST with that id in its query may change.
#[test]
fn what_the_user_names_in_a_query_is_not_changed() {
    let folder = tempfile::tempdir().unwrap();
    let document = "openapi: 3.0.3
info: { title: Exports, version: '1' }
paths:
  /exports:
    get:
      parameters: [{ name: export_id, in: query, required: true, schema: { type: string } }]
      responses: { '200': { description: one }, '400': { description: no } }
  /metadata:
    post:
      parameters: [{ name: export_id, in: query, required: true, schema: { type: string } }]
      requestBody: { required: true, content: { application/json: { schema: { type: array, items: { type: string } } } } }
      responses: { '200': { description: done }, '400': { description: no } }
";
    fs::write(folder.path().join("exports.yaml"), document).unwrap();
    let import = [
        "import",
        "openapi",
        "exports.yaml",
        "--name",
        "exports",
        "--allow-writes",
        "--value",
        "export_id=mine",
    ];
    done(failspec(folder.path()).args(import)).exits(0);
    let server = Server::start(|asked| match asked.method.as_str() {
        "GET" | "HEAD" | "POST" => Reply::json(200, "{}"),
        _ => Reply::json(405, "{}").with("Allow", "GET, POST"),
    });
    let run = ["run", "exports", "--packs", ".", "--url", &server.url];
    let done = done(failspec(folder.path()).args(run));
    let lines = server.lines();
    assert!(lines.iter().any(|line| line == "GET /exports?export_id=mine"), "{lines:?}");
    assert!(!lines.iter().any(|line| line.starts_with("POST") && line.contains("mine")), "{}", done.stdout);
}
