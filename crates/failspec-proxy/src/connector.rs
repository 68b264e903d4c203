//! Connections to the target: TCP, and TLS where its URL says so.

use std::{
    error::Error,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use http::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::{
    client::legacy::connect::{Connected, Connection, HttpConnector},
    rt::TokioIo,
};
use rustls::{ClientConfig, pki_types::ServerName};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};
use tower::Service;

/// Reason why no connection to the target was established.
pub type ConnectError = Box<dyn Error + Send + Sync>;

/// Establishes connections to the target.
#[derive(Clone)]
pub(crate) struct TargetConnector {
    tcp: HttpConnector,
    tls: TlsConnector,
}

impl TargetConnector {
    pub(crate) fn new(config: &ClientConfig) -> Self {
        let mut tcp = HttpConnector::new();
        tcp.set_nodelay(true);
        tcp.enforce_http(false);
        let mut config = config.clone();
        // What a client sends over HTTP/1.1 goes on over HTTP/1.1.
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Self { tcp, tls: TlsConnector::from(Arc::new(config)) }
    }
}

impl Service<Uri> for TargetConnector {
    type Response = TargetStream;
    type Error = ConnectError;
    type Future = Pin<Box<dyn Future<Output = Result<TargetStream, ConnectError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), ConnectError>> {
        self.tcp.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let is_secure = uri.scheme() == Some(&http::uri::Scheme::HTTPS);
        let host = uri.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        let (opening, tls) = (self.tcp.call(uri), self.tls.clone());
        Box::pin(async move {
            let stream = opening.await?;
            if !is_secure {
                return Ok(TargetStream::Plain(stream));
            }
            let name = ServerName::try_from(host)?;
            let secure = tls.connect(name, stream.into_inner()).await?;
            Ok(TargetStream::Tls(Box::new(TokioIo::new(secure))))
        })
    }
}

/// A connection to the target.
pub(crate) enum TargetStream {
    Plain(TokioIo<TcpStream>),
    Tls(Box<TokioIo<TlsStream<TcpStream>>>),
}

impl Connection for TargetStream {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl Read for TargetStream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl Write for TargetStream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(context),
            Self::Tls(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}
