//! Request ids of failures: which of them were returned twice.

use std::{
    collections::{BTreeMap, HashMap, hash_map::Entry},
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

use failspec_judge::report_model::RunFinding;

use crate::exchange::RecordedExchange;

/// Maximum number of request ids that are kept, by their hashes: 24 bytes each.
const MAX_IDS: usize = 1 << 20;

/// Maximum number of ids that are reported as reused.
const MAX_REUSED: usize = 20;

/// The request ids of a recording.
#[derive(Debug, Default)]
pub(crate) struct RequestIds {
    /// The hash of an id → the hash of the exchange, and the case that it belongs to.
    known: HashMap<u64, (u64, usize)>,
    /// Ids that several requests got → the cases of these requests, and their number.
    reused: BTreeMap<String, (Vec<Arc<str>>, u64)>,
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

impl RequestIds {
    /// Notes the id of a response. Returns false if it was not compared, because there are too many.
    ///
    /// An id that the request brought is not one that the API gave, and the same exchange in two recordings is one.
    pub(crate) fn note(
        &mut self,
        id: &str,
        shown: &str,
        exchange: &RecordedExchange,
        case: (usize, &[Arc<str>]),
    ) -> bool {
        let request = &exchange.request;
        if request.headers.iter().any(|(_, value)| value == id) {
            return true;
        }
        let of_exchange = hash(&(&request.method, &request.url, &exchange.started, &request.body));
        let (index, names) = case;
        let is_full = self.known.len() >= MAX_IDS;
        match self.known.entry(hash(&id)) {
            Entry::Vacant(_) if is_full => return false,
            Entry::Vacant(vacant) => {
                vacant.insert((of_exchange, index));
            }
            Entry::Occupied(known) => {
                let (first, first_case) = *known.get();
                // Without a time, the same request twice may be the same exchange in two files.
                if first == of_exchange {
                    return true;
                }
                if self.reused.len() >= MAX_REUSED && !self.reused.contains_key(shown) {
                    return true;
                }
                let (cases, count) = self.reused.entry(shown.to_owned()).or_insert_with(|| (Vec::new(), 1));
                *count += 1;
                for at in [first_case, index] {
                    if let Some(name) = names.get(at).filter(|name| !cases.contains(name)) {
                        cases.push(Arc::clone(name));
                    }
                }
            }
        }
        true
    }

    /// Returns a finding for each id that several requests got.
    pub(crate) fn findings(&self) -> Vec<RunFinding> {
        let finding = |(id, (cases, count)): (&String, &(Vec<Arc<str>>, u64))| RunFinding {
            check: "request-id-reused".to_owned(),
            message: format!("the request id {id} was returned for {count} requests"),
            cases: cases.iter().map(ToString::to_string).collect(),
            violation: true,
        };
        self.reused.iter().map(finding).collect()
    }
}
