//! `failspec mock`: presets run on it at once, and nothing that was tested on it counts.

use std::{fs, path::Path, process::Command};

use serde_json::Value;

use crate::support::{Background, Done, done, failspec};

const STYLES: [&str; 8] =
    ["problem-json", "json-api", "google", "oauth2", "fastapi", "kubernetes", "graphql", "plain"];

/// Starts a mock, and returns it with its URL.
fn start(folder: &Path, pack: &str) -> (Background, String) {
    let mut mock = Background::start(failspec(folder).args([
        "mock",
        pack,
        "--packs",
        ".",
        "--target-file",
        "mock.toml",
    ]));
    let url = mock.first_line();
    (mock, url)
}

fn run(folder: &Path, arguments: &[&str]) -> Done {
    done(failspec(folder).args(arguments).args(["--packs", ".", "--config", "mock.toml"]))
}

#[test]
fn fresh_presets_run_on_their_mock_and_say_that_it_proves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for style in STYLES {
        done(failspec(folder.path()).args(["init", style, "--style", style])).exits(0);
        let (_mock, _) = start(folder.path(), style);
        // The target file says where the pack is.
        let arguments = ["run", style, "--deny", "warnings", "--config", "mock.toml"];
        let done = done(failspec(folder.path()).args(arguments)).exits(0).says("conforms");
        assert!(done.last_line().contains("a mock of the contract"), "{}", done.all());
        fs::remove_file(folder.path().join("mock.toml")).unwrap();
    }
}

/// An API with composed schemas, an id that it chooses, and refusals that it does not declare.
const NOTES: &str = r##"
openapi: 3.0.3
info: { title: Notes, version: "1" }
servers: [{ url: "http://localhost/api/v1" }]
components:
  schemas:
    Error: { type: object, required: [code], properties: { code: { type: string, enum: [invalid, not_found] } } }
    New: { type: object, required: [title], properties: { title: { type: string, minLength: 1, maxLength: 100 } } }
    Note:
      allOf:
        - $ref: "#/components/schemas/New"
        - { type: object, required: [id], properties: { id: { type: integer } } }
paths:
  /notes:
    post:
      requestBody: { required: true, content: { application/json: { schema: { $ref: "#/components/schemas/New" } } } }
      responses:
        "201": { description: made, content: { application/json: { schema: { $ref: "#/components/schemas/Note" } } } }
        "400": { description: no, content: { application/json: { schema: { $ref: "#/components/schemas/Error" } } } }
  /notes/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: integer } }]
    get:
      responses:
        "200": { description: it, content: { application/json: { schema: { $ref: "#/components/schemas/Note" } } } }
        "400": { description: no, content: { application/json: { schema: { $ref: "#/components/schemas/Error" } } } }
        "404": { description: none, content: { application/json: { schema: { $ref: "#/components/schemas/Error" } } } }
    delete:
      responses:
        "204": { description: gone }
        "400": { description: no, content: { application/json: { schema: { $ref: "#/components/schemas/Error" } } } }
        "404": { description: none, content: { application/json: { schema: { $ref: "#/components/schemas/Error" } } } }
"##;

#[test]
fn import_says_how_a_new_contract_would_differ_from_the_kept_one() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let import = |document: &str| {
        fs::write(here.join("openapi.yaml"), document).unwrap();
        done(failspec(here).args(["import", "openapi", "openapi.yaml", "--name", "notes", "--allow-writes"]))
    };
    import(NOTES).exits(0).never_says("kept");
    import(NOTES).exits(0).never_says("kept");
    let removed = "      responses:\n        \"204\": { description: gone }\n";
    let conflict = "        \"409\": { description: has comments }\n";
    assert!(NOTES.contains(removed));
    import(&NOTES.replace(removed, &format!("{removed}{conflict}")))
        .exits(0)
        .says("contract.yaml: an import never changes it. A new one would differ:\n  conflict (409, code none) is new\n")
        .says("delete it and import again");
}

#[test]
fn imported_pack_runs_on_its_mock() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    fs::write(here.join("openapi.yaml"), NOTES).unwrap();
    let import = ["import", "openapi", "openapi.yaml", "--name", "notes", "--allow-writes"];
    done(failspec(here).args(import)).exits(0);
    let (_mock, url) = start(here, "notes");
    run(here, &["run", "notes"]).exits(0).says("conforms");
    // With the path of the document's server, too.
    done(failspec(here).args(["run", "notes", "--packs", ".", "--url", &format!("{url}/api/v1")])).exits(0);
}

#[test]
fn what_was_tested_on_a_mock_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    done(failspec(here).args(["init", "shop", "--style", "plain"])).exits(0);
    done(failspec(here).args(["keygen", "--out", "me.key"])).exits(0);
    let (_mock, url) = start(here, "shop");
    run(here, &["certify", "shop", "--key", "me.key", "--out", "c.json", "--allow-loopback"])
        .exits(2)
        .says("a mock cannot be certified: it says nothing about a real API");
    assert!(!here.join("c.json").exists());
    run(here, &["run", "shop", "--shard", "1/1", "--report", "json=1.json", "--report", "junit=j.xml"])
        .exits(0);
    let junit = fs::read_to_string(here.join("j.xml")).unwrap();
    assert!(junit.contains("a mock of the contract"), "{junit}");
    let report: Value = serde_json::from_slice(&fs::read(here.join("1.json")).unwrap()).unwrap();
    assert_eq!(report["packs"][0]["mock"], true);
    done(failspec(here).args(["merge", "1.json"]))
        .exits(2)
        .says("1.json is the report of a run on a mock, which says nothing about a real API");
    // Each response says so itself.
    let mut curl = Command::new(env!("CARGO_BIN_EXE_failspec"));
    curl.current_dir(here).args(["run", "shop", "--packs", ".", "--url", &url, "--report", "har=h.har"]);
    done(&mut curl).exits(0);
    let har = fs::read_to_string(here.join("h.har")).unwrap();
    assert!(har.contains("\"failspec-mock\"") && har.contains("failspec-mock/"), "{har}");
}
