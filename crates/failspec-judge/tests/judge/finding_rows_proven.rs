//! Warnings that are no row, since the request was refused for another reason than what was asked.

use std::sync::Arc;

use failspec_judge::{
    check::{Finding, Phase},
    report_model::{CaseReport, Observation, Outcome, ResponseReport, group_findings},
};
use failspec_pack::pack::StatusPattern;

use crate::reports::{case, exchange, violation, warning};

/// A case of an operation with a body, the response to it, and what is found.
fn sent(operation: &str, body: &str, status: u16, findings: Vec<Finding>) -> CaseReport {
    let mut case = case(&format!("t::a::{operation}_{body}_{status}_{}", findings.len()), Outcome::Passed);
    case.operation = Some(operation.into());
    let mut sent = exchange(Phase::Request, "http://h/x");
    operation.split(' ').next().unwrap().clone_into(&mut sent.request.method);
    sent.request.body = Some(body.into());
    sent.response = Some(ResponseReport { status, headers: Vec::new(), body: "{}".to_owned(), length: 2 });
    case.exchanges = vec![sent];
    case.observation = Observation::Expected { status };
    (case.violations, case.warnings) = findings.into_iter().partition(Finding::is_violation);
    case
}

fn about(mut case: CaseReport, fault: &str, part: &str) -> CaseReport {
    (case.fault, case.part) = (Some(fault.into()), Some(part.into()));
    case
}

fn checks(cases: &[CaseReport]) -> Vec<String> {
    group_findings(cases).into_iter().map(|row| row.check).collect()
}

