//! The report of a run that was repeated.

use super::{
    CaseReport, Exercise, Outcome, Reason, RunReport, State, Summary, Undecided, Verdict, coverage::shown_by,
    group_findings,
};

/// Merges the reports of the same run, done several times: each case once, `unstable` if its outcomes differ. `None` if
/// there is no report.
///
/// The verdict is the worst of all runs, and never green if a case is unstable.
pub fn merge_repeated(runs: Vec<RunReport>) -> Option<RunReport> {
    let verdicts: Vec<Verdict> = runs.iter().map(|run| run.verdict).collect();
    let duration_ms = runs.iter().map(|run| run.duration_ms).sum();
    let started = runs.first()?.started.clone();
    let mut runs = runs.into_iter();
    let mut others: Vec<RunReport> = Vec::new();
    let mut whole = runs.next()?;
    for run in runs {
        // The last run that was not stopped has all cases.
        others.push(std::mem::replace(&mut whole, run));
    }
    for case in &mut whole.cases {
        let same = |run: &RunReport| run.cases.iter().position(|other| other.name == case.name);
        let mut all: Vec<CaseReport> =
            others.iter_mut().filter_map(|run| same(run).map(|at| run.cases[at].clone())).collect();
        all.push(case.clone());
        // A case that a signal kept from being judged has no outcome of its own.
        all.retain(|run| !run.reason.as_ref().is_some_and(Reason::is_cancellation));
        let Some(last) = all.last() else { continue };
        if all.iter().all(|run| run.outcome == last.outcome) {
            *case = last.clone();
            continue;
        }
        let outcomes: Vec<Outcome> = all.iter().map(|run| run.outcome).collect();
        // What is shown is the run that says most: the first that failed, else the first that did not pass.
        let place = |fits: &dyn Fn(&CaseReport) -> bool| all.iter().position(fits);
        let shown = place(&|run| run.outcome == Outcome::Failed)
            .or_else(|| place(&|run| run.outcome != Outcome::Passed))
            .unwrap_or_default();
        *case = all.swap_remove(shown);
        case.outcome = Outcome::Unstable;
        case.reason = Some(Reason::Unstable { outcomes });
        case.exercised = Exercise::No;
    }
    for finding in others.iter().flat_map(|run| &run.run_findings) {
        if !whole.run_findings.contains(finding) {
            whole.run_findings.push(finding.clone());
        }
    }
    withdraw_coverage(&mut whole);
    whole.diagnosis = others.iter().find_map(|run| run.diagnosis.clone()).or(whole.diagnosis);
    whole.summary = Summary::of(&whole.cases, whole.packs.iter().map(|pack| &pack.coverage));
    whole.finding_groups = group_findings(&whole.cases);
    whole.undecided = Undecided::of(&whole.cases);
    (whole.started, whole.duration_ms) = (started, duration_ms);
    let has = |verdict| verdicts.contains(&verdict);
    whole.verdict = if whole.summary.unstable > 0 && !has(Verdict::Interrupted) {
        Verdict::Violations
    } else {
        // By the precedence of the exit codes.
        let worst = [Verdict::Interrupted, Verdict::Violations, Verdict::Inconclusive, Verdict::Incomplete];
        worst.into_iter().find(|verdict| has(*verdict)).unwrap_or(Verdict::Conforms)
    };
    Some(whole)
}

/// Withdraws the coverage that rests on unstable cases alone.
fn withdraw_coverage(report: &mut RunReport) {
    let cases = &report.cases;
    for pack in &mut report.packs {
        for failure in &mut pack.coverage.failures {
            let own =
                |case: &&CaseReport| *case.pack == *pack.header.name && *case.failure == *failure.failure;
            let own: Vec<&CaseReport> = cases.iter().filter(own).collect();
            if !own.iter().any(|case| case.outcome == Outcome::Unstable) {
                continue;
            }
            let is_shown = |state: &State| matches!(state, State::Exercised | State::CoveredByAlternative(_));
            if is_shown(&failure.state) {
                failure.state = shown_by(&own);
            }
            for cause in failure.causes.iter_mut().filter(|cause| is_shown(&cause.state)) {
                let of_cause: Vec<&CaseReport> =
                    own.iter().copied().filter(|case| case.cause.as_ref() == Some(&cause.cause)).collect();
                cause.state = shown_by(&of_cause);
            }
        }
    }
}
