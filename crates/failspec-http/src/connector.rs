//! Establishes connections.

use std::{error::Error, io, pin::Pin, sync::Arc, task::Context, task::Poll};

use http::{Uri, uri::Scheme};
use hyper_util::{
    client::legacy::connect::{
        HttpConnector,
        proxy::{SocksV5, Tunnel},
    },
    rt::TokioIo,
};
use rustls::pki_types::ServerName;
use tokio_rustls::TlsConnector;
use tower::{Service, ServiceExt as _};

use super::{
    ClientError, ClientOptions, ConnectTo, Limits,
    failure::Failure,
    route::{ProxyServer, Route, Router},
    stream::{BoxedStream, WriteFailure, WriteTolerant},
    tls::TlsSettings,
};

/// Establishes connections. Names, TCP, TLS and the tunnel of a proxy together must not take longer than
/// [`Limits::connect`].
#[derive(Debug)]
pub(super) struct Connector {
    tcp: HttpConnector,
    router: Router,
    tls: TlsSettings,
    limits: Limits,
}

/// An established connection.
pub(super) struct Opened {
    pub(super) stream: BoxedStream,
    /// True if HTTP/2 was negotiated.
    pub(super) is_http2: bool,
    /// The certificate of the server (DER).
    pub(super) certificate: Option<Arc<[u8]>>,
    pub(super) write_failure: WriteFailure,
}

impl Connector {
    /// # Errors
    /// If an option cannot be applied.
    pub(super) fn new(options: ClientOptions) -> Result<Self, ClientError> {
        let mut tcp = HttpConnector::new();
        tcp.set_nodelay(true);
        // A proxy or a server with TLS has another scheme.
        tcp.enforce_http(false);
        // This timeout is divided among the addresses of a name, so that an address that does not respond leaves time
        // for the next.
        tcp.set_connect_timeout(Some(options.limits.connect));
        let router = Router::new(&options.proxy, options.connect_to.clone())?;
        Ok(Self { tcp, router, tls: TlsSettings::new(&options)?, limits: options.limits })
    }

    /// Returns the way to the server of a URL.
    pub(super) fn route(&self, uri: &Uri) -> Route {
        self.router.route(uri)
    }

    /// Establishes a connection to the server of a URL.
    pub(super) async fn open(&self, uri: &Uri, route: &Route) -> Result<Opened, Failure> {
        let opened = tokio::time::timeout(self.limits.connect, self.open_unbounded(uri, route));
        opened.await.map_err(|_| Failure::ConnectTimeout)?
    }

    async fn open_unbounded(&self, uri: &Uri, route: &Route) -> Result<Opened, Failure> {
        let write_failure = WriteFailure::default();
        let stream = self.transport(uri, route, &write_failure).await?;
        if uri.scheme() != Some(&Scheme::HTTPS) {
            return Ok(Opened { stream, is_http2: false, certificate: None, write_failure });
        }
        let secure = self.secure(stream, uri).await?;
        let (_, session) = secure.get_ref();
        let is_http2 = session.alpn_protocol() == Some(b"h2");
        let certificates = session.peer_certificates().unwrap_or_default();
        let certificate = certificates.first().map(|certificate| Arc::from(certificate.as_ref()));
        Ok(Opened { stream: Box::new(secure), is_http2, certificate, write_failure })
    }

