//! JUnit XML, as Jenkins and GitLab read it.
//!
//! The first suite, `failspec`, is about the run as a whole: a test case `verdict`, which passes only if the exit
//! code is 0, and one test case for each run finding. Then there is one suite for each pack, with one test case for
//! each case: violations are `failure`, inconclusive cases `error`, waived ones `skipped` with the reason.
//!
//! There is no standard. Jenkins' xUnit plugin validates against its schema, `junit-10.xsd`, which has fewer attributes
//! than other readers know: of those, only what GitLab needs for a link is written, and only there.

mod case;
mod pack;
mod run;
mod xml;

use std::{
    io::{self, Write},
    time::Duration,
};

use failspec_judge::report_model::RunReport;

use xml::{Counts, Document};

/// The reader of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dialect {
    /// Valid by the schema of Jenkins' xUnit plugin.
    #[default]
    Jenkins,
    /// In addition, test cases name their file, to which GitLab links.
    Gitlab,
}

/// Writes the report.
///
/// # Errors
/// When the writer fails.
pub fn write(report: &RunReport, dialect: Dialect, out: impl Write) -> io::Result<()> {
    let suites = report.packs.iter().map(|pack| pack::counts(report, pack));
    let counts = suites.fold(run::counts(report), Counts::and);
    let time = Duration::from_millis(report.duration_ms);
    let mut document = Document::begin(io::BufWriter::new(out), "failspec", counts, time)?;
    run::suite(report, &mut document)?;
    for pack in &report.packs {
        pack::suite(report, pack, dialect, &mut document)?;
    }
    document.end()?.flush()
}
