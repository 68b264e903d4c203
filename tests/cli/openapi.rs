//! `failspec import openapi`, and contracts that name an OpenAPI document: import, lint, run, health check, causes,
//! drift.

use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
};

use crate::support::{Done, Received, Reply, Server, done, failspec};
use serde_json::Value;

const DOCUMENT: &str = r##"
openapi: 3.0.3
info: { title: Pets, version: "1" }
security: [{ key: [] }]
paths:
  /me:
    get:
      responses:
        '200': { description: who asks }
        '401': { $ref: '#/components/responses/Refused' }
  /pets:
    get:
      operationId: listPets
      parameters:
        - { name: limit, in: query, schema: { type: integer, minimum: 1, maximum: 100 } }
        - { name: kind, in: query, required: true, schema: { type: string, enum: [cat, dog] } }
      responses:
        '200': { description: pets, content: { application/json: { schema: { type: array } } } }
        '400': { $ref: '#/components/responses/Refused' }
        '401': { $ref: '#/components/responses/Refused' }
    post:
      operationId: makePet
      requestBody:
        required: true
        content:
          application/json:
            schema: { type: object, required: [name], properties: { name: { type: string, maxLength: 50 } } }
      responses:
        '201': { description: made, content: { application/json: { schema: { type: object, properties: { id: { type: string } } } } } }
        '400': { $ref: '#/components/responses/Refused' }
        '409': { $ref: '#/components/responses/Refused' }
  /pets/{petId}:
    parameters: [{ name: petId, in: path, required: true, schema: { type: string } }]
    get:
      operationId: getPet
      responses:
        '200': { description: one }
        '404': { $ref: '#/components/responses/Refused' }
    delete:
      operationId: removePet
      responses:
        '200': { description: gone }
        '404': { $ref: '#/components/responses/Refused' }
components:
  securitySchemes: { key: { type: apiKey, in: header, name: X-Key } }
  responses:
    Refused: { description: refused, content: { application/json: { schema: { $ref: '#/components/schemas/Error' } } } }
  schemas:
    Error:
      type: object
      required: [code, message]
      properties: { code: { type: string }, message: { type: string }, hint: { type: string, nullable: true } }
"##;

/// Imports a document into a new folder.
fn imported(document: &str, more: &[&str]) -> (tempfile::TempDir, Done) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("pets.yaml"), document).unwrap();
    let done = import(folder.path(), more);
    (folder, done)
}

fn import(folder: &Path, more: &[&str]) -> Done {
    done(failspec(folder).args(["import", "openapi", "pets.yaml", "--name", "pets"]).args(more))
}

