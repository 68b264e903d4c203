//! Kubernetes objects in requests: JSON, and in March 2026 any YAML.

use serde_json::{Map, Value, json};

use super::{Call, Code, Failure, Kubevision, Pages, Resource, body, query, quirks, seed, yaml};
use crate::store;

/// A Kubernetes object that was sent.
#[derive(Debug)]
pub(super) struct Manifest {
    /// The object without its version.
    pub object: Map<String, Value>,
    pub name: String,
    pub namespace: String,
    /// The version that the sender read; `None` to overwrite any version.
    pub version: Option<u64>,
    /// True if a quirk made the object up, so that the validation of Kubernetes must not apply to it.
    pub made_up: bool,
}

/// Changes of a Kubernetes object (JSON Merge Patch, RFC 7386).
#[derive(Debug)]
pub(super) struct Patch {
    pub changes: Value,
    /// The version that the sender read, as in [`Manifest`].
    pub version: Option<u64>,
}

impl Kubevision {
    /// Reads an object that contains its own name and kind. Its namespace may also be in the query.
    pub(super) fn manifest(
        &self,
        call: &Call<'_>,
        resource: Resource,
        namespace: Option<&str>,
    ) -> Result<Manifest, Failure> {
        let mut object = match self.yaml(call) {
            Err(Failure { code: Code::InvalidYaml, .. }) if self.quirks.is_on(quirks::INVALID_YAML) => {
                return Ok(empty(resource));
            }
            object => object?,
        };
        let lenient = self.quirks.is_on(quirks::MISSING_PARAMETER);
        if lenient {
            complete(&mut object, resource);
        }
        let kind = present(&object, "kind");
        let metadata = present(&object, "metadata");
        let within = |field: &str| metadata.and_then(|metadata| present(metadata.as_object()?, field));
        // First the missing fields, then the malformed ones; `metadata` of another type has no fields that could be
        // missing.
        if metadata.is_none_or(Value::is_object) {
            within("name").ok_or_else(|| Failure::missing("metadata.name"))?;
            if within("namespace").is_none() && namespace.is_none() && !lenient {
                return Err(Failure::missing("metadata.namespace"));
            }
        }
        kind.ok_or_else(|| Failure::missing("kind"))?;
        check_kind(kind, resource)?;
        if !metadata.is_some_and(Value::is_object) {
            return Err(Failure::invalid("metadata", "must be an object"));
        }
        let name = text(within("name"), "metadata.name")?.unwrap_or_default();
        query::check_name("metadata.name", name)?;
        let said = text(within("namespace"), "metadata.namespace")?;
        let namespace = said.or(namespace).unwrap_or(seed::NAMESPACE);
        query::check_label("metadata.namespace", namespace)?;
        let version = version(within("resourceVersion"))?;
        let (name, namespace) = (name.to_owned(), namespace.to_owned());
        if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
            metadata.insert("namespace".to_owned(), json!(namespace));
            metadata.shift_remove("resourceVersion");
        }
        Ok(Manifest { object, name, namespace, version, made_up: false })
    }

    /// Reads an object that must match the name in the path and the namespace in the query.
    pub(super) fn manifest_for(
        &self,
        call: &Call<'_>,
        resource: Resource,
        namespace: &str,
        name: &str,
    ) -> Result<Manifest, Failure> {
        let manifest = self.manifest(call, resource, Some(namespace))?;
        if manifest.name != name {
            return Err(Failure::invalid("metadata.name", "differs from the name in the path"));
        }
        if manifest.namespace != namespace {
            return Err(Failure::invalid("metadata.namespace", "differs from the namespace in the query"));
        }
        Ok(manifest)
    }

    /// Reads the changes of an object. They may repeat its name and namespace, but not change them.
    pub(super) fn patch(
        &self,
        call: &Call<'_>,
        resource: Resource,
        namespace: &str,
        name: &str,
    ) -> Result<Patch, Failure> {
        let mut changes = match self.yaml(call) {
            Err(Failure { code: Code::InvalidYaml, .. }) if self.quirks.is_on(quirks::INVALID_YAML) => {
                Map::new()
            }
            changes => changes?,
        };
        if changes.contains_key("kind") {
            check_kind(changes.get("kind"), resource)?;
        }
        let mut sent_version = None;
        match changes.get_mut("metadata") {
            None => {}
            Some(Value::Object(metadata)) => {
                for (field, fixed) in [("name", name), ("namespace", namespace)] {
                    if metadata.get(field).is_some_and(|sent| *sent != fixed) {
                        return Err(Failure::invalid(&format!("metadata.{field}"), "cannot be changed"));
                    }
                }
                sent_version = version(metadata.shift_remove("resourceVersion").as_ref())?;
            }
            Some(_) => return Err(Failure::invalid("metadata", "must be an object")),
        }
        Ok(Patch { changes: Value::Object(changes), version: sent_version })
    }

    /// Decodes the body as one object: 42200 for invalid syntax, 40002 for anything other than one object.
    fn yaml(&self, call: &Call<'_>) -> Result<Map<String, Value>, Failure> {
        body::check_size(call.request)?;
        let unreadable =
            |error: String| Failure::new(Code::InvalidYaml, format!("the YAML cannot be parsed: {error}"));
        if self.pages == Pages::August2026 {
            // "Send JSON bodies with Content-Type: application/json."
            return match serde_json::from_slice(&call.request.body) {
                Ok(Value::Object(object)) => Ok(object),
                _ if call.request.body.trim_ascii().is_empty() => Ok(Map::new()),
                _ => Err(Failure::invalid("the body", "must be a Kubernetes object in JSON")),
            };
        }
        let text = std::str::from_utf8(&call.request.body).map_err(|error| unreadable(error.to_string()))?;
        let mut documents = yaml::read(text).map_err(unreadable)?;
        match (documents.pop(), documents.len()) {
            // In an empty body, every required field is missing.
            (None, _) => Ok(Map::new()),
            (Some(Value::Object(object)), 0) => Ok(object),
            (Some(_), 0) => Err(Failure::invalid("the body", "must be a Kubernetes object")),
            _ => Err(Failure::invalid("the body", "must be a single document")),
        }
    }
}

