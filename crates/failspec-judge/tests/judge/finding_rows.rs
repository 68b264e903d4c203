//! Rows that are one deviation although they show at several places.

use failspec_judge::{
    check::{Finding, Phase},
    report_model::{CaseReport, FindingGroup, Observation, Outcome, ResponseReport, group_findings},
};

use failspec_pack::pack::StatusPattern;

use crate::reports::{case, exchange, violation, warning};

/// A case of an operation with a control and a request under test, whose responses have these statuses.
fn ran(name: &str, operation: &str, statuses: [u16; 2], findings: Vec<Finding>) -> CaseReport {
    let mut case = case(name, Outcome::Failed);
    case.operation = Some(operation.into());
    case.exchanges = vec![exchange(Phase::Control, "http://h/x"), exchange(Phase::Request, "http://h/x")];
    for (exchange, status) in case.exchanges.iter_mut().zip(statuses) {
        let body = "{}".to_owned();
        exchange.response = Some(ResponseReport { status, headers: Vec::new(), body, length: 2 });
    }
    (case.violations, case.warnings) = findings.into_iter().partition(Finding::is_violation);
    case
}

/// The finding as one about the exchange with this index.
fn at(index: usize, finding: &Finding) -> Finding {
    let mut written = serde_json::to_value(finding).unwrap();
    written["exchange"] = index.into();
    serde_json::from_value(written).unwrap()
}

fn short(cases: &[CaseReport]) -> Vec<(String, usize, usize)> {
    let short = |row: &FindingGroup| (row.check.clone(), row.cases, row.operations.len());
    group_findings(cases).iter().map(short).collect()
}

fn of(check: &str, cases: usize, operations: usize) -> (String, usize, usize) {
    (check.to_owned(), cases, operations)
}

#[test]
fn a_finding_in_a_control_counts_once_for_all_cases_that_rest_on_it() {
    let shape = violation("declared-schema", "no text");
    let resting = |name: &str| ran(name, "GET /a", [200, 400], vec![at(0, &shape)]);
    let mut cases = vec![resting("t::a::1"), resting("t::a::2"), resting("t::a::3")];
    assert_eq!(short(&cases), [of("declared-schema", 1, 1)]);
    // All of them can be looked up.
    assert_eq!(group_findings(&cases)[0].case_names.len(), 3);
    // A request under test that shows it too is a case of its own.
    cases.push(ran("t::a::4", "GET /a", [200, 200], vec![at(1, &shape)]));
    assert_eq!(short(&cases), [of("declared-schema", 2, 1)]);
    cases.push(ran("t::b::5", "GET /b", [200, 400], vec![at(0, &shape)]));
    assert_eq!(short(&cases), [of("declared-schema", 3, 2)]);
}

