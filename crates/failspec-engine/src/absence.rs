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
        if exchange.result.is_ok() {
            self.absence.note_response();
        }
        Ok(exchange)
    }
}
