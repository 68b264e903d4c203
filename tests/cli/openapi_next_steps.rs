//! The advice after an import: the credential, the variables, and files that cannot be read.

use std::{fs, path::Path};

use crate::support::{Done, done, failspec};

/// Operations that take a session or what `SCHEME` says, and ids that the run cannot know.
const DOCUMENT: &str = r##"
openapi: 3.0.3
info: { title: Teams, version: "1" }
security: [{ key: [] }, { session: [] }]
paths:
  /reports/{report_id}:
    get:
      parameters:
        - { name: report_id, in: path, required: true, schema: { type: string } }
        - { name: limit, in: query, schema: { type: integer, minimum: 1, maximum: 9 } }
      responses: { '200': { description: one }, '400': { description: wrong }, '404': { description: none } }
  /a/{team_id}:
    get:
      parameters: [{ name: team_id, in: path, required: true, schema: { type: string } }]
      responses: { '200': { description: one }, '404': { description: none } }
components:
  securitySchemes:
    key: SCHEME
    session: { type: apiKey, in: cookie, name: sid }
"##;

fn import(folder: &Path, document: &str) -> Done {
    fs::write(folder.join("teams.yaml"), document).unwrap();
    done(failspec(folder).args(["import", "openapi", "teams.yaml", "--name", "teams"]))
}

#[test]
fn credential_in_a_header_is_proposed_before_a_cookie() {
    for (scheme, role, is_bare) in [
        ("{ type: http, scheme: bearer }", "user=bearer:env:TOKEN", false),
        ("{ type: apiKey, in: header, name: Authorization }", "user=header:Authorization:env:KEY", true),
        ("{ type: apiKey, in: header, name: X-Key }", "user=header:X-Key:env:KEY", false),
        ("{ type: apiKey, in: header, name: Cookie }", "user=header:Cookie:env:KEY", false),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let imported = import(folder.path(), &DOCUMENT.replace("SCHEME", scheme));
        assert!(imported.stdout.contains(&format!("--role {role}\n")), "{}", imported.stdout);
        let note = "The value goes into Authorization as it is";
        assert_eq!(imported.stdout.contains(note), is_bare, "{}", imported.stdout);
    }
}

#[test]
fn variables_are_listed_by_the_cases_that_they_bring() {
    let folder = tempfile::tempdir().unwrap();
    let imported = import(folder.path(), &DOCUMENT.replace("SCHEME", "{ type: http, scheme: bearer }"));
    let (_, told) = imported.stdout.split_once("are skipped without it:\n").unwrap();
    let place = |words: &str| told.find(words).unwrap_or_else(|| panic!("{words}: {told}"));
    assert!(place("report_id=… brings ") < place("team_id=… brings "), "{told}");
    // The number is that of the cases which a run without it skips.
    let brought = told.split("report_id=… brings ").nth(1).unwrap().split(" cases").next().unwrap();
    let run = ["run", "teams", "--packs", ".", "--url", "http://127.0.0.1:9", "--role", "user=bearer:env:T"];
    done(failspec(folder.path()).env("T", "t").args(run)).says(&format!("{brought} × an existing report_id"));
}

#[test]
fn malformed_file_of_a_document_is_shown_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("shared.yaml"), "Team:\n  type: object\nb: [\nc: d\n").unwrap();
    let own = DOCUMENT.replace("SCHEME", "{ type: http, scheme: bearer }");
    let referring = own.replace("{ description: one }", "{ $ref: 'shared.yaml#/Team' }");
    import(folder.path(), &referring).exits(0).says(" --> shared.yaml:4:").says("^ ").says("warning");
    // Without it there is nothing to ask.
    let nothing =
        "openapi: 3.0.3\ninfo: { title: T, version: '1' }\npaths:\n  /a: { $ref: 'shared.yaml#/a' }\n";
    import(folder.path(), nothing).exits(2).says(" --> shared.yaml:4:");
}

#[test]
fn malformed_document_of_a_pack_is_shown_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    import(folder.path(), &DOCUMENT.replace("SCHEME", "{ type: http, scheme: bearer }")).exits(0);
    fs::write(folder.path().join("schemas/teams/openapi.yaml"), "openapi: [\n  x").unwrap();
    for command in [
        ["export", "teams", "overlay", "--packs", "."].as_slice(),
        &["drift", "teams", "--openapi", "teams.yaml", "--packs", "."],
    ] {
        done(failspec(folder.path()).args(command)).exits(2).says(" --> schemas/teams/openapi.yaml:2:");
    }
}
