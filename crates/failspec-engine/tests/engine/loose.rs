//! Incomplete documentation: it is binding where it is explicit, and nowhere else.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use crate::checks_server::{Asked, Reply, Server, assert_clean, broken, case, has, judge, judge_texts};
use failspec_judge::report_model::{Outcome, RunReport, State};
use serde_json::json;

type Change = fn(&Asked, Reply) -> Reply;

fn error(status: u16, code: &str) -> Reply {
    Reply::json(status, json!({ "error": code }))
}

fn errors(codes: &[&str]) -> Reply {
    let errors: Vec<_> = codes.iter().map(|code| json!({ "code": code })).collect();
    Reply::json(409, json!({ "errors": errors }))
}

fn right(asked: &Asked) -> Reply {
    match asked.line() {
        (_, "/things/absent") => error(404, "absent"),
        ("DELETE", _) => error(405, "fixed").with("Allow", "GET"),
        ("POST", "/things") if asked.json["odd"] == true => error(422, "odd"),
        ("POST", "/uploads") => Reply::json(201, json!({})).with("Location", "/uploads/7?state=a%3D"),
        ("POST", "/clashes") if asked.json["name"] == "taken" => errors(&["size", "clash"]),
        ("PUT", "/uploads/7") if asked.query == "state=a%3D&part=2%2F3" => error(410, "over"),
        ("PUT", "/uploads/7") if asked.query != "state=a%3D&part=1" => error(400, "query"),
        _ => Reply::json(200, json!({})),
    }
}

async fn judged(scenario: &'static str, change: Change) -> RunReport {
    let server = Server::start(move |asked| change(asked, right(asked))).await;
    let report = judge("loose", &[scenario], &server).await;
    assert_eq!(report.cases.len(), 1, "{scenario}");
    report
}

fn state(report: &RunReport, failure: &str) -> State {
    let found = report.packs[0].coverage.failures.iter().find(|it| it.failure == failure);
    found.expect("a failure of the pack").state.clone()
}

const READ: &str = "absent::read_an_absent_thing";
const LOOK: &str = "absent::look_at_an_absent_thing";
const DELETE: &str = "fixed::delete_a_thing";
const ODD: &str = "odd::make_an_odd_thing";
const CLASH: &str = "several::clash_with_a_thing";
const UPLOAD: &str = "over::go_on_with_an_upload";

