//! The effects of an accepted request are looked at afterwards: what was removed, renamed, or made although the server broke, and all
//! things of a list are removed.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use serde_json::{Value, json};

use crate::support::{Received, Reply, Server, done, failspec};

const DOCUMENT: &str = r#"
openapi: 3.0.3
info: { title: Users, version: "1" }
paths:
  /users:
    post:
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
              required: [names]
              properties: { names: { type: array, minItems: 1, items: { type: string } } }
      responses:
        '201':
          description: made
          content: { application/json: { schema: { type: array, items: { $ref: '#/components/schemas/User' } } } }
        '400': { description: invalid }
  /users/{name}:
    parameters: [{ name: name, in: path, required: true, schema: { type: string } }]
    get:
      responses:
        '200': { description: one, content: { application/json: { schema: { $ref: '#/components/schemas/User' } } } }
        '404': { description: absent }
    patch:
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/User' } } } }
      responses:
        '200': { description: changed, content: { application/json: { schema: { $ref: '#/components/schemas/User' } } } }
        '400': { description: invalid }
        '404': { description: absent }
    delete:
      summary: Delete a user
      responses: { '204': { description: gone }, '404': { description: absent } }
  /labels:
    post:
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
              required: [key]
              properties: { key: { type: string }, color: { type: string }, size: { type: integer } }
      responses: { '201': { description: made }, '400': { description: invalid } }
  /labels/{key}:
    parameters: [{ name: key, in: path, required: true, schema: { type: string } }]
    delete: { responses: { '204': { description: gone }, '404': { description: absent } } }
  /marks:
    post:
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Mark' } } } }
      responses:
        '201': { description: made, content: { application/json: { schema: { $ref: '#/components/schemas/Mark' } } } }
        '400': { description: invalid }
  /marks/{key}:
    parameters: [{ name: key, in: path, required: true, schema: { type: string } }]
    delete: { responses: { '204': { description: gone }, '404': { description: absent } } }
components:
  schemas:
    Mark: { type: object, required: [key], properties: { key: { type: string }, size: { type: integer } } }
    User: { type: object, properties: { name: { type: string }, age: { type: integer } } }
"#;

/// How a server differs from a right one.
#[derive(Clone, Copy, Default)]
struct Users {
    /// It takes a text for the list of its letters.
    takes_letters: bool,
    /// A wrong size of a label or a mark breaks it, when it has the thing.
    breaks_late: bool,
    /// It does not remove a user.
    keeps: bool,
    /// It only marks a user as removed.
    marks: bool,
}

type There = Arc<Mutex<BTreeMap<String, Value>>>;

impl Users {
    fn reply(self, there: &There, request: &Received) -> Reply {
        let mut there = there.lock().unwrap();
        let body: Value = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
        let path = request.path.clone();
        let (folder, name) = path[1..].split_once('/').unwrap_or((&path[1..], ""));
        let name = percent_encoding::percent_decode_str(name).decode_utf8_lossy().into_owned();
        let key = format!("{folder}/{name}");
        let letters = body["names"].as_str().filter(|_| self.takes_letters);
        let letters = letters
            .map(|text| text.chars().filter(|it| it.is_ascii_alphabetic()).map(String::from).collect());
        let names = || -> Option<Vec<String>> {
            body["names"].as_array()?.iter().map(|name| Some(name.as_str()?.to_owned())).collect()
        };
        match (request.method.as_str(), folder) {
            ("POST", "users") => {
                let Some(names) = letters.or_else(names).filter(|names| !names.is_empty()) else {
                    return Reply::json(400, "{}");
                };
                let mut made = Vec::new();
                for name in names {
                    let user = json!({ "name": name });
                    if there.insert(format!("users/{name}"), user.clone()).is_none() {
                        made.push(user);
                    }
                }
                Reply::json(201, Value::from(made).to_string())
            }
            ("POST", "labels" | "marks") => {
                let Some(key) = body["key"].as_str() else { return Reply::json(400, "{}") };
                let is_wrong = body.get("size").is_some_and(|size| !size.is_i64());
                if is_wrong && !self.breaks_late {
                    return Reply::json(400, "{}");
                }
                there.insert(format!("{folder}/{key}"), json!({}));
                match is_wrong {
                    true => Reply::json(500, "{}"),
                    false => Reply::json(201, json!({ "key": key }).to_string()),
                }
            }
            _ if !there.contains_key(&key) => Reply::json(404, "{}"),
            ("GET", "users") => Reply::json(200, there[&key].to_string()),
            ("PATCH", "users") => {
                let wrong =
                    |name: &str, is: fn(&Value) -> bool| body.get(name).is_some_and(|value| !is(value));
                if !body.is_object() || wrong("name", Value::is_string) || wrong("age", Value::is_i64) {
                    return Reply::json(400, "{}");
                }
                let Some(mut user) = there.remove(&key) else { return Reply::json(404, "{}") };
                let new = body["name"].as_str().unwrap_or(&name).to_owned();
                user["name"] = new.clone().into();
                there.insert(format!("users/{new}"), user.clone());
                Reply::json(200, user.to_string())
            }
            ("DELETE", "users") if self.keeps => Reply::new(204, "text/plain", ""),
            ("DELETE", "users") if self.marks => {
                if let Some(user) = there.get_mut(&key) {
                    user["status"] = "removed".into();
                }
                Reply::new(204, "text/plain", "")
            }
            ("DELETE", _) => {
                there.remove(&key);
                Reply::new(204, "text/plain", "")
            }
            _ => Reply::json(405, "{}").with("Allow", "GET, PATCH, DELETE"),
        }
    }