#[test]
fn a_parameter_that_breaks_several_operations_is_one_row() {
    let broken = |name: &str, operation: &str, parameter: Option<&str>| {
        let mut case = ran(name, operation, [200, 500], vec![violation("server-error", "HTTP 500")]);
        case.documentation = Some(format!("openapi.yaml#/{operation}/get/parameters/0").into());
        case.parameter = parameter.map(Into::into);
        case
    };
    let (limit, sort) = (Some("limit"), Some("sort"));
    for (cases, expected) in [
        (
            vec![broken("t::a::1", "GET /a", limit), broken("t::a::2", "GET /b", limit)],
            vec![(Some("limit"), 2)],
        ),
        (
            vec![broken("t::a::1", "GET /a", limit), broken("t::a::2", "GET /b", sort)],
            vec![(None, 1), (None, 1)],
        ),
        // Of a path it is not known what it names.
        (
            vec![broken("t::a::1", "GET /a", None), broken("t::a::2", "GET /b", None)],
            vec![(None, 1), (None, 1)],
        ),
        // Of one operation, it belongs to that.
        (vec![broken("t::a::1", "GET /a", limit), broken("t::a::2", "GET /a", limit)], vec![(None, 2)]),
    ] {
        let rows = group_findings(&cases);
        let found: Vec<_> = rows.iter().map(|row| (row.parameter.as_deref(), row.cases)).collect();
        assert_eq!(found, expected);
    }
    let cases = [broken("t::a::1", "GET /a", limit), broken("t::a::2", "GET /b", limit)];
    assert_eq!(group_findings(&cases)[0].subject().as_deref(), Some("the parameter limit"));
    // An operation that breaks without a fault does so for another reason.
    let mut sound = broken("t::success::3", "GET /a", None);
    sound.failure = "success".into();
    let cases: Vec<_> = cases.into_iter().chain([sound]).collect();
    assert_eq!(short(&cases), [of("server-error", 2, 1), of("server-error", 1, 1)]);
    // A parameter that several operations accept whatever it is.
    let accepted = |name: &str, operation: &str| {
        let mut case = broken(name, operation, limit);
        case.violations = vec![violation("not-rejected", "a success")];
        case.exchanges[1].response.as_mut().unwrap().status = 200;
        case
    };
    let rows = group_findings(&[accepted("t::a::1", "GET /a"), accepted("t::a::2", "GET /b")]);
    assert_eq!((rows.len(), rows[0].parameter.as_deref()), (1, limit));
    // The same operations accept another one as well: they have one check, or none.
    let other = |name: &str, operation: &str| {
        let mut case = accepted(name, operation);
        case.parameter = sort.map(Into::into);
        case.documentation = Some(format!("openapi.yaml#/{operation}/get/parameters/1").into());
        case
    };
    let both = [accepted("t::a::1", "GET /a"), accepted("t::a::2", "GET /b"), other("t::a::3", "GET /a")];
    assert_eq!(group_findings(&both).len(), 2);
    let all = [both.as_slice(), &[other("t::a::4", "GET /b")]].concat();
    let rows = group_findings(&all);
    assert_eq!((rows.len(), rows[0].subject().as_deref()), (1, Some("the parameters limit, sort")));
}

#[test]
fn a_server_error_in_a_control_or_setup_is_that_of_its_operation() {
    let in_control = at(0, &warning("undeclared-status", "HTTP 500"));
    let cases = [
        ran("t::a::1", "POST /a", [500, 400], vec![in_control]),
        ran("t::a::2", "POST /a", [200, 500], vec![violation("server-error", "HTTP 500")]),
    ];
    assert_eq!(short(&cases), [of("server-error", 2, 1)]);
}

#[test]
fn a_body_that_cannot_be_read_breaks_an_operation_in_one_row_whatever_should_refuse_it() {
    let broken = |name: &str, operation: &str, refused: u16, sent: Option<u16>| {
        let mut case = ran(name, operation, [200, sent.unwrap_or(500)], Vec::new());
        let check = if sent.is_some() { "server-error" } else { "connection-closed" };
        case.violations = vec![violation(check, "broken")];
        if sent.is_none() {
            case.exchanges[1].response = None;
        }
        case.failure = format!("refused_{refused}").into();
        std::sync::Arc::make_mut(&mut case.documented).status = Some(StatusPattern::Exactly(refused));
        case.documentation = Some(format!("openapi.yaml#/{operation}/requestBody").into());
        case
    };
    // A wrong media type and a wrong body, on which the connection is closed.
    let closed = [broken("t::a::1", "POST /a", 415, None), broken("t::a::2", "POST /a", 400, None)];
    assert_eq!(short(&closed), [of("connection-closed", 2, 1)]);
    // Another operation is another deviation.
    let other = [closed.as_slice(), &[broken("t::b::3", "POST /b", 415, None)]].concat();
    assert_eq!(short(&other).len(), 2);
    // A wrong media type and no body at all: neither is read.
    let mut without = broken("t::a::2", "POST /a", 400, Some(500));
    without.exchanges[1].request.body = None;
    assert_eq!(
        short(&[broken("t::a::1", "POST /a", 415, Some(500)), without.clone()]),
        [of("server-error", 2, 1)]
    );
    // A body that is read, and has a wrong value, breaks it for another reason.
    let mut read = broken("t::a::3", "POST /a", 400, Some(500));
    read.exchanges[1].request.body = Some("{}".into());
    assert_eq!(short(&[without, read]).len(), 2);
}

