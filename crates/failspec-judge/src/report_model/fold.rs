//! Builds the report of a run from its events.

use super::{
    CaseReport, Event, FORMAT, PackEnd, PackReport, RunEnd, RunHeader, RunReport, SnapshotState, Summary,
    Undecided, VerdictInput, group_findings, is_cut_short, waiver_findings,
};

/// A fold over the events of a run that results in its report.
///
/// A listener of a run can apply every [`Event`] to it. The run itself builds its report with the same rules, and
/// moves the reports of the cases where a listener has to copy them.
#[derive(Debug, Clone, Default)]
pub struct ReportFold {
    header: Option<RunHeader>,
    cases: Vec<CaseReport>,
    packs: Vec<PackEnd>,
    end: Option<RunEnd>,
}

impl ReportFold {
    /// Applies one event. The events of a run come in its order.
    pub fn apply(&mut self, event: Event<'_>) {
        match event {
            Event::Started(header) => self.header = Some(header.clone()),
            Event::CaseFinished(case) => self.cases.push(case.clone()),
            Event::CaseWithdrawn { index, reason } => {
                let withdrawn = self.cases.iter_mut().filter(|case| case.index == index);
                withdrawn.for_each(|case| case.withdraw(reason.clone()));
            }
            Event::CaseTornDown { index, exchanges, left_behind } => {
                let torn_down = self.cases.iter_mut().filter(|case| case.index == index);
                torn_down.for_each(|case| case.torn_down(exchanges, left_behind));
            }
            Event::PackFinished(pack) => self.packs.push(pack.clone()),
            Event::Finished(end) => self.end = Some(end.clone()),
            Event::CaseStarted { .. } | Event::Notice(_) => {}
        }
    }

    /// Returns the report; `None` if the run has not finished.
    pub fn into_report(mut self) -> Option<RunReport> {
        // Cases finish in any order.
        self.cases.sort_unstable_by_key(|case| case.index);
        Some(report(&self.header?, self.cases, self.packs, self.end?))
    }
}

/// Builds the report of a run. The cases are in the order of the plan.
pub fn report(header: &RunHeader, cases: Vec<CaseReport>, packs: Vec<PackEnd>, end: RunEnd) -> RunReport {
    let mut run_findings = Vec::new();
    let mut diagnosis = Vec::new();
    let mut reports: Vec<PackReport> = Vec::with_capacity(packs.len());
    for pack in packs {
        run_findings.extend(pack.findings);
        diagnosis.extend(pack.diagnosis);
        reports.push(pack.report);
    }
    if end.is_full && end.shard.is_none() && diagnosis.is_empty() && !end.was_cancelled {
        run_findings.extend(waiver_findings(&end.waivers, &cases));
    }
    let summary = Summary::of(&cases, reports.iter().map(|pack| &pack.coverage));
    let changed = cases
        .iter()
        .filter_map(|case| case.snapshot.as_ref())
        .any(|snapshot| matches!(snapshot.state, SnapshotState::Changed | SnapshotState::New));
    let verdict = summary.verdict(VerdictInput {
        interrupted: end.interrupted,
        stopped: !diagnosis.is_empty(),
        violation: run_findings.iter().any(|finding| finding.violation)
            || (end.checks_snapshots && changed)
            || (end.denies_warnings && summary.warned + summary.unconfirmed > 0),
        missing: reports.iter().any(|pack| !pack.coverage.missing().is_empty()) || is_cut_short(&cases),
    });
    RunReport {
        format: FORMAT,
        failspec: env!("CARGO_PKG_VERSION").to_owned(),
        started: end.started,
        duration_ms: end.duration_ms,
        verdict,
        summary,
        reference: header.packs.iter().any(|pack| pack.reference),
        diagnosis: (!diagnosis.is_empty()).then(|| diagnosis.join("\n\n")),
        selectors: header.selectors.clone(),
        shard: end.shard,
        errata: reports.iter().flat_map(|pack| pack.errata.clone()).collect(),
        packs: reports,
        undecided: Undecided::of(&cases),
        finding_groups: group_findings(&cases),
        cases,
        run_findings,
        recordings: Vec::new(),
    }
}
