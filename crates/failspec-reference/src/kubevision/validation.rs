//! The validation of objects by Kubernetes: 42201.

use serde_json::{Map, Value};

use super::{Code, Failure, Resource};

/// The maximum number of replicas. Kubernetes counts them in signed 32-bit integers.
pub(super) const MAX_REPLICAS: u64 = i32::MAX as u64;

/// Validates an object that is created, or that replaces another one.
pub(super) fn check(resource: Resource, new: &Value, old: Option<&Value>) -> Result<(), Failure> {
    let problem = match resource {
        Resource::ConfigMap => configmap(new, old),
        Resource::Deployment => deployment(new, old),
        // The content of a secret is not validated; only its users can interpret it.
        Resource::Secret => None,
    };
    match problem {
        None => Ok(()),
        Some(problem) => {
            let message = format!("the API server rejects the {}: {problem}", resource.kind());
            Err(Failure::new(Code::RejectedByKubernetes, message))
        }
    }
}

/// Returns the problem of a configmap, if any.
fn configmap(new: &Value, old: Option<&Value>) -> Option<&'static str> {
    match &new["data"] {
        Value::Null => {}
        Value::Object(entries) if entries.values().all(Value::is_string) => {}
        Value::Object(_) => return Some("data may hold texts only"),
        _ => return Some("data must be an object"),
    }
    if !matches!(new["immutable"], Value::Null | Value::Bool(_)) {
        return Some("immutable must be true or false");
    }
    let old = old.filter(|old| old["immutable"] == true)?;
    let kept = new["immutable"] == true
        && same_entries(&new["data"], &old["data"])
        && same_entries(&new["binaryData"], &old["binaryData"]);
    (!kept).then_some("an immutable ConfigMap cannot be changed")
}

/// Compares entries. Missing entries and an empty object are the same.
fn same_entries(new: &Value, old: &Value) -> bool {
    let is_empty = |value: &Value| value.is_null() || value.as_object().is_some_and(Map::is_empty);
    new == old || is_empty(new) && is_empty(old)
}

/// Returns the problem of a deployment, if any.
fn deployment(new: &Value, old: Option<&Value>) -> Option<&'static str> {
    let spec = &new["spec"];
    let replicas = &spec["replicas"];
    if !replicas.is_null() && replicas.as_u64().is_none_or(|replicas| replicas > MAX_REPLICAS) {
        return Some("spec.replicas must be a whole number from 0");
    }
    let Some(wanted) = spec["selector"]["matchLabels"].as_object().filter(|labels| !labels.is_empty()) else {
        return Some("spec.selector.matchLabels is required");
    };
    let labels = &spec["template"]["metadata"]["labels"];
    if wanted.iter().any(|(name, value)| !value.is_string() || labels.get(name) != Some(value)) {
        return Some("spec.template.metadata.labels must match spec.selector");
    }
    let changed = old.is_some_and(|old| old["spec"]["selector"] != spec["selector"]);
    changed.then_some("spec.selector is immutable")
}
