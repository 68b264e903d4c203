//! Generated requests change only resources that the run created, and none that existed before.

use std::{
    collections::BTreeMap,
    fs,
    sync::{Arc, Mutex},
};

use crate::support::{Done, Received, Reply, Server, done, failspec};
use serde_json::{Value, json};

/// Teams with members, and boxes that belong to a team; settings, users and jobs, which no operation creates or
/// deletes.
const DOCUMENT: &str = r##"
openapi: 3.1.0
info: { title: Teams, version: "1" }
paths:
  /teams:
    get: { responses: { '200': { description: teams }, '422': { $ref: '#/components/responses/Refused' } } }
    post:
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Team' } } } }
      responses: { '201': { $ref: '#/components/responses/Made' }, '422': { $ref: '#/components/responses/Refused' } }
  /teams/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: string }, example: payroll }]
    delete: { responses: { '200': { description: gone }, '404': { $ref: '#/components/responses/Refused' } } }
  /teams/{team_id}/members:
    parameters: [{ name: team_id, in: path, required: true, schema: { type: string }, example: payroll }]
    post:
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Team' } } } }
      responses:
        '201': { $ref: '#/components/responses/Made' }
        '404': { $ref: '#/components/responses/Refused' }
        '422': { $ref: '#/components/responses/Refused' }
  /teams/{team_id}/members/{member}:
    parameters:
      - { name: team_id, in: path, required: true, schema: { type: string }, example: payroll }
      - { name: member, in: path, required: true, schema: { type: string }, example: ann }
    put:
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Team' } } } }
      responses:
        '200': { description: done }
        '404': { $ref: '#/components/responses/Refused' }
        '422': { $ref: '#/components/responses/Refused' }
    delete: { responses: { '200': { description: gone }, '404': { $ref: '#/components/responses/Refused' } } }
  /boxes:
    post:
      requestBody:
        required: true
        content:
          application/json:
            schema: { type: object, required: [team_id, size], properties: { team_id: { type: string, format: uuid }, size: { type: integer } } }
      responses: { '201': { $ref: '#/components/responses/Made' }, '422': { $ref: '#/components/responses/Refused' } }
  /boxes/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: string }, example: safe }]
    delete: { responses: { '200': { description: gone }, '404': { $ref: '#/components/responses/Refused' } } }
  /settings:
    put:
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Team' } } } }
      responses: { '200': { description: done }, '422': { $ref: '#/components/responses/Refused' } }
  /users/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: integer }, example: 4 }]
    delete: { responses: { '200': { description: gone }, '404': { $ref: '#/components/responses/Refused' } } }
  /jobs:
    post:
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Team' } } } }
      responses: { '201': { description: begun }, '422': { $ref: '#/components/responses/Refused' } }
  /jobs/search:
    post:
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Team' } } } }
      responses: { '200': { description: found }, '422': { $ref: '#/components/responses/Refused' } }
components:
  responses:
    Made: { description: made, content: { application/json: { schema: { type: object, properties: { id: { type: string } } } } } }
    Refused: { description: no, content: { application/json: { schema: { $ref: '#/components/schemas/Error' } } } }
  schemas:
    Team: { type: object, required: [name], properties: { name: { type: string, pattern: '^[a-z0-9-]+$', example: payroll } } }
    Error: { type: object, required: [code], properties: { code: { type: string } } }
"##;

/// The existing things, by their paths. Those that the run created are named `own-…`.
type Things = Arc<Mutex<BTreeMap<String, Value>>>;

