//! Creations whose connection was lost: a server may still be at them when the case ends. At the end of the run it is found out what
//! became of them.

use std::sync::{Arc, Mutex, PoisonError};

use failspec_judge::check::Record;

use super::{
    case_runner::line, presence::Presence, session::Session, shared_things::Removal, unremoved::lost_because,
};

/// The creations of a run that may have come about later.
#[derive(Debug, Default)]
pub struct Doubtful {
    creations: Mutex<Vec<Creation>>,
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

impl Session {
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
        for Creation { case, path, role, line } in doubtful {
            let request = self.request_to("DELETE", &path, role.as_deref());
            let response = match &request {
                Some(request) => Box::pin(self.response_to(request, &self.scope())).await.ok(),
                None => None,
            };
            let status = response.map_or(0, |(_, response)| response.status);
            let is_settled = matches!(status, 200..300 | 404 | 410)
                || self.presence(&path, role.as_deref()).await == Presence::Absent;
            if !is_settled {
                left.push(removal((case, line)));
            }
        }
        left
    }
}
