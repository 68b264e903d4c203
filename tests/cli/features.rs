//! Optional parts of an API: what a product without them is excused from, and what it is not.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use crate::{
    contract_head::tiny_contract,
    support::{Done, Received, Reply, Server, done, failspec, pack_with},
};

pub const CONTRACT: &str = tiny_contract!(
    "\
operations: { copy: POST /notes/copies }
features:
  snapshots:
    about: snapshots of notes
    probe: { request: GET /snapshots }
    failures: [no_snapshot]
  copies:
    about: copies of notes
    probe: { request: GET /copies }
    absent: [501]
    operations: [copy]
failures:
  - { id: absent, status: 404, code: absent, summary: It is not there }
  - { id: invalid, status: 400, code: invalid, summary: It is not valid }
  - { id: no_snapshot, status: 410, code: no_snapshot, summary: There is no such snapshot }
"
);

pub const SCENARIOS: &str = "\
contract: tiny
scenarios:
  absent: { triggers: absent, request: GET /notes/absent, control: { request: GET /notes/1 } }
  invalid: { triggers: invalid, request: GET /notes/?, control: { request: GET /notes/1 } }
  copied: { triggers: invalid, request: copy, json: {}, control: { json: { id: 1 } } }
  snapshot: { triggers: no_snapshot, request: GET /snapshots/9, control: { request: GET /snapshots } }
";

/// Notes with snapshots and copies; `other` responds in place of the API.
pub fn notes(other: impl Fn(&str) -> Option<Reply> + Send + Sync + 'static) -> Server {
    Server::start(move |request: &Received| {
        let line = request.line();
        if let Some(reply) = other(&line) {
            return reply;
        }
        match line.as_str() {
            "GET /notes/1" | "GET /snapshots" | "GET /copies" => Reply::json(200, "{}"),
            "GET /snapshots/9" => error(410, "no_snapshot"),
            "GET /notes/?" => error(400, "invalid"),
            "POST /notes/copies" if request.body == b"{}" => error(400, "invalid"),
            "POST /notes/copies" => Reply::json(200, "{}"),
            _ => error(404, "absent"),
        }
    })
}

pub fn error(status: u16, code: &str) -> Reply {
    Reply::json(status, format!("{{\"error\":\"{code}\"}}"))
}

/// A product without snapshots: it responds to all of them like to any unknown path.
pub fn without_snapshots(line: &str) -> Option<Reply> {
    line.contains("/snapshots").then(|| error(404, "absent"))
}

fn run(server: &Server, features: &str, more: &[&str]) -> Done {
    let folder = pack_with(CONTRACT, SCENARIOS);
    let config =
        format!("default_target = \"t\"\n[target.t]\nurl = \"{}\"\nfeatures = {features}\n", server.url);
    std::fs::write(folder.path().join("failspec.toml"), config).unwrap();
    done(failspec(folder.path()).args(["run", "--packs", "."]).args(more))
}

#[test]
fn a_product_is_excused_from_what_it_does_not_have_and_from_nothing_else() {
    run(&notes(|_| None), "{}", &[])
        .exits(0)
        .says("features   snapshots: present (GET /snapshots got HTTP 200)")
        .says("4 passed")
        .never_says("not applicable");
    // Without the feature, its cases are counted, and the last line says so.
    run(&notes(without_snapshots), "{}", &[])
        .exits(0)
        .says("features   snapshots: absent, so its cases are not applicable")
        .says("3 passed · 1 not applicable")
        .says("conforms · 1 not applicable");
    // An operation of a feature: the failure has other cases.
    let no_copies = |line: &str| line.contains("/copies").then(|| error(501, "absent"));
    run(&notes(no_copies), "{}", &[]).exits(0).says("3 passed · 1 not applicable").says("3 of 3 documented");
    // A status that the contract does not list tells nothing, and the cases run: 404 of a feature whose absence is 501.
    let moved = |line: &str| line.contains("/copies").then(|| error(404, "absent"));
    run(&notes(moved), "{}", &[]).exits(3).says("copies: unclear, so its cases count");
    for status in [401, 403, 500, 503] {
        let odd = move |line: &str| (line == "GET /snapshots").then(|| error(status, "odd"));
        run(&notes(odd), "{}", &[]).exits(3).never_says("not applicable");
    }
}

#[test]
fn an_absence_must_be_told_twice_and_by_the_api_itself() {
    // A gateway that is being rolled out.
    let asked = AtomicUsize::new(0);
    let first = move |line: &str| {
        (line == "GET /snapshots" && asked.fetch_add(1, SeqCst) == 0).then(|| error(404, "absent"))
    };
    run(&notes(first), "{}", &[]).exits(0).says("snapshots: present").says("4 passed");
    // Something in front of the API.
    let in_front = |line: &str| {
        let page = || Reply::html(404, "<html><center>nginx</center></html>").with("Server", "nginx/1.25");
        (line == "GET /snapshots").then(page)
    };
    run(&notes(in_front), "{}", &[]).never_says("not applicable");
    // A run that tested nothing is no success.
    let nothing = notes(|_| Some(error(404, "absent")));
    run(&nothing, "{}", &["tiny::no_snapshot"]).never_says("conforms");
}

#[test]
fn what_the_target_declares_is_held_against_the_product() {
    let disclaimed = "{ snapshots = false }";
    run(&notes(without_snapshots), disclaimed, &[]).exits(0).says("absent, so its cases are not applicable");
    run(&notes(|_| None), disclaimed, &[])
        .exits(1)
        .says("disclaimed-feature the target says that the product does not have the feature snapshots")
        .says("4 passed");
    // A feature that the product is said to have is judged, whatever its probe would say.
    run(&notes(without_snapshots), "{ snapshots = true }", &[])
        .never_says("not applicable")
        .says("snapshots: present");
    run(&notes(|_| None), "{ snapshot = false }", &[]).says("did you mean `snapshots`?");
}

