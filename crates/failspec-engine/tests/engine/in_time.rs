//! Requests at once, and failures that come later. Each with wrong servers and harmless changes.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

use serde_json::json;

use crate::checks_server::{Asked, Reply, Server, broken, judge_texts};

/// The verdict of a right server: the other failures of the contracts have no scenario.
const RIGHT: &str = "incomplete";

struct Found {
    verdict: String,
    broken: Vec<String>,
    reason: String,
    exercised: usize,
}

async fn run(
    contract: &str,
    scenario: &str,
    answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static,
) -> Found {
    let server = Server::start(answer).await;
    let report = judge_texts(contract, scenario, &server, "").await;
    let case = &report.cases[0];
    Found {
        verdict: report.verdict.as_str().to_owned(),
        broken: broken(case),
        reason: format!("{:?} {:?}", case.reason, report.diagnosis),
        exercised: report.summary.exercised,
    }
}

mod at_once {
    use super::*;

    const CONTRACT: &str = "
contract: t
as_of: 2026-01-01
envelope: { code: /code, message: /message }
failures:
  - { id: stale, status: 412, code: stale, summary: x }
  - { id: busy, status: 409, code: busy, summary: x }
";

    fn scenario(triggers: &str, concurrent: &str) -> String {
        format!(
            "contract: t\nscenarios:\n  s:\n    triggers: {triggers}\n    request: PUT /thing\n    json: {{ a: 1 }}\n    \
             concurrent: {{ {concurrent} }}\n    control: {{ json: {{ a: 2 }} }}\n"
        )
    }

    fn refusal(status: u16, code: &str) -> Reply {
        Reply::json(status, json!({ "code": code, "message": "m" }))
    }

    /// A server of which the first `succeed` requests with the body of the scenario succeed; the rest get `other`.
    fn first(succeed: usize, other: fn() -> Reply) -> impl Fn(&Asked) -> Reply + Send + Sync {
        let count = AtomicUsize::new(0);
        move |asked| match asked.json["a"] == 1 {
            true if count.fetch_add(1, SeqCst) >= succeed => other(),
            _ => Reply::json(200, "{}"),
        }
    }

    #[tokio::test]
    async fn one_of_several_succeeds() {
        for (concurrent, succeed) in
            [("times: 3", 1), ("times: 4, succeed: 3", 3), ("others: [ {}, { query: { x: 1 } } ]", 1)]
        {
            for more in ["", ", in_turn: refused"] {
                let text = scenario("stale", &format!("{concurrent}{more}"));
                let found = run(CONTRACT, &text, first(succeed, || refusal(412, "stale"))).await;
                let is = (found.verdict.as_str(), found.broken.len(), found.exercised);
                assert_eq!(is, (RIGHT, 0, 1), "{concurrent}{more} {:?} {}", found.broken, found.reason);
            }
        }
    }

    #[tokio::test]
    async fn wrong_servers_are_caught() {
        let refused = scenario("stale", "times: 3, in_turn: refused");
        for (scenario, succeed, other, check) in [
            // Lost updates.
            (&refused, 9, (|| refusal(412, "stale")) as fn() -> Reply, "not-rejected"),
            (&refused, 2, || refusal(412, "stale"), "not-rejected"),
            // Nobody wins.
            (&refused, 0, || refusal(412, "stale"), "concurrent"),
            (&scenario("stale", "times: 3"), 0, || refusal(412, "stale"), "concurrent"),
            // Another failure, and none that is documented.
            (&refused, 1, || refusal(409, "busy"), "code"),
            (&refused, 1, || Reply::json(500, "{}"), "unrecognized-response"),
            // The failure, but not as it is documented.
            (&refused, 1, || Reply::json(412, json!({ "code": "stale" })), "message"),
        ] {
            let found = run(CONTRACT, scenario, first(succeed, other)).await;
            assert_eq!(found.verdict, "violations", "{check}: {}", found.reason);
            assert!(found.broken.iter().any(|it| it == check), "{check}: {:?}", found.broken);
        }
    }

