//! What a strict reader of OpenAPI 3.0 says of a document.
//!
//! Other programs refuse a document as a whole over one of these; here they are warnings, each with its place.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{
    document::{At, Document},
    warning::Warnings,
};

/// Holds the parts of a 3.0 document that are small and decide much against their types one by one: what the API is,
/// where it is, and how requests show who sends them. Operations are judged where they are read: their types are many,
/// and as a whole would make the program larger by a twentieth.
pub(super) fn look(document: &Document, warnings: &mut Warnings) {
    let root = document.root();
    if let Some(info) = root.get("info") {
        part::<openapiv3::Info>(&info, document, warnings);
    }
    for server in root.get("servers").iter().flat_map(At::items) {
        part::<openapiv3::Server>(&server, document, warnings);
    }
    let schemes = root.get("components").and_then(|it| it.get("securitySchemes"));
    for (_, at) in schemes.iter().flat_map(At::entries) {
        part::<openapiv3::SecurityScheme>(&at, document, warnings);
    }
}

/// Notes what is wrong with a part.
fn part<T: DeserializeOwned>(at: &At<'_>, document: &Document, warnings: &mut Warnings) {
    // A reference with other keys beside it is read as what those keys make.
    if at.value.get("$ref").is_some_and(Value::is_string) {
        return;
    }
    if let Err(error) = T::deserialize(at.value) {
        let message: String = error.to_string().chars().take(300).collect();
        warnings.note(document.file(at), at.pointer.clone(), format!("not valid OpenAPI 3.0: {message}"));
    }
}
