//! A strict implementation of a document passes the pack generated from the document; without any one of its
//! validations it fails.

use std::{collections::BTreeMap, sync::Arc};

use crate::strict_api::{StrictApi, TOKEN, document::document, rules};
use failspec_base::syntax::Source;
use failspec_engine::{Plan, RunOptions, Selectors, interrupt, run};
use failspec_import::{OpenApiOptions, from_openapi};
use failspec_judge::report_model::{RunReport, Verdict};
use failspec_lint::lint;
use failspec_pack::{
    openapi::{Api, Declared},
    pack::{
        Files, Pack,
        source::{Commented, FileDocument},
    },
    target_config::Target,
};
use serde_json::Value;

/// Generates the pack of a document.
fn imported(document: &Value) -> Arc<Pack> {
    let text = document.to_string();
    let api = Api::parse("openapi.json", &text).expect("a document");
    assert!(api.warnings.is_empty(), "{:?}", api.warnings);
    let options = OpenApiOptions {
        name: "made".to_owned(),
        file: "openapi.json".to_owned(),
        documentation: "openapi.json".to_owned(),
        read: "2026-01-31".parse().expect("a date"),
        seed: 1,
        allow_writes: true,
        ..OpenApiOptions::default()
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
    let schema = made.draft.envelope.schema.as_ref().expect("errors share a shape");
    files.insert("schemas/made/envelope.schema.json".to_owned(), schema.to_string());
    let pack = Pack::from_texts(&Files::Directory(".".into()), "made", files)
        .unwrap_or_else(|error| panic!("{error}"));
    let found = lint(&pack);
    assert!(found.0.is_empty(), "the pack does not lint clean: {}", found.render(false));
    Arc::new(pack)
}

/// What is imported, written and loaded again is the same.
fn read_as_written<T: FileDocument + PartialEq + std::fmt::Debug>(file: &Commented<T>) {
    let text = file.to_yaml();
    let read = T::parse(&Source::new("written.yaml", text.as_str()));
    assert_eq!(read.unwrap_or_else(|mistakes| panic!("{}", mistakes.render(false))), file.value, "{text}");
}

async fn verdict_on(pack: &Arc<Pack>, api: &StrictApi) -> RunReport {
    let target = Target::from_url(&api.url).expect("a URL").bearer("user", TOKEN);
    let plan = Plan::new(Arc::clone(pack), Arc::new(target), &Selectors::default(), 0);
    let (_interrupter, interrupt) = interrupt();
    run(vec![plan], RunOptions::default(), interrupt, Arc::new(|_| {})).await.expect("a run")
}

fn told(report: &RunReport) -> String {
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
        let api = StrictApi::start(document.clone(), None).await;
        let report = verdict_on(&pack, &api).await;
        assert_eq!(report.verdict, Verdict::Conforms, "seed {seed}: {}", told(&report));
        assert!(report.finding_groups.is_empty(), "seed {seed}: {:#?}", report.finding_groups);
        assert_eq!(api.things(), 0, "seed {seed}: what the run made was not removed");
        let all = rules::all(&document);
        let met = api.rules();
        let unmet: Vec<_> = all.difference(&met).collect();
        assert!(unmet.is_empty(), "seed {seed}: no scenario is about {unmet:?}");
        for rule in &all {
            let api = StrictApi::start(document.clone(), Some(rule.clone())).await;
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

#[test]
fn the_same_document_and_seed_make_the_same_pack() {
    let document = document(3);
    let (one, other) = (imported(&document), imported(&document));
    assert_eq!(one.digest, other.digest);
}
