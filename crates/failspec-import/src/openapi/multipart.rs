//! Bodies that are lists of fields: forms, and forms with files.

use std::fmt::Write as _;

use serde_json::Value;

use failspec_base::template::Template;

use super::{
    body::Members,
    invalid_value::{InvalidValue, core, of_text},
    path_values::text,
    valid_request::escaped,
    value_generator::ValueGenerator,
};

/// The boundary between the parts of a form with files. No generated value contains it.
pub(super) const BOUNDARY: &str = "failspec-part-of-a-form";

/// A field of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field {
    pub name: String,
    pub value: String,
    /// True if it is a file.
    pub file: bool,
}

/// A form with exactly one fault.
#[derive(Debug)]
pub(super) struct InvalidForm {
    pub name: String,
    /// The kind of fault.
    pub what: &'static str,
    pub fields: Vec<Field>,
    /// True if the specification does not require the API to reject it.
    pub doubtful: bool,
    /// True if the schema allows it: servers often break on it.
    pub allowed: bool,
    /// True if the words of the document tell other values.
    pub against_words: bool,
}

/// Converts a valid value to the fields of a form.
pub(super) fn fields(sampler: &ValueGenerator<'_>, schema: &Value, right: &Value) -> Vec<Field> {
    let members = Members::of(&sampler.declared.api.bundle, schema, 0);
    let is_file = |name: &String| {
        let property = members.properties.iter().find(|(known, _)| known == name);
        property.is_some_and(|(_, property)| is_file(core(&sampler.declared.api.bundle, property)))
    };
    let entries = right.as_object().into_iter().flatten();
    entries
        .map(|(name, value)| Field {
            name: name.clone(),
            value: text(&escaped(value.clone())),
            file: is_file(name),
        })
        .collect()
}

/// Returns true if a schema describes a file.
pub(super) fn is_file(schema: &Value) -> bool {
    let is = |key: &str, wanted: &str| schema.get(key).and_then(Value::as_str) == Some(wanted);
    is("format", "binary") || schema.get("contentMediaType").is_some()
}

/// Generates forms with exactly one fault from a valid form. The schema forbids each of them, but those that are only unusual.
pub(super) fn bad_forms(sampler: &ValueGenerator<'_>, schema: &Value, right: &[Field]) -> Vec<InvalidForm> {
    let members = Members::of(&sampler.declared.api.bundle, schema, 0);
    let mut found = Vec::new();
    for (name, property) in &members.properties {
        let others = || right.iter().filter(|field| field.name != *name).cloned();
        if members.required.contains(name) {
            let fields = others().collect();
            found.push(InvalidForm {
                name: name.clone(),
                what: "missing",
                fields,
                doubtful: false,
                allowed: false,
                against_words: false,
            });
        }
        if is_file(core(&sampler.declared.api.bundle, property)) {
            continue;
        }
        for (flaw, value) in of_text(sampler, property) {
            let value = Template::escape(&value);
            let fields = others().chain([Field { name: name.clone(), value, file: false }]).collect();
            let InvalidValue { what, doubtful, allowed, against_words, .. } = flaw;
            found.push(InvalidForm { name: name.clone(), what, fields, doubtful, allowed, against_words });
        }
    }
    found
}

/// Formats fields as the body of `multipart/form-data` (RFC 7578).
pub(super) fn multipart(fields: &[Field]) -> String {
    let mut body = String::new();
    for field in fields {
        // Names come from the document. Characters that would end the line or the name are escaped as in browsers.
        let name = field.name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A");
        let name = Template::escape(&name);
        let file = if field.file { "; filename=\"failspec.txt\"\r\nContent-Type: text/plain" } else { "" };
        let _ = write!(
            body,
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n{}\r\n",
            field.value
        );
    }
    let _ = write!(body, "--{BOUNDARY}--\r\n");
    body
}
