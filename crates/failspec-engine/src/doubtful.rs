//! Creations whose connection was lost: a server may still be at them when the case ends. At the end of the run it is found out what
//! became of them.

use std::sync::{Arc, Mutex, PoisonError};

use failspec_judge::check::Record;

use super::{
    case_runner::line, presence::Presence, session::Session, shared_things::Removal, unremoved::lost_because,
};

/// The creations of a run that may have come about later.
#[derive(Debug, Default)]
pub struct Doubtful(Mutex<Vec<Creation>>);

#[derive(Debug)]
struct Creation {
    case: Arc<str>,
    /// The path of what it may have created.
    path: String,
    role: Option<String>,
    /// What to say of it if it is there.
    line: String,
}

impl Session {
    /// Remembers a creation of which nobody knows what became of it.
    pub(super) fn note_doubtful(&self, case: &Arc<str>, creation: &Record, path: String) {
        let role = creation.role.clone();
        let line = format!("{}: {}", line(&creation.exchange.request), lost_because(creation));
        let creation = Creation { case: Arc::clone(case), path, role, line };
        self.doubtful.0.lock().unwrap_or_else(PoisonError::into_inner).push(creation);
    }

    /// Removes what these creations made in the end, and returns what is left.
    pub(super) async fn remove_doubtful(&self) -> Vec<Removal> {
        let doubtful = std::mem::take(&mut *self.doubtful.0.lock().unwrap_or_else(PoisonError::into_inner));
        let mut left = Vec::new();
        for Creation { case, path, role, line } in doubtful {
            let removal = self.request_to("DELETE", &path, role.as_deref());
            let response = match &removal {
                Some(removal) => Box::pin(self.response_to(removal, &self.scope())).await.ok(),
                None => None,
            };
            let status = response.map_or(0, |(_, response)| response.status);
            let is_settled = matches!(status, 200..300 | 404 | 410)
                || self.presence(&path, role.as_deref()).await == Presence::Absent;
            if !is_settled {
                let line = self.mask.text(&line).into_owned();
                left.push(Removal { case, exchanges: Vec::new(), left_behind: vec![line] });
            }
        }
        left
    }
}
