//! The sections of a comment; a section without content is omitted.

use std::{borrow::Cow, collections::BTreeMap};

use failspec_base::sanitize::{one_line, shortened};

use crate::{
    case_text::{account, differs, row_of, sentence},
    count, recording,
    summary::{
        count_cases, distinct_first, features, health_checks, reruns as reruns_in_words, role_name,
        snapshots, statuses, unexercised, waivers,
    },
};
use failspec_judge::report_model::{CaseReport, OperationAccess, Outcome, RunReport};

use super::{
    document::Comment,
    escape::{block, cell, code, html, link, prose},
};

/// Budget of the violations in a comment, in bytes: they are its main content.
const FOR_VIOLATIONS: usize = 34_000;

/// Budget of any other section, in bytes.
const FOR_OTHERS: usize = 6_000;

/// Maximum length of a body, in characters.
const MAX_BODY_LEN: usize = 800;

/// Maximum number of names in a row.
const MAX_NAMES: usize = 12;

/// Maximum length of the response in a row, in characters.
const MAX_SAID: usize = 80;

/// Maximum length of a sentence in a summary line, in characters.
const MAX_SENTENCE_LEN: usize = 240;

pub(super) fn run_findings(comment: &mut Comment, report: &RunReport) {
    if report.run_findings.is_empty() {
        return;
    }
    comment.line("\n### The whole run\n");
    let items: Vec<String> = report
        .run_findings
        .iter()
        .map(|finding| {
            let sign = if finding.violation { "❌ violation" } else { "⚠️ warning" };
            let cases = if finding.cases.is_empty() {
                String::new()
            } else {
                format!(": {}", names(finding.cases.iter().map(String::as_str)))
            };
            format!("- {sign} {} {}{cases}\n", code(&finding.check), prose(&finding.message))
        })
        .collect();
    comment.items(FOR_OTHERS, &items);
}

/// Writes the findings by cause, where some have a cause in common.
pub(super) fn causes(comment: &mut Comment, report: &RunReport) {
    let rows = &report.finding_groups;
    if rows.iter().all(|cause| cause.cases < 2) {
        return;
    }
    comment.line(&format!("\n### Findings by cause ({})\n", rows.len()));
    comment.line(
        "| cases | finding | response | operations | check | shortest example |\n|---|---|---|---|---|---|",
    );
    let rows = rows.iter().map(|cause| {
        let sign = if cause.violation { "❌" } else { "⚠️" };
        let said = cause.response.as_ref().map(|response| {
            let body = one_line(&response.body);
            format!("HTTP {} {}", response.status, shortened(&body, MAX_SAID))
        });
        let operations = match cause.operations.as_slice() {
            [] => String::new(),
            [one] => one.to_string(),
            several => count::count(several.len(), "operation"),
        };
        format!(
            "| {} | {sign} {} | {} | {} | {} | {} |\n",
            cause.cases,
            cell(&shortened(&row_of(cause), MAX_SENTENCE_LEN)),
            cell(said.as_deref().unwrap_or_default().trim_end()),
            if operations.is_empty() { "—".to_owned() } else { cell(&operations) },
            cell(&cause.check),
            cell(&cause.example)
        )
    });
    comment.items(FOR_OTHERS, &rows.collect::<Vec<_>>());
}

/// Writes the operations of which no request got a response.
pub(super) fn not_called(comment: &mut Comment, report: &RunReport) {
    for pack in report.packs.iter().filter(|pack| !pack.operations_not_called.is_empty()) {
        let all = &pack.operations_not_called;
        comment.line(&format!(
            "\nNot called: {} of {}: {}",
            count(all.len(), "operation"),
            code(&pack.header.label()),
            names(all.iter().map(String::as_str))
        ));
    }
}

/// Writes what each role got from each operation, folded.
pub(super) fn access(comment: &mut Comment, report: &RunReport) {
    for pack in report.packs.iter().filter(|pack| OperationAccess::is_comparable(&pack.access)) {
        let roles = OperationAccess::roles(&pack.access);
        let names: Vec<String> = roles.iter().map(|role| cell(role_name(*role))).collect();
        comment.line(&format!(
            "\n<details><summary>Operations and roles of {}</summary>\n\n| operation | {} |\n|---|{}",
            html(&pack.header.label()),
            names.join(" | "),
            "---|".repeat(names.len())
        ));
        let rows = pack.access.iter().map(|row| {
            let of_roles: Vec<String> = roles.iter().map(|role| statuses(row.of(*role))).collect();
            format!("| {} | {} |\n", cell(&row.operation), of_roles.join(" | "))
        });
        comment.items(FOR_OTHERS, &rows.collect::<Vec<_>>());
        comment.line("\n</details>");
    }
}

pub(super) fn violations(comment: &mut Comment, report: &RunReport) {
    let failed = distinct_first(report, |case| matches!(case.outcome, Outcome::Failed | Outcome::Unstable));
    if failed.is_empty() {
        return;
    }
    comment.line(&format!("\n### ❌ Violations in {}\n", count_cases(failed.len())));
    let items: Vec<String> = failed.iter().map(|case| details(case)).collect();
    comment.items(FOR_VIOLATIONS, &items);
}

/// Formats name and first sentence, with the rest folded. The empty lines make the inside Markdown again.
fn details(case: &CaseReport) -> String {
    format!(
        "<details><summary><code>{}</code> — <code>{}</code></summary>\n\n{}\n</details>\n",
        html(&case.name),
        html(&shortened(&sentence(case), MAX_SENTENCE_LEN)),
        block(&account(case, MAX_BODY_LEN))
    )
}

