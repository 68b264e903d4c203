//! Contracts that share an envelope and general failures, and one run over all their services.

use std::{fs, path::Path};

use crate::support::{Done, Reply, Server, done, failspec, tiny_failure};
use serde_json::Value;

const BASE: &str = "\
contract: platform
as_of: 2026-01-31
documentation: https://example.com/errors
envelope: { schema: envelope.schema.json, code: /error, message: /message }
requires:
  roles: { reader: may read everything }
  variables: { thing: { about: a thing that exists, default: one } }
operations:
  get: GET /things/{thing}
failures:
  - id: unauthorized
    status: 401
    code: unauthorized
    summary: no or bad credentials
  - id: not_found
    status: 404
    code: not_found
    summary: there is no such thing
errata:
  - about: the page says nothing about 429
";

const ENVELOPE: &str =
    r#"{"type":"object","required":["error","message"],"properties":{"error":{"type":"string"}}}"#;

/// A contract with all failures of the base.
const ORDERS: &str = "contract: orders\nas_of: 2026-02-01\nextends: platform\n";

/// A contract that changes the status of one failure of the base, and adds a failure.
const BILLING: &str = "\
contract: billing
as_of: 2026-02-01
extends: platform
failures:
  - id: not_found
    status: 410
    code: not_found
    summary: it is gone
  - id: unpaid
    status: 402
    code: unpaid
    summary: there is a bill to pay
";

fn scenarios(pack: &str, more: &str) -> String {
    format!(
        "contract: {pack}\nscenarios:\n  as_nobody:\n    triggers: unauthorized\n    request: get\n    control: {{ as: reader }}\n  \
         absent:\n    triggers: not_found\n    as: reader\n    request: get\n    path: {{ thing: none }}\n    \
         control: {{ path: {{ thing: one }} }}\n{more}"
    )
}

fn packs() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("schemas/platform/base.yaml", BASE);
    write("schemas/platform/envelope.schema.json", ENVELOPE);
    write("schemas/orders/contract.yaml", ORDERS);
    write("scenarios/orders/orders.yaml", &scenarios("orders", ""));
    write("schemas/billing/contract.yaml", BILLING);
    let unpaid = "  unpaid:\n    triggers: unpaid\n    as: reader\n    request: GET /things/expensive\n    control: { request: get }\n";
    write("scenarios/billing/billing.yaml", &scenarios("billing", unpaid));
    folder
}

fn service(absent: u16, code: &'static str) -> Server {
    Server::start(move |request| {
        if request.header("authorization").is_none() {
            return tiny_failure(401, "unauthorized", request);
        }
        match request.path.as_str() {
            "/things/one" => Reply::json(200, "{}"),
            "/things/expensive" => tiny_failure(402, "unpaid", request),
            _ => tiny_failure(absent, code, request),
        }
    })
}

fn target(folder: &Path, orders: &Server, billing: &Server) {
    let text = format!(
        "default_target = \"t\"\n[target.t]\nurl = \"http://127.0.0.1:9\"\nroles.reader = {{ bearer = \"x\" }}\n\
         urls = {{ orders = \"{}\", billing = \"{}\" }}\n",
        orders.url, billing.url
    );
    fs::write(folder.join("failspec.toml"), text).unwrap();
}

fn here(folder: &Path, arguments: &[&str]) -> Done {
    done(failspec(folder).args(arguments))
}

