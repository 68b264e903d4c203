//! Findings about a run as a whole.

use failspec_judge::check::{FindingDetail, Severity};
use failspec_judge::report_model::{CaseReport, Outcome, WaiverReport, reused_request_ids, waiver_findings};

use crate::reports::{case, violation, waived};

#[test]
fn a_request_id_that_several_cases_got_is_one_finding() {
    let with_ids = |name: &str, index, ids: &[&str]| {
        let mut case = case(name, Outcome::Passed);
        case.index = index;
        case.request_ids = ids.iter().map(|id| (*id).into()).collect();
        case
    };
    let cases = [
        with_ids("t::a::1", 0, &["r-1", "r-2"]),
        with_ids("t::a::2", 1, &["r-3"]),
        with_ids("t::a::3", 2, &["r-3", "r-4"]),
        with_ids("t::a::4", 3, &["r-1", "r-3"]),
        with_ids("t::a::5", 4, &[]),
    ];
    let found = reused_request_ids(&cases.iter().collect::<Vec<_>>());
    let short: Vec<(&str, &str, &[String])> = found
        .iter()
        .map(|finding| (finding.check.as_str(), finding.message.as_str(), finding.cases.as_slice()))
        .collect();
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let (first, second) = (names(&["t::a::1", "t::a::4"]), names(&["t::a::2", "t::a::3", "t::a::4"]));
    assert_eq!(
        short,
        [
            (
                "request-id-reused",
                "the request id r-1 was returned for requests of 2 cases",
                first.as_slice()
            ),
            (
                "request-id-reused",
                "the request id r-3 was returned for requests of 3 cases",
                second.as_slice()
            ),
        ]
    );
    assert!(found.iter().all(|finding| finding.violation));
    assert_eq!(reused_request_ids(&[&cases[0], &cases[1]]), []);
}

#[test]
fn a_waiver_holds_until_its_day_and_while_it_matches() {
    let waiver = |scenario: &str, check: &str, expired| WaiverReport {
        scenario: scenario.to_owned(),
        check: check.to_owned(),
        expires: "2026-11-19".to_owned(),
        expired,
        place: "failspec.toml:3".to_owned(),
    };
    let known = |name: &str| {
        let mut case = case(name, Outcome::Waived);
        case.waived = vec![waived("known")];
        case
    };
    // A finding that combines several rules.
    let combined = || {
        let mut finding = violation("unrecognized-response", "HTTP 500");
        let detail = |check: &str| FindingDetail {
            check: check.to_owned(),
            severity: Severity::Violation,
            message: String::new(),
        };
        finding.details = vec![detail("code"), detail("message")];
        finding
    };
    let broken = || {
        let mut case = case("t::a::1", Outcome::Failed);
        case.violations = vec![combined()];
        case
    };
    let known_parts = || {
        let mut case = known("t::a::1");
        case.waived[0].finding = combined();
        case
    };
    let stale = "no longer matches a violation: remove it";
    let no_case = "matches no case: correct the name of the scenario or remove the waiver";
    type Expected = Option<(&'static str, &'static str)>;
    let rows: [(WaiverReport, Vec<CaseReport>, Expected); 15] = [
        (waiver("t::a::*", "status", false), vec![known("t::a::1")], None),
        (waiver("t::a::*", "code", false), vec![known("t::a::1")], Some(("waiver-stale", stale))),
        (
            waiver("t::a::*", "status", false),
            vec![case("t::a::1", Outcome::Passed)],
            Some(("waiver-stale", stale)),
        ),
        (
            waiver("t::a::*", "status", false),
            vec![case("t::a::1", Outcome::Failed)],
            Some(("waiver-stale", stale)),
        ),
        // A part is broken, even if the others are not waived.
        (waiver("t::a::*", "code", false), vec![broken()], None),
        (waiver("t::a::*", "message", false), vec![known_parts()], None),
        (waiver("t::a::*", "unrecognized-response", false), vec![known_parts()], None),
        (waiver("t::a::*", "status", false), vec![broken()], Some(("waiver-stale", stale))),
        (waiver("t::a::*", "status", false), vec![known_parts()], Some(("waiver-stale", stale))),
        // What was not judged may still break it.
        (waiver("t::a::*", "status", false), vec![case("t::a::1", Outcome::Skipped)], None),
        (waiver("t::a::*", "status", false), vec![case("t::a::1", Outcome::Inconclusive)], None),
        (waiver("t::a::*", "status", false), vec![case("t::a::1", Outcome::Passed), known("t::a::2")], None),
        (waiver("t::b::*", "status", false), vec![known("t::a::1")], Some(("waiver-stale", no_case))),
        (
            waiver("t::a::*", "status", true),
            vec![known("t::a::1")],
            Some(("waiver-expired", "expired on 2026-11-19")),
        ),
        (waiver("t::b::*", "status", true), vec![], Some(("waiver-expired", "expired on 2026-11-19"))),
    ];
    for (row, (waiver, cases, expected)) in rows.into_iter().enumerate() {
        let found = waiver_findings(std::slice::from_ref(&waiver), &cases);
        let short: Vec<(&str, &str, bool)> = found
            .iter()
            .map(|finding| (finding.check.as_str(), finding.message.as_str(), finding.violation))
            .collect();
        let message = expected.map(|(check, what)| {
            (check, format!("the waiver at failspec.toml:3 ({} · {}) {what}", waiver.scenario, waiver.check))
        });
        let expected: Vec<(&str, &str, bool)> =
            message.iter().map(|(check, message)| (*check, message.as_str(), true)).collect();
        assert_eq!(short, expected, "{row}");
    }
}
