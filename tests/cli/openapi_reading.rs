//! Documents that say something in an unusual way: import, lint, run and drift.

use std::{fs, path::Path};

use crate::support::{Done, Received, Reply, Server, done, failspec};

/// A thing and an error as documented.
const THING: &str = r#"{"name":"seven"}"#;
const ERROR: &str = r#"{"code":"no"}"#;

/// A document with `GET /things/{id}`, as text to change.
const DOCUMENT: &str = r##"
openapi: 3.0.3
info: { title: Things, version: "1" }
paths:
  /things/{id}:
    get:
      parameters: [{ name: id, in: path, required: true, schema: { type: integer }, example: 7 }]
      responses:
        '200': { description: one, content: { application/json: { schema: { $ref: '#/components/schemas/Thing' } } } }
        '404': { description: none, content: { application/json: { schema: { $ref: '#/components/schemas/Error' } } } }
        '400': { description: wrong, content: { application/json: { schema: { $ref: '#/components/schemas/Error' } } } }
components:
  schemas:
    Thing: { type: object, required: [name], properties: { name: { type: string } } }
    Error: { type: object, required: [code], properties: { code: { type: string } } }
"##;

/// The same API in Swagger 2.0.
const SWAGGER: &str = r##"
swagger: '2.0'
info: { title: Things, version: "1" }
basePath: /
produces: [application/json]
paths:
  /things/{id}:
    get:
      parameters: [{ name: id, in: path, required: true, type: integer, x-example: 7 }]
      responses:
        '200': { description: one, schema: { $ref: '#/definitions/Thing' } }
        '404': { $ref: '#/responses/Refused' }
        '400': { $ref: '#/responses/Refused' }
responses:
  Refused: { description: refused, schema: { $ref: '#/definitions/Error' } }
definitions:
  Thing: { type: object, required: [name], properties: { name: { type: string } } }
  Error: { type: object, required: [code], properties: { code: { type: string } } }
"##;

fn import(folder: &Path, document: &str, more: &[&str]) -> Done {
    fs::write(folder.join("things.yaml"), document).unwrap();
    done(failspec(folder).args(["import", "openapi", "./things.yaml", "--name", "things"]).args(more))
}

fn lint(folder: &Path) -> Done {
    done(failspec(folder).args(["lint", "things", "--packs", "."]))
}

/// Runs the pack against a server whose thing and whose errors have these bodies.
fn run(folder: &Path, thing: &'static str, error: &'static str) -> Done {
    run_refusing(400, folder, thing, error)
}

/// Does the same with a server that refuses a wrong id with this status.
fn run_refusing(status: u16, folder: &Path, thing: &'static str, error: &'static str) -> Done {
    let server = Server::start(move |asked: &Received| match asked.path.as_str() {
        "/things/7" => Reply::json(200, thing),
        path if path.trim_start_matches("/things/").parse::<i64>().is_ok() => Reply::json(404, error),
        path if path.starts_with("/things/") => Reply::json(status, error),
        _ => Reply::json(404, error),
    });
    done(failspec(folder).args(["run", "things", "--packs", ".", "--url", &server.url]))
}

