//! Rows of errors of the server whose messages tell their cause.

use failspec_judge::{
    check::{Finding, Phase},
    report_model::{CaseReport, Outcome, ResponseReport, group_findings},
};

use crate::reports::{case, exchange, violation};

const BODY: &str = "requestBody";
const PARAMETER: &str = "parameters/0";

/// A case whose request breaks the server with this message: the operation, the place, the kind and the part of its fault.
fn broken(operation: &str, place: &str, kind: &str, part: &str, message: &str) -> CaseReport {
    let name = format!("t::a::{operation}_{kind}_{part}");
    let mut case = case(&name, Outcome::Failed);
    case.operation = Some(operation.into());
    case.documentation = Some(format!("openapi.yaml#/{operation}/{place}").into());
    (case.fault, case.part) = (Some(kind.into()), (!part.is_empty()).then(|| part.into()));
    case.parameter = (place == PARAMETER).then(|| part.into());
    case.exchanges = vec![exchange(Phase::Request, "http://h/x")];
    case.exchanges[0].request.body = Some("{}".into());
    let body = serde_json::json!({ "status": 500, "message": message }).to_string();
    let length = body.len() as u64;
    case.exchanges[0].response = Some(ResponseReport { status: 500, headers: Vec::new(), body, length });
    case.violations = vec![violation("server-error", "HTTP 500")];
    case
}

fn rows(cases: &[CaseReport]) -> Vec<(Option<String>, usize)> {
    group_findings(cases).iter().map(|row| (row.subject(), row.cases)).collect()
}

#[test]
fn a_body_that_the_server_cannot_read_is_one_row_whatever_is_wrong_in_it() {
    let unreadable = "the fault \"unreadable body\" in a body".to_owned();
    let cut_off = broken("POST /a", BODY, "malformed_json", "", "JSON parse error: Unexpected end of input");
    let reader = [
        cut_off.clone(),
        broken("POST /a", BODY, "wrong_type", "name", "JSON parse error: Cannot read `Text` from Array"),
        broken("POST /b", BODY, "wrong_type", "size", "JSON parse error: Cannot read `Long` from Object"),
        broken("POST /b", BODY, "beyond_32_bits", "size", "JSON parse error: 2147483648 is out of range"),
        broken("POST /c", BODY, "not_in_enum", "kind", "JSON parse error: not one of [A, B]"),
    ];
    assert_eq!(rows(&reader), [(Some(unreadable.clone()), 5)]);
    let operations = |cases: &[CaseReport]| group_findings(cases)[0].operations.len();
    assert_eq!(operations(&reader), 3);
    let with = |other: CaseReport| rows(&[reader.as_slice(), &[other]].concat());
    for (about, other) in [
        ("a database", broken("POST /a", BODY, "with_nul", "name", "insert - invalid byte sequence: 0x00")),
        ("another place", broken("POST /a", BODY, "wrong_type", "tags", "Cannot invoke \"a.b()\" on null")),
        ("no message", broken("POST /c", BODY, "wrong_type", "size", "Internal Server Error")),
    ] {
        let rows = with(other);
        assert_eq!((rows.len(), &rows[0]), (2, &(Some(unreadable.clone()), 5)), "{about}");
    }
    // A text that begins the message of whatever goes wrong tells no cause.
    let general = [
        broken("POST /a", BODY, "malformed_json", "", "An error occurred: Unexpected end of input"),
        broken("POST /b", BODY, "wrong_type", "size", "An error occurred: operator does not exist"),
        broken("POST /a", BODY, "with_nul", "name", "An error occurred: invalid byte sequence"),
    ];
    assert_eq!(rows(&general).len(), 3);
    // Nor does the name of a class of errors.
    let classes = [
        broken("POST /a", BODY, "malformed_json", "", "TypeError: Unexpected end: 5"),
        broken("POST /b", BODY, "wrong_type", "size", "TypeError: unhashable type: 'list'"),
    ];
    assert_eq!(rows(&classes).len(), 2);
    // Another status is another reader.
    let mut other = broken("POST /b", BODY, "wrong_type", "size", "JSON parse error: Cannot read `Long`");
    other.exchanges[0].response.as_mut().unwrap().status = 502;
    assert_eq!(rows(&[cut_off, other]).len(), 2);
}

