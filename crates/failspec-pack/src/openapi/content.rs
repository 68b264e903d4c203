//! The content of a body: its media types, schemas and examples.

use serde_json::Value;

use failspec_base::message::MediaType;

use super::{at::At, bundle::SchemaCollector, document::Document, warning::Warnings};

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
            if at.value.get("itemSchema").is_some() {
                let message = "`itemSchema`: the items of a stream are not checked";
                warnings.lost(document.file(&at), at.pointer.clone(), message);
            }
            read.push(Self {
                media_type: media_type.to_owned(),
                schema: at.get("schema").map(|schema| gathering.schema(schema, warnings)),
                examples: examples(&at, document),
            });
        }
        read
    }

    /// Returns how closely it matches the media type of a response: 4 for the same type and parameters, 3 for the same
    /// type if it declares no parameters, 2 for the same type with others, 1 for a range such as `image/*`, 0 for
    /// `*/*`, `None` for no match. `charset` is no parameter that distinguishes two contents.
    pub fn closeness(&self, media_type: &str) -> Option<u8> {
        let (declared, own) = essence_and_parameters(&self.media_type);
        let (actual, parameters) = essence_and_parameters(media_type);
        if declared == actual {
            return Some(match own {
                own if own == parameters => 4,
                own if own.is_empty() => 3,
                _ => 2,
            });
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

/// Returns type and subtype of a media type in lower case, and its parameters but for `charset`, sorted.
fn essence_and_parameters(text: &str) -> (String, Vec<(String, String)>) {
    match MediaType::parse(text) {
        Some(read) => {
            let essence = read.essence();
            let mut parameters = read.parameters;
            parameters.retain(|(name, _)| name != "charset");
            parameters.sort();
            (essence, parameters)
        }
        None => (text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase(), Vec::new()),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contents_that_differ_in_parameters_are_told_apart() {
        let content = |media_type: &str| Content {
            media_type: media_type.to_owned(),
            schema: None,
            examples: Vec::new(),
        };
        for (declared, actual, closeness) in [
            ("application/json", "application/json", Some(4)),
            ("application/json", "Application/JSON; charset=utf-8", Some(4)),
            ("application/json; charset=utf-8", "application/json", Some(4)),
            ("application/json;v=2", "application/json; V=2; charset=utf-8", Some(4)),
            ("application/json", "application/json;v=2", Some(3)),
            ("application/json;v=1", "application/json;v=2", Some(2)),
            ("application/json;v=1", "application/json", Some(2)),
            ("application/*", "application/json;v=2", Some(1)),
            ("*/*", "text/html", Some(0)),
            ("application/json", "application/problem+json", None),
            ("application/json", "", None),
        ] {
            assert_eq!(content(declared).closeness(actual), closeness, "{declared} {actual}");
        }
    }
}
