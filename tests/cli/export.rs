//! `export`: what a contract says for a page, a document and clients, and that `drift` of it finds no difference.

use std::{collections::BTreeSet, fs};

use failspec::builtin::built_in;
use failspec_import::{drift_openapi, export};
use failspec_pack::{
    openapi::{Api, Declared, Document, Overlay},
    pack::Pack,
};
use serde_json::{Value, json};

use crate::support::{done, failspec, pack_with};

const CONTRACT: &str = "\
contract: tiny
as_of: 2026-01-31
documentation: https://tiny.example/errors
success: { status: 2xx }
envelope: { media_type: application/json, code: /error/code, message: /error/message }
operations: { read: \"GET /things/{id}\", add: POST /things }
failures:
  - { id: absent, status: [404, 410], code: absent, summary: \"There is no such thing | or <it> is gone\", retry: never }
  - { id: taken, status: 409, code: taken, codes: [taken, in_use], summary: It is taken }
  - { id: busy, status: 5xx, summary: Come back later, retry: backoff, envelope: { code: null } }
  - { id: guessed, status: 418, code: teapot, summary: We think so, source: inferred }
  - { id: unseen, status: 429, code: slow, summary: Too fast }
";

const SCENARIOS: &str = "\
contract: tiny
scenarios:
  a: { triggers: absent, request: read, path: { id: x }, no_control: none }
  b: { triggers: taken, request: add, json: { a: 1 }, no_control: none }
  c: { triggers: busy, request: add, json: { a: 2 }, no_control: none }
  d: { triggers: guessed, request: add, json: { a: 3 }, no_control: none }
";

fn packs() -> Vec<Pack> {
    let names = built_in().packs().unwrap();
    names.iter().map(|name| Pack::load(&built_in(), name).unwrap()).collect()
}

#[test]
fn exported_page_has_no_drift() {
    for pack in packs() {
        let folder = tempfile::tempdir().unwrap();
        let label = pack.label();
        done(failspec(folder.path()).args(["export", &label, "markdown", "-o", "errors.md"])).exits(0);
        done(failspec(folder.path()).args(["drift", &label, "--docs", "errors.md"])).exits(0);
        // A page that lost a line, or has another status, is noticed.
        let page = fs::read_to_string(folder.path().join("errors.md")).unwrap();
        let rows: Vec<&str> = page.lines().filter(|line| line.starts_with("| `")).collect();
        let Some(first) = rows.first() else { continue };
        fs::write(folder.path().join("errors.md"), page.replace(first, "| `made_up_code` | 499 | New | |"))
            .unwrap();
        done(failspec(folder.path()).args(["drift", &label, "--docs", "errors.md"]))
            .exits(1)
            .says("made_up_code");
    }
}

#[test]
fn overlay_of_the_packs_documents_has_no_drift() {
    for pack in packs() {
        let Some(file) = &pack.contract.openapi else { continue };
        let declared = Declared::of(&pack).unwrap().unwrap();
        let exported = export::overlay(&pack, Some(&declared));
        let overlay = Overlay::parse("errors.overlay.json", &exported.overlay.to_string()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("openapi.yaml");
        fs::write(&path, &*pack.texts[&file.path]).unwrap();
        let api = Api::strict(&Document::load_with(&path, None, &[overlay]).unwrap());
        let comparison = drift_openapi(&pack.label(), &pack.contract, None, &api, "openapi.yaml");
        let left_out: BTreeSet<&str> = exported.not_declared.iter().map(|(id, _)| id.as_str()).collect();
        for group in &comparison.groups {
            for difference in &group.differences {
                let is_left_out = left_out.iter().any(|id| difference.subject.contains(id));
                assert!(
                    is_left_out || !group.title.contains("failure"),
                    "{}: {}: {}",
                    pack.name,
                    group.title,
                    difference.message
                );
            }
        }
    }
}

#[test]
fn codes_are_data_for_clients() {
    let folder = pack_with(CONTRACT, SCENARIOS);
    let done = done(failspec(folder.path()).args(["export", "tiny", "codes", "--packs", "."])).exits(0);
    let codes: Value = serde_json::from_str(&done.stdout).unwrap();
    assert_eq!(
        codes,
        json!({
            "contract": "tiny", "as_of": "2026-01-31", "documentation": "https://tiny.example/errors",
            "code_at": "/error/code",
            "failures": [
                { "id": "absent", "codes": ["absent"], "statuses": [404, 410],
                  "summary": "There is no such thing | or <it> is gone", "retry": "never" },
                { "id": "taken", "codes": ["taken", "in_use"], "statuses": [409], "summary": "It is taken" },
                { "id": "busy", "codes": [], "statuses": ["5xx"], "summary": "Come back later", "retry": "backoff" },
                { "id": "unseen", "codes": ["slow"], "statuses": [429], "summary": "Too fast" },
            ],
        })
    );
}

#[test]
fn page_is_one_table_for_codes_and_one_for_statuses() {
    let folder = pack_with(CONTRACT, SCENARIOS);
    let page =
        done(failspec(folder.path()).args(["export", "tiny", "markdown", "--packs", "."])).exits(0).stdout;
    assert_eq!(
        page,
        "\
# Errors of tiny

| Code | HTTP status | Meaning | What to do |
|---|---|---|---|
| `absent` | 404, 410 | There is no such thing \\| or &lt;it> is gone | Do not send the same request again |
| `taken` | 409 | It is taken |  |
| `in_use` | 409 | It is taken |  |
| `slow` | 429 | Too fast |  |

Any other 5xx: Come back later. Retry with increasing delays.

## Format

```json
{
  \"error\": {
    \"code\": \"absent\",
    \"message\": \"There is no such thing | or <it> is gone\"
  }
}
```
"
    );
    fs::write(folder.path().join("errors.md"), page).unwrap();
    let drift = ["drift", "tiny", "--packs", ".", "--docs", "errors.md"];
    done(failspec(folder.path()).args(drift)).exits(0).says("not compared").says("busy");
}

#[test]
fn overlay_declares_failures_where_scenarios_trigger_them_and_names_the_others() {
    let folder = pack_with(CONTRACT, SCENARIOS);
    let export = ["export", "tiny", "overlay", "--packs", "."];
    let done_ = done(failspec(folder.path()).args(export)).exits(0);
    assert_eq!(
        done_.stderr,
        "not in the overlay: guessed — it is inferred\nnot in the overlay: unseen — no scenario triggers it\n"
    );
    let overlay: Value = serde_json::from_str(&done_.stdout).unwrap();
    let actions = overlay["actions"].as_array().unwrap();
    assert_eq!(actions[0]["target"], "$.paths['/things/{id}'].get");
    assert_eq!(actions[1]["target"], "$.paths['/things'].post");
    let busy = &actions[1]["update"]["responses"]["5XX"];
    assert_eq!(busy["description"], "Come back later");
    let taken = &actions[1]["update"]["responses"]["409"]["content"]["application/json"]["schema"];
    assert_eq!(taken["properties"]["error"]["properties"]["code"]["enum"], json!(["taken", "in_use"]));
    // A document in which the operations have other names for their parameters, below the path of its server.
    let document = "openapi: 3.0.3\ninfo: { title: t, version: '1' }\nservers: [ { url: https://tiny.example } ]\npaths:\n  /things/{thing_id}:\n    \
                    get: { parameters: [ { name: thing_id, in: path, required: true, schema: { type: string } } ], responses: { '200': { description: ok } } }\n";
    fs::write(folder.path().join("api.yaml"), document).unwrap();
    let done_ =
        done(failspec(folder.path()).args(export).args(["--openapi", "api.yaml", "-o", "o.json"])).exits(0);
    assert!(
        done_.stderr.contains("taken — no operation of the document fits its requests"),
        "{}",
        done_.stderr
    );
    let overlay = fs::read_to_string(folder.path().join("o.json")).unwrap();
    assert!(overlay.contains("$.paths['/things/{thing_id}'].get"), "{overlay}");
    // It is an overlay that `import` takes.
    let import = ["import", "openapi", "api.yaml", "--name", "other", "--overlay", "o.json"];
    done(failspec(folder.path()).args(import)).exits(0);
    let contract = fs::read_to_string(folder.path().join("schemas/other/contract.yaml")).unwrap();
    assert!(contract.contains("410"), "{contract}");
}

#[test]
fn overlay_declares_the_header_that_has_the_code() {
    let header = |place: &str| {
        let folder = pack_with(&CONTRACT.replace("code: /error/code", &format!("code: {place}")), SCENARIOS);
        let export = ["export", "tiny", "overlay", "--packs", "."];
        let overlay = done(failspec(folder.path()).args(export)).exits(0).stdout;
        let overlay: Value = serde_json::from_str(&overlay).unwrap();
        overlay["actions"][1]["update"]["responses"]["409"]["headers"]["X-Code"].clone()
    };
    let schema = json!({ "type": "string", "enum": ["taken", "in_use"] });
    let whole = json!({ "description": "The code of the error", "required": true, "schema": schema });
    assert_eq!(header("{ header: X-Code }"), whole);
    // A part of its value is not its value, and another place may have the code.
    let part = header("{ header: X-Code, parameter: error }");
    assert_eq!((&part["required"], &part["schema"]), (&json!(true), &json!({ "type": "string" })));
    assert_eq!(header("[ { header: X-Code }, /error/code ]")["required"], false);
    assert!(header("/error/code").is_null());
}

/// A pack may come from a stranger, and its page goes on a site.
#[test]
fn security_texts_of_a_pack_are_no_markup_on_the_page() {
    let contract = "contract: tiny\nas_of: 2026-01-31\nenvelope: { code: /e }\nfailures:\n  - { id: a, status: 404, code: \"a`|[x](javascript:y)\", \
                    summary: \"<img src=x onerror=alert(1)> [l](javascript:x)\\n\\n# h | `b\" }\n";
    let folder = pack_with(
        contract,
        "contract: tiny\nscenarios:\n  a: { triggers: a, request: GET /x, no_control: none }\n",
    );
    let page =
        done(failspec(folder.path()).args(["export", "tiny", "markdown", "--packs", "."])).exits(0).stdout;
    let row = page.lines().find(|line| line.contains("404")).unwrap();
    assert_eq!(
        row,
        "| a\\`\\|\\[x](javascript:y) | 404 | &lt;img src=x onerror=alert(1)> \\[l](javascript:x) # h \\| \\`b |  |"
    );
}

#[test]
fn nothing_to_export_is_said() {
    let folder = pack_with(
        CONTRACT,
        "contract: tiny\nscenarios:\n  a: { triggers: absent, request: GET /x, no_control: none }\n",
    );
    let export = |more: &[&str]| {
        done(failspec(folder.path()).args(["export", "tiny"]).args(more).args(["--packs", "."]))
    };
    export(&["overlay"]).exits(2).says("there is nothing to declare").says("absent — no operation");
    export(&["codes", "--openapi", "x.yaml"]).exits(2).says("--openapi is for `overlay` alone");
    done(failspec(folder.path()).args(["export", "nobody", "codes"])).exits(2).says("there is no pack");
}
