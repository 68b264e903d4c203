//! Problem details (RFC 9457): what each member may be, and that a warning is all that the standard gives.

use serde_json::{Value, json};

use crate::harness::{Reply, World};

const PROBLEM: &str = "application/problem+json";

fn reply(status: u16, media_type: &str, body: &Value) -> Reply {
    Reply::text(status, &body.to_string()).with("content-type", media_type)
}

#[test]
fn members_are_what_the_standard_says() {
    let world = World::new("failures: [ { id: a, status: [404, 422, 499], summary: x } ]", "triggers: a");
    let of = |type_uri: &str| json!({ "type": type_uri, "title": "Out of credit", "status": 404 });
    for (status, body, wrong) in [
        (404, json!({}), 0),
        (404, of("https://example.com/probs/out-of-credit"), 0),
        (404, of("/probs/out-of-credit#now"), 0),
        (404, of("tag:example@example.org,2021-09-17:OutOfLuck"), 0),
        (404, of(""), 0),
        (404, of("out of credit"), 1),
        (404, of("https://example.com/<none>"), 1),
        (404, of("about:blank"), 1),
        (404, json!({ "type": 404 }), 1),
        (404, json!({ "type": null, "title": null, "detail": null, "instance": null, "status": null }), 5),
        (404, json!({ "type": "/a", "detail": ["no"], "instance": "a b" }), 2),
        // The status is that of the response, as a number.
        (404, json!({ "status": 404.0 }), 0),
        (404, json!({ "status": "404" }), 1),
        (404, json!({ "status": 400 }), 1),
        // Without a type of its own, the title is that of the status.
        (404, json!({ "title": "Not Found" }), 0),
        (404, json!({ "title": "not found " }), 0),
        (404, json!({ "title": "No such cow", "type": "about:blank" }), 1),
        (404, json!({ "title": "No such cow", "type": "/probs/cow" }), 0),
        (422, json!({ "title": "Unprocessable Entity" }), 0),
        (422, json!({ "title": "Unprocessable Content" }), 0),
        (499, json!({ "title": "Client left" }), 0),
        // Others may be added, and what is no object is a question of the contract.
        (404, json!({ "errors": [{ "pointer": "#/age" }], "balance": 30 }), 0),
        (404, json!(["a"]), 0),
    ] {
        let expected = if wrong == 0 { vec![] } else { vec!["warning problem-details"] };
        assert_eq!(world.judge(reply(status, PROBLEM, &body)), expected, "{status} {body}");
        let messages = world.messages(reply(status, PROBLEM, &body));
        assert_eq!(messages.len(), wrong, "{status} {body}: {messages:?}");
    }
    let cow = json!({ "title": "Keine Kuh" });
    let german = reply(404, PROBLEM, &cow).with("content-language", "de");
    assert_eq!(world.judge(german), [""; 0], "a title may be translated");
    assert_eq!(world.judge(reply(404, "application/problem+json; charset=utf-8", &cow)).len(), 1);
    assert_eq!(world.judge(reply(404, "application/json", &json!({ "type": 1 }))), [""; 0]);
}

/// A status that the contract documents is one deviation, not two.
#[test]
fn documented_status_is_judged_once() {
    let world = World::new(
        "envelope: { status: /status }\nfailures: [ { id: a, status: 404, summary: x } ]",
        "triggers: a",
    );
    assert_eq!(world.judge(reply(404, PROBLEM, &json!({ "status": 400 }))), ["violation body-status"]);
}