pub(super) fn inconclusive(comment: &mut Comment, report: &RunReport) {
    let cases = || report.cases.iter().filter(|case| case.outcome == Outcome::Inconclusive);
    if cases().next().is_none() {
        return;
    }
    comment.line("\n### ⚠️ Could not be judged\n");
    let mut by_reason: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for case in cases() {
        let reason = case.reason.as_ref().map(ToString::to_string).unwrap_or_default();
        by_reason.entry(reason).or_default().push(&case.name);
    }
    let items: Vec<String> = by_reason
        .into_iter()
        .map(|(reason, cases)| format!("- {}: {}\n", prose(&cut(&reason)), names(cases.into_iter())))
        .collect();
    comment.items(FOR_OTHERS, &items);
}

pub(super) fn recordings(comment: &mut Comment, report: &RunReport) {
    if report.recordings.is_empty() {
        return;
    }
    comment.line("\n### Recorded traffic: seen, never exercised\n");
    let lines = recording::lines(report);
    let item = |(label, text): &(&str, String)| match *label {
        "" => format!("  - {}\n", prose(&cut(text))),
        label => format!("- {label}: {}\n", prose(&cut(text))),
    };
    comment.items(FOR_OTHERS, &lines.iter().map(item).collect::<Vec<String>>());
}

pub(super) fn unexercised_section(comment: &mut Comment, report: &RunReport) {
    let mut by_why: BTreeMap<(bool, &str, Cow<'_, str>), Vec<String>> = BTreeMap::new();
    for it in unexercised(report) {
        let name = format!("{}::{}", it.pack, it.name);
        by_why.entry((!it.missing, it.state, it.why)).or_default().push(name);
    }
    if by_why.is_empty() {
        return;
    }
    comment.line("\n### Coverage exceptions\n");
    let items: Vec<String> = by_why
        .into_iter()
        .map(|((_, state, why), all)| {
            let all = names(all.iter().map(String::as_str));
            format!("- **{state}** ({}): {all}\n", prose(&cut(&why)))
        })
        .collect();
    comment.items(FOR_OTHERS, &items);
}

pub(super) fn missing_requirements(comment: &mut Comment, report: &RunReport) {
    let missing_requirements: Vec<_> =
        report.packs.iter().flat_map(|pack| &pack.missing_requirements).collect();
    if missing_requirements.is_empty() {
        return;
    }
    comment.line("\n### What is missing on the target\n");
    let items: Vec<String> = missing_requirements
        .iter()
        .map(|missing| {
            let skipped = count_cases(missing.cases);
            let about = prose(&cut(&missing.about));
            format!("- {} {}: {about} ({skipped} skipped)\n", missing.kind.as_str(), code(&missing.name))
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
                names(it.cases.iter().copied())
            )
        })
        .collect();
    comment.items(FOR_OTHERS, &items);
}

pub(super) fn reruns(comment: &mut Comment, report: &RunReport) {
    for line in reruns_in_words(report) {
        comment.line(&format!("\n{line}."));
    }
    for line in features(report) {
        comment.line(&format!("\nFeature {}.", prose(&cut(&line))));
    }
    for line in health_checks(report) {
        comment.line(&format!("\nHealth check: {}.", prose(&cut(&line))));
    }
}

pub(super) fn left_behind(comment: &mut Comment, report: &RunReport) {
    let all: Vec<&String> = report.cases.iter().flat_map(|case| &case.left_behind).collect();
    if all.is_empty() {
        return;
    }
    comment.line("\n### Left behind\n\nResources that a teardown could not remove:\n");
    let items: Vec<String> = all.iter().map(|left| format!("- {}\n", code(&cut(left)))).collect();
    comment.items(FOR_OTHERS, &items);
}

/// Writes the warnings by check, because one missing header is a warning in every second scenario.
pub(super) fn warnings(comment: &mut Comment, report: &RunReport) {
    let mut by_check: BTreeMap<&str, Vec<(&CaseReport, &str)>> = BTreeMap::new();
    for case in &report.cases {
        for warning in &case.warnings {
            by_check.entry(warning.check).or_default().push((case, &warning.message));
        }
    }
    if by_check.is_empty() {
        return;
    }
    let summary =
        format!("⚠️ Warnings in {} (not documented, so no violations)", count_cases(report.summary.warned));
    let items: Vec<String> = by_check
        .into_iter()
        .map(|(check, found)| {
            let mut cases: Vec<&str> = found.iter().map(|(case, _)| &*case.name).collect();
            cases.dedup();
            let message = prose(&cut(found[0].1));
            format!("- {} {message}: {}\n", code(check), names(cases.into_iter()))
        })
        .collect();
    folded(comment, &summary, &items);
}

pub(super) fn differences(comment: &mut Comment, report: &RunReport) {
    let counts = snapshots(report);
    if !counts.is_empty() {
        comment.line(&format!("\n**Approved responses**: {}", counts.join(" · ")));
        let changed = report.cases.iter().filter(|case| differs(case));
        let changed: Vec<&str> = changed.map(|case| &*case.name).collect();
        if !changed.is_empty() {
            comment.line(&format!("\n- differ: {}", names(changed.into_iter())));
        }
    }
}

pub(super) fn errata(comment: &mut Comment, report: &RunReport) {
    if report.errata.is_empty() {
        return;
    }
    let summary = count::errata(report.errata.len());
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
    let mut text = all.take(MAX_NAMES).map(code).collect::<Vec<_>>().join(", ");
    if count > MAX_NAMES {
        text.push_str(&format!(" and {} more", count - MAX_NAMES));
    }
    text
}

fn cut(text: &str) -> String {
    shortened(text, MAX_SENTENCE_LEN).into_owned()
}
