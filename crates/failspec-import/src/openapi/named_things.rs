//! Operations whose path has no id, and whose query or body names what they act on: `POST /keys/expire {"id": …}`,
//! `DELETE /keys?id=…`. They get the id of a thing of the run, or one that nothing has: any other value may be somebody else's.

use failspec_pack::openapi::{Operation, Parameter, ParameterLocation};
use serde_json::Value;

use super::{
    actions::{acts, answers_with_a_thing, is_several, says_several, selects_several, speaks_of_one},
    body::Members,
    changing_reads::changes_by_reading,
    crud::{CreateOperation, bare, fold},
    fixtures::{Fixtures, identifies},
    generate::{Generator, declares},
    invalid_value::core,
    nonexistent_id::{NO_SUCH_UUID, OTHER_NO_SUCH_UUID},
    path_values::text,
    request_spec::{Body, RequestSpec},
    unusual::snake,
    valid_request::{Reach, ValidRequest, escaped, json_body, list_of},
    value_generator::{UNIQUE, UNIQUE_WITHIN, kind},
};

/// Last words of the names of what holds an id, a number or a text.
const IDS: [&str; 7] = ["id", "ids", "uuid", "uuids", "guid", "guids", "pk"];

/// Last words of the names of texts by which an API knows a thing.
const NAMES: [&str; 22] = [
    "code",
    "codes",
    "email",
    "emails",
    "handle",
    "key",
    "keys",
    "login",
    "name",
    "names",
    "prefix",
    "prefixes",
    "ref",
    "reference",
    "serial",
    "slug",
    "slugs",
    "token",
    "tokens",
    "user",
    "username",
    "users",
];

/// The smallest number that is taken for the id of nothing: few systems have had so many things.
const MANY: f64 = 900_000_000.0;

/// The part of a request that names what it acts on.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Named {
    /// The name of the parameter of the query, or of the member of the body.
    pub part: String,
    /// A value that names nothing, as a body has it before it is written.
    nothing: Value,
    /// The capture with the id of a thing of the run, if it can make one.
    own: Option<String>,
}

impl<'a> Generator<'a> {
    /// Returns the request to an operation that names what it acts on in its query or body, with the id of a thing of the run, or of
    /// nothing. `None` if it is none of those, or no such value can be told.
    pub(super) fn by_name(
        &mut self,
        operation: &Operation,
        (ask, body): (&RequestSpec, Option<&Value>),
        around: &Fixtures,
        open: bool,
    ) -> Option<ValidRequest> {
        if !self.allow_writes || operation.path.contains('{') || !self.acts_by_name(operation) {
            return None;
        }
        let (mut ask, mut around) = (ask.clone(), around.clone());
        let mut named = self.named_in_query(operation, &mut ask)?;
        let schema = json_body(operation).and_then(|content| content.schema.as_ref());
        let body = match (body, schema) {
            (Some(body), Some(schema)) if body.is_object() => {
                let members = Members::of(&self.declared.api.bundle, schema, 0).properties;
                if members.iter().any(|(name, _)| selects_several(name)) {
                    return None;
                }
                let mut body = self.body_of_nothing(schema, body)?;
                if named.is_none() {
                    named = self.named_in_body(operation, schema, &mut body);
                }
                ask.body = Some(Body::Json(escaped(body.clone())));
                Some(body)
            }
            (None, None) if ask.body.is_none() => None,
            _ => return None,
        };
        let (part, nothing) = named?;
        // A server that does not take the id could do it to all.
        if !self.requires(operation, &part) && !speaks_of_one(operation) {
            return None;
        }
        let creator = self.own_thing(operation, &part);
        let own = creator.and_then(|creator| self.make(creator, &mut around, 0));
        // What an operation changes that replaces things may be made anew under an id that nothing has.
        if own.is_none() && matches!(operation.method.as_str(), "PUT" | "PATCH") {
            return None;
        }
        let reach = if own.is_some() { Reach::Own } else { Reach::OfNothing };
        let named = Named { part, nothing, own };
        let ask = named.with_own(ask);
        Some(ValidRequest { ask, body, around, open, reach, foreign_body: false, named: Some(named) })
    }

