//! Responses are hostile input: whatever a server does, an exchange ends in time and reports what happened.

use std::{
    io::Write,
    time::{Duration, Instant},
};

use crate::server::{Server, client, get, patient, read_request, request, short};
use failspec_base::message::{BodyError, Exchange, Limits, Phase, Response, TransportError};
use failspec_http::{Client, ClientOptions, Proxy};
use flate2::{Compression, write::GzEncoder};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::sleep,
};
use url::Url;

/// A time much longer than each limit of [`short`], and short enough for a file of tests.
const BOUND: Duration = Duration::from_secs(30);

async fn answered(server: &Server) -> Response {
    bounded(get(&server.url)).await.result.expect("a response")
}

async fn unanswered(server: &Server) -> TransportError {
    reason_of(get(&server.url)).await
}

/// The same for a server that does not respond in time.
async fn late(server: &Server) -> TransportError {
    reason_of(client(short()).send(request("GET", &server.url))).await
}

async fn reason_of(exchange: impl Future<Output = Exchange>) -> TransportError {
    let reason = bounded(exchange).await.result.expect_err("no response");
    assert_eq!(reason.to_string().lines().count(), 1, "{reason}");
    assert!(!reason.to_string().contains("error sending request"), "{reason}");
    reason
}

async fn bounded(exchange: impl Future<Output = Exchange>) -> Exchange {
    let started = Instant::now();
    let exchange = exchange.await;
    assert!(started.elapsed() < BOUND, "took {:?}", started.elapsed());
    exchange
}

fn with_body(headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!("HTTP/1.1 400 Bad Request\r\ncontent-length: {length}\r\n{headers}\r\n");
    [head.as_bytes(), body].concat()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).expect("writes to memory");
    encoder.finish().expect("writes to memory")
}

// --- no response -----------------------------------------------------------------------------------------

#[tokio::test]
async fn server_never_responds() {
    let server = Server::start(|mut stream| async move {
        read_request(&mut stream).await?;
        sleep(BOUND).await;
        Ok(())
    })
    .await;
    let limit = short().first_byte;
    assert_eq!(late(&server).await, TransportError::Timeout { phase: Phase::Head, limit });
}

