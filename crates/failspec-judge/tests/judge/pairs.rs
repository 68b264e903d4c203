//! One pair for each check: a wrong response that it must catch, and a harmless one, close to it, that it must let
//! pass.

use std::collections::BTreeSet;

use failspec_base::message::Header;
use failspec_judge::check::SentAtOnce;
use failspec_judge::check::{CHECKS, CompletedBody, Observed, Phase, UnmetSuccess};
use failspec_pack::pack::RequestPart;
use serde_json::{Value, json};

use crate::harness::{Reply, World, pick};

const CODES: &str = "
success: { status: 2xx }
envelope: { media_type: application/json, code: /error, message: /message }
failures:
  - { id: absent, status: 404, code: absent, summary: x, retry: never }
  - { id: busy, status: 503, code: busy, summary: x, retry: backoff }";

const DOCUMENT: &str = r#"
openapi: 3.1.0
info: { title: t, version: "1" }
paths:
  /notes/absent:
    get:
      responses:
        "200": { description: ok }
        "404":
          description: no
          headers: { X-Need: { required: true, schema: { type: integer } } }
          content: { application/json: { schema: { type: object, properties: { error: { type: string } } } } }
"#;

const DECLARED: &str = "openapi: api.yaml\nfailures: [ { id: absent, status: [404, 409], summary: x } ]";

/// The responses of a case, and what else happened in it.
struct Case {
    replies: Vec<(Phase, Reply)>,
    edit: fn(&mut Observed),
}

fn replies(replies: &[(Phase, Reply)]) -> Case {
    Case { replies: replies.to_vec(), edit: |_| () }
}

fn one(reply: Reply) -> Case {
    replies(&[(Phase::Request, reply)])
}

fn with(reply: Reply, edit: fn(&mut Observed)) -> Case {
    Case { edit, ..one(reply) }
}

fn error(status: u16, code: &str) -> Reply {
    Reply::json(status, json!({ "error": code, "message": "x" }))
}

fn absent() -> Reply {
    error(404, "absent")
}

fn text(status: u16) -> Reply {
    Reply::text(status, "")
}

fn bulk(items: Value) -> Case {
    with(Reply::json(207, json!({ "results": items })), |observed| observed.pick = Some(pick("a")))
}

/// Asserts that a check catches the first case, and that the second one passes all checks.
fn pair(
    check: &'static str,
    (contract, scenario): (&str, &str),
    wrong: Case,
    harmless: Case,
) -> &'static str {
    let document = if contract.starts_with("openapi") { DOCUMENT } else { "" };
    let world = World::with_document(contract, scenario, document);
    let found = world.findings_with(&wrong.replies, wrong.edit);
    assert!(found.iter().any(|finding| finding.check == check), "{check}: {found:?}");
    let found = world.findings_with(&harmless.replies, harmless.edit);
    assert!(found.is_empty(), "{check}: {found:?}");
    check
}

/// A contract of one failure with the status 404, and a scenario of it.
fn of(failure: &str) -> String {
    format!("failures: [ {{ id: absent, status: 404, summary: x{failure} }} ]")
}

fn pairs_of_the_contract() -> Vec<&'static str> {
    let codes = (CODES, "triggers: absent");
    let text_only = "