#[test]
fn features_of_a_contract_are_checked() {
    for (wrong, right, hint) in [
        ("failures: [no_snapshot]", "failures: [no_snapshots]", "did you mean `no_snapshot`?"),
        ("operations: [copy]", "operations: [copies]", "use one of: copy"),
        ("    operations: [copy]\n", "", "nothing belongs to the feature `copies`"),
        (
            "probe: { request: GET /copies }",
            "probe: { request: POST /copies }",
            "a probe must not change anything",
        ),
        ("absent: [501]", "absent: [2xx]", "a success cannot tell that a product lacks the feature"),
        ("absent: [501]", "absent: []", "an empty list allows no status at all"),
    ] {
        let folder = pack_with(&CONTRACT.replace(wrong, right), SCENARIOS);
        done(failspec(folder.path()).args(["lint", "--packs", "."])).exits(2).says(hint);
    }
}

/// Certifies a product, and returns the folder with its certificate.
fn certified(server: &Server, features: &str) -> (tempfile::TempDir, Done) {
    let folder = pack_with(CONTRACT, SCENARIOS);
    done(failspec(folder.path()).args(["keygen", "--out", "me.key"])).exits(0);
    let config =
        format!("default_target = \"t\"\n[target.t]\nurl = \"{}\"\nfeatures = {features}\n", server.url);
    std::fs::write(folder.path().join("failspec.toml"), config).unwrap();
    let all = ["certify", "tiny", "--packs", ".", "--key", "me.key", "--out", "c.json", "--allow-loopback"];
    let product = ["--product", "Notes Lite", "--product-version", "2.1"];
    let said = done(failspec(folder.path()).args(all).args(product));
    (folder, said)
}

fn programme(folder: &std::path::Path, features: &str) -> Done {
    let listed = done(failspec(folder).args(["certify", "tiny", "--packs", ".", "--list"])).exits(0);
    let digest = listed.stdout.split_whitespace().nth(1).unwrap().to_owned();
    let text = format!(
        "name = \"Notes\"\nprofiles = [\"core\"]\n[[packs]]\nname = \"tiny\"\ndigests = [\"{digest}\"]\n{features}\n\
         [[keys]]\nname = \"me\"\npublic_key = \"me.key.pub\"\n"
    );
    std::fs::write(folder.join("p.toml"), text).unwrap();
    done(failspec(folder).args(["verify", "c.json", "--packs", ".", "--programme", "p.toml"]))
}

#[test]
fn certificates_sign_what_is_not_applicable() {
    let (folder, said) = certified(&notes(without_snapshots), "{}");
    said.exits(0).says("not applicable: no_snapshot").says("certified  core: 2 of 2 requirements");
    programme(folder.path(), "")
        .exits(0)
        .says("product     Notes Lite 2.1 (as stated by the operator)")
        .says("snapshots: absent")
        .says("core: 2 of 2 requirements, PASSED");
    programme(folder.path(), "features = [\"copies\"]").exits(0);
    programme(folder.path(), "features = [\"snapshots\"]")
        .exits(1)
        .says("Notes needs the feature snapshots of tiny, which the product does\n    not have");
    // Nobody is excused from what responds.
    let (_folder, said) = certified(&notes(|_| None), "{ snapshots = false }");
    said.exits(1).says("disclaimed-feature");
}

#[test]
fn a_report_cannot_excuse_a_case_that_belongs_to_no_absent_feature() {
    let (folder, _) = certified(&notes(without_snapshots), "{}");
    let report = folder.path().join("c.report.json");
    let original = std::fs::read_to_string(&report).unwrap();
    let mut edited: serde_json::Value = serde_json::from_str(&original).unwrap();
    let excuse =
        edited["cases"].as_array().unwrap().iter().find(|case| case["outcome"] == "not_applicable").unwrap();
    let (outcome, reason) = (excuse["outcome"].clone(), excuse["reason"].clone());
    let case = edited["cases"]
        .as_array_mut()
        .unwrap()
        .iter_mut()
        .find(|case| case["name"] == "tiny::absent::absent");
    let case = case.unwrap();
    (case["outcome"], case["reason"], case["exercised"]) = (outcome, reason, "no".into());
    case["exchanges"] = serde_json::json!([]);
    // The digest tells it first; so the certificate is made again from the edited report, as a liar would.
    let packs = crate::certify::packs(folder.path());
    let key = crate::certify::key(folder.path(), "me.key");
    let bytes = serde_json::to_vec(&edited).unwrap();
    let report: failspec_judge::report_model::RunReport = serde_json::from_slice(&bytes).unwrap();
    let issued = jiff::Timestamp::now();
    let claims = failspec_certificate::OperatorInput {
        profile: "core".to_owned(),
        product: None,
        artifact: None,
        nonce: None,
        binary: failspec_certificate::Binary { version: "0.1.0".to_owned(), sha256: None },
        issued,
        valid_until: issued + jiff::SignedDuration::from_hours(24),
        signer: key.public(),
    };
    let refused =
        failspec_certificate::sign("c.report.json", &bytes, &report, &packs, &claims, &key).unwrap_err();
    let text = refused.to_string();
    assert!(
        text.contains("tiny::absent::absent belongs to no feature that the product does not have"),
        "{text}"
    );
}
