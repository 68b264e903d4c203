//! Rules for what comes before and after the request under test.

use failspec_judge::check::{Phase, ResendResult};
use serde_json::{Value, json};

use crate::harness::{Reply, World, pick};

const CONTRACT: &str = "
success: { status: 2xx }
envelope: { code: /error }
failures:
  - { id: absent, status: 404, code: absent, summary: x }
  - { id: conflict, status: 409, code: conflict, summary: x }";

fn absent() -> Reply {
    Reply::json(404, json!({ "error": "absent" }))
}

#[test]
fn what_the_scenario_expects_after_the_failure_must_hold() {
    let world = World::new(CONTRACT, "triggers: absent");
    let inferred = World::new(CONTRACT, "triggers: absent, source: inferred");
    let replies = [(Phase::Request, absent())];
    let unmet = || vec!["the note is gone".to_owned()];
    assert_eq!(world.judge_with(&replies, |_| ()), [""; 0]);
    let found = world.findings_with(&replies, |observed| observed.after_failure = unmet());
    let [finding] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((finding.check, finding.is_violation()), ("after-failure", true));
    assert_eq!(finding.message, "after the failure: the note is gone");
    // The failure was recognised, so its rules are binding whatever the source of the scenario is.
    let found = inferred.judge_with(&replies, |observed| observed.after_failure = unmet());
    assert_eq!(found, ["violation after-failure"]);
    let accepted = [(Phase::Request, Reply::json(200, json!({})))];
    let found = world.judge_with(&accepted, |observed| observed.after_failure = unmet());
    assert_eq!(found, ["violation not-rejected"]);
    // Where the API may accept the request, what it did is the one finding.
    let contract = CONTRACT.replace("code: absent,", "code: absent, refusal: optional,");
    let optional = World::new(&contract, "triggers: absent");
    assert_eq!(optional.judge_with(&accepted, |_| ()), ["warning not-rejected"]);
    let found = optional.findings_with(&accepted, |observed| observed.after_failure = unmet());
    let [finding] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((finding.check, finding.is_violation()), ("after-failure", true));
    assert_eq!(finding.message, "after the request, which succeeded (HTTP 200): the note is gone");
}

#[test]
fn a_control_that_gets_the_failure_under_test_is_a_finding() {
    let world = World::new(CONTRACT, "triggers: absent");
    let replies = [(Phase::Control, absent()), (Phase::Request, absent())];
    let found = world.findings_with(&replies, |observed| observed.control_failed = Some(0));
    let [finding] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((finding.check, finding.is_violation()), ("control", true));
    assert_eq!(finding.message, "the control, which has no fault, also got absent (HTTP 404)");
    assert_eq!(world.judge_with(&replies, |_| ()), [""; 0]);
    let inferred = World::new(CONTRACT, "triggers: absent, source: inferred");
    let found = inferred.judge_with(&replies, |observed| observed.control_failed = Some(0));
    assert_eq!(found, ["warning control"]);
}

#[test]
fn a_connection_that_is_closed_twice_is_no_response_of_the_failure() {
    let world = |failure: &str, scenario: &str| {
        World::new(
            &format!("failures: [ {{ id: absent, status: 404, summary: x{failure} }} ]"),
            &format!("triggers: absent{scenario}"),
        )
    };
    assert_eq!(world("", "").judge_closed(true).as_deref(), Some("violation connection-closed"));
    assert_eq!(world("", "").judge_closed(false), None);
    let inferred = world("", ", source: inferred");
    assert_eq!(inferred.judge_closed(true).as_deref(), Some("warning connection-closed"));
    let inferred = world(", source: inferred", "");
    assert_eq!(inferred.judge_closed(true).as_deref(), Some("warning connection-closed"));
    // An OpenAPI document promises nothing of a path that it does not have.
    for (fault, expected) in [
        ("no_such_path", "warning connection-closed"),
        ("head", "warning connection-closed"),
        ("long", "violation connection-closed"),
    ] {
        let world =
            World::new(CONTRACT, &format!("expect: no_server_error, source: inferred, fault: {fault}"));
        assert_eq!(world.judge_closed(true).as_deref(), Some(expected), "{fault}");
    }
}