#[tokio::test]
async fn server_sends_its_head_byte_by_byte() {
    let server = Server::start(|mut stream| async move {
        read_request(&mut stream).await?;
        for byte in with_body("x-slow: yes\r\n", b"{}") {
            stream.write_all(&[byte]).await?;
            sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    })
    .await;
    let limit = short().first_byte;
    assert_eq!(late(&server).await, TransportError::Timeout { phase: Phase::Head, limit });
}

#[tokio::test]
async fn server_sends_its_body_byte_by_byte() {
    let server = Server::start(|mut stream| async move {
        read_request(&mut stream).await?;
        stream.write_all(b"HTTP/1.1 500 X\r\ncontent-length: 1000\r\n\r\n").await?;
        loop {
            stream.write_all(b" ").await?;
            sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    let limit = Duration::from_secs(2);
    let client = client(Limits { total: limit, ..patient() });
    let reason = reason_of(client.send(request("GET", &server.url))).await;
    assert_eq!(reason, TransportError::Timeout { phase: Phase::Body, limit });
}

#[tokio::test]
async fn server_closes_at_once() {
    let server = Server::start(|stream| async move {
        drop(stream);
        Ok(())
    })
    .await;
    assert!(matches!(unanswered(&server).await, TransportError::Closed { .. }));
    assert_eq!(server.connections(), 1, "nothing is sent twice");
}

#[tokio::test]
async fn server_closes_after_the_request() {
    let server = Server::answering("").await;
    let reason = unanswered(&server).await;
    assert!(matches!(reason, TransportError::Closed { .. }), "{reason}");
    assert_eq!(server.connections(), 1, "nothing is sent twice");
}

#[tokio::test]
async fn server_closes_within_its_head() {
    let server = Server::answering("HTTP/1.1 500 Internal\r\ncontent-le").await;
    assert!(matches!(unanswered(&server).await, TransportError::Closed { .. }));
}

#[tokio::test]
async fn server_does_not_exist() {
    let address = failspec_test_server::closed_address().to_string();
    let url = Url::parse(&format!("http://{address}/?token=secret")).expect("a URL");
    let reason = bounded(get(&url)).await.result.expect_err("nobody listens");
    assert_eq!(reason, TransportError::Connect { address, reason: "Connection refused".to_owned() });
}

/// A listener with a full queue: Linux then ignores connection attempts, as a firewall would.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn server_accepts_no_connection() {
    use tokio::net::{TcpSocket, TcpStream};

    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind(([127, 0, 0, 1], 0).into()).expect("a free port");
    let listener = socket.listen(1).expect("a queue");
    let address = listener.local_addr().expect("an address");
    let mut queue = Vec::new();
    const PATIENCE: Duration = Duration::from_millis(300);
    while let Ok(waiting) = tokio::time::timeout(PATIENCE, TcpStream::connect(address)).await {
        queue.push(waiting.expect("a place in the queue"));
        assert!(queue.len() < 100, "the queue has no end");
    }
    let client = client(Limits { connect: PATIENCE, ..patient() });
    for scheme in ["http", "https"] {
        let url = Url::parse(&format!("{scheme}://{address}/")).expect("a URL");
        let reason = bounded(client.send(request("GET", &url))).await.result.expect_err("nobody accepts");
        assert_eq!(reason, TransportError::Timeout { phase: Phase::Connect, limit: PATIENCE }, "{scheme}");
    }
}

#[tokio::test]
async fn host_name_does_not_exist() {
    let url = Url::parse("http://no-such-host.invalid/").expect("a URL");
    // A resolver without a network may take long; whichever limit applies, the error is about connecting.
    let options = ClientOptions {
        limits: Limits { connect: Duration::from_millis(300), ..patient() },
        proxy: Proxy::None,
        ..Default::default()
    };
    let client = Client::new(options).expect("a client");
    let reason = bounded(client.send(request("GET", &url))).await.result.expect_err("no such name");
    let about_connecting = matches!(
        reason,
        TransportError::Connect { .. } | TransportError::Timeout { phase: Phase::Connect, .. }
    );
    assert!(about_connecting, "{reason}");
}

#[tokio::test]
async fn server_does_not_use_tls() {
    let server = Server::start(|mut stream| async move {
        stream.readable().await?;
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await
    })
    .await;
    let mut url = server.url.clone();
    url.set_scheme("https").expect("https");
    let reason = bounded(get(&url)).await.result.expect_err("no TLS");
    assert!(matches!(reason, TransportError::Tls { .. }), "{reason}");
    assert!(reason.to_string().ends_with("; the server there may use plain HTTP, without TLS"), "{reason}");
}

#[tokio::test]
async fn server_does_not_use_http() {
    for bytes in [
        "SSH-2.0-OpenSSH_9.6\r\n",
        "<html>HTTP/0.9 has no head</html>\r\n",
        "{\"error\":\"no head\"}\r\n\r\n",
        "HTTP/1.1 99999 Too Long\r\n\r\n",
        "HTTP/1.1 abc Bad\r\n\r\n",
        "HTTP/1.1 42 Short\r\n\r\n",
        "HTTP/3.7 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nx: a\0b\r\n\r\n",
        "HTTP/1.1 200 OK\r\nx: \x1b[31mred\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
        "\x15\x03\x01\0\x02\x02\x46",
    ] {
        let reason = unanswered(&Server::answering(bytes).await).await;
        assert!(matches!(reason, TransportError::Malformed { .. }), "{bytes:?}: {reason}");
    }
}

#[tokio::test]
async fn server_sends_an_enormous_head() {
    let long = format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "a".repeat(8 << 20));
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "x: y\r\n".repeat(20_000));
    let over = format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "a".repeat(300 << 10));
    let some = format!("HTTP/1.1 200 OK\r\n{}\r\n", "x: y\r\n".repeat(101));
    for head in [long, many, over, some] {
        let reason = unanswered(&Server::answering(head).await).await;
        let TransportError::Malformed { reason } = reason else { panic!("{reason}") };
        assert!(reason.starts_with("its head "), "{reason}");
    }
}

#[tokio::test]
async fn server_floods_with_interim_responses() {
    let server = Server::start(|mut stream| async move {
        read_request(&mut stream).await?;
        loop {
            stream.write_all(&b"HTTP/1.1 103 Early Hints\r\n\r\n".repeat(1000)).await?;
        }
    })
    .await;
    let limit = short().first_byte;
    assert_eq!(late(&server).await, TransportError::Timeout { phase: Phase::Head, limit });
}

#[tokio::test]
async fn server_never_ends_its_body() {
    let server = Server::start(|mut stream| async move {
        read_request(&mut stream).await?;
        stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await?;
        loop {
            stream.write_all(&b"10\r\n0123456789abcdef\r\n".repeat(1000)).await?;
        }
    })
    .await;
    assert_eq!(unanswered(&server).await, TransportError::BodyTooLarge { limit: patient().body });
}

#[tokio::test]
async fn server_sends_a_compressed_bomb() {
    let bomb = gzip(&vec![0; 64 << 20]);
    assert!(bomb.len() < 100_000, "{} bytes pass the limit before they are decoded", bomb.len());
    let server = Server::answering(with_body("content-encoding: gzip\r\n", &bomb)).await;
    assert_eq!(unanswered(&server).await, TransportError::BodyTooLarge { limit: patient().body });
}

// --- responses that are from the API, and are judged --------------------------------------------------------

#[tokio::test]
async fn server_ends_its_body_early() {
    for bytes in [
        "HTTP/1.1 500 X\r\ncontent-length: 99999999999\r\n\r\n{\"error\":",
        "HTTP/1.1 500 X\r\ntransfer-encoding: chunked\r\n\r\n9\r\n{\"error\":\r\n",
        "HTTP/1.1 500 X\r\ntransfer-encoding: chunked\r\n\r\n9\r\n{\"error\":\r\nzz\r\n",
    ] {
        let response = answered(&Server::answering(bytes).await).await;
        assert_eq!((response.status, response.body.as_ref()), (500, &b"{\"error\":"[..]));
        assert!(matches!(response.defect, Some(BodyError::EndedEarly(_))), "{:?}", response.defect);
    }
}