failures:
  - { id: one, status: 422, summary: x, match: { /detail: { pattern: one } } }
  - { id: two, status: 422, summary: x, match: { /detail: { pattern: two } } }";
    let detail = |text: &str| one(Reply::json(422, json!({ "detail": text })));
    let body = |body: Value| one(Reply::json(404, body));
    let schema = ", schema: { properties: { a: { type: integer } } }";
    let envelope = |rule: &str| format!("envelope: {{ {rule} }}\n{}", of(""));
    let inferred = "triggers: absent, source: inferred";
    vec![
        pair("not-rejected", codes, one(Reply::json(200, json!({}))), one(absent())),
        pair("server-error", (CODES, inferred), one(Reply::text(500, "boom")), one(absent())),
        pair("unrecognized-response", codes, one(Reply::text(404, "<p>")), one(absent())),
        pair("status", codes, one(error(410, "absent")), one(absent())),
        pair("code", codes, one(error(404, "gone")), one(absent())),
        pair(
            "empty-body",
            (&envelope("body: empty"), "triggers: absent"),
            one(Reply::text(404, " ")),
            one(Reply::text(404, "").with("content-type", "text/html")),
        ),
        pair("match", (text_only, "triggers: one"), detail("two"), detail("one, and more")),
        pair("wording", (text_only, "triggers: one"), detail("three"), detail("the one")),
        pair(
            "media-type",
            codes,
            one(Reply::text(404, r#"{"error":"absent","message":"x"}"#).with("content-type", "text/plain")),
            one(Reply::text(404, r#"{"error":"absent","message":"x"}"#)
                .with("content-type", "Application/JSON; charset=utf-8")),
        ),
        pair(
            "well-formed",
            codes,
            one(Reply::text(404, r#"{"error":"absent","message":"x"} x"#)
                .with("content-type", "application/json")),
            one(Reply::text(404, " {\"error\":\"absent\",\"message\":\"x\"}\n")
                .with("content-type", "application/json")),
        ),
        pair(
            "envelope",
            (&envelope("schema: { required: [a], properties: { a: {} } }"), "triggers: absent"),
            body(json!({ "b": 1 })),
            body(json!({ "a": 1, "b": 1 })),
        ),
        pair(
            "schema",
            (&of(schema), "triggers: absent"),
            body(json!({ "a": "1" })),
            body(json!({ "a": 1, "b": 1 })),
        ),
        pair("vacuous", (&of(schema), "triggers: absent"), body(json!({ "b": 1 })), body(json!({ "a": 1 }))),
        pair("message", codes, one(Reply::json(404, json!({ "error": "absent" }))), one(absent())),
        pair(
            "request-id",
            (&envelope("request_id: /id"), "triggers: absent"),
            body(json!({ "id": 1 })),
            body(json!({ "id": "1" })),
        ),
        pair(
            "body-status",
            (&envelope("status: /status"), "triggers: absent"),
            body(json!({ "status": 400 })),
            body(json!({ "status": "404" })),
        ),
        pair(
            "headers",
            (&of(", headers: { X-Own: { type: integer } }"), "triggers: absent"),
            one(text(404).with("x-own", "a")),
            one(text(404).with("x-own", "1").with("x-more", "a")),
        ),
        pair(
            "retry-after",
            (&of(", retry_after: [ { header: Retry-After } ]"), "triggers: absent"),
            one(text(404)),
            one(text(404).with("retry-after", "30")),
        ),
        pair(
            "expectation",
            (&of(""), "triggers: absent, expect: { body: { /a: { const: 1 } } }"),
            body(json!({ "a": 2 })),
            body(json!({ "a": 1, "b": 2 })),
        ),
        pair(
            "leaks",
            (&of(", leaks: forbidden"), "triggers: absent"),
            one(Reply::text(404, "panic: runtime error: x")),
            one(Reply::text(404, "do not panic")),
        ),
    ]
}

fn pairs_of_flows_and_standards() -> Vec<&'static str> {
    let codes = (CODES, "triggers: absent");
    let and = |phase, other: Reply| replies(&[(phase, other), (Phase::Request, absent())]);
    let resend = |resent: Reply| replies(&[(Phase::Request, error(503, "busy")), (Phase::Resend, resent)]);
    let locked = "
success: { status: 2xx }
envelope: { code: /error }
failures: [ { id: locked, status: 207, code: locked, summary: x } ]";
    let item = json!({ "id": "a", "error": "locked" });
    let same =
        "triggers: absent, indistinguishable_from: { source: documented, path: {}, query: { a: '1' } }";
    let plain = "failures: [ { id: absent, status: [404, 401, 405, 407, 416, 426], summary: x } ]";
    let plain = (plain, "triggers: absent");
    let message = |message: &str| Reply::json(404, json!({ "error": "absent", "message": message }));
    vec![
        pair(
            "control",
            codes,
            Case { edit: |observed| observed.control_failed = Some(0), ..and(Phase::Control, absent()) },
            and(Phase::Control, Reply::json(200, json!({}))),
        ),
        pair(
            "bulk-item",
            (locked, "triggers: locked"),
            bulk(json!([item, item])),
            bulk(json!([item, { "id": "b" }])),
        ),
        pair(
            "repeatable",
            codes,
            and(Phase::Repeat, error(404, "gone")),
            and(Phase::Repeat, message("again")),
        ),
        pair(
            "recovers",
            (CODES, "triggers: busy, then: [ { wait: 1ms, resend: true } ]"),
            resend(error(503, "busy")),
            resend(Reply::json(200, json!({ "message": "done" }))),
        ),
        pair(
            "after-failure",
            codes,
            with(absent(), |observed| observed.after_failure = vec!["it is gone".to_owned()]),
            one(absent()),
        ),
        pair(
            "indistinguishable",
            (CODES, same),
            and(Phase::Comparison, message("not yours")),
            replies(&[
                (Phase::Comparison, message("no note hidden")),
                (Phase::Request, message("no note absent")),
            ]),
        ),
        pair("www-authenticate", plain, one(text(401)), one(text(401).with("www-authenticate", "Bearer"))),
        pair("allow", plain, one(text(405)), one(text(405).with("allow", "POST"))),
        pair("proxy-authenticate", plain, one(text(407)), one(text(407).with("proxy-authenticate", "Basic"))),
        pair("upgrade", plain, one(text(426)), one(text(426).with("upgrade", "HTTP/2.0"))),
        pair(
            "content-range",
            plain,
            one(text(416).with("content-range", "bytes 0-9/10")),
            one(text(416).with("content-range", "bytes */10")),
        ),
        pair(
            "problem-details",
            plain,
            problem(json!({ "status": 400, "title": "Not Found" })),
            problem(json!({ "status": 404, "title": "Not found", "more": 1 })),
        ),
        pair(
            "retry-after-syntax",
            plain,
            one(text(404).with("retry-after", "1.5")),
            one(text(404).with("retry-after", "1")),
        ),
        pair(
            "duplicate-header",
            plain,
            one(text(404).with("etag", "a").with("etag", "b")),
            one(text(404).with("vary", "a").with("vary", "b")),
        ),
    ]
}

fn problem(body: Value) -> Case {
    one(Reply::text(404, &body.to_string()).with("content-type", "application/problem+json"))
}

fn pairs_of_the_document() -> Vec<&'static str> {
    let declared = (DECLARED, "triggers: absent");
    let body = |body: Value| Reply::json(404, body).with("x-need", "1");
    let right = || one(body(json!({ "error": "x", "more": 1 })));
    let typed = |media_type: &str| {
        one(Reply::text(404, r#"{"error":"x"}"#).with("content-type", media_type).with("x-need", "1"))
    };
    // Any part of a server may say that an address, or what is in the headers, is too long.
    for (status, is_reported) in [(409, true), (414, false), (431, false)] {
        let world = World::with_document(declared.0, declared.1, DOCUMENT);
        let case = one(text(status));
        let found = world.findings_with(&case.replies, case.edit);
        assert_eq!(found.iter().any(|it| it.check == "undeclared-status"), is_reported, "{status}");
    }
    vec![
        pair("undeclared-status", declared, one(text(409)), right()),
        pair("undeclared-media-type", declared, typed("text/html"), typed("application/json; charset=utf-8")),
        pair("declared-schema", declared, one(body(json!({ "error": 1 }))), right()),
        pair("declared-vacuous", declared, one(body(json!({ "more": 1 }))), right()),
        pair("declared-headers", declared, one(Reply::json(404, json!({ "error": "x" }))), right()),
    ]
}

/// Judges a DELETE, with a GET of the same address before and afterwards.
fn asked_for_the_headers() {
    let judged = |fault: &str, head: u16, get: u16| {
        let scenario = format!("expect: no_server_error, request: HEAD /notes/7, fault: {fault}");
        let world = World::new("failures: [ { id: bad, status: 400, summary: x } ]", &scenario);
        let replies = [(Phase::Request, text(head)), (Phase::Then, text(get))];
        world.judge_flow_without_fault(&replies, |observed| {
            for record in &mut observed.records {
                let method = if record.phase == Phase::Request { "HEAD" } else { "GET" };
                record.exchange.request.method = method.into();
                record.exchange.request.url = "http://api.test/notes/7".parse().unwrap();
            }
        })
    };
    for refused in [400, 404, 405, 501] {
        assert_eq!(judged("head", refused, 200), ["warning head"], "{refused}");
        // So is GET, which needs no HEAD then.
        assert!(!judged("head", refused, refused).contains(&"warning head".to_owned()), "{refused}");
    }
    // Credentials and load come before the method.
    for status in [200, 204, 304, 401, 403, 429] {
        assert_eq!(judged("head", status, 200), [""; 0], "{status}");
    }
    assert_eq!(judged("zero", 404, 200), [""; 0]);
}

fn still_there() {
    let world = World::new(
        "failures: [ { id: bad, status: 400, summary: x } ]",
        "expect: no_server_error, request: DELETE /notes/7, fault: removed",
    );
    let thing = json!({ "id": 7, "name": "one", "status": "new" });
    let judged = |before: &Value, removed: Reply, after: Reply| {
        let replies = [
            (Phase::Setup, Reply::json(200, before.clone())),
            (Phase::Request, removed),
            (Phase::Then, after),
        ];
        world.judge_flow_without_fault(&replies, |observed| {
            observed.judged = 1;
            for record in &mut observed.records {
                let method = if record.phase == Phase::Request { "DELETE" } else { "GET" };
                record.exchange.request.method = method.into();
                record.exchange.request.url = "http://api.test/notes/7".parse().unwrap();
            }
        })
    };
    let is_found = |found: Vec<String>| found.contains(&"violation removal".to_owned());
    let gone = || text(204);
    let there = || Reply::json(200, thing.clone());
    assert!(is_found(judged(&thing, gone(), there())));
    assert!(is_found(judged(&thing, Reply::json(200, json!({ "ok": true })), there())));
    // What a harmless server may say: it is gone, later, or kept as removed, or a cache has it.
    for (removed, after) in [
        (gone(), Reply::json(404, json!({}))),
        (gone(), Reply::json(410, json!({}))),
        (gone(), Reply::json(403, json!({}))),
        (gone(), Reply::json(500, json!({}))),
        (Reply::json(202, json!({})), there()),
        (Reply::json(200, json!({ "state": "deleting" })), there()),
        (Reply::json(200, json!({ "data": { "job_id": 5 } })), there()),
        (Reply::json(404, json!({})), there()),
        (gone(), Reply::json(200, json!({ "id": 7, "name": "one", "status": "removed" }))),
        (
            gone(),
            Reply::json(200, json!({ "id": 7, "name": "one", "status": "new", "deletedAt": "2026-01-31" })),
        ),
        (gone(), there().with("age", "3")),
        (gone(), there().with("cache-control", "public, max-age=60")),
        (gone(), Reply::json(200, json!({}))),
    ] {
        assert!(!is_found(judged(&thing, removed, after)));
    }
    // Whatever is asked gets the same page.
    assert!(!is_found(judged(&json!({}), gone(), Reply::json(200, json!({})))));
    // What may not be kept for a moment is no excuse.
    assert!(is_found(judged(&thing, gone(), there().with("cache-control", "no-cache, max-age=0"))));
}

#[test]
fn every_check_catches_what_is_wrong_and_lets_pass_what_is_harmless() {
    let contract = World::new(CODES, "triggers: absent");
    assert!(contract.judge_closed(true).is_some() && contract.judge_closed(false).is_none());
    let refused = UnmetSuccess::NoSuccess("got HTTP 404".to_owned());
    assert!(contract.judge_success(Some(refused)).is_some() && contract.judge_success(None).is_none());
    // A body that was accepted only with more than the document requires, and one that was accepted as it is.
    let required = |members: Option<&str>, broke: bool, weight: &str| {
        let members = members.map(|name| vec![name.to_owned()]);
        let completed = members.map(|members| {
            let (operation, refusal) = ("POST /notes".to_owned(), "HTTP 400".to_owned());
            Box::new(CompletedBody {
                operation,
                members,
                values: Vec::new(),
                removed: Vec::new(),
                by_example: false,
                refusal,
                broke,
            })
        });
        let replies = [(Phase::Setup, Reply::json(201, json!({}))), (Phase::Request, text(404))];
        let found = contract.judge_with(&replies, |observed| observed.records[0].completed = completed);
        found.contains(&format!("{weight} undeclared-requirement"))
    };
    assert!(required(Some("kind"), false, "warning") && !required(None, false, "warning"));
    // No document lets the server break on what it allows.
    assert!(required(Some("kind"), true, "violation"));
    // The document's own example that was accepted although its schema forbids it.
    let completed = CompletedBody {
        operation: "POST /notes".to_owned(),
        members: Vec::new(),
        values: Vec::new(),
        removed: Vec::new(),
        by_example: true,
        refusal: "HTTP 400".to_owned(),
        broke: false,
    };
    let replies = [(Phase::Setup, Reply::json(201, json!({}))), (Phase::Request, text(404))];
    let found =
        contract.judge_with(&replies, |observed| observed.records[0].completed = Some(Box::new(completed)));
    assert!(found.contains(&"warning undeclared-requirement".to_owned()), "{found:?}");
    // The document's own example that was accepted only without a member, which lacks nothing.
    let refused = |broke: bool| {
        let (operation, refusal) = ("POST /notes".to_owned(), "HTTP 400".to_owned());
        let removed = vec![("branch".to_owned(), "\"gpu\"".to_owned())];
        let (members, values) = (Vec::new(), Vec::new());
        let completed =
            CompletedBody { operation, members, values, removed, by_example: false, refusal, broke };
        let replies = [(Phase::Setup, Reply::json(201, json!({}))), (Phase::Request, text(404))];
        let found = contract
            .judge_with(&replies, |observed| observed.records[0].completed = Some(Box::new(completed)));
        assert!(found.iter().all(|finding| !finding.contains("undeclared-requirement")), "{found:?}");
        found.into_iter().find(|finding| finding.contains("undeclared-restriction"))
    };
    assert_eq!(refused(false).as_deref(), Some("warning undeclared-restriction"));
    assert_eq!(refused(true).as_deref(), Some("violation undeclared-restriction"));
    // A page that may read successes, and may not, or may, read this failure.
    let readable = |allowed: Option<&str>| {
        let failure = allowed.map_or(absent(), |origin| absent().with("access-control-allow-origin", origin));
        let success = Reply::json(200, json!({})).with("access-control-allow-origin", "*");
        let found =
            contract.judge_with(&[(Phase::Control, success), (Phase::Request, failure)], |observed| {
                for record in &mut observed.records {
                    record.exchange.request.headers.push(Header::open("Origin", "https://app.test"));
                }
            });
        !found.contains(&"warning cross-origin".to_owned())
    };
    assert!(!readable(None) && !readable(Some("https://other.test")));
    assert!(readable(Some("*")) && readable(Some("https://app.test")));
    // Headers that the success exposes matter if the failure has them.
    let exposes = |name: &'static str, exposed: &str| {
        let open = |reply: Reply| reply.with("access-control-allow-origin", "*");
        let success = open(Reply::json(200, json!({}))).with("access-control-expose-headers", exposed);
        let failure = open(absent()).with(name, "1");
        let found =
            contract.judge_with(&[(Phase::Control, success), (Phase::Request, failure)], |observed| {
                for record in &mut observed.records {
                    record.exchange.request.headers.push(Header::open("Origin", "https://app.test"));
                }
            });
        found.contains(&"warning cross-origin".to_owned())
    };
    assert!(exposes("x-id", "X-Total, X-Id") && exposes("x-id", "*"));
    assert!(!exposes("x-id", "X-Total"));
    // A failure that names the parameter that is wrong, and one that names another.
    let names = World::new(
        "envelope: { code: /error }\nfailures: [ { id: bad, status: 400, code: bad, summary: x, names: /fields/*/name } ]",
        "triggers: bad",
    );
    let named = |field: Value| {
        let reply = Reply::json(400, json!({ "error": "bad", "fields": [{ "name": field }] }));
        let found = names.judge_with(&[(Phase::Request, reply)], |observed| {
            observed.faulty_parts.insert(RequestPart::Query("pageSize".to_owned()));
        });
        found.is_empty()
    };
    assert!(!named(json!("page_size")) && !named(json!("sort")) && !named(Value::Null));
    assert!(
        named(json!("pageSize")) && named(json!("query.pageSize")) && named(json!(["query", "pageSize"]))
    );
    // Requests at once, of which nobody succeeds, or one.
    let at_once = World::new(
        "failures: [ { id: stale, status: 412, summary: x } ]",
        "triggers: stale, concurrent: { times: 3 }",
    );
    let succeeded = |succeeded: usize| {
        let found = at_once.judge_with(&[(Phase::Request, Reply::text(412, ""))], |observed| {
            observed.concurrent = Some(SentAtOnce { sent: 3, succeeded, wanted: 1 });
        });
        found.contains(&"violation concurrent".to_owned())
    };
    assert!(succeeded(0) && succeeded(2) && !succeeded(1));
    // A time that the API alone sets: it takes that of the request, or its own one. What it would choose itself says nothing.
    let created = |fault: &str, response: Value| {
        let scenario = format!(
            "expect: no_server_error, request: POST /notes, fault: {fault}, part: created_at, json: {{}}"
        );
        let contract = "failures: [ { id: bad, status: 400, summary: x } ]";
        let world = World::new(contract, &scenario);
        let sent = json!({ "name": "one", "created_at": "2001-02-03T04:05:06Z" });
        world.judge_without_fault(&sent, Reply::json(201, response)).contains(&"warning read-only".to_owned())
    };
    // A removal that is refused whenever it is sent.
    let removal = |refused: Option<usize>, status: u16| {
        let replies = [(Phase::Request, text(404)), (Phase::Teardown, text(status))];
        let found = contract.judge_with(&replies, |observed| observed.refused_removal = refused);
        found.into_iter().find(|finding| finding.contains("removal-refused"))
    };
    assert_eq!(removal(None, 400), None);
    assert_eq!(removal(Some(1), 400).as_deref(), Some("warning removal-refused"));
    assert_eq!(removal(Some(1), 500).as_deref(), Some("violation removal-refused"));
    let old = json!({ "created_at": "2001-02-03T04:05:06Z" });
    let new = json!({ "created_at": "2026-11-20T04:05:06Z", "name": "one" });
    assert!(created("read_only_member", old.clone()) && created("read_only_member", json!({ "data": old })));
    assert!(!created("read_only_member", new) && !created("read_only_member", json!({})));
    assert!(!created("read_only_value", old.clone()) && !created("further_member", old));
    still_there();
    // A method that the path does not have, and a document that declares no refusal of it.
    let method = World::new(
        "failures: [ { id: refused, status: 4xx, source: inferred, summary: x } ]",
        "triggers: refused, fault: undeclared_method",
    );
    let refused = |status| method.judge(text(status)).contains(&"warning unsupported-method".to_owned());
    assert!(refused(404) && refused(400) && refused(403) && !refused(405) && !refused(401));
    // Every server knows GET.
    assert!(refused(501));
    asked_for_the_headers();
    let mut proven = BTreeSet::from([
        "head",
        "read-only",
        "removal",
        "removal-refused",
        "unsupported-method",
        "concurrent",
        "names-fault",
        "connection-closed",
        "success",
        "undeclared-requirement",
        "cross-origin",
        // See `what_the_document_allows_is_accepted`.
        "undeclared-restriction",
    ]);
    for pairs in [pairs_of_the_contract(), pairs_of_flows_and_standards(), pairs_of_the_document()] {
        proven.extend(pairs);
    }
    let all: BTreeSet<&str> = CHECKS.iter().map(|check| check.id).collect();
    assert_eq!(proven, all, "each check needs a pair");
}
