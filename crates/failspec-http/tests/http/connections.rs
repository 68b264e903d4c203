//! Connections are used again, and a request is neither lost nor sent twice for it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use crate::server::{Server, client, read_request, request, short};
use failspec_base::message::{Limits, TransportError};
use failspec_http::Client;
use tokio::{io::AsyncWriteExt, time::sleep};

const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/// A server that closes connections without a word, and counts the requests that reach it.
struct Closing {
    server: Server,
    requests: Arc<AtomicUsize>,
    client: Client,
}

impl Closing {
    /// Closes a connection `pause` after so many responds on it.
    async fn after(responses: usize, pause: Duration) -> Self {
        Self::start(move |_| responses, pause, false).await
    }

    /// Responses so many requests on a connection of this number, from 0, and closes it as the next request is there.
    async fn under_a_request(responses: impl Fn(usize) -> usize + Send + 'static) -> Self {
        Self::start(responses, Duration::ZERO, true).await
    }

    async fn start(
        responses: impl Fn(usize) -> usize + Send + 'static,
        pause: Duration,
        swallows: bool,
    ) -> Self {
        let requests = Arc::new(AtomicUsize::new(0));
        let count = requests.clone();
        let connections = AtomicUsize::new(0);
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
        let client = client(Limits { total: Duration::from_secs(5), ..short() });
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
async fn what_changes_something_reuses_connections_once_one_has_stayed_open() {
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
async fn a_connection_that_was_closed_while_idle_is_no_failure() {
    for method in ["GET", "POST"] {
        for pause in [0, 1, 5] {
            let closing = Closing::after(1, Duration::from_millis(pause)).await;
            for _ in 0..20 {
                // Longer than the pause: the close has arrived before the next request goes out.
                sleep(Duration::from_millis(pause + 10)).await;
                assert_eq!(closing.send(method).await, Ok(200));
            }
            assert_eq!(closing.server.connections(), 20);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_closed_after_each_response_is_no_failure() {
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
async fn many_at_once_are_no_failure_either() {
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
async fn what_changes_nothing_goes_out_once_more_when_its_connection_was_used_before() {
    let closing = Closing::under_a_request(|_| 1).await;
    assert_eq!(closing.send("GET").await, Ok(200));
    assert_eq!(closing.send("HEAD").await, Ok(200));
    assert_eq!((closing.requests(), closing.server.connections()), (3, 2));
}

#[tokio::test]
async fn it_goes_out_once_more_and_no_more() {
    let closing = Closing::under_a_request(|connection| usize::from(connection == 0)).await;
    assert_eq!(closing.send("GET").await, Ok(200));
    assert!(matches!(closing.send("GET").await, Err(TransportError::Closed { .. })));
    assert_eq!((closing.requests(), closing.server.connections()), (3, 2));
}

#[tokio::test]
async fn a_new_connection_that_is_closed_is_the_response() {
    for method in ["GET", "POST"] {
        let closing = Closing::under_a_request(|_| 0).await;
        let Err(TransportError::Closed { reason }) = closing.send(method).await else { panic!("{method}") };
        assert!(!reason.contains("used before"), "{reason}");
        assert_eq!(closing.requests(), 1, "{method}");
    }
}

#[tokio::test]
async fn what_changes_something_is_sent_once_and_says_what_may_have_happened() {
    let closing = Closing::under_a_request(|_| 2).await;
    // Two responds on one connection: the server seems to keep them.
    assert_eq!(closing.send("GET").await, Ok(200));
    assert_eq!(closing.send("GET").await, Ok(200));
    let Err(TransportError::Closed { reason }) = closing.send("POST").await else {
        panic!("there was a response")
    };
    assert!(reason.contains("the connection was reused"), "{reason}");
    assert_eq!(closing.requests(), 3);
    // It does not, and that is not forgotten.
    for _ in 0..5 {
        assert_eq!(closing.send("POST").await, Ok(200));
    }
    assert_eq!((closing.requests(), closing.server.connections()), (8, 6));
}
