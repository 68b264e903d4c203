//! Lists of the API that have values for members of bodies which no document can give: the names of kinds, the ids of roles.

use std::{collections::BTreeMap, sync::LazyLock};

use serde_json::{Value, json};

use failspec_pack::{
    openapi::{Api, Bundle, Operation, ResponseStatus},
    pack::{Pointer, writing::ListedValueSource},
};

use super::{
    body::Members,
    crud::{bare, fold, several},
    effects::{destroys, only_reads},
    error_envelope::json as json_content,
    generate::{Generator, is_never_sent},
    invalid_value::core,
    reach::Reach,
    request_spec::{Body, RequestSpec},
    sibling_references::is_number_or_uuid,
    unusual::snake,
    valid_request::{ValidRequest, json_body, list_of},
    value_generator::{UNIQUE, kind},
};

/// Names of lists in responses that say nothing of what is listed: it is what the path says.
const WRAPPERS: [&str; 8] = ["data", "items", "results", "content", "values", "records", "entries", "list"];

/// Names of members in which responses have everything.
const ENVELOPES: [&str; 5] = ["data", "result", "response", "payload", "body"];

/// Kinds of things that stand for people: nobody is made part of something, or gets a message, because of a test.
const PEOPLE: [&str; 16] = [
    "account",
    "assignee",
    "author",
    "contact",
    "customer",
    "device",
    "email",
    "employee",
    "member",
    "owner",
    "person",
    "phone",
    "recipient",
    "session",
    "subscriber",
    "user",
];

/// A list in the response to an operation that needs no value which only the target knows.
#[derive(Debug, Clone, Copy)]
pub(super) struct List<'a> {
    pub operation: &'a Operation,
    /// The name of the member that it is; `None` if the response is the list.
    member: Option<&'a str>,
    /// The name of the member in which that member is: `data` of `{"data": {"results": […]}}`.
    wrapper: Option<&'a str>,
    /// The schema of its items.
    pub items: &'a Value,
}

impl List<'_> {
    /// Returns the JSON Pointer to the list in the response, empty if the response is the list.
    pub fn pointer(&self) -> String {
        self.wrapper.iter().chain(&self.member).map(|name| format!("/{}", step(name))).collect()
    }
}

/// The lists of an API by what they list: `strategies` → `GET /strategies`.
#[derive(Debug, Default)]
pub(super) struct Lists<'a>(BTreeMap<String, List<'a>>);

impl<'a> Lists<'a> {
    /// Finds the lists of an API. Of two with the same name, the one with the shorter path is used.
    pub fn new(api: &'a Api) -> Self {
        let mut found: BTreeMap<String, List<'a>> = BTreeMap::new();
        let mut reading: Vec<&Operation> = api
            .operations
            .iter()
            .filter(|it| it.method == "GET" && it.elsewhere.is_none() && !is_never_sent(it) && !destroys(it))
            .collect();
        reading.sort_by_key(|it| it.path.len());
        for operation in reading {
            let last = operation.path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
            for (name, list) in lists_of(api, operation, last).into_iter().chain(maps_of(api, operation)) {
                found.entry(name).or_insert(list);
            }
        }
        found.retain(|name, _| !name.is_empty());
        Self(found)
    }

    /// Returns true if the API lists the things that a name is about.
    pub fn has(&self, name: &str) -> bool {
        self.of_member(name).is_some()
    }

    /// Returns the list of the things that a name is about: `strategy`, `strategyName`, `strategy_id`, `rootStrategy`.
    fn of_member(&self, name: &str) -> Option<List<'a>> {
        const ENDS: [&str; 6] = ["_id", "_uuid", "_name", "_key", "_slug", "_code"];
        let snake = snake(name);
        let stem = ENDS.iter().find_map(|end| snake.strip_suffix(end)).unwrap_or(&snake);
        let words: Vec<&str> = stem.split('_').filter(|word| !word.is_empty()).collect();
        let last = *words.last()?;
        let is_of_people = |word: &&str| PEOPLE.iter().any(|one| several(one).iter().any(|own| own == word));
        if words.iter().any(is_of_people) {
            return None;
        }
        // `id` and `name` are of whatever has them.
        let is_plain = ["id", "name", "key", "code", "value"].contains(&last) && words.len() == 1;
        let of = |stem: &str| several(&fold(stem)).iter().find_map(|name| self.0.get(name)).copied();
        if is_plain { None } else { of(stem).or_else(|| of(last)) }
    }
}

