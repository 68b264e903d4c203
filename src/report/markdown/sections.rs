//! The sections of a comment, each of which is there only if it has something to say.

use std::collections::BTreeMap;

use crate::{
    report::{
        account::{account, differs, sentence},
        facts::{distinct_first, scenarios, snapshots, unexercised, waivers},
        visible::shortened,
    },
    verdict::{Cause, Outcome, RunReport, TrialReport},
};

use super::{
    document::Comment,
    escape::{block, cell, code, html, link, prose},
};

/// What violations may take of a comment, in bytes: they are what it is read for.
const FOR_VIOLATIONS: usize = 34_000;

/// What any other section may take, in bytes.
const FOR_OTHERS: usize = 6_000;

/// How much of a body is told, in characters.
const LONGEST_BODY: usize = 800;

/// How many names are told in a row.
const MOST_NAMES: usize = 12;

/// The longest sentence in a line that sums up, in characters.
const LONGEST_SENTENCE: usize = 240;

pub(super) fn run_findings(comment: &mut Comment, report: &RunReport) {
    if report.run_findings.is_empty() {
        return;
    }
    comment.line("\n### The run as a whole\n");
    let items: Vec<String> = report
        .run_findings
        .iter()
        .map(|finding| {
            let sign = if finding.violation { "❌ violation" } else { "⚠️ warning" };
            let trials = if finding.trials.is_empty() {
                String::new()
            } else {
                format!(": {}", names(finding.trials.iter().map(String::as_str)))
            };
            format!("- {sign} {} {}{trials}\n", code(&finding.check), prose(&finding.message))
        })
        .collect();
    comment.items(FOR_OTHERS, &items);
}

/// Findings that several scenarios have in common, once.
pub(super) fn causes(comment: &mut Comment, report: &RunReport) {
    let shared: Vec<&Cause> = report.causes.iter().filter(|cause| cause.trials > 1).collect();
    if shared.is_empty() {
        return;
    }
    comment.line(&format!("\n### {} causes of several findings each\n", shared.len()));
    comment.line("| scenarios | what | check | shortest example |\n|---|---|---|---|");
    let rows = shared.into_iter().map(|cause| {
        let sign = if cause.violation { "❌" } else { "⚠️" };
        let subject = cause.subject().map(|subject| format!("{subject}: ")).unwrap_or_default();
        let what = format!("{subject}{}", cause.message);
        let what = shortened(&what, LONGEST_SENTENCE);
        format!(
            "| {} | {sign} {} | {} | {} |\n",
            cause.trials,
            cell(&what),
            cell(&cause.check),
            cell(&cause.example)
        )
    });
    comment.items(FOR_OTHERS, &rows.collect::<Vec<_>>());
}

pub(super) fn violations(comment: &mut Comment, report: &RunReport) {
    let failed = distinct_first(report, |trial| trial.outcome == Outcome::Failed);
    if failed.is_empty() {
        return;
    }
    comment.line(&format!("\n### ❌ Violations in {}\n", scenarios(failed.len())));
    let items: Vec<String> = failed.iter().map(|trial| details(trial)).collect();
    comment.items(FOR_VIOLATIONS, &items);
}

/// Name and first sentence, the rest folded away. The empty lines are what makes the inside Markdown again.
fn details(trial: &TrialReport) -> String {
    format!(
        "<details><summary><code>{}</code> — <code>{}</code></summary>\n\n{}\n</details>\n",
        html(&trial.name),
        html(&shortened(&sentence(trial), LONGEST_SENTENCE)),
        block(&account(trial, LONGEST_BODY))
    )
}

pub(super) fn inconclusive(comment: &mut Comment, report: &RunReport) {
    let trials = || report.scenarios.iter().filter(|trial| trial.outcome == Outcome::Inconclusive);
    if trials().next().is_none() {
        return;
    }
    comment.line("\n### ⚠️ Could not be judged\n");
    let mut by_reason: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for trial in trials() {
        by_reason.entry(trial.reason.as_deref().unwrap_or_default()).or_default().push(&trial.name);
    }
    let items: Vec<String> = by_reason
        .into_iter()
        .map(|(reason, trials)| format!("- {}: {}\n", prose(&cut(reason)), names(trials.into_iter())))
        .collect();
    comment.items(FOR_OTHERS, &items);
}

pub(super) fn unexercised_section(comment: &mut Comment, report: &RunReport) {
    let mut by_why: BTreeMap<(bool, &str, &str), Vec<String>> = BTreeMap::new();
    for it in unexercised(report) {
        let name = format!("{}::{}", it.pack, it.name);
        by_why.entry((!it.missing, it.state, it.why)).or_default().push(name);
    }
    if by_why.is_empty() {
        return;
    }
    comment.line("\n### Not plainly exercised\n");
    let items: Vec<String> = by_why
        .into_iter()
        .map(|((_, state, why), all)| {
            let all = names(all.iter().map(String::as_str));
            format!("- **{state}** ({}): {all}\n", prose(&cut(why)))
        })
        .collect();
    comment.items(FOR_OTHERS, &items);
}