/// The API. A change to a thing that existed before the run is recorded as `/touched`.
fn teams(asked: &Received, things: &Things, forgets: &str) -> Reply {
    let refused = |status: u16, code: &str| Reply::json(status, json!({ "code": code }).to_string());
    let mut things = things.lock().unwrap();
    let path = asked.path.as_str();
    let body: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let named = body["name"].as_str().is_some_and(|name| !name.is_empty() && name.bytes().all(plain));
    let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let known = |things: &BTreeMap<String, Value>, path: &str| things.contains_key(path);
    let valid = match segments.as_slice() {
        ["boxes"] => {
            let team = body["team_id"].as_str().unwrap_or_default();
            (body["size"].is_i64() || forgets == "size") && known(&things, &format!("/teams/{team}"))
        }
        ["teams" | "jobs" | "settings"] | ["jobs", "search"] | ["teams", _, "members"] => named,
        ["teams", _, "members", _] if asked.method == "PUT" => named,
        _ => true,
    };
    match (asked.method.as_str(), segments.as_slice()) {
        ("GET", ["teams"]) => Reply::json(200, "[]"),
        ("POST", ["teams", team, "members"]) if !known(&things, &format!("/teams/{team}")) => {
            refused(404, "none")
        }
        ("PUT" | "DELETE", ["teams" | "boxes" | "users", ..]) if !known(&things, path) => {
            refused(404, "none")
        }
        _ if !valid => refused(422, "invalid"),
        ("POST", ["jobs", "search"]) => Reply::json(200, "[]"),
        ("POST", ["jobs"]) => {
            things.insert(format!("/left/{}", asked.number), body);
            Reply::json(201, "{}")
        }
        ("POST", _) => {
            let id = format!("own-{}", asked.number);
            things.insert(format!("{path}/{id}"), body);
            Reply::json(201, json!({ "id": id }).to_string())
        }
        // It is no path of the document, so there is nothing to touch.
        ("GET", ["failspec-no-such-path"]) => refused(404, "missing"),
        (_, [.., last]) if !last.starts_with("own-") => {
            things.insert("/touched".to_owned(), format!("{} {path}", asked.method).into());
            Reply::json(200, "{}")
        }
        ("DELETE", _) => {
            things.remove(path);
            Reply::json(200, "{}")
        }
        _ => Reply::json(200, "{}"),
    }
}

fn before() -> BTreeMap<String, Value> {
    let there = ["/teams/payroll", "/teams/payroll/members/ann", "/boxes/safe", "/users/4"];
    there.into_iter().map(|path| (path.to_owned(), Value::Null)).collect()
}

/// Imports with these options, runs against the API, and returns the things that exist afterwards.
fn run(options: &[&str], forgets: &'static str) -> (BTreeMap<String, Value>, String, Done) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("teams.yaml"), DOCUMENT).unwrap();
    let import = ["import", "openapi", "teams.yaml", "--name", "teams", "--allow-writes"];
    done(failspec(folder.path()).args(import).args(options)).exits(0);
    done(failspec(folder.path()).args(["lint", "--packs", "."])).exits(0);
    let things: Things = Arc::new(Mutex::new(before()));
    let shared = Arc::clone(&things);
    let server = Server::start(move |asked| teams(asked, &shared, forgets));
    let done = done(failspec(folder.path()).args(["run", "teams", "--packs", ".", "--url", &server.url]));
    let generated = fs::read_to_string(folder.path().join("scenarios/teams/generated.yaml")).unwrap();
    (things.lock().unwrap().clone(), generated, done)
}

#[test]
fn existing_resources_are_unchanged_after_the_run() {
    let (things, generated, done) = run(&[], "nothing");
    // No job can be made without a fault, so that the refusals of those with one may be about anything.
    let done = done.exits(3);
    assert_eq!(things, before(), "{generated}");
    for (begin, end) in [
        ("post_boxes_size_missing", "made: /id"),
        ("put_teams_team_id_members_member_name_missing", "PUT /teams/{made}/members/{made_2}"),
        ("delete_users_id_unknown_id", "DELETE /users/987654321"),
        ("post_jobs_name_missing", "no_control: the created resource could not be deleted"),
        ("post_jobs_search_name_missing", "json: { name: "),
    ] {
        let scenario = generated.split(begin).nth(1).unwrap_or_else(|| panic!("no {begin}: {generated}"));
        let scenario = scenario.split("\n  #").next().unwrap();
        assert!(scenario.contains(end), "{begin}: {scenario}");
    }
    assert!(generated.contains("# PUT /settings (everything)"), "{generated}");
    assert!(
        !generated.contains("name: payroll"),
        "a name of the run's own stands before an example: {generated}"
    );
    let inconclusive = done.stdout.lines().filter(|line| line.starts_with("INCONCLUSIVE"));
    let inconclusive: Vec<&str> = inconclusive.collect();
    assert!(
        matches!(inconclusive.as_slice(), [only] if only.contains("POST /jobs: the run has no such request")),
        "{}",
        done.stdout
    );
}

