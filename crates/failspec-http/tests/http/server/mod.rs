//! Connections with a script, and helpers for tests.

mod wire;

use std::{sync::Arc, time::Duration};

use failspec_base::message::{Body, Exchange, Limits, Request};
use failspec_http::{Client, ClientOptions};
use failspec_test_server::{Listener, Stream, listen};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use url::Url;

pub use wire::{Wire, Wired};

/// A running server.
pub struct Server {
    pub url: Url,
    listener: Listener,
}

impl Server {
    /// Starts a server that runs `each` on every connection.
    pub async fn start<F, R>(each: F) -> Self
    where
        F: Fn(Stream) -> R + Clone + Send + Sync + 'static,
        R: Future<Output = std::io::Result<()>> + Send + 'static,
    {
        let listener = listen(None, each);
        let url = Url::parse(&format!("http://{}/", listener.address)).expect("a URL");
        Self { url, listener }
    }

    /// Starts a server that reads one request, sends `bytes`, and closes the connection.
    pub async fn answering(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes: Arc<[u8]> = bytes.into().into();
        Self::start(move |mut stream| {
            let bytes = bytes.clone();
            async move {
                read_request(&mut stream).await?;
                stream.write_all(&bytes).await?;
                stream.shutdown().await
            }
        })
        .await
    }

    pub fn connections(&self) -> usize {
        self.listener.connections()
    }
}

/// Reads one request, head and body, as text.
pub async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> std::io::Result<String> {
    let mut text = String::new();
    let mut piece = vec![0; 64 * 1024];
    loop {
        let length = stream.read(&mut piece).await?;
        text.push_str(&String::from_utf8_lossy(&piece[..length]));
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            if length == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            continue;
        };
        let announced = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .map_or(0, |length| length.parse().expect("a length"));
        if body.len() >= announced || length == 0 {
            return Ok(text);
        }
    }
}

pub fn request(method: &str, url: &Url) -> Request {
    Request::new(method, url.clone())
}

pub fn body(bytes: impl Into<bytes::Bytes>) -> Option<Body> {
    Some(Body { bytes: bytes.into(), shown: "".into() })
}

/// Returns limits that no server of a test exceeds which responds, however busy the machine is.
pub fn patient() -> Limits {
    let long = Duration::from_secs(20);
    Limits { connect: long, first_byte: long, total: long, body: 100_000, ..Limits::default() }
}

/// Returns limits that are short enough to wait for: for servers that do not respond in time.
pub fn short() -> Limits {
    Limits { first_byte: Duration::from_millis(300), total: Duration::from_millis(600), ..patient() }
}

pub fn client(limits: Limits) -> Client {
    Client::new(ClientOptions { limits, ..ClientOptions::default() }).expect("a client")
}

pub async fn get(url: &Url) -> Exchange {
    client(patient()).send(request("GET", url)).await
}