/// The schema of the name of an entry of a map.
static NAME_OF_ENTRY: LazyLock<Value> = LazyLock::new(|| json!({ "type": "string" }));

/// Returns the maps of things in the successful response to an operation by what they list: their keys are names.
fn maps_of<'a>(api: &'a Api, operation: &'a Operation) -> Vec<(String, List<'a>)> {
    let Some(schema) = success_of(api, operation) else { return Vec::new() };
    let members = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    let maps = members.filter(|(_, property)| {
        let map = core(&api.bundle, property);
        let values = map.get("additionalProperties").map(|values| core(&api.bundle, values));
        map.get("properties").is_none() && values.and_then(Value::as_object).and_then(kind) == Some("object")
    });
    let list = |name| List { operation, member: Some(name), wrapper: None, items: &NAME_OF_ENTRY };
    maps.map(|(name, _)| (fold(name), list(name))).collect()
}

/// Returns the schema of the successful response to an operation.
fn success_of<'a>(api: &'a Api, operation: &'a Operation) -> Option<&'a Value> {
    let success = operation
        .responses
        .iter()
        .find(|it| matches!(it.status, ResponseStatus::Exactly(200..300) | ResponseStatus::Class(2)));
    let schema = success.and_then(json_content).and_then(|content| content.schema.as_ref());
    schema.map(|schema| core(&api.bundle, schema))
}

/// Returns the lists in the successful response to an operation by what they list.
pub(super) fn lists_of<'a>(api: &'a Api, operation: &'a Operation, last: &str) -> Vec<(String, List<'a>)> {
    let Some(schema) = success_of(api, operation) else { return Vec::new() };
    let path_name = (!last.contains('{')).then(|| fold(last));
    if let Some(items) = list_of(schema) {
        let list = List { operation, member: None, wrapper: None, items: core(&api.bundle, items) };
        return path_name.map(|name| (name, list)).into_iter().collect();
    }
    let lists_in = |wrapper: Option<&'a str>, whole: &'a Value| -> Vec<(&'a String, List<'a>)> {
        let members = whole.get("properties").and_then(Value::as_object).into_iter().flatten();
        let found = members.filter_map(|(name, property)| {
            let items = core(&api.bundle, list_of(core(&api.bundle, property))?);
            Some((name, List { operation, member: Some(name), wrapper, items }))
        });
        found.collect()
    };
    let mut lists = lists_in(None, schema);
    if lists.is_empty() {
        // The list may be within an envelope, beside the number of pages.
        let envelopes = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
        let envelopes = envelopes.filter(|(name, _)| ENVELOPES.contains(&fold(name).as_str()));
        lists = envelopes.flat_map(|(name, inner)| lists_in(Some(name), core(&api.bundle, inner))).collect();
    }
    let mut found = Vec::new();
    if let ([(_, list)], Some(name)) = (lists.as_slice(), path_name) {
        found.push((name, *list));
    }
    let named = lists.into_iter().filter(|(name, _)| !WRAPPERS.contains(&fold(name).as_str()));
    found.extend(named.map(|(name, list)| (fold(name), list)));
    found
}