/// The body contains the name of a resource that the run created, so that the fault is its only error.
#[test]
fn missing_validation_is_detected_with_a_valid_reference() {
    let (things, _, done) = run(&[], "size");
    done.exits(1).says("post_boxes_size_missing").says("[not-rejected]");
    assert_eq!(things, before(), "what the API should have refused is removed as well");
}

#[test]
fn undeletable_resources_are_created_if_allowed() {
    let (things, generated, done) = run(&["--allow-leftovers"], "nothing");
    done.exits(0);
    let left = things.keys().filter(|path| path.starts_with("/left/")).count();
    assert!(left > 0 && !things.contains_key("/touched"), "{things:?}");
    assert!(generated.contains("--allow-writes --allow-leftovers"), "{generated}");
}

#[test]
fn operations_are_skipped_by_path_or_id() {
    let (_, generated, done) = run(&["--skip", "* /jobs*", "--skip", "PUT *"], "nothing");
    done.exits(0);
    assert!(
        !generated.contains("request: POST /jobs") && !generated.contains("request: \"PUT"),
        "{generated}"
    );
    assert!(
        generated.contains("# not generated: --skip\n# PUT /teams/{team_id}/members/{member} (everything)"),
        "{generated}"
    );
    assert!(generated.contains("--skip '* /jobs*' --skip 'PUT *'"), "{generated}");
}

/// Returns the id that is requested as unknown for this schema of the parameter, and the generated scenarios.
fn absent(schema: &str) -> (Option<String>, String) {
    let folder = tempfile::tempdir().unwrap();
    let document = format!(
        "openapi: 3.1.0\ninfo: {{ title: t, version: '1' }}\npaths:\n  /things/{{id}}:\n    delete:\n      parameters: [{{ name: id, in: path, \
         required: true, schema: {schema} }}]\n      responses: {{ '204': {{ description: gone }}, '404': {{ description: no }} }}\n"
    );
    fs::write(folder.path().join("things.yaml"), document).unwrap();
    let import = ["import", "openapi", "things.yaml", "--name", "things", "--allow-writes"];
    done(failspec(folder.path()).args(import)).exits(0);
    let generated = fs::read_to_string(folder.path().join("scenarios/things/generated.yaml")).unwrap();
    let unknown = generated.split("unknown_id:").nth(1).unwrap_or_default();
    let asked =
        unknown.lines().find_map(|line| line.trim().strip_prefix("request: ")?.split("/things/").nth(1));
    (asked.map(|id| id.trim_matches('"').to_owned()), generated.clone())
}

/// An unknown id is one of very many possible ones: never an example, and none if all possible ids may exist.
#[test]
fn unknown_id_is_random_or_not_generated() {
    for schema in
        ["{ type: string, example: pet-1 }", "{ type: string, default: pet-1, maxLength: 60 }", "{}"]
    {
        assert_eq!(absent(schema).0.as_deref(), Some("no-such-${unique}"), "{schema}");
    }
    assert_eq!(absent("{ type: string, format: uuid }").0.as_deref(), Some("${uuid}"));
    let long = absent("{ type: string, pattern: '^prj_[0-9a-f]{8}$', example: prj_00000000 }").0.unwrap();
    assert!(long.starts_with("prj_") && long.len() == 12 && long != "prj_00000000", "{long}");
    let digits = absent("{ type: string, pattern: '^pet_[0-9]+$', example: pet_17 }").0.unwrap();
    assert!(digits.len() == "pet_".len() + 9, "{digits}");
    for few in [
        "{ type: string, pattern: '^[A-Z]{2}$' }",
        "{ type: string, pattern: '^[1-9][0-9]{5}$' }",
        "{ type: string, format: date }",
        "{ type: string, maxLength: 4 }",
        "{ type: boolean }",
        "{ type: integer, minimum: 987000000, maximum: 988000000 }",
    ] {
        let (asked, generated) = absent(few);
        assert!(asked.is_none() && generated.contains("so few ids of this form"), "{few}: {generated}");
    }
}

