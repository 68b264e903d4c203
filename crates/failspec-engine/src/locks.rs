//! Locks that keep scenarios from overlapping.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

/// The locks of one target, by name.
#[derive(Debug, Default)]
pub struct Locks(Mutex<HashMap<String, Arc<AsyncMutex<()>>>>);

/// Guards of acquired locks, which are released on drop.
#[derive(Debug)]
pub struct LockGuards {
    _guards: Vec<OwnedMutexGuard<()>>,
}

impl Locks {
    /// Acquires all locks in `names`. The names must be sorted: acquiring locks in one order prevents deadlocks.
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