#[test]
fn exactly_one_item_of_a_bulk_response_is_about_the_resource() {
    let contract = "
success: { status: 2xx }
envelope: { code: /error }
failures: [ { id: locked, status: 207, code: locked, summary: x } ]";
    let world = World::new(contract, "triggers: locked");
    let item = |id: &str| json!({ "id": id, "error": "locked" });
    for (items, actual) in [
        (json!([item("a")]), None),
        (json!([item("a"), item("b")]), None),
        (json!([item("b")]), Some("none")),
        (json!([]), Some("none")),
        (json!("a"), Some("none")),
        (json!([item("a"), item("a")]), Some("2")),
        (json!([item("a"), item("b"), item("a"), item("a")]), Some("3")),
    ] {
        let reply = Reply::json(207, json!({ "results": items }));
        let found = world.findings(&[(Phase::Request, reply)], Some(pick("a")));
        let short: Vec<(&str, &str)> =
            found.iter().map(|finding| (finding.check, finding.actual.as_str())).collect();
        let expected: Vec<(&str, &str)> = actual.into_iter().map(|actual| ("bulk-item", actual)).collect();
        assert_eq!(short, expected, "{items}");
    }
}

#[test]
fn every_phase_has_its_words() {
    for (phase, words, is_teardown, is_of_control) in [
        (Phase::ControlSetup, "setup of the control", false, true),
        (Phase::Control, "control", false, true),
        (Phase::ControlTeardown, "teardown of the control", true, true),
        (Phase::Setup, "setup", false, false),
        (Phase::Request, "request", false, false),
        (Phase::Repeat, "repeated request", false, false),
        (Phase::Then, "then", false, false),
        (Phase::Resend, "resent request", false, false),
        (Phase::Comparison, "comparison request", false, false),
        (Phase::Teardown, "teardown", true, false),
    ] {
        assert_eq!(phase.as_str(), words);
        assert_eq!((phase.is_teardown(), phase.is_of_control()), (is_teardown, is_of_control), "{words}");
    }
}

#[test]
fn a_resent_request_succeeds_or_gets_what_its_step_expects() {
    let contract = |retry: &str| {
        format!(
            "
success: {{ status: 2xx }}
envelope: {{ code: /error }}
failures:
  - {{ id: busy, status: 503, code: busy, summary: x{retry} }}
  - {{ id: conflict, status: 409, code: conflict, summary: x }}"
        )
    };
    let scenario = "triggers: busy, then: [ { wait: 1ms, resend: true } ]";
    let documented = World::new(&contract(", retry: backoff"), scenario);
    let silent = World::new(&contract(""), scenario);
    let error = |status, code: Value| Reply::json(status, json!({ "error": code }));
    let busy = || (Phase::Request, error(503, json!("busy")));
    for (resent, expected, actual) in [
        (Reply::json(200, json!({})), &[][..], None),
        (error(503, json!("busy")), &["recovers"], Some("busy (HTTP 503)")),
        (error(409, json!("conflict")), &["recovers"], Some("conflict (HTTP 409)")),
        (error(500, json!("odd")), &["recovers"], Some("HTTP 500")),
        (Reply::text(404, ""), &["recovers"], Some("HTTP 404")),
    ] {
        let replies = [busy(), (Phase::Resend, resent.clone())];
        let found = documented.findings(&replies, None);
        let checks: Vec<&str> = found.iter().map(|finding| finding.check).collect();
        assert_eq!(checks, expected, "{resent:?}");
        assert_eq!(found.first().map(|finding| finding.actual.as_str()), actual, "{resent:?}");
        assert!(found.iter().all(|finding| finding.is_violation()), "{resent:?}");
        // Without documented advice, it is only inferred that this should help.
        assert!(silent.findings(&replies, None).iter().all(|finding| !finding.is_violation()), "{resent:?}");
        assert_eq!(silent.findings(&replies, None).len(), expected.len(), "{resent:?}");
    }
    // A step that says what it expects is judged by that, and the other steps as before.
    let replies =
        [busy(), (Phase::Resend, error(409, json!("conflict"))), (Phase::Resend, error(503, json!("busy")))];
    let result = |record, unmet: Option<&str>| ResendResult { record, unmet: unmet.map(str::to_owned) };
    for (results, expected) in [
        (vec![result(1, None), result(2, None)], &[][..]),
        (vec![result(1, None)], &["expected a success after the documented recovery, got busy (HTTP 503)"]),
        (
            vec![result(1, Some("got HTTP 409")), result(2, None)],
            &["after the documented recovery: got HTTP 409"],
        ),
    ] {
        let found = documented.findings_with(&replies, |observed| observed.resends = results.clone());
        let messages: Vec<&str> = found.iter().map(|finding| finding.message.as_str()).collect();
        assert_eq!(messages, expected, "{results:?}");
    }
}

