//! A strict implementation of a document passes the pack generated from the document; without any one of its
//! validations it fails.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::strict_api::{StrictApi, TOKEN, Wrong, document::document, rules};
use failspec_base::syntax::Source;
use failspec_engine::{Plan, RunOptions, Selectors, interrupt, run};
use failspec_import::{OpenApiOptions, from_openapi};
use failspec_judge::report_model::{RunReport, Verdict};
use failspec_lint::lint;
use failspec_pack::{
    openapi::{Api, Declared},
    pack::{
        Files, Pack,
        writing::{Commented, FileDocument},
    },
    target_config::Target,
};
use serde_json::{Value, json};

/// Generates the pack of a document.
fn imported(document: &Value) -> Arc<Pack> {
    imported_with(document, true)
}

fn imported_with(document: &Value, allow_writes: bool) -> Arc<Pack> {
    imported_as(document, OpenApiOptions { allow_writes, ..OpenApiOptions::default() })
}

/// Generates the pack of a document with some options.
pub(crate) fn imported_as(document: &Value, options: OpenApiOptions) -> Arc<Pack> {
    let text = document.to_string();
    let api = Api::parse("openapi.json", &text).expect("a document");
    assert!(api.warnings.is_empty(), "{:?}", api.warnings);
    let options = OpenApiOptions {
        name: "made".to_owned(),
        file: "openapi.json".to_owned(),
        documentation: "openapi.json".to_owned(),
        read: "2026-01-31".parse().expect("a date"),
        seed: 1,
        ..options
    };
    let made = from_openapi(&Declared::new(api), &options, &|_| true);
    let (contract, scenarios) = (made.draft.contract(), &made.scenarios);
    read_as_written(&contract);
    read_as_written(scenarios);
    let mut files = BTreeMap::from([
        ("schemas/made/openapi.json".to_owned(), text),
        ("schemas/made/contract.yaml".to_owned(), contract.to_yaml()),
        ("scenarios/made/generated.yaml".to_owned(), scenarios.to_yaml()),
    ]);
    // A document without errors has no shape that they share.
    if let Some(schema) = &made.draft.envelope.schema {
        files.insert("schemas/made/envelope.schema.json".to_owned(), schema.to_string());
    }
    let pack = Pack::from_texts(&Files::Directory(".".into()), "made", files)
        .unwrap_or_else(|error| panic!("{error}"));
    let found = lint(&pack);
    assert!(found.0.is_empty(), "the pack does not lint clean: {}", found.render(false));
    Arc::new(pack)
}

/// A pack that is imported, written and loaded again is the same.
fn read_as_written<T: FileDocument + PartialEq + std::fmt::Debug>(file: &Commented<T>) {
    let text = file.to_yaml();
    let read = T::parse(&Source::new("written.yaml", text.as_str()));
    assert_eq!(read.unwrap_or_else(|mistakes| panic!("{}", mistakes.render(false))), file.value, "{text}");
}

async fn verdict_on(pack: &Arc<Pack>, api: &StrictApi) -> RunReport {
    run_on(pack, Target::from_url(&api.url).expect("a URL").bearer("user", TOKEN)).await
}

pub(crate) async fn run_on(pack: &Arc<Pack>, target: Target) -> RunReport {
    let plan = Plan::new(Arc::clone(pack), Arc::new(target), &Selectors::default(), 0);
    let (_interrupter, interrupt) = interrupt();
    run(vec![plan], RunOptions::default(), interrupt, Arc::new(|_| {})).await.expect("a run")
}

pub(crate) fn told(report: &RunReport) -> String {
    let cases = report.cases.iter().filter(|case| !case.violations.is_empty() || case.reason.is_some());
    let mut text = format!("{:?}\n{:?}\n", report.verdict, report.diagnosis);
    for case in cases {
        let findings: Vec<&str> = case.violations.iter().map(|finding| finding.message.as_str()).collect();
        text += &format!("{}: {:?} {findings:?}\n", case.name, case.reason);
    }
    for pack in &report.packs {
        text += &format!("{:?}\n", pack.coverage.missing());
    }
    text
}

#[tokio::test]
async fn strict_api_passes_and_fails_without_any_rule() {
    assert!(every_rule_counts(1..=4).await > 100);
}

/// The same test with other documents, concurrently.
#[tokio::test]
async fn strict_api_of_other_documents_passes_and_fails_without_any_rule() {
    assert!(every_rule_counts(5..=8).await > 100);
}

