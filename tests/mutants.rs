//! Mutation tests of the harness: a representative part of `failspec mutants`, which runs all of it. Responses that
//! violate the documentation are detected by the intended check, and harmless changes pass.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use failspec_engine::{RunOptions, Selectors};
use failspec_judge::{
    check::{self, Severity},
    report_model::{CaseReport, RunReport},
    snapshot::Mode,
};
use failspec_mutants::{
    ExpectedDetection, KillMatrix, MutantRun, Subject, UNKNOWN, UNUSED, run_on, subjects,
};
use failspec_pack::pack::Pack;
use failspec_reference::apis;
use futures_util::{StreamExt as _, stream};

/// Number of concurrent runs: more would only wait for each other.
const AT_ONCE: usize = 8;

/// Scenarios with every kind of response: reads and writes, with and without credentials, 4xx from different kinds of
/// handlers. All but the last are documented; the last one is inferred, so that violations of it remain warnings.
const SAMPLE: &[&str] = &[
    "kubeglass::unauthorized::read_without_credentials",
    "kubeglass::not_found::read_an_absent_configmap",
    "kubeglass::forbidden::create_a_namespace_without_permission",
    "kubeglass::conflict::update_with_stale_version",
    "kubeglass::already_exists::create_a_configmap_twice",
    "kubeglass::method_not_allowed::patch_the_search",
    "kubeglass::missing_field::create_a_configmap_without_a_name",
    "kubeglass::invalid_propagation",
    "kubeglass::not_found::list_an_unknown_kind",
];

/// Mutants that do not affect every response.
const IN_SOME_ANSWERS: &[&str] = &["www-authenticate", "allow", "leaks", "repeatable", "not-rejected"];

fn pack(name: &str) -> Arc<Pack> {
    Arc::new(Pack::load(&failspec::builtin::built_in(), name).expect("it is built in"))
}

/// The names of the packs with a reference implementation, each version for itself.
fn versions() -> Vec<String> {
    apis().iter().flat_map(|name| pack(name).all_versions()).collect()
}

fn of(name: &str) -> Vec<Subject> {
    subjects(&pack(name)).expect("it has a reference implementation")
}

fn everything() -> Vec<Subject> {
    versions().iter().flat_map(|name| of(name)).collect()
}

async fn experiments(jobs: impl IntoIterator<Item = (Subject, Vec<String>)>) -> Vec<(Subject, MutantRun)> {
    let jobs = jobs.into_iter().map(|(subject, selectors)| async move {
        let experiment = subject.experiment(&selectors).await.expect("the reference starts");
        (subject, experiment)
    });
    stream::iter(jobs).buffer_unordered(AT_ONCE).collect().await
}

async fn run_sample(id: &str, selectors: &[&str]) -> RunReport {
    let subject = of("kubeglass").into_iter().find(|it| it.mutant.id == id).expect("there is one");
    let selectors = Selectors(selectors.iter().map(|selector| (*selector).to_owned()).collect());
    let options = RunOptions { snapshots: Mode::Off, selectors, ..RunOptions::default() };
    run_on(&subject.pack, Some(subject.mutant), options).await.expect("the reference starts")
}

fn breaks(case: &CaseReport, check: &str) -> bool {
    case.violations.iter().any(|finding| finding.has(check, Severity::Violation))
}

#[test]
fn every_mutant_has_an_expected_detection() {
    let known: BTreeSet<&str> = check::CHECKS.iter().map(|check| check.id).collect();
    for name in apis() {
        let mut names = BTreeSet::new();
        let failures: BTreeSet<String> =
            pack(name).contract.failures.iter().map(|failure| failure.id.clone()).collect();
        for subject in of(name) {
            let id = subject.mutant.id.to_string();
            assert_ne!(
                subject.noticed, UNKNOWN,
                "{name} · {id} has no line in crates/failspec-mutants/src/expected"
            );
            assert_eq!(
                subject.mutant.harmless,
                subject.noticed == ExpectedDetection::Harmless,
                "{name} · {id}"
            );
            if let ExpectedDetection::By { check, .. } = subject.noticed {
                assert!(known.contains(check), "{name} · {id} names the check {check}, which does not exist");
            }
            let at = subject.noticed.failure();
            assert!(at.is_none_or(|at| failures.contains(at)), "{name} · {id} is to be noticed at {at:?}");
            assert!(names.insert(id.clone()), "{name} has two mutants {id}");
        }
        let harmless = of(name).iter().filter(|subject| subject.mutant.harmless).count();
        assert!(harmless >= 10, "{name} has {harmless} harmless changes");
    }
}

