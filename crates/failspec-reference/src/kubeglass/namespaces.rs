//! Namespaces.

use serde_json::{Value, json};

use super::{
    Call, Code, Failure, Kubeglass, Outcome,
    call::{created, data, scope},
    names, quirks,
};
use crate::store::{Key, Resource};

/// The namespace that Kubernetes refuses to delete.
const DEFAULT: &str = "default";

impl Kubeglass {
    pub(super) fn list_namespaces(&self, call: &Call<'_>) -> Outcome {
        let context = &call.caller.context;
        let page = self.page(call, format!("namespaces of {context}"))?;
        self.enter(call, "namespaces:read")?;
        Ok(self.response_scope(&page, "namespaces", context, show))
    }

    pub(super) fn create_namespace(&self, call: &Call<'_>) -> Outcome {
        let body = call.object()?;
        let metadata = body.object("metadata")?;
        let name = metadata.text("name")?;
        names::check_namespace(name)?;
        self.enter(call, "namespaces:write")?;
        let key = Key::new("namespaces", &call.caller.context, name);
        if self.quirks.is_on(quirks::DUPLICATE_NAME) {
            return Ok(created(&show(&self.store.resources.put(key, json!({})))));
        }
        let namespace =
            self.store.resources.create(key, json!({})).map_err(|_| {
                Failure::new(Code::AlreadyExists, format!("namespace {name:?} exists already"))
            })?;
        Ok(created(&show(&namespace)))
    }

    pub(super) fn get_namespace(&self, call: &Call<'_>, namespace: &str) -> Outcome {
        names::check_namespace(namespace)?;
        self.enter(call, "namespaces:read")?;
        let found = self.store.resources.get(&Key::new("namespaces", &call.caller.context, namespace));
        found.map(|found| data(&show(&found))).ok_or_else(|| absent(namespace))
    }

    pub(super) fn delete_namespace(&self, call: &Call<'_>, namespace: &str) -> Outcome {
        names::check_namespace(namespace)?;
        self.check_propagation(call)?;
        self.enter(call, "namespaces:write")?;
        if namespace == DEFAULT {
            return Err(Failure::new(Code::Forbidden, "this namespace may not be deleted"));
        }
        let context = &call.caller.context;
        let gone = self
            .store
            .resources
            .delete(&Key::new("namespaces", context, namespace))
            .map_err(|_| absent(namespace))?;
        self.store.resources.delete_scope(&scope(context, namespace));
        Ok(data(&show(&gone)))
    }

    /// Checks the deletion propagation policy. Kubernetes has three, and they are case-sensitive.
    pub(super) fn check_propagation(&self, call: &Call<'_>) -> Result<(), Failure> {
        match call.query.get("propagationPolicy")? {
            None | Some("Background" | "Foreground" | "Orphan") => Ok(()),
            Some(_) if self.quirks.is_on(quirks::BAD_PROPAGATION) => Ok(()),
            Some(_) => Err(Failure::new(
                Code::InvalidPropagation,
                "propagationPolicy must be Background, Foreground or Orphan",
            )),
        }
    }
}

fn absent(namespace: &str) -> Failure {
    Failure::new(Code::NotFound, format!("namespace {namespace:?} does not exist"))
}

pub(super) fn show(namespace: &Resource) -> Value {
    json!({ "metadata": { "name": namespace.key.name, "resourceVersion": namespace.version.to_string() } })
}