#[test]
fn a_kind_of_fault_that_breaks_several_operations_is_one_row() {
    let broken = |name: &str, operation: &str, fault: &str, part: &str| {
        let mut case = ran(name, operation, [200, 500], vec![violation("server-error", "HTTP 500")]);
        case.documentation = Some(format!("openapi.yaml#/{operation}/requestBody").into());
        case.exchanges[1].request.body = Some("{}".into());
        (case.fault, case.part) = (Some(fault.into()), Some(part.into()));
        case
    };
    let rows = |cases: &[CaseReport]| -> Vec<(Option<String>, usize)> {
        group_findings(cases).iter().map(|row| (row.subject(), row.cases)).collect()
    };
    let long = |number: usize, operation: &str, part: &str| {
        broken(&format!("t::a::{number}"), operation, "long", part)
    };
    let both = [long(1, "POST /a", "name"), long(2, "POST /b", "note")];
    assert_eq!(rows(&both), [(Some("the fault \"long\" in a body".to_owned()), 2)]);
    // Another kind is another deviation, and so is one of them in a single operation.
    let null = broken("t::a::3", "POST /a", "null_item", "tags");
    assert_eq!(rows(&[both.as_slice(), std::slice::from_ref(&null)].concat()).len(), 2);
    assert_eq!(rows(&[long(1, "POST /a", "name"), null]).len(), 2);
    // A member that breaks an operation with whatever it has is one.
    let nul = broken("t::a::4", "POST /a", "with_nul", "name");
    assert_eq!(rows(&[long(1, "POST /a", "name"), nul]), [(Some("POST /a".to_owned()), 2)]);
    // An operation that breaks under many kinds handles no fault.
    let kinds = ["long", "null_item", "missing", "wrong_type", "huge", "with_nul", "null"];
    let all = kinds.iter().enumerate();
    let all = all.map(|(number, kind)| broken(&format!("t::a::{number}"), "POST /a", kind, "name"));
    let mut all: Vec<CaseReport> = all.collect();
    assert_eq!(rows(&all), [(Some("POST /a".to_owned()), 7)]);
    all.push(long(8, "POST /b", "note"));
    assert_eq!(rows(&all).len(), 2);
}

#[test]
fn a_fault_that_several_operations_accept_is_one_row() {
    let accepted = |name: &str, operation: &str, fault: &str, part: &str, finding: Finding| {
        let mut case = ran(name, operation, [200, 200], vec![finding]);
        case.documentation = Some(format!("openapi.yaml#/{operation}/requestBody").into());
        for exchange in &mut case.exchanges {
            exchange.request.body = Some("{}".into());
        }
        (case.fault, case.part) = (Some(fault.into()), Some(part.into()));
        case
    };
    let sure = || violation("not-rejected", "a success");
    let missing = |operation: &str, part: &str| {
        accepted(&format!("t::a::{operation}"), operation, "missing", part, sure())
    };
    let rows = group_findings(&[missing("PUT /a", "name"), missing("PUT /b", "name")]);
    assert_eq!((rows.len(), rows[0].subject().as_deref()), (1, Some("the fault \"missing\" of name")));
    assert_eq!(group_findings(&[missing("PUT /a", "name"), missing("PUT /b", "size")]).len(), 2);
    // Operations that accept many faults check nothing, each for itself.
    let parts = ["a", "b", "c", "d"];
    let all = parts.iter().flat_map(|part| [missing("PUT /a", part), missing("PUT /b", part)]);
    assert_eq!(group_findings(&all.collect::<Vec<_>>()).len(), 2);
    // Where every value is accepted, one that servers convert says nothing new.
    let any = accepted("t::a::1", "PUT /a", "wrong_type", "size", sure());
    let converted = |part: &str| {
        accepted("t::a::2", "PUT /a", "number_as_text", part, warning("not-rejected", "a success"))
    };
    assert_eq!(group_findings(&[any.clone(), converted("size")]).len(), 1);
    assert_eq!(group_findings(&[any, converted("age")]).len(), 2);
}