impl<'a> Generator<'a> {
    /// Records from which lists of the API the members of a valid body may get values, if it refuses the ones that were made up.
    pub(super) fn note_listed_values(&mut self, operation: &Operation, right: &ValidRequest) {
        let Some(body) = right.body.as_ref().filter(|_| right.reach != Reach::Foreign) else { return };
        if right.named.is_some() || !self.may_name_listed(operation, right) {
            return;
        }
        let Some(content) = json_body(operation) else { return };
        let Some(schema) = content.schema.as_ref().filter(|_| body.is_object()) else { return };
        let declared = self.declared;
        let mut found: Vec<(String, ListedValueSource)> = Vec::new();
        for (name, property) in Members::of(&declared.api.bundle, schema, 0).properties {
            let inner = core(&declared.api.bundle, &property);
            let is_linked =
                self.creators.named_by(&name).is_some_and(|item| right.around.made.contains_key(item));
            if is_linked
                || self.paths.given(&name).is_some()
                || self.identifies_new(operation, &right.ask, &name)
                || self.would_be_in_others(operation, &name, inner)
            {
                continue;
            }
            let one = list_of(inner).map_or(inner, |items| core(&declared.api.bundle, items));
            let list = self.lists.of_member(&name).or_else(|| self.list_of_kind(operation, &name));
            let Some(list) = list.filter(|_| takes_any_text_or_number(one)) else { continue };
            let values = values_of(&declared.api.bundle, list.items, &name, one);
            let request = self.plain(list.operation).filter(|_| !self.skips(list.operation));
            let Some(request) = request.filter(|it| right.ask.may_call(it)) else {
                continue;
            };
            if values.is_empty() || is_own_collection(list, operation) {
                continue;
            }
            let items = Some(list.pointer()).filter(|it| !it.is_empty()).and_then(|it| Pointer::parse(&it));
            let of_body = content.examples.iter().find_map(|example| example.get(&name));
            let prefer =
                of_body.or_else(|| inner.get("example")).filter(|it| it.is_string() || it.is_number());
            let source = ListedValueSource {
                request: request.source(),
                items,
                values,
                prefer: prefer.cloned(),
                origin: false,
            };
            found.push((name, source));
        }
        if let Some(origin) = self.origin_of_new(operation, right) {
            found.extend(origin);
        }
        if !found.is_empty() {
            self.listed_values.push((operation.name(), found));
        }
    }

    /// Returns true if a member of what an operation makes or changes names, by a number or a UUID, a thing of a kind that the run can
    /// make: in one of others, nothing is made.
    fn would_be_in_others(&self, operation: &Operation, name: &str, schema: &Value) -> bool {
        // Any number will do: the kind is told by the name.
        let named = self.creators.named_by_value(name, &json!(1));
        !only_reads(operation)
            && is_number_or_uuid(schema)
            && named.is_some_and(|item| self.creators.of_item(item).is_some())
    }

    /// Returns where the members of a body that says from what a new thing is made get their values: one of the things that are there, if
    /// the name of the new one is in the query, and what is listed has the members of the body.
    fn origin_of_new(
        &mut self,
        operation: &Operation,
        right: &ValidRequest,
    ) -> Option<Vec<(String, ListedValueSource)>> {
        let is_named_in_query = operation.method == "POST"
            && right.ask.query.iter().any(|(_, value)| value == UNIQUE)
            && self.creators.of_collection(operation).is_some();
        let list = self.creators.on("GET", &bare(&operation.path)).filter(|_| is_named_in_query)?;
        let body = right.body.as_ref()?.as_object()?;
        let bundle = &self.declared.api.bundle;
        let members = Members::of(bundle, json_body(operation)?.schema.as_ref()?, 0).properties;
        let last = operation.path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        let has_all = |list: &List<'_>| {
            let listed = Members::of(bundle, list.items, 0).properties;
            let texts = members.iter().filter(|(name, _)| body.get(name).is_some_and(Value::is_string));
            let mut same = texts.map(|(name, own)| {
                listed
                    .iter()
                    .any(|(other, schema)| other == name && core(bundle, schema) == core(bundle, own))
            });
            same.next() == Some(true) && same.all(|it| it)
        };
        let (_, list) =
            lists_of(&self.declared.api, list, last).into_iter().find(|(_, list)| has_all(list))?;
        let request = self.plain(list.operation).filter(|_| !self.skips(list.operation))?;
        let request = Some(request).filter(|it| right.ask.may_call(it))?.source();
        let items = Some(list.pointer()).filter(|it| !it.is_empty()).and_then(|it| Pointer::parse(&it));
        let texts = body.iter().filter(|(_, value)| value.is_string());
        let origin = texts.filter_map(|(name, _)| {
            let values = vec![Pointer::parse(&format!("/{}", step(name)))?];
            let (request, items) = (request.clone(), items.clone());
            Some((name.clone(), ListedValueSource { request, items, values, prefer: None, origin: true }))
        });
        Some(origin.collect())
    }

    /// Returns true if an operation changes nothing but what it creates or what the run created, so that what its body names stays as
    /// it is: `POST /archive {"features": […]}` does not.
    fn may_name_listed(&self, operation: &Operation, right: &ValidRequest) -> bool {
        let ends_with_id = operation.path.trim_end_matches('/').ends_with('}');
        match operation.method.as_str() {
            _ if only_reads(operation) => true,
            "POST" => self.creators.of_collection(operation).is_some(),
            "PUT" | "PATCH" => right.reach == Reach::Own && ends_with_id,
            _ => false,
        }
    }

    /// Returns the list of the things of the kind that an operation creates within another thing, for the member that names the
    /// kind: `name` of `POST /features/{id}/strategies` is one of `GET /strategies`.
    fn list_of_kind(&self, operation: &Operation, name: &str) -> Option<List<'a>> {
        const NAMES: [&str; 5] = ["name", "type", "key", "kind", "code"];
        /// Ends of the names of what kinds of things are listed under: `kernelspecs`, for `kernels`.
        const KINDS: [&str; 8] =
            ["specs", "types", "kinds", "templates", "classes", "drivers", "engines", "plugins"];
        let (folder, last) = operation.path.trim_end_matches('/').rsplit_once('/')?;
        let last = fold(last);
        let one = last.strip_suffix('s').unwrap_or(&last);
        let of_kinds = || KINDS.iter().find_map(|end| self.lists.0.get(&format!("{one}{end}")));
        if operation.method == "POST"
            && NAMES.contains(&name)
            && let Some(list) = of_kinds()
        {
            return Some(*list);
        }
        let is_within = operation.method == "POST" && folder.contains('{') && !operation.path.ends_with('}');
        let list = self.lists.0.get(&last).filter(|_| is_within && NAMES.contains(&name))?;
        (bare(&list.operation.path) != bare(&operation.path)).then_some(*list)
    }

    /// Returns true if the run knows the thing that a request creates or changes by this member: with the name of another, it would
    /// remove that one.
    pub(super) fn identifies_new(&self, operation: &Operation, ask: &RequestSpec, name: &str) -> bool {
        if self.removal_by_texts(operation).is_some_and(|removal| removal.has(name)) {
            return true;
        }
        let item = || self.creators.of_item(&bare(&operation.path));
        let Some(creator) = self.creators.of_collection(operation).or_else(item) else { return false };
        let is_same = |other: &str| fold(other) == fold(name);
        let place = creator.name_at(&self.declared.api);
        let own_text = || {
            let Some(Body::Json(Value::Object(members))) = &ask.body else { return false };
            let own = creator.own_name(ask);
            own.is_some() && members.get(name).and_then(Value::as_str).map(str::to_owned) == own
        };
        is_same(creator.parameter)
            || place.as_ref().and_then(|place| place.name()).is_some_and(is_same)
            || place.is_none() && own_text()
    }
}

