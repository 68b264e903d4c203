//! Things that a generated pack creates are removed, and where that fails, little is left.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use crate::support::{Done, Received, Reply, Server, done, failspec};
use failspec_base::encoding::percent_decode;
use serde_json::{Value, json};

/// Silences, which are created with 200, and whose items have a path of another name than the collection.
const DOCUMENT: &str = r##"
openapi: 3.1.0
info: { title: Silences, version: "1" }
paths:
  /silences:
    get:
      parameters:
        - { name: limit, in: query, schema: { type: integer } }
        - { name: page, in: query, schema: { type: integer } }
        - { name: active, in: query, schema: { type: boolean } }
        - { name: least, in: query, schema: { type: integer, minimum: 1 } }
        - { name: sort, in: query, schema: { type: string, enum: [up, down] } }
      responses: { '200': { description: silences }, '400': { description: no } }
    post:
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Silence' } } } }
      responses:
        '200':
          description: made
          content: { application/json: { schema: { type: object, properties: { silenceID: { type: string } } } } }
        '400': { description: no }
  /silence/{silenceID}:
    parameters: [{ name: silenceID, in: path, required: true, schema: { type: string } }]
    get: { responses: { '200': { description: a silence }, '404': { description: none } } }
    delete: { responses: { '200': { description: gone }, '404': { description: none } } }
components:
  schemas:
    Silence:
      type: object
      required: [comment, hours]
      properties:
        comment: { type: string }
        hours: { type: integer, minimum: 1 }
        scope: { type: object, properties: { label: { type: string } } }
        note: { type: string }
"##;

type Silences = Arc<Mutex<BTreeMap<String, Value>>>;

/// The API. `wrong` is what it does otherwise.
fn api(asked: &Received, silences: &Silences, busy: &AtomicUsize, wrong: &str) -> Reply {
    let mut silences = silences.lock().unwrap();
    let (path, query) = asked.path_and_query();
    let refused = |status: u16| Reply::json(status, "{}");
    let body: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
    match (asked.method.as_str(), path) {
        ("GET", "/silences") if wrong == "hangs" && !query.is_empty() => Reply::hang(Duration::from_secs(20)),
        ("GET", "/silences") => {
            // Any value is wrong, but the ones that are too large.
            if query.is_empty() || query.contains("=1844") { Reply::json(200, "[]") } else { refused(400) }
        }
        ("POST", "/silences") => {
            // It must fit into an address.
            let is_text = |name: &str| {
                body.get(name).is_none_or(|text| text.as_str().is_some_and(|text| text.len() < 1_000))
            };
            let is_right = body.get("comment").is_some()
                && is_text("comment")
                && body["hours"].as_u64().is_some_and(|hours| (1..1_000_000).contains(&hours))
                && body
                    .get("scope")
                    .is_none_or(|scope| scope.is_object() && scope.get("label").is_none_or(Value::is_string))
                && is_text("note");
            if !is_right && wrong != "accepts" {
                return refused(400);
            }
            let id = format!("s{}", asked.number);
            silences.insert(id.clone(), body);
            Reply::json(200, json!({ "silenceID": id }))
        }
        (method, path) => {
            let Some(id) = path.strip_prefix("/silence/") else { return refused(404) };
            let id = &*percent_decode(id);
            let own = match wrong {
                // It knows them by their comments.
                "by comment" => silences.iter().find(|(_, it)| it["comment"] == id).map(|(id, _)| id.clone()),
                _ => Some(id.to_owned()).filter(|id| silences.contains_key(id)),
            };
            match method {
                "GET" | "DELETE" if own.is_none() => refused(if wrong == "by comment" { 422 } else { 404 }),
                "DELETE" if wrong == "keeps" => refused(409),
                "DELETE" if wrong == "breaks" => Reply::json(500, json!({ "message": "database is locked" })),
                // It cannot do it while others are at it.
                "DELETE" if wrong == "is busy" && busy.fetch_add(1, Relaxed) < 6 => {
                    Reply::json(500, json!({ "message": "database is locked" }))
                }
                "DELETE" if wrong == "keeps one" && silences.len() == 1 && asked.number < 30 => refused(409),
                "GET" => Reply::json(200, "{}"),
                "DELETE" => {
                    own.map(|id| silences.remove(&id));
                    Reply::json(200, "{}")
                }
                _ => refused(405).with("Allow", "GET, DELETE"),
            }
        }
    }
}