pub(super) fn lacks(comment: &mut Comment, report: &RunReport) {
    let lacks: Vec<_> = report.packs.iter().flat_map(|pack| &pack.lacks).collect();
    if lacks.is_empty() {
        return;
    }
    comment.line("\n### What the target does not bring\n");
    let items: Vec<String> = lacks
        .iter()
        .map(|lack| {
            let skipped = scenarios(lack.trials);
            let about = prose(&cut(&lack.about));
            format!("- {} {}: {about} ({skipped} skipped)\n", lack.kind.word(), code(&lack.name))
        })
        .collect();
    comment.items(FOR_OTHERS, &items);
}

pub(super) fn waivers_section(comment: &mut Comment, report: &RunReport) {
    let waivers = waivers(report);
    if waivers.is_empty() {
        return;
    }
    comment.line("\n### Waived\n");
    let items: Vec<String> = waivers
        .iter()
        .map(|it| {
            let waived = it.waived;
            let issue = waived.issue.as_deref().map(|issue| format!(", {}", link(issue))).unwrap_or_default();
            format!(
                "- {} until {}: {}{issue}; {}\n",
                code(waived.finding.check),
                prose(&waived.expires),
                prose(&cut(&waived.reason)),
                names(it.trials.iter().copied())
            )
        })
        .collect();
    comment.items(FOR_OTHERS, &items);
}

pub(super) fn left_behind(comment: &mut Comment, report: &RunReport) {
    let all: Vec<&String> = report.scenarios.iter().flat_map(|trial| &trial.left_behind).collect();
    if all.is_empty() {
        return;
    }
    comment.line("\n### Left behind\n\nWhat a teardown could not remove:\n");
    let items: Vec<String> = all.iter().map(|left| format!("- {}\n", code(&cut(left)))).collect();
    comment.items(FOR_OTHERS, &items);
}

/// By check, because one missing header is a warning in every second scenario.
pub(super) fn warnings(comment: &mut Comment, report: &RunReport) {
    let mut by_check: BTreeMap<&str, Vec<(&TrialReport, &str)>> = BTreeMap::new();
    for trial in &report.scenarios {
        for warning in &trial.warnings {
            by_check.entry(warning.check).or_default().push((trial, &warning.message));
        }
    }
    if by_check.is_empty() {
        return;
    }
    let summary =
        format!("⚠️ Warnings in {}: not documented, so no violations", scenarios(report.summary.warned));
    let items: Vec<String> = by_check
        .into_iter()
        .map(|(check, found)| {
            let mut trials: Vec<&str> = found.iter().map(|(trial, _)| &*trial.name).collect();
            trials.dedup();
            let message = prose(&cut(found[0].1));
            format!("- {} {message}: {}\n", code(check), names(trials.into_iter()))
        })
        .collect();
    folded(comment, &summary, &items);
}

pub(super) fn differences(comment: &mut Comment, report: &RunReport) {
    let counts = snapshots(report);
    if !counts.is_empty() {
        comment.line(&format!("\n**Approved answers**: {}", counts.join(" · ")));
        let changed = report.scenarios.iter().filter(|trial| differs(trial));
        let changed: Vec<&str> = changed.map(|trial| &*trial.name).collect();
        if !changed.is_empty() {
            comment.line(&format!("\n- differ: {}", names(changed.into_iter())));
        }
    }
}

pub(super) fn errata(comment: &mut Comment, report: &RunReport) {
    if report.errata.is_empty() {
        return;
    }
    let summary = format!("{} contradictions and gaps in the documentation itself", report.errata.len());
    let items: Vec<String> = report
        .errata
        .iter()
        .map(|erratum| {
            let links: String = erratum.links.iter().map(|it| format!(" {}", link(it))).collect();
            format!("- {}: {}{links}\n", code(&erratum.pack), prose(&erratum.about))
        })
        .collect();
    folded(comment, &summary, &items);
}

fn folded(comment: &mut Comment, summary: &str, items: &[String]) {
    comment.line(&format!("\n<details><summary>{}</summary>\n", html(summary)));
    comment.items(FOR_OTHERS, items);
    comment.line("\n</details>");
}

fn names<'n>(all: impl ExactSizeIterator<Item = &'n str>) -> String {
    let count = all.len();
    let mut text = all.take(MOST_NAMES).map(code).collect::<Vec<_>>().join(", ");
    if count > MOST_NAMES {
        text.push_str(&format!(" and {} more", count - MOST_NAMES));
    }
    text
}

fn cut(text: &str) -> String {
    shortened(text, LONGEST_SENTENCE).into_owned()
}