    /// Runs the import of the document; returns the report, and what is there afterwards.
    fn run(self) -> (Value, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("users.yaml"), DOCUMENT).unwrap();
        let import = ["import", "openapi", "users.yaml", "--name", "users", "--allow-writes"];
        done(failspec(folder.path()).args(import).args(["--value", "names=[\"${unique}\"]"])).exits(0);
        let there = There::default();
        let own = Arc::clone(&there);
        // What was there before the run.
        there.lock().unwrap().insert("users/z".to_owned(), json!({ "name": "z" }));
        let server = Server::start(move |request: &Received| self.reply(&own, request));
        let mut command = failspec(folder.path());
        command.args(["run", "users", "--packs", ".", "--url", &server.url, "--report", "json=r.json"]);
        done(command.args(["--jobs", "1"]));
        let report = std::fs::read_to_string(folder.path().join("r.json")).unwrap();
        let left = there.lock().unwrap().keys().cloned().collect();
        (serde_json::from_str(&report).unwrap(), left)
    }
}

fn left_behind(report: &Value) -> Vec<String> {
    let cases = report["cases"].as_array().unwrap().iter();
    cases.flat_map(|case| case["left_behind"].as_array().unwrap()).map(ToString::to_string).collect()
}

fn messages<'r>(report: &'r Value, check: &str) -> Vec<&'r str> {
    let cases = report["cases"].as_array().unwrap().iter();
    let findings = cases.flat_map(|case| case["violations"].as_array().unwrap());
    let of_check = findings.filter(|finding| finding["check"] == check);
    of_check.map(|finding| finding["message"].as_str().unwrap()).collect()
}

#[test]
fn what_was_renamed_is_removed_under_its_new_name() {
    let (report, left) = Users::default().run();
    // No address leads to a user whose name is empty.
    let named: Vec<&String> = left.iter().filter(|key| *key != "users/z" && *key != "users/").collect();
    assert!(named.is_empty(), "{named:?}");
    assert_eq!(
        left.contains(&"users/".to_owned()),
        !left_behind(&report).is_empty(),
        "{left:?} {:#?}",
        left_behind(&report)
    );
    assert!(messages(&report, "removal").is_empty());
    let renames = report["cases"].as_array().unwrap().iter();
    let renames = renames.filter(|case| {
        case["operation"] == "PATCH /users/{name}"
            && case["part"] == "name"
            && case["observed"]["status"] == 200
    });
    assert!(renames.count() > 2);
}

#[test]
fn all_things_of_a_list_are_removed() {
    let (report, left) = Users { takes_letters: true, ..Users::default() }.run();
    let letters: Vec<&String> = left.iter().filter(|key| key.len() == 7 && *key != "users/z").collect();
    assert!(letters.is_empty(), "{letters:?} {:?}", left_behind(&report));
    assert!(left.contains(&"users/z".to_owned()), "what was there before is gone");
}

#[test]
fn what_a_broken_creation_made_is_removed_and_told() {
    let (report, left) = Users { breaks_late: true, ..Users::default() }.run();
    // Where the response would tell the name of a mark, there is none: it is known by what was sent.
    let made: Vec<&String> = left.iter().filter(|key| !key.starts_with("users/")).collect();
    assert!(made.is_empty(), "{made:?}");
    let told = messages(&report, "server-error");
    for folder in ["labels", "marks"] {
        let is_told = |message: &&str| {
            message.contains("is there all the same") && message.contains(&format!("/{folder}/"))
        };
        assert!(told.iter().any(is_told), "{folder}: {told:#?}");
    }
    // One that refuses makes nothing.
    let (report, _) = Users::default().run();
    assert!(messages(&report, "server-error").is_empty());
}

#[test]
fn what_was_removed_and_is_still_there_is_told_and_left_over() {
    let (report, _) = Users { keeps: true, ..Users::default() }.run();
    let told = messages(&report, "removal");
    let case =
        report["cases"].as_array().unwrap().iter().find(|case| case["name"].to_string().contains("removed"));
    assert!(told.len() == 1 && told[0].contains("still shows the thing"), "{told:#?} {case:#?}");
    assert!(
        left_behind(&report).iter().any(|line| line.contains("is still there")),
        "{:#?}",
        left_behind(&report)
    );
    let (report, _) = Users { marks: true, ..Users::default() }.run();
    assert!(messages(&report, "removal").is_empty());
}
