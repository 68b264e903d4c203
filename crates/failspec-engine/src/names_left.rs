//! Things with a name of the run that are in a collection at its end: a server may create what it refused, or what broke it, and only
//! its lists show it.

use std::collections::BTreeSet;

use failspec_judge::check::View;
use failspec_pack::pack::{Capture, Part};
use serde_json::Value;

use super::{
    captured::id_in_name, creations::KnownCreation, listed_values::items_of, removal::Removal,
    session::Session, unremoved::text_of,
};

/// Maximum number of things of one collection that are looked at.
const MAX_ITEMS: usize = 10_000;

/// Maximum number of things of one collection that are removed.
const MAX_REMOVALS: usize = 200;

/// Members by which an item of a list is known.
const NAMES: [&str; 7] = ["id", "key", "name", "slug", "title", "username", "email"];

impl Session {
    /// Removes what has a name of the run and is still there, and returns what is left. What is `listed` as left is known.
    pub(super) async fn remove_named(&self, listed: &[&str]) -> Vec<Removal> {
        let mut left = Vec::new();
        for (creation, list, path) in self.listed_creations() {
            let asked = Box::pin(self.response_to(&list, &self.scope())).await;
            let Ok((request, response)) = asked else { continue };
            if !self.succeeded(View::new(&response, None)) {
                continue;
            }
            let last = path.rsplit('/').next().unwrap_or_default();
            let items = response.document().value.as_ref().and_then(|body| items_of(body, last));
            let count = items.map_or(0, Vec::len);
            let mut note = |line: String| {
                left.push(Removal {
                    case: creation.case.clone(),
                    exchanges: Vec::new(),
                    left_behind: vec![self.mask.text(&line).into_owned()],
                });
            };
            if count > MAX_ITEMS {
                note(format!(
                    "{request}: only the first {MAX_ITEMS} of {count} were looked at for what the run made"
                ));
            }
            let mut seen = BTreeSet::new();
            for item in items.into_iter().flatten().take(MAX_ITEMS) {
                let own_id = id_of(&creation.capture, item, &path).filter(|id| self.is_id_of_run(id));
                let Some(name) = own_id.or_else(|| self.name_of_run(item)) else { continue };
                let is_known = self.is_listed(&name) || listed.iter().any(|line| line.contains(&name));
                let is_known = is_known || !seen.insert(name.clone());
                let may_remove = seen.len() <= MAX_REMOVALS;
                if is_known || may_remove && self.remove_item(creation, &path, item).await {
                    continue;
                }
                note(format!("{request}: it lists {name}, which the run made and could not remove"));
            }
        }
        left
    }

    /// Returns the name of an item that only this run can have given.
    fn name_of_run(&self, item: &Value) -> Option<String> {
        let is_own = |text: &&str| self.is_id_of_run(text);
        if let Value::String(text) = item {
            return Some(text.as_str()).filter(is_own).map(str::to_owned);
        }
        let members = item.as_object()?.iter();
        // `ownerName` is the name of another thing, which one of somebody else's may refer to.
        let is_name = |name: &str| NAMES.contains(&name.to_ascii_lowercase().as_str());
        let mut texts = members.filter(|(name, _)| is_name(name)).filter_map(|(_, value)| value.as_str());
        texts.find(is_own).map(str::to_owned)
    }

    /// Removes an item of a list. Returns true if the API says that it did, or that it is gone.
    async fn remove_item(&self, creation: &KnownCreation, collection: &str, item: &Value) -> bool {
        let Some(id) = id_of(&creation.capture, item, collection) else { return false };
        let Some(operation) = self.creation_in(collection) else { return false };
        let Some(path) = self.path_of_item(collection, &operation, &id) else { return false };
        let Some(removal) = self.request_to("DELETE", &path, creation.role.as_deref()) else { return false };
        let response = Box::pin(self.response_to(&removal, &self.scope())).await;
        response.is_ok_and(|(_, response)| matches!(response.status, 200..300 | 404 | 410))
    }

    fn creation_in(&self, collection: &str) -> Option<String> {
        Some(self.against.as_ref()?.operation("POST", collection)?.name())
    }
}

/// Returns the id of an item of a list: it is where the response to its creation has it.
pub(super) fn id_of(capture: &Capture, item: &Value, collection: &str) -> Option<String> {
    if item.is_string() {
        return text_of(item);
    }
    let first = match &capture.part {
        Part::Body(pointer) => Some(pointer),
        Part::Header(_) => None,
    };
    let mut places = first.into_iter().chain(&capture.otherwise);
    let id = places.find_map(|place| text_of(place.find(item)?))?;
    let short = id_in_name(&id, collection).filter(|_| capture.resource_name);
    Some(short.map_or_else(|| id.clone(), str::to_owned))
}

#[cfg(test)]
mod tests {
    use failspec_pack::pack::Pointer;
    use serde_json::json;

    use super::*;

    #[test]
    fn id_of_an_item_is_where_its_creation_has_it() {
        let capture = |places: &[&[&str]]| {
            let mut places: Vec<Pointer> =
                places.iter().map(|steps| Pointer::from_steps(steps.iter().copied())).collect();
            let part = Part::Body(places.remove(0));
            Capture { otherwise: places, resource_name: true, ..Capture::of("made", part) }
        };
        for (places, item, expected) in [
            (&[&["id"] as &[&str]] as &[&[&str]], json!({ "id": 7, "name": "a" }), Some("7")),
            (&[&["uuid"], &["id"]], json!({ "id": "x" }), Some("x")),
            (&[&["name"]], json!("a"), Some("a")),
            (&[&["name"]], json!({ "name": "pets/a" }), Some("a")),
            (&[&["id"]], json!({ "key": "x" }), None),
        ] {
            assert_eq!(id_of(&capture(places), &item, "/v1/pets").as_deref(), expected, "{item}");
        }
    }
}
