//! Attempts to pass for the wrong reason, and to fail because of something that clients must tolerate.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use crate::checks_server::{Asked, Reply, Server, assert_clean, broken, case, judge, judge_with, right};
use failspec_engine::RunOptions;
use failspec_judge::report_model::{CaseReport, Exercise, Outcome, RunReport, State};
use serde_json::json;

const NGINX: &str =
    "<html><head><title>502 Bad Gateway</title></head><body><hr><center>nginx</center></body></html>";

/// Runs the pack `depot` against a server that modifies the correct responses with `change`.
async fn depot(
    selectors: &[&str],
    change: impl Fn(&Asked, Reply) -> Reply + Send + Sync + 'static,
) -> RunReport {
    let depot = right::Depot::default();
    let server = Server::start(move |asked| change(asked, depot.response(asked))).await;
    judge_with("depot", selectors, &server, right::JAMMED, RunOptions::default()).await
}

/// The scenario under attack, and one that shows that the API responds at all.
const ATTACKED: &[&str] = &["broken", "absent::read_an_absent_item"];

fn attacked(report: &RunReport) -> &CaseReport {
    assert_eq!(report.diagnosis, None);
    case(report, "read_an_absent_item")
}

#[track_caller]
fn assert_inconclusive(found: &CaseReport, why: &str) {
    assert_eq!(found.outcome, Outcome::Inconclusive, "{:?} {:?}", found.reason, broken(found));
    assert_eq!(found.exercised, Exercise::No);
    assert!(broken(found).is_empty());
    let reason = found.reason.as_ref().map(ToString::to_string).unwrap_or_default();
    assert!(reason.contains(why), "{reason}");
}

#[tokio::test]
async fn missing_route_exercises_nothing() {
    let report = depot(ATTACKED, |asked, reply| {
        if asked.path.starts_with("/items/") && asked.path != "/items/known" {
            Reply::html(404, "404 page not found")
        } else {
            reply
        }
    })
    .await;
    assert_inconclusive(attacked(&report), "the control");
    assert_eq!(report.verdict.as_str(), "inconclusive");
    assert_eq!(report.summary.exercised, 1, "the other one alone");
}

#[tokio::test]
async fn earlier_rejection_exercises_nothing() {
    let report = depot(ATTACKED, |asked, reply| match asked.path.as_str() {
        "/items/made" => reply.status(401).set("error", json!("unauthorized")),
        _ => reply,
    })
    .await;
    assert_inconclusive(attacked(&report), "did not succeed");
}

#[tokio::test]
async fn a_control_that_fails_in_the_same_way_is_a_violation_and_exercises_nothing() {
    let same = |asked: &Asked, reply: Reply| {
        if asked.path != "/items/made" {
            return reply;
        }
        let id = format!("r-{}", asked.number);
        let body = json!({ "error": "absent", "message": "Gone", "requestId": id, "status": 404 });
        Reply::json(404, body).with("X-Request-Id", &id)
    };
    let report = depot(ATTACKED, same).await;
    assert_eq!(broken(attacked(&report)), ["control"]);
    assert_eq!(attacked(&report).exercised, Exercise::No);

    // A waiver covers the violation, but the failure is still not exercised.
    let waiver = "[[waivers]]\nscenario = \"depot::absent::*\"\ncheck = \"control\"\nreason = \"known\"\nexpires = 2999-01-01\n";
    let depot = right::Depot::default();
    let server = Server::start(move |asked| same(asked, depot.response(asked))).await;
    let more = format!("{}{waiver}", right::JAMMED);
    let report = judge_with("depot", ATTACKED, &server, &more, RunOptions::default()).await;
    assert_eq!(attacked(&report).outcome, Outcome::Waived);
    assert_eq!(attacked(&report).exercised, Exercise::No);
    let coverage = &report.packs[0].coverage.failures;
    let absent = coverage.iter().find(|it| it.failure == "absent").expect("in the contract");
    assert_eq!(absent.state, State::Waived("known".to_owned()));
}

#[tokio::test]
async fn proxy_page_is_not_from_the_api() {
    let report = depot(ATTACKED, |asked, reply| match asked.path.as_str() {
        "/items/absent" => Reply::html(404, NGINX),
        _ => reply,
    })
    .await;
    assert_inconclusive(attacked(&report), "nginx");
    let report = depot(ATTACKED, |asked, reply| match asked.path.as_str() {
        "/items/made" => Reply::html(502, NGINX),
        _ => reply,
    })
    .await;
    assert_inconclusive(attacked(&report), "nginx");
}

#[tokio::test]
async fn page_is_from_the_api_if_the_control_succeeded() {
    let report = depot(ATTACKED, |asked, reply| match asked.path.as_str() {
        "/items/absent" => Reply::html(404, "<h1>Not here</h1>"),
        _ => reply,
    })
    .await;
    assert_eq!(broken(attacked(&report)), ["unrecognized-response"]);
}