#[test]
fn every_failure_and_every_check_has_a_mutant() {
    let mut documented = 0;
    for name in versions() {
        let of = of(&name);
        for failure in &pack(&name).contract.failures {
            documented += 1;
            let own = of.iter().any(|subject| subject.noticed.failure() == Some(&failure.id));
            assert!(own, "{name}::{} has no mutant of its own", failure.id);
        }
    }
    // The 92 of the pages as they were first, and the 12 of the newer page of KubeVision.
    assert_eq!(documented, 92 + 12);
    let all = everything();
    let named: BTreeSet<&str> = all
        .iter()
        .filter_map(|subject| match subject.noticed {
            ExpectedDetection::By { check, .. } => Some(check),
            _ => None,
        })
        .collect();
    // Checks that detect the same mutants as another check: `failspec mutants` reports if they no longer detect any.
    let beside = [
        "vacuous",
        "wording",
        "retry-after",
        "undeclared-status",
        "undeclared-media-type",
        "declared-schema",
        "server-error",
        "unrecognized-response",
    ];
    for check in check::CHECKS.iter().map(|check| check.id) {
        let elsewhere = UNUSED.contains(&check) || beside.contains(&check);
        assert!(named.contains(check) || elsewhere, "no mutant must be noticed by {check}");
    }
}

/// Each domain-specific mutant, on the scenarios of its failure.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn domain_mutants_are_detected_in_the_scenarios_of_their_failure() {
    let jobs = everything().into_iter().filter_map(|subject| {
        let selector = format!("{}::{}::", subject.pack.name, subject.noticed.failure()?);
        // Mutants for the check `control` need all scenarios: with only those of one failure, every control would be
        // rejected, which leads to a diagnosis.
        let alone = !matches!(subject.noticed, ExpectedDetection::By { check: "control", .. });
        Some((subject, if alone { vec![selector] } else { Vec::new() }))
    });
    let done = experiments(jobs).await;
    assert!(done.len() >= 250, "{} experiments", done.len());
    let survived: Vec<&MutantRun> =
        done.iter().map(|(_, experiment)| experiment).filter(|it| it.survived.is_some()).collect();
    assert!(survived.is_empty(), "{survived:#?}");
}

/// Harmless changes, on all scenarios.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn harmless_changes_pass() {
    let harmless = everything().into_iter().filter(|subject| subject.mutant.harmless);
    let done = experiments(harmless.map(|subject| (subject, Vec::new()))).await;
    assert!(done.len() >= 60, "{} experiments", done.len());
    for (_, experiment) in done {
        assert_eq!(experiment.survived, None, "{} · {}", experiment.pack, experiment.mutant);
        assert_eq!(experiment.verdict, "conforms", "{} · {}", experiment.pack, experiment.mutant);
    }
}

/// One general mutant for each check and contract.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_responses_are_detected_with_every_contract() {
    let mut chosen: BTreeMap<(String, String), Subject> = BTreeMap::new();
    for subject in everything() {
        let general = subject.noticed.failure().is_none() && !subject.mutant.harmless;
        // The others are covered by the test below.
        if general && subject.pack.name != "kubeglass" {
            let key = (subject.pack.name.clone(), subject.noticed.to_string());
            chosen.entry(key).or_insert(subject);
        }
    }
    let done = experiments(chosen.into_values().map(|subject| (subject, Vec::new()))).await;
    assert!(done.len() >= 30, "{} experiments", done.len());
    for (_, experiment) in done {
        assert_eq!(experiment.survived, None, "{} · {}", experiment.pack, experiment.mutant);
    }
}

