//! The statements of a scenario are held against the response, and what proves nothing is not shown as exercised.

use failspec_judge::report_model::{NotCovered, Reason, RunReport, State};
use failspec_pack::pack::ProofGap;
use serde_json::json;

use crate::checks_server::{Asked, Reply, Server, assert_clean, broken, judge_texts};

const CONTRACT: &str = "\
contract: t
as_of: 2026-01-01
envelope: { code: /code }
requires: { roles: { reader: reads } }
failures:
  - { id: limited, status: 429, code: limited, summary: Too many requests, retry: after_delay }
  - { id: absent, status: 404, code: absent, summary: It is absent }
  - { id: gone, status: 404, code: gone, summary: It was removed }
";

fn right(asked: &Asked) -> Reply {
    match asked.path.as_str() {
        "/limited" if asked.query.is_empty() => Reply::json(429, json!({ "code": "limited" })),
        "/limited" => Reply::json(200, json!({ "state": "stale" })).with("X-Left", "7"),
        "/absent" => Reply::json(404, json!({ "code": "absent" })),
        "/gone" => Reply::json(404, json!({ "code": "gone" })),
        "/conflict" => Reply::json(409, json!({})),
        path => Reply::json(200, json!({ "path": path })),
    }
}

async fn run(scenario: &str) -> RunReport {
    let server = Server::start(right).await;
    let indented: String = scenario.lines().map(|line| format!("    {line}\n")).collect();
    judge_texts(CONTRACT, &format!("contract: t\nscenarios:\n  a:\n{indented}"), &server, "").await
}

fn state(report: &RunReport, failure: &str) -> State {
    let found = report.packs[0].coverage.failures.iter().find(|it| it.failure == failure);
    found.expect("a failure of the pack").state.clone()
}

