//! Every key that can be written is obeyed or refused at load. The errors are compared with a golden file.

use failspec_pack::pack::Pack;

use crate::load::{with_another_scenario, with_contract, with_controlled, with_failure, with_scenario};

type Load = fn(&str) -> Result<Pack, String>;

/// The refused files: the kind, how it is loaded, and the keys.
const REFUSED: &[(&str, Load, &str)] = &[
    // Keys that would be read and not obeyed.
    (
        "expect beside until",
        with_controlled,
        "then: [{ request: GET /x, until: { status: 200 }, expect: { status: 201 } }]",
    ),
    ("expect of a step that only waits", with_controlled, "then: [{ wait: 1s, expect: { status: 200 } }]"),
    ("capture of a step that only waits", with_controlled, "then: [{ wait: 1s, capture: { id: /id } }]"),
    ("until of a step that only waits", with_controlled, "setup: [{ wait: 1s, until: { status: 200 } }]"),
    (
        "role and headers of a step that only waits",
        with_controlled,
        "then: [{ wait: 1s, as: reader, headers: { a: b } }]",
    ),
    ("at_most without wait", with_controlled, "then: [{ request: GET /x, at_most: 1s }]"),
    ("resend in setup", with_controlled, "setup: [{ resend: true, request: GET /x }]"),
    ("resend in teardown", with_controlled, "teardown: [{ resend: true }]"),
    (
        "resend in the setup of the control",
        with_scenario,
        "control: { setup: [{ resend: true, request: GET /x }], as: null }",
    ),
    ("retry_after in setup", with_controlled, "setup: [{ wait: retry_after }]"),
    ("retry_after in teardown", with_controlled, "teardown: [{ wait: retry_after, request: DELETE /x }]"),
    (
        "until_triggered in a control",
        with_scenario,
        "control: { as: null, repeat: { times: 2, until_triggered: true } }",
    ),
    ("repeat that never sends", with_controlled, "repeat: { times: 0 }"),
    ("rows without a row", with_controlled, "each: {}"),
    ("a request compared with itself", with_controlled, "indistinguishable_from: { source: documented }"),
    // `codes` without `code`.
    (
        "codes without code",
        with_failure,
        "{ id: not_found, status: 404, codes: [not_found, gone], summary: It is absent }",
    ),
    (
        "codes beside any",
        with_failure,
        "{ id: not_found, status: 404, code: any, codes: [gone], summary: It is absent }",
    ),
    (
        "no codes",
        with_failure,
        "{ id: not_found, status: 404, code: gone, codes: [], summary: It is absent }",
    ),
    // Reasons.
    ("no reason for no control", with_scenario, "no_control: ''"),
    ("a blank reason for no control", with_scenario, "no_control: '  '"),
    (
        "no reason for an exclusion",
        with_failure,
        "{ id: not_found, status: 404, summary: It is absent, excluded: '' }",
    ),
    // Nothing can be a success.
    ("no form of success", with_contract, "success: []"),
    ("no status of a success", with_contract, "success: { status: [] }"),
    ("no status of a step", with_controlled, "setup: [{ request: GET /x, expect: { status: [] } }]"),
    (
        "no location of a wait",
        with_failure,
        "{ id: not_found, status: 404, summary: It is absent, retry_after: [] }",
    ),
    // Names of the template language.
    ("capture now", with_controlled, "setup: [{ request: GET /x, capture: { now: /id } }]"),
    (
        "capture unique",
        with_controlled,
        "setup: [{ request: GET /x, capture: { unique: { header: Location } } }]",
    ),
    ("row variable uuid", with_controlled, "each: { one: { uuid: 1 } }"),
    ("row variables totp and fill", with_controlled, "each: { one: { totp: 1, fill: 2 } }"),
    // `*` is understood in `code` alone.
    ("star in message", with_contract, "success: { status: 200, match: { /items/*/id: true } }"),
    (
        "precedes in a circle",
        with_failure,
        "{ id: not_found, status: 404, summary: It is absent, precedes: [not_found] }",
    ),
    (
        "precedes a failure that is not there",
        with_failure,
        "{ id: not_found, status: 404, summary: It is absent, precedes: [forbiden] }",
    ),
    ("second fault that is the first", with_controlled, "second_fault: not_found"),
    (
        "code at two places at once",
        with_failure,
        "{ id: not_found, status: 404, summary: It is absent, envelope: { code: { header: X-Code, pointer: /code } } }",
    ),
    (
        "absent before another place",
        with_failure,
        "{ id: not_found, status: 404, summary: It is absent, envelope: { code: [{ pointer: /a, absent: x }, /b] } }",
    ),
    (
        "parameter of a pointer",
        with_failure,
        "{ id: not_found, status: 404, summary: It is absent, envelope: { code: { pointer: /a, parameter: x } } }",
    ),
    ("star in a capture", with_controlled, "setup: [{ request: GET /x, capture: { id: /items/*/id } }]"),
    ("star in expect", with_controlled, "expect: { body: { /errors/*/field: { const: name } } }"),
    (
        "star in the envelope",
        with_failure,
        "{ id: not_found, status: 404, summary: It is absent, envelope: { message: /errors/*/detail, status: /errors/*/status, request_id: /errors/*/id } }",
    ),
    // Templates and `null` where they would be sent as they are written.
    (
        "a template in the name of a parameter",
        with_controlled,
        "query: { 'a${note}': 1 }\nheaders: { 'x-${note}': 1 }",
    ),
    ("a template in the name of a field", with_controlled, "form: { 'a${note}': 1 }"),
    ("a template in the name of a member", with_controlled, "json: { a: [{ '${note}': 1 }] }"),
    ("a template in a pointer", with_controlled, "expect: { body: { '/${note}': true } }"),
    ("null in a path", with_controlled, "each: { one: { id: null } }\npath: { }\nheaders: { a: '${id}-' }"),
    ("null in a text", with_controlled, "each: { one: { id: null } }\ntext: '${id}'"),
    (
        "null in a text of a member",
        with_controlled,
        "each: { one: { id: null }, two: { id: 1 } }\njson: { a: ['x${id}'] }",
    ),
    // A parameter in the path and under `query`.
    ("a parameter twice", with_controlled, "then: [{ request: 'GET /x?limit=0&a', query: { limit: 1 } }]"),
    (
        "a parameter of the path removed",
        with_controlled,
        "then: [{ request: 'GET /x?limit=0', query: { limit: null } }]",
    ),
    // Keywords of JSON Schema with a typing error demand nothing.
    (
        "a typing error in a schema",
        with_contract,
        "success: { status: 200, match: { /a: { requried: [b] } } }",
    ),
    (
        "a typing error deep in a schema",
        with_controlled,
        "expect: { body: { /a: { items: { properties: { b: { cosnt: 1 } } } } } }",
    ),
    (
        "a typing error in the schema of a header",
        with_failure,
        "{ id: not_found, status: 404, summary: It is absent, headers: { Retry-After: { patern: x } } }",
    ),
    // A scenario either triggers a failure or expects a success.
    ("a failure and a success", with_controlled, "expect: success"),
    ("neither a failure nor a success", with_another_scenario, "as: reader"),
    ("expectations without a failure", with_another_scenario, "expect: { status: 200 }"),
    ("a control of a success", with_another_scenario, "expect: success\ncontrol: { as: reader }"),
    (
        "a request resent after a success",
        with_another_scenario,
        "expect: { success: true }\nthen: [{ resend: true }]",
    ),
    ("a success of a step", with_controlled, "then: [{ request: GET /x, expect: { success: true } }]"),
    ("an inferred success", with_controlled, "inferred: { success: true }"),
    ("a success that is false", with_controlled, "expect: { success: false }"),
    ("another word for a success", with_controlled, "expect: fine"),
    ("a failure that is called success", with_failure, "{ id: success, status: 404, summary: It is absent }"),
    // Rules that contradict each other, or allow nothing.
    ("a class that does not exist", with_failure, "{ id: not_found, status: 9xx, summary: It is absent }"),
    (
        "a header with two rules",
        with_failure,
        "{ id: not_found, status: 404, summary: It is absent, headers: { A: {} }, optional_headers: { a: {} } }",
    ),
    (
        "no media type",
        with_failure,
        "{ id: not_found, status: 404, summary: It is absent, envelope: { media_type: [] } }",
    ),
    (
        "a media type with parameters",
        with_failure,
        "{ id: not_found, status: 404, summary: It is absent, envelope: { media_type: 'application/json; charset=utf-8' } }",
    ),
    (
        "a range of media types",
        with_failure,
        "{ id: not_found, status: 404, summary: It is absent, envelope: { media_type: [application/json, text/*] } }",
    ),
    (
        "a code in an empty body",
        with_failure,
        "{ id: not_found, status: 404, summary: It is absent, envelope: { body: empty, code: /code } }",
    ),
    (
        "a code of a failure with an empty body",
        with_failure,
        "{ id: not_found, status: 404, code: absent, summary: It is absent, envelope: { body: empty } }",
    ),
    (
        "a wait in an empty body",
        with_failure,
        "{ id: not_found, status: 404, summary: It is absent, envelope: { body: empty }, \
         retry_after: [{ pointer: /wait }] }",
    ),
];

#[test]
fn what_would_not_be_obeyed_is_refused() {
    let mut golden = String::new();
    for (kind, load, keys) in REFUSED {
        let error = match load(keys) {
            Ok(_) => panic!("{kind} is not refused: {keys}"),
            Err(error) => error,
        };
        golden.push_str(&format!("## {kind}\n{error}\n\n"));
    }
    insta::assert_snapshot!(golden);
}
