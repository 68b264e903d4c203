//! Values that are good for one use.

use std::{collections::HashSet, sync::Mutex};

use super::lock;

/// Remembers what was used: a one-time password that comes a second time is refused (RFC 6238, 5.2).
#[derive(Debug, Default)]
pub struct ReplayGuard {
    spent: Mutex<HashSet<String>>,
}

impl ReplayGuard {
    /// Uses a value; `false` if it was used before.
    pub fn spend(&self, value: &str) -> bool {
        lock(&self.spent).insert(value.to_owned())
    }
}