/// A PUT that may create (201) creates what is unknown: that is no fault. What it is created in must exist.
#[test]
fn put_that_may_create_is_not_asked_for_an_unknown_id() {
    let import = |path: &str, names: &[&str], created: &str| {
        let folder = tempfile::tempdir().unwrap();
        let parameters: Vec<String> = names
            .iter()
            .map(|name| format!("{{ name: {name}, in: path, required: true, schema: {{ type: string }} }}"))
            .collect();
        let document = format!(
            "openapi: 3.1.0\ninfo: {{ title: t, version: '1' }}\npaths:\n  {path}:\n    parameters: [{}]\n    put:\n      \
             responses: {{ '200': {{ description: ok }}, {created}'404': {{ description: no }} }}\n",
            parameters.join(", ")
        );
        fs::write(folder.path().join("things.yaml"), document).unwrap();
        let import = ["import", "openapi", "things.yaml", "--name", "things", "--allow-writes"];
        done(failspec(folder.path()).args(import)).exits(0);
        fs::read_to_string(folder.path().join("scenarios/things/generated.yaml")).unwrap()
    };
    let created = "'201': { description: made }, ";
    let nested = import("/shelves/{shelf}/books/{isbn}", &["shelf", "isbn"], created);
    assert!(nested.contains("PUT /shelves/no-such-${unique}/books/no-such-${unique}"), "{nested}");
    let plain = import("/books/{isbn}", &["isbn"], created);
    assert!(!plain.contains("no-such-") && plain.contains("may create it (201)"), "{plain}");
    // Without 201, an unknown id is a fault.
    let replaces = import("/books/{isbn}", &["isbn"], "");
    assert!(replaces.contains("PUT /books/no-such-${unique}"), "{replaces}");
}

/// A PUT that creates under an id of one's own makes no second thing whose name a rename could take.
#[test]
fn name_of_another_is_asked_where_another_can_be_made() {
    let body = "requestBody: { required: true, content: { application/json: { schema: { type: object, required: [title], \
                properties: { title: { type: string } } } } } }";
    let parameters = "parameters: [{ name: isbn, in: path, required: true, schema: { type: string } }]";
    let put = |created: &str| {
        format!(
            "  /books/{{isbn}}:\n    {parameters}\n    put:\n      {body}\n      responses: {{ '200': {{ description: ok }}{created} }}\n    \
             get: {{ responses: {{ '200': {{ description: ok }} }} }}\n    delete: {{ responses: {{ '204': {{ description: gone }} }} }}\n"
        )
    };
    let post = format!(
        "  /books:\n    post:\n      {body}\n      responses: {{ '201': {{ description: made, content: {{ application/json: {{ schema: \
         {{ type: object, properties: {{ isbn: {{ type: string }} }} }} }} }} }} }}\n"
    );
    for (paths, is_asked) in
        [(put(", '201': { description: made }"), false), (format!("{post}{}", put("")), true)]
    {
        let folder = tempfile::tempdir().unwrap();
        let document = format!("openapi: 3.1.0\ninfo: {{ title: t, version: '1' }}\npaths:\n{paths}");
        fs::write(folder.path().join("books.yaml"), &document).unwrap();
        let import = ["import", "openapi", "books.yaml", "--name", "books", "--allow-writes"];
        done(failspec(folder.path()).args(import)).exits(0);
        let generated = fs::read_to_string(folder.path().join("scenarios/books/generated.yaml")).unwrap();
        assert_eq!(generated.contains("taken_name:"), is_asked, "{document}\n{generated}");
        assert!(generated.contains("sent_twice:"), "{generated}");
    }
}

const TAGS: &str = r##"
openapi: 3.1.0
info: { title: Tags, version: "1" }
paths:
  /tags:
    post:
      requestBody: { required: true, content: { application/json: { schema: { type: object, required: [name, kind], properties: { name: { type: string }, kind: { enum: [x] } } } } } }
      responses: { '201': { $ref: '#/components/responses/Tag' }, '200': { $ref: '#/components/responses/Tag' }, '422': { description: no } }
  /tags/purge: { post: { requestBody: { content: { application/json: { schema: { type: object, required: [a], properties: { a: { type: integer } } } } } }, responses: { '200': { description: ok }, '422': { description: no } } } }
  /tags/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: string } }]
    put:
      requestBody: { required: true, content: { application/json: { schema: { type: object, required: [kind], properties: { kind: { enum: [x] } } } } } }
      responses: { '200': { description: ok }, '404': { description: no }, '415': { description: no }, '422': { description: no } }
    delete: { responses: { '204': { description: gone }, '404': { description: no } } }
