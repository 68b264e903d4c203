//! The events of a run as they happen: one JSON object in each line.
//!
//! The last line has the event `finished`. A file without it is of a run that was killed.

use std::io::{self, Write};

use serde::Serialize;

use failspec_judge::report_model::{
    CaseReport, Event, PackReport, Reason, RecordingReport, RunFinding, RunHeader, RunReport, ShardReport,
    Summary, Undecided, Verdict,
};

/// A line.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Line<'a> {
    Started { failspec: &'a str, run: &'a RunHeader },
    CaseStarted { index: usize, name: &'a str },
    CaseFinished { case: &'a CaseReport },
    CaseWithdrawn { index: usize, reason: &'a Reason },
    CaseTornDown { index: usize, left_behind: &'a [String] },
    Notice { text: &'a str },
    Finished(Box<Finished<'a>>),
}

/// The facts that are known at the end: the JSON report without its cases.
#[derive(Serialize)]
struct Finished<'a> {
    format: u32,
    started: &'a str,
    duration_ms: u64,
    verdict: Verdict,
    exit_code: u8,
    summary: &'a Summary,
    reference: bool,
    diagnosis: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    shard: Option<&'a ShardReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    undecided: Option<&'a Undecided>,
    packs: &'a [PackReport],
    run_findings: &'a [RunFinding],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    recordings: &'a [RecordingReport],
}

/// Writes an event.
///
/// # Errors
/// When the writer fails.
pub fn event(event: Event<'_>, out: impl Write) -> io::Result<()> {
    match event {
        Event::Started(run) => line(&Line::Started { failspec: env!("CARGO_PKG_VERSION"), run }, out),
        Event::CaseStarted { index, name } => line(&Line::CaseStarted { index, name }, out),
        Event::CaseFinished(case) => line(&Line::CaseFinished { case }, out),
        Event::CaseWithdrawn { index, reason } => line(&Line::CaseWithdrawn { index, reason }, out),
        // The last part of an exchange may have a body, which not every report shows.
        Event::CaseTornDown { index, left_behind, .. } => {
            line(&Line::CaseTornDown { index, left_behind }, out)
        }
        Event::Notice(text) => line(&Line::Notice { text }, out),
        // The last line has what they bring.
        Event::PackFinished(_) | Event::Finished(_) => Ok(()),
    }
}

/// Writes the last line.
///
/// # Errors
/// When the writer fails.
pub fn finished(report: &RunReport, out: impl Write) -> io::Result<()> {
    let finished = Finished {
        format: report.format,
        started: &report.started,
        duration_ms: report.duration_ms,
        verdict: report.verdict,
        exit_code: report.verdict.exit_code(),
        summary: &report.summary,
        reference: report.reference,
        diagnosis: report.diagnosis.as_deref(),
        shard: report.shard.as_ref(),
        undecided: report.undecided.as_ref(),
        packs: &report.packs,
        run_findings: &report.run_findings,
        recordings: &report.recordings,
    };
    line(&Line::Finished(Box::new(finished)), out)
}

/// Writes all events of a run that is over, such as a merged one.
///
/// # Errors
/// When the writer fails.
pub fn write(report: &RunReport, out: impl Write) -> io::Result<()> {
    let mut out = io::BufWriter::new(out);
    let run = RunHeader {
        packs: report.packs.iter().map(|pack| pack.header.clone()).collect(),
        cases: report.cases.len(),
        selectors: report.selectors.clone(),
        shard: report.shard.as_ref().map(ShardReport::shard),
    };
    event(Event::Started(&run), &mut out)?;
    for case in &report.cases {
        event(Event::CaseFinished(case), &mut out)?;
    }
    finished(report, &mut out)?;
    out.flush()
}

/// Writes one line at once: a reader that follows the file sees no half of one.
fn line(line: &Line<'_>, mut out: impl Write) -> io::Result<()> {
    let mut text = serde_json::to_vec(line)?;
    text.push(b'\n');
    out.write_all(&text)
}
