//! The content of a body: its media types, schemas and examples.

use serde_json::Value;

use super::{bundle::SchemaCollector, document::At, document::Document, warning::Warnings};

/// One media type of a body.
#[derive(Debug, Clone)]
pub struct Content {
    /// The media type as written: `application/json`, `image/*`.
    pub media_type: String,
    /// The schema, with references into the bundle.
    pub schema: Option<Value>,
    /// The examples in the document.
    pub examples: Vec<Value>,
}

impl Content {
    /// Reads all media types under the key `content`.
    pub(super) fn read_all<'a>(
        at: &At<'a>,
        document: &'a Document,
        gathering: &mut SchemaCollector<'a>,
        warnings: &mut Warnings,
    ) -> Vec<Self> {
        let content = at.get("content").and_then(|content| document.resolved(content, warnings));
        let Some(content) = content else { return Vec::new() };
        if !content.value.is_object() {
            warnings.note(document.file(&content), content.pointer.clone(), "not a map of media types");
        }
        let mut read = Vec::new();
        for (media_type, at) in content.entries() {
            let Some(at) = document.resolved(at, warnings) else { continue };
            read.push(Self {
                media_type: media_type.to_owned(),
                schema: at.get("schema").map(|schema| gathering.schema(schema, warnings)),
                examples: examples(&at, document),
            });
        }
        read
    }

    /// Returns how closely it matches the media type of a response: 2 for the same type and subtype, 1 for a range
    /// such as `image/*`, 0 for `*/*`, `None` for no match.
    pub fn closeness(&self, media_type: &str) -> Option<u8> {
        let essence = |text: &str| text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let (declared, actual) = (essence(&self.media_type), essence(media_type));
        if declared == actual {
            return Some(2);
        }
        match declared.strip_suffix("/*") {
            Some("*") => Some(0),
            Some(kind) if actual.split('/').next() == Some(kind) => Some(1),
            _ => None,
        }
    }

    /// Returns true if it covers JSON: JSON itself, `application/*` or `*/*`.
    pub fn takes_json(&self) -> bool {
        self.is_json() || self.closeness("application/json").is_some()
    }

    /// Returns true if it is JSON: `application/json`, or a type that ends in `+json`.
    pub fn is_json(&self) -> bool {
        let essence = self.media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        essence == "application/json" || essence.ends_with("+json")
    }
}

/// Returns the values under `example` and `examples`.
pub(super) fn examples(at: &At<'_>, document: &Document) -> Vec<Value> {
    let mut found: Vec<Value> = at.get("example").into_iter().map(|example| example.value.clone()).collect();
    for (_, example) in at.get("examples").iter().flat_map(At::entries) {
        if let Ok(example) = document.resolve(example) {
            found.extend(example.value.get("value").cloned());
        }
    }
    found
}
