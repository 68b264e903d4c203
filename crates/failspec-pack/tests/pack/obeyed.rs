//! Neighbours of what is refused: they are loaded, and mean something.

use failspec_pack::pack::{Pack, WaitFor};

use crate::load::{with_another_scenario, with_contract, with_controlled, with_failure, with_scenario};

type Load = fn(&str) -> Result<Pack, String>;

const OBEYED: &[(&str, Load, &str)] = &[
    (
        "a condition of until in full",
        with_controlled,
        "then: [{ request: GET /x, until: { status: 200, body: { /a: true } }, within: 5s, capture: { id: /id } }]",
    ),
    ("a step that only waits", with_controlled, "then: [{ wait: 1s }]"),
    (
        "a wait that the response states",
        with_controlled,
        "then: [{ wait: retry_after, at_most: 10s, resend: true }]",
    ),
    ("resend that is not", with_controlled, "setup: [{ resend: false, request: GET /x }]"),
    (
        "what a resent request is expected to get",
        with_controlled,
        "then: [{ resend: true, expect: { status: 204 }, capture: { id: /id } }]",
    ),
    ("resend until it succeeds", with_controlled, "then: [{ resend: true, until: { status: 200 } }]"),
    ("a control that is repeated", with_scenario, "control: { as: null, repeat: { times: 2 } }"),
    ("a repetition of the request", with_controlled, "repeat: { times: 3, until_triggered: true }"),
    (
        "a comparison with another request",
        with_controlled,
        "indistinguishable_from: { request: GET /secret }",
    ),
    (
        "several codes",
        with_failure,
        "{ id: not_found, status: 404, code: gone, codes: [gone, not_found], summary: It is absent }",
    ),
    ("a success", with_another_scenario, "expect: success\nlocks: [a]\nrepeat: { times: 2 }"),
    (
        "a success with more",
        with_another_scenario,
        "expect: { success: true, status: 2xx, body: { /a: {} } }",
    ),
    ("a reason", with_scenario, "no_control: every request without the fault needs an account"),
    ("rows with variables", with_controlled, "each: { one: { nowhere: 1, unique_id: 2 } }"),
    (
        "an error in a list",
        with_failure,
        "{ id: not_found, status: 404, code: gone, summary: It is absent, envelope: { code: /errors/*/code } }",
    ),
    (
        "templates in values",
        with_controlled,
        "query: { a: '${note}' }\nheaders: { x: 'a ${note}' }\njson: { a: ['${note}-'] }",
    ),
    ("an escaped template in a name", with_controlled, "json: { '$${note}': 1 }"),
    (
        "a template in the query of a path",
        with_controlled,
        "then: [{ request: 'GET /x?limit=${note}', query: { a: 1 } }]",
    ),
    (
        "null as a whole value",
        with_controlled,
        "each: { one: { id: null } }\nquery: { id: '${id}' }\nheaders: { x-id: '${id}' }\njson: { id: '${id}' }",
    ),
    ("a name with a star in it", with_contract, "secrets: [/a*b]"),
    ("several forms of success", with_contract, "success: [{ status: 200 }, { status: [201, 3xx] }]"),
];

#[test]
fn what_is_obeyed_is_loaded() {
    for (kind, load, keys) in OBEYED {
        if let Err(error) = load(keys) {
            panic!("{kind} is refused: {keys}\n{error}");
        }
    }
}

#[test]
fn a_step_that_only_waits_has_no_request() {
    let pack = with_controlled("then: [{ wait: 1s }]").unwrap();
    let step = &pack.scenarios[0].then[0];
    assert!(step.request.is_none() && matches!(step.wait, Some(WaitFor::Time(_))));
}