/// Returns true if a list is of the things that an operation creates: a name of one of them is taken.
fn is_own_collection(list: List<'_>, operation: &Operation) -> bool {
    let last = operation.path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let is_of_path = list
        .member
        .is_none_or(|member| fold(member) == fold(last) || WRAPPERS.contains(&fold(member).as_str()));
    is_of_path && bare(&list.operation.path) == bare(&operation.path)
}

/// Returns true if the document says nothing about which texts or numbers a member takes.
fn takes_any_text_or_number(schema: &Value) -> bool {
    let Some(entries) = schema.as_object() else { return false };
    let is_listed = ["enum", "const", "format", "pattern"].iter().any(|key| entries.contains_key(*key));
    let is_one = entries.contains_key("oneOf") || entries.contains_key("anyOf");
    let kind = kind(entries);
    !is_listed && (matches!(kind, Some("string" | "integer" | "number")) || kind.is_none() && is_one)
        || entries
            .get("format")
            .and_then(Value::as_str)
            .is_some_and(|it| ["uuid", "int32", "int64"].contains(&it))
}

/// Returns where an item of a list has a value for a member, those that are most likely first.
fn values_of(bundle: &Bundle, item: &Value, name: &str, member: &Value) -> Vec<Pointer> {
    let kind_of = |schema: &Value| core(bundle, schema).as_object().and_then(kind).map(str::to_owned);
    let wanted = kind_of(member);
    let fits = |schema: &Value| match (wanted.as_deref(), kind_of(schema).as_deref()) {
        (None, Some("string" | "integer" | "number")) => true,
        (Some("integer" | "number"), Some("integer" | "number")) => true,
        (Some("string"), own) => own == Some("string"),
        _ => false,
    };
    let parse = |text: &str| Pointer::parse(text);
    if fits(item) {
        return parse("").into_iter().collect();
    }
    let by_id = ["id", "uuid"].iter().any(|end| snake(name).split('_').next_back() == Some(end));
    let names: &[&str] = match by_id || matches!(wanted.as_deref(), Some("integer" | "number")) {
        true => &["id", "uuid", "number"],
        false => &["name", "key", "slug", "id", "uuid"],
    };
    let properties = Members::of(bundle, item, 0).properties;
    // What only the server sets has no place in a body, and is in a list all the same.
    let all = item.get("properties").and_then(Value::as_object).into_iter().flatten();
    let known: Vec<(&String, &Value)> =
        properties.iter().map(|(name, schema)| (name, schema)).chain(all).collect();
    let wanted_names =
        std::iter::once(name).filter(|own| !["id", "type"].contains(own)).chain(names.iter().copied());
    let mut found: Vec<Pointer> = Vec::new();
    for name in wanted_names {
        let own = known.iter().find(|(known, schema)| *known == name && fits(schema));
        let place = own.and_then(|(name, _)| parse(&format!("/{}", step(name))));
        found.extend(place.filter(|place| !found.contains(place)));
    }
    found
}