    /// Establishes what is below TLS.
    async fn transport(
        &self,
        uri: &Uri,
        route: &Route,
        write_failure: &WriteFailure,
    ) -> Result<BoxedStream, Failure> {
        match route {
            Route::Direct => self.tcp(uri.clone(), write_failure).await,
            Route::To(ConnectTo::Address { host, port }) => {
                let host = if host.contains(':') { format!("[{host}]") } else { host.clone() };
                let uri = format!("http://{host}:{port}").parse::<Uri>();
                self.tcp(uri.map_err(|error| Failure::Connect(error.into()))?, write_failure).await
            }
            Route::To(ConnectTo::UnixSocket(path)) => unix_socket(path, write_failure).await,
            Route::Forward(proxy) => self.proxy(proxy, write_failure).await,
            Route::Tunnel(proxy) => {
                let stream = self.proxy(proxy, write_failure).await?;
                let mut tunnel = Tunnel::new(proxy.uri.clone(), Established::new(stream));
                if let Some(authorization) = &proxy.authorization {
                    tunnel = tunnel.with_auth(authorization.clone());
                }
                let opened = tunnel.oneshot(uri.clone()).await;
                opened.map(TokioIo::into_inner).map_err(|error| Failure::Connect(error.into()))
            }
            Route::Socks { proxy, resolves_locally, credentials } => {
                let stream = self.tcp(proxy.uri.clone(), write_failure).await?;
                let mut socks =
                    SocksV5::new(proxy.uri.clone(), Established::new(stream)).local_dns(*resolves_locally);
                if let Some((user, password)) = credentials {
                    socks = socks.with_auth(user.clone(), password.clone());
                }
                let opened = socks.oneshot(uri.clone()).await;
                opened.map(TokioIo::into_inner).map_err(|error| Failure::Connect(error.into()))
            }
        }
    }

    async fn tcp(&self, uri: Uri, write_failure: &WriteFailure) -> Result<BoxedStream, Failure> {
        let opened = self.tcp.clone().oneshot(uri).await;
        let stream = opened.map_err(|error| Failure::Connect(error.into()))?.into_inner();
        Ok(Box::new(WriteTolerant::new(stream, write_failure.clone())))
    }

    /// Establishes a connection to a proxy, over TLS if its URL says so.
    async fn proxy(&self, proxy: &ProxyServer, write_failure: &WriteFailure) -> Result<BoxedStream, Failure> {
        let stream = self.tcp(proxy.uri.clone(), write_failure).await?;
        match proxy.uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTPS => {
                let mut config = rustls::ClientConfig::clone(self.tls.config().map_err(Failure::Setup)?);
                config.alpn_protocols.clear();
                let name = server_name(&proxy.uri)?;
                let secure = TlsConnector::from(Arc::new(config)).connect(name, stream).await;
                Ok(Box::new(secure.map_err(Failure::Tls)?))
            }
            _ => Ok(stream),
        }
    }

    async fn secure(
        &self,
        stream: BoxedStream,
        uri: &Uri,
    ) -> Result<tokio_rustls::client::TlsStream<BoxedStream>, Failure> {
        let config = self.tls.config().map_err(Failure::Setup)?;
        let connector = TlsConnector::from(Arc::clone(config));
        connector.connect(server_name(uri)?, stream).await.map_err(Failure::Tls)
    }
}

fn server_name(uri: &Uri) -> Result<ServerName<'static>, Failure> {
    let host = uri.host().unwrap_or_default();
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    ServerName::try_from(host.to_owned()).map_err(|error| Failure::Tls(io::Error::other(error)))
}

#[cfg(unix)]
async fn unix_socket(path: &std::path::Path, write_failure: &WriteFailure) -> Result<BoxedStream, Failure> {
    let stream = tokio::net::UnixStream::connect(path).await;
    let stream = stream.map_err(|error| Failure::Connect(error.into()))?;
    Ok(Box::new(WriteTolerant::new(stream, write_failure.clone())))
}

#[cfg(not(unix))]
async fn unix_socket(_: &std::path::Path, _: &WriteFailure) -> Result<BoxedStream, Failure> {
    Err(Failure::Connect("this system has no Unix sockets".into()))
}

/// A connection that is established already, as the connector of a tunnel.
struct Established(Option<BoxedStream>);

impl Established {
    fn new(stream: BoxedStream) -> Self {
        Self(Some(stream))
    }
}

impl Service<Uri> for Established {
    type Response = TokioIo<BoxedStream>;
    type Error = Box<dyn Error + Send + Sync>;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let stream = self.0.take();
        Box::pin(async { stream.map(TokioIo::new).ok_or_else(|| "the connection was used before".into()) })
    }
}