/// Drops one rule after the other from the APIs of these documents; returns the number of dropped rules.
async fn every_rule_counts(seeds: std::ops::RangeInclusive<u64>) -> usize {
    let mut dropped = 0;
    for seed in seeds {
        let document = document(seed);
        let pack = imported(&document);
        let api = StrictApi::start(document.clone(), None);
        let report = verdict_on(&pack, &api).await;
        assert_eq!(report.verdict, Verdict::Conforms, "seed {seed}: {}", told(&report));
        assert!(report.finding_groups.is_empty(), "seed {seed}: {:#?}", report.finding_groups);
        assert_eq!(api.things(), 0, "seed {seed}: what the run made was not removed");
        let all = rules::all(&document);
        let met = api.rules();
        let unmet: Vec<_> = all.difference(&met).collect();
        assert!(unmet.is_empty(), "seed {seed}: no scenario is about {unmet:?}");
        for rule in &all {
            let api = StrictApi::start(document.clone(), Some(rule.clone()));
            let report = verdict_on(&pack, &api).await;
            assert_eq!(
                report.verdict,
                Verdict::Violations,
                "seed {seed}, without `{rule}`: {}",
                told(&report)
            );
            dropped += 1;
        }
    }
    dropped
}

/// Returns a document without the responses to wrong requests.
fn silent(document: &Value) -> Value {
    let mut silent = document.clone();
    let paths = silent["paths"].as_object_mut().expect("paths");
    for operation in paths.values_mut().filter_map(Value::as_object_mut).flat_map(|item| item.values_mut()) {
        if let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) {
            responses.retain(|status, _| status.starts_with('2'));
        }
    }
    silent
}

/// An API whose document declares no refusal is asked as much: it conforms, each rule that it forgets is a warning, and
/// each request that breaks it is a violation.
#[tokio::test]
async fn strict_api_of_a_silent_document_is_asked_as_much() {
    let mut tried = 0;
    for seed in 1..=2 {
        let document = document(seed);
        let pack = imported(&silent(&document));
        let api = StrictApi::start(document.clone(), None);
        let report = verdict_on(&pack, &api).await;
        assert_eq!(report.verdict, Verdict::Conforms, "seed {seed}: {}", told(&report));
        let checks = |report: &RunReport| -> BTreeSet<String> {
            report.finding_groups.iter().map(|group| group.check.clone()).collect()
        };
        assert_eq!(checks(&report), BTreeSet::from(["undeclared-status".to_owned()]), "seed {seed}");
        assert_eq!(api.things(), 0, "seed {seed}: what the run made was not removed");
        // What a client accepts a server may ignore, unless it declares 406.
        let all = rules::all(&document).into_iter().filter(|rule| !rule.ends_with(" accept"));
        let all: BTreeSet<_> = all.collect();
        let met = api.rules();
        let unmet: Vec<_> = all.difference(&met).collect();
        assert!(unmet.is_empty(), "seed {seed}: no scenario is about {unmet:?}");
        for rule in all {
            let api = StrictApi::start(document.clone(), Some(rule.clone()));
            let report = verdict_on(&pack, &api).await;
            assert!(
                checks(&report).contains("not-rejected"),
                "seed {seed}, without `{rule}`: {}",
                told(&report)
            );
            let api = StrictApi::start_wrong(document.clone(), Some(rule.clone()), Wrong::Breaks);
            let report = verdict_on(&pack, &api).await;
            assert_eq!(report.verdict, Verdict::Violations, "seed {seed}, `{rule}`: {}", told(&report));
            tried += 1;
        }
    }
    assert!(tried > 30, "{tried}");
}

/// Requests for each case, over all documents together: a control, and what a setup makes, serve several cases.
#[tokio::test]
async fn imported_pack_sends_few_requests_for_a_case() {
    for (allow_writes, most) in [(false, 1.3), (true, 2.5)] {
        let (mut requests, mut cases) = (0, 0);
        for seed in 1..=8 {
            let document = document(seed);
            let api = StrictApi::start(document.clone(), None);
            let report = verdict_on(&imported_with(&document, allow_writes), &api).await;
            requests += api.requests();
            cases += report.cases.iter().filter(|case| case.outcome.is_judged()).count();
        }
        let each = requests as f64 / cases as f64;
        assert!(each <= most, "writes {allow_writes}: {requests} requests for {cases} cases, {each:.2} each");
    }
}

#[test]
fn the_same_document_and_seed_make_the_same_pack() {
    let document = document(3);
    let (one, other) = (imported(&document), imported(&document));
    assert_eq!(one.digest, other.digest);
}

/// Texts at every place of a document where its author may write any.
const TEXTS: [&str; 30] = [
    "",
    " ",
    "no",
    "1.0",
    "2026-01-01",
    "null",
    "a: b",
    "# c",
    "- x",
    "a #b",
    "line\nline",
    "\r\n  evil: {}",
    "\u{2028}x",
    "\u{0}\u{1b}[31m",
    "\u{202e}abc",
    "\"q\" 'r'",
    "\\",
    "${unique}",
    "$${x}",
    "${",
    "{made}",
    "{a: 1}",
    "[1]",
    "*a &b !c %d @e `f`",
    "a/b~c",
    "../..",
    "é, ü 日本語 😀",
    "?x=1&y#z",
    "..",
    "…",
];

