//! Comparison of two run reports.

use std::collections::BTreeMap;

use failspec_judge::report_model::{CaseReport, Outcome, PackHeader, RunReport, State, Verdict};

use super::comparison::{Comparison, Difference};

/// Compares the cases, the failures and the findings of two runs. `names` are the names of the reports.
pub fn runs(names: (&str, &str), old: &RunReport, new: &RunReport) -> Comparison {
    let mut comparison = Comparison::new(format!("{} → {}", names.0, names.1));
    comparison.notes = interrupted(names, old, new);
    comparison.notes.extend(notes(old, new));
    let (before, now) = (by_name(old), by_name(new));
    let (mut worse, mut better, mut added, mut gone) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (name, case) in &now {
        let Some(known) = before.get(name) else {
            let difference = at(case, "case-new", format!("{name}: new, {}", case.outcome.as_str()));
            if case.outcome == Outcome::Failed {
                worse.push(difference)
            } else {
                added.push(difference)
            }
            continue;
        };
        let message =
            format!("{name}: was {}, is now {}{}", known.outcome.as_str(), case.outcome.as_str(), why(case));
        match rank(case.outcome).cmp(&rank(known.outcome)) {
            std::cmp::Ordering::Greater => worse.push(at(case, "case-worse", message)),
            std::cmp::Ordering::Less => better.push(at(case, "case-better", message)),
            std::cmp::Ordering::Equal => {
                let checks =
                    |case: &CaseReport| case.violations.iter().map(|it| it.check).collect::<Vec<_>>();
                let (had, has) = (checks(known), checks(case));
                for check in has.iter().filter(|check| !had.contains(check)) {
                    worse.push(at(case, "violation-new", format!("{name}: now also fails `{check}`")));
                }
                for check in had.iter().filter(|check| !has.contains(check)) {
                    better.push(at(case, "violation-gone", format!("{name}: no longer fails `{check}`")));
                }
            }
        }
    }
    for (name, case) in before.iter().filter(|(name, _)| !now.contains_key(*name)) {
        gone.push(at(
            case,
            "case-gone",
            format!("{name}: not in the new run; was {}", case.outcome.as_str()),
        ));
    }
    if new.verdict == Verdict::Interrupted && old.verdict != Verdict::Interrupted {
        let message = "the run was interrupted, or has not ended".to_owned();
        worse.insert(0, Difference::new("run-interrupted", names.1, message));
    }
    coverage(old, new, &mut worse, &mut better);
    findings(old, new, &mut worse, &mut better);
    comparison.group("worse", true, worse);
    comparison.group("better", false, better);
    comparison.group("new", false, added);
    comparison.group("gone", false, gone);
    comparison
}

/// Says of which run something is missing because it was interrupted.
fn interrupted(names: (&str, &str), old: &RunReport, new: &RunReport) -> Vec<String> {
    let reports = [(names.0, old), (names.1, new)].into_iter();
    let interrupted = reports.filter(|(_, report)| report.verdict == Verdict::Interrupted);
    let note = |(name, _)| {
        format!("{name} is the report of a run that was interrupted, or has not ended: it is not whole")
    };
    interrupted.map(note).collect()
}

/// Lists differences of two runs that limit how far they are comparable.
fn notes(old: &RunReport, new: &RunReport) -> Vec<String> {
    let mut notes =
        vec![format!("the verdict was {}, is now {}", old.verdict.as_str(), new.verdict.as_str())];
    let packs = |report: &RunReport, of: fn(&PackHeader) -> String| {
        report.packs.iter().map(|pack| of(&pack.header)).collect::<Vec<_>>().join(", ")
    };
    type Of = fn(&PackHeader) -> String;
    let compared: [(&str, Of); 3] = [
        ("packs", |header| header.name.clone()),
        // An embedded reference implementation has a different port in every run.
        ("targets", |header| if header.reference { "reference".to_owned() } else { header.target.clone() }),
        ("digests of packs", |header| header.digest.chars().take(12).collect()),
    ];
    for (what, of) in compared {
        let (before, now) = (packs(old, of), packs(new, of));
        if before != now {
            notes.push(format!("different {what}: {before} → {now}"));
        }
    }
    if old.failspec != new.failspec {
        notes.push(format!("different versions of failspec: {} → {}", old.failspec, new.failspec));
    }
    if old.selectors != new.selectors {
        notes.push("different scenarios were selected: missing cases may not have been selected".to_owned());
    }
    notes
}

