//! The whole comment: the most important facts first, then the sections.

use std::{
    fmt::Write as _,
    io::{self, Write},
};

use crate::summary::{MOCK, REFERENCE, because, selection, target, undecided, verdict_in_words};
use failspec_judge::report_model::{Outcome, PackReport, RunReport, State, Verdict};

use super::{
    escape::{block, cell, prose},
    sections,
};

/// Maximum length of the comment, in bytes. GitHub rejects one of more than 65,536 characters; the rest is for what a
/// bot adds.
const MAX_LEN: usize = 60_000;

/// A comment of limited length.
pub(super) struct Comment {
    text: String,
}

impl Comment {
    pub(super) fn line(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.push('\n');
    }

    /// Appends as many items as fit into `share` bytes of the remaining length, and the number of the others.
    pub(super) fn items(&mut self, share: usize, items: &[String]) {
        let end = (self.text.len() + share).min(MAX_LEN);
        for (done, item) in items.iter().enumerate() {
            if self.text.len() + item.len() > end {
                self.line(&format!("\n… and {} more: the other reports have them all.", items.len() - done));
                return;
            }
            self.text.push_str(item);
        }
    }
}

/// Writes the report.
///
/// # Errors
/// When the writer fails.
pub fn write(report: &RunReport, mut out: impl Write) -> io::Result<()> {
    let mut comment = Comment { text: String::new() };
    head(&mut comment, report);
    packs(&mut comment, report);
    sections::recordings(&mut comment, report);
    sections::run_findings(&mut comment, report);
    sections::causes(&mut comment, report);
    sections::violations(&mut comment, report);
    sections::inconclusive(&mut comment, report);
    sections::unexercised_section(&mut comment, report);
    sections::missing_requirements(&mut comment, report);
    sections::waivers_section(&mut comment, report);
    sections::reruns(&mut comment, report);
    sections::left_behind(&mut comment, report);
    sections::warnings(&mut comment, report);
    sections::differences(&mut comment, report);
    sections::not_called(&mut comment, report);
    sections::access(&mut comment, report);
    sections::errata(&mut comment, report);
    let seconds = report.duration_ms as f64 / 1000.0;
    let (version, started) = (&report.failspec, &report.started);
    comment.line(&format!("\n<sub>failspec {version} · {started} · {seconds:.2} s</sub>"));
    out.write_all(comment.text.as_bytes())?;
    out.flush()
}

/// Returns the sign next to a verdict; the word is always shown with it.
fn sign(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Conforms => "✅",
        Verdict::NoViolationsSeen => "👁️",
        Verdict::Violations => "❌",
        Verdict::Inconclusive | Verdict::Incomplete | Verdict::Interrupted => "⚠️",
    }
}

fn head(comment: &mut Comment, report: &RunReport) {
    comment.line(&format!("## {} failspec: {}\n", sign(report.verdict), verdict_in_words(report)));
    comment.line(&format!("{}\n", because(report)));
    if report.reference {
        comment.line(&format!("> **This ran on {REFERENCE}.**\n"));
    }
    if report.is_of_mock() {
        comment.line(&format!("> **This ran on {MOCK}.**\n"));
    }
    if let Some(selection) = selection(report) {
        comment.line(&format!("> **{}**\n", prose(&selection)));
    }
    if let Some(undecided) = undecided(report) {
        comment.line(&format!("> **{}.**\n", prose(&undecided.to_string())));
    }
    if let Some(diagnosis) = &report.diagnosis {
        comment.line(&block(diagnosis));
    }
}

fn packs(comment: &mut Comment, report: &RunReport) {
    comment.line("| pack | failures exercised | causes | outcomes | docs as of | target | pack digest |");
    comment.line("|---|---|---|---|---|---|---|");
    for pack in &report.packs {
        let header = &pack.header;
        let coverage = &pack.coverage;
        let exercised = coverage.count(|state| *state == State::Exercised);
        let (causes, causes_exercised) = coverage.causes();
        let not_selected = coverage.count(|state| *state == State::NotSelected);
        let not_selected =
            if not_selected > 0 { format!(" ({not_selected} not selected)") } else { String::new() };
        let as_of = header.as_of.as_deref().map_or_else(|| "—".to_owned(), prose);
        let target = if header.reference { "embedded reference".to_owned() } else { cell(&target(header)) };
        let digest = &header.digest[..header.digest.floor_char_boundary(12)];
        comment.line(&format!(
            "| {} | {exercised} of {}{not_selected} | {causes_exercised} of {causes} | {} | {as_of} | {target} | \
             {} |",
            cell(&header.label()),
            header.failures,
            outcomes(report, pack),
            cell(&format!("{} sha256:{digest}", header.origin)),
        ));
    }
}

fn outcomes(report: &RunReport, pack: &PackReport) -> String {
    let count = |outcome| {
        let own = report.cases.iter().filter(|case| *case.pack == *pack.header.name);
        own.filter(|case| case.outcome == outcome).count()
    };
    let seen = count(Outcome::Seen);
    let mut text = match (count(Outcome::Passed), seen) {
        (0, 1..) => format!("{seen} seen"),
        (passed, 0) => format!("{passed} passed"),
        (passed, seen) => format!("{passed} passed · {seen} seen"),
    };
    let others = [
        (Outcome::Failed, "❌ "),
        (Outcome::Unstable, "❌ "),
        (Outcome::Inconclusive, "⚠️ "),
        (Outcome::Waived, ""),
        (Outcome::Unconfirmed, ""),
        (Outcome::Skipped, ""),
        (Outcome::NotApplicable, ""),
    ];
    for (outcome, sign) in others {
        let count = count(outcome);
        if count > 0 {
            let bold = if outcome == Outcome::Failed { "**" } else { "" };
            let _ = write!(text, " · {sign}{bold}{count} {}{bold}", outcome.as_str());
        }
    }
    text
}