components: { responses: { Tag: { description: a tag, content: { application/json: { schema: { type: object, properties: { id: { type: string } } } } } } } }
"##;

/// Runs against an API that always returns its one tag, or creates one tag per name and rejects a duplicate name.
fn tags(get_or_create: bool) -> (Vec<Received>, Done) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("tags.yaml"), TAGS).unwrap();
    let import = ["import", "openapi", "tags.yaml", "--name", "tags", "--allow-writes"];
    done(failspec(folder.path()).args(import)).exits(0);
    let names: Mutex<BTreeMap<String, String>> = Mutex::default();
    let server = Server::start(move |asked| {
        let body: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
        let mut names = names.lock().unwrap();
        let id = asked.path.rsplit('/').next().unwrap_or_default();
        let known = id == "t1" || names.values().any(|own| own == id);
        let is_json = asked.header("content-type") == Some("application/json");
        match asked.method.as_str() {
            "POST" if get_or_create => Reply::json(200, r#"{"id":"t1"}"#),
            // An existing name is checked before everything else.
            "POST" => match body["name"].as_str() {
                Some(name) if names.contains_key(name) => Reply::json(409, "{}"),
                Some(name) if body["kind"] == "x" && !name.is_empty() => {
                    names.insert(name.to_owned(), format!("t-{}", asked.number));
                    Reply::json(201, json!({ "id": format!("t-{}", asked.number) }).to_string())
                }
                _ => Reply::json(422, "{}"),
            },
            _ if !known => Reply::json(404, "{}"),
            "DELETE" => {
                names.retain(|_, own| own != id);
                Reply::new(204, "text/plain", "")
            }
            _ if !is_json => Reply::json(415, "{}"),
            _ if body["kind"] != "x" => Reply::json(422, "{}"),
            _ => Reply::json(200, "{}"),
        }
    });
    let done = done(failspec(folder.path()).args(["run", "tags", "--packs", ".", "--url", &server.url]));
    (server.received(), done)
}

/// A resource that already existed was not created by the run, and is not deleted.
#[test]
fn existing_resource_is_not_deleted() {
    let (received, done) = tags(true);
    assert_ne!(done.code, 0, "{}", done.stdout);
    let removed: Vec<String> =
        received.iter().map(Received::line).filter(|line| line == "DELETE /tags/t1").collect();
    assert!(removed.is_empty(), "{removed:?}");
}

/// A text of the document that looks like a unique name is none: the resource may be one that existed.
#[test]
fn text_of_the_document_is_no_unique_name() {
    let teardowns = |required: &str, properties: &str| {
        let folder = tempfile::tempdir().unwrap();
        let document = TAGS
            .replace("'201': { $ref: '#/components/responses/Tag' }, ", "")
            .replace("required: [name, kind]", required)
            .replace("name: { type: string }, kind: { enum: [x] }", properties)
            // What it creates under an id of the run's own is removed.
            .replace("    put:", "    x-put:");
        fs::write(folder.path().join("tags.yaml"), document).unwrap();
        let import = ["import", "openapi", "tags.yaml", "--name", "tags", "--allow-writes"];
        done(failspec(folder.path()).args(import)).exits(0);
        let generated = fs::read_to_string(folder.path().join("scenarios/tags/generated.yaml")).unwrap();
        generated.matches("teardown:").count()
    };
    let kind = "required: [kind]";
    assert_eq!(teardowns(kind, "kind: { enum: ['x-${unique}', 'x-${made}'] }"), 0);
    assert_eq!(teardowns(kind, "kind: { enum: [x] }"), 0);
    // A name that the run makes up is its own.
    assert!(teardowns("required: [name, kind]", "name: { type: string }, kind: { enum: [x] }") > 0);
}

/// The fault is the only error of a request: neither its name, which may exist already, nor its media type is wrong.
#[test]
fn fault_is_the_only_error_of_a_request() {
    let (received, done) = tags(false);
    done.exits(0);
    assert!(received.iter().all(|asked| asked.path != "/tags/purge"), "it may purge what was there");
    let bare = received.iter().find(|asked| {
        asked.method == "PUT" && asked.header("content-type").is_none() && asked.body.is_empty()
    });
    assert!(bare.is_none(), "{bare:?}");
}
