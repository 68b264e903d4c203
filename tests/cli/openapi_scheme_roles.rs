//! Operations that take another credential than most: they are asked as a role of their own.

use std::{
    fs,
    sync::{Arc, Mutex},
};

use crate::support::{Done, Received, Reply, Server, done, failspec};
use serde_json::{Value, json};

/// Messages, which an application sends with its own token, and the owner reads and deletes with another.
const DOCUMENT: &str = r##"
openapi: 3.0.3
info: { title: Notes, version: "1" }
paths:
  /account:
    get:
      security: [{ ownerToken: [] }, { login: [] }]
      responses: { '200': { description: who }, '401': { $ref: '#/components/responses/No' } }
  /notes:
    get:
      security: [{ ownerToken: [] }, { login: [] }]
      responses:
        '200': { description: all, content: { application/json: { schema: { type: array, items: { $ref: '#/components/schemas/Note' } } } } }
        '401': { $ref: '#/components/responses/No' }
    post:
      security: [{ appHeader: [] }, { appToken: [] }]
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/New' } } } }
      responses:
        '201': { description: made, content: { application/json: { schema: { $ref: '#/components/schemas/Note' } } } }
        '400': { $ref: '#/components/responses/No' }
        '401': { $ref: '#/components/responses/No' }
        '403': { $ref: '#/components/responses/No' }
        '415': { $ref: '#/components/responses/No' }
  /notes/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: integer, minimum: 1 } }]
    get:
      security: [{ ownerToken: [] }, { login: [] }]
      responses:
        '200': { description: one, content: { application/json: { schema: { $ref: '#/components/schemas/Note' } } } }
        '400': { $ref: '#/components/responses/No' }
        '401': { $ref: '#/components/responses/No' }
        '404': { $ref: '#/components/responses/No' }
    delete:
      security: [{ ownerToken: [] }, { login: [] }]
      responses:
        '204': { description: gone }
        '400': { $ref: '#/components/responses/No' }
        '401': { $ref: '#/components/responses/No' }
        '404': { $ref: '#/components/responses/No' }
components:
  securitySchemes:
    appHeader: { type: apiKey, in: header, name: Authorization }
    appToken: { type: apiKey, in: header, name: X-Key }
    ownerToken: { type: apiKey, in: header, name: X-Key }
    login: { type: http, scheme: basic }
  responses:
    No: { description: no, content: { application/json: { schema: { $ref: '#/components/schemas/Error' } } } }
  schemas:
    New: { type: object, required: [text], properties: { text: { type: string, minLength: 1, maxLength: 20000 }, level: { type: integer, format: int64, minimum: 0, maximum: 9 } } }
    Note: { type: object, required: [id, text], properties: { id: { type: integer }, text: { type: string } } }
    Error: { type: object, required: [error], properties: { error: { type: string } } }
"##;

fn no(status: u16) -> Reply {
    Reply::json(status, json!({ "error": "no" }))
}

/// An API with two kinds of tokens. `way` is what it does in a way of its own.
fn api(asked: &Received, notes: &Mutex<Vec<(u64, Value)>>, way: &str) -> Reply {
    let mut notes = notes.lock().unwrap();
    let (path, _) = asked.path_and_query();
    let method = asked.method.as_str();
    let id = path.strip_prefix("/notes/");
    let methods: &[&str] = match path {
        "/account" => &["GET", "HEAD"],
        "/notes" => &["GET", "HEAD", "POST"],
        _ if id.is_some() => &["GET", "HEAD", "DELETE"],
        _ => return no(404),
    };
    if !methods.contains(&method) {
        return no(405).with("Allow", &methods.join(", "));
    }
    let wanted = if method == "POST" { "app" } else { "owner" };
    let key = asked.header("x-key").unwrap_or_default();
    let is_open = way == "takes no token of an application" && wanted == "app";
    if key != format!("{wanted}-secret") && !is_open && key != "guest-secret" {
        return no(401);
    }
    if key == "guest-secret" {
        return no(if wanted == "app" { 401 } else { 403 });
    }
    let shown = |(id, note): &(u64, Value)| json!({ "id": id, "text": note["text"] });
    if method == "POST" {
        if !asked.header("content-type").is_some_and(|it| it.starts_with("application/json")) {
            return no(415);
        }
        let Ok(body) = serde_json::from_slice::<Value>(&asked.body) else { return no(400) };
        let text = body["text"].as_str().filter(|text| !text.is_empty() && text.chars().count() <= 20_000);
        let is_level = |level: &Value| level.as_u64().is_some_and(|level| level <= 9);
        if text.is_none() && way != "takes a note without a text"
            || body.get("level").is_some_and(|level| !is_level(level))
        {
            return no(400);
        }
        let own = asked.number as u64 + 1;
        let text = text.unwrap_or_default();
        notes.push((own, json!({ "text": text })));
        return Reply::json(201, json!({ "id": own, "text": text }));
    }
    match id {
        None if path == "/account" => Reply::json(200, json!({})),
        None => Reply::json(200, Value::from(notes.iter().map(shown).collect::<Vec<_>>())),
        Some(id) => {
            let Ok(id) = id.parse::<u64>() else { return no(400) };
            let Some(at) = notes.iter().position(|(own, _)| *own == id) else {
                return no(if id == 0 { 400 } else { 404 });
            };
            if method == "DELETE" {
                notes.remove(at);
                return Reply::new(204, "", "");
            }
            Reply::json(200, shown(&notes[at]))
        }
    }
}

