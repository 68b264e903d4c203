//! Bodies that are lists of fields: forms, and forms with files.

use std::fmt::Write as _;

use serde_json::Value;

use super::{
    body::Members,
    invalid_value::{core, of_text},
    path_values::text,
    valid_request::escaped,
    value_generator::ValueGenerator,
};

/// What stands between the parts of a form with files; no value that is made holds it.
pub(super) const BOUNDARY: &str = "failspec-part-of-a-form";

/// A field of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field {
    pub name: String,
    pub value: String,
    /// Whether it is a file.
    pub file: bool,
}

/// A form with one thing wrong.
#[derive(Debug)]
pub(super) struct InvalidForm {
    pub name: String,
    /// What is wrong.
    pub what: &'static str,
    pub fields: Vec<Field>,
    /// Whether the specification leaves it to the API to refuse it.
    pub doubtful: bool,
}

/// The fields of a form that a schema allows.
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

fn is_file(schema: &Value) -> bool {
    let is = |key: &str, wanted: &str| schema.get(key).and_then(Value::as_str) == Some(wanted);
    is("format", "binary") || schema.get("contentMediaType").is_some()
}

/// The forms with one thing wrong that can be made of a right one; the schema forbids each of them.
pub(super) fn bad_forms(sampler: &ValueGenerator<'_>, schema: &Value, right: &[Field]) -> Vec<InvalidForm> {
    let members = Members::of(&sampler.declared.api.bundle, schema, 0);
    let mut found = Vec::new();
    for (name, property) in &members.properties {
        let others = || right.iter().filter(|field| field.name != *name).cloned();
        if members.required.contains(name) {
            let fields = others().collect();
            found.push(InvalidForm { name: name.clone(), what: "missing", fields, doubtful: false });
        }
        if is_file(core(&sampler.declared.api.bundle, property)) {
            continue;
        }
        for (flaw, value) in of_text(sampler, property) {
            let value = value.replace("${", "$${");
            let fields = others().chain([Field { name: name.clone(), value, file: false }]).collect();
            found.push(InvalidForm { name: name.clone(), what: flaw.what, fields, doubtful: flaw.doubtful });
        }
    }
    found
}

/// Fields as the body of `multipart/form-data` (RFC 7578).
pub(super) fn multipart(fields: &[Field]) -> String {
    let mut body = String::new();
    for field in fields {
        // The names of a document are its own; what would end the line or the name is written as browsers write it.
        let name = field.name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A");
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
