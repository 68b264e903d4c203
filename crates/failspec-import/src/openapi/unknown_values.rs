//! Names for which the user of an import gives values: those of parameters and of members of bodies.

use std::collections::BTreeSet;

use failspec_base::syntax::closest;
use failspec_pack::openapi::Declared;
use serde_json::Value;

/// Maximum nesting depth at which members are looked for.
const MAX_DEPTH: usize = 80;

/// A name for which a value was given, and which no parameter and no member of a body has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownValue {
    /// The name.
    pub name: String,
    /// The most similar name that the document has, if it can be meant.
    pub meant: Option<String>,
}

/// Returns the names, of those for which values were given, that nothing in the requests of a document has.
pub fn unknown_values<'n>(
    declared: &Declared,
    names: impl IntoIterator<Item = &'n str>,
) -> Vec<UnknownValue> {
    let operations = &declared.api.operations;
    let parameters = operations.iter().flat_map(|it| &it.parameters).map(|it| it.name.clone());
    let mut known: BTreeSet<String> = parameters.collect();
    let unnamed: Vec<&str> = names.into_iter().filter(|name| !known.contains(*name)).collect();
    if unnamed.is_empty() {
        return Vec::new();
    }
    let schemas = operations.iter().flat_map(|it| &it.body).filter_map(|content| content.schema.as_ref());
    let schemas: BTreeSet<String> = schemas.map(Value::to_string).collect();
    for schema in schemas {
        let schema = serde_json::from_str::<Value>(&schema).unwrap_or_default();
        collect(&declared.api.bundle.complete(&schema), 0, &mut known);
    }
    let unknown = unnamed.into_iter().filter(|name| !known.contains(*name));
    unknown
        .map(|name| {
            let meant = closest(name, known.iter().map(String::as_str)).map(str::to_owned);
            UnknownValue { name: name.to_owned(), meant }
        })
        .collect()
}

/// Collects the names of the members that a schema describes, at any depth.
fn collect(schema: &Value, depth: usize, names: &mut BTreeSet<String>) {
    if depth > MAX_DEPTH {
        return;
    }
    match schema {
        Value::Object(entries) => {
            let members = entries.get("properties").and_then(Value::as_object);
            names.extend(members.into_iter().flatten().map(|(name, _)| name.clone()));
            entries.values().for_each(|value| collect(value, depth + 1, names));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, depth + 1, names)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use failspec_pack::openapi::{Api, Declared};

    use super::unknown_values;

    #[test]
    fn a_name_that_no_parameter_and_no_member_has_is_unknown() {
        let document = "
openapi: 3.0.3
info: { title: Any, version: '1' }
paths:
  /things/{id}:
    put:
      parameters: [{ name: id, in: path, required: true, schema: { type: string } }]
      requestBody: { content: { application/json: { schema: { $ref: '#/components/schemas/Thing' } } } }
      responses: { '200': { description: done } }
components:
  schemas:
    Thing: { type: object, properties: { status: { type: string }, parts: { type: array, items: { $ref: '#/components/schemas/Part' } } } }
    Part: { type: object, properties: { weight: { type: integer } } }
";
        let declared = Declared::new(Api::parse("openapi.yaml", document).unwrap());
        for (name, expected) in [
            ("id", None),
            ("status", None),
            ("weight", None),
            ("staus", Some(Some("status"))),
            ("colour", Some(None)),
        ] {
            let found = unknown_values(&declared, [name]);
            let found: Vec<_> = found.iter().map(|it| (it.name.as_str(), it.meant.as_deref())).collect();
            assert_eq!(found, expected.map(|meant| (name, meant)).into_iter().collect::<Vec<_>>(), "{name}");
        }
    }
}