/// A run of the imported pack: what it says, its report, and how many notes are left.
struct Run {
    import: String,
    done: Done,
    report: Value,
    generated: String,
    left: usize,
}

/// Imports the document and runs the pack; `roles` are those that are given beside `user`.
fn run(way: &'static str, options: &[&str], roles: &[(&str, &str)]) -> Run {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("notes.yaml"), DOCUMENT).unwrap();
    let import = ["import", "openapi", "notes.yaml", "--name", "notes", "--allow-writes"];
    let import = done(failspec(folder.path()).args(import).args(options)).exits(0).stdout;
    done(failspec(folder.path()).args(["lint", "--packs", "."])).exits(0).says("0 errors, 0 warnings");
    let notes = Arc::new(Mutex::new(Vec::new()));
    let shared = Arc::clone(&notes);
    let server = Server::start(move |asked| api(asked, &shared, way));
    let mut command = failspec(folder.path());
    command.args(["run", "notes", "--packs", ".", "--url", &server.url, "--report", "json=report.json"]);
    for (role, secret) in std::iter::once(&("user", "owner")).chain(roles) {
        let name = format!("KEY_{}", secret.to_uppercase());
        command.env(&name, format!("{secret}-secret"));
        command.args(["--role", &format!("{role}=header:X-Key:env:{name}")]);
    }
    let done = done(&mut command);
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    let report: Value = serde_json::from_str(&read("report.json")).unwrap();
    let left = notes.lock().unwrap().len();
    Run { import, done, report, generated: read("scenarios/notes/generated.yaml"), left }
}

impl Run {
    /// Returns the violations as `check scenario`.
    fn violations(&self) -> Vec<String> {
        let mut found = Vec::new();
        for case in self.report["cases"].as_array().unwrap() {
            let name = case["name"].as_str().unwrap().rsplit("::").next().unwrap();
            for finding in case["violations"].as_array().into_iter().flatten() {
                found.push(format!("{} {name}", finding["check"].as_str().unwrap()));
            }
        }
        found
    }

    /// Returns the names of the cases with an outcome.
    fn cases(&self, outcome: &str) -> Vec<&str> {
        let all = self.report["cases"].as_array().unwrap().iter();
        let with = all.filter(|case| case["outcome"] == outcome);
        with.map(|case| case["name"].as_str().unwrap().rsplit("::").next().unwrap()).collect()
    }
}

#[test]
fn an_operation_that_takes_another_credential_is_asked_with_it() {
    let run = run("nothing", &[], &[("app-token", "app")]);
    for told in [
        "--role user=",
        "--role app-token=header:X-Key:env:KEY_APP_TOKEN",
        "--role app-token=… is for what takes appToken and not the credential of user: POST /notes.",
    ] {
        assert!(run.import.contains(told), "{told}: {}", run.import);
    }
    assert_eq!((run.done.code, run.violations(), run.left), (0, Vec::new(), 0), "{}", run.done.stdout);
    assert_eq!(run.cases("inconclusive"), Vec::<&str>::new(), "{}", run.done.stdout);
    assert_eq!(run.cases("skipped"), Vec::<&str>::new(), "{}", run.done.stdout);
    let missing = run.generated.split("  post_notes_text_missing:").nth(1).unwrap();
    let missing = missing.split("\n  post_").next().unwrap();
    assert!(missing.contains("as: app-token") && missing.contains("as: user"), "{missing}");
}

#[test]
fn what_it_does_wrong_is_found_with_its_credential() {
    for (way, found) in [
        ("takes a note without a text", "not-rejected post_notes_text_missing"),
        ("takes no token of an application", "not-rejected post_notes_without_credentials"),
    ] {
        let run = run(way, &[], &[("app-token", "app")]);
        assert!(
            run.violations().iter().any(|it| it == found),
            "{way}: {:?}\n{}",
            run.violations(),
            run.done.stdout
        );
        assert_eq!((run.done.code, run.left), (1, 0), "{way}\n{}", run.done.stdout);
    }
}

#[test]
fn without_its_credential_its_cases_are_skipped_by_name() {
    let run = run("takes a note without a text", &[], &[]);
    assert_eq!(run.violations(), Vec::<String>::new(), "{}", run.done.stdout);
    assert!(run.cases("skipped").contains(&"post_notes_text_missing"), "{}", run.done.stdout);
    assert!(!run.cases("skipped").contains(&"get_account_without_credentials"), "{}", run.done.stdout);
    run.done.says("app-token");
}

#[test]
fn another_credential_is_no_lack_of_permission() {
    let options = ["--denied-role", "guest", "--other-role", "stranger"];
    let run = run("nothing", &options, &[("app-token", "app"), ("guest", "guest"), ("stranger", "guest")]);
    assert_eq!((run.done.code, run.violations(), run.left), (0, Vec::new(), 0), "{}", run.done.stdout);
    assert!(run.generated.contains("get_notes_id_as_guest:"), "{}", run.generated);
    assert!(!run.generated.contains("post_notes_as_guest:"), "{}", run.generated);
    assert!(
        run.generated.contains("that of the role app-token\n# POST /notes (as guest)"),
        "{}",
        run.generated
    );
}
