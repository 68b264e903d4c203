//! Locks that keep scenarios from overlapping.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

/// A lock that cases take. They are ordered: all cases take them in the same order, which prevents deadlocks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lock {
    /// A lock that scenarios name.
    Named(String),
    /// The lock of an exclusive role.
    Role(String),
    /// The lock of a resource that several cases name by the same id: its path.
    Resource(String),
    /// The lock shared by all cases that write, if there is a health check.
    HealthCheck,
}

impl fmt::Display for Lock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(name) => write!(f, "lock {name}"),
            Self::Role(role) => write!(f, "exclusive role {role}"),
            Self::Resource(path) => write!(f, "resource {path}"),
            Self::HealthCheck => f.write_str("health check"),
        }
    }
}

/// The locks of one target.
#[derive(Debug, Default)]
pub struct Locks(Mutex<HashMap<Lock, Arc<AsyncMutex<()>>>>);

/// Guards of acquired locks, which are released on drop.
#[derive(Debug)]
pub struct LockGuards {
    _guards: Vec<OwnedMutexGuard<()>>,
}

impl Locks {
    /// Acquires these locks, which must be sorted.
    pub async fn take(&self, wanted: &[Lock]) -> LockGuards {
        let mut guards = Vec::with_capacity(wanted.len());
        for wanted in wanted {
            let lock = {
                let mut locks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                Arc::clone(locks.entry(wanted.clone()).or_default())
            };
            guards.push(lock.lock_owned().await);
        }
        LockGuards { _guards: guards }
    }
}
