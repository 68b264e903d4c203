//! Reuse of connections: no request is lost or sent twice because of it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use crate::server::{Server, client, patient, read_request, request};
use failspec_base::message::TransportError;
use failspec_http::Client;
use tokio::{io::AsyncWriteExt, time::sleep};

const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/// A server that closes connections without notice, and counts the requests that reach it.
struct Closing {
    server: Server,
    requests: Arc<AtomicUsize>,
    client: Client,
}

impl Closing {
    /// Starts a server that closes a connection after `responses` responses and `pause`.
    async fn after(responses: usize, pause: Duration) -> Self {
        Self::start(move |_| responses, pause, false).await
    }

    /// Starts a server that closes a connection on receipt of a request, after a number of responses that depends on
    /// the index of the connection (from 0).
    async fn under_a_request(responses: impl Fn(usize) -> usize + Send + Sync + 'static) -> Self {
        Self::start(responses, Duration::ZERO, true).await
    }

    async fn start(
        responses: impl Fn(usize) -> usize + Send + Sync + 'static,
        pause: Duration,
        swallows: bool,
    ) -> Self {
        let requests = Arc::new(AtomicUsize::new(0));
        let count = requests.clone();
        let (responses, connections) = (Arc::new(responses), Arc::new(AtomicUsize::new(0)));
        let server = Server::start(move |mut stream| {
            let responses = responses(connections.fetch_add(1, Ordering::Relaxed));
            let count = count.clone();
            async move {
                for _ in 0..responses {
                    read_request(&mut stream).await?;
                    count.fetch_add(1, Ordering::Relaxed);
                    stream.write_all(OK).await?;
                }
                sleep(pause).await;
                if swallows {
                    read_request(&mut stream).await?;
                    count.fetch_add(1, Ordering::Relaxed);
                }
                Ok(())
            }
        })
        .await;
        let client = client(patient());
        Self { server, requests, client }
    }

    async fn send(&self, method: &str) -> Result<u16, TransportError> {
        self.client.send(request(method, &self.server.url)).await.result.map(|response| response.status)
    }

    fn requests(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
    }
}

#[tokio::test]
async fn connections_are_reused() {
    let closing = Closing::after(100, Duration::from_secs(1)).await;
    for _ in 0..100 {
        assert_eq!(closing.send("GET").await, Ok(200));
    }
    assert_eq!(closing.server.connections(), 1);
}

#[tokio::test]
async fn unsafe_request_reuses_connections_once_one_has_stayed_open() {
    let closing = Closing::after(1000, Duration::from_secs(1)).await;
    for _ in 0..10 {
        assert_eq!(closing.send("POST").await, Ok(200));
    }
    sleep(Duration::from_millis(100)).await;
    for _ in 0..100 {
        assert_eq!(closing.send("POST").await, Ok(200));
    }
    assert!(closing.server.connections() <= 11, "{} connections", closing.server.connections());
}

