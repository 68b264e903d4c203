//! Strict validation of OpenAPI 3.0 documents.
//!
//! Other programs reject a whole document because of one of these errors; here they are warnings, each with its
//! location.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{at::At, document::Document, warning::Warnings};

/// Checks the parts of a 3.0 document against their types, one by one.
pub(super) fn look(document: &Document, warnings: &mut Warnings) {
    let root = document.root();
    if let Some(info) = root.get("info") {
        part::<openapiv3::Info>(&info, document, warnings);
    }
    for (_, path) in root.get("paths").iter().flat_map(At::entries) {
        for (method, operation) in path.entries() {
            if ["get", "put", "post", "delete", "options", "head", "patch", "trace"].contains(&method) {
                self::operation(&operation, document, warnings);
            }
        }
    }
    let components = root.get("components");
    let named = |key: &str| components.as_ref().and_then(|it| it.get(key));
    for (_, at) in named("parameters").iter().flat_map(At::entries) {
        part::<openapiv3::ReferenceOr<openapiv3::Parameter>>(&at, document, warnings);
    }
    for (_, at) in named("securitySchemes").iter().flat_map(At::entries) {
        part::<openapiv3::ReferenceOr<openapiv3::SecurityScheme>>(&at, document, warnings);
    }
}

/// Checks an operation. Parameters and responses are checked one by one, because deserialization stops at the first
/// error of a part.
fn operation(at: &At<'_>, document: &Document, warnings: &mut Warnings) {
    let mut dirty = false;
    for parameter in at.get("parameters").iter().flat_map(At::items) {
        dirty |= !part::<openapiv3::ReferenceOr<openapiv3::Parameter>>(&parameter, document, warnings);
    }
    for (_, response) in at.get("responses").iter().flat_map(At::entries) {
        dirty |= !part::<openapiv3::ReferenceOr<openapiv3::Response>>(&response, document, warnings);
    }
    if !dirty {
        part::<openapiv3::Operation>(at, document, warnings);
    }
}

/// Returns true if a part is valid; otherwise adds a warning.
fn part<T: DeserializeOwned>(at: &At<'_>, document: &Document, warnings: &mut Warnings) -> bool {
    // The deserializer would read a reference with other keys next to it as an object of those keys.
    if at.value.get("$ref").is_some_and(Value::is_string) {
        return true;
    }
    match T::deserialize(at.value) {
        Ok(_) => true,
        Err(error) => {
            let message: String = error.to_string().chars().take(300).collect();
            warnings.note(document.file(at), at.pointer.clone(), format!("not valid OpenAPI 3.0: {message}"));
            false
        }
    }
}
