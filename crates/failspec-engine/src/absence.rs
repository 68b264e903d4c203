//! A target that was there and accepts no connection any more: a request may have ended it, and whatever watches over it starts it
//! again. The run waits for that, once for each time that it is gone.
//!
//! A process that ends closes the connection of the request first and its listening socket later. What connects in between is
//! reset without having been read, which says nothing about the request that was to be sent there.

use std::{
    sync::{Mutex, PoisonError, atomic::AtomicBool, atomic::AtomicU32, atomic::Ordering::Relaxed},
    time::Duration,
};

use failspec_base::message::{Exchange, TransportError};
use tokio::time::Instant;

use super::{cancel::OnCancel, error::Unjudged, session::Session};

/// The longest wait for a target that is gone.
const LONGEST: Duration = Duration::from_secs(15);

/// The time between two attempts to reach it.
const STEP: Duration = Duration::from_millis(200);

/// Maximum number of pauses for a target that may be ending. One that closes connections and goes on is known by then.
const MAX_PAUSES: u32 = 25;

/// The knowledge about the presence of a target.
#[derive(Debug, Default)]
pub struct Absence {
    /// True once it has responded.
    was_there: AtomicBool,
    is_gone: AtomicBool,
    /// The time at which it was found to be gone, if it is.
    since: Mutex<Option<Instant>>,
    /// The time at which it last closed a connection instead of responding, if nothing has responded since.
    closed: Mutex<Option<Instant>>,
    pauses: AtomicU32,
}

impl Absence {
    fn note_response(&self) {
        self.was_there.store(true, Relaxed);
        *self.closed.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.note_connection();
    }

    fn note_closed(&self) {
        *self.closed.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Returns the time until which nothing should be sent, because the target may be about to end.
    fn may_be_ending_until(&self) -> Option<Instant> {
        let until = (*self.closed.lock().unwrap_or_else(PoisonError::into_inner))? + STEP;
        let waits = until > Instant::now() && self.pauses.fetch_add(1, Relaxed) < MAX_PAUSES;
        waits.then_some(until)
    }

    /// Records that something accepted a connection, whatever became of it: a target that ends again is gone anew.
    fn note_connection(&self) {
        if self.is_gone.swap(false, Relaxed) {
            *self.since.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
    }

    /// Returns the time until which the run waits for a target that refuses connections; `None` if it has never been there.
    fn deadline(&self) -> Option<Instant> {
        if !self.was_there.load(Relaxed) {
            return None;
        }
        self.is_gone.store(true, Relaxed);
        let mut since = self.since.lock().unwrap_or_else(PoisonError::into_inner);
        Some(*since.get_or_insert_with(Instant::now) + LONGEST)
    }
}

impl Session {
    /// Waits if the target closed a connection a moment ago: it may be about to end.
    ///
    /// # Errors
    /// [`Unjudged::Interrupted`] if the run was cancelled.
    pub(super) async fn unless_it_is_ending(&self, on_cancel: OnCancel) -> Result<(), Unjudged> {
        match self.absence.may_be_ending_until() {
            Some(until) => self.unless_cancelled(on_cancel, tokio::time::sleep_until(until)).await,
            None => Ok(()),
        }
    }

    /// Sends a request for which there was no connection again, until the target is back. Nothing of it was sent before.
    ///
    /// # Errors
    /// The reason why there is no exchange.
    pub(super) async fn once_it_is_back(
        &self,
        mut exchange: Exchange,
        role: Option<&str>,
        on_cancel: OnCancel,
    ) -> Result<Exchange, Unjudged> {
        while let Err(TransportError::Connect { .. }) = &exchange.result {
            let Some(deadline) = self.absence.deadline() else { return Ok(exchange) };
            if Instant::now() + STEP > deadline {
                return Ok(exchange);
            }
            self.unless_cancelled(on_cancel, tokio::time::sleep(STEP)).await?;
            exchange = self.exchange_now(exchange.request, role, on_cancel).await?;
        }
        match &exchange.result {
            Ok(_) => self.absence.note_response(),
            Err(error) => {
                self.absence.note_connection();
                if matches!(error, TransportError::Closed { .. }) {
                    self.absence.note_closed();
                }
            }
        }
        Ok(exchange)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_that_ends_again_is_waited_for_anew() {
        let absence = Absence::default();
        let since = || *absence.since.lock().unwrap();
        assert!(absence.deadline().is_none(), "it was never there");
        absence.note_response();
        let first = absence.deadline();
        assert!(first.is_some() && absence.deadline() == first && since().is_some());
        // It was there, and the same request ended it once more.
        absence.note_connection();
        assert!(since().is_none());
        assert!(absence.deadline() >= first);
    }

    #[test]
    fn a_target_that_closed_a_connection_may_be_ending() {
        let absence = Absence::default();
        assert!(absence.may_be_ending_until().is_none());
        absence.note_closed();
        assert!(absence.may_be_ending_until().is_some());
        absence.note_response();
        assert!(absence.may_be_ending_until().is_none(), "it responds, so it goes on");
        absence.note_closed();
        let pauses = (0..100).filter(|_| absence.may_be_ending_until().is_some()).count();
        assert_eq!(
            pauses + 1,
            MAX_PAUSES as usize,
            "one that closes connections all the time is not waited for each time"
        );
    }
}