#[tokio::test(flavor = "multi_thread")]
async fn connection_closed_while_idle_is_no_failure() {
    for method in ["GET", "POST"] {
        for pause in [0, 1, 5] {
            let closing = Closing::after(1, Duration::from_millis(pause)).await;
            for _ in 0..20 {
                // Longer than the pause: the close has arrived before the next request is sent.
                sleep(Duration::from_millis(pause + 10)).await;
                assert_eq!(closing.send(method).await, Ok(200));
            }
            assert_eq!(closing.server.connections(), 20);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn connection_closed_after_each_response_is_no_failure() {
    for method in ["GET", "POST", "DELETE"] {
        for pause in [0, 1, 2] {
            let closing = Closing::after(1, Duration::from_millis(pause)).await;
            for _ in 0..100 {
                assert_eq!(closing.send(method).await, Ok(200), "{method} {pause} ms");
            }
            assert_eq!(closing.requests(), 100, "each one is answered once");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_requests_on_closing_connections_are_no_failure() {
    let closing = Arc::new(Closing::after(1, Duration::from_millis(1)).await);
    let senders: Vec<_> = (0..8)
        .map(|sender| {
            let closing = closing.clone();
            tokio::spawn(async move {
                for _ in 0..50 {
                    let method = if sender % 2 == 0 { "GET" } else { "POST" };
                    assert_eq!(closing.send(method).await, Ok(200), "{method}");
                }
            })
        })
        .collect();
    for sender in senders {
        sender.await.expect("each one is answered");
    }
    assert_eq!(closing.requests(), 400, "each one is answered once");
}

#[tokio::test]
async fn safe_request_is_resent_after_a_loss_on_a_reused_connection() {
    let closing = Closing::under_a_request(|_| 1).await;
    assert_eq!(closing.send("GET").await, Ok(200));
    assert_eq!(closing.send("OPTIONS").await, Ok(200));
    assert_eq!((closing.requests(), closing.server.connections()), (3, 2));
}

#[tokio::test]
async fn safe_request_is_resent_only_once() {
    let closing = Closing::under_a_request(|connection| usize::from(connection == 0)).await;
    assert_eq!(closing.send("GET").await, Ok(200));
    assert!(matches!(closing.send("GET").await, Err(TransportError::Closed { .. })));
    assert_eq!((closing.requests(), closing.server.connections()), (3, 2));
}

#[tokio::test]
async fn closed_new_connection_is_the_result() {
    for method in ["GET", "POST"] {
        let closing = Closing::under_a_request(|_| 0).await;
        let Err(TransportError::Closed { reason, .. }) = closing.send(method).await else {
            panic!("{method}")
        };
        assert!(!reason.contains("used before"), "{reason}");
        assert_eq!(closing.requests(), 1, "{method}");
    }
}

#[tokio::test]
async fn unsafe_request_is_sent_once_and_the_error_explains_the_loss() {
    let closing = Closing::under_a_request(|_| 2).await;
    // Two responses on one connection: the server seems to keep connections open.
    assert_eq!(closing.send("GET").await, Ok(200));
    assert_eq!(closing.send("GET").await, Ok(200));
    let Err(TransportError::Closed { reason, .. }) = closing.send("POST").await else {
        panic!("there was a response")
    };
    assert!(reason.contains("the connection was reused"), "{reason}");
    assert_eq!(closing.requests(), 3);
    // It does not, and this is remembered.
    for _ in 0..5 {
        assert_eq!(closing.send("POST").await, Ok(200));
    }
    assert_eq!((closing.requests(), closing.server.connections()), (8, 6));
}

/// A server that sends the body of GET after HEAD, 204 and 304 as well, as stock Python servers with
/// `do_HEAD = do_GET` do, and keeps its connections open.
async fn with_body_always(status: u16) -> Server {
    Server::start(move |mut stream| async move {
        loop {
            let request = read_request(&mut stream).await?;
            let status = if request.starts_with("GET /plain") { 200 } else { status };
            let head = format!("HTTP/1.1 {status} X\r\ncontent-length: 5\r\n\r\n");
            stream.write_all(head.as_bytes()).await?;
            // In a packet of its own, as it comes from a server that writes head and body one after the other.
            stream.flush().await?;
            sleep(Duration::from_millis(1)).await;
            stream.write_all(b"HTTP/").await?;
        }
    })
    .await
}

#[tokio::test]
async fn body_after_head_204_or_304_never_becomes_the_next_response() {
    for (method, status) in [("HEAD", 400), ("GET", 204), ("GET", 304)] {
        let server = with_body_always(status).await;
        let client = client(patient());
        let plain = server.url.join("/plain").unwrap();
        for round in 0..20 {
            let first =
                client.send(request(method, &server.url)).await.result.map(|response| response.status);
            assert_eq!(first, Ok(status), "{method} {status}, round {round}");
            let next = client.send(request("GET", &plain)).await.result;
            let next = next.map(|response| (response.status, response.body));
            assert_eq!(next, Ok((200, "HTTP/".into())), "{method} {status}, round {round}");
        }
    }
}

#[tokio::test]
async fn connections_to_a_server_that_sends_surplus_are_not_reused() {
    // Each response is followed by another one, a moment later.
    let server = Server::start(|mut stream| async move {
        loop {
            read_request(&mut stream).await?;
            stream.write_all(OK).await?;
            sleep(Duration::from_millis(5)).await;
            stream.write_all(OK).await?;
        }
    })
    .await;
    let client = client(patient());
    for _ in 0..10 {
        let response = client.send(request("GET", &server.url)).await.result;
        assert_eq!(response.map(|response| response.status), Ok(200));
        sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(server.connections(), 10, "each request has a connection of its own");
}

#[tokio::test]
async fn connections_to_a_server_without_surplus_are_reused() {
    let server = Server::start(|mut stream| async move {
        loop {
            read_request(&mut stream).await?;
            stream.write_all(OK).await?;
        }
    })
    .await;
    let client = client(patient());
    for _ in 0..10 {
        let response = client.send(request("GET", &server.url)).await.result;
        assert_eq!(response.map(|response| response.status), Ok(200));
    }
    assert_eq!(server.connections(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn response_to_the_next_request_is_not_taken_for_surplus() {
    // Between two tasks, a connection is used again before the first one has noticed that its response is over.
    for answer in [OK, b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"] {
        let server = Server::start(move |mut stream| async move {
            loop {
                read_request(&mut stream).await?;
                stream.write_all(answer).await?;
            }
        })
        .await;
        let client = Arc::new(client(patient()));
        let tasks: Vec<_> = (0..16)
            .map(|_| {
                let (client, url) = (Arc::clone(&client), server.url.clone());
                tokio::spawn(async move {
                    for _ in 0..100 {
                        let response = client.send(request("GET", &url)).await.result;
                        assert_eq!(response.map(|response| response.status), Ok(200));
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        assert!(server.connections() <= 64, "{} connections", server.connections());
    }
}