#[test]
fn document_that_names_itself_is_read_alike_at_import_lint_and_run() {
    for reference in ["things.yaml#/components/schemas/Error", "./things.yaml#/components/schemas/Error"] {
        let folder = tempfile::tempdir().unwrap();
        let document = DOCUMENT.replace("#/components/schemas/Error", reference);
        import(folder.path(), &document, &[]).exits(0).never_says("cannot be used as written");
        lint(folder.path()).exits(0).says("0 errors, 0 warnings");
        run(folder.path(), THING, ERROR).exits(0).never_says("was not compared");
        run(folder.path(), THING, r#"{"kode":"no"}"#).exits(1).says("required property");
    }
}

#[test]
fn merge_keys_are_followed_at_import_lint_and_run() {
    let folder = tempfile::tempdir().unwrap();
    let document = DOCUMENT.replace("    Thing: {", "    Thing: &thing {").replace(
        "    Error: { type: object, required: [code],",
        "    Error: { <<: *thing, required: [code],",
    );
    import(folder.path(), &document, &[]).exits(0).never_says("cannot be used as written");
    lint(folder.path()).exits(0).says("0 errors, 0 warnings");
    run(folder.path(), THING, ERROR).exits(0);
    run(folder.path(), "{}", ERROR).exits(1).says("declared-schema");
}

#[test]
fn references_that_lead_nowhere_are_named_at_import_lint_and_run() {
    let broken = [
        // A schema, a part of one, and a whole response.
        DOCUMENT.replace("#/components/schemas/Error", "#/components/schemas/Eror"),
        DOCUMENT.replace("properties: { code: { type: string } }", "properties: { code: { $ref: '#/nowhere' } }"),
        DOCUMENT.replace("'404': { description: none, content: { application/json: { schema: { $ref: '#/components/schemas/Error' } } } }", "'404': { $ref: '#/nowhere' }"),
    ];
    for document in broken {
        let folder = tempfile::tempdir().unwrap();
        import(folder.path(), &document, &[]).exits(0).says("cannot be resolved");
        lint(folder.path())
            .exits(0)
            .says("a part of the OpenAPI document is not used")
            .says("cannot be resolved");
        let done = run(folder.path(), THING, ERROR);
        done.exits(0).says("declared-schema").says("was not compared with all that the document says");
    }
    // What is not broken still counts.
    let folder = tempfile::tempdir().unwrap();
    let document = DOCUMENT
        .replace("properties: { code: { type: string } }", "properties: { code: { $ref: '#/nowhere' } }");
    import(folder.path(), &document, &[]).exits(0);
    run(folder.path(), THING, r#"{"kode":"no"}"#).exits(1).says("required property");
}

/// A schema that nothing can be compared with, and a pattern, are no silent pass.
#[test]
fn schemas_and_patterns_that_cannot_be_used_are_named_at_import_lint_and_run() {
    // Each level applies the next one twice, 2²⁰ times together.
    let levels = (0..20).map(|level| {
        let next = format!("{{ $ref: '#/components/schemas/L{}' }}", level + 1);
        format!("    L{level}: {{ allOf: [{next}, {next}] }}\n")
    });
    let levels: String = levels.chain(["    L20: { type: object }\n".to_owned()]).collect();
    let doubling = DOCUMENT.replace("  schemas:\n", &format!("  schemas:\n{levels}"));
    let doubling =
        doubling.replace("    Error: {", "    Error: { allOf: [{ $ref: '#/components/schemas/L0' }],");
    let pattern = DOCUMENT.replace("code: { type: string }", "code: { type: string, pattern: '[' }");
    for (document, named) in
        [(doubling, "of its parts to every value"), (pattern, "`pattern: \"[\"` cannot be used")]
    {
        assert_ne!(document, DOCUMENT);
        let folder = tempfile::tempdir().unwrap();
        import(folder.path(), &document, &["--warnings"]).exits(0).says(named);
        lint(folder.path()).exits(0).says("a part of the OpenAPI document is not used").says(named);
        let done = run(folder.path(), THING, ERROR).exits(0);
        done.says("declared-schema").says("was not compared with all that the document says").says(named);
    }
    let usable = DOCUMENT.replace("code: { type: string }", "code: { type: string, pattern: '^n' }");
    let folder = tempfile::tempdir().unwrap();
    import(folder.path(), &usable, &["--warnings"]).exits(0).never_says("cannot be used");
    run(folder.path(), THING, ERROR).exits(0).never_says("was not compared");
}

#[test]
fn swagger_document_is_imported_linted_run_and_compared() {
    let folder = tempfile::tempdir().unwrap();
    import(folder.path(), SWAGGER, &[])
        .exits(0)
        .never_says("cannot be used as written")
        .says("code at /code");
    lint(folder.path()).exits(0).says("0 errors, 0 warnings");
    run(folder.path(), THING, ERROR).exits(0);
    run(folder.path(), THING, r#"{"kode":"no"}"#).exits(1).says("required property");
    let drift = |document: &str| {
        fs::write(folder.path().join("now.yaml"), document).unwrap();
        done(failspec(folder.path()).args(["drift", "things", "--packs", ".", "--openapi", "now.yaml"]))
    };
    // The same API in another version of the specification is no difference.
    drift(DOCUMENT).exits(0).says("no difference");
    drift(&SWAGGER.replace("'404': { $ref", "'410': { $ref"))
        .exits(1)
        .says("now declares 410 instead of 404");
}

const OVERLAY: &str = r##"
overlay: 1.0.0
info: { title: Mends the errors, version: "1" }
actions:
  - target: $.components.schemas.Error
    update: { required: [reason], properties: { reason: { type: string } } }
  - target: $.paths['/things/{id}'].get.responses['400']
    remove: true
"##;

#[test]
fn overlays_mend_a_document_at_import_and_in_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    fs::write(path.join("mend.yaml"), OVERLAY).unwrap();
    import(path, DOCUMENT, &["--overlay", "mend.yaml"]).exits(0).never_says("cannot be used as written");
    let read = |file: &str| fs::read_to_string(path.join(file)).unwrap();
    let contract = read("schemas/things/contract.yaml");
    assert!(contract.contains("openapi_overlays: [overlays/mend.yaml]"), "{contract}");
    assert_eq!(read("schemas/things/openapi.yaml"), DOCUMENT);
    assert_eq!(read("schemas/things/overlays/mend.yaml"), OVERLAY);
    lint(path).exits(0).says("0 errors, 0 warnings");
    run_refusing(404, path, THING, r#"{"code":"no","reason":"none"}"#).exits(0);
    run_refusing(404, path, THING, ERROR).exits(1).says("required property");
    run(path, THING, r#"{"code":"no","reason":"none"}"#)
        .says("HTTP 400 with application/json, which is no documented response [unrecognized-response, undeclared-status]");
    // Importing again uses the overlays of the contract, and the same ones can be given.
    let generated = read("scenarios/things/generated.yaml");
    assert!(!generated.contains("bad_request"), "{generated}");
    import(path, DOCUMENT, &[]).exits(0);
    assert_eq!(read("scenarios/things/generated.yaml"), generated);
    import(path, DOCUMENT, &["--overlay", "mend.yaml"]).exits(0);
    fs::write(path.join("other.yaml"), OVERLAY).unwrap();
    import(path, DOCUMENT, &["--overlay", "other.yaml"])
        .exits(2)
        .says("openapi_overlays: [overlays/other.yaml]");
    // The new document is mended like the one before.
    let drift = ["drift", "things", "--packs", ".", "--openapi", "things.yaml"];
    done(failspec(path).args(drift)).exits(0).says("no difference");
}

#[test]
fn overlays_without_effect_are_named_and_unusable_ones_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let nothing = OVERLAY.replace("$.components.schemas.Error", "$.components.schemas.Mistake");
    fs::write(path.join("mend.yaml"), nothing).unwrap();
    import(path, DOCUMENT, &["--overlay", "mend.yaml"])
        .exits(0)
        .says("mend.yaml#/actions/0: line 5: the target `$.components.schemas.Mistake` selects nothing");
    lint(path).exits(0).says("selects nothing");
    fs::write(path.join("schemas/things/overlays/mend.yaml"), OVERLAY.replace("1.0.0", "3")).unwrap();
    lint(path).exits(1).says("overlay version `3` is not supported");
    run(path, THING, ERROR).exits(2).says("overlay version `3` is not supported");
    fs::write(path.join("mend.yaml"), OVERLAY.replace("$.paths[", "paths[")).unwrap();
    import(path, DOCUMENT, &["--overlay", "mend.yaml"])
        .exits(2)
        .says("mend.yaml:7")
        .says("is not a JSONPath");
    import(path, DOCUMENT, &["--overlay", "none.yaml"]).exits(2).says("cannot read none.yaml");
}
