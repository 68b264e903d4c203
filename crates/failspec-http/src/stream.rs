//! The byte streams below HTTP.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A connection to a server or proxy, with or without TLS.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// A stream of any kind.
pub(super) type BoxedStream = Box<dyn Stream>;

/// A stream whose writes do not fail if the peer closed the connection: a server may refuse a large body, and its
/// response has arrived although the rest of the request can no longer be written (RFC 9112, section 9.6). What cannot
/// be written is dropped, and the next read gives the response or the end of the connection.
#[derive(Debug)]
pub(super) struct WriteTolerant<S> {
    stream: S,
    broken: WriteFailure,
}

/// Tells if a write failed because the peer closed the connection.
#[derive(Debug, Clone, Default)]
pub(super) struct WriteFailure(Arc<AtomicBool>);

impl WriteFailure {
    /// Returns true if a write failed.
    pub(super) fn is_set(&self) -> bool {
        self.0.load(Relaxed)
    }

    fn set(&self) {
        self.0.store(true, Relaxed);
    }
}

impl<S> WriteTolerant<S> {
    pub(super) fn new(stream: S, broken: WriteFailure) -> Self {
        Self { stream, broken }
    }

    /// Turns the error of a write to a connection that the peer closed into `instead`.
    fn tolerate<T>(&self, result: Poll<io::Result<T>>, instead: T) -> Poll<io::Result<T>> {
        use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset};
        match result {
            Poll::Ready(Err(error))
                if matches!(error.kind(), BrokenPipe | ConnectionReset | ConnectionAborted) =>
            {
                self.broken.set();
                Poll::Ready(Ok(instead))
            }
            result => result,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for WriteTolerant<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for WriteTolerant<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.broken.is_set() {
            return Poll::Ready(Ok(buffer.len()));
        }
        let written = Pin::new(&mut self.stream).poll_write(context, buffer);
        self.tolerate(written, buffer.len())
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        self.tolerate(flushed, ())
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let closed = Pin::new(&mut self.stream).poll_shutdown(context);
        self.tolerate(closed, ())
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let len = pieces.iter().map(|piece| piece.len()).sum();
        if self.broken.is_set() {
            return Poll::Ready(Ok(len));
        }
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, pieces);
        self.tolerate(written, len)
    }
}