#[test]
fn a_control_that_fails_is_a_row_where_the_operation_accepts_something() {
    let failing = sent("POST /a", "{}", 400, vec![warning("control", "400")]);
    assert!(checks(std::slice::from_ref(&failing)).is_empty());
    let accepted = |operation: &str| sent(operation, r#"{"a":1}"#, 201, Vec::new());
    assert!(checks(&[failing.clone(), accepted("POST /b")]).is_empty());
    assert_eq!(checks(&[failing, accepted("POST /a")]), ["control"]);
    // A rule that the publisher stated is broken whatever the operation accepts.
    assert_eq!(checks(&[sent("POST /a", "{}", 400, vec![violation("control", "400")])]), ["control"]);
}

#[test]
fn a_value_inside_of_a_member_that_was_never_accepted_is_no_restriction() {
    let refused = || {
        let findings = vec![warning("undeclared-restriction", "HTTP 400")];
        about(
            sent("POST /a", r#"{"name":"x","parts":[{"weight":0}]}"#, 400, findings),
            "at_minimum",
            "parts_weight",
        )
    };
    let accepted = |body: &str| sent("POST /a", body, 201, Vec::new());
    assert!(checks(&[refused(), accepted(r#"{"name":"x"}"#)]).is_empty());
    // With another weight it is accepted: the value is what is refused.
    let with_parts = accepted(r#"{"name":"x","parts":[{"weight":5}]}"#);
    assert_eq!(checks(&[refused(), with_parts]), ["undeclared-restriction"]);
    // The value of the member itself is asked for.
    let findings = vec![warning("undeclared-restriction", "HTTP 400")];
    let itself = about(sent("POST /a", r#"{"name":"x","weight":0}"#, 400, findings), "at_minimum", "weight");
    assert_eq!(checks(&[itself, accepted(r#"{"name":"x"}"#)]), ["undeclared-restriction"]);
}

#[test]
fn a_value_is_not_refused_where_the_request_without_it_gets_the_same() {
    let said = |mut case: CaseReport, words: &str| {
        case.exchanges[0].response.as_mut().unwrap().body = words.to_owned();
        case
    };
    let findings = || vec![warning("undeclared-restriction", "HTTP 400")];
    let refused =
        |words: &str| said(about(sent("GET /a", "", 400, findings()), "documented_value", "limit"), words);
    let mut valid = said(sent("GET /a", "", 400, Vec::new()), "name the things");
    valid.failure = "success".into();
    let mut control = valid.clone();
    (control.failure, control.exchanges[0].phase) = ("a".into(), Phase::Control);
    let accepted = sent("GET /a", "", 200, Vec::new());
    for without in [valid, control] {
        let rows = |words: &str| checks(&[refused(words), accepted.clone(), without.clone()]);
        assert!(rows("name the things").is_empty());
        assert_eq!(rows("the limit is wrong"), ["undeclared-restriction"]);
    }
    // Nor does what other faults get say anything.
    let other = said(sent("GET /a", "", 400, Vec::new()), "name the things");
    assert_eq!(checks(&[refused("name the things"), accepted, other]), ["undeclared-restriction"]);
}

#[test]
fn a_negative_id_may_be_refused() {
    let refused = |operation: &str, part: &str| {
        let findings = vec![warning("undeclared-restriction", "HTTP 400")];
        about(sent(operation, "", 400, findings), "negative", part)
    };
    let accepted = |operation: &str| sent(operation, "", 200, Vec::new());
    let (things, one) = ("GET /things", "GET /things/{id}");
    assert!(checks(&[refused(one, "id"), accepted(one)]).is_empty());
    // A negative value of a parameter that the document allows is a restriction.
    assert_eq!(checks(&[refused(things, "limit"), accepted(things)]), ["undeclared-restriction"]);
}

#[test]
fn a_made_up_value_may_be_refused_as_one_that_is_not_there() {
    let refused = |due: u16, got: u16, finding: Finding| {
        let mut case = about(sent("POST /a", "{}", got, vec![finding]), "not_in_enum", "kind");
        Arc::make_mut(&mut case.documented).status = Some(StatusPattern::Exactly(due));
        case
    };
    let rows = |case: CaseReport| checks(&[case, sent("POST /a", "{}", 201, Vec::new())]);
    assert!(rows(refused(422, 404, warning("status", "404"))).is_empty());
    assert!(rows(refused(400, 404, warning("status", "404"))).is_empty());
    // What has another type than it should cannot be looked up, other than an id.
    let of = |kind: &str, documentation: &str| {
        let mut case = about(refused(400, 404, warning("status", "404")), kind, "id");
        case.operation = Some("GET /a/{id}".into());
        case.part = Some(documentation.into());
        let mut accepted = sent("POST /a", "{}", 200, Vec::new());
        accepted.operation = Some("GET /a/{id}".into());
        checks(&[case, accepted])
    };
    assert_eq!(of("wrong_type", "limit"), ["status"]);
    assert!(of("wrong_type", "id").is_empty());
    // Another status, a rule that the document states, and a status that the operation does not declare.
    assert_eq!(rows(refused(422, 409, warning("status", "409"))), ["status"]);
    assert_eq!(rows(refused(404, 422, warning("status", "422"))), ["status"]);
    assert_eq!(rows(refused(422, 404, violation("status", "404"))), ["status"]);
    let mut undeclared = refused(422, 404, warning("status", "404"));
    undeclared.warnings.push(warning("undeclared-status", "HTTP 404"));
    assert_eq!(rows(undeclared).len(), 1);
}

#[test]
fn an_id_of_a_wrong_form_may_be_refused_for_its_form() {
    let rows = |fault: &str, part: &str, finding: Finding| {
        let findings = vec![finding, warning("undeclared-status", "HTTP 422")];
        let mut case = about(sent("GET /things/{id}", "", 422, findings), fault, part);
        Arc::make_mut(&mut case.documented).status = Some(StatusPattern::Exactly(404));
        checks(&[case, sent("GET /things/{id}", "", 200, Vec::new())])
    };
    let status = || warning("status", "422");
    assert_eq!(rows("wrong_format", "id", status()), ["undeclared-status"]);
    // What is not there has the right form, and what is in the query is no id.
    assert_eq!(rows("unknown_id", "id", status()), ["status"]);
    assert_eq!(rows("wrong_format", "limit", status()), ["status"]);
    assert_eq!(rows("wrong_format", "id", violation("status", "422")), ["status"]);
}
