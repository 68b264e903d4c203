//! Whether a server keeps its connections open.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU8, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use super::counting_stream::ConnectionStats;

/// What is still open so long after a response was not closed by it.
const PATIENCE: Duration = Duration::from_millis(50);

/// What is known of a server.
const KEEPS: u8 = 1;
const LOSES: u8 = 2;

/// Whether a server keeps a connection open after a response.
///
/// One that does not has to say so with `Connection: close` (RFC 9112, section 9.6). Some close without a word, such as
/// the router of uWSGI: a request that goes out on that connection meanwhile is lost. What changes nothing can be sent
/// again, but nothing else can, for nobody knows whether it was handled (RFC 9110, section 9.2.2). Such a request uses
/// a connection again only once it is known that the server keeps them.
#[derive(Debug, Default)]
pub(super) struct KeepAliveState {
    known: AtomicU8,
    /// Whether a request is under way whose connection will be watched.
    trying: AtomicBool,
    watched: Mutex<Option<Watched>>,
}

#[derive(Debug)]
struct Watched {
    since: Instant,
    usage: Arc<ConnectionStats>,
}

/// On which connection a request goes out.
#[derive(Debug)]
pub(super) enum ConnectionChoice<'a> {
    /// Any, one that was used before as well.
    Any,
    /// A new one, which is not used again.
    New,
    /// A new one, which is left open.
    Probe(Probe<'a>),
}

/// The right to use a connection that will be watched.
#[derive(Debug)]
pub(super) struct Probe<'a>(&'a KeepAliveState);

impl KeepAliveState {
    /// The way for a request that must not be lost.
    pub(super) fn route(&self) -> ConnectionChoice<'_> {
        match self.known.load(Relaxed) {
            KEEPS => return ConnectionChoice::Any,
            LOSES => return ConnectionChoice::New,
            _ => {}
        }
        let mut watched = self.watched();
        if let Some(Watched { since, usage }) = &*watched {
            if !usage.is_over() {
                if since.elapsed() < PATIENCE {
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

    /// Takes down that a connection was answered on again.
    pub(super) fn keeps(&self) {
        // A loss is not forgotten.
        let _ = self.known.compare_exchange(0, KEEPS, Relaxed, Relaxed);
    }

    /// Takes down that a request was lost on a connection that was used before.
    pub(super) fn loses(&self) {
        self.known.store(LOSES, Relaxed);
    }

    fn watched(&self) -> std::sync::MutexGuard<'_, Option<Watched>> {
        // What is inside is replaced as a whole.
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Probe<'_> {
    /// Takes down that there was a response on the connection.
    pub(super) fn answered(self, usage: Arc<ConnectionStats>) {
        *self.0.watched() = Some(Watched { since: Instant::now(), usage });
    }
}

impl Drop for Probe<'_> {
    fn drop(&mut self) {
        self.0.trying.store(false, Relaxed);
    }
}
