//! Findings grouped by cause.

use failspec_judge::{
    check::{Finding, Phase},
    report_model::{CaseReport, FindingGroup, MissingPart, Outcome, ResponseReport, group_findings},
};
use failspec_pack::pack::StatusPattern;

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
        let subjects: Vec<Option<String>> = found.iter().map(FindingGroup::subject).collect();
        assert_eq!(
            subjects,
            expected
                .iter()
                .map(|(operation, rule, _)| operation.or(*rule).map(str::to_owned))
                .collect::<Vec<_>>()
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
    assert_eq!(groups(&[accepted("t::a::1", get, rule), passed])[0].operation.as_deref(), get);
}

/// A case of an operation whose request under test got this status, with findings about it.
fn got(name: &str, operation: &str, status: u16, findings: &[Finding]) -> CaseReport {
    let mut case = with_url(case(name, Outcome::Failed), "http://h/x");
    case.operation = Some(operation.into());
    let (violations, warnings) = findings.iter().cloned().partition(Finding::is_violation);
    (case.violations, case.warnings) = (violations, warnings);
    let body = "{\"error\": \"x\"}".to_owned();
    let length = body.len() as u64;
    case.exchanges[1].response = Some(ResponseReport { status, headers: Vec::new(), body, length });
    case
}

/// The rows in short: check, the other checks, and the number of cases and operations.
fn rows(cases: &[CaseReport]) -> Vec<(String, String, usize, usize)> {
    let row = |group: FindingGroup| (group.check, group.also.join(" "), group.cases, group.operations.len());
    groups(cases).into_iter().map(row).collect()
}

#[test]
fn checks_that_say_the_same_of_one_response_are_one_row() {
    for (findings, expected) in [
        (
            vec![warning("undeclared-status", "HTTP 403"), violation("status", "403")],
            vec![("status", "undeclared-status")],
        ),
        (
            vec![
                violation("status", "404"),
                violation("code", "absent"),
                warning("undeclared-status", "HTTP 404"),
            ],
            vec![("status", "code undeclared-status")],
        ),
        (
            vec![violation("undeclared-media-type", "text/html"), violation("media-type", "text/html")],
            vec![("media-type", "undeclared-media-type")],
        ),
        // Different deviations of one response are different rows.
        (
            vec![
                violation("status", "403"),
                violation("media-type", "text/html"),
                warning("leaks", "a stack trace"),
            ],
            vec![("status", ""), ("media-type", ""), ("leaks", "")],
        ),
    ] {
        let found = rows(&[got("t::a::1", "GET /a", 403, &findings)]);
        let mut found: Vec<(&str, &str)> = found.iter().map(|row| (row.0.as_str(), row.1.as_str())).collect();
        let mut expected = expected;
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected);
    }
}

#[test]
fn properties_of_one_wrong_schema_are_one_row() {
    let shape = |actual: &str| violation("declared-schema", actual).saying(format!("{actual} is wrong"));
    let all = [shape("a"), shape("b"), shape("c"), shape("d")];
    let cases = [
        got("t::a::1", "GET /a", 200, &all),
        // Another response shows only some of them, also in another operation.
        got("t::a::2", "GET /a", 200, &all[1..3]),
        got("t::a::3", "GET /b", 200, &all[3..]),
        // This one has nothing in common with them.
        got("t::a::4", "GET /c", 200, &[shape("e")]),
    ];
    let found = groups(&cases);
    assert_eq!(rows(&cases).iter().map(|row| (row.2, row.3)).collect::<Vec<_>>(), [(3, 2), (1, 1)]);
    assert_eq!((found[0].message.as_str(), found[0].details.len()), ("a is wrong", 3));
    assert_eq!(
        found[0].case_names.iter().map(|name| &**name).collect::<Vec<_>>(),
        ["t::a::1", "t::a::2", "t::a::3"]
    );
    let response = found[0].response.as_ref().map(|response| (response.status, response.body.as_str()));
    assert_eq!(response, Some((200, "{\"error\": \"x\"}")));
}

#[test]
fn errors_of_the_server_are_one_row_for_each_operation_and_rule() {
    let broke = |name: &str, operation: &str, rule: &str| {
        let findings = [
            violation("status", "500"),
            warning("undeclared-status", "HTTP 500"),
            violation("media-type", "x"),
        ];
        let mut case = got(name, operation, 500, &findings);
        case.documentation = Some(rule.into());
        case
    };
    let two =
        [broke("t::a::1", "GET /a", "1"), broke("t::a::2", "GET /a", "2"), broke("t::a::3", "GET /a", "1")];
    assert_eq!(rows(&two).iter().map(|row| row.2).collect::<Vec<_>>(), [2, 1]);
    assert_eq!(groups(&two)[0].operation.as_deref(), Some("GET /a"));
    // An operation that breaks whatever is wrong is one cause, and another operation another one.
    let many: Vec<CaseReport> = (0..5).map(|rule| broke("t::a::1", "GET /a", &rule.to_string())).collect();
    assert_eq!(rows(&many).len(), 1);
    assert_eq!(rows(&[two[0].clone(), broke("t::a::4", "PUT /a", "1")]).len(), 2);
    // A 5xx that is documented for the fault is judged like any other response.
    let mut documented = broke("t::a::1", "GET /a", "1");
    std::sync::Arc::make_mut(&mut documented.documented).status = Some(StatusPattern::Exactly(500));
    assert_eq!(rows(&[documented]).len(), 2);
    // They come before other violations, and those before warnings.
    let accepted = accepted("t::a::9", Some("GET /z"), None);
    let order = rows(&[accepted, got("t::a::8", "GET /y", 404, &[warning("leaks", "x")]), two[0].clone()]);
    assert_eq!(
        order.iter().map(|row| row.0.as_str()).collect::<Vec<_>>(),
        ["status", "not-rejected", "leaks"]
    );
}

