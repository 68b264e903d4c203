//! A body that passes on unchanged while its first bytes are kept.

use std::{
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, ready},
};

use bytes::{Bytes, BytesMut};
use hyper::body::{Body, Frame, Incoming, SizeHint};

/// Bytes that all bodies of the proxy together keep.
#[derive(Debug, Clone, Default)]
pub(crate) struct Budget {
    used: Arc<AtomicUsize>,
    most: usize,
}

impl Budget {
    pub(crate) fn new(most: usize) -> Self {
        Self { used: Arc::default(), most }
    }

    /// Takes bytes; returns false if there are too few left.
    fn take(&self, bytes: usize) -> bool {
        let before = self.used.fetch_add(bytes, Ordering::Relaxed);
        if before + bytes > self.most {
            self.used.fetch_sub(bytes, Ordering::Relaxed);
            return false;
        }
        true
    }

    fn give_back(&self, bytes: usize) {
        self.used.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// The part of a body that was kept.
#[derive(Debug)]
pub(crate) struct Kept {
    bytes: BytesMut,
    limit: usize,
    budget: Budget,
    /// True if there was more than is kept.
    is_over: bool,
    /// True if the end of the body came.
    is_whole: bool,
}

impl Kept {
    pub(crate) fn new(limit: usize, budget: &Budget) -> Self {
        let budget = budget.clone();
        Self { bytes: BytesMut::new(), limit, budget, is_over: false, is_whole: false }
    }

    /// Keeps more of the body, unless it is too large.
    pub(crate) fn keep(&mut self, more: &[u8]) {
        if self.is_over {
            return;
        }
        if self.bytes.len() + more.len() > self.limit || !self.budget.take(more.len()) {
            self.is_over = true;
            self.budget.give_back(self.bytes.len());
            self.bytes = BytesMut::new();
            return;
        }
        self.bytes.extend_from_slice(more);
    }

    pub(crate) fn end(&mut self) {
        self.is_whole = true;
    }

    pub(crate) fn is_over(&self) -> bool {
        self.is_over
    }

    pub(crate) fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// Returns what was kept.
    pub(crate) fn take(&mut self) -> Bytes {
        let bytes = std::mem::take(&mut self.bytes);
        self.budget.give_back(bytes.len());
        bytes.freeze()
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.budget.give_back(self.bytes.len());
    }
}

/// A body that several hands keep.
pub(crate) type SharedKept = Arc<Mutex<Kept>>;

/// Locks what was kept; a panic elsewhere does not matter here.
pub(crate) fn locked(kept: &SharedKept) -> std::sync::MutexGuard<'_, Kept> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A body that passes on what comes and keeps it. `done` is called once, at its end or when it is given up.
pub(crate) struct PassingBody {
    /// The bytes that were read before it passes on.
    first: Option<Frame<Bytes>>,
    rest: Incoming,
    kept: SharedKept,
    done: Option<Box<dyn FnOnce() + Send + Sync>>,
}

impl PassingBody {
    pub(crate) fn new(
        first: Option<Frame<Bytes>>,
        rest: Incoming,
        kept: SharedKept,
        done: Option<Box<dyn FnOnce() + Send + Sync>>,
    ) -> Self {
        Self { first, rest, kept, done }
    }

    fn finish(&mut self) {
        if let Some(done) = self.done.take() {
            done();
        }
    }
}

impl Body for PassingBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let body = self.get_mut();
        if let Some(first) = body.first.take() {
            return Poll::Ready(Some(Ok(first)));
        }
        let frame = ready!(Pin::new(&mut body.rest).poll_frame(context));
        match &frame {
            Some(Ok(frame)) => {
                if let Some(data) = frame.data_ref() {
                    locked(&body.kept).keep(data);
                }
                // A body with a length has no end of its own: nobody asks for more.
                if body.rest.is_end_stream() {
                    locked(&body.kept).end();
                    body.finish();
                }
            }
            Some(Err(_)) => body.finish(),
            None => {
                locked(&body.kept).end();
                body.finish();
            }
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.first.is_none() && self.rest.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let mut hint = self.rest.size_hint();
        let first = self.first.as_ref().and_then(Frame::data_ref).map_or(0, Bytes::len) as u64;
        if first > 0 {
            let exact = hint.exact();
            match exact {
                Some(exact) => hint.set_exact(exact + first),
                None => hint.set_lower(hint.lower() + first),
            }
        }
        hint
    }
}

impl Drop for PassingBody {
    fn drop(&mut self) {
        if self.rest.is_end_stream() {
            locked(&self.kept).end();
        }
        self.finish();
    }
}
