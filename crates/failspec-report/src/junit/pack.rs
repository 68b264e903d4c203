//! One pack as a test suite.

use std::{collections::BTreeMap, time::Duration};

use quick_junit::{Property, TestSuite};

use crate::summary::{REFERENCE, count_cases, origin, selection, target};
use failspec_judge::report_model::{PackReport, RunReport, State};

use super::{
    Dialect,
    case::{safe, test_case},
};

pub(super) fn suite(report: &RunReport, pack: &PackReport, dialect: Dialect) -> TestSuite {
    let mut suite = TestSuite::new(safe(&pack.header.label()));
    suite.timestamp = report.started.parse().ok();
    let cases = || report.cases.iter().filter(|case| *case.pack == *pack.header.name);
    // Cases run concurrently: the sum is the time that was spent, not the time that passed.
    suite.set_time(Duration::from_millis(cases().map(|case| case.duration_ms).sum()));
    let mut property = |name: &str, value: &str| {
        suite.add_property(Property::new(name, safe(value)));
    };
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
    for case in cases() {
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
    suite.add_test_cases(cases().map(|case| test_case(case, dialect)));
    suite
}