    /// Returns true if an operation acts on what its query or body names, and makes nothing.
    fn acts_by_name(&self, operation: &Operation) -> bool {
        let path = bare(&operation.path);
        let is_collection = || {
            let item = format!("{path}/{{}}");
            let is_below = |it: &Operation| bare(&it.path).starts_with(&item);
            let read = self.creators.on("GET", &path).filter(|read| !changes_by_reading(read));
            read.is_some() || self.declared.api.operations.iter().any(is_below)
        };
        match operation.method.as_str() {
            "POST" => {
                acts(operation)
                    && !declares(operation, 201)
                    && !answers_with_a_thing(operation, &self.declared.api)
                    && self.creators.of_collection(operation).is_none()
                    && self.removal_by_texts(operation).is_none()
                    && !is_collection()
            }
            "DELETE" => !says_several(operation),
            "PUT" | "PATCH" => !declares(operation, 201) && !says_several(operation),
            _ => false,
        }
    }

    /// Returns true if a request to an operation must have the part of its query or body that names a thing.
    fn requires(&self, operation: &Operation, part: &str) -> bool {
        if let Some(parameter) = self.naming_parameters(operation).iter().find(|it| it.name == part) {
            return parameter.required;
        }
        let schema = json_body(operation).and_then(|content| content.schema.as_ref());
        let members = schema.map(|schema| Members::of(&self.declared.api.bundle, schema, 0).required);
        operation.body_required && members.is_some_and(|members| members.iter().any(|name| name == part))
    }

    /// Returns true if a parameter or a member names a thing, or several in a list.
    pub(super) fn names_things(&self, name: &str, schema: &Value) -> bool {
        let bundle = &self.declared.api.bundle;
        let whole = core(bundle, schema);
        let one = list_of(whole).map_or(whole, |items| core(bundle, items));
        let Some(entries) = one.as_object() else { return false };
        let kind = kind(entries);
        if is_word(one) || !matches!(kind, Some("string" | "integer")) {
            return false;
        }
        let name_of_thing = snake(name);
        let last = name_of_thing.rsplit('_').next().unwrap_or_default();
        IDS.contains(&last)
            || kind == Some("string") && NAMES.contains(&last)
            || self.creators.refers(name, one)
            || self.creators.refers_to_several(name, one)
            || self.creators.is_collection(name)
    }

    /// Returns a value of this schema that names nothing. It is no value that a schema of a number bounds.
    fn nothing_of(&self, schema: &Value, name: &str) -> Option<Value> {
        let bundle = &self.declared.api.bundle;
        let whole = core(bundle, schema);
        let one = list_of(whole).map_or(whole, |items| core(bundle, items));
        let told = || Some(Value::from(identifies(one)?.replace(UNIQUE, &UNIQUE_WITHIN.to_string())));
        let value = self.no_such(one, name).or_else(told)?;
        let value = if list_of(whole).is_some() { Value::Array(vec![value]) } else { value };
        self.sampler.is_allowed(schema, &value).then_some(value)
    }

    /// Lets the parameters of a query name nothing, and adds the first that may. Returns it, if there is one; `None` if one that is
    /// required cannot name nothing.
    #[expect(clippy::option_option, reason = "that there is none is no reason to leave out the operation")]
    fn named_in_query(
        &self,
        operation: &Operation,
        ask: &mut RequestSpec,
    ) -> Option<Option<(String, Value)>> {
        let mut named = None;
        for parameter in self.naming_parameters(operation) {
            let Some(schema) = &parameter.schema else { continue };
            let nothing = self.nothing_of(schema, &parameter.name);
            let nothing = nothing.map(|value| value.get(0).cloned().unwrap_or(value));
            match nothing {
                Some(value) if parameter.required || named.is_none() => {
                    ask.query.retain(|(name, _)| *name != parameter.name);
                    ask.query.push((parameter.name.clone(), text(&escaped(value.clone()))));
                    named.get_or_insert((parameter.name.clone(), value));
                }
                None if parameter.required => return None,
                _ => {}
            }
        }
        Some(named)
    }

