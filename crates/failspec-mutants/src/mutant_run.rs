//! The run of a pack against one mutant.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde::Serialize;

use failspec_engine::{RunOptions, Selectors};
use failspec_judge::{
    check::{self, Finding},
    report_model::{CaseReport, Outcome, RunReport},
    snapshot::Mode,
};
use failspec_pack::pack::Pack;
use failspec_reference::Mutant;

use super::{ExpectedDetection, ProofError, Severity, run_on};

/// A mutant and its expected detection.
#[derive(Debug, Clone)]
pub struct Subject {
    /// The pack that runs against it.
    pub pack: Arc<Pack>,
    /// The mutant.
    pub mutant: Mutant,
    /// The expected detection.
    pub noticed: ExpectedDetection,
}

/// The result of running one mutant.
#[derive(Debug, Clone, Serialize)]
pub struct MutantRun {
    /// The name of the pack, with the version if it is not the newest.
    pub pack: String,
    /// The id of the mutant.
    pub mutant: String,
    /// The description of the mutant.
    pub about: String,
    /// True if it must pass: clients must tolerate it, or no documented rule forbids it.
    pub harmless: bool,
    /// The reason why no documented rule forbids it, if it is not simply harmless.
    pub unpromised: Option<&'static str>,
    /// The expected detection as text.
    pub expected: String,
    /// The reason why it was not detected as expected; for a harmless one, the unexpected detection.
    pub survived: Option<String>,
    /// The number of cases in which each check found something. A finding of the whole run counts as one.
    pub noticed: BTreeMap<String, Count>,
    /// The verdict of the run.
    pub verdict: &'static str,
}

/// The number of cases in which a check found something.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Count {
    /// Cases with violations.
    pub violations: usize,
    /// Cases with warnings.
    pub warnings: usize,
}

impl Subject {
    /// Runs the pack, or the selected cases, against the mutant and compares the report with the expected detection.
    ///
    /// # Errors
    /// When the reference implementation or the client cannot be started.
    pub async fn experiment(&self, selectors: &[String]) -> Result<MutantRun, ProofError> {
        // A response that differs from the approved one is left for review: a mutant that only this detects has
        // survived.
        let options = RunOptions {
            snapshots: Mode::Off,
            selectors: Selectors(selectors.to_vec()),
            ..RunOptions::default()
        };
        let report = run_on(&self.pack, Some(self.mutant.clone()), options).await?;
        Ok(MutantRun {
            pack: self.pack.label(),
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
            verdict: report.verdict.as_str(),
        })
    }

    fn survived(&self, report: &RunReport) -> Option<String> {
        match &self.noticed {
            ExpectedDetection::By { check, severity, failure } => {
                let prefix = failure.as_ref().map(|failure| format!("{}::{failure}::", self.pack.prefix()));
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
                None => Some(format!("no diagnosis, but {}", report.verdict.as_str())),
            },
            ExpectedDetection::Inconclusive(text) => {
                let reasons =
                    || report.cases.iter().filter_map(|case| Some(case.reason.as_ref()?.to_string()));
                let found = report.summary.inconclusive > 0 && reasons().any(|reason| reason.contains(text));
                if found { violations(report) } else { Some(format!("no case has the reason `{text}`")) }
            }
            ExpectedDetection::Harmless | ExpectedDetection::Unpromised(_) => self.false_positive(report),
        }
    }

    /// Returns the first unexpected detection of a change that breaks nothing.
    fn false_positive(&self, report: &RunReport) -> Option<String> {
        let without_codes = self.pack.contract.envelope.code.is_none();
        // If only the message text distinguishes failures, a person must review a changed wording.
        let excused = |check: &str| without_codes && check == "wording";
        let warning = report.cases.iter().find_map(|case| {
            let warning = case.warnings.iter().find(|warning| !excused(warning.check))?;
            Some(format!("a warning in {}: {} · {}", case.name, warning.check, warning.message))
        });
        let unjudged = report.cases.iter().find(|case| case.outcome == Outcome::Inconclusive);
        let unjudged = unjudged.map(|case| {
            let reason = case.reason.as_ref().map(ToString::to_string).unwrap_or_default();
            format!("{} is inconclusive: {reason}", case.name)
        });
        let finding =
            report.run_findings.first().map(|finding| format!("a run finding: {}", finding.message));
        let verdict = report.verdict.as_str();
        violations(report)
            .or(finding)
            .or(unjudged)
            .or(warning)
            .or_else(|| (verdict != "conforms").then(|| format!("the verdict is {verdict}")))
    }
}

/// Returns the reason why the cases have no finding of a check with the expected severity; `None` if they have one.
fn by_check<'t>(
    cases: impl Iterator<Item = &'t CaseReport>,
    check: &str,
    severity: Severity,
) -> Option<String> {
    let (mut violation, mut warning) = (false, false);
    for finding in cases.flat_map(|case| case.violations.iter().chain(&case.warnings)) {
        violation |= finding.has(check, check::Severity::Violation);
        warning |= finding.has(check, check::Severity::Warning);
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
        for check in checks_of(case, check::Severity::Violation) {
            counts.entry(check.to_owned()).or_default().violations += 1;
        }
        for check in checks_of(case, check::Severity::Warning) {
            counts.entry(check.to_owned()).or_default().warnings += 1;
        }
    }
    for finding in &report.run_findings {
        counts.entry(finding.check.clone()).or_default().violations += 1;
    }
    counts
}

/// Returns the checks that found something of this severity in a case, alone or as a part of a combined finding.
fn checks_of(case: &CaseReport, severity: check::Severity) -> BTreeSet<&str> {
    let findings = || case.violations.iter().chain(&case.warnings);
    let whole = findings().filter(|finding| finding.severity == severity).map(|finding| finding.check);
    let details = findings().flat_map(|finding: &Finding| &finding.details);
    let parts = details.filter(|detail| detail.severity == severity).map(|detail| detail.check.as_str());
    whole.chain(parts).collect()
}
