//! Scenarios that must not overlap.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

/// The locks of one target, by name.
#[derive(Debug, Default)]
pub struct Locks(Mutex<HashMap<String, Arc<AsyncMutex<()>>>>);

/// Locks that are held until this is dropped.
#[derive(Debug)]
pub struct LockGuards {
    _guards: Vec<OwnedMutexGuard<()>>,
}

impl Locks {
    /// Takes all of `names`. They must be sorted: everyone takes them in one order, so that nobody waits for ever.
    pub async fn take(&self, names: &[String]) -> LockGuards {
        let mut guards = Vec::with_capacity(names.len());
        for name in names {
            let lock = {
                let mut locks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                Arc::clone(locks.entry(name.clone()).or_default())
            };
            guards.push(lock.lock_owned().await);
        }
        LockGuards { _guards: guards }
    }
}