/// The pack of any document can be loaded: what cannot be sent is left out or a warning, not a broken pack.
#[test]
fn hostile_documents_become_packs_that_load() {
    let long = "x".repeat(3_000);
    for (index, text) in TEXTS.into_iter().chain([long.as_str()]).enumerate() {
        let other = TEXTS[(index * 7 + 3) % TEXTS.len()];
        let error = json!({ "description": text, "content": { "application/json": { "schema": {
            "type": "object", "required": ["code", text],
            "properties": { "code": { "enum": [text, other, 7] }, text: { "type": "string" }, "message": { "type": "string" } },
        } } } });
        let responses = json!({ "200": { "description": text }, "201": { "description": "made", "content": {
            "application/json": { "schema": { "type": "object", "properties": { "id": { "type": "string" } } } }
        } }, "400": error, "401": error, "404": error, "405": error, "415": error });
        let values = json!({ "enum": [text, other] });
        let body = json!({ "required": true, "content": { "application/json": { "schema": {
            "type": "object", "required": [text, "name", "size"],
            "properties": { text: values, "name": { "type": "string" }, "size": { "type": "integer" } },
        } } } });
        let form = json!({ "required": true, "content": { "application/x-www-form-urlencoded": { "schema": {
            "type": "object", "required": [text], "properties": { text: values, "size": { "type": "integer" } },
        } } } });
        let parts = json!({ "required": true, "content": { "multipart/form-data": { "schema": {
            "type": "object", "required": [text], "properties": { text: values, "size": { "type": "integer" } },
        } } } });
        let parameter = |place: &str, name: &str| json!({ "name": name, "in": place, "required": true, "schema": values, "description": text });
        let id = json!({ "name": "id", "in": "path", "required": true, "schema": { "type": "string" }, "example": text });
        let path = format!("/{text}/{{id}}");
        let document = json!({
            "openapi": "3.1.0",
            "info": { "title": text, "version": "1" },
            "security": [{ text: [] }],
            "paths": {
                "/things": {
                    "get": {
                        "operationId": text,
                        "parameters": [
                            parameter("query", text), parameter("header", text), parameter("cookie", text),
                            parameter("header", "X-Other"), parameter("cookie", "sid"),
                        ],
                        "responses": responses,
                    },
                    "post": { "requestBody": body, "responses": responses },
                },
                "/things/{id}": {
                    "get": { "parameters": [id], "responses": responses },
                    "put": { "parameters": [id], "requestBody": form, "responses": responses },
                    "patch": { "parameters": [id], "requestBody": parts, "responses": responses },
                    "delete": { "parameters": [id], "responses": responses },
                },
                path.as_str(): { "get": { "parameters": [id], "responses": responses } },
            },
            "components": { "securitySchemes": { text: { "type": "apiKey", "in": "query", "name": text } } },
        });
        loads(&document, text);
    }
}

fn loads(document: &Value, text: &str) {
    let json = document.to_string();
    let Ok(api) = Api::parse("openapi.json", &json) else { panic!("{text:?} makes the document unusable") };
    let options = OpenApiOptions {
        name: "made".to_owned(),
        file: "openapi.json".to_owned(),
        documentation: text.to_owned(),
        read: "2026-01-31".parse().expect("a date"),
        seed: 1,
        allow_writes: true,
        values: BTreeMap::from([("id".to_owned(), text.to_owned())]),
        skip: vec![format!("{text}*")],
        ..OpenApiOptions::default()
    };
    for options in [OpenApiOptions { values: BTreeMap::new(), skip: Vec::new(), ..options.clone() }, options]
    {
        let made = from_openapi(
            &Declared::new(Api::parse("openapi.json", &json).expect("a document")),
            &options,
            &|_| true,
        );
        let contract = made.draft.contract();
        read_as_written(&contract);
        read_as_written(&made.scenarios);
        if contract.value.failures.is_empty() {
            continue;
        }
        let mut files = BTreeMap::from([
            ("schemas/made/openapi.json".to_owned(), json.clone()),
            ("schemas/made/contract.yaml".to_owned(), contract.to_yaml()),
            ("scenarios/made/generated.yaml".to_owned(), made.scenarios.to_yaml()),
        ]);
        if let Some(schema) = &made.draft.envelope.schema {
            files.insert("schemas/made/envelope.schema.json".to_owned(), schema.to_string());
        }
        if let Err(error) = Pack::from_texts(&Files::Directory(".".into()), "made", files) {
            panic!("{text:?}: {error}");
        }
    }
    drop(api);
}