    #[tokio::test]
    async fn requests_that_did_not_overlap_show_nothing_and_are_sent_again() {
        let text = scenario("busy", "times: 2");
        let never = run(CONTRACT, &text, |_| Reply::json(200, "{}")).await;
        assert_eq!((never.verdict.as_str(), never.broken.len(), never.exercised), ("inconclusive", 0, 0));
        assert!(never.reason.contains("one after the other"), "{}", never.reason);
        // The third time they overlap.
        let count = AtomicUsize::new(0);
        let later = run(CONTRACT, &text, move |asked| match asked.json["a"] == 1 {
            true if count.fetch_add(1, SeqCst) == 5 => refusal(409, "busy"),
            _ => Reply::json(200, "{}"),
        })
        .await;
        assert_eq!((later.verdict.as_str(), later.exercised), (RIGHT, 1), "{}", later.reason);
    }

    #[tokio::test]
    async fn requests_are_sent_at_once_on_connections_of_their_own() {
        // Each waits for the other: one after the other, they would wait until the end.
        let (arrived, waited) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(0)));
        let (count, most) = (Arc::clone(&arrived), Arc::clone(&waited));
        let text = scenario("busy", "times: 3");
        let found = run(CONTRACT, &text, move |asked| {
            if asked.json["a"] != 1 {
                return Reply::json(200, "{}");
            }
            let own = count.fetch_add(1, SeqCst);
            for _ in 0..200 {
                if count.load(SeqCst) >= 3 {
                    break;
                }
                std::thread::sleep(std::time::Duration::from_millis(10));
            }
            *most.lock().unwrap() = count.load(SeqCst);
            if own == 0 { Reply::json(200, "{}") } else { refusal(409, "busy") }
        })
        .await;
        assert_eq!((found.verdict.as_str(), found.exercised), (RIGHT, 1), "{}", found.reason);
        assert_eq!(*waited.lock().unwrap(), 3);
    }
}

mod later {
    use super::*;

    const CONTRACT: &str = "
contract: t
as_of: 2026-01-01
envelope: { code: /code, message: /message, status: /status }
failures:
  - { id: broken, status: 200, code: broken, summary: x }
  - { id: other, status: 200, code: other, summary: x }
  - { id: gone, status: 410, code: gone, summary: x }
";

    fn scenario(triggers: &str, more: &str) -> String {
        format!(
            "contract: t\nscenarios:\n  s:\n    triggers: {triggers}\n    request: POST /jobs\n    json: {{ image: broken }}\n    later:\n      \
             capture: {{ job: {{ header: location }} }}\n      request: GET ${{job}}\n      every: 50ms\n      within: 2s\n      {more}\n    \
             control: {{ json: {{ image: right }} }}\n"
        )
    }

    const OF_JOB: &str = "until: { body: { /state: { enum: [failed, done] } } }\n      error: /error";

    /// A server whose jobs run for two requests; `end` is the end of the job with the fault.
    fn jobs(end: fn() -> Reply, right: fn() -> Reply) -> impl Fn(&Asked) -> Reply + Send + Sync {
        let asked_before = Mutex::new(std::collections::HashMap::new());
        move |asked| {
            if asked.method == "POST" {
                let job = if asked.json["image"] == "broken" { "/jobs/b" } else { "/jobs/r" };
                return Reply::json(202, "{}").add("Location", job);
            }
            let mut before = asked_before.lock().unwrap();
            let count = before.entry(asked.path.clone()).or_insert(0);
            *count += 1;
            match asked.path.as_str() {
                _ if *count < 3 => Reply::json(200, json!({ "state": "running", "error": null })),
                "/jobs/b" => end(),
                _ => right(),
            }
        }
    }

    fn done() -> Reply {
        Reply::json(200, json!({ "state": "done", "error": null }))
    }

    fn failed(error: serde_json::Value) -> Reply {
        Reply::json(200, json!({ "state": "failed", "error": error }))
    }

