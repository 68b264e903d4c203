//! Versioned resources.

use std::{collections::BTreeMap, ops::Bound, sync::Mutex};

use serde_json::Value;

use super::lock;

/// The key of a resource: the collection, the scope within it (a namespace, a tenant; may be empty), and the name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// The collection, which is the kind of resource.
    pub collection: &'static str,
    /// The scope in which the name is unique.
    pub scope: String,
    /// The name within the scope.
    pub name: String,
}

impl Key {
    /// Creates a key from its parts.
    #[must_use]
    pub fn new(collection: &'static str, scope: &str, name: &str) -> Self {
        Self { collection, scope: scope.to_owned(), name: name.to_owned() }
    }
}

/// A resource at some point in time.
#[derive(Debug, Clone, PartialEq)]
pub struct Resource {
    /// The key.
    pub key: Key,
    /// The version. It grows with every change; no two changes in one store have the same one.
    pub version: u64,
    /// The content.
    pub body: Value,
}

/// The version that a change expects (optimistic concurrency).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// Any version.
    Any,
    /// Only this version.
    Version(u64),
}

/// The error for a key that a resource already has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the resource exists already")]
pub struct Taken;

/// The error for a key that no resource has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the resource does not exist")]
pub struct Missing;

/// The reason why a change was not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UpdateError {
    /// No resource has that key.
    #[error("the resource does not exist")]
    Missing,
    /// The resource has another version than the caller expects.
    #[error("the resource is at version {actual}")]
    Stale {
        /// The version of the resource.
        actual: u64,
    },
}

/// All resources of one API.
#[derive(Debug, Default)]
pub struct Resources {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    by_key: BTreeMap<Key, (u64, Value)>,
    changes: u64,
}

/// The first version. It is so high that the small numbers that people make up are never current.
const FIRST_VERSION: u64 = 1001;

impl Inner {
    fn put(&mut self, key: Key, body: Value) -> Resource {
        let version = FIRST_VERSION + self.changes;
        self.changes += 1;
        self.by_key.insert(key.clone(), (version, body.clone()));
        Resource { key, version, body }
    }
}

impl Resources {
    /// Returns the resource, if it exists.
    #[must_use]
    pub fn get(&self, key: &Key) -> Option<Resource> {
        let inner = lock(&self.inner);
        inner.by_key.get(key).map(|(version, body)| Resource {
            key: key.clone(),
            version: *version,
            body: body.clone(),
        })
    }

    /// Returns true if the resource exists.
    #[must_use]
    pub fn contains(&self, key: &Key) -> bool {
        lock(&self.inner).by_key.contains_key(key)
    }

    /// Creates a resource.
    ///
    /// # Errors
    /// If a resource already has that key.
    pub fn create(&self, key: Key, body: Value) -> Result<Resource, Taken> {
        let mut inner = lock(&self.inner);
        if inner.by_key.contains_key(&key) {
            return Err(Taken);
        }
        Ok(inner.put(key, body))
    }

    /// Creates or replaces a resource.
    pub fn put(&self, key: Key, body: Value) -> Resource {
        lock(&self.inner).put(key, body)
    }

    /// Changes an existing resource in one step.
    ///
    /// # Errors
    /// If no resource has that key, or if it has another version than expected.
    pub fn update(
        &self,
        key: &Key,
        expected: Expected,
        change: impl FnOnce(&mut Value),
    ) -> Result<Resource, UpdateError> {
        self.try_update(key, expected, |body| {
            let mut body = body.clone();
            change(&mut body);
            Ok(body)
        })
    }

    /// Changes an existing resource in one step, unless `change` rejects its current content.
    ///
    /// `change` must not use this store: it runs while the store is locked.
    ///
    /// # Errors
    /// As [`update`](Self::update), and the error of `change`.
    pub fn try_update<E: From<UpdateError>>(
        &self,
        key: &Key,
        expected: Expected,
        change: impl FnOnce(&Value) -> Result<Value, E>,
    ) -> Result<Resource, E> {
        let mut inner = lock(&self.inner);
        let (actual, body) = inner.by_key.get(key).ok_or(UpdateError::Missing)?;
        if let Expected::Version(version) = expected
            && version != *actual
        {
            return Err(UpdateError::Stale { actual: *actual }.into());
        }
        let body = change(body)?;
        Ok(inner.put(key.clone(), body))
    }

    /// Deletes a resource and returns it.
    ///
    /// # Errors
    /// If no resource has that key.
    pub fn delete(&self, key: &Key) -> Result<Resource, Missing> {
        let (version, body) = lock(&self.inner).by_key.remove(key).ok_or(Missing)?;
        Ok(Resource { key: key.clone(), version, body })
    }

    /// Deletes everything in one scope, in all collections.
    pub fn delete_scope(&self, scope: &str) {
        lock(&self.inner).by_key.retain(|key, _| key.scope != scope);
    }

    /// Returns the resources of one scope in the order of their names, at most `limit` of those after `after`; and
    /// the total number of resources in the scope.
    #[must_use]
    pub fn list(
        &self,
        collection: &'static str,
        scope: &str,
        after: Option<&str>,
        limit: usize,
    ) -> (Vec<Resource>, usize) {
        let inner = lock(&self.inner);
        let begin = Key::new(collection, scope, "");
        let within = |key: &Key| key.collection == collection && key.scope == scope;
        let total = inner.by_key.range(&begin..).take_while(|(key, _)| within(key)).count();
        let from = match after {
            Some(name) => Bound::Excluded(Key::new(collection, scope, name)),
            None => Bound::Included(begin),
        };
        let page = inner
            .by_key
            .range((from, Bound::Unbounded))
            .take_while(|(key, _)| within(key))
            .take(limit)
            .map(|(key, (version, body))| Resource {
                key: key.clone(),
                version: *version,
                body: body.clone(),
            })
            .collect();
        (page, total)
    }

    /// Finds the first resource of one scope with a body that `wanted` accepts.
    pub fn find(
        &self,
        collection: &'static str,
        scope: &str,
        wanted: impl Fn(&Value) -> bool,
    ) -> Option<Resource> {
        let inner = lock(&self.inner);
        inner
            .by_key
            .range(Key::new(collection, scope, "")..)
            .take_while(|(key, _)| key.collection == collection && key.scope == scope)
            .find(|(_, (_, body))| wanted(body))
            .map(|(key, (version, body))| Resource {
                key: key.clone(),
                version: *version,
                body: body.clone(),
            })
    }

    /// Returns the resources of every scope that begins with `prefix`, in the order of scopes and names.
    #[must_use]
    pub fn list_below(&self, collection: &'static str, prefix: &str) -> Vec<Resource> {
        let inner = lock(&self.inner);
        inner
            .by_key
            .range(Key::new(collection, prefix, "")..)
            .take_while(|(key, _)| key.collection == collection && key.scope.starts_with(prefix))
            .map(|(key, (version, body))| Resource {
                key: key.clone(),
                version: *version,
                body: body.clone(),
            })
            .collect()
    }
}