fn by_name(report: &RunReport) -> BTreeMap<&str, &CaseReport> {
    report.cases.iter().map(|case| (&*case.name, case)).collect()
}

/// The severity of an outcome; higher is worse. A skip is worse than a pass, so that a run cannot silently test less.
fn rank(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::Passed | Outcome::Seen => 0,
        Outcome::Waived => 1,
        Outcome::Unconfirmed => 2,
        // The product may have had the feature before.
        Outcome::NotApplicable => 3,
        Outcome::Skipped => 4,
        Outcome::Inconclusive => 5,
        Outcome::Unstable => 6,
        Outcome::Failed => 7,
    }
}

fn why(case: &CaseReport) -> String {
    let first = case.violations.first().map(|finding| format!(" ({}: {})", finding.check, finding.message));
    first.or_else(|| case.reason.as_ref().map(|reason| format!(" ({reason})"))).unwrap_or_default()
}

fn at(case: &CaseReport, kind: &str, message: String) -> Difference {
    Difference::new(kind, &*case.name, message).at(&case.location.file, case.location.line)
}

fn coverage(old: &RunReport, new: &RunReport, worse: &mut Vec<Difference>, better: &mut Vec<Difference>) {
    let states = |report: &RunReport| -> BTreeMap<String, State> {
        let packs = report.packs.iter().flat_map(|pack| {
            let name = pack.header.name.clone();
            pack.coverage.failures.iter().flat_map(move |it| {
                let own = format!("{name}::{}", it.failure);
                let causes: Vec<_> = it
                    .causes
                    .iter()
                    .map(|cause| (format!("{own}/{}", cause.cause), cause.state.clone()))
                    .collect();
                causes.into_iter().chain([(own, it.state.clone())])
            })
        });
        packs.collect()
    };
    let (before, now) = (states(old), states(new));
    for (failure, state) in &before {
        let was = *state == State::Exercised;
        let is = now.get(failure) == Some(&State::Exercised);
        match (was, is) {
            (true, false) => {
                let message = format!("{failure}: no longer exercised");
                worse.push(Difference::new("coverage-worse", failure, message));
            }
            (false, true) => {
                let message = format!("{failure}: now exercised");
                better.push(Difference::new("coverage-better", failure, message));
            }
            _ => {}
        }
    }
}

fn findings(old: &RunReport, new: &RunReport, worse: &mut Vec<Difference>, better: &mut Vec<Difference>) {
    // Messages contain ids that differ from run to run, so the findings of each check are only counted.
    let counted = |report: &RunReport| {
        let mut counted: BTreeMap<String, usize> = BTreeMap::new();
        for finding in report.run_findings.iter().filter(|finding| finding.violation) {
            *counted.entry(finding.check.clone()).or_default() += 1;
        }
        counted
    };
    let (before, now) = (counted(old), counted(new));
    for (check, count) in &now {
        let known = before.get(check).copied().unwrap_or(0);
        if *count > known {
            worse.push(Difference::new(
                "finding-new",
                check,
                format!("run finding {check}: {known} → {count}"),
            ));
        }
    }
    for (check, count) in &before {
        let left = now.get(check).copied().unwrap_or(0);
        if left < *count {
            better.push(Difference::new(
                "finding-gone",
                check,
                format!("run finding {check}: {count} → {left}"),
            ));
        }
    }
}