    pub(super) fn naming_parameters<'o>(&self, operation: &'o Operation) -> Vec<&'o Parameter> {
        let queries = operation.parameters.iter().filter(|it| it.place == ParameterLocation::Query);
        let naming = queries.filter(|it| {
            let schema = it.schema.as_ref().filter(|_| !it.json && !self.is_credential(operation, it));
            schema.is_some_and(|schema| self.names_things(&it.name, schema))
                && self.paths.given(&it.name).is_none()
        });
        naming.collect()
    }

    /// Returns a body whose texts and ids name nothing. `None` if one of them cannot, or a thing in it has parts of its own.
    fn body_of_nothing(&self, schema: &Value, body: &Value) -> Option<Value> {
        let bundle = &self.declared.api.bundle;
        let mut changed = body.clone();
        for (name, property) in Members::of(bundle, schema, 0).properties {
            let Some(value) = body.get(&name).filter(|_| self.paths.given(&name).is_none()) else { continue };
            let inner = core(bundle, &property);
            let is_text = inner.as_object().and_then(kind) == Some("string") && !is_word(inner);
            let nothing = match value {
                Value::Object(_) => self.body_of_nothing(&property, value)?,
                _ if is_text || self.names_things(&name, &property) => self.nothing_of(&property, &name)?,
                _ => continue,
            };
            changed.as_object_mut()?.insert(name, nothing);
        }
        (self.sampler.is_allowed(schema, &changed) && self.is_of_nothing(schema, "", &changed))
            .then_some(changed)
    }

    /// Returns the member of a body that names what the operation acts on, and the value of nothing that it has. If it has none, the
    /// first that may be there is added.
    fn named_in_body(
        &self,
        operation: &Operation,
        schema: &Value,
        body: &mut Value,
    ) -> Option<(String, Value)> {
        let members = Members::of(&self.declared.api.bundle, schema, 0).properties;
        let mut naming: Vec<&(String, Value)> =
            members.iter().filter(|(name, property)| self.names_things(name, property)).collect();
        // A change is of what has the id: a name in it may be a new one, or that of the whole system.
        let is_id = |name: &str| {
            let name = snake(name);
            name.rsplit('_').next().is_some_and(|last| IDS.contains(&last))
        };
        if operation.method != "POST" && operation.method != "DELETE" {
            naming.retain(|(name, _)| is_id(name));
        }
        naming.sort_by_key(|(name, _)| (body.get(name).is_none(), !is_id(name)));
        for (name, property) in naming {
            if let Some(known) = body.get(name) {
                return Some((name.clone(), known.clone()));
            }
            let Some(nothing) = self.nothing_of(property, name) else { continue };
            let mut whole = body.clone();
            whole.as_object_mut()?.insert(name.clone(), nothing.clone());
            if self.sampler.is_allowed(schema, &whole) {
                *body = whole;
                return Some((name.clone(), nothing));
            }
        }
        None
    }

    /// Returns the operations of the things of which a part of a request names one: by its own name, or those of the collection in
    /// whose path the operation is, if the response to a creation tells what it is called there.
    fn own_thing(&self, operation: &Operation, part: &str) -> Option<CreateOperation<'a>> {
        let by_name = self.creators.named_by(part).or_else(|| self.creators.several_named_by(part));
        if let Some(creator) = by_name.and_then(|item| self.creators.of_item(item)) {
            return Some(creator);
        }
        let one = fold(part);
        let one = if IDS.contains(&one.as_str()) { one.trim_end_matches('s') } else { &one };
        let mut folder = bare(&operation.path);
        loop {
            let make = self.creators.on("POST", &folder);
            let creator = make.and_then(|make| self.creators.of_collection(make));
            let is_told = |creator: &CreateOperation<'a>| {
                let place = creator.name_at(&self.declared.api);
                place.as_ref().and_then(|place| place.name()).is_some_and(|name| fold(name) == one)
            };
            if let Some(creator) = creator.filter(is_told) {
                return Some(creator);
            }
            folder.truncate(folder.rfind('/').filter(|end| *end > 0)?);
        }
    }

    /// Returns true if nothing in a body of this schema may name a thing of others.
    pub(super) fn is_of_nothing(&self, schema: &Value, name: &str, value: &Value) -> bool {
        let bundle = &self.declared.api.bundle;
        let inner = core(bundle, schema);
        match value {
            Value::Object(members) => {
                let known = Members::of(bundle, inner, 0).properties;
                members.iter().filter(|(name, _)| *name != "failspec").all(|(name, value)| {
                    let property = known.iter().find(|(known, _)| known == name);
                    let any = Value::Bool(true);
                    self.is_of_nothing(property.map_or(&any, |(_, property)| property), name, value)
                })
            }
            Value::Array(items) => {
                let any = Value::Bool(true);
                let of_items = list_of(inner).unwrap_or(&any);
                items.iter().all(|item| self.is_of_nothing(of_items, name, item))
            }
            Value::String(text) if is_word(inner) => !is_several(text),
            Value::String(text) => is_text_of_nothing(text),
            Value::Number(number) => {
                let is_far = number.as_f64().is_some_and(|number| number.abs() >= MANY);
                is_far || !self.names_things(name, schema) && !is_text_schema(inner)
            }
            Value::Bool(_) => !self.names_things(name, schema),
            Value::Null => true,
        }
    }
}

