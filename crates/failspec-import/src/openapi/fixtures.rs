//! Fixtures: resources that a generated scenario creates, uses and deletes. Generated requests only write to such
//! resources.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use failspec_base::{encoding::percent_encode, template::Placeholder};
use failspec_pack::openapi::Operation;
use failspec_pack::pack::{
    PathTemplate, StatusPattern, fault_kind,
    writing::{CaptureSource, ExpectSource, StepSource},
};

use crate::names::slug;

use super::{
    body::{Members, with},
    crud::{CreateOperation, bare, creates_at_its_address},
    fault_kind::FaultKind,
    faults::Fault,
    generate::{Generator, declares},
    invalid_value::core,
    path_values::{CreatedResources, MAX_CREATED, SPARE, capture, names, parameter},
    request_spec::{Body, RequestSpec},
    scenario::step,
    valid_request::{Reach, ValidRequest, escaped, json_body, list_of},
    value_generator::{UNIQUE, UNIQUE_WITHIN, kind},
};

/// Maximum length of a chain of resources, each of which requires the next one.
const MAX_CHAIN_LEN: usize = 3;

/// Maximum depth in a body at which ids of resources are searched.
const MAX_DEPTH: usize = 3;

/// The setup and teardown steps of a scenario, and the resources that the setup creates.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Fixtures {
    pub made: CreatedResources,
    /// The setup steps in their order.
    pub setup: Vec<StepSource>,
    /// The teardown steps in the order in which the resources were created.
    pub teardown: Vec<StepSource>,
    /// The requests that create the resources, by the bare path of the resource.
    pub requests: BTreeMap<String, RequestSpec>,
}

