//! Parameters and headers: Swagger 2.0 writes the keywords of their schema next to their name.

use serde_json::{Map, Value, json};

use super::{At, Conversion};

/// The keywords that a parameter or header shares with a schema.
const KEYWORDS: [&str; 19] = [
    "type",
    "format",
    "items",
    "default",
    "enum",
    "maximum",
    "exclusiveMaximum",
    "minimum",
    "exclusiveMinimum",
    "maxLength",
    "minLength",
    "pattern",
    "maxItems",
    "minItems",
    "uniqueItems",
    "multipleOf",
    "x-nullable",
    "title",
    "properties",
];

impl<'a> Conversion<'a> {
    /// Adds the schema to a parameter that is not a body, and the style of its lists.
    pub(super) fn parameter(&mut self, at: &At<'a>) {
        if at.text("in") == Some("body") {
            return;
        }
        if at.value.get("schema").is_none() {
            self.edit(at, "schema", Value::Object(schema(at)));
        }
        if at.value.get("example").is_none()
            && let Some(example) = at.value.get("x-example")
        {
            self.edit(at, "example", example.clone());
        }
        if at.text("type") == Some("array") {
            self.list(at);
        }
    }

    fn list(&mut self, at: &At<'a>) {
        let in_query = at.text("in") == Some("query");
        let (style, explode) = match at.text("collectionFormat").unwrap_or("csv") {
            "multi" if matches!(at.text("in"), Some("query" | "formData")) => ("form", true),
            "csv" => ("form", false),
            "ssv" if in_query => ("spaceDelimited", false),
            "pipes" if in_query => ("pipeDelimited", false),
            other => {
                let message = format!(
                    "`collectionFormat: {}` cannot be written here; the items are separated by commas",
                    other.escape_debug()
                );
                self.lost(at, message);
                ("form", false)
            }
        };
        if is_list_of_lists(at) {
            self.lost(at, "a list of lists: the inner list is read as text");
        }
        // A path and a header have another style, which separates by commas too.
        if !matches!(at.text("in"), Some("path" | "header")) {
            self.edit(at, "style", style.into());
        }
        self.edit(at, "explode", explode.into());
    }

    /// Adds the schema to a header of a response.
    pub(super) fn header(&mut self, at: &At<'a>) {
        if at.value.get("schema").is_none() && self.done.insert(at.key()) {
            self.edit(at, "schema", Value::Object(schema(at)));
        }
    }
}

fn schema(at: &At<'_>) -> Map<String, Value> {
    let entries = KEYWORDS.iter().filter_map(|key| Some(((*key).to_owned(), at.value.get(key)?.clone())));
    let mut entries: Map<String, Value> = entries.collect();
    // The inner list is written as text.
    if is_list_of_lists(at) {
        entries.insert("items".to_owned(), json!({ "type": "string" }));
        entries.shift_remove("enum");
        entries.shift_remove("default");
    }
    entries
}

fn is_list_of_lists(at: &At<'_>) -> bool {
    at.get("items").is_some_and(|items| items.text("type") == Some("array"))
}