#[test]
fn services_share_a_base_and_are_reported_separately() {
    let folder = packs();
    let (orders, billing) = (service(404, "not_found"), service(410, "not_found"));
    target(folder.path(), &orders, &billing);
    here(folder.path(), &["lint", "--packs", "."]).exits(0);
    let listed = here(folder.path(), &["list", "--packs", "."]).exits(0);
    assert!(!listed.stdout.contains("platform"), "a base is no pack: {}", listed.stdout);
    here(folder.path(), &["coverage", "orders", "--packs", "."]).exits(0).says("https://example.com/errors");
    here(folder.path(), &["run", "--packs", ".", "--report", "json=r.json"]).exits(0);
    let report: Value =
        serde_json::from_str(&fs::read_to_string(folder.path().join("r.json")).unwrap()).unwrap();
    let failures = |pack: usize| -> Vec<&str> {
        let failures = report["packs"][pack]["coverage"]["failures"].as_array().unwrap();
        failures.iter().map(|failure| failure["failure"].as_str().unwrap()).collect()
    };
    assert_eq!(report["packs"][0]["name"], "billing");
    assert_eq!(failures(0), ["unauthorized", "not_found", "unpaid"]);
    assert_eq!(failures(1), ["unauthorized", "not_found"]);
    assert_eq!(report["summary"]["exercised"], 5);
    assert_eq!(report["packs"][1]["errata"][0]["about"], "the page says nothing about 429");
    // Each service got its requests at its own URL.
    assert!(billing.lines().contains(&"GET /things/expensive".to_owned()));
    assert!(!orders.lines().contains(&"GET /things/expensive".to_owned()));
}

#[test]
fn only_the_deviating_service_fails() {
    let folder = packs();
    // The status of the base, which this service overrides.
    let (orders, billing) = (service(404, "not_found"), service(404, "not_found"));
    target(folder.path(), &orders, &billing);
    let run = here(folder.path(), &["run", "--packs", "."]).exits(1);
    assert!(
        run.all().contains("billing::not_found::absent") && !run.all().contains("FAILED orders::"),
        "{}",
        run.all()
    );
    // A code of the base that one service does not return.
    let (orders, billing) = (service(404, "nowhere"), service(410, "not_found"));
    target(folder.path(), &orders, &billing);
    here(folder.path(), &["run", "--packs", "."]).exits(1).says("orders::not_found::absent").says("nowhere");
    // Without a URL for each, it is unknown which pack the URL of the target is for.
    let text = fs::read_to_string(folder.path().join("failspec.toml")).unwrap();
    fs::write(folder.path().join("failspec.toml"), text.replace(", billing = ", ", other = ")).unwrap();
    here(folder.path(), &["run", "--packs", "."])
        .exits(2)
        .says("the target has one URL, but there are several packs")
        .says("urls");
}

#[test]
fn errors_in_a_base_are_reported_at_their_location() {
    let folder = packs();
    let base = folder.path().join("schemas/platform/base.yaml");
    let lint = || here(folder.path(), &["lint", "orders", "--packs", "."]);
    fs::write(&base, BASE.replace("status: 404", "status: 4044")).unwrap();
    lint().exits(2).says("schemas/platform/base.yaml:16:13");
    fs::write(&base, BASE.replace("contract: platform", "contract: platform\nextends: other")).unwrap();
    lint().exits(2).says("a base cannot extend another base");
    fs::write(&base, BASE.replace("envelope.schema.json", "gone.schema.json")).unwrap();
    lint().exits(2).says("there is no schema file `gone.schema.json`");
    fs::remove_file(&base).unwrap();
    lint().exits(2).says("there is no schemas/platform/base.yaml");
    fs::write(folder.path().join("schemas/orders/contract.yaml"), ORDERS.replace("platform", "../platform"))
        .unwrap();
    lint().exits(2);
}

#[test]
fn digest_changes_with_the_base() {
    let folder = packs();
    let (orders, billing) = (service(404, "not_found"), service(410, "not_found"));
    target(folder.path(), &orders, &billing);
    let digest = || {
        here(folder.path(), &["run", "orders", "--packs", ".", "--report", "json=r.json"]).exits(0);
        let text = fs::read_to_string(folder.path().join("r.json")).unwrap();
        serde_json::from_str::<Value>(&text).unwrap()["packs"][0]["digest"].clone()
    };
    let before = digest();
    assert_eq!(before, digest());
    let base = folder.path().join("schemas/platform/base.yaml");
    fs::write(&base, BASE.replace("no or bad credentials", "no credentials, or bad ones")).unwrap();
    assert_ne!(before, digest());
}
