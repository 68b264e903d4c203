//! The same script behind every transport.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use failspec_base::{
    message::{Exchange, Limits, Request},
    secret::Secret,
};
use failspec_http::{Client, ClientOptions, ConnectTo, Proxy};
use rcgen::{CertificateParams, KeyPair};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream, UnixListener},
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring,
        pki_types::{PrivateKeyDer, pem::PemObject as _},
    },
};
use url::Url;

use super::{read_request, short};

/// The way from the client to the script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wire {
    Plain,
    Tls,
    /// The script is the proxy itself.
    ForwardingProxy,
    /// TLS through a tunnel.
    Tunnel,
    /// Another host in the URL.
    OtherAddress,
    UnixSocket,
    /// Through a SOCKS 5 proxy.
    Socks,
}

impl Wire {
    pub const ALL: [Self; 7] = [
        Self::Plain,
        Self::Tls,
        Self::ForwardingProxy,
        Self::Tunnel,
        Self::OtherAddress,
        Self::UnixSocket,
        Self::Socks,
    ];
}

/// The stream that a script reads from and writes to.
pub trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Duplex for S {}

pub type WireStream = Box<dyn Duplex>;

/// A script behind a transport, and a client that reaches it.
pub struct Wired {
    pub client: Client,
    pub url: Url,
    connections: Arc<AtomicUsize>,
    _folder: tempfile::TempDir,
}

/// A self-signed certificate for `127.0.0.1`.
pub struct Certificate {
    /// PEM.
    pub certificate: Vec<u8>,
    der: rcgen::Certificate,
    key: KeyPair,
}

impl Certificate {
    pub fn new() -> Self {
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).expect("a name");
        let der = params.self_signed(&key).expect("a certificate");
        Self { certificate: der.pem().into_bytes(), der, key }
    }

    /// A server with this certificate that offers these protocols.
    pub fn acceptor(&self, protocols: &[&str]) -> TlsAcceptor {
        let key = PrivateKeyDer::from_pem_slice(self.key.serialize_pem().as_bytes()).expect("a key");
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![self.der.der().clone()], key)
            .expect("a certificate with its key");
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
        TlsAcceptor::from(Arc::new(config))
    }
}

impl Wired {
    /// Runs `each` on every connection.
    pub async fn start<F, R>(wire: Wire, each: F) -> Self
    where
        F: Fn(WireStream) -> R + Clone + Send + Sync + 'static,
        R: Future<Output = io::Result<()>> + Send + 'static,
    {
        let folder = tempfile::tempdir().expect("a folder");
        let connections = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&connections);
        let limits = Limits { total: Duration::from_secs(5), first_byte: Duration::from_secs(5), ..short() };
        let mut options = ClientOptions { limits, proxy: Proxy::None, ..ClientOptions::default() };
        let socket = folder.path().join("socket");
        if wire == Wire::UnixSocket {
            let listener = UnixListener::bind(&socket).expect("a socket");
            tokio::spawn(async move {
                while let Ok((stream, _)) = listener.accept().await {
                    count.fetch_add(1, Ordering::Relaxed);
                    tokio::spawn(each(Box::new(stream)));
                }
            });
            options.connect_to = Some(ConnectTo::UnixSocket(socket));
            let client = Client::new(options).expect("a client");
            let url = Url::parse("http://api.test/").expect("a URL");
            return Self { client, url, connections, _folder: folder };
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let certificate = Certificate::new();
        let acceptor = matches!(wire, Wire::Tls | Wire::Tunnel).then(|| certificate.acceptor(&["http/1.1"]));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::Relaxed);
                // Otherwise a response could wait behind the tickets of TLS until they are confirmed.
                stream.set_nodelay(true).expect("a socket");
                let (each, acceptor) = (each.clone(), acceptor.clone());
                tokio::spawn(async move {
                    let stream: WireStream = match acceptor {
                        Some(acceptor) => Box::new(acceptor.accept(stream).await?),
                        None => Box::new(stream),
                    };
                    each(stream).await
                });
            }
        });
        let url = match wire {
            Wire::Plain => format!("http://{address}/"),
            Wire::Tls => format!("https://{address}/"),
            Wire::ForwardingProxy => {
                options.proxy = Proxy::Url(Secret::new(format!("http://user:password@{address}"), "proxy"));
                "http://api.test/".to_owned()
            }
            Wire::Tunnel => {
                options.proxy = Proxy::Url(Secret::new(tunnel().await, "proxy"));
                format!("https://{address}/")
            }
            Wire::Socks => {
                options.proxy = Proxy::Url(Secret::new(socks().await, "proxy"));
                format!("http://{address}/")
            }
            _ => {
                options.connect_to =
                    Some(ConnectTo::Address { host: "127.0.0.1".to_owned(), port: address.port() });
                "http://api.test:8080/".to_owned()
            }
        };
        options.certificates = vec![certificate.certificate];
        let client = Client::new(options).expect("a client");
        Self { client, url: Url::parse(&url).expect("a URL"), connections, _folder: folder }
    }

    pub async fn send(&self, request: Request) -> Exchange {
        self.client.send(request).await
    }

    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}

/// Starts a proxy that opens tunnels; returns its URL.
async fn tunnel() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                // Otherwise a second small packet waits until the first one is confirmed.
                stream.set_nodelay(true)?;
                let head = read_request(&mut stream).await?;
                let address = head.split(' ').nth(1).expect("a target").to_owned();
                let mut behind = TcpStream::connect(address).await?;
                stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
                tokio::io::copy_bidirectional(&mut stream, &mut behind).await
            });
        }
    });
    url
}

/// Starts a SOCKS 5 proxy without authentication (RFC 1928) for IPv4 addresses; returns its URL.
async fn socks() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("socks5://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                stream.set_nodelay(true)?;
                let mut greeting = [0; 2];
                stream.read_exact(&mut greeting).await?;
                stream.read_exact(&mut vec![0; greeting[1].into()]).await?;
                stream.write_all(&[5, 0]).await?;
                let mut wanted = [0; 10];
                stream.read_exact(&mut wanted).await?;
                let [5, 1, 0, 1, a, b, c, d, high, low] = wanted else {
                    return Err(io::ErrorKind::Unsupported.into());
                };
                let mut behind =
                    TcpStream::connect(SocketAddr::from(([a, b, c, d], u16::from_be_bytes([high, low]))))
                        .await?;
                stream.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await?;
                tokio::io::copy_bidirectional(&mut stream, &mut behind).await
            });
        }
    });
    url
}
