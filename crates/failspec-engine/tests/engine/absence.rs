//! Servers that a request ends, and that are started again.

use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use failspec_engine::RunOptions;

use crate::checks_server::{Reply, broken, judge_at};

const CONTRACT: &str = "
contract: t
as_of: 2026-01-01
failures:
  - { id: bad, status: 400, summary: x }
";

const SCENARIOS: &str = "
contract: t
scenarios:
  ends_it: { triggers: bad, request: GET /end, control: { request: GET /right } }
  wrong: { triggers: bad, request: GET /wrong, control: { request: GET /right } }
";

/// A server that ends when it is asked for `/end`, the first `times` times, and is there again after a while; it refuses all else
/// but `/right`. As a process does, it closes the connection first and stops listening a moment later.
fn server(times: usize, gone_for: Duration) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let ended = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&ended);
    std::thread::spawn(move || {
        let mut listener = listener;
        for _ in 0..40 {
            let Ok((mut stream, _)) = listener.accept() else { return };
            stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
            let (mut text, mut bytes) = (Vec::new(), [0; 512]);
            while !text.windows(4).any(|end| end == b"\r\n\r\n") {
                match stream.read(&mut bytes) {
                    Ok(0) | Err(_) => break,
                    Ok(count) => text.extend_from_slice(&bytes[..count]),
                }
            }
            let ends = text.starts_with(b"GET /end ") && count.load(SeqCst) < times;
            if ends {
                count.fetch_add(1, SeqCst);
                drop(stream);
                std::thread::sleep(Duration::from_millis(20));
                drop(listener);
                std::thread::sleep(gone_for);
                listener = TcpListener::bind(address).expect("its own port");
                continue;
            }
            let status = if text.starts_with(b"GET /right ") { 200 } else { 400 };
            let _ = stream.write_all(&Reply::json(status, "{}").add("Connection", "close").bytes());
        }
    });
    (format!("http://{address}"), ended)
}

fn one_by_one() -> RunOptions {
    RunOptions { jobs: Some(1), ..RunOptions::default() }
}

#[tokio::test]
async fn a_request_that_ends_the_server_is_a_violation_and_the_run_goes_on() {
    let (url, ended) = server(9, Duration::from_millis(600));
    let report = judge_at(CONTRACT, SCENARIOS, &url, one_by_one()).await;
    let found: Vec<Vec<String>> = report.cases.iter().map(broken).collect();
    assert_eq!(found, [vec!["connection-closed".to_owned()], Vec::new()], "{:?}", report.diagnosis);
    assert_eq!(ended.load(SeqCst), 2, "once more, to be sure");
}

#[tokio::test]
async fn a_server_that_ended_once_by_itself_is_no_violation() {
    let (url, _) = server(1, Duration::from_millis(600));
    let report = judge_at(CONTRACT, SCENARIOS, &url, one_by_one()).await;
    let found: Vec<Vec<String>> = report.cases.iter().map(broken).collect();
    assert_eq!((report.verdict.as_str(), found), ("conforms", vec![Vec::new(), Vec::new()]));
}