/// Returns true for requests whose response may have no body or another one.
fn is_absent(asked: &Asked) -> bool {
    asked.path == "/things/absent"
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn right_responses_are_clean() {
    let server = Server::start(right).await;
    let report = judge("loose", &[], &server).await;
    assert_clean(&report, "loose");
    assert!(report.packs[0].coverage.failures.iter().all(|it| it.state == State::Exercised));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn undocumented_body_may_be_missing_but_shows_no_code() {
    let bare: [Change; 4] = [
        |asked, reply| if is_absent(asked) { reply.body("") } else { reply },
        |asked, reply| if is_absent(asked) { Reply::html(404, "404 page not found") } else { reply },
        |asked, reply| if is_absent(asked) { Reply::html(404, "404") } else { reply },
        |asked, reply| if is_absent(asked) { reply.body("no type").with("Content-Type", "") } else { reply },
    ];
    for change in bare {
        let report = judged(READ, change).await;
        assert_clean(&report, "a bare 404");
        let State::CoveredByAlternative(by) = state(&report, "absent") else {
            panic!("the code was not seen")
        };
        assert!(by.contains("without a code"), "{by}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn json_body_is_checked_against_its_structure() {
    let wrong: [(&str, Change); 5] = [
        ("envelope", |asked, reply| if is_absent(asked) { reply.set("error", json!(7)) } else { reply }),
        ("code", |asked, reply| if is_absent(asked) { error(404, "odd") } else { reply }),
        (
            "well-formed",
            |asked, reply| if is_absent(asked) { reply.body("404 page not found") } else { reply },
        ),
        (
            "media-type",
            |asked, reply| {
                if is_absent(asked) { reply.with("Content-Type", "text/plain") } else { reply }
            },
        ),
        ("status", |asked, reply| if is_absent(asked) { Reply::html(403, "no") } else { reply }),
    ];
    for (check, change) in wrong {
        let report = judged(READ, change).await;
        assert!(has(&report.cases[0], check), "{check}: {:?}", broken(&report.cases[0]));
        assert_eq!(report.verdict.as_str(), "violations", "{check}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn response_to_head_is_judged_by_its_status() {
    let report = judged(LOOK, |_, reply| reply).await;
    assert_clean(&report, "HEAD");
    assert!(matches!(state(&report, "absent"), State::CoveredByAlternative(_)));
    let report = judged(LOOK, |asked, reply| if is_absent(asked) { reply.status(410) } else { reply }).await;
    assert_eq!(broken(&report.cases[0]), ["status"]);
    let report = judged(LOOK, |asked, reply| if is_absent(asked) { reply.status(200) } else { reply }).await;
    assert_eq!(broken(&report.cases[0]), ["not-rejected"]);
    let once = |asked: &Asked, reply: Reply| {
        if is_absent(asked) && asked.number > 2 { reply.status(403) } else { reply }
    };
    assert_eq!(broken(&judged(LOOK, once).await.cases[0]), ["repeatable"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_of_several_statuses_is_the_documented_one() {
    let delete = |status: u16| {
        move |asked: &Asked| if asked.method == "DELETE" { error(status, "fixed") } else { right(asked) }
    };
    for (status, expected) in [(400, vec![]), (409, vec!["status"])] {
        let server = Server::start(delete(status)).await;
        let report = judge("loose", &[DELETE], &server).await;
        assert_eq!(broken(&report.cases[0]), expected, "{status}");
        if status == 409 {
            let message = &report.cases[0].violations[0].message;
            assert!(message.contains("expected 405 or 400, got 409"), "{message}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn optional_rejection_must_be_as_documented() {
    let accepts =
        |_: &Asked, reply: Reply| if reply.status == 422 { Reply::json(201, json!({})) } else { reply };
    let report = judged(ODD, accepts).await;
    assert_eq!(broken(&report.cases[0]), ["~not-rejected"]);
    // There is no violation, but the failure is not exercised either.
    assert_eq!(report.verdict.as_str(), "incomplete");
    let refuses = |_: &Asked, reply: Reply| if reply.status == 422 { error(422, "absent") } else { reply };
    let report = judged(ODD, refuses).await;
    assert!(broken(&report.cases[0]).contains(&"code".to_owned()));
    let report = judged(
        DELETE,
        |asked, reply| {
            if asked.method == "DELETE" { Reply::json(200, json!({})) } else { reply }
        },
    )
    .await;
    assert_eq!(broken(&report.cases[0]), ["not-rejected"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn request_that_may_be_accepted_must_leave_what_then_expects() {
    const CONTRACT: &str = "
contract: t
as_of: 2026-01-01
success: { status: 2xx }
failures: [{ id: odd, status: 403, summary: x, refusal: optional }]";
    const SCENARIOS: &str = "
contract: t
scenarios:
  change_a_thing:
    triggers: odd
    request: PUT /things/1
    no_control: there is none
    then:
      - { resend: true }
      - { request: GET /things/1, expect: { status: 200, body: { /name: { const: old } } } }";
    for (change, look, name, outcome, found) in [
        (403, 200, "old", Outcome::Passed, vec![]),
        (200, 200, "old", Outcome::Unconfirmed, vec!["~not-rejected"]),
        (200, 200, "new", Outcome::Failed, vec!["after-failure"]),
        (200, 404, "old", Outcome::Failed, vec!["after-failure"]),
        // Nobody knows what it did.
        (200, 500, "old", Outcome::Inconclusive, vec!["~not-rejected"]),
    ] {
        let server = Server::start(move |asked| match (asked.method.as_str(), asked.number) {
            // The resent request recovers.
            ("PUT", 2..) => Reply::json(200, json!({})),
            ("PUT", _) => Reply::json(change, json!({})),
            _ => Reply::json(look, json!({ "name": name })),
        });
        let report = judge_texts(CONTRACT, SCENARIOS, &server.await, "").await;
        assert_eq!(report.cases[0].outcome, outcome, "{change} {look} {name}");
        assert_eq!(broken(&report.cases[0]), found, "{change} {look} {name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_several_errors_is_sufficient() {
    let fine: [Change; 2] = [
        |_, reply| if reply.status == 409 { errors(&["clash"]) } else { reply },
        |_, reply| if reply.status == 409 { errors(&["absent", "clash", "fixed"]) } else { reply },
    ];
    for change in fine {
        assert_clean(&judged(CLASH, change).await, "clash is among them");
    }
    let wrong: [(Change, &str); 3] = [
        (|_, reply| if reply.status == 409 { errors(&["size", "weight"]) } else { reply }, "got \"size\""),
        (|_, reply| if reply.status == 409 { errors(&[]) } else { reply }, "none at /errors/*/code"),
        (
            |_, reply| {
                if reply.status == 409 { reply.set("errors", json!({ "code": "clash" })) } else { reply }
            },
            "none at",
        ),
    ];
    for (change, message) in wrong {
        let report = judged(CLASH, change).await;
        assert_eq!(broken(&report.cases[0]), ["code"]);
        let told = &report.cases[0].violations[0].message;
        assert!(told.contains(message), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn address_is_followed_only_on_the_target() {
    let report = judged(UPLOAD, |_, reply| reply).await;
    assert_clean(&report, "a relative address");
    let asked_elsewhere = Arc::new(AtomicUsize::new(0));
    let elsewhere = {
        let count = Arc::clone(&asked_elsewhere);
        Server::start(move |_| {
            count.fetch_add(1, Ordering::Relaxed);
            Reply::json(200, json!({}))
        })
        .await
    };
    let lure = format!("{}/uploads/7", elsewhere.url);
    let server = Server::start(move |asked| match asked.line() {
        ("POST", "/uploads") => right(asked).with("Location", &lure),
        _ => right(asked),
    })
    .await;
    let report = judge("loose", &[UPLOAD], &server).await;
    let found = case(&report, "go_on_with_an_upload");
    assert_eq!(found.outcome, Outcome::Inconclusive);
    let reason = found.reason.as_ref().map(ToString::to_string).unwrap_or_default();
    assert!(reason.contains("is not on the target"), "{reason}");
    assert_eq!(asked_elsewhere.load(Ordering::Relaxed), 0, "credentials went to another host");
}

/// A thread of `tokio::test` has 2 MiB: those who test with failspec must not overflow it. What overflows ends the process.
#[test]
fn a_case_needs_less_than_the_stack_of_a_test_thread() {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let runtime = builder.worker_threads(2).thread_stack_size(3 << 19).enable_all().build().unwrap();
    runtime.block_on(async {
        for scenario in [CLASH, UPLOAD] {
            let report = judged(scenario, |_, reply| reply).await;
            assert_eq!(report.cases[0].outcome, Outcome::Passed, "{:?}", report.cases[0]);
        }
    });
}
