//! The harness proven on itself. A representative part of `failspec mutants`, which runs all of it: what breaks the
//! documentation is caught by the check that is there for it, and what clients must tolerate passes.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use failspec_engine::{RunOptions, Selectors};
use failspec_judge::{
    check,
    report_model::{CaseReport, RunReport},
    snapshot::Mode,
};
use failspec_mutants::{
    ExpectedDetection, KillMatrix, MutantRun, Subject, UNKNOWN, UNUSED, run_on, subjects,
};
use failspec_pack::pack::Pack;
use failspec_reference::apis;
use futures_util::{StreamExt as _, stream};

/// Runs at once: more would only wait for each other.
const AT_ONCE: usize = 8;

/// Scenarios of every kind of response: read and written, with and without credentials, 4xx from handlers of several
/// sorts. All but the last are documented; that one is ours, so that what breaks there stays a warning.
const SAMPLE: &[&str] = &[
    "kubeglass::unauthorized::read_without_credentials",
    "kubeglass::not_found::read_an_absent_configmap",
    "kubeglass::forbidden::read_a_secret_without_permission",
    "kubeglass::conflict::update_with_stale_version",
    "kubeglass::already_exists::create_a_configmap_twice",
    "kubeglass::method_not_allowed::patch_the_search",
    "kubeglass::missing_query_param::search_for_nothing",
    "kubeglass::invalid_propagation",
    "kubeglass::not_found::list_an_unknown_kind",
];

/// Mutants that not every response shows.
const IN_SOME_ANSWERS: &[&str] = &["www-authenticate", "allow", "leaks", "repeatable", "not-rejected"];

fn pack(name: &str) -> Arc<Pack> {
    Arc::new(Pack::load(&failspec::builtin::built_in(), name).expect("it is built in"))
}

fn of(name: &str) -> Vec<Subject> {
    subjects(&pack(name)).expect("it has a reference implementation")
}

fn everything() -> Vec<Subject> {
    apis().iter().flat_map(|name| of(name)).collect()
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
    case.violations.iter().any(|finding| finding.check == check)
}