#[tokio::test]
async fn identical_page_for_control_and_request_is_not_from_the_api() {
    // Without codes every 404 is the same: only the page itself shows the difference.
    let server = Server::start(|asked| match asked.path.as_str() {
        "/things/one" | "/things/none" if asked.is_known() => Reply::html(404, "<h1>Not here</h1>"),
        _ => right::words(asked),
    })
    .await;
    let report = judge("words", &["unprocessable", "unknown"], &server).await;
    assert_inconclusive(case(&report, "read_the_unknown"), "the control");
    assert_eq!((report.verdict.as_str(), report.diagnosis), ("inconclusive", None));
}

#[tokio::test]
async fn setup_fails_on_an_error_with_a_success_status() {
    let report = depot(ATTACKED, |asked, reply| match asked.line() {
        ("POST", "/items") => {
            reply.edit(|body| *body = json!({ "error": "broken", "message": "No", "data": { "id": "made" } }))
        }
        _ => reply,
    })
    .await;
    assert_inconclusive(attacked(&report), "setup of the control");
}

#[tokio::test]
async fn missing_value_cannot_be_captured() {
    for id in [json!({}), json!({ "id": null })] {
        let report = depot(ATTACKED, move |asked, reply| match asked.line() {
            ("POST", "/items") => reply.set("data", id.clone()),
            _ => reply,
        })
        .await;
        assert_inconclusive(attacked(&report), "nothing to capture as made");
    }
}

#[tokio::test]
async fn inferred_scenario_does_not_pass_if_its_control_fails() {
    let ours = "wrong_method::use_a_wrong_method_as_nobody";
    let report = depot(&["broken", ours], |asked, reply| {
        if asked.line() != ("GET", "/items/known") || asked.number == 1 {
            return reply;
        }
        // The control of another scenario sends the same request and runs first.
        reply.status(405).edit(|body| {
            *body = json!({ "error": "wrong_method", "message": "No", "requestId": "r-0", "status": 405 })
        })
    })
    .await;
    let found = case(&report, "use_a_wrong_method_as_nobody");
    assert!(matches!(found.outcome, Outcome::Inconclusive), "{:?} {:?}", found.outcome, found.reason);
    assert_eq!(found.exercised, Exercise::No);
}

#[tokio::test]
async fn identical_response_to_every_request_is_one_diagnosis() {
    let refused = json!({ "error": "unauthorized", "message": "No", "requestId": "r-1", "status": 401 });
    let replies = [
        Reply::json(401, refused).with("X-Request-Id", "r-1").with("WWW-Authenticate", "Bearer"),
        Reply::html(404, "<h1>Not Found</h1>"),
        Reply::html(302, "").with("Location", "https://sso.example.com/login?next=/"),
        Reply::html(200, "<h1>Welcome</h1>").status(503),
    ];
    for reply in replies {
        let status = reply.status;
        let report = depot(&[], move |_, _| reply.clone()).await;
        assert_eq!(report.verdict.as_str(), "inconclusive", "{status}");
        assert!(report.diagnosis.is_some(), "{status}");
        assert!(report.run_findings.is_empty(), "{status}: {:?}", report.run_findings);
        assert!(report.cases.iter().all(|case| broken(case).is_empty()), "{status}");
        assert_eq!(report.summary.exercised, 0, "{status}");
    }
}

#[tokio::test]
async fn undocumented_code_in_the_teardown_is_no_finding() {
    // The teardown fails with an undocumented code, in a contract with an open list of codes.
    let report = depot(ATTACKED, |asked, reply| match asked.line() {
        ("DELETE", _) => reply.status(423).edit(|body| {
            *body = json!({ "error": "in_use", "message": "Later", "requestId": "r-0", "status": 423 });
        }),
        _ => reply,
    })
    .await;
    assert_clean(&report, "a new code");
    assert!(!attacked(&report).left_behind.is_empty());
}

#[tokio::test]
async fn hostile_waits_are_judged_without_waiting() {
    for (header, body) in [
        ("9223372036854775807", json!(-9_223_372_036_854_775_808_i64)),
        ("9223372036854775807", json!(0)),
        ("-1", json!(1e300)),
        ("99999999999999999999999999", json!(9_223_372_036_854_775_807_i64)),
    ] {
        let began = Instant::now();
        let about = format!("{header} {body}");
        let report = depot(&["limited"], move |_, reply| {
            if reply.status == 429 {
                reply.with("Retry-After", header).set("retryAfter", body.clone())
            } else {
                reply
            }
        })
        .await;
        let found = case(&report, "ask_too_often");
        assert!(
            broken(found).contains(&"retry-after".to_owned()),
            "{about}: {:?} {:?}",
            broken(found),
            report.diagnosis
        );
        assert!(began.elapsed() < Duration::from_secs(5), "{about}");
    }
}

