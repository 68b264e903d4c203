//! The same script behind every transport.

use std::{io, net::SocketAddr};

use failspec_base::{
    message::{Exchange, Request},
    secret::Secret,
};
use failspec_http::{Client, ClientOptions, ConnectTo, Proxy};
use failspec_test_server::{Authority, Listener, Stream, listen, listen_on_unix_socket};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use url::Url;

use super::{patient, read_request};

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

/// A script behind a transport, and a client that reaches it.
pub struct Wired {
    pub client: Client,
    pub url: Url,
    listener: Listener,
    /// Those of the proxies before it.
    _proxy: Option<Listener>,
    _folder: tempfile::TempDir,
}

impl Wired {
    /// Runs `each` on every connection.
    pub async fn start<F, R>(wire: Wire, each: F) -> Self
    where
        F: Fn(Stream) -> R + Clone + Send + Sync + 'static,
        R: Future<Output = io::Result<()>> + Send + 'static,
    {
        let folder = tempfile::tempdir().expect("a folder");
        let limits = patient();
        let mut options = ClientOptions { limits, proxy: Proxy::None, ..ClientOptions::default() };
        let socket = folder.path().join("socket");
        if wire == Wire::UnixSocket {
            let listener = listen_on_unix_socket(&socket, each);
            options.connect_to = Some(ConnectTo::UnixSocket(socket));
            let client = Client::new(options).expect("a client");
            let url = Url::parse("http://api.test/").expect("a URL");
            return Self { client, url, listener, _proxy: None, _folder: folder };
        }
        let authority = Authority::new();
        let acceptor = matches!(wire, Wire::Tls | Wire::Tunnel).then(|| authority.acceptor(&["http/1.1"]));
        let listener = listen(acceptor, each);
        let address = listener.address;
        let proxy = match wire {
            Wire::Tunnel => Some(tunnel()),
            Wire::Socks => Some(socks()),
            _ => None,
        };
        let proxy_address = proxy.as_ref().map_or(address, |proxy| proxy.address);
        let url = match wire {
            Wire::Plain => format!("http://{address}/"),
            Wire::Tls => format!("https://{address}/"),
            Wire::ForwardingProxy => {
                options.proxy = Proxy::Url(Secret::new(format!("http://user:password@{address}"), "proxy"));
                "http://api.test/".to_owned()
            }
            Wire::Tunnel => {
                options.proxy = Proxy::Url(Secret::new(format!("http://{proxy_address}"), "proxy"));
                format!("https://{address}/")
            }
            Wire::Socks => {
                options.proxy = Proxy::Url(Secret::new(format!("socks5://{proxy_address}"), "proxy"));
                format!("http://{address}/")
            }
            _ => {
                options.connect_to =
                    Some(ConnectTo::Address { host: "127.0.0.1".to_owned(), port: address.port() });
                "http://api.test:8080/".to_owned()
            }
        };
        options.certificates = vec![authority.pem.into_bytes()];
        let client = Client::new(options).expect("a client");
        Self { client, url: Url::parse(&url).expect("a URL"), listener, _proxy: proxy, _folder: folder }
    }

    pub async fn send(&self, request: Request) -> Exchange {
        self.client.send(request).await
    }

    pub fn connections(&self) -> usize {
        self.listener.connections()
    }
}

/// Starts a proxy that opens tunnels.
fn tunnel() -> Listener {
    listen(None, |mut stream| async move {
        let head = read_request(&mut stream).await?;
        let address = head.split(' ').nth(1).expect("a target").to_owned();
        let mut behind = TcpStream::connect(address).await?;
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
        tokio::io::copy_bidirectional(&mut stream, &mut behind).await.map(drop)
    })
}

/// Starts a SOCKS 5 proxy without authentication (RFC 1928) for IPv4 addresses.
fn socks() -> Listener {
    listen(None, |mut stream| async move {
        let mut greeting = [0; 2];
        stream.read_exact(&mut greeting).await?;
        stream.read_exact(&mut vec![0; greeting[1].into()]).await?;
        stream.write_all(&[5, 0]).await?;
        let mut wanted = [0; 10];
        stream.read_exact(&mut wanted).await?;
        let [5, 1, 0, 1, a, b, c, d, high, low] = wanted else {
            return Err(io::ErrorKind::Unsupported.into());
        };
        let address = SocketAddr::from(([a, b, c, d], u16::from_be_bytes([high, low])));
        let mut behind = TcpStream::connect(address).await?;
        stream.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await?;
        tokio::io::copy_bidirectional(&mut stream, &mut behind).await.map(drop)
    })
}
