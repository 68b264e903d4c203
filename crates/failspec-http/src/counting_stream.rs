//! A TCP connection that records its use.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    task::{Context, Poll},
};

use super::keep_alive::KeepAliveState;
use hyper_util::client::legacy::connect::{Connected, Connection};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

/// Statistics of a connection.
#[derive(Debug, Default)]
pub(super) struct ConnectionStats {
    /// Number of responses that have begun on it.
    responses: AtomicUsize,
    /// True if something was read since the last write.
    heard: AtomicBool,
    /// True if it is closed, by either side.
    over: AtomicBool,
    /// Number of writes. It identifies the request under way: the next one cannot be written without changing it.
    writes: AtomicUsize,
    /// Value of `writes` of the last request whose response was read whole; 0 if there is none.
    complete: AtomicUsize,
    /// The server at the other end, once it responded.
    server: OnceLock<Arc<KeepAliveState>>,
}

impl ConnectionStats {
    /// Records that a response has begun. Returns true if it is not the first one, and the number of writes until then;
    /// `None` if the response is over and the next request is already under way.
    pub(super) fn answered(&self) -> (bool, Option<usize>) {
        let writes = self.writes.load(Relaxed);
        (self.responses.fetch_add(1, Relaxed) > 0, self.heard.load(Relaxed).then_some(writes))
    }

    /// Records that the response after this number of writes was read whole. What comes before the next write is
    /// surplus: it is reported to `server`.
    pub(super) fn complete(&self, writes: usize, server: &Arc<KeepAliveState>) {
        let _ = self.server.set(Arc::clone(server));
        // The pool may have given the connection to the next request already; then this number is outdated.
        self.complete.store(writes, Relaxed);
    }

    fn begin_write(&self) {
        self.heard.store(false, Relaxed);
        self.writes.fetch_add(1, Relaxed);
    }

    /// Returns true if the connection was used before and nothing was received since the last write.
    pub(super) fn is_lost(&self) -> bool {
        self.responses.load(Relaxed) > 0 && !self.heard.load(Relaxed)
    }

    pub(super) fn is_over(&self) -> bool {
        self.over.load(Relaxed)
    }
}

/// A TCP connection that records its use.
#[derive(Debug)]
pub(super) struct Socket {
    stream: TcpStream,
    usage: Arc<ConnectionStats>,
}

impl Socket {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self { stream, usage: Arc::default() }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.usage.over.store(true, Relaxed);
    }
}

impl Connection for Socket {
    /// Attaches its [`ConnectionStats`], which are then available from every response and every error.
    fn connected(&self) -> Connected {
        Connected::new().extra(Arc::clone(&self.usage))
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if read.is_ready() {
            let something = buffer.filled().len() > before;
            let note = if something { &self.usage.heard } else { &self.usage.over };
            note.store(true, Relaxed);
            if something
                && self.usage.complete.load(Relaxed) == self.usage.writes.load(Relaxed)
                && let Some(server) = self.usage.server.get()
            {
                server.record_surplus();
            }
        }
        read
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.usage.begin_write();
        Pin::new(&mut self.stream).poll_write(context, buffer)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.usage.begin_write();
        Pin::new(&mut self.stream).poll_write_vectored(context, pieces)
    }
}
