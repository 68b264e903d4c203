//! Streams that stay open: read until the error came, or for the time that the scenario gives.

use std::{io::Write as _, time::Duration};

use crate::checks_server::{Asked, Reply, Server, broken, judge_texts};

const CONTRACT: &str = "
contract: t
as_of: 2026-01-01
envelope: { code: /error/code }
failures:
  - { id: overloaded, status: 200, code: overloaded, summary: x }
";

fn scenarios(at: &str) -> String {
    format!(
        "contract: t\nscenarios:\n  s:\n    triggers: overloaded\n    request: GET /chat?full=1\n    at: {{ {at} }}\n    \
         control: {{ query: {{ full: null }}, request: GET /chat }}\n"
    )
}

/// A server that begins a stream, sends these texts one after the other, and then stays silent, or ends it.
fn stream(media_type: &'static str, pieces: &'static [&'static str], ends: bool) -> Reply {
    Reply::writing(move |connection| {
        let head =
            format!("HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\nTransfer-Encoding: chunked\r\n\r\n");
        connection.write_all(head.as_bytes())?;
        for piece in pieces {
            connection.write_all(format!("{:x}\r\n{piece}\r\n", piece.len()).as_bytes())?;
            std::thread::sleep(Duration::from_millis(20));
        }
        if ends {
            return connection.write_all(b"0\r\n\r\n");
        }
        // Until the client is gone.
        for _ in 0..200 {
            std::thread::sleep(Duration::from_millis(20));
            if connection.write_all(b"1\r\n\n\r\n").is_err() {
                break;
            }
        }
        Ok(())
    })
}

async fn run(at: &str, answer: fn(&Asked) -> Reply) -> (String, Vec<String>, String) {
    let server = Server::start(answer).await;
    let report = judge_texts(CONTRACT, &scenarios(at), &server, "").await;
    let case = &report.cases[0];
    (report.verdict.as_str().to_owned(), broken(case), format!("{:?}", case.reason))
}

#[tokio::test]
async fn an_error_in_an_open_stream_is_found() {
    for (at, media_type, pieces) in [
        (
            "stream: sse, event: error, within: 8s",
            "text/event-stream",
            &[
                "data: {\"text\":\"a\"}\n\n",
                "event: error\nda",
                "ta: {\"error\":{\"code\":\"overloaded\"}}\n\n",
            ][..],
        ),
        (
            "stream: ndjson, where: { /error: {} }, within: 8s",
            "application/x-ndjson",
            &["{\"text\":\"a\"}\n{\"err", "or\":{\"code\":\"overloaded\"}}\n"],
        ),
    ] {
        let server = Server::start(move |asked| match asked.query.contains("full") {
            true => stream(media_type, pieces, false),
            false => stream(media_type, &pieces[..1], true),
        })
        .await;
        let began = std::time::Instant::now();
        let report = judge_texts(CONTRACT, &scenarios(at), &server, "").await;
        let found = (report.verdict.as_str(), broken(&report.cases[0]));
        // The control of lines ends in the middle of one, which is no JSON, and has no error.
        assert_eq!(found, ("conforms", Vec::new()), "{at}: {:?}", report.cases[0].reason);
        assert!(began.elapsed() < Duration::from_secs(6), "the stream was read beyond the error");
    }
}

#[tokio::test]
async fn what_does_not_come_in_time_is_not_judged() {
    let (verdict, broken, reason) = run("stream: sse, event: error, within: 300ms", |asked| {
        stream("text/event-stream", &["data: {\"text\":\"a\"}\n\n"], !asked.query.contains("full"))
    })
    .await;
    assert_eq!((verdict.as_str(), broken), ("inconclusive", Vec::new()));
    assert!(reason.contains("did not end within"), "{reason}");
}

#[tokio::test]
async fn a_stream_that_ends_without_the_error_is_a_violation() {
    let (verdict, broken, reason) = run("stream: sse, event: error", |_| {
        stream("text/event-stream", &["data: {\"text\":\"a\"}\n\n"], true)
    })
    .await;
    assert_eq!((verdict.as_str(), broken), ("violations", vec!["bulk-item".to_owned()]), "{reason}");
}