fn run(wrong: &'static str) -> (Done, Value, Vec<String>, usize) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("silences.yaml"), DOCUMENT).unwrap();
    let import = ["import", "openapi", "silences.yaml", "--name", "silences", "--allow-writes"];
    done(failspec(folder.path()).args(import)).exits(0);
    done(failspec(folder.path()).args(["lint", "--packs", "."])).exits(0).says("0 errors, 0 warnings");
    let silences = Silences::default();
    // One of somebody else.
    silences.lock().unwrap().insert("other".to_owned(), json!({ "comment": "failspec" }));
    let shared = Arc::clone(&silences);
    let busy = AtomicUsize::new(0);
    let server = Server::start(move |asked| api(asked, &shared, &busy, wrong));
    let timeouts = match wrong {
        "hangs" => "timeouts = { first_byte = \"1500ms\", total = \"1500ms\" }\n",
        _ => "",
    };
    let target = format!("[target.here]\nurl = \"{}\"\n{timeouts}", server.url);
    fs::write(folder.path().join("failspec.toml"), target).unwrap();
    let run = ["run", "silences", "--target", "here", "--packs", ".", "--report", "json=report.json"];
    let done = done(failspec(folder.path()).args(run));
    let report = fs::read_to_string(folder.path().join("report.json")).unwrap();
    assert!(silences.lock().unwrap().remove("other").is_some(), "{}", done.stdout);
    let left = silences.lock().unwrap().len();
    (done, serde_json::from_str(&report).unwrap(), server.lines(), left)
}

/// The rows that say that a removal is refused, each with its weight.
fn refused_removals(report: &Value) -> Vec<String> {
    let rows = report["finding_groups"].as_array().unwrap();
    let rows = rows.iter().filter(|row| row["check"] == "removal-refused");
    let row = |row: &Value| {
        let message = row["message"].as_str().unwrap();
        let message = message.strip_prefix("the removal that the document declares is refused: ").unwrap();
        let message = message.strip_suffix(", and never succeeded in the run").unwrap();
        format!("{} {message}", if row["violation"] == true { "violation" } else { "warning" })
    };
    rows.map(row).collect()
}

/// The number of cases with this kind of reason.
fn because(report: &Value, kind: &str) -> usize {
    let cases = report["cases"].as_array().unwrap();
    cases.iter().filter(|case| case["reason"]["kind"] == kind).count()
}

#[test]
fn things_are_linked_though_their_paths_differ_and_200_creates_them() {
    for wrong in ["nothing", "by comment"] {
        let (done, _, lines, left) = run(wrong);
        let asked = |text: &str| lines.iter().any(|line| line.starts_with(text));
        assert!(asked("GET /silence/s") && asked("DELETE /silence/s"), "{wrong}: {lines:?}\n{}", done.stdout);
        assert_eq!(left, 0, "{wrong}: {}", done.stdout);
    }
}

#[test]
fn no_more_is_created_once_nothing_can_be_removed() {
    let (done, report, _, left) = run("keeps");
    assert!((1..=10).contains(&left), "{left}: {}", done.stdout);
    assert!(because(&report, "leaves_behind") > 3, "{}", done.stdout);
    assert_eq!(
        refused_removals(&report),
        ["warning DELETE /silence/{silenceID} got HTTP 409 ({})"],
        "{}",
        done.stdout
    );
    done.says("DELETE /silence/{silenceID} left several things behind");
    let (done, report, _, left) = run("breaks");
    let said = "violation DELETE /silence/{silenceID} got HTTP 500 ({\"message\":\"database is locked\"})";
    assert_eq!(refused_removals(&report), [said], "{}", done.stdout);
    assert!(left > 0 && done.stdout.contains("DELETE /silence/"), "{}", done.stdout);
    // One that is not removed is no reason.
    let (done, report, ..) = run("keeps one");
    assert_eq!(because(&report, "leaves_behind"), 0, "{}", done.stdout);
}