/// One contract in detail: responses are checked in every documented scenario.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_responses_are_detected_in_every_documented_scenario() {
    let expected: Vec<(String, &str)> = of("kubeglass")
        .into_iter()
        .filter_map(|subject| match subject.noticed {
            ExpectedDetection::By { check, failure: None, .. } if !IN_SOME_ANSWERS.contains(&check) => {
                Some((subject.mutant.id.to_string(), check))
            }
            _ => None,
        })
        .collect();
    assert!(expected.len() >= 40, "{} mutants", expected.len());
    let jobs =
        expected.into_iter().map(|(id, check)| async move { (run_sample(&id, SAMPLE).await, id, check) });
    let reports: Vec<_> = stream::iter(jobs).buffer_unordered(AT_ONCE).collect().await;
    for (report, id, check) in reports {
        assert_eq!(report.verdict.as_str(), "violations", "{id}: {:?}", report.diagnosis);
        let (documented, ours): (Vec<_>, Vec<_>) =
            report.cases.iter().partition(|case| case.source.is_binding());
        assert!(documented.len() >= 8 && ours.len() == 1, "{id}");
        for case in documented {
            assert!(breaks(case, check), "{id}: {} broke {:?}", case.name, case.violations);
        }
        // That the fault causes this failure is inferred; a response that is recognised as the failure keeps its
        // rules.
        for case in ours {
            let claims = ["status", "code", "not-rejected", "unrecognized-response"];
            let claimed = case.violations.iter().find(|finding| claims.contains(&finding.check));
            assert_eq!(claimed, None, "{id}: {} is inferred", case.name);
            let warned = || case.warnings.iter().any(|finding| finding.has(check, Severity::Warning));
            assert!(breaks(case, check) || warned(), "{id}: {}", case.name);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_response_to_everything_is_one_diagnosis() {
    for id in ["always-unauthorized", "always-not-found"] {
        let report = run_sample(id, &[]).await;
        assert_eq!(report.verdict.as_str(), "inconclusive", "{id}");
        assert!(report.diagnosis.is_some(), "{id}");
        assert!(report.run_findings.is_empty(), "{id}: {:?}", report.run_findings);
        assert!(report.cases.iter().all(|case| case.violations.is_empty()), "{id}");
        let sent = report.cases.iter().filter(|case| !case.exchanges.is_empty()).count();
        assert!(sent <= 5, "{id}: {sent} cases were run to find out");
        assert_eq!(report.summary.exercised, 0, "{id}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn success_for_every_request_violates_not_rejected() {
    // A setup that captures a value from a success, for example a version, cannot continue.
    for id in ["always-success", "always-empty"] {
        let report = run_sample(id, SAMPLE).await;
        assert_eq!(report.verdict.as_str(), "violations", "{id}: {:?}", report.diagnosis);
        for case in report.cases.iter().filter(|case| case.source.is_binding()) {
            let accepted = breaks(case, "not-rejected");
            assert!(accepted || case.outcome.as_str() == "inconclusive", "{id}: {}", case.name);
        }
        assert_eq!(report.summary.exercised, 0, "{id}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn constant_request_id_is_detected_in_scenarios_and_across_the_run() {
    let report = run_sample("request-id-constant", SAMPLE).await;
    let reused = report.run_findings.iter().find(|finding| finding.check == "request-id-reused");
    let reused = reused.unwrap_or_else(|| panic!("{:?}", report.run_findings));
    assert_eq!(reused.cases.len(), report.cases.len());
    // If a scenario repeats a safe request or sends a comparison request, two of its responses have the same id.
    assert!(report.cases.iter().any(|case| breaks(case, "request-id")));
}

/// A surviving mutant must fail the command: a harness that finds nothing kills nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mutant_without_its_expected_detection_survives() {
    let find = |id: &str| of("kubeglass").into_iter().find(|it| it.mutant.id == id).expect("there is one");
    let wrongly = |id: &str, noticed: ExpectedDetection| Subject { noticed, ..find(id) };
    let subjects = [
        // Another check, another severity, another failure, no finding at all, and a harmless mutant.
        wrongly("code-padded", ExpectedDetection::violation("media-type")),
        wrongly("code-padded", ExpectedDetection::warning("code")),
        wrongly("stale-version-accepted", ExpectedDetection::violation("not-rejected").at("already_exists")),
        wrongly("field-added", ExpectedDetection::violation("schema")),
        wrongly("always-unauthorized", ExpectedDetection::violation("not-rejected")),
        wrongly("code-padded", ExpectedDetection::Harmless),
        wrongly("allow-missing", ExpectedDetection::Harmless),
        wrongly("code-padded", ExpectedDetection::Diagnosis("")),
        wrongly("code-padded", ExpectedDetection::Inconclusive("")),
        wrongly("code-padded", ExpectedDetection::Run("request-id-reused")),
    ];
    let matrix = KillMatrix::run(&subjects, |_| {}).await.expect("the references start");
    assert_eq!(matrix.survivors().count(), subjects.len(), "{:#?}", matrix.experiments);
    assert_eq!(matrix.tally(None).killed + matrix.tally(None).passed, 0);
}