impl Named {
    /// Returns a request with the thing of the run in the place of nothing.
    pub(super) fn with_own(&self, mut ask: RequestSpec) -> RequestSpec {
        let Some(own) = self.own.as_ref().map(|own| format!("${{{own}}}")) else { return ask };
        let nothing = escaped(self.nothing.clone());
        for (name, value) in &mut ask.query {
            if *name == self.part && *value == text(&nothing) {
                value.clone_from(&own);
            }
        }
        if let Some(Body::Json(Value::Object(members))) = &mut ask.body
            && let Some(value) = members.get_mut(&self.part)
            && *value == nothing
        {
            *value = match value {
                Value::Array(_) => Value::Array(vec![own.into()]),
                _ => own.into(),
            };
        }
        ask
    }

    /// Returns true if a request names the thing of the run.
    pub(super) fn is_in(&self, ask: &RequestSpec) -> bool {
        let own = self.own.as_ref().map(|own| format!("${{{own}}}"));
        let Some(own) = own else { return false };
        let in_body = match &ask.body {
            Some(Body::Json(value)) => value.to_string().contains(&own),
            Some(Body::Text(text)) => text.contains(&own),
            _ => false,
        };
        in_body || ask.query.iter().any(|(_, value)| value.contains(&own))
    }

    /// Returns a request with nothing in the place of the thing of the run.
    pub(super) fn without_own(&self, mut ask: RequestSpec) -> RequestSpec {
        let nothing = escaped(self.nothing.clone());
        for (name, value) in &mut ask.query {
            if *name == self.part {
                *value = text(&nothing);
            }
        }
        if let Some(Body::Json(Value::Object(members))) = &mut ask.body
            && let Some(value) = members.get_mut(&self.part)
        {
            *value = nothing;
        }
        ask
    }

    pub(super) fn is_own(&self, text: &str) -> bool {
        self.own.as_ref().is_some_and(|own| text == format!("${{{own}}}"))
    }

    /// Returns true if the run makes what is named.
    pub(super) fn has_own(&self) -> bool {
        self.own.is_some()
    }

    /// Returns true if it is a number, in a text or as one, which a server may give to somebody else.
    pub(super) fn is_number(&self) -> bool {
        self.nothing.is_number() || self.nothing.as_str().is_some_and(|text| text.parse::<u64>().is_ok())
    }
}

/// Returns true for a schema of a text that is one of few, or a time: none of them names a thing.
fn is_word(schema: &Value) -> bool {
    const FORMATS: [&str; 6] = ["boolean", "date", "date-time", "duration", "float", "time"];
    let format = schema.get("format").and_then(Value::as_str);
    schema.get("enum").is_some()
        || schema.get("const").is_some()
        || format.is_some_and(|format| FORMATS.contains(&format))
}

fn is_text_schema(schema: &Value) -> bool {
    schema.as_object().and_then(kind) == Some("string")
}

/// Returns true if a text, as a scenario has it, is one of the run, or says itself that it is none, or is the number of nothing.
pub(super) fn is_text_of_nothing(text: &str) -> bool {
    text.contains("${") && !text.contains("$${")
        || text.contains(UNIQUE_WITHIN)
        || text.starts_with("failspec")
        || text.starts_with("no-such-")
        || [NO_SUCH_UUID, OTHER_NO_SUCH_UUID].contains(&text)
        || text.parse::<f64>().is_ok_and(|number| number.abs() >= MANY)
}

#[cfg(test)]
mod tests {
    use super::is_text_of_nothing;

    #[test]
    fn a_text_names_nothing_if_it_is_of_the_run_or_says_so_or_is_a_number_that_few_systems_reach() {
        for (text, expected) in [
            ("no-such-${unique}", true),
            ("${made}", true),
            ("failspec-is-no-value", true),
            ("987654321", true),
            ("9223372036854775808", true),
            ("-9223372036854775808", true),
            ("7", false),
            ("0", false),
            ("-1", false),
            ("2147", false),
            ("admin", false),
            ("default", false),
            ("", false),
            ("$${unique}", false),
        ] {
            assert_eq!(is_text_of_nothing(text), expected, "{text}");
        }
    }
}
