//! `failspec import openapi` with forms, multipart forms, nullable values and others that are difficult to generate.

use std::fs;

use crate::support::{Done, Received, Reply, Server, done, failspec};

const DOCUMENT: &str = r##"
openapi: 3.1.0
info: { title: Letters, version: "1" }
paths:
  /letters/stamp:
    post:
      requestBody:
        required: true
        content:
          application/x-www-form-urlencoded:
            schema: { type: object, required: [letter], properties: { letter: { type: string }, times: { type: integer, minimum: 1 } } }
      responses: { '200': { description: stamped }, '422': { $ref: '#/components/responses/Refused' } }
  /letters/search:
    post:
      requestBody:
        required: true
        content:
          application/x-www-form-urlencoded:
            schema:
              type: object
              required: [to]
              properties:
                to: { type: string, maxLength: 20 }
                limit: { anyOf: [{ type: integer, maximum: 50 }, { type: 'null' }] }
      responses: { '200': { description: found }, '422': { $ref: '#/components/responses/Refused' } }
  /letters/preview:
    post:
      requestBody:
        required: true
        content:
          multipart/form-data:
            schema: { $ref: '#/components/schemas/Letter' }
      responses: { '200': { description: seen }, '422': { $ref: '#/components/responses/Refused' } }
  /letters/validate:
    post:
      requestBody:
        required: true
        content:
          application/json:
            schema: { type: object, required: [kind], properties: { kind: { enum: [long, short] }, urgent: { type: boolean }, sender: { anyOf: [{ $ref: '#/components/schemas/Sender' }, { type: 'null' }] } } }
      responses: { '200': { description: fine }, '422': { $ref: '#/components/responses/Refused' } }
components:
  responses:
    Refused: { description: no, content: { application/json: { schema: { $ref: '#/components/schemas/Error' } } } }
  schemas:
    Letter:
      type: object
      required: [paper, stamps]
      properties: { paper: { type: string, format: binary }, stamps: { type: integer, minimum: 1 } }
    Sender: { type: object, required: [name], properties: { name: { type: string }, age: { type: integer } } }
    Error: { type: object, required: [code], properties: { code: { type: string } } }
"##;

/// Returns the parts of a multipart form: name, value, and whether it is a file.
fn parts(asked: &Received) -> Option<Vec<(String, String, bool)>> {
    let boundary = asked.header("content-type")?.strip_prefix("multipart/form-data; boundary=")?.to_owned();
    let body = String::from_utf8(asked.body.clone()).ok()?;
    let body = body.strip_suffix(&format!("--{boundary}--\r\n"))?;
    let begin = format!("--{boundary}\r\n");
    let parts = body.split(&begin).skip(1).map(|part| {
        let (head, value) = part.strip_suffix("\r\n")?.split_once("\r\n\r\n")?;
        let name = head.split("name=\"").nth(1)?.split('"').next()?;
        Some((name.to_owned(), value.to_owned(), head.contains("filename=\"")))
    });
    parts.collect()
}

