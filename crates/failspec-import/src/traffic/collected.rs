//! Collects the failures and successes of a recording: of each kind the one with the shortest request.

use std::{
    collections::{BTreeMap, HashMap, btree_map::Entry},
    hash::{DefaultHasher, Hash as _, Hasher as _},
};

use failspec_observe::{
    RecordedBody, RecordedExchange, RecordedRequest, Redactor, SecretNames, base_of, path_pattern,
};
use serde_json::Value;
use url::Url;

/// Maximum number of failures that are kept: the first of each status, operation and set of short texts.
const MAX_FAILURES: usize = 2000;

/// Maximum number of operations of which a success is kept.
const MAX_OPERATIONS: usize = 500;

/// Maximum size of a body that becomes a part of a draft, in bytes.
const MAX_BODY: usize = 64 << 10;

/// Nothing of a recording can become a pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoFailures {
    /// No request went to the API.
    #[error("no request of the recording went to the API: name its base URL with --url")]
    OtherHosts,
    /// There is no failure with a JSON body or a status of an error.
    #[error("the recording has no failure of the API")]
    None,
}

/// An exchange of the API that is kept.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    /// Method and path, with `{id}` in place of ids.
    pub operation: Operation,
    pub request: RecordedRequest,
    pub status: u16,
    /// The body of the response, if it is JSON.
    pub body: Option<Value>,
    /// Number of exchanges that are like it.
    pub count: u64,
}

/// An operation: the method, and the path below the base URL with `{id}` in place of ids.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Operation {
    pub method: String,
    pub pattern: String,
}

/// Collects what a draft is made of. Its memory is bounded.
pub struct TrafficCollector {
    bases: Vec<Url>,
    pub(super) names: SecretNames,
    pub(super) redactor: Redactor,
    pub(super) failures: Vec<Kept>,
    known: HashMap<u64, usize>,
    pub(super) successes: BTreeMap<Operation, Kept>,
    own: u64,
    /// Failures that are not kept, because there are too many.
    pub(super) left_out: u64,
}

impl TrafficCollector {
    /// Creates a collector of the traffic to these base URLs.
    pub fn new(bases: Vec<Url>) -> Self {
        let redactor = Redactor::new(SecretNames::default(), Vec::new(), Vec::new());
        Self {
            bases,
            names: SecretNames::default(),
            redactor,
            failures: Vec::new(),
            known: HashMap::new(),
            successes: BTreeMap::new(),
            own: 0,
            left_out: 0,
        }
    }

    /// Adds an exchange.
    pub fn add(&mut self, exchange: &RecordedExchange) {
        let Ok(url) = Url::parse(&exchange.request.url) else { return };
        let Some(base) = base_of(&url, &self.bases).and_then(|at| self.bases.get(at)) else { return };
        let Some(response) = &exchange.response else { return };
        self.own += 1;
        let is_preflight = exchange.request.header("access-control-request-method").is_some();
        if exchange.is_cached
            || exchange.is_upgraded
            || is_preflight
            || exchange.request.body.len() > MAX_BODY
        {
            return;
        }
        let path = url.path().strip_prefix(base.path().trim_end_matches('/')).unwrap_or(url.path());
        let path = if path.is_empty() { "/" } else { path };
        let operation = Operation { method: exchange.request.method.clone(), pattern: path_pattern(path) };
        self.redactor.note(&exchange.request);
        let body = match &response.body {
            RecordedBody::Whole(bytes) if bytes.len() <= MAX_BODY => serde_json::from_slice(bytes).ok(),
            _ => None,
        };
        let mut request = exchange.request.clone();
        request.url = match url.query() {
            Some(query) => format!("{path}?{query}"),
            None => path.to_owned(),
        };
        let kept = Kept { operation, request, status: response.status, body, count: 1 };
        match response.status {
            200..300 => self.add_success(kept),
            // Without its body nobody knows which failure it is.
            400..600 if matches!(response.body, RecordedBody::Whole(_)) => self.add_failure(kept),
            _ => {}
        }
    }

    fn add_success(&mut self, kept: Kept) {
        let length = |kept: &Kept| kept.request.url.len() + kept.request.body.len();
        let is_full = self.successes.len() >= MAX_OPERATIONS;
        match self.successes.entry(kept.operation.clone()) {
            Entry::Occupied(mut known) if length(&kept) < length(known.get()) => drop(known.insert(kept)),
            Entry::Vacant(vacant) if !is_full => drop(vacant.insert(kept)),
            _ => {}
        }
    }

    fn add_failure(&mut self, kept: Kept) {
        let mut hasher = DefaultHasher::new();
        (&kept.operation, kept.status).hash(&mut hasher);
        kept.body.iter().for_each(|body| words(body, 0, &mut hasher));
        if let Some(known) = self.known.get(&hasher.finish()).and_then(|at| self.failures.get_mut(*at)) {
            known.count += 1;
        } else if self.failures.len() < MAX_FAILURES {
            self.known.insert(hasher.finish(), self.failures.len());
            self.failures.push(kept);
        } else {
            self.left_out += 1;
        }
    }

    /// Returns the collector, if a draft can be made of it.
    ///
    /// # Errors
    /// When there is no failure.
    pub(super) fn checked(self) -> Result<Self, NoFailures> {
        match (self.own, self.failures.is_empty()) {
            (0, _) => Err(NoFailures::OtherHosts),
            (_, true) => Err(NoFailures::None),
            _ => Ok(self),
        }
    }
}

/// Hashes the texts and numbers of a body that can be codes: what differs each time is longer, or has digits.
fn words(value: &Value, depth: usize, hasher: &mut DefaultHasher) {
    match value {
        Value::Object(members) if depth < 4 => {
            for (name, member) in members {
                name.hash(hasher);
                words(member, depth + 1, hasher);
            }
        }
        Value::Array(items) if depth < 4 => {
            items.iter().take(1).for_each(|item| words(item, depth + 1, hasher))
        }
        Value::String(text) if is_code(text) => text.hash(hasher),
        Value::Number(number) if number.as_u64().is_some_and(|number| number < 100_000) => {
            number.hash(hasher);
        }
        _ => {}
    }
}

/// Returns true for a text that can be a code: one word without whitespace, which is no id.
pub(super) fn is_code(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    (1..=80).contains(&text.len()) && !text.contains(char::is_whitespace) && digits <= 4 && !is_uuid(text)
}

fn is_uuid(text: &str) -> bool {
    text.len() >= 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}
