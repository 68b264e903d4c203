//! User preferences. "PUT … takes a partial update" (site).

use serde_json::{Map, Value, json};

use super::{Call, Failure, Kubeglass, Outcome, call::data, names};
use crate::{
    Response,
    store::{Expected, Key},
};

impl Kubeglass {
    pub(super) fn get_preferences(&self, call: &Call<'_>) -> Response {
        let found = self.store.resources.get(&key(call));
        data(&found.map_or_else(initial, |found| found.body))
    }

    pub(super) fn update_preferences(&self, call: &Call<'_>) -> Outcome {
        let changes = read(call)?;
        let key = key(call);
        // The first request creates the entry; an error means that another request was faster.
        drop(self.store.resources.create(key.clone(), initial()));
        let updated = self.store.resources.update(&key, Expected::Any, |body| {
            if let Some(fields) = body.as_object_mut() {
                fields.extend(changes);
            }
        });
        Ok(data(&updated.map_or_else(|_| initial(), |updated| updated.body)))
    }
}

/// The key of the caller's preferences. They belong to the user, independent of session and token.
fn key(call: &Call<'_>) -> Key {
    Key::new("preferences", "", &call.caller.identity.subject)
}

fn initial() -> Value {
    json!({ "theme": "system", "density": "comfortable", "defaultNamespace": "default" })
}

/// Reads the changed fields. All are validated before any is changed. Unknown ones are ignored.
fn read(call: &Call<'_>) -> Result<Map<String, Value>, Failure> {
    let body = call.object()?;
    let mut changes = Map::new();
    let choices: [(&str, &[&str]); 2] =
        [("theme", &["dark", "light", "system"]), ("density", &["comfortable", "compact"])];
    for (field, allowed) in choices {
        let Some(sent) = body.as_sent(field) else {
            continue;
        };
        if !sent.as_str().is_some_and(|sent| allowed.contains(&sent)) {
            return Err(body.invalid(field, &format!("must be one of {}", allowed.join(", "))));
        }
        changes.insert(field.to_owned(), sent.clone());
    }
    if let Some(sent) = body.as_sent("defaultNamespace") {
        let namespace = sent.as_str().ok_or_else(|| body.invalid("defaultNamespace", "must be a text"))?;
        names::check_namespace(namespace)?;
        changes.insert("defaultNamespace".to_owned(), sent.clone());
    }
    Ok(changes)
}