impl Generator<'_> {
    /// Adds steps that create the resources that the parameters of a path name, if the document declares the
    /// operations.
    pub(super) fn make_all(&mut self, path: &str, around: &mut Fixtures, depth: usize) {
        let ends: Vec<usize> = path.match_indices('}').map(|(end, _)| end).collect();
        for (end, name) in ends.into_iter().zip(names(path)) {
            // What the user names is ready for use: what is under it may need more than the run knows.
            let is_parent = end + 1 < path.trim_end_matches('/').len();
            if is_parent && self.paths.given(name).is_some() {
                continue;
            }
            let item = bare(&path[..=end]);
            if let Some(creator) = self.creators.of_item(&item) {
                self.make(creator, around, depth);
            }
        }
    }

    /// Adds the steps that create a resource, with everything that it requires. Returns the capture of its id, or
    /// `None` if it cannot be created; nothing is added then.
    pub(super) fn make(
        &mut self,
        creator: CreateOperation<'_>,
        around: &mut Fixtures,
        depth: usize,
    ) -> Option<String> {
        let item = bare(&creator.remove.path);
        if let Some(known) = around.made.get(&item) {
            return Some(known.clone());
        }
        if depth > MAX_CHAIN_LEN || self.making.contains(&item) || self.skips(creator.make) {
            return None;
        }
        self.making.push(item);
        let made = self.make_new(creator, around, depth);
        self.making.pop();
        made
    }

    fn make_new(
        &mut self,
        creator: CreateOperation<'_>,
        around: &mut Fixtures,
        depth: usize,
    ) -> Option<String> {
        let mut whole = around.clone();
        // What names its own id needs only what it is in.
        let parent =
            creator.make.path.trim_end_matches('/').rsplit_once('/').map_or("", |(parent, _)| parent);
        let of = if creator.is_by_address() { parent } else { &creator.make.path };
        self.make_all(of, &mut whole, depth + 1);
        let own_id = match creator.is_by_address() {
            true => Some(self.own_id(creator.make, whole.made.len() + 1)?),
            false => None,
        };
        let names = names(&creator.make.path);
        let instead: Vec<(&str, String)> =
            own_id.iter().filter_map(|id| Some((*names.last()?, id.clone()))).collect();
        let filled = self.paths.fill(creator.make, &whole.made, &instead);
        if filled.foreign || PathTemplate::parse(&filled.path).is_err() {
            return None;
        }
        let (mut make, mut body) = self.asked(creator.make, filled.path).ok()?;
        self.with_siblings(creator.make, &mut make, &mut body, &mut whole, depth);
        self.link(&mut make, body.as_ref(), &mut whole, depth + 1);
        if whole.made.len() == MAX_CREATED {
            return None;
        }
        let name = capture(whole.made.len());
        let make = make.numbered(whole.made.len() + 1);
        let says_created = declares(creator.make, 201);
        let is_new = creator.makes_anew(&self.declared.api);
        // The path or the body contains a unique name, or the id of a resource that the scenario created.
        let is_own = says_created
            || make.placeholders().iter().any(|placeholder| match placeholder {
                Placeholder::Unique => true,
                Placeholder::Name(name) => whole.made.values().any(|made| made == name),
                _ => false,
            });
        // Otherwise, the API might respond with an existing resource, and the teardown would delete that one.
        let make = match is_own {
            true if self.is_known_by_text(creator, &make) => {
                self.with_own_texts(creator.make, &make).unwrap_or(make)
            }
            true => make,
            // The server chooses the id of what nothing in the request could identify.
            false if is_new && !self.identifies_itself(creator.make, &make) => make,
            false => self.with_own_texts(creator.make, &make)?,
        };
        let id = creator.id_of_new(&self.declared.api, &make, own_id.as_deref());
        whole.made.insert(bare(&creator.remove.path), name.clone());
        let remove = self.removal(creator, &whole.made, &[])?;
        let created =
            ExpectSource { status: vec![StatusPattern::Exactly(201)].into(), ..ExpectSource::default() };
        let expect = says_created.then_some(created);
        whole.setup.push(StepSource { expect, ..step(&make, Some((&name, id))) });
        whole.teardown.push(step(&remove, None));
        whole.requests.insert(bare(&creator.remove.path), make);
        *around = whole;
        Some(name)
    }

    /// Returns true if the response to a creation does not tell the id of what it made, and the body of the request names it with no
    /// text of the run: it must, so that the thing is known at all.
    pub(super) fn is_known_by_text(&self, creator: CreateOperation<'_>, make: &RequestSpec) -> bool {
        !creator.is_by_address()
            && creator.name_at(&self.declared.api).is_none()
            && creator.own_name(make).is_none()
    }

    /// Returns an id for what a request creates at its address: a name that is unique to the run, or a UUID. `None` if the document
    /// allows neither.
    pub(super) fn own_id(&self, operation: &Operation, number: usize) -> Option<String> {
        let own = parameter(operation, names(&operation.path).last()?)?;
        let any = Value::Bool(true);
        let schema = own.schema.as_ref().unwrap_or(&any);
        let format = core(&self.declared.api.bundle, schema).get("format").and_then(Value::as_str);
        match format {
            // One flow has one of them.
            Some("uuid") => (number == 1).then(|| "${uuid}".to_owned()),
            _ => self.sampler.is_allowed(schema, &UNIQUE.into()).then(|| format!("{UNIQUE}-{number}")),
        }
    }

    /// Returns a request to create something, and its body before it was linked, with a unique name of the run in each text by
    /// which an API could know a thing, so that it is like nothing that was there before; `None` if the body has no such text,
    /// or one that cannot be unique.
    pub(super) fn with_own_texts(&self, operation: &Operation, make: &RequestSpec) -> Option<RequestSpec> {
        let schema = json_body(operation)?.schema.as_ref()?;
        let Some(Body::Json(body)) = &make.body else { return None };
        let mut own = body.clone();
        let mut is_own = false;
        for (name, property) in Members::of(&self.declared.api.bundle, schema, 0).properties {
            let is_text = body.get(&name).is_some_and(Value::is_string);
            let identifies = identifies(core(&self.declared.api.bundle, &property));
            let Some(form) = identifies.filter(|_| is_text && self.paths.given(&name).is_none()) else {
                continue;
            };
            let text = Value::from(form.replace(UNIQUE, &UNIQUE_WITHIN.to_string()));
            if !self.sampler.is_allowed(&property, &text) {
                return None;
            }
            own = with(&own, &[name], Some(&form.into()))?;
            is_own = true;
        }
        is_own.then(|| RequestSpec { body: Some(Body::Json(own)), ..make.clone() })
    }

    /// Returns true if the body of a request has a text by which an API could know a thing.
    fn identifies_itself(&self, operation: &Operation, make: &RequestSpec) -> bool {
        let schema = json_body(operation).and_then(|content| content.schema.as_ref());
        let (Some(schema), Some(Body::Json(body))) = (schema, &make.body) else { return false };
        let bundle = &self.declared.api.bundle;
        Members::of(bundle, schema, 0).properties.iter().any(|(name, property)| {
            body.get(name).is_some_and(Value::is_string) && identifies(core(bundle, property)).is_some()
        })
    }

    /// Returns true if the path by which a thing is removed may hold a text.
    fn removal_takes_text(&self, creator: CreateOperation<'_>) -> bool {
        let own = parameter(creator.remove, creator.parameter).and_then(|own| own.schema.as_ref());
        own.is_none_or(|schema| self.sampler.is_allowed(schema, &UNIQUE.into()))
    }

    /// Returns the capture of what a request creates if it is not rejected, and the step that removes it. No capture is
    /// needed where the request gives the resource its name.
    pub(super) fn spare(
        &mut self,
        creator: CreateOperation<'_>,
        around: &Fixtures,
        faulty: &RequestSpec,
    ) -> Option<(Option<(String, CaptureSource)>, StepSource)> {
        let mut made = around.made.clone();
        made.remove(&bare(&creator.remove.path));
        let names_itself = creator.own_name(faulty).is_some() || faulty.has_unique();
        let is_told = creator.name_at(&self.declared.api).is_some();
        if creator.is_by_address() {
            let own =
                faulty.path.trim_end_matches('/').rsplit('/').next().filter(|own| own.contains("${"))?;
            let remove = self.removal(creator, &made, &[(creator.parameter, own.to_owned())])?;
            return Some((None, step(&remove, None)));
        }
        // A path that takes numbers does not take the name that was sent.
        let takes_name = self.removal_takes_text(creator);
        let is_new = creator.makes_anew(&self.declared.api);
        let (capture, own) = match is_new || names_itself && (is_told || !takes_name) {
            true => (Some((SPARE.to_owned(), creator.id_of_new(&self.declared.api, faulty, None))), None),
            // The response to a creation that says 200 may name a resource that was there before.
            false => (
                None,
                Some(creator.own_name(faulty).filter(|_| creator.name_at(&self.declared.api).is_none())?),
            ),
        };
        if capture.is_some() {
            made.insert(bare(&creator.remove.path), SPARE.to_owned());
        }
        let instead: Vec<(&str, String)> =
            own.iter().map(|name| (creator.parameter, in_path(name))).collect();
        let remove = self.removal(creator, &made, &instead)?;
        Some((capture, step(&remove, None)))
    }

    /// Returns the request that removes what was created. `None` if it could remove what the run did not create.
    pub(super) fn removal(
        &mut self,
        creator: CreateOperation<'_>,
        made: &CreatedResources,
        instead: &[(&str, String)],
    ) -> Option<RequestSpec> {
        let filled = self.paths.fill(creator.remove, made, instead);
        let (mut remove, _) = self.asked(creator.remove, filled.path).ok().filter(|_| !filled.foreign)?;
        if creator.by_query {
            let own = made.get(&bare(&creator.remove.path))?;
            remove.query.retain(|(name, _)| name != creator.parameter);
            // As a part of the line it is never left out: without it, a server might remove everything.
            remove.path.push_str(&format!("?{}={{{own}}}", percent_encode(creator.parameter)));
        }
        Some(remove)
    }

    /// Returns the step that removes what a change under an id that does not exist creates if it is not rejected. Mostly there is
    /// nothing to remove, so any answer will do. `None` if the id is not one of the run alone.
    pub(super) fn removal_of_unknown(
        &mut self,
        operation: &Operation,
        fault: &Fault,
        around: &Fixtures,
    ) -> Option<StepSource> {
        let is_item = operation.path.trim_end_matches('/').ends_with('}');
        // A server that checks neither the id, nor its form, nor who asks creates it all the same.
        let names_nothing = matches!(
            fault.class,
            FaultKind::Unknown
                | FaultKind::InvalidPath
                | FaultKind::CredentialsForUnknown
                | FaultKind::DeniedForUnknown
        );
        let may_create = matches!(operation.method.as_str(), "PUT" | "PATCH" | "POST");
        if !names_nothing || !fault.names_own || !may_create || !is_item {
            return None;
        }
        let declared = self.declared;
        let remove = declared.operation_of_resource("DELETE", &operation.path)?;
        let path = fault.faulty.path.clone();
        let is_own = |name: &str| around.made.values().any(|capture| capture == name);
        if !PathTemplate::parse(&path).ok()?.parameters().all(is_own) {
            return None;
        }
        let (remove, _) = self.asked(remove, path).ok()?;
        let any = [2, 3, 4].map(StatusPattern::Class).to_vec();
        let expect = ExpectSource { status: any.into(), ..ExpectSource::default() };
        Some(StepSource { expect: Some(expect), ..step(&remove, None) })
    }

    /// Returns the request for a thing of the run under another parent of the run, to which it does not belong.
    pub(super) fn under_another_parent(
        &mut self,
        operation: &Operation,
        right: &ValidRequest,
    ) -> Option<Fault> {
        let ends: Vec<usize> = operation.path.match_indices('}').map(|(end, _)| end).collect();
        let [.., parent_end, end] = ends.as_slice() else { return None };
        let (parent, item) = (bare(&operation.path[..=*parent_end]), bare(&operation.path[..=*end]));
        let made = &right.around.made;
        // A PUT that may create makes another thing there.
        if creates_at_its_address(operation) {
            return None;
        }
        if !made.contains_key(&parent) || !made.contains_key(&item) || right.reach == Reach::Foreign {
            return None;
        }
        let creator = self.creators.of_item(&parent)?;
        let own = right.around.requests.get(&parent)?;
        let other = match creator.is_by_address() {
            true => {
                let (folder, id) = own.path.rsplit_once('/').filter(|(_, id)| id.contains(UNIQUE))?;
                RequestSpec { path: format!("{folder}/{id}-other"), ..own.clone() }
            }
            false => {
                let name = own.unique_names().into_iter().next()?;
                own.clone().renamed(&name, &format!("{name}-other"))
            }
        };
        let (spare, remove) = self.spare(creator, &right.around, &other)?;
        let id = match &spare {
            Some((capture, _)) => format!("{{{capture}}}"),
            None => other.path.rsplit('/').next().filter(|_| creator.is_by_address())?.to_owned(),
        };
        let all = names(&operation.path);
        let parameter = parameter(operation, all.get(ends.len() - 2)?)?;
        let path = self.paths.fill(operation, made, &[(&parameter.name, id)]).path;
        let faulty = RequestSpec { path, ..right.ask.clone() };
        let what = format!("{}_of_another", slug(&parameter.name));
        let mut fault = Fault::new(FaultKind::Unknown, what, parameter.pointer.clone(), faulty);
        fault.setup.push(step(&other, spare.map(|(_, id)| (SPARE, id))));
        fault.teardown.push(remove);
        Some(fault.of_kind(fault_kind::ANOTHER_PARENT, &parameter.name))
    }

    /// Inserts the ids of resources that the scenario creates into a body, for properties such as `flow_id`.
    pub(super) fn link(
        &mut self,
        ask: &mut RequestSpec,
        body: Option<&Value>,
        around: &mut Fixtures,
        depth: usize,
    ) {
        if let (Some(Body::Json(_)), Some(body)) = (&ask.body, body) {
            self.make_named(&ask.path, body, around, depth, 0);
            ask.body = Some(Body::Json(self.linked(body, body, &around.made)));
        }
    }

    fn make_named(&mut self, path: &str, value: &Value, around: &mut Fixtures, depth: usize, level: usize) {
        for (key, value) in value.as_object().into_iter().flatten() {
            if value.is_object() && level < MAX_DEPTH {
                self.make_named(path, value, around, depth, level + 1);
            } else if self.is_given_in(path, key, value) {
                // What is in the thing that the path names is in no other one.
            } else if value.is_string() && !is_own_id(value) || value.is_i64() || value.is_u64() {
                let item = self.creators.named_by_value(key, value);
                let creator = item.and_then(|item| self.creators.of_item(item));
                creator.and_then(|creator| self.make(creator, around, depth));
            } else if let Some([_]) = value.as_array().map(Vec::as_slice).filter(|_| level == 0) {
                let creator =
                    self.creators.several_named_by(key).and_then(|item| self.creators.of_item(item));
                creator.and_then(|creator| self.make(creator, around, depth));
            }
        }
    }

    /// Returns true if a member of a body has the value that the user of the import gave for its name, and the path has it, too.
    fn is_given_in(&self, path: &str, name: &str, value: &Value) -> bool {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let is_given = self.paths.given(name).is_some_and(|given| given == text);
        is_given && path.split('/').any(|segment| segment == in_path(&text))
    }

    /// Puts one id into each list of ids that a body requires and that is empty: an API wants one that exists, and the scenario
    /// creates it.
    pub(super) fn fill_lists_of_ids(&self, schema: &Value, body: &mut Value) {
        let bundle = &self.declared.api.bundle;
        for (name, property) in Members::of(bundle, schema, 0).properties {
            let is_empty = body.get(&name).and_then(Value::as_array).is_some_and(Vec::is_empty);
            let Some(items) = list_of(core(bundle, &property)).filter(|_| is_empty) else { continue };
            let items = core(bundle, items);
            let creator = self.creators.several_named_by(&name);
            let creator = creator.and_then(|item| self.creators.of_item(item));
            if creator.is_none() || !self.creators.refers_to_several(&name, items) {
                continue;
            }
            // Until the id of what is created takes its place, it names nothing.
            let Some(item) = self.no_such(items, &name) else { continue };
            let filled = with(body, std::slice::from_ref(&name), Some(&json!([item])));
            *body = filled.filter(|filled| self.sampler.is_allowed(schema, filled)).unwrap_or(body.clone());
        }
    }

    /// Inserts the ids of resources that the scenario created into a body, for all values that are the same as in
    /// `right`. A different value is the fault and is kept.
    pub(super) fn linked(&self, body: &Value, right: &Value, made: &CreatedResources) -> Value {
        let mut linked = escaped(body.clone());
        self.put_names(&mut linked, body, right, made, 0);
        linked
    }

    fn put_names(
        &self,
        linked: &mut Value,
        body: &Value,
        right: &Value,
        made: &CreatedResources,
        level: usize,
    ) {
        for (key, place) in linked.as_object_mut().into_iter().flatten() {
            let (Some(body), Some(right)) = (body.get(key), right.get(key)) else { continue };
            let name = self.creators.named_by_value(key, body).and_then(|item| made.get(item));
            let of_list = || self.creators.several_named_by(key).and_then(|item| made.get(item));
            match name {
                None if level == 0
                    && body == right
                    && body.as_array().is_some_and(|items| {
                        matches!(items.as_slice(), [Value::Number(_) | Value::String(_)])
                    })
                    && let Some(name) = of_list() =>
                {
                    *place = json!([format!("${{{name}}}")]);
                }
                Some(name) if body == right && !body.is_object() && !is_own_id(body) => {
                    *place = format!("${{{name}}}").into()
                }
                _ if level < MAX_DEPTH => self.put_names(place, body, right, made, level + 1),
                _ => {}
            }
        }
    }

    /// Builds a request that needs no values that only the target knows. Returns `None` if the operation needs one.
    pub(super) fn plain(&mut self, operation: &Operation) -> Option<RequestSpec> {
        let filled = self.paths.fill(operation, &CreatedResources::new(), &[]);
        if filled.foreign || PathTemplate::parse(&filled.path).is_err() {
            return None;
        }
        self.asked(operation, filled.path).ok().map(|(ask, _)| ask)
    }
}