/// Writes a name as a step of a JSON Pointer (RFC 6901, section 3).
pub(super) fn step(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn api() -> Api {
        let list = |schema: Value| json!({ "get": { "responses": { "200": { "description": "all", "content": { "application/json": { "schema": schema } } } } } });
        let things = json!({ "type": "array", "items": { "type": "object", "properties": { "id": { "type": "integer" }, "name": { "type": "string" } } } });
        let document = json!({
            "openapi": "3.1.0", "info": { "title": "Any", "version": "1" },
            "paths": {
                "/strategies": list(json!({ "type": "object", "properties": { "version": { "type": "integer" }, "strategies": things } })),
                "/addons": list(json!({ "type": "object", "properties": { "addons": things, "providers": things } })),
                "/roles": list(things.clone()),
                "/types": list(things.clone()),
                "/users": list(things.clone()),
                "/events": list(json!({ "type": "array", "items": { "type": "string" } })),
                "/projects": list(json!({ "type": "object", "properties": { "data": things } })),
                "/engines": list(json!({ "type": "object", "properties": {
                    "default": { "type": "string" },
                    "enginespecs": { "type": "object", "additionalProperties": { "type": "object" } },
                    "labels": { "type": "object", "additionalProperties": { "type": "string" } },
                } })),
            }
        });
        Api::parse("openapi.json", &document.to_string()).unwrap()
    }

    #[test]
    fn a_member_gets_the_list_of_what_its_name_says() {
        let api = api();
        let lists = Lists::new(&api);
        for (member, expected) in [
            ("strategy", Some("/strategies")),
            ("strategyName", Some("/strategies")),
            ("strategy_id", Some("/strategies")),
            ("provider", Some("/addons")),
            ("rootRole", Some("/roles")),
            ("roleId", Some("/roles")),
            ("events", Some("/events")),
            ("projectId", Some("/projects")),
            // A map of things by their names.
            ("enginespec", Some("/engines")),
            ("label", None),
            // They stand for people.
            ("user_id", None),
            ("userName", None),
            // They say nothing.
            ("name", None),
            ("type", Some("/types")),
            ("id", None),
            ("data", None),
            ("addonsProviderText", None),
        ] {
            let found = lists.of_member(member).map(|list| list.operation.path.as_str());
            assert_eq!(found, expected, "{member}");
        }
    }

    #[test]
    fn a_value_is_where_an_item_has_one_of_the_type_of_the_member() {
        let api = api();
        let lists = Lists::new(&api);
        let text = json!({ "type": "string" });
        let number = json!({ "type": "integer" });
        for (member, schema, expected) in [
            ("strategy", &text, &["/name"][..]),
            ("roleId", &number, &["/id"]),
            (
                "rootRole",
                &json!({ "oneOf": [{ "type": "integer" }, { "type": "string" }] }),
                &["/name", "/id"],
            ),
            // The ids are numbers.
            ("roleId", &text, &[]),
            ("event", &text, &[""]),
            ("event", &number, &[]),
            ("enginespec", &text, &[""]),
        ] {
            let list = lists.of_member(member).unwrap();
            let found = values_of(&api.bundle, list.items, member, schema);
            let found: Vec<&str> = found.iter().map(Pointer::as_str).collect();
            assert_eq!(found, expected, "{member}");
        }
    }
}