#[test]
fn a_thing_under_another_parent_is_a_row_before_wrong_values() {
    let accepted = |name: &str, fault: &str, finding: Finding| {
        let mut case = ran(name, "DELETE /a/{id}/b/{id}", [200, 204], vec![finding]);
        (case.fault, case.part) = (Some(fault.into()), Some("id".into()));
        case
    };
    let values = ["wrong_type", "below_minimum", "not_in_enum"];
    for finding in [violation, warning] {
        let finding = || finding("not-rejected", "accepted");
        let mut cases: Vec<CaseReport> =
            values.iter().map(|kind| accepted(&format!("t::a::{kind}"), kind, finding())).collect();
        cases.push(accepted("t::a::other", "another_parent", finding()));
        let rows = group_findings(&cases);
        assert_eq!((rows[0].fault.as_deref(), rows[0].cases), (Some("another_parent"), 1));
        assert!(rows[1..].iter().all(|row| row.fault.as_deref() != Some("another_parent")));
        assert_eq!(rows[1..].iter().map(|row| row.cases).sum::<usize>(), 3);
    }
}

#[test]
fn values_of_a_header_that_break_one_rule_are_one_row() {
    let wrong = |name: &str, value: &str, rule: &str| {
        let finding = violation("declared-headers", value).breaking(Some(rule), None);
        ran(name, "POST /a", [200, 201], vec![finding])
    };
    let mut cases =
        vec![wrong("t::a::1", "a/1", "location: no URI"), wrong("t::a::2", "a/2", "location: no URI")];
    assert_eq!(short(&cases), [of("declared-headers", 2, 1)]);
    cases.push(wrong("t::a::3", "-1", "retry-after: below 0"));
    assert_eq!(short(&cases).len(), 2);
}

#[test]
fn what_the_document_allows_is_accepted() {
    let asked = |name: &str, operation: &str, fault: &str, status: u16| {
        let refused = vec![warning("undeclared-restriction", "HTTP 400")];
        let mut case = ran(name, operation, [200, status], if status < 300 { Vec::new() } else { refused });
        case.fault = Some(fault.into());
        case.observation = Observation::Expected { status };
        case
    };
    let refused = |name: &str, operation: &str, fault: &str| asked(name, operation, fault, 400);
    // An operation that accepts nothing has another reason to refuse.
    let mut cases =
        vec![refused("t::a::1", "POST /a", "empty_text"), refused("t::a::2", "POST /b", "empty_text")];
    assert!(group_findings(&cases).is_empty());
    cases.push(asked("t::a::3", "POST /a", "further_member", 201));
    assert_eq!(short(&cases), [of("undeclared-restriction", 1, 1)]);
    cases.push(asked("t::a::4", "POST /b", "further_member", 201));
    assert_eq!(short(&cases), [of("undeclared-restriction", 2, 2)]);
    // Another kind of value is another deviation.
    cases.push(refused("t::a::5", "POST /a", "at_minimum"));
    assert_eq!(short(&cases).len(), 2);
    // That the status is not declared says no more, unless it is all that is said.
    let undeclared = |name: &str, operation: &str| {
        let mut case = refused(name, operation, "empty_text");
        case.warnings.push(warning("undeclared-status", "HTTP 400"));
        case
    };
    cases.push(undeclared("t::a::6", "POST /a"));
    assert_eq!(short(&cases).len(), 2);
    assert_eq!(short(&[undeclared("t::a::7", "POST /c")]), [of("undeclared-status", 1, 1)]);
}

#[test]
fn a_status_in_place_of_another_is_one_row_whatever_else_may_be_due() {
    let refused = |name: &str, finding: Finding| {
        let mut case = ran(name, "GET /a", [200, 403], vec![finding]);
        std::sync::Arc::make_mut(&mut case.documented).status = Some(StatusPattern::Exactly(404));
        case
    };
    let cases =
        [refused("t::a::1", violation("status", "404")), refused("t::a::2", warning("status", "404 or 410"))];
    assert_eq!(short(&cases), [of("status", 2, 1)]);
    // One that an operation does not declare is the same.
    let mut undeclared = refused("t::a::3", violation("status", "404"));
    undeclared.warnings.push(warning("undeclared-status", "HTTP 403"));
    assert_eq!(short(&[cases.as_slice(), &[undeclared]].concat()), [of("status", 3, 1)]);
}

