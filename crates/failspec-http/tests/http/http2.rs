//! HTTP/2: what a server refused without processing it is sent again, and nothing else.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use bytes::Bytes;
use failspec_base::message::TransportError;
use failspec_http::{Client, ClientOptions, Proxy};
use failspec_test_server::{Authority, Listener, Stream, listen};
use h2::{Reason, RecvStream, server::SendResponse};
use http::{Request, Response};
use url::Url;

use crate::server::{body, patient, request};

type Connection = h2::server::Connection<Stream, Bytes>;

struct Http2Server {
    url: Url,
    client: Client,
    listener: Listener,
}

impl Http2Server {
    /// Runs `each` on every connection, with its number.
    async fn start<F, R>(each: F) -> Self
    where
        F: Fn(usize, Connection) -> R + Clone + Send + Sync + 'static,
        R: Future<Output = Result<(), h2::Error>> + Send + 'static,
    {
        let authority = Authority::new();
        let count = Arc::new(AtomicUsize::new(0));
        let listener = listen(Some(authority.acceptor(&["h2", "http/1.1"])), move |stream| {
            let number = count.fetch_add(1, Ordering::Relaxed);
            let each = each.clone();
            async move {
                let connection = h2::server::handshake(stream).await.map_err(io::Error::other)?;
                each(number, connection).await.map_err(io::Error::other)
            }
        });
        let limits = patient();
        let client = Client::new(ClientOptions {
            limits,
            proxy: Proxy::None,
            certificates: vec![authority.pem.into_bytes()],
            ..ClientOptions::default()
        });
        let url = Url::parse(&format!("https://{}/", listener.address)).expect("a URL");
        Self { url, client: client.expect("a client"), listener }
    }

    async fn send(&self, method: &str) -> Result<u16, TransportError> {
        self.client.send(request(method, &self.url)).await.result.map(|response| response.status)
    }

    fn connections(&self) -> usize {
        self.listener.connections()
    }
}

fn answer(_: Request<RecvStream>, mut respond: SendResponse<Bytes>) -> Result<(), h2::Error> {
    let mut stream = respond.send_response(Response::new(()), false)?;
    stream.send_data(Bytes::from_static(b"ok"), true)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_connection_serves_concurrent_requests() {
    let server = Http2Server::start(|_, mut connection| async move {
        while let Some(accepted) = connection.accept().await {
            let (request, respond) = accepted?;
            answer(request, respond)?;
        }
        Ok(())
    })
    .await;
    let server = Arc::new(server);
    let tasks: Vec<_> = (0..16)
        .map(|_| {
            let server = Arc::clone(&server);
            tokio::spawn(async move {
                for method in ["GET", "POST", "HEAD", "DELETE"] {
                    assert_eq!(server.send(method).await, Ok(200), "{method}");
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(server.connections(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn recycled_connections_are_no_failure() {
    // As nginx does after 1000 requests: GOAWAY, and requests that were sent meanwhile are not processed.
    let server = Http2Server::start(|_, mut connection| async move {
        let mut served = 0;
        while let Some(accepted) = connection.accept().await {
            let (request, respond) = accepted?;
            answer(request, respond)?;
            served += 1;
            if served == 10 {
                connection.graceful_shutdown();
            }
        }
        Ok(())
    })
    .await;
    let server = Arc::new(server);
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let server = Arc::clone(&server);
            tokio::spawn(async move {
                for round in 0..50 {
                    let method = if round % 2 == 0 { "GET" } else { "POST" };
                    assert_eq!(server.send(method).await, Ok(200), "{method}, round {round}");
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert!(server.connections() > 10, "{} connections", server.connections());
}

#[tokio::test]
async fn refused_stream_is_sent_again_on_another_connection() {
    for method in ["GET", "POST"] {
        let server = Http2Server::start(|number, mut connection| async move {
            while let Some(accepted) = connection.accept().await {
                let (request, mut respond) = accepted?;
                match number {
                    0 => respond.send_reset(Reason::REFUSED_STREAM),
                    _ => answer(request, respond)?,
                }
            }
            Ok(())
        })
        .await;
        assert_eq!(server.send(method).await, Ok(200), "{method}");
        assert_eq!(server.connections(), 2);
    }
}

#[tokio::test]
async fn refusal_of_every_attempt_is_the_result() {
    let server = Http2Server::start(|_, mut connection| async move {
        while let Some(accepted) = connection.accept().await {
            accepted?.1.send_reset(Reason::REFUSED_STREAM);
        }
        Ok(())
    })
    .await;
    assert!(matches!(server.send("GET").await, Err(TransportError::Closed { .. })));
    assert!(server.connections() <= 4, "{} connections", server.connections());
}

#[tokio::test]
async fn other_resets_are_the_result() {
    for reason in [Reason::INTERNAL_ERROR, Reason::CANCEL, Reason::ENHANCE_YOUR_CALM] {
        let requests = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&requests);
        let server = Http2Server::start(move |_, mut connection| {
            let count = Arc::clone(&count);
            async move {
                while let Some(accepted) = connection.accept().await {
                    count.fetch_add(1, Ordering::Relaxed);
                    accepted?.1.send_reset(reason);
                }
                Ok(())
            }
        })
        .await;
        assert!(matches!(server.send("POST").await, Err(TransportError::Closed { .. })), "{reason:?}");
        assert_eq!(requests.load(Ordering::Relaxed), 1, "{reason:?}: the request may have been processed");
    }
}

#[tokio::test]
async fn reset_on_a_connection_that_was_used_before_is_the_result() {
    let requests = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&requests);
    let server = Http2Server::start(move |_, mut connection| {
        let count = Arc::clone(&count);
        async move {
            while let Some(accepted) = connection.accept().await {
                let (request, mut respond) = accepted?;
                match count.fetch_add(1, Ordering::Relaxed) {
                    0 => answer(request, respond)?,
                    _ => respond.send_reset(Reason::INTERNAL_ERROR),
                }
            }
            Ok(())
        }
    })
    .await;
    assert_eq!(server.send("GET").await, Ok(200));
    assert!(matches!(server.send("GET").await, Err(TransportError::Closed { .. })));
    assert_eq!(requests.load(Ordering::Relaxed), 2, "it is not sent again");
}

#[tokio::test]
async fn early_response_is_read() {
    let server = Http2Server::start(|_, mut connection| async move {
        while let Some(accepted) = connection.accept().await {
            let (_unread, mut respond) = accepted?;
            let mut response = Response::new(());
            *response.status_mut() = http::StatusCode::PAYLOAD_TOO_LARGE;
            let mut stream = respond.send_response(response, false)?;
            // The rest of the request is dropped: the stream is reset with NO_ERROR.
            stream.send_data(Bytes::from_static(b"too large"), true)?;
        }
        Ok(())
    })
    .await;
    for _ in 0..5 {
        let mut upload = request("POST", &server.url);
        upload.body = body(vec![b'x'; 4 << 20]);
        let response = server.client.send(upload).await.result.expect("a response");
        assert_eq!((response.status, response.body.as_ref()), (413, &b"too large"[..]));
    }
}