#[test]
fn every_mutant_says_how_it_must_be_noticed() {
    let known: BTreeSet<&str> = check::CHECKS.iter().map(|check| check.id).collect();
    for name in apis() {
        let mut names = BTreeSet::new();
        let failures: BTreeSet<String> =
            pack(name).contract.failures.iter().map(|failure| failure.id.clone()).collect();
        for subject in of(name) {
            let id = subject.mutant.id.to_string();
            assert_ne!(subject.noticed, UNKNOWN, "{name} · {id} has no line in src/proof/expected");
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
fn every_failure_has_a_mutant_of_its_own_and_every_check_one_that_it_must_notice() {
    let mut documented = 0;
    for name in apis() {
        let of = of(name);
        for failure in &pack(name).contract.failures {
            documented += 1;
            let own = of.iter().any(|subject| subject.noticed.failure() == Some(&failure.id));
            assert!(own, "{name}::{} has no mutant of its own", failure.id);
        }
    }
    assert_eq!(documented, 92);
    let all = everything();
    let named: BTreeSet<&str> = all
        .iter()
        .filter_map(|subject| match subject.noticed {
            ExpectedDetection::By { check, .. } => Some(check),
            _ => None,
        })
        .collect();
    // Found beside another check by the same mutants: `failspec mutants` says if they find nothing any more.
    let beside = [
        "vacuous",
        "wording",
        "retry-after",
        "undeclared-status",
        "undeclared-media-type",
        "declared-schema",
    ];
    for check in check::CHECKS.iter().map(|check| check.id) {
        let elsewhere = UNUSED.contains(&check) || beside.contains(&check);
        assert!(named.contains(check) || elsewhere, "no mutant must be noticed by {check}");
    }
}

/// Each mutant of the domain on the scenarios of the failure that it is about.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_behaviour_is_noticed_where_it_matters() {
    let jobs = everything().into_iter().filter_map(|subject| {
        let selector = format!("{}::{}::", subject.pack.name, subject.noticed.failure()?);
        // Where one scenario alone has a control that is refused, everything is: that is a diagnosis.
        let alone = !matches!(subject.noticed, ExpectedDetection::By { check: "control", .. });
        Some((subject, if alone { vec![selector] } else { Vec::new() }))
    });
    let done = experiments(jobs).await;
    assert!(done.len() >= 250, "{} experiments", done.len());
    let survived: Vec<&MutantRun> =
        done.iter().map(|(_, experiment)| experiment).filter(|it| it.survived.is_some()).collect();
    assert!(survived.is_empty(), "{survived:#?}");
}

/// What clients must tolerate, on everything.
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

/// Of the mutants that fit every contract, one for each check and contract.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_responses_are_noticed_with_every_contract() {
    let mut chosen: BTreeMap<(String, String), Subject> = BTreeMap::new();
    for subject in everything() {
        let general = subject.noticed.failure().is_none() && !subject.mutant.harmless;
        // The rest is in the test below.
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

/// One contract in every detail: not in some scenario, but in every documented one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_responses_are_caught_in_every_documented_scenario() {
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
        assert_eq!(report.verdict.word(), "violations", "{id}: {:?}", report.diagnosis);
        let (documented, ours): (Vec<_>, Vec<_>) =
            report.cases.iter().partition(|case| case.source.is_binding());
        assert!(documented.len() >= 8 && ours.len() == 1, "{id}");
        for case in documented {
            assert!(breaks(case, check), "{id}: {} broke {:?}", case.name, case.violations);
        }
        for case in ours {
            assert!(case.violations.is_empty(), "{id}: {} is ours", case.name);
            assert!(case.warnings.iter().any(|finding| finding.check == check), "{id}: {}", case.name);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_response_to_everything_is_one_diagnosis() {
    for id in ["always-unauthorized", "always-not-found"] {
        let report = run_sample(id, &[]).await;
        assert_eq!(report.verdict.word(), "inconclusive", "{id}");
        assert!(report.diagnosis.is_some(), "{id}");
        assert!(report.run_findings.is_empty(), "{id}: {:?}", report.run_findings);
        assert!(report.cases.iter().all(|case| case.violations.is_empty()), "{id}");
        let sent = report.cases.iter().filter(|case| !case.exchanges.is_empty()).count();
        assert!(sent <= 5, "{id}: {sent} cases were run to find out");
        assert_eq!(report.summary.exercised, 0, "{id}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn success_to_everything_is_accepting_what_must_be_refused() {
    // A setup that wants something of a success, a version for example, has nothing to go on with.
    for id in ["always-success", "always-empty"] {
        let report = run_sample(id, SAMPLE).await;
        assert_eq!(report.verdict.word(), "violations", "{id}: {:?}", report.diagnosis);
        for case in report.cases.iter().filter(|case| case.source.is_binding()) {
            let accepted = breaks(case, "not-rejected");
            assert!(accepted || case.outcome.word() == "inconclusive", "{id}: {}", case.name);
        }
        assert_eq!(report.summary.exercised, 0, "{id}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_request_id_for_everything_is_seen_in_scenarios_and_across_the_run() {
    let report = run_sample("request-id-constant", SAMPLE).await;
    let reused = report.run_findings.iter().find(|finding| finding.check == "request-id-reused");
    let reused = reused.unwrap_or_else(|| panic!("{:?}", report.run_findings));
    assert_eq!(reused.cases.len(), report.cases.len());
    // Where a safe request is sent again, or a twin, the scenario has two responds with one id.
    assert!(report.cases.iter().any(|case| breaks(case, "request-id")));
}

/// The command must not be green over a survivor: a harness that finds nothing kills nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mutant_that_is_not_noticed_as_it_must_be_survives() {
    let find = |id: &str| of("kubeglass").into_iter().find(|it| it.mutant.id == id).expect("there is one");
    let wrongly = |id: &str, noticed: ExpectedDetection| Subject { noticed, ..find(id) };
    let subjects = [
        // Another check, another severity, another place, no finding at all, and one that should pass.
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