#[test]
fn the_shape_of_errors_is_one_row_by_the_contract_and_by_the_document() {
    let wrong = |name: &str, check: &'static str, status: u16| {
        ran(name, "GET /a", [200, status], vec![violation(check, "no text")])
    };
    let cases = [wrong("t::a::1", "envelope", 400), wrong("t::a::2", "declared-schema", 404)];
    assert_eq!(group_findings(&cases).len(), 1);
    // That of a success is another one.
    let of_success = wrong("t::a::3", "declared-schema", 200);
    assert_eq!(group_findings(&[cases[0].clone(), of_success]).len(), 2);
}

#[test]
fn an_undeclared_status_is_one_row_under_whatever_check() {
    let undeclared = warning("undeclared-status", "HTTP 422");
    let with = |name: &str, other: Finding| ran(name, "GET /a", [200, 422], vec![other, undeclared.clone()]);
    let cases = [
        with("t::bad_request::1", violation("unrecognized-response", "HTTP 422")),
        with("t::not_found::2", violation("status", "422")),
        ran("t::success::3", "GET /b", [200, 422], vec![undeclared.clone()]),
    ];
    let rows = group_findings(&cases);
    assert_eq!((rows.len(), rows[0].cases, rows[0].violation), (1, 3, true), "{rows:#?}");
    // Another status is another deviation, and so is a declared one where another is due.
    let others = [
        ran("t::a::4", "GET /a", [200, 403], vec![warning("undeclared-status", "HTTP 403")]),
        ran("t::a::5", "GET /a", [200, 422], vec![violation("status", "422")]),
    ];
    assert_eq!(group_findings(&[cases.as_slice(), &others].concat()).len(), 3);
}

#[test]
fn one_rule_and_one_null_in_several_schemas_are_one_row() {
    let misfit = |at: &str, rule: Option<&str>, null: Option<&str>| {
        violation("declared-schema", at).breaking(rule, null)
    };
    let read = |name: &str, operation: &str, findings: &[Finding]| {
        ran(name, operation, [200, 200], findings.iter().map(|finding| at(1, finding)).collect())
    };
    let avatar = |at: &str| misfit(at, None, Some("avatar"));
    let owner = misfit("/owner: no text", None, Some("owner"));
    let other = misfit("/size: no number", None, None);
    for (about, cases, expected) in [
        (
            "one rule of the document",
            vec![
                read("t::a::1", "GET /a", &[misfit("/x", Some("/$defs/User/properties/x/type"), None)]),
                read("t::a::2", "GET /b", &[misfit("/0/x", Some("/$defs/User/properties/x/type"), None)]),
            ],
            1,
        ),
        (
            "two rules",
            vec![
                read("t::a::1", "GET /a", &[misfit("/x", Some("/$defs/User/properties/x/type"), None)]),
                read("t::a::2", "GET /b", &[misfit("/0/x", Some("/$defs/Pet/properties/x/type"), None)]),
            ],
            2,
        ),
        (
            "one null",
            vec![read("t::a::1", "GET /a", &[avatar("/a")]), read("t::a::2", "GET /b", &[avatar("/b")])],
            1,
        ),
        (
            "one of two nulls",
            vec![
                read("t::a::1", "GET /a", &[avatar("/a"), owner.clone()]),
                read("t::a::2", "GET /b", &[avatar("/b")]),
            ],
            1,
        ),
        (
            "one of the nulls and something else",
            vec![
                read("t::a::1", "GET /a", std::slice::from_ref(&owner)),
                read("t::a::2", "GET /b", &[avatar("/b"), other]),
            ],
            2,
        ),
        (
            "two nulls",
            vec![read("t::a::1", "GET /a", &[owner]), read("t::a::2", "GET /b", &[avatar("/b")])],
            2,
        ),
    ] {
        assert_eq!(group_findings(&cases).len(), expected, "{about}");
    }
}

