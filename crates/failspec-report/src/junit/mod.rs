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
mod root;
mod run;

use std::io::{self, Write};

use quick_junit::Report;

use failspec_judge::report_model::RunReport;

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
    let mut document = Report::new("failspec");
    document.set_time(std::time::Duration::from_millis(report.duration_ms));
    document.add_test_suite(run::suite(report));
    for pack in &report.packs {
        document.add_test_suite(pack::suite(report, pack, dialect));
    }
    let mut out = root::WithoutSkipped::new(io::BufWriter::new(out));
    document.serialize(&mut out).map_err(io::Error::other)?;
    out.flush()
}
