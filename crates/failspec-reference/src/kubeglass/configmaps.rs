//! Configmaps, which have optimistic concurrency.

use serde_json::{Map, Value, json};

use super::{
    Call, Code, Failure, Kubeglass, Outcome,
    body::Object,
    call::{created, data},
    names, quirks,
};
use crate::{
    Response,
    store::{Expected, Key, Resource, UpdateError},
};

impl Kubeglass {
    pub(super) fn list_configmaps(&self, call: &Call<'_>, namespace: &str) -> Outcome {
        if self.quirks.is_on(quirks::PATH_OVERLOOKED) {
            return Err(Failure::new(Code::MissingPathParam, "a path parameter is missing"));
        }
        names::check_namespace(namespace)?;
        let scope = call.scope(namespace);
        let page = self.page(call, format!("configmaps of {scope}"))?;
        if let Some(version) = call.query.get("resourceVersion")? {
            if !is_version(version) {
                return Err(Failure::new(Code::InvalidParameter, "resourceVersion must be digits"));
            }
            // A continue token continues a list at the version at which it began, so the two contradict each other.
            if page.after.is_some() {
                return Err(Failure::new(
                    Code::BadRequest,
                    "continue and resourceVersion exclude each other",
                ));
            }
        }
        self.enter(call, "configmaps:read")?;
        self.need_namespace(&call.caller.context, namespace)?;
        Ok(self.response_scope(&page, "configmaps", &scope, show))
    }

    pub(super) fn create_configmap(&self, call: &Call<'_>, namespace: &str) -> Outcome {
        names::check_namespace(namespace)?;
        let sent = read(call, namespace)?;
        self.enter(call, "configmaps:write")?;
        self.need_namespace(&call.caller.context, namespace)?;
        let key = call.key("configmaps", namespace, &sent.name);
        if self.quirks.is_on(quirks::DUPLICATE_NAME) {
            return Ok(created(&show(&self.store.resources.put(key, sent.data))));
        }
        let configmap = self.store.resources.create(key, sent.data).map_err(|_| {
            Failure::new(Code::AlreadyExists, format!("configmap {:?} exists already", sent.name))
        })?;
        Ok(created(&show(&configmap)))
    }

    pub(super) fn get_configmap(&self, call: &Call<'_>, namespace: &str, name: &str) -> Outcome {
        names::check_namespace(namespace)?;
        names::check_name(name)?;
        self.enter(call, "configmaps:read")?;
        let configmap =
            self.store.resources.get(&call.key("configmaps", namespace, name)).ok_or_else(|| absent(name))?;
        let tag = format!("\"{}\"", configmap.version);
        if call.request.headers("if-none-match").any(|sent| matches_tag(sent, &tag)) {
            return Ok(Response::empty(304).with_header("ETag", &tag));
        }
        Ok(data(&show(&configmap)).with_header("ETag", &tag))
    }

    pub(super) fn update_configmap(&self, call: &Call<'_>, namespace: &str, name: &str) -> Outcome {
        names::check_namespace(namespace)?;
        names::check_name(name)?;
        let sent = read(call, namespace)?;
        if sent.name != name {
            return Err(Failure::new(Code::InvalidField, "metadata.name differs from the name in the path"));
        }
        self.enter(call, "configmaps:write")?;
        let expected = match sent.version {
            Some(version) if !self.quirks.is_on(quirks::STALE_VERSION) => Expected::Version(version),
            _ => Expected::Any,
        };
        let key = call.key("configmaps", namespace, name);
        let updated = self.store.resources.update(&key, expected, |data| *data = sent.data);
        match updated {
            Ok(configmap) => Ok(data(&show(&configmap))),
            Err(UpdateError::Missing) => Err(absent(name)),
            Err(UpdateError::Stale { actual }) => Err(Failure::new(
                Code::Conflict,
                format!("configmap {name:?} was changed in the meantime and is at version {actual}"),
            )),
        }
    }

    pub(super) fn delete_configmap(&self, call: &Call<'_>, namespace: &str, name: &str) -> Outcome {
        names::check_namespace(namespace)?;
        names::check_name(name)?;
        self.check_propagation(call)?;
        self.enter(call, "configmaps:write")?;
        let gone = self
            .store
            .resources
            .delete(&call.key("configmaps", namespace, name))
            .map_err(|_| absent(name))?;
        Ok(data(&show(&gone)))
    }
}

/// A configmap as it was sent.
struct Sent {
    name: String,
    /// The version that the sender read; `None` to overwrite any version.
    version: Option<u64>,
    data: Value,
}

fn read(call: &Call<'_>, namespace: &str) -> Result<Sent, Failure> {
    let body = call.object()?;
    let metadata = body.object("metadata")?;
    let name = metadata.text("name")?;
    names::check_name(name)?;
    if metadata.optional_text("namespace")?.is_some_and(|sent| sent != namespace) {
        return Err(metadata.invalid("namespace", "differs from the namespace in the path"));
    }
    let version = match metadata.optional_text("resourceVersion")? {
        None => None,
        Some(text) if !is_version(text) => {
            return Err(metadata.invalid("resourceVersion", "must be digits"));
        }
        Some(text) => Some(current_or_never(text)),
    };
    Ok(Sent { name: name.to_owned(), version, data: read_data(&body)? })
}

fn read_data(body: &Object) -> Result<Value, Failure> {
    let Some(data) = body.get("data") else {
        return Ok(Value::Object(Map::new()));
    };
    let Some(entries) = data.as_object() else {
        return Err(body.invalid("data", "must be an object"));
    };
    if entries.values().any(|value| !value.is_string()) {
        return Err(body.invalid("data", "must hold texts only"));
    }
    Ok(data.clone())
}

/// Returns true for digits. Versions are opaque to clients, but the server knows that its own are digits.
fn is_version(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Parses a version. Digits that the store never uses (too large, leading zeros) become a version that no resource
/// ever has.
fn current_or_never(text: &str) -> u64 {
    text.parse().ok().filter(|version: &u64| version.to_string() == text).unwrap_or(0)
}

/// Matches `If-None-Match`, which compares weakly, and contains a list or `*` (RFC 9110, 13.1.2).
fn matches_tag(sent: &str, tag: &str) -> bool {
    sent.split(',').map(str::trim).any(|sent| sent == "*" || sent.strip_prefix("W/").unwrap_or(sent) == tag)
}

fn absent(name: &str) -> Failure {
    Failure::new(Code::NotFound, format!("configmap {name:?} does not exist"))
}

/// Returns a configmap as responses show it.
pub(super) fn show(configmap: &Resource) -> Value {
    let Key { scope, name, .. } = &configmap.key;
    let namespace = scope.split_once('/').map_or("", |(_, namespace)| namespace);
    json!({
        "metadata": { "name": name, "namespace": namespace, "resourceVersion": configmap.version.to_string() },
        "data": configmap.body,
    })
}