#[tokio::test]
async fn server_resets_within_its_body() {
    let server = Server::start(|mut stream| async move {
        read_request(&mut stream).await?;
        stream.write_all(b"HTTP/1.1 500 X\r\ncontent-length: 100\r\n\r\nhalf").await?;
        sleep(Duration::from_millis(50)).await;
        stream.reset_on_close()
    })
    .await;
    let response = answered(&server).await;
    assert_eq!(response.body, "half");
    assert!(matches!(response.defect, Some(BodyError::EndedEarly(_))), "{:?}", response.defect);
}

#[tokio::test]
async fn server_declares_gzip_and_sends_plain_text() {
    let response =
        answered(&Server::answering(with_body("content-encoding: gzip\r\n", b"{\"a\":1}")).await).await;
    assert_eq!(response.body, "{\"a\":1}", "what arrived is kept");
    assert!(matches!(response.defect, Some(BodyError::BadEncoding(_))), "{:?}", response.defect);
    assert_eq!(response.header("content-encoding"), Some("gzip"));
}

#[tokio::test]
async fn server_sends_corrupt_compression() {
    let plain: String = (0..5000).map(|number| format!("{number},")).collect();
    let whole = gzip(plain.as_bytes());
    for (name, spoiled) in [
        ("cut off", whole[..whole.len() - 20].to_vec()),
        ("wrong checksum", [&whole[..whole.len() - 8], &[0; 8]].concat()),
        ("followed by something else", [&whole[..], b"surplus surplus"].concat()),
    ] {
        let bytes = with_body("content-encoding: gzip\r\n", &spoiled);
        let response = answered(&Server::answering(bytes).await).await;
        assert!(matches!(response.defect, Some(BodyError::BadEncoding(_))), "{name}: {:?}", response.defect);
        assert!(response.body.len() > 1000, "{name}: what could be decoded is kept");
        assert!(plain.as_bytes().starts_with(&response.body), "{name}");
    }
}

#[tokio::test]
async fn server_uses_an_unrequested_coding() {
    let response = answered(&Server::answering(with_body("content-encoding: br\r\n", b"??")).await).await;
    assert_eq!(response.defect, Some(BodyError::UnsupportedEncoding("br".to_owned())));
    assert_eq!(response.body, "??");
}

#[tokio::test]
async fn server_nests_its_json_deeply() {
    let deep = [b"[".repeat(200_000), b"]".repeat(200_000)].concat();
    let limits = Limits { body: 1 << 20, ..patient() };
    let server = Server::answering(with_body("content-type: application/json\r\n", &deep)).await;
    let exchange = bounded(client(limits).send(request("GET", &server.url))).await;
    let response = exchange.result.expect("a response");
    assert_eq!(response.body.len(), 400_000);
    assert!(response.document().value.is_none());
    assert_eq!(response.document().defects.len(), 1);
}

#[tokio::test]
async fn server_redirects() {
    for location in ["/login", "http://example.com/", "http://[bad", "ftp://x/", ""] {
        let bytes = format!("HTTP/1.1 302 Found\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n");
        let server = Server::answering(bytes).await;
        let response = answered(&server).await;
        assert_eq!((response.status, response.header("location")), (302, Some(location)));
        assert_eq!(server.connections(), 1);
    }
}

#[tokio::test]
async fn server_does_not_describe_its_body() {
    // Neither length nor type: the body ends with the connection.
    let response = answered(&Server::answering("HTTP/1.0 500 X\r\n\r\noops").await).await;
    assert_eq!((response.status, response.body.as_ref()), (500, &b"oops"[..]));
    assert!(response.media_type().is_none() && response.defect.is_none());
}

#[tokio::test]
async fn server_uses_unusual_but_valid_heads() {
    let bytes = b"HTTP/1.1 999 \r\nX-Latin: caf\xe9\r\nx-empty:\r\nx-twice: a\r\nx-twice: b\r\n\r\n";
    let response = answered(&Server::answering(bytes.to_vec()).await).await;
    assert_eq!((response.status, response.header("x-empty")), (999, Some("")));
    assert_eq!(response.header("x-latin"), None, "not UTF-8");
    assert_eq!(response.headers.get_all("x-twice").iter().count(), 2);
}

#[tokio::test]
async fn server_responds_before_reading_the_request() {
    // A server that rejects a large body responds and closes the connection; its response must not be lost because
    // writing the request fails.
    let server = Server::start(|mut stream| async move {
        stream.read_exact(&mut [0; 100]).await?;
        stream.write_all(&with_body("connection: close\r\n", b"too large")).await?;
        stream.shutdown().await?;
        sleep(Duration::from_millis(200)).await;
        Ok(())
    })
    .await;
    for _ in 0..20 {
        let mut upload = request("POST", &server.url);
        upload.body = crate::server::body(vec![b'x'; 4 << 20]);
        let exchange = bounded(client(patient()).send(upload)).await;
        let response = exchange.result.expect("a response");
        assert_eq!(response.body, "too large");
    }
}
