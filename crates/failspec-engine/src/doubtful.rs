//! Creations whose connection was lost: a server may still be at them when the case ends. At the end of the run it is found out what
//! became of them. Removals that the server could not do just then are sent again.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use failspec_judge::check::Record;

use super::{
    case_runner::line, presence::Presence, removal::Removal, session::Session, unremoved::lost_because,
};

/// Waits before removals are sent again: what was too much for the server at once may be over.
const WAITS: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(1), Duration::from_secs(3)];

/// Pause before each of them. Some servers go on with a removal after they have responded to it, and refuse the next one until it is
/// done: Memos refuses every second one that comes at once, and one in six that comes after this pause.
const PAUSE: Duration = Duration::from_millis(150);

/// Maximum duration of all removals that are sent again.
const MAX_AGAIN: Duration = Duration::from_secs(60);

/// Returns true for a status that says that a server cannot do something just now: it broke, is busy, or the thing is locked.
pub(super) fn is_for_now(status: u16) -> bool {
    matches!(status, 423 | 425 | 429 | 500 | 502..=504)
}

/// The creations of a run that may have come about later.
#[derive(Debug, Default)]
pub struct Doubtful {
    creations: Mutex<Vec<Creation>>,
    /// The removals that a server could not do just then.
    removals: Mutex<Vec<Postponed>>,
    /// The lines about what requests left that were sent again at the end, with the case whose report says so.
    left: Mutex<Vec<(Arc<str>, String)>>,
    /// The unique names of flows of which something is listed as left.
    listed: Mutex<Vec<String>>,
}

#[derive(Debug)]
struct Creation {
    case: Arc<str>,
    /// The path of what it may have created.
    path: String,
    role: Option<String>,
    /// The line about it, if it is there.
    line: String,
}

#[derive(Debug)]
struct Postponed {
    case: Arc<str>,
    path: String,
    role: Option<String>,
    /// The line about it, if it stays.
    line: String,
    /// The unique names of its flows.
    uniques: Vec<String>,
}

impl Session {
    /// Remembers a removal that the server could not do just then, to be sent again at the end of the run. Returns false if it cannot
    /// be sent again: the pack removes nothing at its address alone.
    pub(super) fn remove_later(
        &self,
        case: &Arc<str>,
        removal: &Record,
        line: &str,
        uniques: &[String],
    ) -> bool {
        let (request, role) = (&removal.exchange.request, removal.role.clone());
        let is_for_now = removal.exchange.result.as_ref().is_ok_and(|response| is_for_now(response.status));
        let path = request.url.path();
        let is_plain = request.method == "DELETE" && request.url.query().is_none() && request.body.is_none();
        if !is_for_now || !is_plain || self.request_to("DELETE", path, role.as_deref()).is_none() {
            return false;
        }
        let (case, path) = (Arc::clone(case), path.to_owned());
        let postponed = Postponed { case, path, role, line: line.to_owned(), uniques: uniques.to_vec() };
        self.doubtful.removals.lock().unwrap_or_else(PoisonError::into_inner).push(postponed);
        true
    }

    /// Sends removals again that the server could not do, one after the other, and returns what is left.
    async fn remove_postponed(&self) -> Vec<Removal> {
        let mut left =
            std::mem::take(&mut *self.doubtful.removals.lock().unwrap_or_else(PoisonError::into_inner));
        let began = Instant::now();
        for wait in WAITS {
            if left.is_empty() || self.interrupt.is_set() {
                break;
            }
            tokio::time::sleep(wait).await;
            let mut still = Vec::new();
            for postponed in left {
                let is_late = began.elapsed() > MAX_AGAIN || self.interrupt.is_set();
                if !is_late {
                    tokio::time::sleep(PAUSE).await;
                }
                if is_late || !self.is_removed_at(&postponed.path, postponed.role.as_deref()).await {
                    still.push(postponed);
                }
            }
            left = still;
        }
        let mut removals = Vec::new();
        for Postponed { case, path, role, line, uniques } in left {
            if began.elapsed() < MAX_AGAIN && self.presence(&path, role.as_deref()).await == Presence::Absent
            {
                continue;
            }
            self.note_listed(&uniques);
            let left_behind = vec![self.mask.text(&line).into_owned()];
            removals.push(Removal { case, exchanges: Vec::new(), left_behind });
        }
        removals
    }

    /// Removes what is at a path. Returns true if the API says that it did, or that nothing is there.
    async fn is_removed_at(&self, path: &str, role: Option<&str>) -> bool {
        let Some(request) = self.request_to("DELETE", path, role) else { return false };
        let response = Box::pin(self.response_to(&request, &self.scope())).await;
        response.is_ok_and(|(_, response)| matches!(response.status, 200..300 | 404 | 410))
    }

    /// Remembers a creation of which nobody knows what became of it.
    pub(super) fn note_doubtful(&self, case: &Arc<str>, creation: &Record, path: String) {
        let role = creation.role.clone();
        let line = format!("{}: {}", line(&creation.exchange.request), lost_because(creation));
        let creation = Creation { case: Arc::clone(case), path, role, line };
        self.doubtful.creations.lock().unwrap_or_else(PoisonError::into_inner).push(creation);
    }

    /// Remembers what a control left that was sent once more after the report of its case was written.
    pub(super) fn note_left(&self, case: &Arc<str>, lines: Vec<String>) {
        let mut left = self.doubtful.left.lock().unwrap_or_else(PoisonError::into_inner);
        left.extend(lines.into_iter().map(|line| (Arc::clone(case), line)));
    }

    /// Remembers that something of these flows is listed as left.
    pub(super) fn note_listed(&self, uniques: &[String]) {
        self.doubtful.listed.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(uniques);
    }

    /// Returns true if what has this name is of a flow of which something is listed as left.
    pub(super) fn is_listed(&self, name: &str) -> bool {
        let listed = self.doubtful.listed.lock().unwrap_or_else(PoisonError::into_inner);
        listed.iter().any(|unique| {
            let behind = name.split_once(unique.as_str()).map(|(_, behind)| behind);
            // A long text goes on with fillers.
            behind.is_some_and(|it| {
                it.starts_with("xxx") || !it.starts_with(|c: char| c.is_ascii_alphanumeric())
            })
        })
    }

    /// Removes what these creations made in the end, and returns what is left.
    pub(super) async fn remove_doubtful(&self) -> Vec<Removal> {
        let doubtful =
            std::mem::take(&mut *self.doubtful.creations.lock().unwrap_or_else(PoisonError::into_inner));
        let of_controls =
            std::mem::take(&mut *self.doubtful.left.lock().unwrap_or_else(PoisonError::into_inner));
        let removal = |(case, line): (Arc<str>, String)| Removal {
            case,
            exchanges: Vec::new(),
            left_behind: vec![self.mask.text(&line).into_owned()],
        };
        let mut left: Vec<Removal> = of_controls.into_iter().map(removal).collect();
        left.extend(Box::pin(self.remove_postponed()).await);
        for Creation { case, path, role, line } in doubtful {
            let is_settled = self.is_removed_at(&path, role.as_deref()).await
                || self.presence(&path, role.as_deref()).await == Presence::Absent;
            if !is_settled {
                left.push(removal((case, line)));
            }
        }
        left
    }
}
