//! The requests that a run of an imported pack sends for each of its cases: `cargo bench --bench requests`.
//!
//! The API is a strict implementation of generated documents; no time is measured. A run on a read-only API should send at
//! most 1.3 requests for a case, and one with writes at most 2.5.
#![allow(dead_code, reason = "the API is that of the tests, which use more of it")]

#[path = "../../tests/cli/strict_api/mod.rs"]
mod strict_api;

use std::{collections::BTreeMap, sync::Arc};

use failspec_engine::{Plan, RunOptions, Selectors, interrupt, run};
use failspec_import::{OpenApiOptions, from_openapi};
use failspec_pack::{
    openapi::{Api, Declared},
    pack::{Files, Pack},
    target_config::Target,
};
use serde_json::Value;
use strict_api::{StrictApi, TOKEN, document::document};

/// The seeds of the documents.
const SEEDS: std::ops::RangeInclusive<u64> = 1..=20;

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    println!("{:<12}{:>10}{:>10}{:>12}{:>10}", "", "requests", "cases", "each", "at most");
    for (name, allow_writes, most) in [("read-only", false, 1.3), ("with writes", true, 2.5)] {
        let (mut requests, mut cases) = (0, 0);
        for seed in SEEDS {
            let (sent, judged) = runtime.block_on(counted(&document(seed), allow_writes));
            requests += sent;
            cases += judged;
        }
        let each = requests as f64 / cases.max(1) as f64;
        println!("{name:<12}{requests:>10}{cases:>10}{each:>12.2}{most:>10}");
    }
}

/// Returns the number of requests of a run of the pack of a document, and of its cases that were judged.
async fn counted(document: &Value, allow_writes: bool) -> (usize, usize) {
    let api = StrictApi::start(document.clone(), None);
    let target = Target::from_url(&api.url).expect("a URL").bearer("user", TOKEN);
    let plan = Plan::new(imported(document, allow_writes), Arc::new(target), &Selectors::default(), 0);
    let (_interrupter, interrupt) = interrupt();
    let report = run(vec![plan], RunOptions::default(), interrupt, Arc::new(|_| {})).await.expect("a run");
    (api.requests(), report.cases.iter().filter(|case| case.outcome.is_judged()).count())
}

fn imported(document: &Value, allow_writes: bool) -> Arc<Pack> {
    let text = document.to_string();
    let api = Api::parse("openapi.json", &text).expect("a document");
    let options = OpenApiOptions {
        name: "made".to_owned(),
        file: "openapi.json".to_owned(),
        documentation: "openapi.json".to_owned(),
        read: "2026-01-31".parse().expect("a date"),
        seed: 1,
        allow_writes,
        ..OpenApiOptions::default()
    };
    let made = from_openapi(&Declared::new(api), &options, &|_| true);
    let mut files = BTreeMap::from([
        ("schemas/made/openapi.json".to_owned(), text),
        ("schemas/made/contract.yaml".to_owned(), made.draft.contract().to_yaml()),
        ("scenarios/made/generated.yaml".to_owned(), made.scenarios.to_yaml()),
    ]);
    if let Some(schema) = &made.draft.envelope.schema {
        files.insert("schemas/made/envelope.schema.json".to_owned(), schema.to_string());
    }
    Arc::new(Pack::from_texts(&Files::Directory(".".into()), "made", files).expect("a pack"))
}
