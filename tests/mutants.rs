//! The reference implementation with one change at a time: what breaks the documentation is caught by the check that
//! is there for it, and what clients must tolerate passes.

use std::{collections::BTreeSet, sync::Arc};

use failspec::{
    pack::{Files, Pack},
    proof::run_on,
    reference::{self, Mutant},
    run::{RunOptions, Selectors},
    snapshot::Mode,
    verdict::{RunReport, TrialReport},
};
use futures_util::{StreamExt as _, stream};

/// Runs at once: more would only wait for each other.
const AT_ONCE: usize = 8;

/// Scenarios of every kind of answer: read and written, with and without credentials, 4xx from handlers of several
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

/// Answer mutants, and the check that must notice each in every documented scenario.
const ANSWERS: &[(&str, &str)] = &[
    ("status-other", "status"),
    ("status-200", "status"),
    ("status-204", "accepted"),
    ("status-500", "status"),
    ("status-418", "status"),
    ("code-undocumented", "code"),
    ("code-other", "code"),
    ("code-missing", "code"),
    ("code-null", "code"),
    ("code-empty", "code"),
    ("code-wrong-type", "code"),
    ("code-wrong-case", "code"),
    ("code-padded", "code"),
    ("code-dashed", "code"),
    ("message-missing", "message"),
    ("message-empty", "message"),
    ("message-null", "message"),
    ("message-number", "message"),
    ("request-id-missing", "request-id"),
    ("request-id-empty", "request-id"),
    ("request-id-null", "request-id"),
    ("request-id-number", "request-id"),
    ("media-type-plain", "media-type"),
    ("media-type-html", "media-type"),
    ("media-type-missing", "media-type"),
    ("media-type-malformed", "media-type"),
    ("body-html", "document"),
    ("body-html-as-json", "document"),
    ("body-empty", "document"),
    ("body-empty-object", "envelope"),
    ("body-null", "envelope"),
    ("body-text", "envelope"),
    ("body-truncated", "document"),
    ("body-trailing-bytes", "document"),
    ("body-two-documents", "document"),
    ("body-bom", "document"),
    ("body-duplicate-keys", "document"),
    ("body-in-array", "envelope"),
    ("body-not-utf8", "document"),
    ("code-key-renamed", "code"),
    ("message-key-renamed", "message"),
    ("request-id-key-renamed", "request-id"),
    ("envelope-nested", "envelope"),
    ("envelope-problem-details", "media-type"),
];

/// Mutants of the domain: the scenarios that reach them, and the check that must notice each in one of these.
const BEHAVIOUR: &[(&str, &str, &str)] = &[
    ("stale-version-accepted", "kubeglass::conflict", "accepted"),
    ("duplicate-name-accepted", "kubeglass::already_exists", "accepted"),
    ("bad-limit-accepted", "kubeglass::invalid_parameter", "accepted"),
    ("invalid-propagation-accepted", "kubeglass::invalid_propagation", "accepted"),
    ("any-token-accepted", "kubeglass::unauthorized", "accepted"),
    ("missing-token-accepted", "kubeglass::unauthorized", "accepted"),
    ("secrets-open-to-everyone", "kubeglass::forbidden", "accepted"),
    ("rbac-not-enforced", "kubeglass::forbidden", "accepted"),
    ("target-cluster-rbac-not-enforced", "kubeglass::insufficient_permissions", "accepted"),
    ("large-body-accepted", "kubeglass::body_too_large", "accepted"),
    ("second-drain-accepted", "kubeglass::drain_in_progress", "accepted"),
    ("too-many-contexts-accepted", "kubeglass::too_many_contexts", "code"),
    ("negative-replicas-accepted", "kubeglass::invalid_field", "accepted"),
];

/// Mutants with which the whole API answers one thing to everything.
const DIAGNOSED: &[&str] = &["always-unauthorized", "always-not-found"];

/// Mutants that another table cannot hold, each with a test of its own below, or the reason why it has none.
const ELSEWHERE: &[&str] = &[
    "request-id-constant",
    "always-success",
    "always-empty",
    // Only a scenario of ours asks for a revision that never was: the page does not say what becomes of it.
    "unknown-revision-accepted",
    // That contexts are switched per session is on another page, and no failure is documented for it.
    "context-switched-for-everyone",
];

fn mutants() -> Vec<Mutant> {
    reference::mutants_of(&*reference::api("kubeglass").expect("KubeGlass is built in"))
}

fn pack() -> Arc<Pack> {
    Arc::new(Pack::load(&Files::Embedded, "kubeglass").expect("KubeGlass is built in"))
}

fn options(selectors: &[&str]) -> RunOptions {
    let selectors = Selectors(selectors.iter().map(|selector| (*selector).to_owned()).collect());
    RunOptions { snapshots: Mode::Off, selectors, ..RunOptions::default() }
}

/// Runs each of `ids` on its scenarios, several at once.
async fn runs<'t>(of: impl IntoIterator<Item = (&'t str, Vec<&'t str>)>) -> Vec<(String, RunReport)> {
    let pack = pack();
    let known = mutants();
    let jobs: Vec<_> = of
        .into_iter()
        .map(|(id, selectors)| {
            let mutant = known.iter().find(|mutant| mutant.id == id).cloned();
            let (pack, id) = (Arc::clone(&pack), id.to_owned());
            let mutant = mutant.unwrap_or_else(|| panic!("there is no mutant {id}"));
            let options = options(&selectors);
            async move {
                let report = run_on(&pack, Some(mutant), options).await;
                (id, report.expect("the reference starts"))
            }
        })
        .collect();
    stream::iter(jobs).buffer_unordered(AT_ONCE).collect().await
}

