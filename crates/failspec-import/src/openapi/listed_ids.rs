//! Ids of things that nothing creates and that the API lists: requests that only read use one of them.

use serde_json::Value;

use failspec_base::template::Placeholder;
use failspec_pack::{
    openapi::{Bundle, Operation},
    pack::{
        Part, Pointer,
        writing::{CaptureSource, StepSource},
    },
};

use super::{
    crud::{bare, fold},
    effects::only_reads,
    fixtures::Fixtures,
    generate::Generator,
    invalid_value::core,
    listed_values::{lists_of, step as pointer_step},
    path_values::{names, parameter},
    scenario::{Control, step},
    unusual::snake,
    value_generator::{UNIQUE, kind},
};

impl Generator<'_> {
    /// Finds the lists of the things that parameters of paths name: `GET /pets` of `/pets/{id}`.
    pub(super) fn find_listed_ids(&mut self) {
        let declared = self.declared;
        let reading = declared.api.operations.iter().filter(|it| only_reads(it) && it.path.contains('{'));
        for operation in reading {
            let Some(end) = operation.path.find('}') else { continue };
            let until = &operation.path[..=end];
            // In a thing of others, there may be anything.
            let Some((collection, _)) = until.rsplit_once("/{").filter(|(folder, _)| !folder.contains('{'))
            else {
                continue;
            };
            let Some(name) = names(until).last().copied() else { continue };
            let is_given = self.paths.given(name).is_some() || self.paths.is_listed(until);
            if is_given || self.allow_writes && self.is_made(&bare(until)) {
                continue;
            }
            let list = declared.operation("GET", collection).filter(|list| bare(&list.path) == collection);
            let list = list.filter(|list| list.elsewhere.is_none() && !self.skips(list));
            let Some((list, capture)) =
                list.and_then(|list| Some((list, self.id_in(list, operation, name)?)))
            else {
                continue;
            };
            let Some(ask) = self.plain(list) else { continue };
            let Some(own) = self.paths.list(until, list) else { continue };
            self.listed_ids.insert(own.clone(), step(&ask, Some((&own, capture))));
        }
    }

    /// Returns true if scenarios create such a thing: that an operation does is not enough.
    fn is_made(&mut self, item: &str) -> bool {
        let creator = self.creators.of_item(item);
        creator.is_some_and(|creator| self.make(creator, &mut Fixtures::default(), 0).is_some())
    }

    /// Returns where the response to a list has the id of its first thing, as a parameter of the path of an operation wants it.
    fn id_in(&self, list: &Operation, operation: &Operation, name: &str) -> Option<CaptureSource> {
        let (folder, members) = self.ids_in(list, operation, name)?;
        let (folder, member) = (folder.as_str(), Pointer::as_str);
        let mut places = members.iter().filter_map(|it| Pointer::parse(&format!("{folder}/0{}", member(it))));
        let first = places.next()?;
        // `{pet}` is the last segment of the `name`, if that is `pets/17`.
        let resource_name = !fold(name).ends_with("name") && members.iter().any(|it| it.as_str() == "/name");
        Some(CaptureSource { otherwise: places.collect(), resource_name, ..Part::Body(first).into() })
    }

    /// Returns where the response to a list has its things, and where one of them may have its id, as a parameter of the path of an
    /// operation wants it.
    pub(super) fn ids_in(
        &self,
        list: &Operation,
        operation: &Operation,
        name: &str,
    ) -> Option<(Pointer, Vec<Pointer>)> {
        let own = parameter(operation, name)?;
        let last = list.path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        // Of several lists in a response, the one that the path names.
        let lists = lists_of(&self.declared.api, list, last);
        let (_, found) = lists.iter().find(|(name, _)| *name == fold(last))?;
        let folder = Pointer::parse(&found.pointer())?;
        let bundle = &self.declared.api.bundle;
        let wanted = own.schema.as_ref().and_then(|schema| core(bundle, schema).as_object().and_then(kind));
        let members = ids_of(bundle, found.items, name, wanted);
        let members: Vec<Pointer> = members.iter().filter_map(|member| Pointer::parse(member)).collect();
        (!members.is_empty()).then_some((folder, members))
    }

    /// Adds to each scenario the requests for the ids that it takes from lists.
    pub(super) fn read_lists(&mut self) {
        for scenario in &mut self.scenarios {
            let mut used = scenario.faulty.placeholders();
            if let Control::Request(ask) = &scenario.control {
                used.extend(ask.placeholders());
            }
            let is_used = |name: &str| used.iter().any(|placeholder| placeholder.name() == Some(name));
            // An id that does not exist needs none that does: the list only shows what form it has.
            let is_named = |name: &str| used.contains(&Placeholder::Name(name.to_owned()));
            let lists = self.listed_ids.iter().filter(|(name, _)| is_used(name)).map(|(name, step)| {
                let mut step = step.clone();
                for (_, capture) in step.capture.iter_mut().filter(|_| !is_named(name)) {
                    capture.default = Some(format!("no-such-{UNIQUE}"));
                }
                step
            });
            let lists: Vec<StepSource> = lists.collect();
            scenario.around.setup.splice(0..0, lists);
        }
    }
}

