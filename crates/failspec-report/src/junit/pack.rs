//! One pack as a test suite.

use std::{
    collections::BTreeMap,
    io::{self, Write},
    time::Duration,
};

use crate::summary::{REFERENCE, count_cases, origin, selection, target};
use failspec_judge::report_model::{CaseReport, PackReport, RunReport, State};

use super::{
    Dialect,
    case::write_case,
    xml::{Counts, Document, Suite},
};

fn cases<'r>(report: &'r RunReport, pack: &'r PackReport) -> impl Iterator<Item = &'r CaseReport> {
    report.cases.iter().filter(|case| *case.pack == *pack.header.name)
}

pub(super) fn counts(report: &RunReport, pack: &PackReport) -> Counts {
    Counts::of(cases(report, pack).map(|case| case.outcome.test_status()))
}

pub(super) fn suite(
    report: &RunReport,
    pack: &PackReport,
    dialect: Dialect,
    document: &mut Document<impl Write>,
) -> io::Result<()> {
    document.begin_suite(&Suite {
        name: &pack.header.label(),
        counts: counts(report, pack),
        started: &report.started,
        // Cases run concurrently: the sum is the time that was spent, not the time that passed.
        time: Duration::from_millis(cases(report, pack).map(|case| case.duration_ms).sum()),
    })?;
    document.properties(&properties(report, pack))?;
    for case in cases(report, pack) {
        write_case(case, dialect, document)?;
    }
    document.end_suite()
}

fn properties(report: &RunReport, pack: &PackReport) -> Vec<(String, String)> {
    let mut properties = Vec::new();
    let mut property = |name: &str, value: &str| properties.push((name.to_owned(), value.to_owned()));
    let header = &pack.header;
    property("pack", &origin(header));
    property("target", &target(header));
    if header.reference {
        property("reference", REFERENCE);
    }
    if let Some(selection) = selection(report) {
        property("selection", &selection);
    }
    if let Some(link) = &header.documentation {
        property("documentation", link);
    }
    if let Some(day) = &header.as_of {
        property("docs as of", day);
    }
    // Of the suite, because Jenkins' schema has no properties in a test case.
    let mut tags: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for case in cases(report, pack) {
        case.tags.iter().for_each(|tag| tags.entry(tag).or_default().push(&case.name));
    }
    for (tag, cases) in tags {
        property(&format!("tag {tag}"), &cases.join(" "));
    }
    let exercised = pack.coverage.count(|state| *state == State::Exercised);
    let (causes, causes_exercised) = pack.coverage.causes();
    property("failures exercised", &format!("{exercised} of {}", header.failures));
    property("causes exercised", &format!("{causes_exercised} of {causes}"));
    for missing in &pack.missing_requirements {
        let what = format!("{}: {} ({} skipped)", missing.name, missing.about, count_cases(missing.cases));
        property(&format!("missing {}", missing.kind.as_str()), &what);
    }
    properties
}