#[test]
fn parameters_that_the_server_cannot_read_are_one_row() {
    let wrong = |operation: &str, kind: &str, name: &str| {
        let message = format!("Method parameter '{name}': Failed to convert value to type 'int'");
        broken(operation, PARAMETER, kind, name, &message)
    };
    let cases = [
        wrong("GET /a", "wrong_type", "size"),
        wrong("GET /a", "fraction", "size"),
        wrong("GET /b", "beyond_64_bits", "start"),
        wrong("GET /c/{id}", "not_in_enum", "kind"),
    ];
    assert_eq!(rows(&cases), [(Some("the parameters kind, size, start".to_owned()), 4)]);
    let with = |other: CaseReport| rows(&[cases.as_slice(), &[other]].concat()).len();
    // A value that is read, and breaks a rule, breaks the server at another place.
    assert_eq!(with(broken("GET /a", PARAMETER, "negative", "size", "fromIndex(0) > toIndex(-1)")), 2);
    assert_eq!(
        with(broken("GET /d", PARAMETER, "with_nul", "text", "Method parameter 'text': 0x00 in a text")),
        2
    );
    // What is said of one parameter alone, or without its name, is that of its operation.
    assert_eq!(
        rows(&[wrong("GET /a", "wrong_type", "size"), wrong("GET /b", "wrong_format", "size")]).len(),
        1
    );
    let unnamed =
        |name: &str, kind: &str| broken(&format!("GET /{name}"), PARAMETER, kind, name, "it broke: badly");
    assert_eq!(rows(&[unnamed("a", "wrong_type"), unnamed("b", "fraction")]).len(), 2);
    // A message that says nothing but that is the same whatever the fault is.
    let absent = |name: &str, kind: &str| {
        broken(
            &format!("GET /{name}"),
            PARAMETER,
            kind,
            name,
            &format!("Required parameter '{name}' is not there"),
        )
    };
    assert_eq!(rows(&[absent("size", "missing"), absent("start", "malformed_escape")]).len(), 1);
}

#[test]
fn related_faults_that_break_the_same_parts_are_one_row() {
    let fault = |operation: &str, kind: &str, part: &str| broken(operation, BODY, kind, part, "Error");
    let large =
        ["POST /a", "POST /b", "POST /c"].map(|operation| fault(operation, "beyond_64_bits", "after"));
    let huge = ["POST /a", "POST /b"].map(|operation| fault(operation, "beyond_float", "after"));
    assert_eq!(rows(&[large.as_slice(), &huge].concat()).len(), 1);
    // Where it breaks something else as well, it is another cause; and a text is no number.
    let elsewhere = [fault("POST /d", "beyond_float", "size")];
    assert_eq!(rows(&[large.as_slice(), &huge, &elsewhere].concat()).len(), 2);
    let long = ["POST /a", "POST /b"].map(|operation| fault(operation, "long", "after"));
    assert_eq!(rows(&[large.as_slice(), &long].concat()).len(), 2);
    let items = ["POST /a", "POST /b"].map(|operation| fault(operation, "wrong_item", "names"));
    let nulls = ["POST /a", "POST /b"].map(|operation| fault(operation, "null_item", "names"));
    let second = [fault("POST /a", "wrong_second_item", "names")];
    assert_eq!(rows(&[items.as_slice(), &nulls, &second].concat()).len(), 1);
}

#[test]
fn members_that_a_part_of_the_request_leaves_out_are_one_row() {
    let selected = |operation: &str, part: &str, rule: &str| {
        let shape = violation("declared-schema", rule).breaking(Some(rule), None);
        let mut case = broken(operation, BODY, "same_item_twice", part, "");
        case.exchanges[0].response.as_mut().unwrap().status = 200;
        case.violations = vec![shape];
        case
    };
    let (pets, users) = ("/$defs/Pet/required", "/$defs/User/required");
    let both = [selected("POST /pets", "select", pets), selected("POST /users", "select", users)];
    assert_eq!(rows(&both), [(Some("requests with select".to_owned()), 2)]);
    // With two parts, or without any, it is the schema.
    let other = [both[0].clone(), selected("POST /users", "fields", users)];
    assert_eq!(rows(&other).len(), 2);
    let mut without = selected("GET /users", "", users);
    without.violations[0] = Finding::clone(&both[1].violations[0]);
    assert_eq!(rows(&[both.as_slice(), &[without]].concat()).len(), 2);
    // A wrong type is no member that is left out.
    let wrong = ["Pet", "User"].map(|name| {
        selected(&format!("POST /{name}"), "select", &format!("/$defs/{name}/properties/name/type"))
    });
    assert_eq!(rows(&wrong).len(), 2);
}

