//! Ports on which each connection is given to a script.

use std::{
    io,
    net::SocketAddr,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::{
    net::{TcpListener, TcpSocket, TcpStream, UnixListener},
    task::JoinHandle,
};
use tokio_rustls::TlsAcceptor;

use crate::{authority::Authority, server::runtime, stream::Stream};

/// A port that accepts connections until it is dropped.
#[derive(Debug)]
pub struct Listener {
    /// Its address; that of an unused port for a Unix socket.
    pub address: SocketAddr,
    connections: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Listener {
    /// Returns the number of connections so far.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Runs a script on every connection to a free port of loopback, after the handshake if there is an acceptor. The
/// script runs on the runtime of the caller. Its errors are ignored: in many tests the client closes the connection.
///
/// # Panics
/// If there is no free port, or no runtime.
pub fn listen<F, R>(acceptor: Option<TlsAcceptor>, script: F) -> Listener
where
    F: Fn(Stream) -> R + Clone + Send + Sync + 'static,
    R: Future<Output = io::Result<()>> + Send + 'static,
{
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.set_nonblocking(true).expect("a socket");
    let address = listener.local_addr().expect("an address");
    let listener = TcpListener::from_std(listener).expect("a runtime");
    let connections = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&connections);
    let task = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            // Otherwise a second small packet waits until the first one is confirmed, and a response behind the
            // tickets of TLS.
            let _ = stream.set_nodelay(true);
            let (script, acceptor) = (script.clone(), acceptor.clone());
            tokio::spawn(async move {
                let stream = match acceptor {
                    Some(acceptor) => Stream::Tls(Box::new(acceptor.accept(stream).await?)),
                    None => Stream::Tcp(stream),
                };
                script(stream).await
            });
        }
    });
    Listener { address, connections, task }
}

/// Runs a script on every connection to a Unix socket, like [`listen`].
///
/// # Panics
/// If the socket cannot be created, or there is no runtime.
pub fn listen_on_unix_socket<F, R>(path: &Path, script: F) -> Listener
where
    F: Fn(Stream) -> R + Clone + Send + Sync + 'static,
    R: Future<Output = io::Result<()>> + Send + 'static,
{
    let listener = UnixListener::bind(path).expect("a socket");
    let connections = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&connections);
    let task = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(script(Stream::Unix(stream)));
        }
    });
    Listener { address: closed_address(), connections, task }
}

/// Puts TLS, with these protocols, before a server without it, such as another process.
///
/// # Panics
/// If there is no free port.
pub fn tls_front(authority: &Authority, protocols: &[&str], behind: SocketAddr) -> Listener {
    let _inside = runtime().enter();
    listen(Some(authority.acceptor(protocols)), move |mut stream| async move {
        let mut behind = TcpStream::connect(behind).await?;
        tokio::io::copy_bidirectional(&mut stream, &mut behind).await.map(drop)
    })
}

/// Returns an address of loopback at which nobody listens at the moment. Another test may come to listen there: for
/// servers that must be told their port. Where nobody may listen, see [`closed_address`].
///
/// # Panics
/// If there is no free port.
pub fn unused_address() -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address")
}

/// Returns an address of loopback at which nobody listens as long as this process lives.
///
/// # Panics
/// If there is no free port, or no runtime.
pub fn closed_address() -> SocketAddr {
    let _inside = runtime().enter();
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind(([127, 0, 0, 1], 0).into()).expect("a free port");
    let address = socket.local_addr().expect("an address");
    // A port that is bound and not listened on refuses connections, and is given to nobody else.
    std::mem::forget(socket);
    address
}