/// Simulates the rate limit of the pack `burst`.
fn burst(calls: &AtomicUsize, asked: &Asked) -> Reply {
    let limited = || Reply::json(429, json!({ "error": "limited", "text": "Slow down", "wait": 0 }));
    match asked.path.as_str() {
        // The third of every four requests of the burst exceeds the limit.
        "/things" if asked.method == "GET" && calls.fetch_add(1, Ordering::Relaxed) % 4 == 2 => limited(),
        "/things/none" | "/things/nothing" => {
            Reply::json(404, json!({ "error": "unknown", "text": "No such thing" }))
        }
        _ => Reply::json(200, json!({})),
    }
}

async fn limits(
    more: &str,
    selectors: &[&str],
    change: impl Fn(&Asked, Reply) -> Reply + Send + Sync + 'static,
) -> (RunReport, usize) {
    let calls = AtomicUsize::new(0);
    let server = Server::start(move |asked| change(asked, burst(&calls, asked))).await;
    let report = judge_with("burst", selectors, &server, more, RunOptions::default()).await;
    (report, server.asked())
}

fn too_often(wait: u64) -> Reply {
    Reply::json(429, json!({ "error": "limited", "text": "Slow down", "wait": wait }))
}

#[tokio::test]
async fn a_rate_limit_is_triggered_and_recovers() {
    let (report, _) = limits("", &[], |_, reply| reply).await;
    assert_clean(&report, "burst");
}

#[tokio::test]
async fn zero_repetitions_exercise_nothing() {
    for (variables, why) in
        [("burst = 0", "the request was never sent"), ("tries = 0", "the control was never sent")]
    {
        let more = format!("[target.own.variables]\n{variables}\n");
        let (report, _) = limits(&more, &[], |_, reply| reply).await;
        assert_inconclusive(case(&report, "ask_too_often"), why);
    }
}

#[tokio::test]
async fn unexpected_429_is_waited_for_and_the_request_resent() {
    let seen = AtomicUsize::new(0);
    for path in ["/calm", "/things/one", "/things/none"] {
        let seen = Arc::new(AtomicUsize::new(seen.load(Ordering::Relaxed)));
        let began = Instant::now();
        let (report, _) = limits("", &[], move |asked, reply| {
            // The wait is in the body, where this contract documents it: one second, twice.
            if asked.path == path && seen.fetch_add(1, Ordering::Relaxed) < 2 { too_often(1) } else { reply }
        })
        .await;
        assert_clean(&report, path);
        assert!(began.elapsed() >= Duration::from_secs(2), "{path} was not waited for");
    }
}

#[tokio::test]
async fn permanent_429_is_inconclusive() {
    for path in ["/calm", "/things/none"] {
        let (report, asked) =
            limits("", &[], move |asked, reply| if asked.path == path { too_often(0) } else { reply }).await;
        let scenario = if path == "/calm" { "ask_too_often" } else { "read_the_unknown" };
        assert_inconclusive(case(&report, scenario), "limits the rate of requests");
        assert!(asked < 25, "{asked} requests");
    }
    // The run must not wait an hour for a setup.
    let began = Instant::now();
    let (report, _) =
        limits(
            "",
            &[],
            |asked, reply| {
                if asked.line() == ("POST", "/things") { too_often(3600) } else { reply }
            },
        )
        .await;
    assert_inconclusive(case(&report, "read_the_unknown"), "asks to wait 3600 s");
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn second_429_after_the_advertised_wait_violates_the_retry_advice() {
    let seen = AtomicUsize::new(0);
    let (report, _) = limits("", &["limited"], move |asked, reply| {
        // Three requests are accepted, or rejected as documented; the one after the wait is rejected again.
        if asked.path == "/things" && seen.fetch_add(1, Ordering::Relaxed) == 3 {
            too_often(0)
        } else {
            reply
        }
    })
    .await;
    assert_eq!(broken(case(&report, "ask_too_often")), ["recovers"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scenarios_of_an_exclusive_role_never_overlap() {
    for (exclusive, overlap) in [("", true), ("exclusive = true\n", false)] {
        let (now, peak) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let seen = Arc::clone(&peak);
        let server = Server::start(move |asked| {
            seen.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            std::thread::sleep(Duration::from_millis(10));
            now.fetch_sub(1, Ordering::SeqCst);
            right::words(asked)
        })
        .await;
        // The table of the role is the last one in the target file.
        let report = judge_with("words", &[], &server, exclusive, RunOptions::default()).await;
        assert_clean(&report, exclusive);
        assert_eq!(peak.load(Ordering::SeqCst) > 1, overlap, "{exclusive:?}");
    }
}