/// Returns true for the name of the run itself: the id of what a request creates, such as `artifactId` of `/artifacts`, and no
/// reference to another thing of that kind.
pub(super) fn is_own_id(value: &Value) -> bool {
    value == UNIQUE
}

/// Encodes a text with placeholders for a path.
pub(super) fn in_path(text: &str) -> String {
    let mut path = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let (placeholder, after) = after.split_once('}').unwrap_or((after, ""));
        path.push_str(&format!("{}${{{placeholder}}}", percent_encode(before)));
        rest = after;
    }
    path.push_str(&percent_encode(rest));
    path
}

/// Returns the form of a text by which an API could know a thing, with a unique name of the run in it; `None` if a schema
/// describes no such text.
pub(super) fn identifies(schema: &Value) -> Option<&'static str> {
    let entries = schema.as_object().filter(|entries| kind(entries) == Some("string"))?;
    if entries.contains_key("enum") || entries.contains_key("const") {
        return None;
    }
    match entries.get("format").and_then(Value::as_str) {
        None | Some("password") => Some(UNIQUE),
        Some("email" | "idn-email") => Some("${unique}@example.com"),
        Some("uri" | "url" | "iri" | "uri-reference") => Some("https://example.com/${unique}"),
        Some("hostname" | "idn-hostname") => Some("${unique}.example.com"),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::in_path;

    #[test]
    fn a_name_in_a_path_is_encoded_and_its_placeholders_are_not() {
        for (name, path) in [
            ("${unique}", "${unique}"),
            ("${unique}-1", "${unique}-1"),
            ("${unique} \u{e9}", "${unique}%20%C3%A9"),
            ("a/b${unique}\0${fill(10000)}", "a%2Fb${unique}%00${fill(10000)}"),
        ] {
            assert_eq!(in_path(name), path);
        }
    }
}
