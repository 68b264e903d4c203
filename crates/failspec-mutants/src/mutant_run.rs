//! One mutant held against its pack.

use std::{collections::BTreeMap, sync::Arc};

use serde::Serialize;

use failspec_engine::{RunOptions, Selectors};
use failspec_judge::{
    report_model::{CaseReport, Outcome, RunReport},
    snapshot::Mode,
};
use failspec_pack::pack::Pack;
use failspec_reference::Mutant;

use super::{ExpectedDetection, ProofError, Severity, run_on};

/// A mutant and how it must be noticed.
#[derive(Debug, Clone)]
pub struct Subject {
    /// The pack that it is run with.
    pub pack: Arc<Pack>,
    /// The mutant.
    pub mutant: Mutant,
    /// How it must be noticed.
    pub noticed: ExpectedDetection,
}

/// What came of one mutant.
#[derive(Debug, Clone, Serialize)]
pub struct MutantRun {
    /// The pack.
    pub pack: String,
    /// The mutant.
    pub mutant: String,
    /// What it does.
    pub about: String,
    /// Whether it must pass: clients must tolerate it, or nothing that is documented forbids it.
    pub harmless: bool,
    /// Why nothing that is documented forbids it, where it is not plainly harmless.
    pub unpromised: Option<&'static str>,
    /// How it must be noticed, in words.
    pub expected: String,
    /// Why it was not noticed as it must be; for a harmless one, what was noticed.
    pub survived: Option<String>,
    /// In how many cases each check found something. Findings of the whole run count as one.
    pub noticed: BTreeMap<String, Count>,
    /// The verdict of the run.
    pub verdict: &'static str,
}

/// In how many cases a check found something.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Count {
    /// Cases with violations.
    pub violations: usize,
    /// Cases with warnings.
    pub warnings: usize,
}

impl Subject {
    /// Runs the pack against the mutant, all of it or what is selected, and compares.
    ///
    /// # Errors
    /// When the reference implementation or the client cannot be started.
    pub async fn experiment(&self, selectors: &[String]) -> Result<MutantRun, ProofError> {
        // An approved response that differs is for review: a mutant that only this would show has survived.
        let options = RunOptions {
            snapshots: Mode::Off,
            selectors: Selectors(selectors.to_vec()),
            ..RunOptions::default()
        };
        let report = run_on(&self.pack, Some(self.mutant.clone()), options).await?;
        Ok(MutantRun {
            pack: self.pack.name.clone(),
            mutant: self.mutant.id.to_string(),
            about: self.mutant.about.to_string(),
            harmless: matches!(self.noticed, ExpectedDetection::Harmless | ExpectedDetection::Unpromised(_)),
            unpromised: match self.noticed {
                ExpectedDetection::Unpromised(why) => Some(why),
                _ => None,
            },
            expected: self.noticed.to_string(),
            survived: self.survived(&report),
            noticed: counts(&report),
            verdict: report.verdict.word(),
        })
    }

    fn survived(&self, report: &RunReport) -> Option<String> {
        match &self.noticed {
            ExpectedDetection::By { check, severity, failure } => {
                let prefix = failure.as_ref().map(|failure| format!("{}::{failure}::", self.pack.name));
                let within = |case: &&CaseReport| {
                    prefix.as_ref().is_none_or(|prefix| case.name.starts_with(prefix.as_str()))
                };
                by_check(report.cases.iter().filter(within), check, *severity)
            }
            ExpectedDetection::Run(check) => {
                let found = report.run_findings.iter().any(|finding| finding.check == *check);
                (!found).then(|| format!("no run finding {check}"))
            }
            ExpectedDetection::Diagnosis(text) => match &report.diagnosis {
                Some(diagnosis) if diagnosis.contains(text) => violations(report),
                Some(diagnosis) => Some(format!("another diagnosis: {}", first_line(diagnosis))),
                None => Some(format!("no diagnosis, but {}", report.verdict.word())),
            },
            ExpectedDetection::Inconclusive(text) => {
                let reasons = || report.cases.iter().filter_map(|case| case.reason.as_deref());
                let found = report.summary.inconclusive > 0 && reasons().any(|reason| reason.contains(text));
                if found { violations(report) } else { Some(format!("no case has the reason `{text}`")) }
            }
            ExpectedDetection::Harmless | ExpectedDetection::Unpromised(_) => self.cried_wolf(report),
        }
    }

    /// What was made of a change that breaks nothing.
    fn cried_wolf(&self, report: &RunReport) -> Option<String> {
        let without_codes = self.pack.contract.envelope.code.is_none();
        // Where only texts tell failures apart, other words are for a person to look at.
        let excused = |check: &str| without_codes && check == "wording";
        let warning = report.cases.iter().find_map(|case| {
            let warning = case.warnings.iter().find(|warning| !excused(warning.check))?;
            Some(format!("a warning in {}: {} · {}", case.name, warning.check, warning.message))
        });
        let unjudged = report.cases.iter().find(|case| case.outcome == Outcome::Inconclusive);
        let unjudged = unjudged.map(|case| {
            format!("{} is inconclusive: {}", case.name, case.reason.as_deref().unwrap_or_default())
        });
        let finding =
            report.run_findings.first().map(|finding| format!("a run finding: {}", finding.message));
        let verdict = report.verdict.word();
        violations(report)
            .or(finding)
            .or(unjudged)
            .or(warning)
            .or_else(|| (verdict != "conforms").then(|| format!("the verdict is {verdict}")))
    }
}

/// Why cases do not show a check as heavy as it must be.
fn by_check<'t>(
    cases: impl Iterator<Item = &'t CaseReport>,
    check: &str,
    severity: Severity,
) -> Option<String> {
    let has =
        |findings: &[failspec_judge::check::Finding]| findings.iter().any(|finding| finding.check == check);
    let (mut violation, mut warning) = (false, false);
    for case in cases {
        violation |= has(&case.violations);
        warning |= has(&case.warnings);
    }
    match (severity, violation, warning) {
        (Severity::Violation, true, _) | (Severity::Warning, false, true) => None,
        (Severity::Violation, false, true) => Some(format!("{check} is only a warning")),
        (Severity::Warning, true, _) => Some(format!("{check} is a violation, but nothing is documented")),
        (_, false, false) => Some(format!("{check} finds nothing")),
    }
}

fn violations(report: &RunReport) -> Option<String> {
    report.cases.iter().find_map(|case| {
        let violation = case.violations.first()?;
        Some(format!("a violation in {}: {} · {}", case.name, violation.check, violation.message))
    })
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

fn counts(report: &RunReport) -> BTreeMap<String, Count> {
    let mut counts: BTreeMap<String, Count> = BTreeMap::new();
    for case in &report.cases {
        let once = |findings: &[failspec_judge::check::Finding]| {
            findings.iter().map(|finding| finding.check).collect::<std::collections::BTreeSet<_>>()
        };
        for check in once(&case.violations) {
            counts.entry(check.to_owned()).or_default().violations += 1;
        }
        for check in once(&case.warnings) {
            counts.entry(check.to_owned()).or_default().warnings += 1;
        }
    }
    for finding in &report.run_findings {
        counts.entry(finding.check.clone()).or_default().violations += 1;
    }
    counts
}
