//! Cancellation of a run, by a signal.
//!
//! Waits and reads end at once. A request that may change something is not dropped while it is under way: its
//! teardown, or the end of its condition, would overtake it, and what it made would stay.

use std::time::Duration;

use tokio::sync::watch;

use failspec_base::message::{Exchange, Request, is_safe};

use super::{case_runner::line, error::Unjudged, session::Session};

/// Time that a request which may change something has after the cancellation. Whoever sends SIGTERM waits some ten
/// seconds before SIGKILL, and the teardowns need the rest.
const GRACE: Duration = Duration::from_secs(5);

/// The effect of a cancellation on a piece of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OnCancel {
    /// It stops.
    Stop,
    /// It goes on, because it removes what the run has made.
    GoOn,
}

/// The cause of a cancellation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CancelCause {
    /// A signal.
    Signal,
    /// The time of the run was up ([`RunOptions::max_time`](super::RunOptions::max_time)).
    OutOfTime,
    /// A case failed, and the first failure ends the run.
    CaseFailed,
}

/// Sending half; cancels the run.
#[derive(Debug, Clone)]
pub struct CancelHandle(watch::Sender<Option<CancelCause>>);

/// Receiving half; resolves when the run is cancelled.
#[derive(Debug, Clone)]
pub struct CancelToken(watch::Sender<Option<CancelCause>>);

/// Creates a connected pair of handle and token.
pub fn interrupt() -> (CancelHandle, CancelToken) {
    let sender = watch::Sender::new(None);
    (CancelHandle(sender.clone()), CancelToken(sender))
}

impl CancelHandle {
    /// Cancels the run: from now on only cleanup requests are sent.
    pub fn interrupt(&self) {
        self.cancel(CancelCause::Signal);
    }

    /// Stops the run in order because a case failed: cases that have not begun are skipped.
    pub fn stop_after_failure(&self) {
        self.cancel(CancelCause::CaseFailed);
    }

    /// Cancels the run. A signal prevails.
    pub(super) fn cancel(&self, cause: CancelCause) {
        self.0.send_modify(|known| {
            if *known != Some(CancelCause::Signal) {
                *known = Some(cause);
            }
        });
    }
}

impl CancelToken {
    /// Returns true if the run was cancelled.
    pub fn is_set(&self) -> bool {
        self.0.borrow().is_some()
    }

    /// Returns the cause of the cancellation, if the run was cancelled.
    pub(super) fn cause(&self) -> Option<CancelCause> {
        *self.0.borrow()
    }

    /// Returns another handle that cancels the same run.
    pub(super) fn handle(&self) -> CancelHandle {
        CancelHandle(self.0.clone())
    }

    /// Waits until the run is cancelled.
    pub async fn wait(&self) {
        let mut receiver = self.0.subscribe();
        if receiver.wait_for(Option::is_some).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

impl Session {
    /// Does a piece of work that only waits or reads.
    ///
    /// # Errors
    /// [`Unjudged::Interrupted`] if the run was cancelled.
    pub(super) async fn unless_cancelled<T>(
        &self,
        on_cancel: OnCancel,
        work: impl Future<Output = T>,
    ) -> Result<T, Unjudged> {
        if on_cancel == OnCancel::GoOn {
            return Ok(work.await);
        }
        tokio::select! {
            biased;
            () = self.interrupt.wait() => Err(Unjudged::Interrupted),
            done = work => Ok(done),
        }
    }

    /// Sends a request whose turn it is. After a cancellation none is begun, and one that is under way and may change
    /// something has [`GRACE`] to end.
    ///
    /// # Errors
    /// [`Unjudged::Interrupted`] if the run was cancelled, [`Unjudged::Abandoned`] if the request may have been processed.
    pub(super) async fn exchange(
        &self,
        request: Request,
        role: Option<&str>,
        on_cancel: OnCancel,
    ) -> Result<Exchange, Unjudged> {
        self.unless_it_is_ending(on_cancel).await?;
        let exchange = self.exchange_now(request, role, on_cancel).await?;
        let exchange = self.once_it_is_back(exchange, role, on_cancel).await?;
        if let (Some(against), Ok(_)) = (&self.against, &exchange.result) {
            self.called_operations.note(against, &exchange.request.method, exchange.request.url.path());
        }
        Ok(exchange)
    }

    /// Does the same without waiting for a target that is gone.
    ///
    /// # Errors
    /// Those of [`Session::exchange`].
    pub(super) async fn exchange_now(
        &self,
        request: Request,
        role: Option<&str>,
        on_cancel: OnCancel,
    ) -> Result<Exchange, Unjudged> {
        // On the heap: what sends a request is large, and each future around it would be as large.
        if on_cancel == OnCancel::GoOn || is_safe(&request.method) {
            return self.unless_cancelled(on_cancel, Box::pin(self.clients.send_now(request, role))).await;
        }
        if self.interrupt.is_set() {
            return Err(Unjudged::Interrupted);
        }
        let abandoned = Unjudged::Abandoned { method: request.method.clone(), request: line(&request) };
        let out_of_time = async {
            self.interrupt.wait().await;
            tokio::time::sleep(GRACE).await;
        };
        tokio::select! {
            biased;
            exchange = Box::pin(self.clients.send_now(request, role)) => Ok(exchange),
            () = out_of_time => Err(abandoned),
        }
    }
}
