//! A target that was there and accepts no connection any more: a request may have ended it, and whatever watches over it starts it
//! again. The run waits for that, once for each time that it is gone.

use std::{
    sync::{Mutex, PoisonError, atomic::AtomicBool, atomic::Ordering::Relaxed},
    time::Duration,
};

use failspec_base::message::{Exchange, TransportError};
use tokio::time::Instant;

use super::{cancel::OnCancel, error::Unjudged, session::Session};

/// The longest wait for a target that is gone.
const LONGEST: Duration = Duration::from_secs(15);

/// The time between two attempts to reach it.
const STEP: Duration = Duration::from_millis(200);

/// The knowledge about the presence of a target.
#[derive(Debug, Default)]
pub struct Absence {
    /// True once it has responded.
    was_there: AtomicBool,
    is_gone: AtomicBool,
    /// The time at which it was found to be gone, if it is.
    since: Mutex<Option<Instant>>,
}

impl Absence {
    fn note_response(&self) {
        self.was_there.store(true, Relaxed);
        self.note_connection();
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
            Err(_) => self.absence.note_connection(),
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
}
