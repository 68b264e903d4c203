//! Rows of wrong shapes, and of values that are accepted or refused, that have one cause whatever their place is.

use failspec_judge::{
    check::{Finding, Phase},
    report_model::{CaseReport, FindingGroup, Observation, Outcome, ResponseReport, group_findings},
};

use crate::reports::{case, exchange, violation, warning};

/// A case of an operation whose request under test got 200, with a fault in a part of it.
fn got(operation: &str, fault: &str, part: &str, finding: Finding) -> CaseReport {
    let mut case = case(&format!("t::a::{operation} {fault} {part} {}", finding.actual), Outcome::Failed);
    (case.operation, case.fault) = (Some(operation.into()), Some(fault.into()));
    case.part = Some(part.into()).filter(|_| !part.is_empty());
    let mut tested = exchange(Phase::Request, "http://h/x");
    tested.response =
        Some(ResponseReport { status: 200, headers: Vec::new(), body: "{}".to_owned(), length: 2 });
    case.exchanges = vec![tested];
    let (violations, warnings) = std::iter::once(finding).partition(Finding::is_violation);
    (case.violations, case.warnings) = (violations, warnings);
    case
}

/// A finding that a body breaks the rule of a schema.
fn breaking(rule: &str) -> Finding {
    violation("declared-schema", rule).breaking(Some(&format!("/$defs/{rule}/type")), None)
}

/// A finding that a member is written in another type.
fn written(rule: &str, other: &str) -> Finding {
    let mut written = serde_json::to_value(breaking(rule)).unwrap();
    written["written_as"] = other.into();
    serde_json::from_value(written).unwrap()
}

/// The rows in short: what they are about, and their operations.
fn rows(cases: &[CaseReport]) -> Vec<(Option<String>, usize)> {
    let row = |row: FindingGroup| (row.parameter, row.operations.len());
    group_findings(cases).into_iter().map(row).collect()
}

#[test]
fn shapes_that_come_with_one_parameter_are_one_row() {
    let with = |operation: &str, parameter: &str, rule: &str| {
        let mut case = got(operation, "documented_value", parameter, breaking(rule));
        case.parameter = Some(parameter.into());
        case
    };
    let expand = |operation: &str, rule: &str| with(operation, "expand", rule);
    let mut cases =
        vec![expand("GET /slots", "room"), expand("GET /slots", "track"), expand("GET /talks", "user")];
    assert_eq!(rows(&cases), [(Some("expand".to_owned()), 2)]);
    let row = &group_findings(&cases)[0];
    assert!(
        row.message.starts_with("with `expand` in the query, responses have another shape"),
        "{}",
        row.message
    );
    // One rule alone is a matter of that rule.
    assert_eq!(
        rows(&[with("GET /slots", "limit", "room"), with("GET /talks", "limit", "room")]),
        [(None, 2)]
    );
    // What is wrong without the parameter, too, has another cause.
    cases.push(got("GET /slots", "valid", "", breaking("room")));
    let mut found = rows(&cases);
    found.sort();
    assert_eq!(found, [(None, 1), (Some("expand".to_owned()), 2)]);
    // A parameter of the path is what is asked for.
    let id = |rule: &str| with("GET /slots/{id}", "id", rule);
    assert_eq!(rows(&[id("room"), id("track")]).len(), 2);
}

#[test]
fn values_in_another_type_are_one_row_for_the_api() {
    let number = |operation: &str, rule: &str| got(operation, "valid", "", written(rule, "number_as_text"));
    let mut cases = vec![number("GET /a", "one"), number("GET /b", "two"), number("GET /c", "three")];
    assert_eq!(rows(&cases), [(None, 3)]);
    let row = &group_findings(&cases)[0];
    assert!(
        row.message.starts_with("responses have texts for numbers in several members: "),
        "{}",
        row.message
    );
    // Booleans for numbers are another one, and so is what is no number.
    cases.push(got("GET /d", "valid", "", written("four", "number_as_boolean")));
    cases.push(got("GET /e", "valid", "", breaking("five")));
    assert_eq!(rows(&cases).iter().map(|row| row.1).collect::<Vec<_>>(), [3, 1, 1]);
    // A response that is wrong besides has a row of its own.
    let mut mixed = number("GET /f", "six");
    mixed.violations.push(breaking("seven"));
    cases.push(mixed);
    assert_eq!(rows(&cases).len(), 4);
}

#[test]
fn what_servers_convert_is_one_row_with_a_worse_value_of_the_same_part() {
    let wrong = got("PUT /a", "wrong_type", "name", violation("not-rejected", "a success"));
    let null = got("PUT /a", "null", "name", warning("not-rejected", "a success"));
    let of_other = got("PUT /a", "null", "size", warning("not-rejected", "a success"));
    assert_eq!(group_findings(&[wrong.clone(), null.clone()]).len(), 1);
    assert_eq!(group_findings(&[wrong, null, of_other]).len(), 2);
}

#[test]
fn what_is_refused_where_another_kind_is_has_one_row() {
    let refused =
        |kind: &str, part: &str| got("GET /a", kind, part, warning("undeclared-restriction", "HTTP 400"));
    let mut accepted = got("GET /a", "valid", "", warning("head", "HTTP 405"));
    (accepted.outcome, accepted.observation) = (Outcome::Passed, Observation::Expected { status: 200 });
    let count = |cases: &[CaseReport]| {
        let rows = group_findings(cases).into_iter().filter(|row| row.check == "undeclared-restriction");
        rows.map(|row| (row.fault, row.cases)).collect::<Vec<_>>()
    };
    let kind = |kind: &str, cases: usize| (Some(kind.to_owned()), cases);
    let cases =
        [refused("zero", "page"), refused("zero", "hash"), refused("negative", "hash"), accepted.clone()];
    assert_eq!(count(&cases), [kind("zero", 3)]);
    // Each has a part that the other has not.
    let cases = [refused("zero", "page"), refused("negative", "hash"), accepted];
    assert_eq!(count(&cases).len(), 2);
}