fn is_documented(trial: &TrialReport) -> bool {
    trial.source.is_binding()
}

fn breaks(trial: &TrialReport, check: &str) -> bool {
    trial.violations.iter().any(|finding| finding.check == check)
}

#[test]
fn no_mutant_is_forgotten() {
    let tables = ANSWERS
        .iter()
        .map(|(id, _)| *id)
        .chain(BEHAVIOUR.iter().map(|(id, ..)| *id))
        .chain(DIAGNOSED.iter().copied())
        .chain(ELSEWHERE.iter().copied());
    let known = mutants();
    let harmful: BTreeSet<&str> = known.iter().filter(|it| !it.harmless).map(|it| it.id).collect();
    assert_eq!(tables.collect::<BTreeSet<_>>(), harmful);
    assert!(known.iter().filter(|it| it.harmless).count() >= 10);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_answers_are_caught_in_every_documented_scenario() {
    let reports = runs(ANSWERS.iter().map(|(id, _)| (*id, SAMPLE.to_vec()))).await;
    assert_eq!(reports.len(), ANSWERS.len());
    for (id, report) in reports {
        let check = ANSWERS.iter().find(|(known, _)| *known == id).expect("in the table").1;
        assert_eq!(report.verdict.word(), "violations", "{id}: {:?}", report.diagnosis);
        let (documented, ours): (Vec<_>, Vec<_>) = report.scenarios.iter().partition(|it| is_documented(it));
        assert!(documented.len() >= 8 && ours.len() == 1, "{id}");
        for trial in documented {
            assert!(breaks(trial, check), "{id}: {} broke {:?}", trial.name, trial.violations);
        }
        for trial in ours {
            assert!(trial.violations.is_empty(), "{id}: {} is ours", trial.name);
            assert!(trial.warnings.iter().any(|finding| finding.check == check), "{id}: {}", trial.name);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_behaviour_is_caught() {
    let reports = runs(BEHAVIOUR.iter().map(|(id, selector, _)| (*id, vec![*selector]))).await;
    assert_eq!(reports.len(), BEHAVIOUR.len());
    for (id, report) in reports {
        let check = BEHAVIOUR.iter().find(|(known, ..)| *known == id).expect("in the table").2;
        assert_eq!(report.verdict.word(), "violations", "{id}: {:?}", report.diagnosis);
        assert!(report.scenarios.iter().any(|trial| breaks(trial, check)), "{id}: no {check}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn harmless_changes_pass() {
    let known = mutants();
    let harmless = known.iter().filter(|mutant| mutant.harmless);
    for (id, report) in runs(harmless.map(|mutant| (mutant.id, SAMPLE.to_vec()))).await {
        for trial in &report.scenarios {
            assert!(trial.violations.is_empty(), "{id}: {}: {:?}", trial.name, trial.violations);
            assert!(trial.warnings.is_empty(), "{id}: {}: {:?}", trial.name, trial.warnings);
        }
        assert!(report.run_findings.is_empty(), "{id}: {:?}", report.run_findings);
        assert_eq!(report.summary.inconclusive, 0, "{id}");
        assert_eq!(report.verdict.word(), "conforms", "{id}");
        assert_eq!(report.verdict.exit_code(), 0, "{id}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_answer_to_everything_is_one_diagnosis() {
    for (id, report) in runs(DIAGNOSED.iter().map(|id| (*id, Vec::new()))).await {
        assert_eq!(report.verdict.word(), "inconclusive", "{id}");
        assert!(report.diagnosis.is_some(), "{id}");
        assert!(report.run_findings.is_empty(), "{id}: {:?}", report.run_findings);
        assert!(report.scenarios.iter().all(|trial| trial.violations.is_empty()), "{id}");
        let sent = report.scenarios.iter().filter(|trial| !trial.exchanges.is_empty()).count();
        assert!(sent <= 5, "{id}: {sent} trials were run to find out");
        assert_eq!(report.summary.exercised, 0, "{id}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn success_to_everything_is_accepting_what_must_be_refused() {
    // A setup that wants something of a success, a version for example, has nothing to go on with.
    for (id, report) in runs(["always-success", "always-empty"].map(|id| (id, SAMPLE.to_vec()))).await {
        assert_eq!(report.verdict.word(), "violations", "{id}: {:?}", report.diagnosis);
        for trial in report.scenarios.iter().filter(|trial| is_documented(trial)) {
            let accepted = breaks(trial, "accepted");
            assert!(accepted || trial.outcome.word() == "inconclusive", "{id}: {}", trial.name);
        }
        assert_eq!(report.summary.exercised, 0, "{id}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_request_id_for_everything_is_seen_in_scenarios_and_across_the_run() {
    for (id, report) in runs([("request-id-constant", SAMPLE.to_vec())]).await {
        let reused = report.run_findings.iter().find(|finding| finding.check == "request-id-reused");
        let reused = reused.unwrap_or_else(|| panic!("{id}: {:?}", report.run_findings));
        assert_eq!(reused.trials.len(), report.scenarios.len(), "{id}");
        // Where a safe request is sent again, or a twin, the scenario has two answers with one id.
        assert!(report.scenarios.iter().any(|trial| breaks(trial, "request-id")), "{id}");
    }
}
