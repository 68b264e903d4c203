//! The code in the body: exactly the documented one, and what a finding says about another one.

use failspec_judge::check::Phase;
use serde_json::{Value, json};

use crate::harness::{Reply, World, pick};

fn error(code: Value) -> Reply {
    Reply::json(404, json!({ "error": code }))
}

#[test]
fn a_wrong_code_is_described_by_what_is_known_about_it() {
    let contract = |own: &str| {
        format!(
            "
envelope: {{ code: /error }}
failures:
  - {{ id: absent, status: 404, {own}, summary: x }}
  - {{ id: conflict, status: 409, code: conflict, summary: x }}"
        )
    };
    for (own, code, message) in [
        ("code: absent", json!("absent"), None),
        (
            "code: absent",
            json!("conflict"),
            Some("\"absent\", got \"conflict\", the code of another documented failure"),
        ),
        ("code: absent", json!("odd"), Some("\"absent\", got \"odd\", which is not documented")),
        ("code: absent", json!(7), Some("\"absent\", got 7, which is not documented")),
        ("code: absent", json!(true), Some("\"absent\", got true")),
        ("code: absent", json!(null), Some("\"absent\", got null")),
        ("code: absent", json!(" absent"), Some("\"absent\", got \" absent\", with whitespace around it")),
        ("code: absent", json!("ABSENT"), Some("\"absent\", got \"ABSENT\", in different letter case")),
        ("code: 1001", json!(1001), None),
        ("code: 1001", json!("1001"), Some("1001, got \"1001\", a string instead of a number")),
        ("code: 1001", json!("1002"), Some("1001, got \"1002\", which is not documented")),
        ("code: '1001'", json!(1001), Some("\"1001\", got 1001, a number instead of a string")),
        ("code: '1001'", json!(1002), Some("\"1001\", got 1002, which is not documented")),
        ("code: absent, codes: [absent, gone]", json!("gone"), None),
        (
            "code: absent, codes: [absent, gone]",
            json!("odd"),
            Some("one of \"absent\", \"gone\", got \"odd\", which is not documented"),
        ),
        ("code: any", json!("odd"), None),
        (
            "code: any",
            json!(""),
            Some("a code that no other failure has, got \"\", which is not a usable code"),
        ),
        (
            "code: any",
            json!("conflict"),
            Some(
                "a code that no other failure has, got \"conflict\", the code of another documented failure",
            ),
        ),
    ] {
        let found = World::new(&contract(own), "triggers: absent").messages(error(code.clone()));
        let expected: Vec<String> =
            message.iter().map(|message| format!("code: expected {message}")).collect();
        assert_eq!(found, expected, "{own} {code}");
    }
    let missing =
        World::new(&contract("code: absent"), "triggers: absent").messages(Reply::json(404, json!({})));
    assert_eq!(missing, ["code: expected \"absent\", got none at /error"]);
}

#[test]
fn the_code_of_an_item_may_be_that_of_another_failure() {
    let world = World::new(
        "
success: { status: 2xx }
envelope: { code: /error }
failures:
  - { id: refused, status: 207, code: any, summary: x }
  - { id: conflict, status: 409, code: conflict, summary: x }",
        "triggers: refused",
    );
    let judge = |item: Value| {
        let reply = Reply::json(207, json!({ "results": [item] }));
        world.judge_case(&[(Phase::Request, reply)], Some(pick("a")))
    };
    assert_eq!(judge(json!({ "id": "a", "error": "conflict" })), [""; 0]);
    assert_eq!(judge(json!({ "id": "a", "error": "x" })), [""; 0]);
    assert_eq!(judge(json!({ "id": "a", "error": "" })), ["violation not-rejected"]);
}
