//! The body of a request while it is sent: at once, with a pause in it, or not to its end.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use failspec_base::message::BodyPause;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::{Sleep, sleep};

/// A body of which the rest is sent after a pause, if there is one.
#[derive(Debug)]
pub(super) struct RequestBody {
    /// The bytes that are sent at once.
    begin: Option<Bytes>,
    /// The bytes after the pause.
    rest: Option<Bytes>,
    pause: Option<BodyPause>,
    sleep: Option<Pin<Box<Sleep>>>,
    /// Tells the stream to close its sending side; absent if the end of the body alone tells that nothing follows.
    close: Option<Arc<AtomicBool>>,
}

impl RequestBody {
    /// Creates the body with these bytes. If it is cut, `close` is set after the last byte that is sent.
    pub(super) fn new(bytes: Bytes, pause: Option<BodyPause>, close: Option<Arc<AtomicBool>>) -> Self {
        let some = |bytes: Bytes| (!bytes.is_empty()).then_some(bytes);
        match pause {
            None => Self { begin: some(bytes), rest: None, pause: None, sleep: None, close },
            Some(pause) => {
                // The last byte comes after the pause, or the body would be complete before.
                let at = pause.after.min(bytes.len().saturating_sub(1));
                let (begin, rest) = (bytes.slice(..at), bytes.slice(at..));
                Self { begin: some(begin), rest: some(rest), pause: Some(pause), sleep: None, close }
            }
        }
    }

    /// Takes the request apart that carries the pause of its body. `close` tells the stream to close its sending side.
    pub(super) fn of(
        mut request: http::Request<Bytes>,
        close: Option<Arc<AtomicBool>>,
    ) -> http::Request<Self> {
        let pause = request.extensions_mut().remove::<BodyPause>();
        request.map(|bytes| Self::new(bytes, pause, close))
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if let Some(begin) = self.begin.take() {
            return Poll::Ready(Some(Ok(Frame::data(begin))));
        }
        if self.rest.is_some()
            && let Some(pause) = self.pause
        {
            let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep(pause.pause)));
            ready!(sleep.as_mut().poll(context));
            if pause.cut {
                let Some(close) = &self.close else {
                    self.rest = None;
                    return Poll::Ready(None);
                };
                // The stream is flushed after each poll of the body, and closes its side then. Only a response, or the end of
                // the connection, comes next.
                close.store(true, Relaxed);
                return Poll::Pending;
            }
            self.pause = None;
        }
        Poll::Ready(self.rest.take().map(|rest| Ok(Frame::data(rest))))
    }

    fn is_end_stream(&self) -> bool {
        self.begin.is_none() && self.rest.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        let len = |part: &Option<Bytes>| part.as_ref().map_or(0, |part| part.len() as u64);
        SizeHint::with_exact(len(&self.begin) + len(&self.rest))
    }
}