#[test]
fn bodies_that_have_nothing_of_what_is_declared_are_one_row() {
    let cases = [
        ran("t::a::1", "GET /a", [200, 401], vec![violation("declared-vacuous", "only errors")]),
        ran("t::a::2", "GET /b", [200, 403], vec![violation("vacuous", "only errors")]),
        ran("t::a::3", "GET /c", [200, 403], vec![violation("vacuous", "only detail")]),
    ];
    assert_eq!(group_findings(&cases).len(), 2);
}

/// A value that the API accepted although it should not have comes back in its response: one row, whatever rule it breaks. What else is
/// wrong with a response has its own.
#[test]
fn wrong_values_that_an_accepted_request_brought_are_one_row() {
    let with_member = |finding: &Finding, member: &str| -> Finding {
        let mut written = serde_json::to_value(finding).unwrap();
        written["member"] = member.into();
        serde_json::from_value(written).unwrap()
    };
    let accepted = |name: &str, part: &str, shape: Finding| {
        let not_rejected = warning("not-rejected", "a success (HTTP 201)");
        let mut case = ran(name, "POST /things", [201, 201], vec![not_rejected, at(1, &shape)]);
        case.part = Some(part.into());
        case
    };
    let kind = with_member(&violation("declared-schema", "not one of"), "kind");
    let port = with_member(&violation("declared-schema", "less than the minimum"), "port");
    let cases = [
        accepted("t::a::1", "kind", kind.clone()),
        accepted("t::a::2", "address_port", port.clone()),
        // A member that the fault is not in.
        accepted("t::a::3", "size", port),
    ];
    let shapes = group_findings(&cases).into_iter().filter(|row| row.check == "declared-schema");
    assert_eq!(shapes.map(|row| row.cases).collect::<Vec<_>>(), [2, 1]);
    // Where the document promises a refusal, that it is accepted is the deviation, and what comes back belongs to it.
    let mut promised = accepted("t::a::4", "kind", kind.clone());
    (promised.violations, promised.warnings) =
        (vec![violation("not-rejected", "a success (HTTP 201)"), at(1, &kind)], Vec::new());
    let rows = group_findings(&[promised.clone()]);
    let checks = (rows.len(), rows[0].check.as_str(), rows[0].also.clone());
    assert_eq!(checks, (1, "not-rejected", vec!["declared-schema".to_owned()]));
    promised.part = Some("size".into());
    assert_eq!(group_findings(&[promised]).len(), 2);
    // A refusal echoes nothing.
    let mut refused = ran("t::b::1", "POST /things", [201, 400], vec![at(1, &kind)]);
    refused.part = Some("kind".into());
    assert_eq!(short(&[refused]), [of("declared-schema", 1, 1)]);
}

#[test]
fn a_thing_that_breaks_the_server_under_any_id_is_one_row() {
    let closed = |name: &str, operation: &str, fault: &str, part: Option<&str>| {
        let mut case = ran(name, operation, [200, 500], vec![violation("connection-closed", "closed")]);
        case.exchanges[1].response = None;
        case.documentation = Some("openapi.yaml#/paths/x/parameters/0".into());
        (case.fault, case.part) = (Some(fault.into()), part.map(Into::into));
        case
    };
    let (put, delete) = ("PUT /segments/{id}", "DELETE /segments/{id}");
    let cases = [
        closed("t::a::1", delete, "wrong_type", Some("id")),
        closed("t::a::2", put, "wrong_type", Some("id")),
        closed("t::a::3", put, "unknown_id", Some("id")),
        closed("t::a::4", delete, "sent_twice", None),
    ];
    let rows = group_findings(&cases);
    assert_eq!(
        (rows.len(), rows[0].cases, rows[0].subject().as_deref()),
        (1, 4, Some("/segments/{id}")),
        "{rows:#?}"
    );
    // A kind of id that breaks other things as well has a row of its own.
    let others = [
        closed("t::a::5", "GET /tags/{name}", "with_nul", Some("name")),
        closed("t::a::6", put, "with_nul", Some("id")),
    ];
    assert_eq!(short(&[cases.as_slice(), &others].concat()).len(), 2);
    // Another thing is another cause.
    assert_eq!(
        short(&[cases[0].clone(), closed("t::a::7", "PUT /tags/{name}", "too_long", Some("name"))]).len(),
        2
    );
}

