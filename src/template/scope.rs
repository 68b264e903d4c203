//! The names that holes can use while one course of a scenario runs.

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock},
};

use serde_json::Value;

/// A value under a name.
#[derive(Debug, Clone, PartialEq)]
pub struct Held {
    /// The value.
    pub value: Value,
    /// Whether it must never be shown.
    pub secret: bool,
}

impl Held {
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
    variables: Arc<HashMap<String, Held>>,
    own: HashMap<String, Held>,
    unique: String,
    uuid: String,
    /// When the course first asked for a one-time code, in Unix seconds; its clones share it.
    codes_from: Arc<OnceLock<i64>>,
}

impl Scope {
    /// A scope over the variables of the run, for one course.
    pub fn new(variables: Arc<HashMap<String, Held>>, unique: impl Into<String>) -> Self {
        Self {
            variables,
            own: HashMap::new(),
            unique: unique.into(),
            uuid: uuid::Uuid::new_v4().to_string(),
            codes_from: Arc::default(),
        }
    }

    /// The value under a name.
    pub fn get(&self, name: &str) -> Option<&Held> {
        self.own.get(name).or_else(|| self.variables.get(name))
    }

    /// Sets a value for this course alone.
    pub fn set(&mut self, name: impl Into<String>, held: Held) {
        self.own.insert(name.into(), held);
    }

    /// What `${unique}` is in this course.
    pub fn unique(&self) -> &str {
        &self.unique
    }

    /// The moment for which one-time codes are made in this course: that of the first one, given `now`, in Unix
    /// seconds. A code that is sent twice must be the same twice, also if half a minute ends in between.
    pub fn codes_from(&self, now: i64) -> i64 {
        *self.codes_from.get_or_init(|| now)
    }

    /// What `${uuid}` is in this course.
    pub fn uuid(&self) -> &str {
        &self.uuid
    }
}