fn check_kind(sent: Option<&Value>, resource: Resource) -> Result<(), Failure> {
    let kind = resource.kind();
    if sent.is_some_and(|sent| sent == kind) {
        return Ok(());
    }
    Err(Failure::invalid("kind", &format!("must be {kind}")))
}

/// Returns a field, if it is present. Null counts as absent.
fn present<'v>(object: &'v Map<String, Value>, field: &str) -> Option<&'v Value> {
    object.get(field).filter(|value| !value.is_null())
}

fn text<'v>(value: Option<&'v Value>, name: &str) -> Result<Option<&'v str>, Failure> {
    value.map(|value| value.as_str().ok_or_else(|| Failure::invalid(name, "must be a text"))).transpose()
}

/// Parses a version. Versions are opaque to clients, but the server knows that its own are digits. Digits that it
/// never writes (too many, leading zeros) become a version that no resource ever has.
fn version(sent: Option<&Value>) -> Result<Option<u64>, Failure> {
    let name = "metadata.resourceVersion";
    let Some(sent) = text(sent.filter(|sent| !sent.is_null()), name)? else {
        return Ok(None);
    };
    if sent.is_empty() || !sent.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Failure::invalid(name, "must be digits"));
    }
    Ok(Some(sent.parse().ok().filter(|version: &u64| version.to_string() == sent).unwrap_or(0)))
}

/// Makes up an object for a quirk that accepts YAML that cannot be parsed.
fn empty(resource: Resource) -> Manifest {
    let name = format!("unparsed-{}", store::hex_digits(12));
    let namespace = seed::NAMESPACE.to_owned();
    let object = json!({ "kind": resource.kind(), "metadata": { "name": name, "namespace": namespace } });
    let object = object.as_object().cloned().unwrap_or_default();
    Manifest { object, name, namespace, version: None, made_up: true }
}

/// Adds the missing kind and name of an object for a quirk that accepts this.
fn complete(object: &mut Map<String, Value>, resource: Resource) {
    object.entry("kind").or_insert_with(|| json!(resource.kind()));
    let metadata = object.entry("metadata").or_insert_with(|| json!({}));
    if let Some(metadata) = metadata.as_object_mut() {
        metadata.entry("name").or_insert_with(|| json!(format!("unnamed-{}", store::hex_digits(12))));
    }
}
