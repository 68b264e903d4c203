//! A stream that records its use by HTTP/1.1.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::stream::{BoxedStream, WriteFailure};

/// Statistics of a connection.
#[derive(Debug, Default)]
pub(super) struct ConnectionStats {
    /// Number of responses that were read whole.
    responses: AtomicUsize,
    /// True while a request may be written: since the last response was read whole, nothing was written.
    idle: AtomicBool,
    /// True if something was read since the last write.
    heard: AtomicBool,
    /// True if all data of the request was handed over to the stream.
    flushed: AtomicBool,
    /// True if a part of a response arrived before its request was written whole.
    early: AtomicBool,
    /// True if something arrived that belongs to no response.
    surplus: AtomicBool,
    /// True if the connection ended or had surplus bytes before anything of the last request was written.
    unsent: AtomicBool,
    /// True if it is closed, by either side.
    over: AtomicBool,
    /// Tells if a write failed.
    broken: WriteFailure,
    /// Set if the sending side is to be closed although the request is not written whole.
    close: Arc<AtomicBool>,
}

impl ConnectionStats {
    pub(super) fn new(broken: WriteFailure) -> Self {
        Self { broken, ..Self::default() }
    }

    /// Records that a response was read whole: what comes before the next write is surplus.
    pub(super) fn complete(&self) {
        self.responses.fetch_add(1, Relaxed);
        self.idle.store(true, Relaxed);
    }

    fn begin_write(&self) {
        self.idle.store(false, Relaxed);
        self.heard.store(false, Relaxed);
        self.flushed.store(false, Relaxed);
    }

    /// Returns true if nothing was written since a response was read whole.
    pub(super) fn is_idle(&self) -> bool {
        self.idle.load(Relaxed)
    }

    /// Number of responses that were read whole.
    pub(super) fn responses(&self) -> usize {
        self.responses.load(Relaxed)
    }

    /// Returns true if the connection was used before and nothing was received since the last write.
    pub(super) fn is_lost(&self) -> bool {
        self.responses() > 0 && !self.heard.load(Relaxed)
    }

    /// Returns true if nothing of the last request was written.
    pub(super) fn is_unsent(&self) -> bool {
        self.unsent.load(Relaxed)
    }

    /// Returns what tells the stream to close its sending side.
    pub(super) fn close(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.close)
    }

    /// Returns true if the last request was written whole.
    pub(super) fn is_written(&self) -> bool {
        self.flushed.load(Relaxed) && !self.broken.is_set() && !self.close.load(Relaxed)
    }

    /// Returns true if a response arrived before its request was written whole.
    pub(super) fn is_early(&self) -> bool {
        self.early.load(Relaxed) || self.broken.is_set()
    }

    pub(super) fn has_surplus(&self) -> bool {
        self.surplus.load(Relaxed)
    }

    pub(super) fn record_surplus(&self) {
        self.surplus.store(true, Relaxed);
    }

    pub(super) fn is_over(&self) -> bool {
        self.over.load(Relaxed)
    }

    pub(super) fn record_end(&self) {
        self.over.store(true, Relaxed);
    }
}

/// A stream that records its use, and refuses a request if bytes have arrived that belong to no response: they would
/// become the response to that request.
pub(super) struct Monitored {
    stream: BoxedStream,
    stats: Arc<ConnectionStats>,
    /// True once its sending side was closed before the end of a request.
    is_closed: bool,
}

impl Monitored {
    pub(super) fn new(stream: BoxedStream, stats: Arc<ConnectionStats>) -> Self {
        Self { stream, stats, is_closed: false }
    }

    /// Looks for bytes or the end of the connection before a request is written on a connection that was used before.
    fn check_before_request(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        if !self.stats.idle.load(Relaxed) {
            return Ok(());
        }
        let mut byte = [0];
        let mut buffer = ReadBuf::new(&mut byte);
        let result = match Pin::new(&mut self.stream).poll_read(context, &mut buffer) {
            Poll::Pending => return Ok(()),
            Poll::Ready(Ok(())) if buffer.filled().is_empty() => Err(io::ErrorKind::UnexpectedEof.into()),
            Poll::Ready(Ok(())) => {
                self.stats.record_surplus();
                Err(io::Error::other("bytes that belong to no response arrived on the connection"))
            }
            Poll::Ready(Err(error)) => Err(error),
        };
        self.stats.unsent.store(true, Relaxed);
        result
    }
}

impl Drop for Monitored {
    fn drop(&mut self) {
        self.stats.record_end();
    }
}

impl AsyncRead for Monitored {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = ready!(Pin::new(&mut self.stream).poll_read(context, buffer));
        let stats = &self.stats;
        if buffer.filled().len() == before {
            stats.record_end();
        } else if stats.idle.load(Relaxed) {
            stats.record_surplus();
        } else {
            stats.heard.store(true, Relaxed);
            if !stats.flushed.load(Relaxed) {
                stats.early.store(true, Relaxed);
            }
        }
        Poll::Ready(read)
    }
}

impl AsyncWrite for Monitored {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.check_before_request(context)?;
        self.stats.begin_write();
        Pin::new(&mut self.stream).poll_write(context, buffer)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_flush(context))?;
        if self.stats.close.load(Relaxed) && !self.is_closed {
            ready!(Pin::new(&mut self.stream).poll_shutdown(context))?;
            self.is_closed = true;
        }
        self.stats.flushed.store(true, Relaxed);
        Poll::Ready(Ok(()))
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
        self.check_before_request(context)?;
        self.stats.begin_write();
        Pin::new(&mut self.stream).poll_write_vectored(context, pieces)
    }
}
