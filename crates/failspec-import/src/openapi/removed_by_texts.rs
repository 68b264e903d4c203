//! Things that a creation names with several texts of its body, and that are removed by all of them: `POST /tags` with a type and a
//! value, `DELETE /tags/{type}/{value}`. The removal is built from what was sent. So is one by a body ([`super::removed_by_body`]).

use serde_json::{Map, Value};

use failspec_pack::{
    openapi::Operation,
    pack::{
        Part, PathTemplate,
        writing::{CaptureSource, StepSource},
    },
};

use crate::body_path::BodyPath;

use super::{
    body::Members,
    crud::{CreateOperations, bare, fold},
    effects::only_reads,
    faults::Fault,
    fixtures::{Fixtures, in_path},
    generate::Generator,
    invalid_value::core,
    path_values::{CreatedResources, SPARE, capture, names},
    reach::Reach,
    removed_by_body::{RemovalMember, has_member, removing_body},
    request_spec::{Body, RequestSpec},
    scenario::step,
    valid_request::{ValidRequest, json_body},
    value_generator::{UNIQUE, UNIQUE_WITHIN, kind},
};

/// Maximum number of parameters of a removal.
const MAX_PARAMETERS: usize = 3;

/// The operations of a thing that is removed by texts that its creation sent.
#[derive(Debug, Clone)]
pub(super) struct RemovalByTexts<'a> {
    /// `DELETE /tags/{type}/{value}`.
    pub remove: &'a Operation,
    /// `GET /tags/{type}/{value}`.
    pub read: Option<&'a Operation>,
    /// The members of the body that has the texts; `None` if the path of the removal has them.
    pub body: Option<Vec<RemovalMember>>,
}

impl<'a> CreateOperations<'a> {
    /// Returns the removal by several texts of what a POST to a collection creates. What is within another thing is removed with
    /// that one.
    pub fn removal_by_texts(&self, make: &Operation) -> Option<RemovalByTexts<'a>> {
        if make.method != "POST" || make.path.contains('{') || only_reads(make) {
            return None;
        }
        let collection = bare(&make.path);
        (2..=MAX_PARAMETERS).find_map(|count| {
            let item = collection.clone() + &"/{}".repeat(count);
            let remove = self.on("DELETE", &item)?;
            Some(RemovalByTexts { remove, read: self.on("GET", &item), body: None })
        })
    }
}

impl RemovalByTexts<'_> {
    /// Returns the names of the members whose values the path of the removal has, or the texts of its body.
    pub fn members(&self) -> Vec<&str> {
        match &self.body {
            Some(members) => {
                members.iter().filter(|it| it.own.is_some()).map(|member| member.name.as_str()).collect()
            }
            None => names(&self.remove.path),
        }
    }

    /// Returns true if a member of the creation is part of what names the thing.
    pub fn has(&self, member: &str) -> bool {
        match &self.body {
            Some(members) => has_member(members, member),
            None => self.members().iter().any(|name| fold(name) == fold(member)),
        }
    }

    /// Returns the values of a body that the path of the removal has, or the texts of its body.
    fn values(&self, body: &Map<String, Value>) -> Option<Vec<String>> {
        match &self.body {
            Some(members) => {
                let removing = removing_body(members, body)?;
                let own = self.members().into_iter();
                own.map(|name| removing.get(name)?.as_str().map(str::to_owned)).collect()
            }
            None => values(&self.members(), body),
        }
    }
}

/// Returns the members of the JSON object that a request sends, also without its media type.
fn object_of(make: &RequestSpec) -> Option<Map<String, Value>> {
    match &make.body {
        Some(Body::Json(Value::Object(body))) => Some(body.clone()),
        Some(Body::Text(text)) => serde_json::from_str(text).ok(),
        _ => None,
    }
}

/// Returns the values of a body that the parameters of these names have. `None` if one of them is missing, or none has a text of the
/// run: the thing might be somebody else's.
fn values(names: &[&str], body: &Map<String, Value>) -> Option<Vec<String>> {
    let value = |name: &&str| {
        let (_, value) = body.iter().find(|(member, _)| fold(member) == fold(name))?;
        match value {
            Value::String(text) if !text.is_empty() && !text.contains("$${") => Some(text.clone()),
            Value::Number(number) if number.is_u64() => Some(number.to_string()),
            _ => None,
        }
    };
    let values: Vec<String> = names.iter().map(value).collect::<Option<_>>()?;
    values.iter().any(|text| text.contains(UNIQUE)).then_some(values)
}

