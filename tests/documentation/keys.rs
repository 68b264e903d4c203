//! Tables of the keys of a file.

use std::collections::BTreeSet;

use failspec_base::syntax::{Field, MappingSchema, ValueType};

/// The keys of a file: one table for each mapping in it.
pub struct Keys {
    text: String,
    seen: BTreeSet<&'static str>,
    waiting: Vec<&'static MappingSchema>,
    /// The link to the table of request keys; every mapping that contains a request refers to it.
    request: &'static str,
}

/// The link if the table of request keys is on the same page.
pub const REQUEST_HERE: &str = "#keys-of-request";

impl Keys {
    /// Generates the tables of a file with the top-level mapping `shape`. `request` is the link to the request keys.
    pub fn of(shape: &'static MappingSchema, request: &'static str) -> String {
        let (text, seen) = (String::new(), BTreeSet::from([shape.name]));
        let mut keys = Self { text, seen, waiting: vec![shape], request };
        while !keys.waiting.is_empty() {
            let shape = keys.waiting.remove(0);
            keys.table(shape);
        }
        keys.text
    }

    fn table(&mut self, shape: &'static MappingSchema) {
        let request = shape.also;
        assert!(request.is_empty() || request[0].name == "request", "{}: keys of what?", shape.name);
        self.head(shape.name, shape.about);
        for field in shape.fields {
            self.row(field);
        }
        if !request.is_empty() {
            self.text += &format!("| | | the keys of a [request]({}) |\n", self.request);
            if self.request == REQUEST_HERE && self.seen.insert("request") {
                self.head("request", "one request; its body is one of `json`, `text`, `form` and `bytes`");
                for field in request {
                    self.row(field);
                }
            }
        }
    }

    fn head(&mut self, name: &str, about: &str) {
        self.text += &format!("\n### Keys of {name}\n\n{about}\n\n| key | value | what |\n|---|---|---|\n");
    }

    fn row(&mut self, field: &'static Field) {
        let value = self.value(&field.kind);
        let must = if field.required { " (required)" } else { "" };
        self.text += &format!("| `{}`{must} | {value} | {} |\n", field.name, field.about.replace('|', "\\|"));
    }

    fn value(&mut self, kind: &'static ValueType) -> String {
        match kind {
            ValueType::Any => "anything".into(),
            ValueType::Text => "text".into(),
            ValueType::Scalar => "text or number".into(),
            ValueType::Bool => "`true`, `false`".into(),
            ValueType::Count => "whole number".into(),
            ValueType::Pointer => "JSON Pointer".into(),
            ValueType::Name => "name".into(),
            ValueType::Date => "day".into(),
            ValueType::Duration => "time span".into(),
            ValueType::Schema => "JSON Schema".into(),
            ValueType::Words(words) => {
                words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
            }
            ValueType::Null => "`null`".into(),
            ValueType::List(item) => format!("list of {}", self.value(item)),
            ValueType::Map(value) => format!("mapping to {}", self.value(value)),
            ValueType::Either(kinds) => {
                kinds.iter().map(|kind| self.value(kind)).collect::<Vec<_>>().join(" or ")
            }
            ValueType::MappingSchema(shape) => {
                if self.seen.insert(shape.name) {
                    self.waiting.push(shape);
                }
                format!("[{}](#keys-of-{})", shape.name, shape.name.replace(' ', "-").to_lowercase())
            }
        }
    }
}