#[test]
fn parameters_that_break_the_same_operations_are_one_row() {
    let broken = |name: &str, operation: &str, parameter: &str, fault: &str| {
        let mut case = ran(name, operation, [200, 500], vec![violation("server-error", "HTTP 500")]);
        case.documentation = Some(format!("openapi.yaml#/{operation}/get/parameters/0").into());
        (case.parameter, case.fault) = (Some(parameter.into()), Some(fault.into()));
        case.part = Some(parameter.into());
        case
    };
    let both = |parameter: &str, fault: &str| {
        ["GET /a", "GET /b"]
            .map(|operation| broken(&format!("t::a::{operation}"), operation, parameter, fault))
    };
    let paging = [both("limit", "negative"), both("offset", "negative"), both("limit", "huge")].concat();
    let rows = group_findings(&paging);
    assert_eq!((rows.len(), rows[0].subject().as_deref()), (1, Some("the parameters limit, offset")));
    // A kind of fault that breaks other parameters is the cause, and not the name of one of them.
    let nul =
        [both("query", "with_nul").to_vec(), vec![broken("t::a::9", "GET /c", "name", "with_nul")]].concat();
    let rows = group_findings(&nul);
    assert_eq!(
        (rows.len(), rows[0].subject().as_deref()),
        (1, Some("the fault \"with nul\" in a parameter"))
    );
}

#[test]
fn what_several_operations_take_for_absent_is_one_row() {
    let accepted = |operation: &str, fault: &str, part: &str| {
        let name = format!("t::a::{operation}_{fault}_{part}");
        let mut case = ran(&name, operation, [200, 200], vec![violation("not-rejected", "a success")]);
        case.documentation = Some(format!("openapi.yaml#/{operation}/requestBody").into());
        for exchange in &mut case.exchanges {
            exchange.request.body = Some("{}".into());
        }
        (case.fault, case.part) = (Some(fault.into()), Some(part.into()));
        case
    };
    let nulls = [accepted("PUT /a", "null", "name"), accepted("PUT /b", "null_item", "tags")];
    let rows = group_findings(&nulls);
    assert_eq!((rows.len(), rows[0].subject().as_deref()), (1, Some("the fault \"null\"")));
    // Of a member that takes whatever is sent, null says nothing new.
    let unchecked = [accepted("PUT /c", "null", "size"), accepted("PUT /c", "wrong_type", "size")];
    assert_eq!(group_findings(&[nulls.as_slice(), &unchecked].concat()).len(), 2);
    // A number for a text is another matter.
    assert_eq!(group_findings(&[nulls[0].clone(), accepted("PUT /b", "number_for_text", "note")]).len(), 2);
    let things = [
        ("GET /a/{id}", "id"),
        ("GET /b/{name}", "name"),
        ("DELETE /a/{id}", "id"),
        ("DELETE /b/{name}", "name"),
    ];
    let things = things.map(|(operation, part)| accepted(operation, "unknown_id", part));
    // To read nothing and to change nothing are two matters.
    let rows: Vec<usize> = group_findings(&things).iter().map(|row| row.cases).collect();
    assert_eq!(rows, [2, 2]);
}

