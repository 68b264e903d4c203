//! The server: accepts connections on loopback until it is stopped.

use std::{
    convert::Infallible,
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use failspec_http::{ClientError, ClientOptions};
use failspec_observe::RecordedExchange;
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::{
    client::legacy::Client,
    rt::{TokioExecutor, TokioIo, TokioTimer},
};
use tokio::{net::TcpListener, sync::watch, time::timeout};
use url::Url;

use crate::{
    connector::TargetConnector,
    forward::forward,
    kept_body::{Budget, PassingBody},
};

/// Maximum size of a body that is kept for judging, in bytes: 2 MiB.
const MAX_KEPT: usize = 2 << 20;

/// Maximum number of bytes that all bodies together keep: 64 MiB.
const MAX_KEPT_TOGETHER: usize = 64 << 20;

/// Time that open connections have to end after a stop.
const STOP_TIMEOUT: Duration = Duration::from_secs(2);

/// The judgement of an exchange.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verdict {
    /// The violated checks, each with what is wrong; empty if the response may pass.
    pub violations: Vec<(String, String)>,
}

/// The judge of exchanges. It may be called from several threads, and must not block for long.
pub trait Judge: Send + Sync + 'static {
    /// Judges a finished exchange.
    fn judge(&self, exchange: RecordedExchange) -> Verdict;
}

/// Options of a proxy.
#[derive(Debug, Clone)]
pub struct ProxyOptions {
    /// The address to listen on; only loopback.
    pub listen: SocketAddr,
    /// The target: paths of requests are appended to its path.
    pub target: Url,
    /// The settings of TLS to the target.
    pub client: ClientOptions,
    /// True if a response with a violation is replaced.
    pub enforce: bool,
}

/// Reason why a proxy cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum ProxyError {
    /// The address is not one of this machine alone.
    #[error("{0} is not a loopback address: everybody who reaches the proxy reaches the target through it")]
    NotLoopback(SocketAddr),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {reason}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The error of the operating system.
        reason: io::Error,
    },
    /// The settings of TLS cannot be used.
    #[error(transparent)]
    Client(#[from] ClientError),
}

/// The state that all connections share.
pub(crate) struct Shared<J> {
    pub(crate) client: Client<TargetConnector, PassingBody>,
    pub(crate) target: Url,
    pub(crate) enforce: bool,
    pub(crate) judge: J,
    pub(crate) budget: Budget,
    pub(crate) limit: usize,
    entries: AtomicU64,
    pending: AtomicUsize,
}

impl<J> Shared<J> {
    /// Returns the number of the next exchange, from 1.
    pub(crate) fn next_entry(&self) -> u64 {
        self.entries.fetch_add(1, Ordering::Relaxed) + 1
    }
}

/// A running proxy.
pub struct Proxy {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    done: tokio::task::JoinHandle<()>,
}

impl Proxy {
    /// Starts a proxy.
    ///
    /// # Errors
    /// When the address is not on loopback or cannot be listened on, or TLS cannot be set up.
    pub async fn start<J: Judge>(options: ProxyOptions, judge: J) -> Result<Self, ProxyError> {
        let address = options.listen;
        if !address.ip().is_loopback() {
            return Err(ProxyError::NotLoopback(address));
        }
        let tls = failspec_http::tls_config(&options.client)?;
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .http1_preserve_header_case(true)
            .set_host(false)
            .build(TargetConnector::new(&tls));
        let listen = |reason| ProxyError::Listen { address, reason };
        let listener = TcpListener::bind(address).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let shared = Arc::new(Shared {
            client,
            target: options.target,
            enforce: options.enforce,
            judge,
            budget: Budget::new(MAX_KEPT_TOGETHER),
            limit: MAX_KEPT,
            entries: AtomicU64::new(0),
            pending: AtomicUsize::new(0),
        });
        let (stop, stopped) = watch::channel(false);
        let done = tokio::spawn(accept(listener, shared, stopped));
        Ok(Self { address, stop, done })
    }

    /// Returns the address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops accepting connections, and waits a moment for those that are open.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        let _ = timeout(STOP_TIMEOUT, self.done).await;
    }
}

async fn accept<J: Judge>(listener: TcpListener, shared: Arc<Shared<J>>, mut stopped: watch::Receiver<bool>) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopped.changed() => break,
        };
        let Ok((stream, _)) = accepted else {
            // No more connections for now, such as too many open files.
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        let _ = stream.set_nodelay(true);
        let (shared, mut stopped) = (Arc::clone(&shared), stopped.clone());
        shared.pending.fetch_add(1, Ordering::Relaxed);
        tokio::spawn(async move {
            let service = service_fn(|request| {
                let shared = Arc::clone(&shared);
                async move { Ok::<_, Infallible>(forward(&shared, request).await) }
            });
            let connection = http1::Builder::new()
                .preserve_header_case(true)
                .timer(TokioTimer::new())
                .serve_connection(TokioIo::new(stream), service)
                .with_upgrades();
            let mut connection = std::pin::pin!(connection);
            // An error is a matter of the client: it has closed the connection.
            tokio::select! {
                _ = connection.as_mut() => {}
                _ = stopped.changed() => {
                    connection.as_mut().graceful_shutdown();
                    let _ = timeout(STOP_TIMEOUT, connection).await;
                }
            }
            shared.pending.fetch_sub(1, Ordering::Relaxed);
        });
    }
    drop(listener);
    while shared.pending.load(Ordering::Relaxed) > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
