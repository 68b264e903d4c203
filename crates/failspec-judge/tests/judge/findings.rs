//! Findings: severity, parts and their form in reports.

use failspec_judge::check::{CHECKS, Finding, FindingDetail, RUN_CHECKS, Severity, find};
use failspec_pack::pack::Provenance;
use serde_json::json;

#[test]
fn a_finding_is_a_violation_if_its_source_is_binding() {
    for (source, is_violation) in [
        (Provenance::Documented, true),
        (Provenance::Published, true),
        (Provenance::Inferred, false),
        (Provenance::Standard, false),
    ] {
        let finding = Finding::new("status", source, "404", "500");
        assert_eq!(finding.is_violation(), is_violation, "{source:?}");
        assert_eq!(finding.severity == Severity::Violation, is_violation, "{source:?}");
        assert_eq!(finding.message, "expected 404, got 500");
        assert_eq!(finding.saying("another").message, "another");
    }
}

#[test]
fn a_finding_has_its_own_check_and_those_that_it_combines() {
    let mut finding = Finding::new("unrecognized-response", Provenance::Documented, "a", "b");
    let detail =
        |check: &str, severity| FindingDetail { check: check.to_owned(), severity, message: String::new() };
    finding.details = vec![detail("status", Severity::Violation), detail("leaks", Severity::Warning)];
    for (check, severity, expected) in [
        ("unrecognized-response", Severity::Violation, true),
        ("unrecognized-response", Severity::Warning, false),
        ("status", Severity::Violation, true),
        ("status", Severity::Warning, false),
        ("leaks", Severity::Warning, true),
        ("leaks", Severity::Violation, false),
        ("code", Severity::Violation, false),
    ] {
        assert_eq!(finding.has(check, severity), expected, "{check} {severity}");
    }
}

#[test]
fn a_report_is_read_as_it_is_written() {
    let finding = Finding::new("status", Provenance::Documented, "404", "500").saying("x");
    let written = serde_json::to_value(&finding).expect("JSON");
    assert_eq!(
        written,
        json!({ "check": "status", "source": "documented", "severity": "violation", "expected": "404", "actual": "500", "message": "x" })
    );
    assert_eq!(serde_json::from_value::<Finding>(written.clone()).expect("a finding"), finding);
    // A target may have changed the severity; a report without one has that of the source.
    let mut changed = written.clone();
    changed["severity"] = json!("warning");
    assert!(!serde_json::from_value::<Finding>(changed).expect("a finding").is_violation());
    let mut silent = written.clone();
    silent.as_object_mut().expect("an object").remove("severity");
    assert_eq!(serde_json::from_value::<Finding>(silent).expect("a finding"), finding);
    let mut unknown = written;
    unknown["check"] = json!("statuses");
    let error = serde_json::from_value::<Finding>(unknown).expect_err("there is no such check");
    assert_eq!(error.to_string(), "there is no check `statuses`");
}

#[test]
fn every_check_is_found_by_its_own_id() {
    for check in CHECKS {
        let found = find(check.id).expect("the check");
        assert!(std::ptr::eq(found, *check), "{}", check.id);
        assert!(RUN_CHECKS.iter().all(|(id, _)| *id != check.id), "{}", check.id);
    }
    assert!(find("statuses").is_none());
}