/// Returns where an item of a list has the id that a parameter of a path names, as pointers, those that are most likely first.
fn ids_of(bundle: &Bundle, item: &Value, name: &str, wanted: Option<&str>) -> Vec<String> {
    let fits = |schema: &Value| {
        let own = core(bundle, schema).as_object().and_then(kind);
        match wanted {
            Some("integer" | "number") => matches!(own, Some("integer" | "number")),
            _ => matches!(own, Some("string" | "integer" | "number")),
        }
    };
    if fits(item) {
        return vec![String::new()];
    }
    let snake = snake(name);
    let last = snake.rsplit('_').next().unwrap_or_default();
    // `{pet_name}` is the `name` of a pet, and `{pet}` its `id`.
    let of_kind: &[&str] = match last {
        "name" => &["name"],
        "key" => &["key"],
        "slug" => &["slug"],
        "code" => &["code"],
        "uuid" => &["uuid", "id"],
        _ => &["id", "uuid"],
    };
    let properties = item.get("properties").and_then(Value::as_object);
    let properties: Vec<(&String, &Value)> = properties.into_iter().flatten().collect();
    let mut found = Vec::new();
    let by_name = |wanted: &str| {
        properties.iter().find(|(own, schema)| fold(own) == fold(wanted) && fits(schema)).map(|(own, _)| *own)
    };
    for wanted in std::iter::once(name).chain(of_kind.iter().copied()) {
        let place = by_name(wanted).map(|own| format!("/{}", pointer_step(own)));
        found.extend(place.filter(|place| !found.contains(place)));
    }
    // Without a schema, the usual members.
    if properties.is_empty() {
        found.extend(
            std::iter::once(name).chain(of_kind.iter().copied()).map(|it| format!("/{}", pointer_step(it))),
        );
        found.dedup();
    }
    // What has no id of its own is known by its name.
    if properties.is_empty() || found.is_empty() {
        let more = ["name", "key", "slug", "code"].into_iter().filter(|_| wanted == Some("string"));
        let more = more.filter_map(|wanted| {
            if properties.is_empty() { Some(wanted) } else { by_name(wanted).map(String::as_str) }
        });
        let more: Vec<String> = more.map(|own| format!("/{}", pointer_step(own))).collect();
        found.extend(more);
    }
    found
}

#[cfg(test)]
mod tests {
    use failspec_pack::openapi::Api;
    use serde_json::json;

    use super::*;

    #[test]
    fn an_item_has_the_id_that_a_parameter_names() {
        let empty = json!({ "openapi": "3.1.0", "info": { "title": "t", "version": "1" }, "paths": {} });
        let api = Api::parse("openapi.json", &empty.to_string()).unwrap();
        let thing = json!({ "type": "object", "properties": {
            "id": { "type": "integer" }, "name": { "type": "string" }, "petId": { "type": "string" }, "tags": { "type": "array" }
        } });
        for (item, name, wanted, expected) in [
            (&thing, "id", Some("integer"), &["/id"][..]),
            (&thing, "id", Some("string"), &["/id"]),
            (&thing, "pet_id", Some("string"), &["/petId", "/id"]),
            (&thing, "petName", None, &["/name"]),
            (&thing, "pet", None, &["/id"]),
            // Its type is another one.
            (&thing, "name", Some("integer"), &[]),
            (&thing, "tags", None, &["/id"]),
            (&json!({ "type": "string" }), "tag", Some("string"), &[""]),
            (&json!({}), "tag", None, &["/tag", "/id", "/uuid"]),
            // Without an id, it is known by its name, which is a text.
            (
                &json!({ "properties": { "hash": { "type": "string" }, "name": { "type": "string" } } }),
                "ref",
                Some("string"),
                &["/name"],
            ),
            (
                &json!({ "properties": { "hash": { "type": "string" }, "name": { "type": "string" } } }),
                "ref",
                Some("integer"),
                &[],
            ),
            (&json!({}), "ref", Some("string"), &["/ref", "/id", "/uuid", "/name", "/key", "/slug", "/code"]),
        ] {
            assert_eq!(ids_of(&api.bundle, item, name, wanted), expected, "{name}");
        }
    }
}
