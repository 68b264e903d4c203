//! Requests are sent exactly as they are written.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use crate::server::{Server, body, client, get, patient, read_request, request};
use failspec_base::{
    message::{Header, Request, RequestError, TransportError},
    secret::RedactedText,
};
use tokio::{io::AsyncWriteExt, time::sleep};

const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

fn header(name: &str, value: &str) -> Header {
    Header::open(name, value)
}

/// Sends a request to a server that records it; returns the received text.
async fn sent(change: impl FnOnce(&mut Request)) -> String {
    let seen = Arc::new(Mutex::new(String::new()));
    let record = seen.clone();
    let server = Server::start(move |mut stream| {
        let record = record.clone();
        async move {
            let text = read_request(&mut stream).await?;
            *record.lock().expect("no panic") = text;
            stream.write_all(OK).await
        }
    })
    .await;
    let mut outgoing = request("GET", &server.url);
    change(&mut outgoing);
    client(patient()).send(outgoing).await.result.expect("a response");
    let text = seen.lock().expect("no panic").clone();
    text.replace(server.url.authority(), "HOST").replace("\r\n", "\n")
}

/// Returns the reason why a request is not sent. `validate` and `send` must agree on it.
async fn refused(change: impl FnOnce(&mut Request)) -> RequestError {
    let server = Server::answering(OK).await;
    let mut outgoing = request("GET", &server.url);
    change(&mut outgoing);
    let reason = outgoing.validate().expect_err("a mistake");
    let result = client(patient()).send(outgoing).await.result;
    assert_eq!(result.expect_err("not sent"), TransportError::Unsendable(reason.clone()));
    assert_eq!(server.connections(), 0);
    reason
}

#[tokio::test]
async fn a_plain_request_is_plain() {
    let version = env!("CARGO_PKG_VERSION");
    let expected = format!(
        "GET / HTTP/1.1\nuser-agent: failspec/{version}\naccept: */*\naccept-encoding: gzip\nhost: HOST\n\n"
    );
    let mut lines: Vec<_> = expected.lines().collect();
    let text = sent(|_| {}).await;
    let mut seen: Vec<_> = text.lines().collect();
    // The order of added headers does not matter.
    lines.sort_unstable();
    seen.sort_unstable();
    assert_eq!(seen, lines);
}

#[tokio::test]
async fn headers_keep_their_order_and_replace_what_would_be_added() {
    let text = sent(|request| {
        request.headers = vec![
            header("X-Second", "2"),
            header("Accept", "application/json"),
            header("Host", "other.example"),
            header("User-Agent", ""),
            header("Accept-Encoding", "identity"),
            header("X-First", "\u{e9}\t\u{20ac}"),
            header("X-Twice", "a"),
            header("X-Twice", "b"),
        ];
    })
    .await;
    assert_eq!(
        text,
        "GET / HTTP/1.1\nx-second: 2\naccept: application/json\nhost: other.example\nuser-agent: \n\
         accept-encoding: identity\nx-first: \u{e9}\t\u{20ac}\nx-twice: a\nx-twice: b\n\n"
    );
}

#[tokio::test]
async fn url_is_sent_unchanged() {
    for path in ["/a%2Fb%2e%2F", "/a//b;c=d?x=%20+%zz&y[]=1&&z", "/?", "/%00?q=|^~!*()", "/a|b^c[d]"] {
        let text = sent(|request| {
            let url = format!("http://{}{path}#fragment", request.url.authority());
            request.url = url.parse().expect(path);
        })
        .await;
        assert_eq!(text.lines().next(), Some(format!("GET {path} HTTP/1.1").as_str()));
    }
}

#[tokio::test]
async fn methods_are_sent_unchanged() {
    for method in ["GET", "get", "PURGE", "M-SEARCH", "POST"] {
        let text = sent(|request| request.method = method.to_owned()).await;
        assert!(text.starts_with(&format!("{method} / HTTP/1.1\n")), "{text}");
    }
}

#[tokio::test]
async fn bodies_are_sent_with_their_length() {
    for (method, bytes, length) in [
        ("POST", None, Some("0")),
        ("PUT", None, Some("0")),
        ("PATCH", Some(""), Some("0")),
        ("GET", None, None),
        ("DELETE", None, None),
        ("GET", Some(""), Some("0")),
        ("GET", Some("{\"not json"), Some("10")),
        ("DELETE", Some("x"), Some("1")),
        ("POST", Some("a\0b"), Some("3")),
    ] {
        let text = sent(|request| {
            request.method = method.to_owned();
            request.body = bytes.and_then(body);
        })
        .await;
        let (head, arrived) = text.split_once("\n\n").expect("a head");
        let lengths: Vec<_> = head.lines().filter_map(|line| line.strip_prefix("content-length: ")).collect();
        assert_eq!(lengths, Vec::from_iter(length), "{method} {bytes:?}");
        assert_eq!(arrived, bytes.unwrap_or_default());
        assert!(!head.contains("content-type"), "{head}");
    }
}

