//! Conversion of Swagger 2.0 to the model of OpenAPI 3.0.
//!
//! The values stay where they are, so that references and the pointers of warnings keep their meaning: the conversion
//! only adds the keys of OpenAPI 3.0. Its schemas are nearly those of 3.0; the differences are in `lower`.

mod operation;
mod parameter;
mod response;
mod root;

use std::collections::BTreeSet;

use serde_json::Value;

use super::{at::At, document::Document, warning::Warnings};

/// The result of a conversion.
#[derive(Debug, Default)]
pub(super) struct Converted {
    /// New values: file, JSON Pointer and value. No pointer is within the value of another one.
    pub edits: Vec<(usize, String, Value)>,
    /// The parts that cannot be expressed in OpenAPI 3.0.
    pub warnings: Warnings,
}

/// Converts a document. It is not changed: the result has the values to replace.
pub(super) fn convert(document: &Document) -> Converted {
    let mut conversion = Conversion { document, done: BTreeSet::new(), converted: Converted::default() };
    conversion.root();
    conversion.converted
}

struct Conversion<'a> {
    document: &'a Document,
    /// The locations of the parameters, headers and operations that are converted already.
    done: BTreeSet<(usize, String)>,
    converted: Converted,
}

impl<'a> Conversion<'a> {
    /// Converts all path items.
    fn root(&mut self) {
        let root = self.document.root();
        let paths = root.get("paths").and_then(|paths| self.document.resolve(paths).ok());
        for (_, at) in paths.iter().flat_map(At::entries) {
            // A reference that leads nowhere is reported when the converted document is read.
            let Ok(target) = self.document.resolve(at.clone()) else { continue };
            self.path_item(&target, &root);
            if at.pointer != target.pointer {
                self.path_item(&at, &root);
            }
        }
        self.servers_and_security(&root);
    }

    fn edit(&mut self, at: &At<'_>, key: &str, value: Value) {
        self.converted.edits.push((at.file, at.pointer_to(key), value));
    }

    fn lost(&mut self, at: &At<'_>, message: impl Into<String>) {
        self.converted.warnings.lost(self.document.file(at), at.pointer.clone(), message);
    }

    /// Returns a reference from one value to another.
    fn reference(&self, from: &At<'_>, pointer: &str, file: usize) -> String {
        let fragment = pointer.replace('%', "%25").replace('#', "%23");
        if from.file == file {
            return format!("#{fragment}");
        }
        let levels = self.document.file(from).matches('/').count();
        let name = self.document.file_at(file).replace('%', "%25").replace('#', "%23");
        format!("{}{name}#{fragment}", "../".repeat(levels))
    }

    /// Returns a schema at another location as one to be used at `from`: the reference that it is, or else one to it.
    fn schema_of(&self, from: &At<'_>, schema: &At<'_>) -> Value {
        match schema.text("$ref") {
            Some(_) if from.file == schema.file => schema.value.clone(),
            _ if from.key() == schema.key() => schema.value.clone(),
            _ => serde_json::json!({ "$ref": self.reference(from, &schema.pointer, schema.file) }),
        }
    }
}

/// Returns the texts of a list.
fn texts(at: Option<At<'_>>) -> Vec<String> {
    let items = at.into_iter().flat_map(|at| at.items().collect::<Vec<_>>());
    items.filter_map(|item| item.value.as_str().map(str::to_owned)).collect()
}
