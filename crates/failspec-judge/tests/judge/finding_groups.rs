//! Findings grouped by cause.

use failspec_judge::{
    check::Phase,
    report_model::{CaseReport, FindingGroup, Outcome, group_findings},
};

use crate::reports::{case, exchange, violation, warning};

/// A case with a violation of `not-rejected`, on an operation and for a rule.
fn accepted(name: &str, operation: Option<&str>, rule: Option<&str>) -> CaseReport {
    let mut case = case(name, Outcome::Failed);
    case.violations = vec![violation("not-rejected", "a success")];
    case.operation = operation.map(Into::into);
    case.documentation = rule.map(Into::into);
    case
}

fn with_url(mut case: CaseReport, url: &str) -> CaseReport {
    case.exchanges = vec![
        exchange(Phase::Control, "http://h/a/very/long/path/of/a/control"),
        exchange(Phase::Request, url),
    ];
    case
}

fn groups(cases: &[CaseReport]) -> Vec<FindingGroup> {
    group_findings(cases)
}

#[test]
fn the_same_check_expectation_and_response_are_one_group() {
    let failed = |name: &str, actual: &str| {
        let mut case = case(name, Outcome::Failed);
        case.violations = vec![violation("status", actual)];
        case
    };
    let cases = [
        failed("t::a::1", "500"),
        failed("t::a::2", "501"),
        failed("t::b::3", "501"),
        case("t::b::4", Outcome::Passed),
    ];
    let found = groups(&cases);
    let short: Vec<(&str, &str, usize, bool)> = found
        .iter()
        .map(|group| (group.check.as_str(), group.actual.as_str(), group.cases, group.violation))
        .collect();
    // The most frequent first.
    assert_eq!(short, [("status", "501", 2, true), ("status", "500", 1, true)]);
    assert_eq!((found[0].example.as_str(), found[0].subject()), ("t::a::2", None));
    assert_eq!(found[0].message, "expected 404, got 501");
    assert_eq!(groups(&[case("t::a::1", Outcome::Passed)]), []);
    // A finding that a case has twice counts once, and a waived one not at all.
    let mut twice = failed("t::a::1", "500");
    twice.violations.push(violation("status", "500"));
    assert_eq!(groups(&[twice])[0].cases, 1);
    assert_eq!(groups(&[case("t::a::1", Outcome::Waived)]), []);
}

#[test]
fn violations_come_first_and_one_makes_the_group_a_violation() {
    let warned = |name: &str, check| {
        let mut case = case(name, Outcome::Passed);
        case.warnings = vec![warning(check, "500")];
        case
    };
    let mut failed = case("t::a::9", Outcome::Failed);
    failed.violations = vec![violation("code", "500")];
    let found = groups(&[warned("t::a::1", "leaks"), warned("t::a::2", "leaks"), failed]);
    let short: Vec<(&str, bool, usize)> =
        found.iter().map(|group| (group.check.as_str(), group.violation, group.cases)).collect();
    assert_eq!(short, [("code", true, 1), ("leaks", false, 2)]);
    // The example is a violation, although the request of the warning is shorter.
    let mut failed = with_url(case("t::a::2", Outcome::Failed), "http://h/longer");
    failed.violations = vec![violation("code", "500").saying("a violation")];
    let short = with_url(warned("t::a::1", "code"), "http://h/");
    for cases in [[short.clone(), failed.clone()], [failed, short]] {
        let found = groups(&cases);
        let [group] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((group.violation, group.cases), (true, 2));
        assert_eq!((group.example.as_str(), group.message.as_str()), ("t::a::2", "a violation"));
    }
}

#[test]
fn the_example_has_the_shortest_request_under_test() {
    let failed = |name: &str, url: &str| with_url(case(name, Outcome::Failed), url);
    let (short, long) = (failed("t::a::short", "http://h/"), failed("t::a::long", "http://h/long"));
    let same = failed("t::a::same", "http://g/");
    for (cases, example) in [
        (vec![short.clone(), long.clone()], "t::a::short"),
        (vec![long.clone(), short.clone()], "t::a::short"),
        // Of equally long ones, the first.
        (vec![short.clone(), same.clone()], "t::a::short"),
        (vec![same, short], "t::a::same"),
        // A case without a request is an example only if there is no other.
        (vec![case("t::a::none", Outcome::Failed), long], "t::a::long"),
        (vec![case("t::a::none", Outcome::Failed)], "t::a::none"),
    ] {
        assert_eq!(groups(&cases)[0].example, example);
    }
}

#[test]
fn a_fault_that_is_accepted_belongs_to_its_operation_or_to_a_rule_of_several() {
    let (get, put) = (Some("GET /a"), Some("PUT /a"));
    let rule = Some("api.yaml#/limit");
    for (cases, expected) in [
        // Different rules of one operation: an operation that checks nothing is one cause.
        (vec![accepted("t::a::1", get, rule), accepted("t::a::2", get, None)], &[(get, None, 2)][..]),
        (
            vec![accepted("t::a::1", get, None), accepted("t::a::2", put, None)],
            &[(get, None, 1), (put, None, 1)],
        ),
        // One rule of several operations: a rule that is checked nowhere is one cause.
        (vec![accepted("t::a::1", get, rule), accepted("t::a::2", put, rule)], &[(None, rule, 2)]),
        (
            vec![
                accepted("t::a::1", get, rule),
                accepted("t::a::2", put, rule),
                accepted("t::a::3", get, None),
            ],
            &[(None, rule, 2), (get, None, 1)],
        ),
        (
            vec![
                accepted("t::a::1", get, rule),
                accepted("t::a::2", get, rule),
                accepted("t::a::3", put, None),
            ],
            &[(get, None, 2), (put, None, 1)],
        ),
        (vec![accepted("t::a::1", None, rule), accepted("t::a::2", None, rule)], &[(None, None, 2)]),
    ] {
        let found = groups(&cases);
        let short: Vec<(Option<&str>, Option<&str>, usize)> = found
            .iter()
            .map(|group| (group.operation.as_deref(), group.rule.as_deref(), group.cases))
            .collect();
        assert_eq!(short, expected);
        let subjects: Vec<Option<&str>> = found.iter().map(FindingGroup::subject).collect();
        assert_eq!(
            subjects,
            expected.iter().map(|(operation, rule, _)| operation.or(*rule)).collect::<Vec<_>>()
        );
    }
    // Any other finding belongs to the API as a whole.
    let other = |name: &str, operation: &str| {
        let mut case = case(name, Outcome::Failed);
        case.operation = Some(operation.into());
        case.documentation = rule.map(Into::into);
        case
    };
    let found = groups(&[other("t::a::1", "GET /a"), other("t::a::2", "PUT /a")]);
    assert_eq!((found.len(), found[0].subject()), (1, None));
    // Cases without findings share no rule.
    let mut passed = accepted("t::a::2", put, rule);
    passed.violations.clear();
    assert_eq!(groups(&[accepted("t::a::1", get, rule), passed])[0].subject(), get);
}
