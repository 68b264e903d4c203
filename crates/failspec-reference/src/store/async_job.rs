//! Asynchronous jobs, which continue after the response.

use std::{collections::HashMap, sync::Mutex};

use jiff::Timestamp;

use super::lock;

/// An asynchronous job. Nothing runs: the clock decides whether it is finished when its state is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Work {
    /// The unique id.
    pub id: String,
    /// The kind of job.
    pub kind: &'static str,
    /// The scope in which it is visible: a tenant, a project …
    pub scope: String,
    /// The resource on which it works.
    pub subject: String,
    /// The time at which it was accepted.
    pub started: Timestamp,
    /// The time at which it is finished.
    pub finishes: Timestamp,
}

impl Work {
    /// Returns true if it is finished at a time.
    #[must_use]
    pub fn is_finished(&self, now: Timestamp) -> bool {
        self.finishes <= now
    }
}

/// All jobs that were ever begun.
#[derive(Debug, Default)]
pub struct Works {
    by_id: Mutex<HashMap<String, Work>>,
}

impl Works {
    /// Begins a job.
    pub fn begin(&self, work: Work) {
        lock(&self.by_id).insert(work.id.clone(), work);
    }

    /// Removes a job that could not begin after all.
    pub fn withdraw(&self, id: &str) {
        lock(&self.by_id).remove(id);
    }

    /// Returns the job of that id, if there is any.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<Work> {
        lock(&self.by_id).get(id).cloned()
    }
}
