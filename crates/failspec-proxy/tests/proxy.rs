//! The proxy between a client that writes bytes itself and the scripted server.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    sync::{Arc, Mutex},
    time::Duration,
};

use failspec_http::ClientOptions;
use failspec_observe::{RecordedBody, RecordedExchange};
use failspec_proxy::{Judge, Proxy, ProxyError, ProxyOptions, Verdict};
use failspec_test_server::{Reply, Server};
use tokio::runtime::Runtime;

/// Collects exchanges; a body with `bad` in it is a violation.
#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Vec<RecordedExchange>>>);

impl Judge for Collector {
    fn judge(&self, exchange: RecordedExchange) -> Verdict {
        let is_bad = exchange.response.as_ref().is_some_and(|response| match &response.body {
            RecordedBody::Whole(bytes) => bytes.windows(3).any(|part| part == b"bad"),
            _ => false,
        });
        self.0.lock().unwrap().push(exchange);
        let violations = if is_bad { vec![("code".to_owned(), "it is bad".to_owned())] } else { Vec::new() };
        Verdict { violations }
    }
}

struct Running {
    proxy: Option<Proxy>,
    collector: Collector,
    runtime: Runtime,
}

impl Running {
    fn start(target: &str, enforce: bool) -> Self {
        Self::with(target, enforce, ClientOptions::default())
    }

    fn with(target: &str, enforce: bool, client: ClientOptions) -> Self {
        let runtime = Runtime::new().unwrap();
        let collector = Collector::default();
        let options = ProxyOptions {
            listen: "127.0.0.1:0".parse().unwrap(),
            target: target.parse().unwrap(),
            client,
            enforce,
        };
        let proxy = runtime.block_on(Proxy::start(options, collector.clone())).unwrap();
        Self { proxy: Some(proxy), collector, runtime }
    }

    fn address(&self) -> SocketAddr {
        self.proxy.as_ref().unwrap().address()
    }

    /// Sends bytes on a connection of their own, and returns everything that comes until it ends.
    fn ask(&self, request: &[u8]) -> Vec<u8> {
        let mut stream = TcpStream::connect(self.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream.write_all(request).unwrap();
        let mut response = Vec::new();
        stream.read_to_end(&mut response).unwrap();
        response
    }

    fn text(&self, request: &str) -> String {
        String::from_utf8_lossy(&self.ask(request.as_bytes())).into_owned()
    }

    /// Stops the proxy and returns what was judged.
    fn finish(mut self) -> Vec<RecordedExchange> {
        let proxy = self.proxy.take().unwrap();
        self.runtime.block_on(proxy.stop());
        std::mem::take(&mut self.collector.0.lock().unwrap())
    }
}

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: proxy.test\r\nX-Mixed-Case: Yes\r\nConnection: close\r\n\r\n")
}

fn body_of(exchange: &RecordedExchange) -> &RecordedBody {
    &exchange.response.as_ref().unwrap().body
}

#[test]
fn requests_and_responses_pass_unchanged() {
    let server = Server::start(|_| Reply::new(404, "text/plain", "no").with("X-Odd-Header", "a  b"));
    let proxy = Running::start(&format!("{}/v1", server.url), false);
    let response = proxy.text(&get("/notes?a=%2F&b=1"));
    assert!(response.starts_with("HTTP/1.1 404 "), "{response}");
    assert!(response.contains("\r\nX-Odd-Header: a  b\r\n"), "names keep their case: {response}");
    assert!(response.ends_with("\r\n\r\nno"), "{response}");
    let post = "POST /notes HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
    assert!(proxy.text(post).starts_with("HTTP/1.1 404 "));
    assert_eq!(server.lines(), ["GET /v1/notes?a=%2F&b=1", "POST /v1/notes"]);
    let received = server.received();
    let authority = server.url.trim_start_matches("http://");
    assert_eq!(received[0].header("host"), Some(authority), "`Host` is that of the target");
    assert_eq!(received[0].header("x-mixed-case"), Some("Yes"));
    assert_eq!(received[1].body, b"abc");
    let judged = proxy.finish();
    assert_eq!(judged[0].request.url, format!("{}/v1/notes?a=%2F&b=1", server.url));
    assert_eq!((judged[0].entry, judged[1].entry), (1, 2));
    assert_eq!(judged[1].request.body, "abc");
    assert_eq!(*body_of(&judged[0]), RecordedBody::Whole("no".into()));
}

#[test]
fn large_compressed_empty_and_cut_bodies_pass_and_are_judged_as_they_can_be() {
    let large = vec![b'x'; 5 << 20];
    let zipped = {
        let mut zip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        zip.write_all(b"{\"error\":1}").unwrap();
        zip.finish().unwrap()
    };
    let (own, raw) = (large.clone(), zipped.clone());
    let server = Server::start(move |request| match request.path.as_str() {
        "/large" => Reply::new(200, "text/plain", own.clone()),
        "/zip" => Reply::new(400, "application/json", raw.clone()).with("Content-Encoding", "gzip"),
        "/empty" => Reply::new(204, "text/plain", ""),
        "/cut" => Reply::writing(|connection| {
            connection.write_all(b"HTTP/1.1 500 X\r\nContent-Length: 100\r\n\r\nshort")?;
            connection.flush()
        }),
        "/close" => Reply::close(),
        other => panic!("{other}"),
    });
    let proxy = Running::start(&server.url, false);
    assert!(proxy.ask(get("/large").as_bytes()).ends_with(&large));
    assert!(proxy.ask(get("/zip").as_bytes()).ends_with(&zipped), "what passes is not decoded");
    assert!(proxy.text(&get("/empty")).starts_with("HTTP/1.1 204 "));
    assert!(proxy.text(&get("/cut")).ends_with("short"));
    let lost = proxy.text(&get("/close"));
    assert!(lost.starts_with("HTTP/1.1 502 ") && lost.contains("the target cannot be reached"), "{lost}");
    let head = proxy.text(&get("/zip").replace("GET", "HEAD"));
    assert!(head.starts_with("HTTP/1.1 400 ") && head.ends_with("\r\n\r\n"), "{head}");
    let judged = proxy.finish();
    let bodies: Vec<Option<&RecordedBody>> =
        judged.iter().map(|it| it.response.as_ref().map(|response| &response.body)).collect();
    let whole = |text: &'static str| RecordedBody::Whole(text.into());
    assert_eq!(
        bodies,
        [
            Some(&RecordedBody::TooLarge),
            Some(&whole("{\"error\":1}")),
            Some(&whole("")),
            Some(&RecordedBody::Truncated),
            None,
            Some(&whole("")),
        ]
    );
}