#[tokio::test]
async fn framing_headers_may_be_explicit_if_correct() {
    let text = sent(|request| {
        request.headers = vec![header("Content-Length", "2")];
        request.body = body("{}");
    })
    .await;
    assert_eq!(text.matches("content-length: 2\n").count(), 1, "{text}");
    for headers in [
        vec![header("Content-Length", "3")],
        vec![header("Content-Length", "2"), header("Content-Length", "1")],
        vec![header("Content-Length", "+2")],
    ] {
        let reason = refused(|request| {
            request.headers = headers;
            request.body = body("{}");
        })
        .await;
        assert_eq!(reason, RequestError::ContentLength { actual: 2 });
    }
    let reason = refused(|request| request.headers = vec![header("Transfer-Encoding", "gzip")]).await;
    assert_eq!(reason, RequestError::TransferEncoding);
}

#[tokio::test]
async fn invalid_http_is_refused() {
    for value in ["a\r\nx-injected: 1", "a\nb", "a\rb", "a\0b", "\u{1b}[31m", "\u{7f}"] {
        let reason = refused(|request| request.headers = vec![header("X-Value", value)]).await;
        assert_eq!(reason, RequestError::HeaderValue("X-Value".to_owned()));
        assert!(!reason.to_string().contains(value));
    }
    for name in ["", "a b", "a:", "a\r\nb", "\u{e9}"] {
        let reason = refused(|request| request.headers = vec![header(name, "x")]).await;
        assert_eq!(reason, RequestError::HeaderName(name.to_owned()));
    }
    for method in ["", "GET /", "G\r\nT", "\u{e9}"] {
        let reason = refused(|request| request.method = method.to_owned()).await;
        assert_eq!(reason, RequestError::Method(method.to_owned()));
    }
    assert_eq!(refused(|request| request.method = "CONNECT".to_owned()).await, RequestError::Connect);
    for (url, wanted) in [
        ("ftp://127.0.0.1/", RequestError::Scheme("ftp".to_owned())),
        ("data:,x", RequestError::Scheme("data".to_owned())),
        ("http://user@127.0.0.1/", RequestError::Credentials),
        ("http://user:password@127.0.0.1/", RequestError::Credentials),
    ] {
        assert_eq!(refused(|request| request.url = url.parse().expect(url)).await, wanted);
    }
    let long = format!("http://127.0.0.1/{}", "a".repeat(70_000));
    let reason = refused(|request| request.url = long.parse().expect("a URL")).await;
    assert!(matches!(reason, RequestError::Url(_)), "{reason}");
    let many = (0..40_000).map(|number| header(&format!("x-{number}"), "y")).collect();
    assert_eq!(refused(|request| request.headers = many).await, RequestError::TooManyHeaders);
}

#[tokio::test]
async fn debug_output_contains_no_secret() {
    let mut outgoing = request("GET", &"http://h/?token=hunter2hunter2".parse().expect("a URL"));
    outgoing.shown_url = RedactedText::from("http://h/?token=").with(RedactedText::secret("env:T"));
    outgoing.headers = vec![Header {
        name: "Authorization".to_owned(),
        value: "Bearer hunter2hunter2".to_owned(),
        shown: RedactedText::from("Bearer ").with(RedactedText::secret("env:T")),
    }];
    outgoing.body = body("hunter2hunter2");
    let shown = format!("{outgoing:?}");
    assert!(!shown.contains("hunter2") && shown.contains("[secret: env:T]"), "{shown}");
}

#[tokio::test]
async fn response_is_timed() {
    let server = Server::start(|mut stream| async move {
        read_request(&mut stream).await?;
        sleep(Duration::from_millis(50)).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n").await?;
        sleep(Duration::from_millis(300)).await;
        stream.write_all(b"ok").await
    })
    .await;
    let exchange = get(&server.url).await;
    let response = exchange.result.expect("a response");
    assert!(response.first_byte >= Duration::from_millis(50), "{:?}", response.first_byte);
    // On a busy machine the head may be read late, but never only with the body.
    assert!(exchange.elapsed > response.first_byte + Duration::from_millis(5), "{:?}", exchange.elapsed);
    assert!(exchange.elapsed >= Duration::from_millis(350), "{:?}", exchange.elapsed);
}