#[test]
fn a_violation_does_not_stand_for_many_undeclared_statuses() {
    let undeclared = |index: usize| {
        let name = format!("t::success::{index}");
        ran(&name, "GET /b", [200, 404], vec![warning("undeclared-status", "HTTP 404")])
    };
    let mut wrong = ran(
        "t::forbidden::0",
        "GET /a",
        [200, 404],
        vec![violation("status", "HTTP 404"), warning("undeclared-status", "HTTP 404")],
    );
    std::sync::Arc::make_mut(&mut wrong.documented).status = Some(StatusPattern::Exactly(403));
    let few: Vec<CaseReport> = (1..4).map(undeclared).chain([wrong.clone()]).collect();
    let many: Vec<CaseReport> = (1..20).map(undeclared).chain([wrong]).collect();
    let rows = group_findings(&few);
    let message = "HTTP 404, which 2 operations do not declare";
    assert_eq!((rows.len(), rows[0].cases, rows[0].message.as_str()), (1, 4, message));
    assert_eq!(short(&many), [of("status", 1, 1), of("undeclared-status", 19, 1)]);
}

#[test]
fn an_incomplete_list_of_methods_is_one_row_and_a_missing_one_another() {
    let refused = |operation: &str, allow: Option<&str>| {
        let said = allow.unwrap_or("none").to_owned();
        let name = format!("t::a::{operation}");
        let mut case = ran(&name, operation, [200, 405], vec![warning("allow", &said)]);
        let response = case.exchanges[1].response.as_mut().unwrap();
        response.headers.extend(allow.map(|allow| ("Allow".into(), allow.into())));
        case
    };
    let cases = [
        refused("GET /a", Some("GET, without PUT")),
        refused("GET /b", Some("GET, without POST")),
        refused("GET /c", None),
    ];
    assert_eq!(short(&cases), [of("allow", 2, 2), of("allow", 1, 1)]);
}

/// A finding that the document lacks something with which a response should be compared.
fn not_compared(reason: &str) -> Finding {
    let mut written = serde_json::to_value(warning("declared-schema", reason)).unwrap();
    written["not_compared"] = true.into();
    serde_json::from_value(written).unwrap()
}

#[test]
fn all_that_could_not_be_compared_is_one_row_and_hides_nothing() {
    let wrong = warning("declared-schema", "no text");
    let cases = [
        ran("t::a::1", "GET /a", [200, 200], vec![at(1, &not_compared("`$ref: https://a` is not followed"))]),
        ran("t::a::2", "GET /a", [200, 400], vec![at(1, &not_compared("`$ref: https://b` is not followed"))]),
        ran(
            "t::b::3",
            "GET /b",
            [200, 200],
            vec![at(1, &not_compared("`$ref: https://c` is not followed")), at(1, &wrong)],
        ),
    ];
    assert_eq!(short(&cases), [of("declared-schema", 1, 1), of("declared-schema", 3, 2)]);
    let rows = group_findings(&cases);
    assert!(
        rows[1].message.starts_with("responses of 2 operations were not compared"),
        "{}",
        rows[1].message
    );
}

#[test]
fn operations_that_accept_faults_of_many_kinds_are_one_row() {
    let accepted = |operation: &str, kind: &str| {
        let not_rejected = vec![violation("not-rejected", "a success")];
        let mut case = ran(&format!("t::{operation}::{kind}"), operation, [200, 200], not_rejected);
        (case.fault, case.part) = (Some(kind.into()), Some(format!("{kind}_of_{operation}").into()));
        case
    };
    let kinds = ["wrong_type", "above_maximum", "not_in_enum", "too_short"];
    let of = |operation: &str| kinds.map(|kind| accepted(operation, kind));
    let (first, second, third) = (of("POST /a"), of("POST /b"), of("PUT /b"));
    let one = accepted("POST /c", "wrong_type");
    let rows = group_findings(&[first.as_slice(), &second, &third, std::slice::from_ref(&one)].concat());
    let found: Vec<_> = rows.iter().map(|row| (row.operations.len(), row.cases)).collect();
    assert_eq!(found, [(3, 12), (1, 1)]);
    assert_eq!(rows[0].message, "3 operations accept faults of many kinds: expected 404, got a success");
    // One operation or two that do are just these.
    let rows = group_findings(&[first.as_slice(), &second, &[one]].concat());
    let subjects: Vec<_> = rows.iter().filter_map(FindingGroup::subject).collect();
    assert_eq!(subjects[..2], ["POST /a", "POST /b"]);
}
