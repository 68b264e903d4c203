//! The names that holes can use while one flow of a scenario runs.

use std::{
    collections::HashMap,
    hash::{BuildHasher as _, Hasher as _, RandomState},
    sync::{Arc, OnceLock},
};

use serde_json::Value;

/// A value under a name.
#[derive(Debug, Clone, PartialEq)]
pub struct VariableValue {
    /// The value.
    pub value: Value,
    /// Whether it must never be shown.
    pub secret: bool,
}

impl VariableValue {
    /// A value that may be shown.
    pub fn open(value: impl Into<Value>) -> Self {
        Self { value: value.into(), secret: false }
    }

    /// A value that must never be shown.
    pub fn secret(value: impl Into<Value>) -> Self {
        Self { value: value.into(), secret: true }
    }
}

/// What holes are filled from.
///
/// A capture hides a row value, and a row value hides a variable of the same name.
#[derive(Debug, Clone)]
pub struct Scope {
    variables: Arc<HashMap<String, VariableValue>>,
    own: HashMap<String, VariableValue>,
    unique: String,
    uuid: String,
    /// When the flow first asked for a one-time code, in Unix seconds; its clones share it.
    codes_from: Arc<OnceLock<i64>>,
}

impl Scope {
    /// A scope over the variables of the run, for one flow.
    pub fn new(variables: Arc<HashMap<String, VariableValue>>, unique: impl Into<String>) -> Self {
        Self {
            variables,
            own: HashMap::new(),
            unique: unique.into(),
            uuid: random_uuid(),
            codes_from: Arc::default(),
        }
    }

    /// The value under a name.
    pub fn get(&self, name: &str) -> Option<&VariableValue> {
        self.own.get(name).or_else(|| self.variables.get(name))
    }

    /// Sets a value for this flow alone.
    pub fn set(&mut self, name: impl Into<String>, held: VariableValue) {
        self.own.insert(name.into(), held);
    }

    /// What `${unique}` is in this flow.
    pub fn unique(&self) -> &str {
        &self.unique
    }

    /// The moment for which one-time codes are made in this flow: that of the first one, given `now`, in Unix
    /// seconds. A code that is sent twice must be the same twice, also if half a minute ends in between.
    pub fn codes_from(&self, now: i64) -> i64 {
        *self.codes_from.get_or_init(|| now)
    }

    /// What `${uuid}` is in this flow.
    pub fn uuid(&self) -> &str {
        &self.uuid
    }
}

/// A UUID of version 4. Each flow has one, needed or not: asking the system for the bytes of each is a thousand system
/// calls for a thousand scenarios. The standard library asks it once for each thread, for keys of a hash that nobody
/// can foresee, and no two hashers of a thread have the same keys.
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
