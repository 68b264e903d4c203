//! Responses.

use failspec_base::message::MediaType;
use serde_json::{Map, Value, json};

use super::{At, Conversion};

/// Any media type: Swagger 2.0 need not say which one a response has.
const ANY: &str = "*/*";

impl<'a> Conversion<'a> {
    /// Adds the content to a response of an operation. A response that others share gets a copy there, because its
    /// media types are those of the operation.
    pub(super) fn response(&mut self, status: &str, at: &At<'a>, produces: &[String]) {
        // A reference that leads nowhere is reported when the converted document is read.
        let Ok(target) = self.document.resolve(at.clone()) else { return };
        let headers = target.get("headers");
        for (_, header) in headers.iter().flat_map(At::entries) {
            self.header(&header);
        }
        if target.value.get("content").is_some() {
            return;
        }
        let content = self.content(status, at, &target, produces);
        if at.key() == target.key() {
            if !content.is_empty() && self.done.insert(at.key()) {
                self.edit(at, "content", Value::Object(content));
            }
            return;
        }
        if !self.done.insert(at.key()) {
            return;
        }
        let headers: Map<String, Value> = headers
            .iter()
            .flat_map(At::entries)
            .map(|(name, header)| {
                let reference = self.reference(at, &header.pointer, header.file);
                (name.to_owned(), json!({ "$ref": reference }))
            })
            .collect();
        let description = target.text("description").unwrap_or_default();
        let response = json!({ "description": description, "headers": headers, "content": content });
        self.converted.edits.push((at.file, at.pointer.clone(), response));
    }

    fn content(
        &mut self,
        status: &str,
        at: &At<'a>,
        target: &At<'a>,
        produces: &[String],
    ) -> Map<String, Value> {
        let schema = target.get("schema");
        let examples = target.get("examples");
        let example = |name: &str| examples.as_ref().and_then(|examples| examples.value.get(name));
        let Some(schema) = schema else { return Map::new() };
        let mut media_type = Map::new();
        // A file has bytes of any kind: JSON too.
        if schema.text("type") != Some("file") {
            let value = self.schema_of(at, &schema);
            media_type.insert("schema".to_owned(), value);
        }
        let is_json = |name: &String| {
            let read = MediaType::parse(name).map(|read| read.essence()).unwrap_or_default();
            read == "application/json" || read.ends_with("+json")
        };
        // `produces` is about the operation. An error of one that produces pictures is hardly a picture.
        let is_error = !status.starts_with(['1', '2', '3']);
        let types: Vec<String> = match produces.is_empty() || is_error && !produces.iter().any(is_json) {
            true => vec![ANY.to_owned()],
            false => produces.to_vec(),
        };
        let mut content = Map::new();
        for name in types {
            let mut media_type = media_type.clone();
            let value = if name == ANY { example("application/json") } else { example(&name) };
            media_type.extend(value.map(|value| ("example".to_owned(), value.clone())));
            content.insert(name, Value::Object(media_type));
        }
        content
    }
}
