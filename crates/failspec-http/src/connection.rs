//! One connection, over which HTTP/1.1 or HTTP/2 is spoken.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use hyper::{
    body::Incoming,
    client::conn::{TrySendError, http1, http2},
};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    task::AbortHandle,
    time::timeout,
};

use super::{
    Limits,
    connector::Opened,
    error::is_unexpected,
    failure::{Failure, Sent},
    monitored_stream::{ConnectionStats, Monitored},
    request_body::RequestBody,
    settlement::{Ledger, Settlement},
};

/// Maximum time to wait for the end of a connection that is no longer used. A server closes it at once, because it was
/// told that no further request comes.
const DRAIN_TIMEOUT: Duration = Duration::from_millis(250);

/// Maximum number of exchanges on a connection: how many can be in doubt if the server turns out to send surplus bytes.
const MAX_EXCHANGES: usize = 100;

/// Maximum time that a connection is used: so long a case may wait until its exchanges are no longer in doubt.
const MAX_AGE: Duration = Duration::from_secs(1);

/// A connection over which HTTP/1.1 is spoken. Dropping it closes it.
#[derive(Debug)]
pub(super) struct Http1Connection {
    sender: http1::SendRequest<RequestBody>,
    pub(super) stats: Arc<ConnectionStats>,
    pub(super) certificate: Option<Arc<[u8]>>,
    settlement: Settlement,
    opened: Instant,
    /// Aborts the task of the connection. `None` once it may end by itself.
    task: Option<AbortHandle>,
}

impl Drop for Http1Connection {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

impl Http1Connection {
    pub(super) async fn start(opened: Opened, limits: &Limits, ledger: &Ledger) -> Result<Self, Failure> {
        let stats = Arc::new(ConnectionStats::new(opened.write_failure));
        let stream = TokioIo::new(Monitored::new(opened.stream, Arc::clone(&stats)));
        let (sender, connection) = http1::Builder::new()
            .max_headers(limits.headers)
            .handshake::<_, RequestBody>(stream)
            .await
            .map_err(|error| Failure::Exchange { error, sent: Sent::NotProcessed })?;
        let settlement = ledger.connection();
        let ending = Ending { stats: Arc::clone(&stats), settlement: settlement.clone() };
        let task = tokio::spawn(async move {
            match connection.without_shutdown().await {
                // The rest of a response that is not read is no surplus.
                Ok(_) if !ending.stats.is_idle() => {}
                Ok(parts) if !parts.read_buf.is_empty() => ending.stats.record_surplus(),
                Ok(parts) => drain(parts.io.into_inner(), &ending.stats).await,
                Err(error) if is_unexpected(&error) => ending.stats.record_surplus(),
                Err(_) => {}
            }
        });
        Ok(Self {
            sender,
            stats,
            certificate: opened.certificate,
            settlement,
            opened: Instant::now(),
            task: Some(task.abort_handle()),
        })
    }

    /// Returns true if the connection is ready for another request.
    pub(super) async fn is_usable(&mut self) -> bool {
        !self.stats.is_over() && self.sender.ready().await.is_ok()
    }

    /// Returns true if the connection is to be replaced.
    pub(super) fn is_worn(&self) -> bool {
        self.stats.responses() >= MAX_EXCHANGES || self.opened.elapsed() >= MAX_AGE
    }

    /// Sends a request and waits for the head of the response.
    pub(super) async fn send(
        &mut self,
        request: http::Request<Bytes>,
    ) -> Result<http::Response<Incoming>, Failure> {
        let reused = self.stats.responses() > 0;
        self.sender.try_send_request(RequestBody::of(request, Some(self.stats.close()))).await.map_err(
            |refused| {
                let sent = match () {
                    () if reused && (refused.message().is_some() || self.stats.is_unsent()) => {
                        Sent::NotProcessed
                    }
                    () if self.stats.is_lost() => Sent::OnReused,
                    () if self.stats.is_written() => Sent::Whole,
                    () => Sent::InPart,
                };
                Failure::Exchange { error: refused.into_error(), sent }
            },
        )
    }

