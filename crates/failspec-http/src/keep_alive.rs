//! Detects servers that close idle connections without notice.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU8, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use super::connection::Http1Connection;

/// A connection still open this long after a response is assumed to be kept alive.
const PROBE_TIMEOUT: Duration = Duration::from_millis(50);

/// Values of the field `known`: the server keeps connections open, or requests on reused connections get lost. 0
/// means unknown.
const KEEPS: u8 = 1;
const LOSES: u8 = 2;

/// The known keep-alive behaviour of a server.
///
/// A server that closes a connection after a response must send `Connection: close` (RFC 9112, section 9.6). Some
/// close without notice, such as the router of uWSGI; a request that is sent on that connection at the same time is
/// lost. Safe requests can be sent again, others cannot, because it is unknown if they were processed (RFC 9110,
/// section 9.2.2). Such a request reuses a connection only once it is known that the server keeps connections open.
#[derive(Debug, Default)]
pub(super) struct KeepAliveState {
    known: AtomicU8,
    /// True while a probe is in flight.
    trying: AtomicBool,
    watched: Mutex<Option<Watched>>,
    /// Set once the server sent bytes that belong to no response.
    surplus: AtomicBool,
}

#[derive(Debug)]
struct Watched {
    since: Instant,
    connection: Http1Connection,
}

/// The connection on which a request is sent.
#[derive(Debug)]
pub(super) enum ConnectionChoice {
    /// Any connection; it may have been used before.
    Any,
    /// A new connection, which is not reused.
    New,
    /// This connection, which has stayed open.
    Proven(Box<Http1Connection>),
    /// A new connection, which is left open and monitored.
    Probe(Probe),
}

/// Permit for the single in-flight keep-alive probe.
#[derive(Debug)]
pub(super) struct Probe(Arc<KeepAliveState>);

impl KeepAliveState {
    /// Records that the server sent bytes that belong to no response: from now on no connection to it is used twice, or
    /// they could become the response to another request.
    pub(super) fn record_surplus(&self) {
        self.surplus.store(true, Relaxed);
    }

    /// Returns true if no connection to the server may be used twice.
    pub(super) fn sends_surplus(&self) -> bool {
        self.surplus.load(Relaxed)
    }

    /// Returns true if a request was lost on a connection that was used before.
    pub(super) fn loses_requests(&self) -> bool {
        self.known.load(Relaxed) == LOSES
    }

    /// Chooses the connection for a request that must not be lost.
    pub(super) fn route(self: &Arc<Self>) -> ConnectionChoice {
        match self.known.load(Relaxed) {
            KEEPS => return ConnectionChoice::Any,
            LOSES => return ConnectionChoice::New,
            _ => {}
        }
        let mut watched = self.watched();
        if let Some(probe) = watched.take()
            && !probe.connection.stats.is_over()
        {
            if probe.since.elapsed() < PROBE_TIMEOUT {
                *watched = Some(probe);
                return ConnectionChoice::New;
            }
            self.keeps();
            return ConnectionChoice::Proven(Box::new(probe.connection));
        }
        match self.trying.swap(true, Relaxed) {
            true => ConnectionChoice::New,
            false => ConnectionChoice::Probe(Probe(Arc::clone(self))),
        }
    }

    /// Records that a reused connection worked.
    pub(super) fn keeps(&self) {
        // A recorded loss is not overwritten.
        let _ = self.known.compare_exchange(0, KEEPS, Relaxed, Relaxed);
    }

    /// Records that a request was lost on a reused connection.
    pub(super) fn loses(&self) {
        self.known.store(LOSES, Relaxed);
    }

    /// Stops to monitor a connection; returns it.
    pub(super) fn take_watched(&self) -> Option<Http1Connection> {
        self.watched().take().map(|watched| watched.connection)
    }

    fn watched(&self) -> std::sync::MutexGuard<'_, Option<Watched>> {
        // The value is only ever replaced as a whole, so that a poisoned lock is harmless.
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Probe {
    /// Starts to monitor the connection, on which a response was read whole.
    pub(super) fn watch(self, connection: Http1Connection) {
        *self.0.watched() = Some(Watched { since: Instant::now(), connection });
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        self.0.trying.store(false, Relaxed);
    }
}