fn read(folder: &Path, path: &str) -> String {
    fs::read_to_string(folder.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A variable with an existing pet, for packs that create none.
const KNOWN: [&str; 2] = ["--var", "pet_id=failspec-known"];

fn run_on(folder: &Path, server: &Server, more: &[&str]) -> Done {
    let role = "user=header:X-Key:env:KEY";
    let report = ["--role", role, "--report", "json=report.json"];
    let run = ["run", "pets", "--packs", ".", "--url", &server.url];
    done(failspec(folder).env("KEY", "right-key").args(run).args(report).args(more))
}

fn refused(status: u16, code: &str) -> Reply {
    Reply::json(status, format!(r#"{{"code":"{code}","message":"no"}}"#))
}

/// The API as documented.
fn pets(asked: &Received) -> Reply {
    let (path, query) = asked.path.split_once('?').unwrap_or((&asked.path, ""));
    if asked.header("x-key") != Some("right-key") {
        return refused(401, "who").with("WWW-Authenticate", "Key");
    }
    let parameter = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}=")));
    match (asked.method.as_str(), path) {
        ("GET", "/me") => Reply::json(200, "{}"),
        ("GET", "/pets") => {
            let limit = parameter("limit").map(str::parse::<i64>);
            let wrong = limit.is_some_and(|limit| limit.map_or(true, |limit| !(1..=100).contains(&limit)));
            match parameter("kind") {
                Some("cat" | "dog") if !wrong => Reply::json(200, "[]"),
                _ => refused(400, "wrong"),
            }
        }
        ("POST", "/pets") => match serde_json::from_slice::<Value>(&asked.body) {
            Ok(body) if body["name"].as_str().is_some_and(|name| name.len() <= 50) => {
                Reply::json(201, format!(r#"{{"id":{}}}"#, body["name"]))
            }
            _ => refused(400, "wrong"),
        },
        (_, path)
            if path.starts_with("/pets/failspec-")
                && !path.ends_with("no-such-thing")
                // An id of the same form that names nothing.
                && path.rsplit('-').next().is_none_or(|number| number.len() < 9) =>
        {
            Reply::json(200, "{}")
        }
        _ => refused(404, "none"),
    }
}

#[test]
fn operations_that_a_run_does_not_call_are_named() {
    let (folder, imported) = imported(DOCUMENT, &[]);
    imported.exits(0);
    let server = Server::start(pets);
    let not_called = |more: &[&str]| {
        let run = run_on(folder.path(), &server, &[&KNOWN[..], more].concat()).exits(0);
        let report: Value = serde_json::from_str(&read(folder.path(), "report.json")).unwrap();
        (run.stdout.contains("not called 2 operations: POST /pets, DELETE /pets/{petId}"), report)
    };
    // It writes nothing unless it is told to.
    let (is_told, report) = not_called(&[]);
    assert!(is_told);
    let listed = serde_json::json!(["POST /pets", "DELETE /pets/{petId}"]);
    assert_eq!(report["packs"][0]["operations_not_called"], listed);
    // Who selects cases knows that others are left out.
    let (is_told, report) = not_called(&["--only", "*limit*"]);
    assert!(!is_told);
    assert_eq!(report["packs"][0].get("operations_not_called"), None);
}

#[test]
fn import_openapi_creates_a_pack_that_lints_clean_and_runs() {
    let (folder, done_importing) = imported(DOCUMENT, &["--allow-writes"]);
    done_importing.exits(0).says("code at /code").never_says("error");
    let folder = folder.path();
    done(failspec(folder).args(["lint", "pets", "--packs", "."])).exits(0).says("0 errors, 0 warnings");
    let contract = read(folder, "schemas/pets/contract.yaml");
    for line in
        ["openapi: openapi.yaml", "  code: /code", "health_check:\n  - { request: GET /me, as: user }\n"]
    {
        assert!(contract.contains(line), "`{line}` is missing in\n{contract}");
    }
    assert!(contract.contains("  - id: conflict\n    status: 409\n"), "{contract}");
    let generated = read(folder, "scenarios/pets/generated.yaml");
    assert!(generated.contains("make_pet_created_twice:\n"), "{generated}");
    assert!(contract.contains("excluded: \"the document does not describe the conflict"), "{contract}");
    let server = Server::start(pets);
    run_on(folder, &server, &[])
        .exits(0)
        .says("conforms")
        .says("declared error responses seen (5 operations)");
    let report: Value = serde_json::from_str(&read(folder, "report.json")).unwrap();
    let operations = report["packs"][0]["operations"].as_array().unwrap();
    let list = operations.iter().find(|it| it["operation"] == "GET /pets").unwrap();
    assert!(
        list["errors"].as_array().unwrap().iter().all(|error| error["cases"].as_u64() > Some(0)),
        "{list}"
    );
    // Only resources that the run created were deleted.
    for line in server.lines() {
        let own = ["/pets/failspec-", "/pets/no-such-failspec-"].iter().any(|own| line.contains(own));
        let foreign = line.starts_with("DELETE") && !own;
        assert!(!foreign, "{line}");
    }
}

#[test]
fn import_openapi_generates_no_writes_without_permission() {
    let (folder, done) = imported(DOCUMENT, &[]);
    done.exits(0).says("it writes: sent only with --allow-writes");
    let server = Server::start(pets);
    run_on(folder.path(), &server, &KNOWN).exits(0);
    let only_reads =
        |line: &String| ["GET ", "HEAD ", "TRACE "].iter().any(|method| line.starts_with(method));
    assert!(server.lines().iter().all(only_reads), "{:?}", server.lines());
    // A value that only the target knows is required from it, and nothing is skipped without a message.
    run_on(folder.path(), &server, &[])
        .exits(4)
        .says("pet_id")
        .says("an existing petId, for GET /pets/{petId}");
}

#[test]
fn import_openapi_again_rewrites_only_generated_scenarios() {
    let (folder, _) = imported(DOCUMENT, &[]);
    let folder = folder.path();
    let contract = read(folder, "schemas/pets/contract.yaml") + "\n# mine\n";
    fs::write(folder.join("schemas/pets/contract.yaml"), &contract).unwrap();
    let own = "contract: pets\nscenarios:\n  mine: { triggers: not_found, as: user, request: GET /pets/none, control: { request: GET /me } }\n";
    fs::write(folder.join("scenarios/pets/own.yaml"), own).unwrap();
    let before = read(folder, "scenarios/pets/generated.yaml");
    import(folder, &[]).exits(0).says("unchanged");
    assert_eq!(
        read(folder, "scenarios/pets/generated.yaml"),
        before,
        "the same document makes the same scenarios"
    );
    import(folder, &["--allow-writes"]).exits(0);
    assert_ne!(read(folder, "scenarios/pets/generated.yaml"), before);
    assert_eq!(read(folder, "schemas/pets/contract.yaml"), contract);
    assert_eq!(read(folder, "scenarios/pets/own.yaml"), own);
    // A failure that is not in the contract is reported, not added.
    let newer = DOCUMENT.replace("'404'", "'410'");
    fs::write(folder.join("pets.yaml"), newer).unwrap();
    import(folder, &[]).exits(0).says("contract.yaml has no failure `gone`");
}

#[test]
fn import_openapi_does_not_change_a_handwritten_pack() {
    let folder = crate::support::tiny_pack();
    fs::write(folder.path().join("pets.yaml"), DOCUMENT).unwrap();
    let import = ["import", "openapi", "pets.yaml", "--name", "tiny"];
    done(failspec(folder.path()).args(import)).exits(2).says("was not imported from an OpenAPI document");
}

#[test]
fn unusable_documents_are_refused_with_a_reason() {
    for (document, said) in [
        ("swagger: '1.2'\n", "Swagger `1.2`"),
        ("swagger: '2.0'\n", "declares no operations"),
        ("openapi: 4.0.0\n", "2.0, 3.0, 3.1 or 3.2 is required"),
        ("title: none\n", "no key `openapi`"),
        ("openapi: 3.1.0\npaths: {}\n", "declares no operations"),
        ("openapi: 3.1.0\nwebhooks: { made: { post: { responses: {} } } }\n", "it declares 1 webhook, which"),
        (
            "openapi: 3.1.0\npaths: { /a: { post: { responses: { 200: { description: yes } } } } }\n",
            "it writes: sent only with --allow-writes (POST /a (everything))",
        ),
        ("openapi: [\n", "not well-formed YAML"),
    ] {
        let (folder, done) = imported(document, &[]);
        done.exits(2).says(said);
        assert!(!folder.path().join("schemas").exists(), "something was written for {document}");
    }
}

#[test]
fn unusable_parts_are_warnings_with_their_location() {
    let dirty = DOCUMENT
        .replace("minimum: 1, maximum: 100", "minimum: one, maximum: 100, pattern: '(?<=a'")
        .replace(
            "'409': { $ref: '#/components/responses/Refused' }",
            "'409': { $ref: '#/components/responses/None' }",
        )
        .replace(
            "        '200': { description: who asks }",
            "        '2000': {}\n        '200': { description: who asks }",
        );
    let (folder, done) = imported(&dirty, &["--warnings"]);
    let done = done.exits(0);
    for place in [
        "pets.yaml#/paths/~1pets/get/parameters/0/schema/minimum",
        "pets.yaml#/paths/~1pets/get/parameters/0/schema/pattern",
        "#/components/responses/None` cannot be resolved",
        "pets.yaml#/paths/~1me/get/responses/2000: this is not a status",
    ] {
        assert!(done.all().contains(place), "{place} is missing in {}", done.all());
    }
    self::done(failspec(folder.path()).args(["lint", "pets", "--packs", "."])).exits(0);
}

#[test]
fn document_may_have_several_files_and_cyclic_references() {
    let folder = tempfile::tempdir().unwrap();
    let root = DOCUMENT.replace(
        "schema: { $ref: '#/components/schemas/Error' }",
        "schema: { $ref: 'parts/error.yaml#/Error' }",
    );
    fs::write(folder.path().join("pets.yaml"), root).unwrap();
    fs::create_dir(folder.path().join("parts")).unwrap();
    let error = "Error:\n  type: object\n  required: [code, message]\n  properties:\n    code: { type: string }\n    \
                 message: { type: string }\n    inner: { $ref: '#/Error' }\n    outer: { $ref: '../pets.yaml#/components/schemas/Error' }\n";
    fs::write(folder.path().join("parts/error.yaml"), error).unwrap();
    import(folder.path(), &[]).exits(0).says("code at /code");
    assert!(folder.path().join("schemas/pets/openapi/parts/error.yaml").exists());
    let server = Server::start(pets);
    run_on(folder.path(), &server, &KNOWN).exits(0).says("conforms");
}

/// Lints the imported pack with an additional scenario.
fn linted(scenario: &str) -> Done {
    let (folder, _) = imported(DOCUMENT, &[]);
    let own = format!("contract: pets\nscenarios:\n{scenario}");
    fs::write(folder.path().join("scenarios/pets/own.yaml"), own).unwrap();
    done(failspec(folder.path()).args(["lint", "pets", "--packs", "."]))
}

#[test]
fn lint_validates_requests_against_the_document() {
    let right =
        "  mine: { triggers: not_found, as: user, request: GET /pets/none, control: { request: GET /me } }\n";
    linted(right).exits(0).says("0 errors, 0 warnings");
    for (scenario, said) in [
        (right.replace("GET /me", "GET /you"), "has no operation GET /you (control of `mine`)"),
        (right.replace("GET /me", "GET /pets"), "the query parameter `kind` is missing"),
        (
            right.replace("{ request: GET /me }", "{ request: GET /pets, query: { kind: cow } }"),
            "the query parameter `kind` may not be `cow`",
        ),
        (
            right
                .replace("request: GET /me", "request: GET /pets, query: { kind: cat }")
                .replace("GET /pets/none", "GET /me"),
            "declares no HTTP 404 at GET /me, which `mine` triggers",
        ),
        (
            right.replace("not_found", "unauthorized").replace("GET /pets/none", "POST /you"),
            "has no operation POST /you, and `mine` does not test that",
        ),
    ] {
        linted(&scenario).exits(1).says(said);
    }
    // The request has a second error, but the failure under test is about the credentials.
    let both = "  mine: { triggers: unauthorized, request: GET /pets, control: { as: user, query: { kind: cat } } }\n";
    linted(both).exits(0).says("also violates the OpenAPI document: the query parameter `kind` is missing");
}

#[test]
fn missing_document_is_reported_at_its_reference() {
    let (folder, _) = imported(DOCUMENT, &[]);
    fs::remove_file(folder.path().join("schemas/pets/openapi.yaml")).unwrap();
    let done =
        done(failspec(folder.path()).args(["run", "pets", "--packs", ".", "--url", "http://127.0.0.1:9"]));
    done.exits(2).says("the pack has no file `openapi.yaml`").says("contract.yaml:6");
}

#[test]
fn findings_with_one_cause_are_reported_once() {
    let (folder, _) = imported(DOCUMENT, &[]);
    let server = Server::start(|asked| {
        let is_head = asked.method == "HEAD";
        let read =
            Received { method: if is_head { "GET" } else { &asked.method }.to_owned(), ..asked.clone() };
        let reply = pets(&read);
        if asked.method == "TRACE" {
            return refused(405, "method").with("Allow", "GET, POST, PUT, PATCH, DELETE");
        }
        if reply.status == 400 { Reply::json(400, r#"{"code":7,"message":"no"}"#) } else { reply }
    });
    let done = run_on(folder.path(), &server, &[]).exits(1);
    done.says("is not of type \"string\"")
        .says("[envelope, declared-schema]")
        .says("the shortest example of each");
    let report: Value = serde_json::from_str(&read(folder.path(), "report.json")).unwrap();
    let causes = report["finding_groups"].as_array().unwrap();
    let failed = report["summary"]["failed"].as_u64().unwrap();
    assert!(failed >= 5, "{failed}");
    // A refusal that is only inferred shows it as well.
    assert!(causes.iter().all(|cause| cause["cases"].as_u64() >= Some(failed)), "{causes:#?}");
    assert_eq!(causes.len(), 1, "{causes:#?}");
    // A schema that the contract and the document share is reported only once.
    assert!(causes.iter().all(|cause| cause["check"] != "declared-schema"), "{causes:#?}");
    assert_eq!(causes[0]["example"], "pets::bad_request::list_pets_without_kind");
}

#[test]
fn run_stops_when_a_write_breaks_the_health_check() {
    let (folder, _) = imported(DOCUMENT, &["--allow-writes"]);
    let gone = AtomicBool::new(false);
    let server = Server::start(move |asked| {
        // The API deletes the account along with the first deleted resource.
        if asked.method == "DELETE" {
            gone.store(true, Ordering::SeqCst);
        } else if gone.load(Ordering::SeqCst) {
            return refused(401, "who").with("WWW-Authenticate", "Key");
        }
        pets(asked)
    });
    let done = run_on(folder.path(), &server, &[]);
    assert_ne!(done.code, 0);
    let done = done
        .says("the health check no longer succeeds, so the run was stopped")
        .says("It had sent")
        .says("DELETE ");
    let named = done.all().lines().find(|line| line.starts_with("after pets::")).map(str::to_owned);
    assert!(named.is_some(), "{}", done.all());
    // Only the deletions of one case: those of its control and of its request. What is not there yet is waited for.
    let deleted: BTreeSet<String> =
        server.lines().into_iter().filter(|line| line.starts_with("DELETE")).collect();
    assert!((1..=3).contains(&deleted.len()), "{:?}", server.lines());
}

#[test]
fn drift_reports_differences_from_the_document() {
    let (folder, _) = imported(DOCUMENT, &[]);
    let drift = |document: String| {
        fs::write(folder.path().join("now.yaml"), document).unwrap();
        done(failspec(folder.path()).args(["drift", "pets", "--packs", ".", "--openapi", "now.yaml"]))
    };
    drift(DOCUMENT.to_owned()).exits(0).says("no difference");
    // A different description, a different success, a different optional field.
    drift(DOCUMENT.replace("description: refused", "description: not done").replace("hint:", "advice:"))
        .exits(0);
    drift(DOCUMENT.replace("'409'", "'423'"))
        .exits(1)
        .says("HTTP 423 is declared at POST /pets")
        .says("conflict: its status is not declared")
        .says("POST /pets now declares 423 instead of 409");
    drift(DOCUMENT.replace("properties: { code:", "properties: { kode:"))
        .exits(1)
        .says("no code at /code is declared for");
    drift(DOCUMENT.replace("  /me:", "  /you:")).exits(1).says("GET /me was removed").says("GET /you is new");
}

#[test]
fn a_default_response_binds_errors_where_successes_are_declared() {
    let contract = "contract: tiny\nas_of: 2026-01-31\nopenapi: openapi.yaml\nfailures:\n  - { id: gone, status: 404, summary: Gone }\n";
    let scenarios = "contract: tiny\nscenarios:\n  \
                     a: { triggers: gone, request: GET /a, no_control: a test }\n  \
                     b: { triggers: gone, request: GET /b, no_control: a test }\n";
    let error = "{ description: wrong, content: { application/json: { schema: { type: object, required: [code] } } } }";
    let document = format!(
        "openapi: 3.1.0\npaths:\n  /a: {{ get: {{ responses: {{ 200: {{ description: fine }}, default: {error} }} }} }}\n  \
         /b: {{ get: {{ responses: {{ default: {error} }} }} }}\n"
    );
    let folder = crate::support::pack_with(contract, scenarios);
    fs::write(folder.path().join("schemas/tiny/openapi.yaml"), document).unwrap();
    let server = Server::start(|_| Reply::json(404, r#"{"kode":1}"#));
    let run = ["run", "tiny", "--packs", ".", "--url", &server.url, "--report", "json=report.json"];
    done(failspec(folder.path()).args(run)).exits(1);
    let report: Value = serde_json::from_str(&read(folder.path(), "report.json")).unwrap();
    let found = |case: usize, kind: &str| report["cases"][case][kind][0]["check"].clone();
    assert_eq!(
        (found(0, "violations"), found(0, "warnings")),
        ("declared-schema".into(), Value::Null),
        "{report:#}"
    );
    assert_eq!(
        (found(1, "violations"), found(1, "warnings")),
        (Value::Null, "declared-schema".into()),
        "{report:#}"
    );
}

#[test]
fn documents_of_a_repository_share_files_below_its_root() {
    let folder = tempfile::tempdir().unwrap();
    let put = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    put(
        "repo/common/errors.yaml",
        "components: { schemas: { Error: { type: object, required: [code], properties: { code: { type: string } } } } }\n",
    );
    let document = "openapi: 3.0.3\ninfo: { title: Orders, version: '1' }\npaths:\n  /orders/{id}:\n    get:\n      \
         parameters: [ { name: id, in: path, required: true, schema: { type: integer } } ]\n      responses:\n        \
         '200': { description: ok }\n        '404': { description: no, content: { application/json: { schema: \
         { $ref: '../../common/errors.yaml#/components/schemas/Error' } } } }\n";
    put("repo/services/orders/api.yaml", document);
    put("secret.yaml", "{}\n");
    let import = |root: &[&str]| {
        let mut command = failspec(folder.path());
        command.args([
            "import",
            "openapi",
            "repo/services/orders/api.yaml",
            "--name",
            "orders",
            "--dir",
            "out",
        ]);
        done(command.args(root))
    };
    import(&[]).exits(0).says("is not followed").says("`--root DIR` allows it");
    let pack = folder.path().join("out");
    fs::remove_dir_all(&pack).unwrap();
    import(&["--root", "repo"]).exits(0).never_says("is not followed");
    assert!(pack.join("schemas/orders/openapi/common/errors.yaml").exists());
    assert!(
        read(&pack, "schemas/orders/contract.yaml").contains("openapi: openapi/services/orders/api.yaml")
    );
    done(failspec(folder.path()).args(["lint", "orders", "--packs", "out"])).exits(0);
    let server = Server::start(|request: &Received| match request.line().as_str() {
        line if line.ends_with("/1") => Reply::json(200, "{}"),
        _ => Reply::json(404, r#"{"kode":"absent"}"#),
    });
    let run = ["run", "orders", "--packs", "out", "--url", &server.url];
    // The shared schema binds.
    done(failspec(folder.path()).args(run)).exits(1).says("\"code\" is a required property");
    let drift = ["drift", "orders", "--packs", "out", "--openapi", "repo/services/orders/api.yaml"];
    done(failspec(folder.path()).args(drift).args(["--root", "repo"])).exits(0);
    // Nothing above the root is read, whatever the document says.
    put(
        "repo/services/orders/api.yaml",
        &document.replace("../../common/errors.yaml", "../../../secret.yaml"),
    );
    fs::remove_dir_all(&pack).unwrap();
    import(&["--root", "repo"]).exits(0).says("it is outside the folder of all documents");
    import(&["--root", "repo/common"]).exits(2).says("it is not within");
}