#[test]
fn a_response_with_a_violation_is_replaced_where_that_is_asked_for() {
    let large = format!("bad{}", "x".repeat(3 << 20));
    let server = Server::start(move |request| match request.path.as_str() {
        "/good" => Reply::new(404, "text/plain", "good"),
        "/bad" => Reply::new(404, "text/plain", "bad"),
        "/stream" => Reply::new(200, "text/event-stream", "data: bad\n\n"),
        _ => Reply::new(200, "text/plain", large.as_str()),
    });
    let proxy = Running::start(&server.url, true);
    assert!(proxy.text(&get("/good")).ends_with("\r\n\r\ngood"));
    let replaced = proxy.text(&get("/bad"));
    assert!(replaced.starts_with("HTTP/1.1 502 "), "{replaced}");
    assert!(replaced.contains("application/problem+json"), "{replaced}");
    assert!(replaced.contains(r#"{"check":"code","message":"it is bad"}"#), "{replaced}");
    assert!(proxy.text(&get("/stream")).ends_with("data: bad\n\n"), "a stream has no end to wait for");
    assert!(proxy.text(&get("/large")).ends_with("xxx"), "too large to be judged");
    let judged = proxy.finish();
    assert_eq!(judged.len(), 4);
    assert_eq!(*body_of(&judged[3]), RecordedBody::TooLarge);
    // Without it, everything passes.
    let proxy = Running::start(&server.url, false);
    assert!(proxy.text(&get("/bad")).ends_with("\r\n\r\nbad"));
}

#[test]
fn a_redirect_to_the_target_does_not_lead_past_the_proxy() {
    let server = Server::start(|request| {
        let host = request.header("host").unwrap_or_default();
        let location = match request.path.as_str() {
            "/v1/own" => format!("http://{host}/v1/next?a=1#b"),
            "/v1/above" => format!("http://{host}/login"),
            "/v1/path" => "/v1/next?a=1".to_owned(),
            "/v1/path-above" => "/v1beta/login".to_owned(),
            "/v1/relative" => "next".to_owned(),
            _ => "https://elsewhere.test/".to_owned(),
        };
        Reply::new(302, "text/plain", "").with("Location", &location)
    });
    let proxy = Running::start(&format!("{}/v1", server.url), false);
    for (path, expected) in [
        ("/own", "http://proxy.test/next?a=1#b".to_owned()),
        ("/above", format!("{}/login", server.url)),
        ("/path", "http://proxy.test/next?a=1".to_owned()),
        ("/path-above", format!("{}/v1beta/login", server.url)),
        ("/relative", "next".to_owned()),
        ("/elsewhere", "https://elsewhere.test/".to_owned()),
    ] {
        let response = proxy.text(&get(path));
        assert!(response.contains(&format!("\r\nLocation: {expected}\r\n")), "{path}: {response}");
    }
    let judged = proxy.finish();
    let of_target = judged[0].response.as_ref().unwrap().header("location");
    assert_eq!(of_target, Some(format!("{}/v1/next?a=1#b", server.url).as_str()), "judged is what was sent");
}

#[test]
fn tls_to_the_target_is_verified() {
    let server = Server::start(|_| Reply::new(200, "text/plain", "over TLS"));
    let secure = server.secure();
    let trusting = ClientOptions {
        certificates: vec![secure.authority.clone().into_bytes()],
        ..ClientOptions::default()
    };
    let proxy = Running::with(&secure.url, false, trusting);
    assert!(proxy.text(&get("/")).ends_with("over TLS"));
    let proxy = Running::start(&secure.url, false);
    let refused = proxy.text(&get("/"));
    assert!(refused.starts_with("HTTP/1.1 502 ") && !refused.contains("over TLS"), "{refused}");
    assert!(proxy.finish()[0].response.is_none());
}

#[test]
fn an_upgraded_connection_passes() {
    let server = Server::start(|_| {
        Reply::writing(|connection| {
            connection.write_all(
                b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\nhello",
            )?;
            connection.flush()
        })
    });
    let proxy = Running::start(&server.url, false);
    let request = "GET /live HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n";
    let response = proxy.text(request);
    assert!(response.starts_with("HTTP/1.1 101 ") && response.ends_with("hello"), "{response}");
    assert!(proxy.finish()[0].is_upgraded);
}

#[test]
fn an_address_that_others_reach_is_refused() {
    let options = ProxyOptions {
        listen: "0.0.0.0:0".parse().unwrap(),
        target: "http://127.0.0.1:1".parse().unwrap(),
        client: ClientOptions::default(),
        enforce: false,
    };
    let started = Runtime::new().unwrap().block_on(Proxy::start(options, Collector::default()));
    assert!(matches!(started, Err(ProxyError::NotLoopback(_))));
}
