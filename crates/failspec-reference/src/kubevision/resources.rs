//! The resources of a cluster, which have optimistic concurrency.

use serde_json::{Value, json};

use super::{
    Call, Code, Failure, Kubevision, Outcome, Resource, Success, access::scope, manifest::Patch, query,
    quirks, validation,
};
use crate::store::{self, Expected, Key};

impl Kubevision {
    /// Lists the resources of a namespace, or of all namespaces if none was sent.
    pub(super) fn list_resources(&self, call: &Call<'_>, cluster: &str, resource: Resource) -> Outcome {
        let namespace = self.optional_namespace(&call.query)?;
        let page = self.page(&call.query)?;
        self.admit(call, cluster, namespace, (resource, "read"))?;
        let found = match namespace {
            Some(namespace) => {
                let within = scope(cluster, namespace);
                self.store.resources.list(resource.plural(), &within, None, usize::MAX).0
            }
            None => self.store.resources.list_below(resource.plural(), &scope(cluster, "")),
        };
        let total = found.len();
        let shown = found.iter().skip(page.skipped).take(page.limit).map(show).collect();
        Ok(Success::list(shown, total))
    }

    pub(super) fn create_resource(&self, call: &Call<'_>, cluster: &str, resource: Resource) -> Outcome {
        let namespace = self.namespace(&call.query)?;
        let sent = self.manifest(call, resource, Some(namespace))?;
        self.admit(call, cluster, Some(&sent.namespace), (resource, "create"))?;
        self.need_namespace(cluster, &sent.namespace)?;
        let key = Key::new(resource.plural(), &scope(cluster, &sent.namespace), &sent.name);
        let object = Value::Object(sent.object);
        let replaces = self.quirks.is_on(quirks::DUPLICATE);
        if !replaces && self.store.resources.contains(&key) {
            return Err(exists());
        }
        if !sent.made_up {
            validation::check(resource, &object, None)?;
        }
        if replaces {
            return Ok(Success::of(show(&self.store.resources.put(key, object))));
        }
        // Another request may have created the resource in the meantime.
        self.store
            .resources
            .create(key, object)
            .map(|created| Success::of(show(&created)))
            .map_err(|_| exists())
    }

    pub(super) fn get_resource(
        &self,
        call: &Call<'_>,
        cluster: &str,
        resource: Resource,
        name: &str,
    ) -> Outcome {
        let key = self.locate(call, cluster, resource, name)?;
        self.admit(call, cluster, namespace_of(&key), (resource, "read"))?;
        match self.store.resources.get(&key) {
            Some(found) => Ok(Success::of(show(&found))),
            None if self.quirks.is_on(quirks::ABSENT_RESOURCE) => Ok(Success::of(Value::Null)),
            None => Err(absent()),
        }
    }

    pub(super) fn update_resource(
        &self,
        call: &Call<'_>,
        cluster: &str,
        resource: Resource,
        name: &str,
    ) -> Outcome {
        let key = self.locate(call, cluster, resource, name)?;
        let namespace = namespace_of(&key).unwrap_or_default();
        let sent = self.manifest_for(call, resource, namespace, name)?;
        self.admit(call, cluster, Some(namespace), (resource, "update"))?;
        let object = Value::Object(sent.object);
        let updated = self.store.resources.try_update(&key, self.expected(sent.version), |old| {
            validation::check(resource, &object, Some(old)).map(|()| object)
        })?;
        Ok(Success::of(show(&updated)))
    }

    pub(super) fn patch_resource(
        &self,
        call: &Call<'_>,
        cluster: &str,
        resource: Resource,
        name: &str,
    ) -> Outcome {
        let key = self.locate(call, cluster, resource, name)?;
        let namespace = namespace_of(&key).unwrap_or_default();
        let Patch { changes, version } = self.patch(call, resource, namespace, name)?;
        self.admit(call, cluster, Some(namespace), (resource, "update"))?;
        let updated = self.store.resources.try_update(&key, self.expected(version), |old| {
            let mut new = old.clone();
            merge(&mut new, changes);
            validation::check(resource, &new, Some(old))?;
            Ok::<_, Failure>(new)
        })?;
        Ok(Success::of(show(&updated)))
    }

    pub(super) fn delete_resource(
        &self,
        call: &Call<'_>,
        cluster: &str,
        resource: Resource,
        name: &str,
    ) -> Outcome {
        let key = self.locate(call, cluster, resource, name)?;
        self.admit(call, cluster, namespace_of(&key), (resource, "delete"))?;
        self.store.resources.delete(&key).map_err(|_| absent())?;
        Ok(Success::of(Value::Null))
    }

    /// The store key of a resource, from the path and the namespace in the query.
    pub(super) fn locate(
        &self,
        call: &Call<'_>,
        cluster: &str,
        resource: Resource,
        name: &str,
    ) -> Result<Key, Failure> {
        let namespace = self.namespace(&call.query)?;
        query::check_name("name", name)?;
        Ok(Key::new(resource.plural(), &scope(cluster, namespace), name))
    }

    /// The version that a change expects.
    pub(super) fn expected(&self, version: Option<u64>) -> Expected {
        match version {
            Some(version) if !self.quirks.is_on(quirks::STALE_VERSION) => Expected::Version(version),
            _ => Expected::Any,
        }
    }

    /// Checks that a namespace exists. Nothing can be created in a namespace that does not exist.
    pub(super) fn need_namespace(&self, cluster: &str, namespace: &str) -> Result<(), Failure> {
        if self.store.resources.contains(&Key::new("namespaces", cluster, namespace)) {
            return Ok(());
        }
        Err(Failure::new(Code::ResourceNotFound, "the namespace does not exist"))
    }
}

/// The namespace of a key.
fn namespace_of(key: &Key) -> Option<&str> {
    key.scope.split_once('/').map(|(_, namespace)| namespace)
}

/// Applies a JSON Merge Patch (RFC 7386). Both sides were parsed by [`super::yaml`], so their depth is limited.
fn merge(target: &mut Value, changes: Value) {
    let Value::Object(changes) = changes else {
        *target = changes;
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    let Some(members) = target.as_object_mut() else {
        return;
    };
    for (name, change) in changes {
        if change.is_null() {
            members.shift_remove(&name);
        } else {
            merge(members.entry(name).or_insert(Value::Null), change);
        }
    }
}

/// Returns a resource: its object, with its version, and what identifies it.
pub(super) fn show(resource: &store::Resource) -> Value {
    let mut object = resource.body.clone();
    object["metadata"]["resourceVersion"] = json!(resource.version.to_string());
    view(object)
}

/// Returns an object as a resource.
pub(super) fn view(object: Value) -> Value {
    let metadata = &object["metadata"];
    json!({
        "apiVersion": object["apiVersion"],
        "kind": object["kind"],
        "name": metadata["name"],
        "namespace": metadata["namespace"],
        "raw": object,
    })
}

pub(super) fn absent() -> Failure {
    Failure::new(Code::ResourceNotFound, "the resource does not exist")
}

fn exists() -> Failure {
    Failure::new(Code::AlreadyExists, "there is a resource of this name already")
}
