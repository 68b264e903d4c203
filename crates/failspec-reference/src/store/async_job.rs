//! Work that goes on after the response.

use std::{collections::HashMap, sync::Mutex};

use jiff::Timestamp;

use super::lock;

/// One piece of asynchronous work. Nothing runs: whether it is finished is judged by the clock when somebody asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Work {
    /// Its name; unique.
    pub id: String,
    /// What is done.
    pub kind: &'static str,
    /// Who may ask for it: a tenant, a project …
    pub scope: String,
    /// What it is done to.
    pub subject: String,
    /// When it was accepted.
    pub started: Timestamp,
    /// When it is finished.
    pub finishes: Timestamp,
}

impl Work {
    /// Whether it is finished at a time.
    #[must_use]
    pub fn is_finished(&self, now: Timestamp) -> bool {
        self.finishes <= now
    }
}

/// Everything that was ever begun.
#[derive(Debug, Default)]
pub struct Works {
    by_id: Mutex<HashMap<String, Work>>,
}

impl Works {
    /// Begins a piece of work.
    pub fn begin(&self, work: Work) {
        lock(&self.by_id).insert(work.id.clone(), work);
    }

    /// Takes back what turned out not to begin after all.
    pub fn withdraw(&self, id: &str) {
        lock(&self.by_id).remove(id);
    }

    /// The work of that id, if there is any.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<Work> {
        lock(&self.by_id).get(id).cloned()
    }
}