/// SQLite under load, for example: the last ones that are removed at once.
#[test]
fn what_a_server_could_not_remove_just_then_is_removed_at_the_end() {
    let (done, report, lines, left) = run("is busy");
    assert!(lines.iter().filter(|line| line.starts_with("DELETE ")).count() > 6, "{lines:?}");
    assert_eq!(left, 0, "{}", done.stdout);
    let cases = report["cases"].as_array().unwrap();
    let listed: Vec<&Value> = cases.iter().flat_map(|case| case["left_behind"].as_array().unwrap()).collect();
    assert!(listed.is_empty(), "{listed:?}");
}

#[test]
fn an_operation_that_accepts_every_fault_leaves_few_things() {
    let (done, report, _, left) = run("accepts");
    let cases = report["cases"].as_array().unwrap();
    let violated = cases.iter().filter(|case| !case["violations"].as_array().unwrap().is_empty()).count();
    // The cases run in an order that depends on their responses: those that find nothing may be the first that leave something.
    let stopped = because(&report, "leaves_behind");
    assert!(left <= 12 && violated + stopped > 0, "{left} left, {violated} violated: {}", done.stdout);
}

#[test]
fn an_operation_that_does_not_respond_is_given_up_and_the_others_are_judged() {
    let (done, report, lines, left) = run("hangs");
    let asked = lines.iter().filter(|line| line.starts_with("GET /silences?")).count();
    assert!((3..=6).contains(&asked), "{asked} requests: {}", done.stdout);
    assert!(because(&report, "times_out") > 2, "{}", done.stdout);
    let cases = report["cases"].as_array().unwrap();
    let judged = cases.iter().filter(|case| case["outcome"] == "passed").count();
    assert!(judged > 3 && left == 0, "{judged} judged, {left} left: {}", done.stdout);
}

/// Notes that only a PUT creates, under an id that the client chooses.
const NOTES: &str = r##"
openapi: 3.1.0
info: { title: Notes, version: "1" }
paths:
  /notes/{key}:
    parameters: [{ name: key, in: path, required: true, schema: { type: string } }]
    get: { responses: { '200': { description: a note }, '404': { description: none }, '409': { description: busy } } }
    put:
      requestBody: { required: true, content: { application/json: { schema: { type: object, required: [text], properties: { text: { type: string } } } } } }
      responses: { '200': { description: changed }, '201': { description: made }, '400': { description: no } }
    delete: { responses: { '204': { description: gone }, '404': { description: none } } }
"##;

#[test]
fn a_put_that_may_create_creates_what_others_need() {
    for checks in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("notes.yaml"), NOTES).unwrap();
        let import = ["import", "openapi", "notes.yaml", "--name", "notes", "--allow-writes"];
        done(failspec(folder.path()).args(import)).exits(0);
        done(failspec(folder.path()).args(["lint", "--packs", "."])).exits(0).says("0 errors, 0 warnings");
        let coverage = done(failspec(folder.path()).args(["coverage", "notes", "--packs", "."])).exits(0);
        coverage.says("409 –  in 1 operation: the document does not describe the conflict");
        let notes = Silences::default();
        notes.lock().unwrap().insert("other".to_owned(), json!({ "text": "x" }));
        let shared = Arc::clone(&notes);
        let server = Server::start(move |asked| {
            let mut notes = shared.lock().unwrap();
            let body: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
            let key = asked.path.strip_prefix("/notes/").unwrap_or_default().to_owned();
            match asked.method.as_str() {
                "PUT" if checks && !body["text"].is_string() => Reply::json(400, "{}"),
                "PUT" => {
                    let status = if notes.insert(key, body).is_some() { 200 } else { 201 };
                    Reply::json(status, "{}")
                }
                _ if !notes.contains_key(&key) => Reply::json(404, "{}"),
                "DELETE" => {
                    notes.remove(&key);
                    Reply::new(204, "", "")
                }
                "GET" => Reply::json(200, "{}"),
                _ => Reply::json(405, "{}").with("Allow", "GET"),
            }
        });
        let run = ["run", "notes", "--packs", ".", "--url", &server.url];
        let done = done(failspec(folder.path()).args(run)).exits(u8::from(!checks).into());
        let lines = server.lines();
        assert!(lines.iter().any(|line| line.starts_with("GET /notes/failspec-")), "{lines:?}");
        assert_eq!(notes.lock().unwrap().keys().collect::<Vec<_>>(), ["other"], "{}", done.stdout);
    }
}