    /// Number and settlement of the exchange under way.
    pub(super) fn settlement(&self) -> (usize, &Settlement) {
        (self.stats.responses(), &self.settlement)
    }

    /// Ends the connection in order: the server is told that no further request comes, and what it still sends is
    /// surplus.
    pub(super) fn retire(mut self) {
        self.task = None;
    }
}

/// Settles the exchanges of a connection when it ends.
struct Ending {
    stats: Arc<ConnectionStats>,
    settlement: Settlement,
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.stats.record_end();
        self.settlement.settle(self.stats.has_surplus());
    }
}

/// Closes the own side of a connection and waits until the server closes its side.
async fn drain(mut stream: Monitored, stats: &ConnectionStats) {
    let ended = async {
        let mut byte = [0];
        stream.shutdown().await?;
        stream.read(&mut byte).await
    };
    if let Ok(Ok(1..)) = timeout(DRAIN_TIMEOUT, ended).await {
        stats.record_surplus();
    }
}

/// A connection over which HTTP/2 is spoken. Cheap to clone; dropping the last clone closes it.
#[derive(Debug, Clone)]
pub(super) struct Http2Connection {
    sender: http2::SendRequest<RequestBody>,
    pub(super) certificate: Option<Arc<[u8]>>,
    /// True if it was used before.
    pub(super) is_reused: bool,
}

impl Http2Connection {
    pub(super) async fn start(opened: Opened, limits: &Limits) -> Result<Self, Failure> {
        let (sender, connection) = http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .max_header_list_size(u32::try_from(limits.head).unwrap_or(u32::MAX))
            .handshake::<_, RequestBody>(TokioIo::new(opened.stream))
            .await
            .map_err(|error| Failure::Exchange { error, sent: Sent::NotProcessed })?;
        tokio::spawn(connection);
        Ok(Self { sender, certificate: opened.certificate, is_reused: false })
    }

    pub(super) fn is_usable(&self) -> bool {
        !self.sender.is_closed()
    }

    /// Sends a request and waits for the head of the response.
    pub(super) async fn send(
        &mut self,
        request: http::Request<Bytes>,
    ) -> Result<http::Response<Incoming>, Failure> {
        let body = !request.body().is_empty();
        self.sender.try_send_request(RequestBody::of(request, None)).await.map_err(|refused| {
            let sent = match () {
                () if is_refused(&refused) => Sent::NotProcessed,
                // A stream that the server reset is its answer; only a connection that ended may have lost the request.
                () if self.is_reused && !is_reset(&refused) => Sent::OnReused,
                // How much of a body was written is not known.
                () if body => Sent::InPart,
                () => Sent::Whole,
            };
            Failure::Exchange { error: refused.into_error(), sent }
        })
    }
}

/// Returns the errors of HTTP/2 behind an error.
fn http2_errors(refused: &TrySendError<http::Request<RequestBody>>) -> impl Iterator<Item = &h2::Error> {
    let first: &(dyn std::error::Error + 'static) = refused.error();
    std::iter::successors(Some(first), |error| error.source())
        .filter_map(|error| error.downcast_ref::<h2::Error>())
}

/// Returns true if the server reset the stream of the request.
fn is_reset(refused: &TrySendError<http::Request<RequestBody>>) -> bool {
    http2_errors(refused).any(|error| error.is_remote() && error.is_reset())
}

/// Returns true if the server said that it did not process the request: its stream is beyond the last one of a GOAWAY,
/// or it was refused (RFC 9113, sections 6.8 and 8.7).
fn is_refused(refused: &TrySendError<http::Request<RequestBody>>) -> bool {
    refused.message().is_some()
        || http2_errors(refused).any(|error| {
            error.is_remote() && (error.is_go_away() || error.reason() == Some(h2::Reason::REFUSED_STREAM))
        })
}
