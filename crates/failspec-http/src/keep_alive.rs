//! Detects servers that close idle connections without notice.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU8, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use super::counting_stream::ConnectionStats;

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
    usage: Arc<ConnectionStats>,
}

/// The connection on which a request is sent.
#[derive(Debug)]
pub(super) enum ConnectionChoice<'a> {
    /// Any connection; it may have been used before.
    Any,
    /// A new connection, which is not reused.
    New,
    /// A new connection, which is left open and monitored.
    Probe(Probe<'a>),
}

/// Permit for the single in-flight keep-alive probe.
#[derive(Debug)]
pub(super) struct Probe<'a>(&'a KeepAliveState);

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

    /// Chooses the connection for a request that must not be lost.
    pub(super) fn route(&self) -> ConnectionChoice<'_> {
        match self.known.load(Relaxed) {
            KEEPS => return ConnectionChoice::Any,
            LOSES => return ConnectionChoice::New,
            _ => {}
        }
        let mut watched = self.watched();
        if let Some(Watched { since, usage }) = &*watched {
            if !usage.is_over() {
                if since.elapsed() < PROBE_TIMEOUT {
                    return ConnectionChoice::New;
                }
                self.keeps();
                return ConnectionChoice::Any;
            }
            *watched = None;
        }
        match self.trying.swap(true, Relaxed) {
            true => ConnectionChoice::New,
            false => ConnectionChoice::Probe(Probe(self)),
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

    fn watched(&self) -> std::sync::MutexGuard<'_, Option<Watched>> {
        // The value is only ever replaced as a whole, so that a poisoned lock is harmless.
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Probe<'_> {
    /// Records that a response arrived on the connection, and starts to monitor it.
    pub(super) fn answered(self, usage: Arc<ConnectionStats>) {
        *self.0.watched() = Some(Watched { since: Instant::now(), usage });
    }
}

impl Drop for Probe<'_> {
    fn drop(&mut self) {
        self.0.trying.store(false, Relaxed);
    }
}