    #[tokio::test]
    async fn the_error_of_a_job_is_judged_as_the_body_of_an_error() {
        let text = scenario("broken", OF_JOB);
        for (end, expected) in [
            ((|| failed(json!({ "code": "broken", "message": "m" }))) as fn() -> Reply, &[][..]),
            (|| failed(json!({ "code": "broken", "message": "other words", "more": 1 })), &[]),
            (|| failed(json!({ "code": "other", "message": "m" })), &["code"]),
            (|| failed(json!({ "code": "broken" })), &["message"]),
            (done, &["bulk-item"]),
            (|| failed(json!(null)), &["bulk-item"]),
        ] {
            let found = run(CONTRACT, &text, jobs(end, done)).await;
            assert_eq!(found.broken, expected, "{}", found.reason);
            let verdict = if expected.is_empty() { RIGHT } else { "violations" };
            assert_eq!(found.verdict, verdict, "{}", found.reason);
        }
    }

    #[tokio::test]
    async fn the_response_about_a_job_may_itself_be_the_error() {
        let text =
            scenario("gone", "until: { status: [200, 410], body: { /state: { enum: [done, failed] } } }");
        let gone =
            || Reply::json(410, json!({ "code": "gone", "message": "m", "state": "failed", "status": 410 }));
        let found = run(CONTRACT, &text, jobs(gone, done)).await;
        assert_eq!(
            (found.verdict.as_str(), found.exercised),
            (RIGHT, 1),
            "{:?} {}",
            found.broken,
            found.reason
        );
        let found = run(CONTRACT, &text, jobs(done, done)).await;
        assert_eq!(found.broken, ["not-rejected"], "{}", found.reason);
    }

    #[tokio::test]
    async fn what_does_not_end_or_fails_in_the_control_shows_nothing() {
        let text = scenario("broken", OF_JOB).replace("within: 2s", "within: 200ms");
        let endless =
            run(CONTRACT, &text, jobs(|| Reply::json(200, json!({ "state": "running" })), done)).await;
        assert_eq!(
            (endless.verdict.as_str(), endless.broken.len()),
            ("inconclusive", 0),
            "{}",
            endless.reason
        );
        let text = scenario("broken", OF_JOB);
        let right = || failed(json!({ "code": "broken", "message": "m" }));
        let always = run(CONTRACT, &text, jobs(right, right)).await;
        assert_eq!(always.broken, ["control"], "{}", always.reason);
        let other = || failed(json!({ "code": "new", "message": "m" }));
        let unknown = run(CONTRACT, &text, jobs(right, other)).await;
        assert_eq!(
            (unknown.verdict.as_str(), unknown.broken.len()),
            ("inconclusive", 0),
            "{}",
            unknown.reason
        );
        let nowhere = run(CONTRACT, &text, |asked| match asked.method.as_str() {
            "POST" if asked.json["image"] == "broken" => Reply::json(202, "{}"),
            "POST" => Reply::json(202, "{}").add("Location", "/jobs/r"),
            _ => done(),
        })
        .await;
        assert_eq!(
            (nowhere.verdict.as_str(), nowhere.broken.len()),
            ("inconclusive", 0),
            "{}",
            nowhere.reason
        );
    }

    #[tokio::test]
    async fn a_refusal_at_once_is_judged_as_it_is() {
        let text = scenario("gone", "until: { body: { /state: { const: done } } }");
        let found = run(CONTRACT, &text, |asked| match asked.method.as_str() {
            "POST" if asked.json["image"] == "broken" => {
                Reply::json(410, json!({ "code": "gone", "message": "m", "status": 410 }))
            }
            "POST" => Reply::json(202, "{}").add("Location", "/jobs/r"),
            _ => done(),
        })
        .await;
        assert_eq!(
            (found.verdict.as_str(), found.exercised),
            (RIGHT, 1),
            "{:?} {}",
            found.broken,
            found.reason
        );
    }
}

mod slowly {
    use std::{io::Read as _, net::TcpListener, time::Duration};