/// Returns the capture of the text of the run by which the thing is removed: as the response has it, else as it was sent.
fn own_text(removal: &RemovalByTexts<'_>, make: &RequestSpec) -> Option<CaptureSource> {
    let texts = removal.values(&object_of(make)?)?;
    let (name, text) = removal.members().into_iter().zip(texts).find(|(_, text)| text.contains(UNIQUE))?;
    let place = Part::Body(BodyPath::root().member(name).pointer());
    Some(CaptureSource { default: Some(text), ..place.into() })
}

impl<'a> Generator<'a> {
    /// Returns the removal by several texts of what an operation creates, if the import may write and nothing else removes it.
    pub(super) fn removal_by_texts(&self, operation: &Operation) -> Option<RemovalByTexts<'a>> {
        if !self.allow_writes || self.creators.of_collection(operation).is_some() {
            return None;
        }
        let in_body = || {
            let remove = self.creators.removal_beside(&self.declared.api, operation)?;
            let body = Some(self.members_of_removal(operation, remove)?);
            Some(RemovalByTexts { remove, read: None, body })
        };
        let removal = self.creators.removal_by_texts(operation).or_else(in_body);
        let removal = removal.filter(|it| !self.skips(it.remove))?;
        if removal.body.is_some() {
            return Some(removal);
        }
        let schema = json_body(operation)?.schema.as_ref()?;
        let members = Members::of(&self.declared.api.bundle, schema, 0).properties;
        let is_known = |name: &&str| members.iter().any(|(member, _)| fold(member) == fold(name));
        removal.members().iter().all(is_known).then_some(removal)
    }

    /// Lets a body have all members that its removal needs, and the last of them that may be any text be the run's own.
    pub(super) fn with_texts_of_removal(&self, operation: &Operation, schema: &Value, value: &mut Value) {
        let Some(removal) = self.removal_by_texts(operation) else { return };
        let bundle = &self.declared.api.bundle;
        let members = Members::of(bundle, schema, 0).properties;
        for (name, property) in members.iter().filter(|(name, _)| removal.has(name)) {
            let mut whole = value.clone();
            let Some(own) = whole.as_object_mut().filter(|own| !own.contains_key(name)) else { continue };
            let Some(made) = self.sampler.value(property, &format!("body.{name}")) else { continue };
            own.insert(name.clone(), made);
            if self.sampler.is_allowed(schema, &whole) {
                *value = whole;
            }
        }
        if let Some(texts) = &removal.body {
            return self.with_own_texts_in_body(texts, schema, value);
        }
        let is_text = |name: &&&str| {
            let property = members.iter().find(|(member, _)| fold(member) == fold(name));
            let property = property.and_then(|(_, property)| core(bundle, property).as_object());
            property.and_then(kind) == Some("string")
        };
        let all = removal.members();
        if let Some(last) = all.iter().rev().find(is_text) {
            self.sampler.with_own_id(schema, value, |name| fold(name) == fold(last));
        }
    }

    /// Lets each of the texts that a removal by a body takes be the run's own: by any of them alone, a server may know the thing.
    fn with_own_texts_in_body(&self, members: &[RemovalMember], schema: &Value, value: &mut Value) {
        for member in members {
            let Some(form) = member.own else { continue };
            let own = if form == UNIQUE {
                UNIQUE.to_owned()
            } else {
                form.replace(UNIQUE, &UNIQUE_WITHIN.to_string())
            };
            let mut whole = value.clone();
            let Some(body) = whole.as_object_mut() else { return };
            let is_there = |text: &str| text.contains(UNIQUE) || text.contains(UNIQUE_WITHIN);
            if body.get(&member.name).and_then(Value::as_str).is_some_and(is_there) {
                continue;
            }
            body.insert(member.name.clone(), own.into());
            if self.sampler.is_allowed(schema, &whole) {
                *value = whole;
            }
        }
    }

    /// Returns the step that removes what a request creates, built from the texts that it sends, and the capture of the one of them
    /// that is the run's own: nothing is removed if nothing was made.
    pub(super) fn removed_by_texts(
        &mut self,
        removal: &RemovalByTexts<'a>,
        make: &RequestSpec,
    ) -> Option<((String, CaptureSource), StepSource)> {
        let own = own_text(removal, make)?;
        let remove = self.by_texts(removal.remove, removal, make, SPARE)?;
        Some(((SPARE.to_owned(), own), step(&remove, None)))
    }

    /// Returns a request for a thing, whose own text has the name of a capture.
    fn by_texts(
        &mut self,
        operation: &Operation,
        removal: &RemovalByTexts<'a>,
        make: &RequestSpec,
        captured: &str,
    ) -> Option<RequestSpec> {
        let body = object_of(make)?;
        if let Some(members) = &removal.body {
            return self.by_body(operation, members, &body, captured);
        }
        let values = removal.values(&body)?;
        let own = values.iter().position(|text| text.contains(UNIQUE))?;
        // The parameters of another operation on the same path may have other names.
        let texts = names(&operation.path).into_iter().zip(values).enumerate();
        let instead = texts.map(|(number, (name, text))| match number == own {
            true => (name, format!("{{{captured}}}")),
            false => (name, in_path(&text)),
        });
        let instead: Vec<(&str, String)> = instead.collect();
        let filled = self.paths.fill(operation, &CreatedResources::new(), &instead);
        if filled.foreign || PathTemplate::parse(&filled.path).is_err() {
            return None;
        }
        self.asked(operation, filled.path).ok().map(|(ask, _)| ask)
    }

    /// Returns the request that removes a thing by its body, whose first text of the run has the name of a capture.
    fn by_body(
        &mut self,
        remove: &Operation,
        members: &[RemovalMember],
        sent: &Map<String, Value>,
        captured: &str,
    ) -> Option<RequestSpec> {
        let mut body = removing_body(members, sent)?;
        let own = members.iter().find(|member| member.own.is_some())?;
        body.insert(own.name.clone(), format!("${{{captured}}}").into());
        let filled = self.paths.fill(remove, &CreatedResources::new(), &[]);
        if filled.foreign || PathTemplate::parse(&filled.path).is_err() {
            return None;
        }
        let (ask, _) = self.asked(remove, filled.path).ok()?;
        Some(RequestSpec { body: Some(Body::Json(Value::Object(body))), ..ask })
    }

    /// Returns a request for a thing that the scenario creates as it should be, and the steps around it: the control of a creation.
    pub(super) fn control_by_texts(
        &mut self,
        operation: &Operation,
        removal: &RemovalByTexts<'a>,
        right: &ValidRequest,
    ) -> Option<(RequestSpec, Fixtures)> {
        let make = right.ask.clone().numbered(right.around.made.len() + 1);
        let name = capture(right.around.made.len());
        // Of what no path names, another request shows that the API is there, and the setup that it takes the body.
        let nearby = removal.body.as_ref().and_then(|_| self.neighbour(operation));
        let look = || self.by_texts(removal.read.unwrap_or(removal.remove), removal, &make, &name);
        let look = nearby.or_else(look)?;
        let remove = self.by_texts(removal.remove, removal, &make, &name)?;
        let mut around = right.around.clone();
        around.setup.push(step(&make, Some((&name, own_text(removal, &make)?))));
        around.teardown.push(step(&remove, None));
        Some((look, around))
    }

    /// Leaves out the requests that most servers accept and whose bodies do not have what the removal needs.
    pub(super) fn leave_out_unremovable(
        &mut self,
        operation: &'a Operation,
        right: &ValidRequest,
        faults: &mut Vec<Fault>,
    ) {
        if right.reach != Reach::Fresh || self.allow_leftovers {
            return;
        }
        let Some(removal) = self.removal_by_texts(operation) else { return };
        let why = "most servers accept it, and what it creates could not be deleted (--allow-leftovers)";
        for fault in std::mem::take(faults) {
            let is_accepted = fault.tolerated || fault.class.is_allowed();
            match is_accepted && self.removed_by_texts(&removal, &fault.faulty).is_none() {
                true => self.leave_out(why, operation, &fault.what.replace('_', " ")),
                false => faults.push(fault),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::values;

    #[test]
    fn a_removal_is_built_only_from_all_texts_and_one_of_the_run() {
        for (body, texts) in [
            (json!({ "type": "simple", "value": "${unique}" }), Some("simple ${unique}")),
            (json!({ "type": "${unique}", "value": 1 }), Some("${unique} 1")),
            (json!({ "Type": "a", "value": "${unique}/b", "more": 1 }), Some("a ${unique}/b")),
            // It might be somebody else's.
            (json!({ "type": "simple", "value": "x" }), None),
            (json!({ "type": "simple", "value": "$${unique}" }), None),
            (json!({ "value": "${unique}" }), None),
            (json!({ "type": null, "value": "${unique}" }), None),
            (json!({ "type": "", "value": "${unique}" }), None),
            (json!({ "type": 1.5, "value": "${unique}" }), None),
            (json!({ "type": ["a"], "value": "${unique}" }), None),
        ] {
            let found = values(&["type", "value"], body.as_object().expect("an object"));
            assert_eq!(found.map(|texts| texts.join(" ")).as_deref(), texts, "{body}");
        }
    }
}
