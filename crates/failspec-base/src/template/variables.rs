//! The values that placeholders can use in one flow of a scenario.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use serde_json::Value;

use super::{
    placeholder::{MAX_FILL, MAX_FILL_OF_RUN},
    render::RenderError,
};
use crate::{message::Trace, random::random_uuid};

/// The value of a variable.
#[derive(Debug, Clone, PartialEq)]
pub struct VariableValue {
    /// The value.
    pub value: Value,
    /// True if it must never be shown.
    pub secret: bool,
    /// The environment variable whose whole value it is.
    pub env: Option<Arc<str>>,
}

impl VariableValue {
    /// Creates a value that may be shown.
    pub fn open(value: impl Into<Value>) -> Self {
        Self { value: value.into(), secret: false, env: None }
    }

    /// Creates a value that must never be shown.
    pub fn secret(value: impl Into<Value>) -> Self {
        Self { value: value.into(), secret: true, env: None }
    }

    /// Returns the value with the environment variable whose whole value it is, if there is one.
    #[must_use]
    pub fn with_env(mut self, variable: Option<&str>) -> Self {
        self.env = variable.map(Arc::from);
        self
    }
}

/// The values of placeholders.
///
/// A capture takes precedence over a row value, and a row value over a variable of the same name.
#[derive(Debug, Clone)]
pub struct Scope {
    variables: Arc<HashMap<String, VariableValue>>,
    own: HashMap<String, VariableValue>,
    /// The names of the values that responses gave.
    captured: HashSet<String>,
    /// The names of the values that identify things which were there before the run.
    existing: HashSet<String>,
    unique: String,
    uuid: String,
    /// The time at which the flow first requested a one-time code, in Unix seconds; shared with its clones.
    codes_from: Arc<OnceLock<i64>>,
    /// The number of bytes of fillers in the current request; shared with its clones.
    filled: Arc<AtomicU64>,
    /// The number of bytes of fillers in the run.
    filled_in_run: Arc<AtomicU64>,
    /// The trace that the requests of the flow belong to.
    trace: Option<Arc<Trace>>,
}

impl Scope {
    /// Creates a scope for one flow, over the variables of the run.
    pub fn new(variables: Arc<HashMap<String, VariableValue>>, unique: impl Into<String>) -> Self {
        Self {
            variables,
            own: HashMap::new(),
            captured: HashSet::new(),
            existing: HashSet::new(),
            unique: unique.into(),
            uuid: random_uuid(),
            codes_from: Arc::default(),
            filled: Arc::default(),
            filled_in_run: Arc::default(),
            trace: None,
        }
    }

    /// Counts the bytes of fillers together with those of other flows.
    #[must_use]
    pub fn counting(self, filled_in_run: Arc<AtomicU64>) -> Self {
        Self { filled_in_run, ..self }
    }

    /// Makes the requests of the flow part of a trace.
    #[must_use]
    pub fn tracing(self, trace: Arc<Trace>) -> Self {
        Self { trace: Some(trace), ..self }
    }

    /// Returns the trace that the requests of the flow belong to.
    pub fn trace(&self) -> Option<&Trace> {
        self.trace.as_deref()
    }

    /// Returns the value under a name.
    pub fn get(&self, name: &str) -> Option<&VariableValue> {
        self.own.get(name).or_else(|| self.variables.get(name))
    }

    /// Sets a value for this flow only.
    pub fn set(&mut self, name: impl Into<String>, held: VariableValue) {
        self.own.insert(name.into(), held);
    }

    /// Sets a value that a response of this flow gave.
    pub fn capture(&mut self, name: impl Into<String>, held: VariableValue) {
        let name = name.into();
        self.captured.insert(name.clone());
        self.own.insert(name, held);
    }

    /// Sets a value that identifies a thing which was there before the run, and which nothing may change.
    pub fn capture_existing(&mut self, name: impl Into<String>, held: VariableValue) {
        let name = name.into();
        self.existing.insert(name.clone());
        self.capture(name, held);
    }

    /// Returns true if a value identifies a thing that was there before the run, under any name.
    pub fn knows_as_existing(&self, value: &Value) -> bool {
        self.existing.iter().any(|name| self.get(name).is_some_and(|held| held.value == *value))
    }

    /// Returns true if any value identifies a thing that was there before the run.
    pub fn has_existing(&self) -> bool {
        !self.existing.is_empty()
    }

    /// Returns true if the value under a name identifies a thing that was there before the run.
    pub fn is_existing(&self, name: &str) -> bool {
        self.existing.contains(name)
    }

    /// Returns true if a response of this flow gave the value under a name.
    pub fn is_captured(&self, name: &str) -> bool {
        self.captured.contains(name)
    }

    /// Returns the values that responses of this flow gave.
    pub fn captured(&self) -> impl Iterator<Item = &VariableValue> {
        self.captured.iter().filter_map(|name| self.get(name))
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

    /// Begins a request: [`Self::fill`] counts anew.
    pub fn begin_request(&self) {
        self.filled.store(0, Relaxed);
    }

    /// Counts the bytes of a filler.
    ///
    /// # Errors
    /// If the request, or the run, has too many of them.
    pub(super) fn fill(&self, bytes: u64) -> Result<(), RenderError> {
        let count = |filled: &AtomicU64, most: u64| {
            let next = |before: u64| before.checked_add(bytes).filter(|total| *total <= most);
            filled.fetch_update(Relaxed, Relaxed, next).map(drop)
        };
        count(&self.filled, MAX_FILL).map_err(|_| RenderError::FillTotal)?;
        count(&self.filled_in_run, MAX_FILL_OF_RUN).map_err(|_| RenderError::FillOfRun)
    }

    /// Returns the value of `${uuid}` in this flow.
    pub fn uuid(&self) -> &str {
        &self.uuid
    }
}