/// Entries whose keys have a form in which no name of the run fits, or are numbers. A PUT makes an entry that is not there, which
/// the document does not say.
const ENTRIES: &str = r##"
openapi: 3.1.0
info: { title: Entries, version: "1" }
security: [{ token: [] }]
paths:
  /entries/{key}:
    parameters: [{ name: key, in: path, required: true, schema: KEY }]
    get: { responses: { '200': { description: an entry }, '401': { description: who }, '404': { description: none } } }
    put:
      requestBody: { required: true, content: { application/json: { schema: { type: object, required: [text], properties: { text: { type: string } } } } } }
      responses: { '200': { description: changed }, '401': { description: who }, '404': { description: none } }
    patch:
      requestBody: { required: true, content: { application/json: { schema: { type: object, required: [text], properties: { text: { type: string } } } } } }
      responses: { '200': { description: changed }, '401': { description: who }, '404': { description: none } }
    delete: { responses: { '204': { description: gone }, '401': { description: who }, '404': { description: none } } }
components: { securitySchemes: { token: { type: http, scheme: bearer } } }
"##;

/// A PUT that makes what is not there is one deviation: the other operations of the path find nothing of it, and it is removed.
#[test]
fn what_a_put_makes_under_an_unknown_id_is_found_by_no_other_request_and_removed() {
    for key in [
        "{ type: string, pattern: '^[a-z0-9]{12}$' }",
        "{ type: string, maxLength: 10 }",
        "{ type: integer }",
        "{ type: string }",
        "{ type: string, format: uuid }",
    ] {
        for upserts in [true, false] {
            let folder = tempfile::tempdir().unwrap();
            fs::write(folder.path().join("entries.yaml"), ENTRIES.replace("KEY", key)).unwrap();
            let import = ["import", "openapi", "entries.yaml", "--name", "entries", "--allow-writes"];
            done(failspec(folder.path()).args(import)).exits(0);
            let entries: Arc<Mutex<BTreeSet<String>>> = Arc::default();
            entries.lock().unwrap().insert("others".to_owned());
            let shared = Arc::clone(&entries);
            let server = Server::start(move |asked| {
                let mut entries = shared.lock().unwrap();
                let path = asked.path_and_query().0;
                let key = path.strip_prefix("/entries/").unwrap_or_default().to_owned();
                // Who asks is not checked where it makes something: what that leaves is removed, too.
                let is_change = matches!(asked.method.as_str(), "PUT" | "PATCH");
                let is_known = asked.header("authorization") == Some("Bearer right");
                match asked.method.as_str() {
                    _ if !(is_known || upserts && is_change) => {
                        Reply::json(401, "{}").with("WWW-Authenticate", "Bearer")
                    }
                    "PUT" if upserts => {
                        entries.insert(key);
                        Reply::json(200, "{}")
                    }
                    _ if !entries.contains(&key) => Reply::json(404, "{}"),
                    "DELETE" => {
                        entries.remove(&key);
                        Reply::new(204, "", "")
                    }
                    _ => Reply::json(200, "{}"),
                }
            });
            let run =
                ["run", "entries", "--packs", ".", "--url", &server.url, "--role", "user=bearer:env:TOKEN"];
            let report = ["--report", "json=report.json"];
            let done = done(failspec(folder.path()).env("TOKEN", "right").args(run).args(report));
            let report = fs::read_to_string(folder.path().join("report.json")).unwrap();
            let report: Value = serde_json::from_str(&report).unwrap();
            let cases = report["cases"].as_array().unwrap();
            let violated = cases.iter().filter(|case| !case["violations"].as_array().unwrap().is_empty());
            let violated: Vec<&str> = violated.map(|case| case["name"].as_str().unwrap()).collect();
            let is_of_put = |name: &&&str| name.contains("put_entries") || name.contains("patch_entries");
            let puts = violated.iter().filter(is_of_put).count();
            assert_eq!(puts, violated.len(), "{key}: {violated:?}\n{}", done.stdout);
            assert_eq!(puts > 0, upserts, "{key}: {}", done.stdout);
            let left = entries.lock().unwrap().clone();
            assert_eq!(left.iter().collect::<Vec<_>>(), ["others"], "{key}: {}", done.stdout);
        }
    }
}
