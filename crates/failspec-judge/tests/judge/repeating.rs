//! Reports of runs that were repeated: what differs is never green.

use failspec_judge::report_model::{
    CaseReport, Coverage, FailureCoverage, Outcome, Reason, RunReport, State, Verdict, merge_repeated,
};

use crate::reports::{case, pack, run};

/// Creates the report of a run with a case of each outcome, and the verdict that these have.
fn once(outcomes: &[Outcome]) -> RunReport {
    let state = |failure: &str| FailureCoverage {
        failure: failure.to_owned(),
        state: State::Exercised,
        causes: Vec::new(),
        codes_seen: Default::default(),
    };
    let coverage = Coverage { failures: vec![state("a"), state("b")] };
    let name = |at: usize| format!("t::{}::{at}", ["a", "b"][at % 2]);
    let cases: Vec<CaseReport> =
        outcomes.iter().enumerate().map(|(at, outcome)| case(&name(at), *outcome)).collect();
    let verdict = outcomes.iter().find_map(|outcome| outcome.verdict()).unwrap_or(Verdict::Conforms);
    RunReport { verdict, ..run(pack(cases.len(), coverage), cases) }
}

#[test]
fn repeated_run_is_unstable_where_outcomes_differ_and_else_as_bad_as_its_worst_run() {
    use Outcome::{Failed, Inconclusive, Passed, Skipped, Unconfirmed, Unstable, Waived};
    for (runs, outcome, verdict) in [
        (&[Passed, Passed, Passed][..], Passed, Verdict::Conforms),
        (&[Failed, Failed], Failed, Verdict::Violations),
        (&[Waived, Waived], Waived, Verdict::Conforms),
        (&[Inconclusive, Inconclusive], Inconclusive, Verdict::Inconclusive),
        (&[Passed, Failed, Passed], Unstable, Verdict::Violations),
        (&[Failed, Passed], Unstable, Verdict::Violations),
        // None of these is a violation alone, and yet the case shows nothing.
        (&[Passed, Inconclusive], Unstable, Verdict::Violations),
        (&[Unconfirmed, Passed], Unstable, Verdict::Violations),
        (&[Passed, Waived], Unstable, Verdict::Violations),
        (&[Passed, Skipped], Unstable, Verdict::Violations),
    ] {
        let report = merge_repeated(runs.iter().map(|outcome| once(&[*outcome, Passed])).collect()).unwrap();
        assert_eq!((report.cases[0].outcome, report.verdict), (outcome, verdict), "{runs:?}");
        assert_eq!(report.cases[1].outcome, Passed, "the other case is as it was");
        assert_eq!(report.cases.len(), 2);
        let is_unstable = outcome == Unstable;
        assert_eq!(report.summary.unstable, usize::from(is_unstable));
        assert!(report.cases.iter().all(CaseReport::is_consistent), "{runs:?}");
        if is_unstable {
            assert_eq!(report.cases[0].reason, Some(Reason::Unstable { outcomes: runs.to_vec() }));
            // What only an unstable case showed is not covered; what another case showed is.
            let states: Vec<bool> = report.packs[0]
                .coverage
                .failures
                .iter()
                .map(|failure| failure.state == State::Exercised)
                .collect();
            assert_eq!(states, [false, true]);
        }
    }
    assert!(merge_repeated(Vec::new()).is_none());
}

#[test]
fn unstable_case_shows_the_run_that_failed() {
    let runs = [Outcome::Passed, Outcome::Failed, Outcome::Passed].map(|outcome| once(&[outcome]));
    let report = merge_repeated(runs.to_vec()).unwrap();
    assert_eq!(report.cases[0].violations.len(), 1);
    assert_eq!(report.finding_groups.len(), 1, "its finding is one of the run");
    assert_eq!(report.duration_ms, 3000);
}

#[test]
fn interrupted_run_stays_interrupted() {
    let mut second = once(&[Outcome::Failed]);
    second.verdict = Verdict::Interrupted;
    assert_eq!(merge_repeated(vec![once(&[Outcome::Passed]), second]).unwrap().verdict, Verdict::Interrupted);
    // A case that the signal kept from being judged has the outcome of the runs that judged it.
    let mut last = once(&[Outcome::Inconclusive]);
    last.cases[0].reason = Some(Reason::Interrupted);
    last.verdict = Verdict::Interrupted;
    let report =
        merge_repeated(vec![once(&[Outcome::Passed]), once(&[Outcome::Passed]), last.clone()]).unwrap();
    assert_eq!((report.cases[0].outcome, report.verdict), (Outcome::Passed, Verdict::Interrupted));
    let report =
        merge_repeated(vec![once(&[Outcome::Passed]), once(&[Outcome::Failed]), last.clone()]).unwrap();
    assert_eq!(report.cases[0].outcome, Outcome::Unstable);
    assert_eq!(merge_repeated(vec![last]).unwrap().cases[0].outcome, Outcome::Inconclusive);
}
