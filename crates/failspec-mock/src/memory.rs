//! A memory of earlier requests: by it, the mock tells apart requests that are the same in a scenario and in its control.

use std::{
    collections::{HashSet, hash_map::DefaultHasher},
    hash::{Hash as _, Hasher as _},
};

use serde_json::Value;

use super::{Request, script::Names};

/// Maximum number of requests and names that are remembered; above it, they are forgotten.
const MAX_REMEMBERED: usize = 10_000;

/// The beginning of every name that a run makes.
const OWN: &str = "failspec-";

/// The requests so far, and the names in them.
#[derive(Debug, Default)]
pub struct Memory {
    requests: HashSet<u64>,
    names: HashSet<String>,
    /// The ids that the mock gave to what was created, and that were not deleted.
    ids: HashSet<String>,
}

impl Memory {
    /// Adds ids that the mock gives.
    pub fn give(&mut self, ids: impl IntoIterator<Item = String>) {
        self.ids.extend(ids);
    }

    /// Takes an id back: what it named is deleted.
    pub fn take_back(&mut self, id: &str) {
        self.ids.remove(id);
    }

    /// Returns true if something has an id.
    pub fn has_given(&self, id: &str) -> bool {
        self.ids.contains(id)
    }

    /// Adds a request. Returns whether the same one was sent before, and what is known of the names of a run in it; `None`
    /// if there is none. What is deleted is new again.
    pub fn note(&mut self, request: &Request) -> (bool, Option<Names>) {
        let counts = [self.requests.len(), self.names.len(), self.ids.len()];
        if counts.into_iter().any(|count| count >= MAX_REMEMBERED) {
            *self = Self::default();
        }
        let mut hasher = DefaultHasher::new();
        (&request.method, &request.path, &request.query, &request.body).hash(&mut hasher);
        let is_repeated = !self.requests.insert(hasher.finish());
        let names = own_names(request);
        let known = names.iter().any(|name| self.names.contains(name));
        for name in &names {
            match request.method.as_str() {
                "DELETE" => drop(self.names.remove(name)),
                _ => drop(self.names.insert(name.clone())),
            }
        }
        (is_repeated, (!names.is_empty()).then_some(if known { Names::Known } else { Names::New }))
    }
}

/// Returns the names of a run in a request: in its path, its query and its body.
fn own_names(request: &Request) -> Vec<String> {
    let text = match serde_json::from_slice::<Value>(&request.body) {
        Ok(value) => value.to_string(),
        Err(_) => String::from_utf8_lossy(&request.body).into_owned(),
    };
    let parts = [request.path.as_str(), request.query.as_deref().unwrap_or_default(), text.as_str()];
    let mut names: Vec<String> = Vec::new();
    for part in parts {
        for (at, _) in part.match_indices(OWN) {
            let rest = &part[at..];
            let end = rest.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-');
            names.push(rest[..end.unwrap_or(rest.len())].to_owned());
        }
    }
    names.sort();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_until_they_are_deleted() {
        let mut memory = Memory::default();
        let mut note = |method: &str, path: &str, body: &str| {
            let (method, path) = (method.to_owned(), path.to_owned());
            memory.note(&Request { method, path, body: body.to_owned().into(), ..Request::default() })
        };
        assert_eq!(note("GET", "/things/failspec-ab-1", ""), (false, Some(Names::New)));
        assert_eq!(note("POST", "/things", r#"{"name":"failspec-ab-2"}"#), (false, Some(Names::New)));
        assert_eq!(note("GET", "/things/failspec-ab-2", ""), (false, Some(Names::Known)));
        assert_eq!(note("POST", "/things", r#"{"name":"failspec-ab-2"}"#), (true, Some(Names::Known)));
        assert_eq!(note("DELETE", "/things/failspec-ab-2", ""), (false, Some(Names::Known)));
        assert_eq!(note("GET", "/things/failspec-ab-2", ""), (true, Some(Names::New)));
        assert_eq!(note("GET", "/things", ""), (false, None));
    }
}
