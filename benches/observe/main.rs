//! How fast recorded traffic is read and judged, and what a proxy adds to a request: `cargo bench --bench observe`.
//!
//! The recording is made while it is read, and is never in memory as a whole: a gigabyte of events, of which one exchange in
//! ten is a failure. The proxy and the server without it are asked in turns, so that both meet the same machine.

use std::{
    io::{self, Read},
    sync::Arc,
    time::{Duration, Instant},
};

use failspec_http::ClientOptions;
use failspec_observe::{ObserveOptions, Observer, RecordedExchange, read};
use failspec_pack::{
    pack::{Files, Pack},
    target_config::Target,
};
use failspec_proxy::{Judge, Proxy, ProxyOptions, Verdict};
use failspec_test_server::{Reply, Server};

/// Size of the recording, in bytes.
const SIZE: usize = 1 << 30;

/// Number of requests to each of the two servers.
const REQUESTS: usize = 2000;

const CONTRACT: &str = "
contract: shop
as_of: 2026-11-20
envelope:
  media_type: application/json
  code: /error/code
  message: /error/message
  request_id: { header: X-Request-Id }
operations:
  get_note: { request: 'GET /notes/{id}', source: documented }
failures:
  - { id: not_found, status: 404, code: not_found, summary: There is no such thing }
";

fn main() {
    recording();
    proxy();
}

fn pack() -> Arc<Pack> {
    let texts = [("schemas/shop/contract.yaml".to_owned(), CONTRACT.to_owned())];
    Arc::new(Pack::from_texts(&Files::Directory(".".into()), "shop", texts).expect("a pack"))
}

fn observer(url: &str) -> Observer {
    let target = Target::from_url(url).expect("a target");
    Observer::new(pack(), target, Vec::new(), Vec::new(), &["made".to_owned()]).expect("an observer")
}

fn recording() {
    let mut observer = observer("https://api.test");
    let before = peak();
    let began = Instant::now();
    let mut made = Made { line: Vec::new(), at: 0, number: 0, left: SIZE };
    read("made", &mut made, &mut |exchange| drop(observer.observe(0, &exchange))).expect("it can be read");
    let took = began.elapsed();
    let report = observer.finish(&ObserveOptions::default()).expect("it belongs to the target");
    let recording = &report.recordings[0];
    let megabytes = SIZE as f64 / 1e6;
    println!(
        "{:<12}{:>10.0} MB/s{:>10} exchanges{:>10} failures{:>8} MB more at the peak   (at least 100 MB/s)",
        "recording",
        megabytes / took.as_secs_f64(),
        recording.exchanges,
        recording.failures,
        (peak() - before) / 1000,
    );
}

/// Returns the most memory that the process has had so far, in kB; 0 where the system does not tell.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse().ok()).unwrap_or_default()
}

/// Lines of events, made as they are read.
struct Made {
    line: Vec<u8>,
    at: usize,
    number: usize,
    left: usize,
}

impl Read for Made {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.line.len() {
            if self.left == 0 {
                return Ok(0);
            }
            self.next();
        }
        let length = buffer.len().min(self.line.len() - self.at);
        buffer[..length].copy_from_slice(&self.line[self.at..self.at + length]);
        self.at += length;
        Ok(length)
    }
}

impl Made {
    fn next(&mut self) {
        let number = self.number;
        self.number += 1;
        let (status, body) = if number.is_multiple_of(10) {
            (404, r#"{\"error\":{\"code\":\"not_found\",\"message\":\"There is no such note.\"}}"#.to_owned())
        } else {
            let text = "Lorem ipsum dolor sit amet, consetetur sadipscing elitr. ".repeat(12);
            (
                200,
                format!(
                    r#"{{\"id\":{number},\"title\":\"A note\",\"text\":\"{text}\",\"tags\":[\"a\",\"b\"]}}"#
                ),
            )
        };
        self.line = format!(
            "{{\"event\":\"case_finished\",\"case\":{{\"index\":{number},\"name\":\"shop::not_found::case_{number}\",\"exchanges\":[{{\
             \"phase\":\"request\",\"role\":\"reader\",\"request\":{{\"method\":\"GET\",\"url\":\"https://api.test/notes/{number}\",\
             \"headers\":[[\"accept\",\"application/json\"],[\"authorization\",[\"Bearer \",{{\"secret\":\"role reader\"}}]]],\
             \"body\":null,\"curl\":\"curl -i https://api.test/notes/{number}\"}},\"response\":{{\"status\":{status},\
             \"headers\":[[\"content-type\",\"application/json\"],[\"x-request-id\",\"r-{number}\"],[\"date\",\"Fri, 20 Nov 2026 10:00:00 GMT\"]],\
             \"body\":\"{body}\",\"length\":{}}},\"error\":null,\"ms\":1.25}}]}}}}\n",
            body.len()
        )
        .into_bytes();
        self.at = 0;
        self.left = self.left.saturating_sub(self.line.len());
    }
}

/// Judges as `failspec proxy` does: on a thread of its own.
struct Side(std::sync::mpsc::SyncSender<RecordedExchange>);

impl Judge for Side {
    fn judge(&self, exchange: RecordedExchange) -> Verdict {
        let _ = self.0.send(exchange);
        Verdict::default()
    }
}

fn proxy() {
    let body = r#"{"error":{"code":"not_found","message":"There is no such note."}}"#;
    let server = Server::start(move |_| Reply::new(404, "application/json", body));
    let mut observer = observer(&server.url);
    let (sender, waiting) = std::sync::mpsc::sync_channel(64);
    std::thread::spawn(move || {
        for exchange in waiting {
            observer.observe(0, &exchange);
        }
    });
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let options = ProxyOptions {
        listen: "127.0.0.1:0".parse().expect("an address"),
        target: server.url.parse().expect("a URL"),
        client: ClientOptions::default(),
        enforce: false,
    };
    runtime.block_on(async {
        let proxy = Proxy::start(options, Side(sender)).await.expect("a proxy");
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().expect("a client");
        let urls = [format!("{}/notes/1", server.url), format!("http://{}/notes/1", proxy.address())];
        let mut times = [Vec::new(), Vec::new()];
        for round in 0..REQUESTS + 100 {
            for (url, times) in urls.iter().zip(&mut times) {
                let began = Instant::now();
                let response = client.get(url).send().await.expect("a response");
                let _ = response.bytes().await.expect("a body");
                // The first ones establish connections.
                if round >= 100 {
                    times.push(began.elapsed());
                }
            }
        }
        let [direct, through] = times.map(median);
        println!(
            "{:<12}{:>10} µs{:>10} µs through the proxy{:>10} µs more{:>8.2} × (at most 1000 µs more)",
            "proxy",
            direct.as_micros(),
            through.as_micros(),
            through.saturating_sub(direct).as_micros(),
            through.as_secs_f64() / direct.as_secs_f64(),
        );
        proxy.stop().await;
    });
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
