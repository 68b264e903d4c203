//! Internal details in responses: where they are looked for, and what the request itself said.

use failspec_base::{
    message::{Body, Header, Request},
    secret::RedactedText,
};
use failspec_judge::check::Phase;
use serde_json::{Value, json};

use crate::harness::{Reply, World};

const CONTRACT: &str = "
documentation: https://docs.test/usr/errors
envelope: { code: /error }
failures:
  - { id: internal, status: [499, 500], code: internal, summary: x }
  - { id: absent, status: 404, code: absent, summary: x }
  - { id: quiet, status: 404, code: quiet, summary: x, leaks: forbidden }";

/// A text with a sign, and what a finding says about it.
const PATH: &str = "open /etc/shadow";
const REVEALED: &str = "a file path of the server: /etc/shadow";

fn error(status: u16, code: &str, message: Value) -> Reply {
    Reply::json(status, json!({ "error": code, "message": message }))
}

#[test]
fn internals_are_a_warning_in_5xx_and_a_violation_where_the_contract_forbids_them() {
    for (triggers, reply, expected) in [
        ("internal", error(500, "internal", json!(PATH)), &["warning leaks"][..]),
        ("internal", error(500, "internal", json!("try again")), &[]),
        ("internal", error(499, "internal", json!(PATH)), &[]),
        ("absent", error(404, "absent", json!(PATH)), &[]),
        ("quiet", error(404, "quiet", json!(PATH)), &["violation leaks"]),
        ("quiet", error(404, "quiet", json!("no such note")), &[]),
    ] {
        let world = World::new(CONTRACT, &format!("triggers: {triggers}"));
        assert_eq!(world.judge(reply.clone()), expected, "{triggers} {reply:?}");
    }
}

#[test]
fn all_texts_of_a_response_are_searched() {
    let world = World::new(CONTRACT, "triggers: quiet");
    let judge = |reply: Reply| {
        let found = world.findings(&[(Phase::Request, reply)], None);
        let leaks = found.into_iter().filter(|finding| finding.check == "leaks");
        leaks.map(|finding| finding.message).collect::<Vec<_>>()
    };
    let quiet = |more: Value| {
        let mut body = json!({ "error": "quiet" });
        body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        Reply::json(404, body)
    };
    for (reply, at) in [
        (quiet(json!({ "message": PATH })), "/message"),
        (quiet(json!({ "details": [1, { "text": PATH }] })), "/details/1/text"),
        (quiet(json!({ PATH: 1 })), "a member name at /"),
        (quiet(json!({ "details": { PATH: 1 } })), "a member name at /details/"),
        (quiet(json!({})).with("x-debug", PATH), "the header x-debug"),
        (Reply::text(404, PATH), "the body"),
    ] {
        assert_eq!(judge(reply.clone()), [format!("{at} reveals {REVEALED}")], "{reply:?}");
    }
    for reply in [
        quiet(json!({ "message": "no such note" })),
        // Servers in front of the API write these, and paths of URLs are in them.
        quiet(json!({})).with("via", "1.1 localhost:8080"),
        quiet(json!({})).with("link", "</usr/notes>; rel=up"),
        quiet(json!({})).with("content-security-policy", "default-src 'self' localhost:8080"),
    ] {
        assert_eq!(judge(reply.clone()), [""; 0], "{reply:?}");
    }
    // Each sign once, the first that is not known.
    let two = quiet(json!({ "message": "open /etc/shadow, then /etc/group: dial tcp 10.0.0.9:1" }));
    assert_eq!(
        judge(two),
        [
            format!("/message reveals {REVEALED}"),
            "/message reveals the address of an internal service: dial tcp".to_owned()
        ]
    );
}

#[test]
fn what_the_request_said_and_what_is_public_is_no_leak() {
    let judge = |text: &str, edit: &dyn Fn(&mut Request)| {
        let world = World::new(CONTRACT, "triggers: quiet");
        let found = world.findings_with(&[(Phase::Request, error(404, "quiet", json!(text)))], |observed| {
            edit(&mut observed.records[0].exchange.request);
        });
        found.iter().map(|finding| finding.actual.clone()).collect::<Vec<_>>()
    };
    let at = |url: &'static str| move |request: &mut Request| request.url = url.parse().expect("a URL");
    let body = |request: &mut Request| {
        let bytes = "{\"file\": \"/etc/shadow\"}".into();
        request.body = Some(Body { bytes, shown: RedactedText::from("x") });
    };
    let header = |request: &mut Request| request.headers.push(Header::open("X-File", PATH));
    let none = |_: &mut Request| ();
    // What the request said.
    assert_eq!(judge(PATH, &none), ["a file path of the server in /message: /etc/shadow"]);
    assert_eq!(judge(PATH, &body), [""; 0]);
    assert_eq!(judge(PATH, &header), [""; 0]);
    assert_eq!(judge(PATH, &at("http://api.test/notes?file=/etc/shadow")), [""; 0]);
    assert_eq!(judge(PATH, &at("http://api.test/notes?file=%2Fetc%2Fshadow")), [""; 0]);
    assert_eq!(judge(PATH, &at("http://api.test/etc/shadow")), [""; 0]);
    // Links to other resources begin like the path of the request.
    assert_eq!(judge("see /app/help", &at("http://api.test/app/notes")), [""; 0]);
    assert_eq!(judge("see /app/help", &none), ["a file path of the server in /message: /app/help"]);
    assert_eq!(judge("see /app/help", &at("http://api.test/application/notes")).len(), 1);
    assert_eq!(judge("see /app/help", &at("http://api.test/")).len(), 1);
    // The link to the documentation is public.
    assert_eq!(judge("see /usr/errors", &none), [""; 0]);
    assert_eq!(judge("see /usr/notes", &none).len(), 1);
    // Addresses of this machine are those of the tester, if the target is here.
    let local = at("http://127.0.0.1:8080/notes");
    for text in ["http://localhost:9000/problems", "http://127.0.0.1:9000/problems"] {
        assert_eq!(judge(text, &local), [""; 0], "{text}");
        assert_eq!(judge(text, &none).len(), 1, "{text}");
    }
    assert_eq!(judge("10.0.0.9:5432 is down", &local).len(), 1);
    assert_eq!(judge("localhost:1 and pq: x", &local), ["a database error in /message: pq"]);
    // A short text is in every request by chance.
    assert_eq!(judge("pq: no rows", &at("http://api.test/pq")), ["a database error in /message: pq"]);
}

#[test]
fn the_value_of_a_credential_must_not_come_back() {
    let world = World::new(CONTRACT, "triggers: quiet");
    let judge = |shown: RedactedText| {
        let found = world.findings_with(&[(Phase::Request, error(404, "quiet", json!(PATH)))], |observed| {
            let value = PATH.to_owned();
            let request = &mut observed.records[0].exchange.request;
            request.headers.push(Header { name: "X-Key".to_owned(), value, shown });
        });
        found.len()
    };
    assert_eq!(judge(RedactedText::from(PATH)), 0);
    assert_eq!(judge(RedactedText::secret("key")), 1);
}