    use failspec_engine::RunOptions;

    use super::*;

    const CONTRACT: &str = "
contract: t
as_of: 2026-01-01
envelope: { code: /code }
failures:
  - { id: slow, status: 408, code: slow, summary: x }
";

    const SCENARIO: &str = "
contract: t
scenarios:
  s:
    triggers: slow
    request: POST /things
    text: '0123456789'
    slow_body: { after: 4, pause: 1500ms }
";

    /// A server that waits this long for a body.
    fn listen(patience: Duration) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            // The control, the request, and what may follow.
            for stream in listener.incoming().take(4) {
                let Ok(mut stream) = stream else { continue };
                stream.set_read_timeout(Some(patience)).unwrap();
                let mut text = Vec::new();
                let mut bytes = [0; 512];
                let reply = loop {
                    match stream.read(&mut bytes) {
                        Ok(0) => break None,
                        Ok(count) => text.extend_from_slice(&bytes[..count]),
                        Err(_) => break Some((408, "{\"code\":\"slow\"}")),
                    }
                    if text.ends_with(b"0123456789") {
                        break Some((200, "{}"));
                    }
                };
                if let Some((status, body)) = reply {
                    let reply = Reply::json(status, body).add("Connection", "close").bytes();
                    let _ = std::io::Write::write_all(&mut stream, &reply);
                }
            }
        });
        url
    }

    async fn judge(patience: Duration) -> (String, Vec<String>) {
        let report =
            crate::checks_server::judge_at(CONTRACT, SCENARIO, &listen(patience), RunOptions::default())
                .await;
        (report.verdict.as_str().to_owned(), broken(&report.cases[0]))
    }

    #[tokio::test]
    async fn a_server_that_does_not_wait_conforms_and_one_that_does_is_caught() {
        assert_eq!(judge(Duration::from_millis(300)).await, ("conforms".to_owned(), vec![]));
        assert_eq!(
            judge(Duration::from_secs(10)).await,
            ("violations".to_owned(), vec!["not-rejected".to_owned()])
        );
    }

    /// A server that reads to the end of what a client sends, and then gives the reply, if there is one.
    fn read_to_the_end(reply: Option<(u16, &'static str)>) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            for stream in listener.incoming().take(6) {
                let Ok(mut stream) = stream else { continue };
                stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
                let mut text = Vec::new();
                let mut bytes = [0; 512];
                let reply = loop {
                    match stream.read(&mut bytes) {
                        Ok(0) | Err(_) => break reply,
                        Ok(count) => text.extend_from_slice(&bytes[..count]),
                    }
                    if text.ends_with(b"0123456789") {
                        break Some((200, "{}"));
                    }
                };
                if let Some((status, body)) = reply {
                    let reply = Reply::json(status, body).add("Connection", "close").bytes();
                    let _ = std::io::Write::write_all(&mut stream, &reply);
                }
            }
        });
        url
    }

    #[tokio::test]
    async fn a_request_that_is_cut_off_gets_what_is_documented() {
        let contract = CONTRACT.replace("status: 408, code: slow", "status: 400, code: incomplete");
        let scenario = SCENARIO.replace("pause: 1500ms", "pause: 50ms, cut: true");
        for (reply, verdict, checks) in [
            (Some((400, "{\"code\":\"incomplete\"}")), "conforms", &[][..]),
            (Some((200, "{}")), "violations", &["not-rejected"]),
            (Some((400, "{\"code\":\"other\"}")), "violations", &["code"]),
            // A server that only closes the connection may have read it so: nothing is shown.
            (None, "inconclusive", &[]),
        ] {
            let url = read_to_the_end(reply);
            let report =
                crate::checks_server::judge_at(&contract, &scenario, &url, RunOptions::default()).await;
            let found = broken(&report.cases[0]);
            assert_eq!(
                (report.verdict.as_str(), found),
                (verdict, checks.iter().map(|it| (*it).to_owned()).collect())
            );
        }
    }
}