#[test]
fn errors_of_which_each_says_the_same_are_one_row_whatever_the_fault_and_the_operation() {
    let nul = "pq: invalid byte sequence for encoding \"UTF8\": 0x00";
    let at_a = broken("GET /a", PARAMETER, "with_nul", "tag", &format!("Error fetching Lists: {nul}"));
    let at_b = broken("POST /b", BODY, "wrong_format", "name", &format!("Error creating List: {nul}"));
    let row = "errors that say \"invalid byte sequence for encoding \"UTF8\": 0x00\"".to_owned();
    assert_eq!(rows(&[at_a.clone(), at_b.clone()]), [(Some(row.clone()), 2)]);
    // As SQLAlchemy and Knex write it: the query, a dash, and what the database says.
    let dashed =
        broken("PUT /c", BODY, "long", "name", "insert into a values ($1) - value too long for type");
    let other = broken("PUT /d", BODY, "missing", "name", "update b set x = $1 - value too long for type");
    let both = [at_a.clone(), at_b.clone(), dashed, other];
    assert_eq!(rows(&both).len(), 2);
    // What was sent is no part of the words.
    let mut sent = [("GET /a", PARAMETER, "tag", "a 7"), ("POST /b", BODY, "size", "b 8")].map(
        |(operation, place, part, value)| {
            let message = format!("pq: value \"{value}\" of {part} is out of range for type integer");
            let mut case = broken(operation, place, "beyond_32_bits", part, &message.replace(part, "it"));
            case.exchanges[0].request.body = Some(format!("{{\"size\": \"{value}\"}}").into());
            case
        },
    );
    assert_eq!(rows(&sent).len(), 1);
    sent[0].exchanges[0].request.body = None;
    assert_eq!(rows(&sent).len(), 2);
    for (about, first, second) in [
        ("other words", "Error: no such column here", "Error: the value is too long"),
        ("another place", "Error: cannot read \"a.b\" of null", "Error: cannot read \"c.d\" of null"),
        (
            "another column",
            "Error: NOT NULL constraint failed: a.b",
            "Error: NOT NULL constraint failed: a.c",
        ),
        (
            "a text for whatever goes wrong",
            "Error: an internal server error",
            "Error: an internal server error",
        ),
        ("nobody says who speaks", "this did not work out", "this did not work out"),
        ("too few words", "Error: not found", "Error: not found"),
        ("no message", "", ""),
    ] {
        let cases = [
            broken("GET /a", PARAMETER, "with_nul", "tag", first),
            broken("POST /b", BODY, "wrong_format", "name", second),
        ];
        assert_eq!(rows(&cases).len(), 2, "{about}");
    }
    // A row of which one case says something else keeps all its cases.
    let apart = broken("GET /b", PARAMETER, "with_nul", "tag", "Error fetching Lists: the query is no text");
    assert_eq!(rows(&[at_a, apart, at_b]).iter().map(|(_, cases)| *cases).collect::<Vec<_>>(), [2, 1]);
}

#[test]
fn ids_that_name_nothing_break_an_operation_for_the_reason_for_which_an_unknown_one_does() {
    let by = |operation: &str, kind: &str| {
        let mut case = broken(operation, PARAMETER, kind, "id", "");
        case.parameter = None;
        case
    };
    let (tools, users) = ("GET /tools/{id}", "GET /users/{id}");
    let unknown = [by(tools, "unknown_id"), by(users, "unknown_id")];
    let others = [by(tools, "long_text"), by(users, "wrong_format"), by(users, "encoded_parent")];
    let row = Some("the fault \"unknown id\" in a parameter".to_owned());
    assert_eq!(rows(&[unknown.as_slice(), &others].concat()), [(row, 5)]);
    // Where an unknown id is answered as it should be, the others break for a reason of their own.
    assert_eq!(rows(&[by(tools, "long_text"), by(users, "wrong_format")]).len(), 2);
}

#[test]
fn errors_with_the_same_code_and_words_are_one_row_whatever_else_their_faults_do() {
    let coded = |operation: &str, kind: &str, part: &str, code: &str, message: &str| {
        let mut case = broken(operation, PARAMETER, kind, part, "");
        let body = serde_json::json!({ "code": code, "message": message }).to_string();
        case.exchanges[0].response.as_mut().unwrap().body = body;
        case
    };
    let operator = |operation: &str, kind: &str, part: &str| {
        coded(operation, kind, part, "NO_LIST", "the operator needs a list")
    };
    let limit = |operation: &str, part: &str| {
        coded(operation, "beyond_64_bits", part, "LIMIT", "the number is not allowed")
    };
    let cases = [
        operator("GET /a", "with_nul", "tag"),
        operator("GET /b", "long_text", "name"),
        operator("GET /c", "beyond_64_bits", "size"),
        // The same kind of fault, and something else.
        limit("GET /d", "start"),
        limit("GET /e", "end"),
    ];
    let found = rows(&cases);
    assert_eq!(found.len(), 2, "{found:?}");
    let row = "errors that say \"NO_LIST: the operator needs a list\"".to_owned();
    assert_eq!(found[0], (Some(row), 3));
    let short = ["with_nul", "long_text"]
        .map(|kind| coded(&format!("GET /{kind}"), kind, "tag", "MISMATCH", "wrong type"));
    assert_eq!(rows(&short).len(), 1);
    for (about, first, second) in [
        ("another code", ("A_B", "the operator needs a list"), ("C_D", "the operator needs a list")),
        ("other words", ("A_B", "the operator needs a list"), ("A_B", "the value is too long")),
        ("a number", ("500", "the operator needs a list"), ("500", "the operator needs a list")),
        ("whatever goes wrong", ("A_B", "internal server error here"), ("A_B", "internal server error here")),
    ] {
        let cases = [
            coded("GET /a", "with_nul", "tag", first.0, first.1),
            coded("GET /b", "long_text", "name", second.0, second.1),
        ];
        assert_eq!(rows(&cases).len(), 2, "{about}");
    }
}
