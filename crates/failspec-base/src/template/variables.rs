//! The values that placeholders can use in one flow of a scenario.

use std::{
    collections::HashMap,
    hash::{BuildHasher as _, Hasher as _, RandomState},
    sync::{Arc, OnceLock},
};

use serde_json::Value;

/// The value of a variable.
#[derive(Debug, Clone, PartialEq)]
pub struct VariableValue {
    /// The value.
    pub value: Value,
    /// True if it must never be shown.
    pub secret: bool,
}

impl VariableValue {
    /// Creates a value that may be shown.
    pub fn open(value: impl Into<Value>) -> Self {
        Self { value: value.into(), secret: false }
    }

    /// Creates a value that must never be shown.
    pub fn secret(value: impl Into<Value>) -> Self {
        Self { value: value.into(), secret: true }
    }
}

/// The values of placeholders.
///
/// A capture takes precedence over a row value, and a row value over a variable of the same name.
#[derive(Debug, Clone)]
pub struct Scope {
    variables: Arc<HashMap<String, VariableValue>>,
    own: HashMap<String, VariableValue>,
    unique: String,
    uuid: String,
    /// The time at which the flow first requested a one-time code, in Unix seconds; shared with its clones.
    codes_from: Arc<OnceLock<i64>>,
}

impl Scope {
    /// Creates a scope for one flow, over the variables of the run.
    pub fn new(variables: Arc<HashMap<String, VariableValue>>, unique: impl Into<String>) -> Self {
        Self {
            variables,
            own: HashMap::new(),
            unique: unique.into(),
            uuid: random_uuid(),
            codes_from: Arc::default(),
        }
    }

    /// Returns the value under a name.
    pub fn get(&self, name: &str) -> Option<&VariableValue> {
        self.own.get(name).or_else(|| self.variables.get(name))
    }

    /// Sets a value for this flow only.
    pub fn set(&mut self, name: impl Into<String>, held: VariableValue) {
        self.own.insert(name.into(), held);
    }

    /// Returns the value of `${unique}` in this flow.
    pub fn unique(&self) -> &str {
        &self.unique
    }

    /// Returns the time for which one-time codes are computed in this flow: that of the first one, given `now`, in
    /// Unix seconds. A code that is sent twice must be the same both times, even if half a minute ends in between.
    pub fn codes_from(&self, now: i64) -> i64 {
        *self.codes_from.get_or_init(|| now)
    }

    /// Returns the value of `${uuid}` in this flow.
    pub fn uuid(&self) -> &str {
        &self.uuid
    }
}

/// Returns a UUID of version 4. Each flow has one, needed or not: requesting the bytes of each from the system would
/// be a thousand system calls for a thousand scenarios. The standard library requests random bytes once for each
/// thread, for unpredictable keys of a hash, and no two hashers of a thread have the same keys.
fn random_uuid() -> String {
    let random = || RandomState::new().build_hasher().finish().to_be_bytes();
    let (mut bytes, (first, second)) = ([0; 16], (random(), random()));
    bytes[..8].copy_from_slice(&first);
    bytes[8..].copy_from_slice(&second);
    uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_flow_has_a_uuid_of_its_own() {
        let of_threads =
            (0..4).map(|_| std::thread::spawn(|| (0..1000).map(|_| random_uuid()).collect::<Vec<_>>()));
        let of_threads: Vec<_> = of_threads.collect();
        let all: HashSet<String> = of_threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
        assert_eq!(all.len(), 4000);
        assert!(all.iter().all(|uuid| uuid.parse::<uuid::Uuid>().unwrap().get_version_num() == 4));
    }
}
