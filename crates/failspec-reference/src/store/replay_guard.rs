//! Values that can be used only once.

use std::{collections::HashSet, sync::Mutex};

use super::lock;

/// A memory of used values: a one-time password that is sent a second time is rejected (RFC 6238, 5.2).
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
