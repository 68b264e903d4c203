//! What a strict reader of OpenAPI 3.0 says of a document.
//!
//! Other programs refuse a document as a whole over one of these; here they are warnings, each with its place.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{
    document::{At, Document},
    warning::Warnings,
};

/// Holds the parts of a 3.0 document against their types one by one.
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

/// Parameters and responses are looked at one by one: the reader stops at the first mistake of a part.
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

/// Whether a part is what it should be; what is wrong with it is noted.
fn part<T: DeserializeOwned>(at: &At<'_>, document: &Document, warnings: &mut Warnings) -> bool {
    // A reference with other keys beside it is read as what those keys make.
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