/// A step that resends the request under test, which now succeeds, and what the step expects of it.
async fn resent(step: &str) -> RunReport {
    let scenario = "triggers: limited\nrequest: GET /limited\ncontrol: { request: GET /things }";
    run(&format!("{scenario}\nthen: [{{ resend: true, query: {{ after: 1 }}, {step} }}]")).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn resent_request_must_get_what_its_step_expects() {
    for step in [
        "expect: { body: { /state: { const: fresh } } }",
        "expect: { headers: { X-Left: { const: 3 } } }",
        "expect: { status: 201 }",
        "expect: { failure: absent }",
        "until: { body: { /state: { const: fresh } } }, within: 200ms",
    ] {
        let report = resent(step).await;
        assert_eq!(broken(&report.cases[0]), ["recovers"], "{step}");
        let message = &report.cases[0].violations[0].message;
        assert!(message.starts_with("after the documented recovery: "), "{message}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn resent_request_that_gets_what_its_step_expects_is_clean() {
    for step in [
        "as: null",
        "expect: { status: 200 }",
        "expect: { body: { /state: { const: stale } }, headers: { X-Left: { const: 7 } } }",
        "until: { body: { /state: { const: stale } } }",
        "capture: { state: /state }",
        // A recovery may be documented to lead to another response than a success.
        "request: GET /conflict, expect: { status: 409 }",
        "request: GET /absent, expect: { failure: absent }",
        "request: GET /conflict, until: { status: 409 }",
    ] {
        let report = resent(step).await;
        assert!(broken(&report.cases[0]).is_empty(), "{step}: {:?}", report.cases[0].violations);
        assert_eq!(state(&report, "limited"), State::Exercised, "{step}: {:?}", report.cases[0].reason);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn value_that_a_resent_request_captures_is_known_to_later_steps() {
    let scenario = "triggers: limited\nrequest: GET /limited\ncontrol: { request: GET /things }";
    let then = "then:\n- { resend: true, query: { after: 1 }, capture: { state: /state } }\n\
                - { request: 'GET /${state}', expect: { body: { /path: { const: /stale } } } }";
    let report = run(&format!("{scenario}\n{then}")).await;
    assert!(broken(&report.cases[0]).is_empty() && report.cases[0].reason.is_none(), "{:?}", report.cases[0]);
}

fn unproven(report: &RunReport) -> Option<ProofGap> {
    match state(report, "absent") {
        State::Missing(NotCovered::Case { reason: Some(Reason::Unproven { gap }), .. }) => Some(gap),
        State::Exercised => None,
        other => panic!("{other:?}: {:?}", report.cases[0].reason),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scenario_that_proves_nothing_does_not_exercise_its_failure() {
    let scenario = "triggers: absent\nrequest: GET /absent";
    for (control, gap) in [
        ("", Some(ProofGap::NoControl)),
        (
            "control: { headers: { a: b }, expect: { failure: absent } }",
            Some(ProofGap::ControlExpectsFailure),
        ),
        ("control: { headers: { a: b }, expect: { status: 404 } }", Some(ProofGap::ControlExpectsFailure)),
        ("control: { headers: { a: b }, expect: { status: 4xx } }", Some(ProofGap::ControlExpectsFailure)),
        (
            "control: { headers: { a: b }, expect: { status: [200, 404] } }",
            Some(ProofGap::ControlExpectsFailure),
        ),
        // Only the run shows it.
        (
            "control: { headers: { a: b }, expect: { status: 404, body: { /code: { type: string } } } }",
            Some(ProofGap::ControlExpectsFailure),
        ),
        ("no_control: nothing else is there", None),
        ("control: { request: GET /things }", None),
        ("control: { request: GET /conflict, expect: { status: 409 } }", None),
        ("control: { request: GET /gone, expect: { failure: gone } }", None),
        ("control: { request: GET /gone, expect: { status: 404, body: { /code: { const: gone } } } }", None),
    ] {
        let report = run(&format!("{scenario}\n{control}")).await;
        assert!(broken(&report.cases[0]).is_empty(), "{control}: {:?}", report.cases[0].violations);
        assert_eq!(unproven(&report), gap, "{control}");
        assert_eq!(report.verdict.as_str(), "incomplete", "two of three failures have no scenario");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_proven_scenario_is_enough() {
    let server = Server::start(right).await;
    let contract: String = CONTRACT.lines().take(6).map(|line| format!("{line}\n")).collect();
    let contract =
        contract.replace("id: limited, status: 429, code: limited", "id: absent, status: 404, code: absent");
    let scenarios = "contract: t\nscenarios:\n  a: { triggers: absent, request: GET /absent }\n  \
                     b: { triggers: absent, request: GET /absent, control: { request: GET /things } }\n";
    let report = judge_texts(&contract, scenarios, &server, "").await;
    assert_clean(&report, "the second scenario proves what the first one does not");
}

/// Returns the requests of a scenario as the server got them: the query and some headers, control first.
async fn sent(scenario: &str, role: &str) -> Vec<(String, Vec<String>)> {
    let log = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let seen = std::sync::Arc::clone(&log);
    let server = Server::start(move |asked| {
        let names = ["x-token", "x-id", "cookie", "content-type", "user-agent", "accept", "accept-encoding"];
        let headers =
            names.iter().filter(|name| asked.headers.iter().any(|(sent, _)| sent.eq_ignore_ascii_case(name)));
        let headers = headers.map(|name| (*name).to_owned()).collect();
        seen.lock().unwrap().push((asked.query.clone(), headers));
        right(asked)
    })
    .await;
    let contract = CONTRACT.replace("reader", "member");
    let indented: String = scenario.lines().map(|line| format!("    {line}\n")).collect();
    let scenarios = format!("contract: t\nscenarios:\n  a:\n{indented}");
    let more = format!("[target.own.roles.member]\n{role}\n");
    crate::checks_server::judge_texts_without_roles(&contract, &scenarios, &server, &more).await;
    log.lock().unwrap().clone()
}

const DEFAULTS: [&str; 3] = ["user-agent", "accept", "accept-encoding"];

/// A header that is absent is absent on the wire, whatever the role carries.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn null_is_absent_even_if_the_role_carries_it() {
    let header = "header = { name = \"X-Token\", value = \"right-right\" }";
    let query = "query = { name = \"key\", value = \"right-right\" }";
    let cookie = "cookie = { name = \"session\", value = \"right-right\" }";
    for (role, fault, name) in [
        (header, "headers: { X-Token: null }", "x-token"),
        (header, "headers: { x-token: null }", "x-token"),
        (
            header,
            "each: { one: { token: null } }\nquery: { key: '${token}' }\nheaders: { X-Token: '${token}' }",
            "x-token",
        ),
        (cookie, "headers: { Cookie: null }", "cookie"),
        (query, "query: { key: null }", "key="),
        (
            query,
            "each: { one: { key: null } }\nquery: { key: '${key}' }\nheaders: { X-Token: '${key}' }",
            "key=",
        ),
    ] {
        // A control inherits no `null`, but a value of a row, which it takes away like any other.
        let control = match fault.contains("each") {
            true => "control: { request: GET /things, headers: { X-Token: null }, query: { key: null } }",
            false => "control: { request: GET /things }",
        };
        let requests =
            sent(&format!("triggers: absent\nas: member\nrequest: GET /absent\n{fault}\n{control}"), role)
                .await;
        let has = |(query, headers): &(String, Vec<String>)| {
            query.contains(name) || headers.contains(&name.to_owned())
        };
        assert!(has(&requests[0]) && !has(&requests[1]), "{fault}: {requests:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn header_that_a_client_adds_by_itself_can_be_absent() {
    let role = "bearer = \"right-right\"";
    for (name, absent) in
        [("User-Agent", "user-agent"), ("accept", "accept"), ("Accept-Encoding", "accept-encoding")]
    {
        let control = format!("control: {{ request: GET /things, headers: {{ {name}: a }} }}");
        let fault = format!("headers: {{ {name}: null }}");
        let requests =
            sent(&format!("triggers: absent\nrequest: GET /absent\n{fault}\n{control}"), role).await;
        let others: Vec<&str> = DEFAULTS.into_iter().filter(|name| *name != absent).collect();
        assert_eq!(requests[0].1, DEFAULTS, "{name}");
        assert_eq!(requests[1].1, others, "{name}");
    }
}

/// A row in which a value is `null` leaves the parameter out; an empty text sends it empty.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn null_in_a_row_leaves_a_parameter_out() {
    let role = "bearer = \"right-right\"";
    let scenario = |value: &str| {
        format!(
            "triggers: absent\nrequest: GET /absent\neach: {{ one: {{ limit: {value} }} }}\n\
             query: {{ a: 1, limit: '${{limit}}' }}\nheaders: {{ X-Id: '${{limit}}' }}\n\
             control: {{ request: GET /things }}"
        )
    };
    for (value, query, has_header) in
        [("null", "a=1", false), ("''", "a=1&limit=", true), ("7", "a=1&limit=7", true)]
    {
        let requests = sent(&scenario(value), role).await;
        assert_eq!(requests[1].0, query, "{value}");
        assert_eq!(requests[1].1.contains(&"x-id".to_owned()), has_header, "{value}");
    }
}
