//! Operations that make what others are about.

use serde_json::Value;

use crate::openapi::{Api, Operation, ResponseStatus};

use super::{paths::names, shape::json};

/// How things of one kind are made and removed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Creator<'a> {
    /// `POST /things`.
    pub make: &'a Operation,
    /// The parameter that names a thing: `{id}` of `/things/{id}`.
    pub parameter: &'a str,
    /// `DELETE /things/{id}`.
    pub remove: &'a Operation,
    /// `GET /things/{id}`.
    pub read: Option<&'a Operation>,
}

impl<'a> Creator<'a> {
    /// How the thing is made that the last parameter of a path names; only what can be removed again is made.
    pub fn of_item(api: &'a Api, path: &str) -> Option<Self> {
        let parameter = *names(path).last()?;
        let end = path.find(&format!("{{{parameter}}}"))? + parameter.len() + 2;
        let item = &path[..end];
        let collection = item.strip_suffix(&format!("/{{{parameter}}}"))?;
        let on = |method: &str, path: &str| {
            let same = |it: &&Operation| it.method == method && it.path.trim_end_matches('/') == path;
            api.operations.iter().find(same)
        };
        let (make, remove) = (on("POST", collection)?, on("DELETE", item)?);
        Some(Self { make, remove, read: on("GET", item), parameter: names(&remove.path).last().copied()? })
    }

    /// How the things of a collection are made, if it is one.
    pub fn of_collection(api: &'a Api, make: &Operation) -> Option<Self> {
        let under = format!("{}/{{", make.path.trim_end_matches('/'));
        let items = api.operations.iter().filter(|it| it.method == "DELETE" && it.path.starts_with(&under));
        items
            .filter_map(|it| Self::of_item(api, &it.path))
            .find(|it| std::ptr::eq(it.make, make) || it.make.path == make.path)
    }

    /// Where the name of the new thing stands in the answer of the operation that makes it.
    pub fn name_at(&self, api: &Api) -> Option<String> {
        let success =
            self.make.responses.iter().find(|it| {
                matches!(it.status, ResponseStatus::Exactly(200..300) | ResponseStatus::Class(2))
            })?;
        let schema = api.bundle.resolve(json(success)?.schema.as_ref()?);
        let fold = |text: &str| {
            text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
        };
        let wanted = fold(self.parameter);
        let mut places: Vec<(String, &Value)> = Vec::new();
        collect(schema, api, "", 0, &mut places);
        let last = |pointer: &str| fold(pointer.rsplit('/').next().unwrap_or_default());
        let same = places.iter().find(|(pointer, _)| last(pointer) == wanted);
        let found = same
            .or_else(|| places.iter().find(|(pointer, _)| ["id", "uuid"].contains(&last(pointer).as_str())));
        let found = found.or_else(|| {
            places.iter().find(|(pointer, _)| last(pointer).len() > 1 && wanted.ends_with(&last(pointer)))
        });
        found.map(|(pointer, _)| pointer.clone())
    }
}

/// The properties of an object, and of the objects in it.
fn collect<'a>(
    schema: &'a Value,
    api: &'a Api,
    at: &str,
    depth: usize,
    places: &mut Vec<(String, &'a Value)>,
) {
    let schema = api.bundle.resolve(schema);
    let mut inner = Vec::new();
    for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let pointer = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
        let property = api.bundle.resolve(property);
        match property.get("type").and_then(Value::as_str) {
            Some("string" | "integer") => places.push((pointer, property)),
            _ => inner.push((pointer, property)),
        }
    }
    if depth < 2 {
        for part in schema.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            collect(part, api, at, depth + 1, places);
        }
        for (pointer, property) in inner {
            collect(property, api, &pointer, depth + 1, places);
        }
    }
}