fn letters(asked: &Received, forgets: &str) -> Reply {
    let is = |rule: &str, holds: bool| holds || rule == forgets;
    let body: serde_json::Value = serde_json::from_slice(&asked.body).unwrap_or_default();
    let right = match asked.path.as_str() {
        "/letters/search" => {
            let form: Vec<(String, String)> = url::form_urlencoded::parse(&asked.body).into_owned().collect();
            let value =
                |name: &str| form.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str());
            let limit = value("limit").map(|text| text.parse::<i64>().ok());
            // A body without anything is refused for that.
            let is_there = value("to").is_some() || forgets == "to beside another" && !form.is_empty();
            is("to", is_there)
                && is("to length", value("to").is_none_or(|to| to.len() <= 20))
                && is("limit type", limit.is_none_or(|limit| limit.is_some()))
                && is("limit maximum", limit.flatten().is_none_or(|limit| limit <= 50))
        }
        "/letters/stamp" => {
            let form: Vec<(String, String)> = url::form_urlencoded::parse(&asked.body).into_owned().collect();
            let mut times = form.iter().filter(|(name, _)| name == "times");
            let is_there = form.iter().any(|(name, _)| name == "letter")
                || forgets == "letter beside another" && !form.is_empty();
            is_there && times.all(|(_, times)| times.parse::<u64>().is_ok_and(|times| times > 0))
        }
        "/letters/preview" => parts(asked).is_some_and(|parts| {
            let part = |name: &str| parts.iter().find(|(own, ..)| own == name);
            let stamps = part("stamps").map(|(_, value, _)| value.parse::<i64>().ok());
            is("paper", part("paper").is_some_and(|(.., file)| *file))
                && is("stamps", stamps.is_some())
                && is("stamps type", stamps.is_none_or(|stamps| stamps.is_some()))
                && is("stamps minimum", stamps.flatten().is_none_or(|stamps| stamps >= 1))
        }),
        _ => {
            let sender = body.get("sender").filter(|sender| !sender.is_null());
            body.is_object()
                && is("sender type", sender.is_none_or(serde_json::Value::is_object))
                && match body.get("kind") {
                    Some(kind) => kind == "long" || kind == "short",
                    None => {
                        let is_there = body.as_object().is_some_and(|it| !it.is_empty());
                        forgets == "kind beside another" && is_there
                    }
                }
                && body.get("urgent").is_none_or(serde_json::Value::is_boolean)
                && is("name", sender.is_none_or(|it| !it.is_object() || it.get("name").is_some()))
                && is(
                    "name type",
                    sender.and_then(|it| it.get("name")).is_none_or(serde_json::Value::is_string),
                )
                && is("age type", sender.and_then(|it| it.get("age")).is_none_or(serde_json::Value::is_i64))
        }
    };
    match right {
        true => Reply::json(200, "{}"),
        false => Reply::json(422, r#"{"code":"wrong"}"#),
    }
}

fn run(forgets: &'static str) -> Done {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("letters.yaml"), DOCUMENT).unwrap();
    let import = ["import", "openapi", "letters.yaml", "--name", "letters", "--allow-writes"];
    done(failspec(folder.path()).args(import)).exits(0);
    done(failspec(folder.path()).args(["lint", "--packs", "."])).exits(0).says("0 errors, 0 warnings");
    let server = Server::start(move |asked| letters(asked, forgets));
    done(failspec(folder.path()).args(["run", "letters", "--packs", ".", "--url", &server.url]))
}

#[test]
fn every_form_field_is_checked() {
    run("nothing").exits(0);
    let rules = [
        "to",
        "to beside another",
        "kind beside another",
        "letter beside another",
        "to length",
        "limit type",
        "limit maximum",
        "paper",
        "stamps",
        "stamps type",
        "stamps minimum",
        "sender type",
        "name",
        "name type",
        "age type",
    ];
    for forgotten in rules {
        run(forgotten).exits(1).says("[not-rejected]");
    }
}

/// Values that a schema alone does not determine, such as the alternative of a body or a pattern with lookaround.
#[test]
fn values_that_are_difficult_to_generate_are_valid() {
    let document = r##"
openapi: 3.1.0
info: { title: Pets, version: "1" }
paths:
  /pets/validate:
    post:
      requestBody:
        required: true
        content:
          application/json:
            schema:
              oneOf: [{ $ref: '#/components/schemas/Cat' }, { $ref: '#/components/schemas/Dog' }]
              discriminator: { propertyName: kind, mapping: { meows: '#/components/schemas/Cat' } }
      responses: { '200': { description: fine }, '422': { description: no } }
  /users/validate:
    post:
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
              required: [password]
              properties: { password: { type: string, pattern: '^(?=.*[A-Z])(?=.*[0-9]).{8,}$' } }
      responses: { '200': { description: fine }, '422': { description: no } }
components:
  schemas:
    Cat: { type: object, required: [kind, age], properties: { kind: { type: string }, age: { type: integer } } }
    Dog: { type: object, required: [kind, name], properties: { kind: { type: string }, name: { type: string } } }
"##;
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("pets.yaml"), document).unwrap();
    let import = ["import", "openapi", "pets.yaml", "--name", "pets", "--allow-writes"];
    done(failspec(folder.path()).args(import)).exits(0);
    let generated = fs::read_to_string(folder.path().join("scenarios/pets/generated.yaml")).unwrap();
    assert!(generated.contains("json: { kind: meows, age: "), "{generated}");
    assert!(generated.contains("post_users_validate_password_missing"), "{generated}");
}
