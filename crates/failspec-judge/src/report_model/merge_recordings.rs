//! Adds the reports of recorded traffic to that of a run, for reading.

use std::collections::HashMap;

use super::{MergeError, RunReport, Summary, Undecided, Verdict, group_findings, merge::Named};

/// Adds what was seen in recorded traffic to the report of a run; without a run, to the first of the observations.
///
/// A violation that was seen counts. The coverage stays that of the run: what was only seen is not exercised.
///
/// # Errors
/// When two observations have one pack, or one has a pack or a digest that the run does not have.
pub(super) fn add_recordings(run: Option<RunReport>, observed: Vec<Named>) -> Result<RunReport, MergeError> {
    let mut sources: HashMap<String, String> = HashMap::new();
    for (name, report) in &observed {
        for pack in report.packs.iter().map(|pack| pack.header.label()) {
            if let Some(one) = sources.insert(pack.clone(), name.clone()) {
                return Err(MergeError::TwoObservations { pack, one, other: name.clone() });
            }
        }
    }
    let mut observed = observed.into_iter();
    let is_run = run.is_some();
    let Some(mut whole) = run.or_else(|| observed.next().map(|(_, report)| report)) else {
        return Err(MergeError::None);
    };
    for (name, report) in observed {
        if is_run {
            is_of_run(&whole, &name, &report)?;
        } else {
            whole.packs.extend(report.packs);
            whole.errata.extend(report.errata);
        }
        whole.run_findings.extend(report.run_findings);
        let next = whole.cases.iter().map(|case| case.index + 1).max().unwrap_or_default();
        let cases = report.cases.into_iter().map(|mut case| {
            case.index = case.index.saturating_add(next);
            case
        });
        whole.cases.extend(cases);
        whole.recordings.extend(report.recordings);
        whole.duration_ms = whole.duration_ms.saturating_add(report.duration_ms);
        whole.verdict = worse(whole.verdict, report.verdict);
    }
    whole.summary = Summary::of(&whole.cases, whole.packs.iter().map(|pack| &pack.coverage));
    whole.finding_groups = group_findings(&whole.cases);
    whole.undecided = Undecided::of(&whole.cases);
    Ok(whole)
}

/// Returns the verdict of a run to which one of recorded traffic is added: only violations count there.
fn worse(run: Verdict, seen: Verdict) -> Verdict {
    match (run, seen) {
        (Verdict::Interrupted, _) => Verdict::Interrupted,
        (_, Verdict::Violations) => Verdict::Violations,
        // Of two observations, the one that saw too little.
        (Verdict::NoViolationsSeen, seen) => seen,
        (run, _) => run,
    }
}

/// Checks that recorded traffic was judged by the packs of the run.
fn is_of_run(run: &RunReport, name: &str, observed: &RunReport) -> Result<(), MergeError> {
    for pack in &observed.packs {
        let (label, digest) = (pack.header.label(), &pack.header.digest);
        let Some(own) = run.packs.iter().find(|own| own.header.label() == label) else {
            return Err(MergeError::OtherPack { report: name.to_owned(), pack: label });
        };
        if own.header.digest != *digest {
            return Err(MergeError::Different {
                what: "digests of packs",
                one: "the run".to_owned(),
                in_one: own.header.digest.clone(),
                other: name.to_owned(),
                in_other: digest.clone(),
            });
        }
    }
    Ok(())
}
