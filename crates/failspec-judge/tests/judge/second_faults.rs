//! Requests with two faults: the documentation says which failure comes, or nobody is to blame.

use serde_json::json;

use crate::harness::{Reply, World};

const CODES: &str = "
envelope: { code: /error }
failures:
  - { id: unauthorized, status: 401, code: unauthorized, summary: x, precedes: [forbidden] }
  - { id: forbidden, status: 403, code: forbidden, summary: x, precedes: [absent] }
  - { id: absent, status: 404, code: absent, summary: x }
  - { id: busy, status: 503, code: busy, summary: x }";

fn refusal(status: u16, code: &str) -> Reply {
    Reply::json(status, json!({ "error": code })).with("www-authenticate", "Bearer")
}

#[test]
fn failure_of_the_second_fault_is_wrong_only_if_the_contract_says_which_wins() {
    for (scenario, reply, findings) in [
        // 401 before 403 before 404, also through the one between.
        ("triggers: unauthorized, second_fault: absent", refusal(401, "unauthorized"), &[][..]),
        (
            "triggers: unauthorized, second_fault: absent",
            refusal(404, "absent"),
            &["violation status", "violation code"],
        ),
        // No page says which of these comes.
        ("triggers: absent, second_fault: busy", refusal(404, "absent"), &[]),
        ("triggers: absent, second_fault: busy", refusal(503, "busy"), &[]),
        // A third one, or a code that is none, is wrong all the same.
        (
            "triggers: absent, second_fault: busy",
            refusal(403, "forbidden"),
            &["violation status", "violation code"],
        ),
        ("triggers: absent, second_fault: busy", refusal(404, "new"), &["violation code"]),
        // Without a second fault, the other failure is wrong.
        ("triggers: absent", refusal(503, "busy"), &["violation status", "violation code"]),
    ] {
        let found = World::new(CODES, scenario).judge(reply);
        let found: Vec<&str> =
            found.iter().map(String::as_str).filter(|it| !it.contains("server-error")).collect();
        assert_eq!(found, findings, "{scenario}");
    }
}

#[test]
fn without_a_body_the_status_tells_the_second_fault() {
    let optional = CODES.replace("code: /error", "code: /error, body: optional");
    for (scenario, status, is_wrong) in [
        ("triggers: absent, second_fault: busy", 503, false),
        ("triggers: absent, second_fault: busy", 404, false),
        ("triggers: absent, second_fault: busy", 403, true),
        ("triggers: unauthorized, second_fault: absent", 404, true),
    ] {
        let found = World::new(&optional, scenario).judge(Reply::text(status, ""));
        assert_eq!(
            found.contains(&"violation status".to_owned()),
            is_wrong,
            "{scenario}, {status}: {found:?}"
        );
    }
}

#[test]
fn what_a_scenario_expects_of_its_failure_is_not_expected_of_the_other_fault() {
    let scenario = |order: &str| format!("{order}, expect: {{ body: {{ /realm: {{ const: a }} }} }}");
    let unknown = World::new(
        CODES,
        &scenario("triggers: absent, second_fault: forbidden").replace("forbidden", "busy"),
    );
    assert!(unknown.judge(refusal(404, "absent")).iter().any(|it| it.contains("expectation")));
    assert!(!unknown.judge(refusal(503, "busy")).iter().any(|it| it.contains("expectation")));
}