#[test]
fn faults_that_nothing_documents_are_one_row_and_the_last() {
    let unclaimed = |name: &str, operation: &str, rule: &str| {
        let mut case = got(name, operation, 200, &[warning("not-rejected", "a success")]);
        case.documentation = Some(rule.into());
        case
    };
    let cases = [
        unclaimed("t::a::1", "GET /a", "1"),
        unclaimed("t::a::2", "GET /b", "2"),
        got("t::a::3", "GET /c", 404, &[warning("undeclared-status", "HTTP 404")]),
    ];
    let found = rows(&cases);
    assert_eq!(
        found.iter().map(|row| (row.0.as_str(), row.2)).collect::<Vec<_>>(),
        [("undeclared-status", 1), ("not-rejected", 2)]
    );
}

#[test]
fn requests_without_credentials_or_a_body_that_all_accept_are_one_row() {
    let mut open =
        [accepted("t::a::1", Some("GET /a"), Some("a")), accepted("t::a::2", Some("GET /b"), Some("b"))];
    for case in &mut open {
        std::sync::Arc::make_mut(&mut case.documented).status = Some(StatusPattern::Exactly(401));
    }
    assert_eq!(rows(&open).iter().map(|row| (row.2, row.3)).collect::<Vec<_>>(), [(2, 2)]);
    let without_body = |name: &str, operation: &str| {
        let rule = format!("api.yaml#/{operation}/requestBody");
        with_url(accepted(name, Some(operation), Some(&rule)), "http://h/x")
    };
    let found = groups(&[without_body("t::a::1", "PUT /a"), without_body("t::a::2", "PUT /b")]);
    assert_eq!((found.len(), found[0].missing.clone()), (1, Some(MissingPart::Body)));
    // Of one operation, it is part of what the operation accepts.
    let mut other = accepted("t::a::2", Some("PUT /a"), Some("api.yaml#/PUT /a/requestBody"));
    other.exchanges.clear();
    let found = groups(&[without_body("t::a::1", "PUT /a"), other]);
    assert_eq!((found.len(), found[0].operation.as_deref()), (1, Some("PUT /a")));
    // A query parameter that the control has, and the request under test has not.
    let without_parameter = |name: &str, operation: &str, rule: &str| {
        let mut case = with_url(accepted(name, Some(operation), Some(rule)), "http://h/x?page=1");
        case.exchanges[0] = exchange(Phase::Control, "http://h/x?page=1&limit=2");
        case
    };
    let cases = [without_parameter("t::a::1", "GET /a", "1"), without_parameter("t::a::2", "GET /b", "2")];
    let found = groups(&cases);
    assert_eq!((found.len(), found[0].missing.clone()), (1, Some(MissingPart::Query("limit".to_owned()))));
    assert_eq!(found[0].subject().as_deref(), Some("without the required query parameter limit"));
}

#[test]
fn one_media_type_of_errors_and_one_parameter_that_breaks_the_server_are_one_row() {
    let text = "text/plain";
    let cases = [
        got("t::a::1", "GET /a", 404, &[violation("media-type", text)]),
        got("t::a::2", "GET /b", 400, &[violation("undeclared-media-type", text)]),
        // A success is another part of the API.
        got("t::a::3", "GET /c", 200, &[violation("undeclared-media-type", text)]),
    ];
    assert_eq!(rows(&cases).iter().map(|row| row.2).collect::<Vec<_>>(), [2, 1]);
    let broken = |name: &str, failure: &str, rule: &str| {
        let mut case = got(name, "GET /a", 500, &[violation("server-error", "HTTP 500")]);
        (case.failure, case.documentation) = (failure.into(), Some(rule.into()));
        case
    };
    let (own, other) =
        ("openapi.yaml#/paths/~1a/get/parameters/0", "openapi.yaml#/paths/~1a/get/parameters/1");
    let cases = [
        broken("t::a::1", "invalid", own),
        broken("t::b::2", "no_server_error", own),
        broken("t::a::3", "invalid", other),
    ];
    assert_eq!(rows(&cases).iter().map(|row| row.2).collect::<Vec<_>>(), [2, 1]);
    // An operation that breaks without any fault breaks for one reason.
    let sound = broken("t::success::4", "success", "openapi.yaml#/paths/~1a/get");
    let cases: Vec<_> = cases.into_iter().chain([sound]).collect();
    assert_eq!(rows(&cases).iter().map(|row| row.2).collect::<Vec<_>>(), [4]);
}