#[test]
fn a_failure_that_is_not_worth_retrying_happens_again() {
    let text = "
failures:
  - { id: one, status: 422, summary: x, retry: never, match: { /detail: { const: one } } }
  - { id: two, status: 422, summary: x, match: { /detail: { const: two } } }";
    let any = "
envelope: { code: /error }
failures: [ { id: any, status: 400, code: any, summary: x, retry: fix_request } ]";
    let code = |retry: &str| {
        format!(
            "
envelope: {{ code: /error }}
failures:
  - {{ id: absent, status: 404, code: absent, summary: x{retry} }}
  - {{ id: hidden, status: 404, code: hidden, summary: x }}"
        )
    };
    let (never, fix) = (code(", retry: never"), code(", retry: fix_request"));
    let (backoff, silent) = (code(", retry: backoff"), code(""));
    let error = |status, code: &str| Reply::json(status, json!({ "error": code }));
    let detail = |detail: &str| Reply::json(422, json!({ "detail": detail }));
    for (contract, triggers, first, second, actual) in [
        (never.as_str(), "absent", error(404, "absent"), error(404, "absent"), None),
        (&never, "absent", error(404, "absent"), Reply::json(200, json!({})), Some("a success (HTTP 200)")),
        (&never, "absent", error(404, "absent"), error(404, "hidden"), Some("hidden (HTTP 404)")),
        (&never, "absent", error(404, "absent"), error(503, "odd"), Some("HTTP 503")),
        (&never, "absent", error(404, "absent"), error(410, "absent"), Some("HTTP 410")),
        (&fix, "absent", error(404, "absent"), Reply::json(200, json!({})), Some("a success (HTTP 200)")),
        (&backoff, "absent", error(404, "absent"), Reply::json(200, json!({})), None),
        (&silent, "absent", error(404, "absent"), Reply::json(200, json!({})), None),
        // A wrong status that comes again is a finding once, and the right one after it is none at all.
        (&never, "absent", error(410, "absent"), error(410, "absent"), None),
        (&never, "absent", error(410, "absent"), error(404, "absent"), None),
        // Any code is the same failure.
        (any, "any", error(400, "a"), error(400, "b"), None),
        (any, "any", error(400, "a"), error(409, "a"), Some("HTTP 409")),
        // Without a code, the text identifies another failure.
        (text, "one", detail("one"), detail("one"), None),
        (text, "one", detail("one"), detail("two"), Some("two (HTTP 422)")),
        // The first response is another failure: nothing is to happen again.
        (&never, "absent", error(404, "hidden"), Reply::json(200, json!({})), None),
    ] {
        let world = World::new(contract, &format!("triggers: {triggers}"));
        let found = world.findings(&[(Phase::Request, first.clone()), (Phase::Repeat, second.clone())], None);
        let found: Vec<&str> = found
            .iter()
            .filter(|finding| finding.check == "repeatable")
            .map(|finding| finding.actual.as_str())
            .collect();
        assert_eq!(found, actual.into_iter().collect::<Vec<_>>(), "{contract} {first:?} {second:?}");
    }
}
