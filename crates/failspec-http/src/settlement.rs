//! Doubt about exchanges: a server may send bytes that belong to no response, and they then look like the response to
//! the next request on the same connection.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use failspec_base::message::ConnectionUse;
use tokio::sync::watch;

/// The settlements of all connections of a client on which there was more than one exchange.
#[derive(Debug, Clone, Default)]
pub(super) struct Ledger(Arc<Mutex<HashMap<u64, watch::Receiver<Option<bool>>>>>);

/// The settlement of one connection: known once it has ended.
#[derive(Debug, Clone)]
pub(super) struct Settlement {
    id: u64,
    had_surplus: watch::Sender<Option<bool>>,
}

impl Ledger {
    /// Returns the settlement of a new connection.
    pub(super) fn connection(&self) -> Settlement {
        /// Unique for all clients of the process.
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Settlement { id: NEXT.fetch_add(1, Relaxed), had_surplus: watch::Sender::new(None) }
    }

    /// Records an exchange. `earlier` is the number of exchanges before it on its connection.
    pub(super) fn record(&self, settlement: &Settlement, earlier: usize) -> ConnectionUse {
        if earlier == 1 {
            let receiver = settlement.had_surplus.subscribe();
            self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(settlement.id, receiver);
        }
        ConnectionUse { connection: settlement.id, earlier }
    }

    /// Waits until the connection has ended; returns true if there were bytes on it that belong to no response. Returns
    /// false at once if there was a single exchange on it.
    pub(super) async fn had_surplus(&self, connection: u64) -> bool {
        let receiver = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&connection).cloned();
        let Some(mut receiver) = receiver else { return false };
        // The sender is dropped with the task of the connection, which settles first.
        receiver.wait_for(Option::is_some).await.ok().and_then(|settled| *settled).unwrap_or(false)
    }
}

impl Settlement {
    pub(super) fn settle(&self, had_surplus: bool) {
        self.had_surplus.send_if_modified(|settled| {
            let is_new = settled.is_none();
            settled.get_or_insert(had_surplus);
            is_new
        });
    }
}
