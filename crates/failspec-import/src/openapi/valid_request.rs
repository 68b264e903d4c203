//! Requests without a fault.

use serde_json::{Value, json};

use failspec_base::template::Template;
use failspec_pack::{
    openapi::{Content, Operation, Parameter, ParameterLocation},
    pack::PathTemplate,
};

pub(super) use super::reach::Reach;

use super::{
    body::Members,
    crud::{CreateOperation, bare, fold, several},
    effects::only_reads,
    fixtures::{Fixtures, is_own_id},
    generate::{Generator, declares},
    invalid_value::core,
    multipart::{BOUNDARY, fields},
    named_things::Named,
    path_values::{MAX_CREATED, names, text},
    request_spec::{Body, RequestSpec, put, texts},
    unusual::snake,
    value_generator::{LONG, LONG_WITHIN, UNIQUE, UNIQUE_WITHIN, fill_unique, kind, mapped_name},
};

/// A request without a fault.
#[derive(Debug, Clone)]
pub(super) struct ValidRequest {
    pub ask: RequestSpec,
    /// Its JSON body, before the ids of created resources are inserted.
    pub body: Option<Value>,
    pub around: Fixtures,
    /// True if it needs a value that only the target knows and for which the document has no example.
    pub open: bool,
    pub reach: Reach,
    /// True if only its body refers to what the run did not create.
    pub foreign_body: bool,
    /// The part of its query or body that names what it acts on, if its path does not.
    pub named: Option<Named>,
}

/// Returns the name of an item of a list: the names of things that are created are unique to the run.
fn one_of(name: &str) -> &str {
    name.strip_suffix('s').unwrap_or(name)
}

fn is_empty_list(value: &Value) -> bool {
    value.as_array().is_some_and(|items| items.iter().all(is_empty_list))
}

/// Maximum number of optional members of a body that are kept.
const MAX_OPTIONAL: usize = 30;

impl Generator<'_> {
    /// Builds a request that the document allows.
    ///
    /// # Errors
    /// Returns the reason if no valid request can be generated.
    pub(super) fn right(&mut self, operation: &Operation) -> Result<ValidRequest, String> {
        let mut around = Fixtures::default();
        // It creates what its path names: that is a thing of the run, and new.
        let own = self.creators.of_address(operation).filter(|_| self.allow_writes);
        let own_id = own.and_then(|_| self.own_id(operation, MAX_CREATED + 1));
        let parent = operation.path.trim_end_matches('/').rsplit_once('/').map_or("", |(parent, _)| parent);
        if self.allow_writes {
            let path = if own_id.is_some() { parent } else { &operation.path };
            self.make_all(path, &mut around, 0);
        }
        let own_name = names(&operation.path).last().copied().unwrap_or_default();
        let instead: Vec<(&str, String)> = own_id.iter().map(|id| (own_name, id.clone())).collect();
        let filled = self.paths.fill(operation, &around.made, &instead);
        if PathTemplate::parse(&filled.path).is_err() {
            return Err("its path cannot be sent as written: URL parsing changes it".to_owned());
        }
        let reach = match own_id.is_some() && !filled.foreign {
            true => Reach::Fresh,
            false => self.reach(operation, &around, filled.foreign),
        };
        let (mut ask, mut body) = self.asked(operation, filled.path)?;
        if matches!(reach, Reach::Fresh | Reach::Foreign)
            && let Some(by_name) = self.by_name(operation, (&ask, body.as_ref()), &around, filled.open)
        {
            return Ok(by_name);
        }
        // What a creation that says 200 makes is known to be new, and removed, only by texts of its own.
        let creates = operation.method == "POST" && !only_reads(operation);
        if let Some(creator) = self.creators.of_collection(operation).filter(|_| creates)
            && (!declares(operation, 201) || self.is_known_by_text(creator, &ask))
            && let Some(own) = self.with_own_texts(operation, &ask)
        {
            body = unescaped(&own);
            ask = own;
        }
        if reach == Reach::Own {
            keep_name(operation, &around, &mut ask, body.as_mut());
        }
        if reach != Reach::Foreign && self.allow_writes {
            self.with_siblings(operation, &mut ask, &mut body, &mut around, 0);
            self.link(&mut ask, body.as_ref(), &mut around, 0);
        }
        let is_unlinked = !only_reads(operation) && self.refers_to_others(operation, body.as_ref(), &around);
        let foreign_body = is_unlinked && reach != Reach::Foreign;
        let reach = if is_unlinked { Reach::Foreign } else { reach };
        Ok(ValidRequest { ask, body, around, open: filled.open, reach, foreign_body, named: None })
    }

    /// Returns true if a member of a body refers to a resource that the run did not create, and its user did not name.
    pub(super) fn refers_to_others(
        &self,
        operation: &Operation,
        body: Option<&Value>,
        around: &Fixtures,
    ) -> bool {
        let schema = json_body(operation).and_then(|content| content.schema.as_ref());
        let Some((schema, body)) = schema.zip(body) else { return false };
        let members = Members::of(&self.declared.api.bundle, schema, 0).properties;
        members.iter().any(|(name, property)| {
            let item = body.get(name).and_then(|value| self.creators.named_by_value(name, value));
            let is_made = item.is_some_and(|item| around.made.contains_key(item));
            body.get(name).is_some_and(|it| it.is_number() || it.is_string() && !is_own_id(it))
                && !is_made
                && self.paths.given(name).is_none()
                && self.creators.refers(name, core(&self.declared.api.bundle, property))
        })
    }

    /// Builds a request with the required parameters and, if the operation accepts one, with a body. Also returns the
    /// body if it is JSON.
    pub(super) fn asked(
        &self,
        operation: &Operation,
        path: String,
    ) -> Result<(RequestSpec, Option<Value>), String> {
        let mut ask = self.addressed(operation, path);
        // What the user gives is sent where it is optional, too: the document need not say that the API wants it.
        let is_sent = |it: &&Parameter| it.required || self.is_given(it);
        let parameters = operation.parameters.iter().filter(|it| it.place != ParameterLocation::Path);
        for parameter in parameters.filter(is_sent) {
            // The role carries it: a made-up value would take its place.
            if self.is_credential(operation, parameter) {
                continue;
            }
            let value = self.valid(parameter)?;
            if !holds(parameter, &value) {
                return Err(format!("the generated value of {} is not valid in a header", parameter.name));
            }
            put(&mut ask, parameter, Some(&value));
        }
        self.with_token_of_thing(operation, &mut ask);
        let body = self.body(operation, &mut ask)?;
        Ok((ask, body))
    }

    pub(super) fn valid(&self, parameter: &Parameter) -> Result<String, String> {
        let name = &parameter.name;
        if let Some(given) = self.paths.given(name) {
            return Ok(given.to_owned());
        }
        let any = Value::Bool(true);
        let schema = parameter.schema.as_ref().unwrap_or(&any);
        let fits = |value: &Value| self.sampler.is_allowed(schema, value);
        let made = || {
            let items = list_of(self.sampler.declared.api.bundle.resolve(schema));
            let one = items.and_then(|items| self.sampler.value(items, name)).map(|item| json!([item]));
            one.filter(fits).or_else(|| self.sampler.value(schema, name))
        };
        let value = parameter.examples.iter().find(|value| fits(value)).cloned().or_else(made);
        let value = value.ok_or_else(|| format!("no valid value could be generated for {name}"))?;
        match &value {
            value if parameter.json => Ok(as_json_text(value)),
            // A list with one item is written like that item.
            Value::Array(items) => match (items.as_slice(), parameter.separator) {
                ([item], _) => Ok(text(item)),
                ([first, ..], None) if fits(&json!([first])) => Ok(text(first)),
                (items, Some(separator)) if !items.is_empty() => {
                    let items: Vec<String> = items.iter().map(text).collect();
                    Ok(items.join(&separator.to_string()))
                }
                _ => Err(format!(
                    "{name} must be an empty list or repeated parameters, which is not supported"
                )),
            },
            Value::Object(_) => Err(format!("{name} must be an object, which is not supported")),
            value => Ok(text(value)),
        }
    }

    /// Records the members that a valid body may have and does not. An API may require them although the document does not.
    pub(super) fn note_optional_members(&mut self, operation: &Operation, right: &ValidRequest) {
        let Some(schema) = json_body(operation).and_then(|content| content.schema.as_ref()) else { return };
        // Any value that a run adds to it may be the name of somebody else's thing.
        if right.named.is_some() {
            return;
        }
        let bundle = &self.declared.api.bundle;
        // Of a list of one thing, it is its members.
        let (body, schema) = match right.body.as_ref() {
            Some(body) if body.is_object() => (body, schema),
            Some(Value::Array(items)) => match (items.as_slice(), list_of(core(bundle, schema))) {
                ([body], Some(schema)) if body.is_object() => (body, schema),
                _ => return,
            },
            _ => return,
        };
        let mut members = Members::of(bundle, schema, 0).properties;
        // Of several alternatives, those of the one that the body is.
        let alternatives = self.sampler.alternatives(schema, "body").into_iter();
        let of_own =
            alternatives.map(|(_, whole, _)| whole).find(|whole| self.sampler.is_allowed(whole, body));
        let of_own = of_own.map(|whole| Members::of(bundle, &whole, 0).properties).unwrap_or_default();
        for member in of_own {
            if !members.iter().any(|(name, _)| *name == member.0) {
                members.push(member);
            }
        }
        let is_short = |value: &Value| {
            value.as_array().is_some_and(|items| items.iter().all(is_empty_list))
                || value.as_object().is_some_and(serde_json::Map::is_empty)
        };
        let lacking =
            members.iter().filter(|(name, _)| body.get(name).is_none_or(is_short)).take(MAX_OPTIONAL);
        let lacking = lacking.filter(|(name, property)| {
            // What they name exists, or is the server's to choose.
            !is_chosen_by_server(name)
                && !self.creators.refers(name, core(&self.declared.api.bundle, property))
        });
        let made = lacking.filter_map(|(name, property)| {
            let path = format!("body.{name}");
            // A list that is as short as the document allows: an API may want an item all the same.
            let is_plain = || {
                list_of(core(&self.declared.api.bundle, property)).is_some_and(|items| {
                    let kind = core(&self.declared.api.bundle, items).as_object().and_then(kind);
                    matches!(kind, Some("string" | "integer" | "number"))
                })
            };
            let with_items = || self.sampler.with_items(property, one_of(&path));
            let object = core(bundle, schema).as_object();
            let mapped = object.and_then(|it| mapped_name(it, name, core(bundle, property)));
            let own = || mapped.clone().or_else(|| self.sampler.value(property, &path));
            let is_full = |value: &Value| value.as_array().is_none_or(|items| !items.is_empty());
            let value = match body.get(name) {
                // An object without any of its optional members: an API may want them all the same.
                Some(Value::Object(_)) => self.sampler.in_full(property, &path)?,
                Some(_) => with_items()?,
                // The author's items first; made-up ones would name what is not there.
                None if is_plain() && !self.creators.is_collection(name) => {
                    own().filter(is_full).or_else(with_items).or_else(own)?
                }
                None => own()?,
            };
            let value = self.told_elsewhere(operation, name, property, value);
            // That of an example may be somebody's, and rarely have two things one address.
            let creates = matches!(operation.method.as_str(), "POST" | "PUT");
            let own =
                core(bundle, property).as_object().filter(|_| creates && self.paths.given(name).is_none());
            let own = own.and_then(|entries| self.sampler.own_address(core(bundle, property), entries, name));
            let value = own.unwrap_or(value);
            let mut whole = body.clone();
            whole.as_object_mut()?.insert(name.clone(), value.clone());
            self.sampler.is_allowed(schema, &whole).then(|| (name.clone(), escaped(value)))
        });
        let made = made.chain(self.unnamed_values(&members));
        // An operation without any is listed as well: the run may add to its bodies what a refusal asks for.
        self.optional_members.push((operation.name(), made.collect()));
    }

    /// Returns the values that the user gave for names that nothing in the document has, for a body of which the document names no
    /// member.
    fn unnamed_values(&self, members: &[(String, Value)]) -> Vec<(String, Value)> {
        let values = self.paths.unnamed(self.declared).filter(|_| members.is_empty());
        values
            .map(|(name, value)| {
                (name.to_owned(), escaped(value.replace(UNIQUE, &UNIQUE_WITHIN.to_string()).into()))
            })
            .collect()
    }

    /// Removes the optional members of a body, such as one from an example, that refer to resources that the run did not
    /// create: what exists there is somebody else's.
    fn leave_out_references(&self, schema: &Value, body: &mut Value) {
        let members = Members::of(&self.declared.api.bundle, schema, 0);
        for (name, property) in &members.properties {
            let property = core(&self.declared.api.bundle, property);
            let is_linked = self.creators.named_by(name).is_some();
            if is_linked || members.required.contains(name) || !self.creators.refers(name, property) {
                continue;
            }
            let mut without = body.clone();
            let is_there = without.as_object_mut().is_some_and(|own| own.shift_remove(name).is_some());
            if is_there && self.sampler.is_allowed(schema, &without) {
                *body = without;
            }
        }
    }

    /// Sets the members of a body for which the user of the import gave values that the schema allows.
    fn give_members(&self, schema: &Value, body: &mut Value) {
        let members = Members::of(&self.declared.api.bundle, schema, 0).properties;
        for (name, property) in &members {
            let is_object = body.get(name).is_some_and(Value::is_object);
            if is_object && let Some(inner) = body.get_mut(name) {
                self.give_members(property, inner);
            }
            let Some(given) = self.paths.given(name) else { continue };
            let as_json = serde_json::from_str(given).ok();
            let given = given.replace(UNIQUE, &UNIQUE_WITHIN.to_string());
            for candidate in std::iter::once(Value::from(given)).chain(as_json) {
                let mut changed = body.clone();
                let Some(own) = changed.as_object_mut() else { return };
                own.insert(name.clone(), candidate);
                if self.sampler.is_allowed(schema, &changed) {
                    *body = changed;
                    break;
                }
            }
        }
    }

    /// Lets a body name nothing that others created, and what it creates be the run's own; sets the members for which the user of
    /// the import gave values.
    pub(super) fn make_own(&self, operation: &Operation, schema: &Value, value: &mut Value) {
        self.leave_out_references(schema, value);
        let creates = operation.method == "POST";
        if let Some(creator) = self.creators.of_collection(operation).filter(|_| creates) {
            self.sampler.with_own_id(schema, value, |name| snake(name) == snake(creator.parameter));
            self.with_own_identity(creator, schema, value);
            self.sampler.with_own_address(schema, value);
        } else if let Some(creator) = self.creators.of_item(&bare(&operation.path)).filter(|_| !creates) {
            // What a change names is the thing itself.
            self.with_own_identity(creator, schema, value);
        }
        if self.allow_writes {
            self.fill_lists_of_ids(schema, value);
        }
        self.with_texts_of_removal(operation, schema, value);
        self.with_owner(operation, schema, value);
        self.with_name_of_new(operation, schema, value);
        self.give_members(schema, value);
    }

    /// Lets the members that name a thing be unique to the run: the one that is called after one of the collection, and names that only a
    /// pattern describes.
    fn with_own_identity(&self, creator: CreateOperation<'_>, schema: &Value, value: &mut Value) {
        let collection = creator.make.path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        // `tag` of what `POST /tags` creates is its name.
        let is_one = |name: &str| several(&fold(name)).iter().take(2).any(|own| *own == fold(collection));
        let bundle = &self.declared.api.bundle;
        let members = Members::of(bundle, schema, 0).properties;
        let item = bare(&creator.remove.path);
        let from_pattern = members.iter().filter(|(name, property)| {
            let refers = self.creators.refers(name, core(bundle, property))
                && self.creators.named_by(name) != Some(item.as_str());
            let own = value.get(name);
            let is_made = own.is_some_and(|own| self.sampler.is_made_from_pattern(property, own));
            is_made && identifies_by_name(name) && !refers
        });
        let from_pattern: Vec<&String> = from_pattern.map(|(name, _)| name).collect();
        self.sampler
            .with_own_id(schema, value, |name| is_one(name) || from_pattern.iter().any(|own| *own == name));
    }

    /// Adds a body to a request. Returns the body if it is JSON.
    fn body(&self, operation: &Operation, ask: &mut RequestSpec) -> Result<Option<Value>, String> {
        let Some(content) = body_of(operation) else { return Ok(None) };
        let any = Value::Bool(true);
        let schema = content.schema.as_ref().unwrap_or(&any);
        let example = content.examples.iter().find(|value| self.sampler.is_allowed(schema, value)).cloned();
        let example = example.map(|example| {
            let example = self.sampler.with_own_names(schema, &example);
            self.sampler.with_late_dates(schema, "", example)
        });
        // Where nothing is said of a body, hardly any API takes a text.
        let is_free = || content.is_json() && self.sampler.says_nothing_of_kind(schema);
        let free = || is_free().then(|| json!({})).filter(|object| self.sampler.is_allowed(schema, object));
        let made = example.or_else(free).or_else(|| self.sampler.value(schema, "body"));
        let mut value = made.ok_or("no valid body could be generated")?;
        if value.as_array().is_some_and(Vec::is_empty) {
            value = self.list_of_one(operation, schema).unwrap_or(value);
        }
        self.make_own(operation, schema, &mut value);
        let essence = essence(content);
        if content.is_json() || content.takes_json() && (value.is_object() || value.is_array()) {
            // A media range such as `application/*+json` cannot be sent; the default `application/json` is used.
            if content.is_json() && essence != "application/json" && !essence.contains('*') {
                ask.headers.push(("Content-Type".to_owned(), essence.to_owned()));
            }
            ask.body = Some(Body::Json(escaped(value.clone())));
            return Ok(Some(value));
        } else if essence == "application/x-www-form-urlencoded" {
            ask.body = Some(Body::Form(fields(&self.sampler, schema, &value)));
        } else if essence == "multipart/form-data" {
            let media_type = format!("{essence}; boundary={BOUNDARY}");
            ask.headers.push(("Content-Type".to_owned(), media_type));
            ask.body = Some(Body::Parts(fields(&self.sampler, schema, &value)));
        } else if essence.starts_with("text/") || essence == "application/octet-stream" {
            ask.headers.push(("Content-Type".to_owned(), essence.to_owned()));
            ask.body = Some(Body::Text("failspec".to_owned()));
        } else if operation.body_required {
            return Err(format!("a body of type {essence} cannot be generated"));
        }
        Ok(None)
    }
}

/// Returns true if a member is a name or an id by its own name: `clientId`, `key`, `countryCode`.
fn identifies_by_name(member: &str) -> bool {
    const WORDS: [&str; 11] =
        ["name", "id", "key", "slug", "code", "alias", "handle", "login", "username", "title", "identifier"];
    snake(member).rsplit('_').next().is_some_and(|last| WORDS.contains(&last))
}

/// Lets a change of what the scenario created keep its name: an API may know it by that.
pub(super) fn keep_name(
    operation: &Operation,
    around: &Fixtures,
    ask: &mut RequestSpec,
    body: Option<&mut Value>,
) {
    let made = around.requests.get(&bare(&operation.path)).map(RequestSpec::unique_names).unwrap_or_default();
    let Some(name) = made.first() else { return };
    *ask = ask.clone().renamed(UNIQUE, name);
    if let (Some(body), Some(Body::Json(_))) = (body, &ask.body) {
        let within = name.replace(UNIQUE, &UNIQUE_WITHIN.to_string());
        texts(body, &mut |text| {
            if text == UNIQUE {
                text.clone_from(&within);
            }
        });
        ask.body = Some(Body::Json(escaped(body.clone())));
    }
}

/// Writes the value of a parameter that is a text in JSON. Names of the run are written out: it creates nothing.
pub(super) fn as_json_text(value: &Value) -> String {
    let mut value = value.clone();
    fill_unique(&mut value);
    value.to_string()
}

/// Returns true if the name of a member of a body says that the server chooses its value.
pub(super) fn is_chosen_by_server(name: &str) -> bool {
    ["id", "uuid", "pk", "key"].contains(&name.to_ascii_lowercase().as_str())
        || ["_by", "_at", "By", "At"].iter().any(|end| name.ends_with(end))
}

/// Returns true if a value can be sent at the location of a parameter: a header value is one line of printable ASCII.
pub(super) fn holds(parameter: &Parameter, value: &str) -> bool {
    let in_header = matches!(parameter.place, ParameterLocation::Header | ParameterLocation::Cookie);
    !in_header || value.bytes().all(|byte| matches!(byte, b' '..=b'~')) && value.trim() == value
}

/// Returns the schema of the items, if a schema describes lists.
pub(super) fn list_of(schema: &Value) -> Option<&Value> {
    (kind(schema.as_object()?) == Some("array")).then(|| schema.get("items"))?
}

fn essence(content: &Content) -> &str {
    content.media_type.split(';').next().unwrap_or_default().trim()
}

/// Returns the declared content of the request body: JSON if the operation accepts it, else a form or text.
pub(super) fn body_of(operation: &Operation) -> Option<&Content> {
    let known = |content: &&Content| {
        let forms = ["application/x-www-form-urlencoded", "multipart/form-data", "application/octet-stream"];
        forms.contains(&essence(content)) || essence(content).starts_with("text/")
    };
    let all = &operation.body;
    json_body(operation).or_else(|| all.iter().find(known)).or_else(|| all.first())
}

/// Returns the declared content of a request body in JSON.
pub(super) fn json_body(operation: &Operation) -> Option<&Content> {
    let find = |is: fn(&Content) -> bool| operation.body.iter().find(|content| is(content));
    find(Content::is_json).or_else(|| find(Content::takes_json))
}

/// Returns the JSON body of a request as it is before its texts are escaped.
fn unescaped(ask: &RequestSpec) -> Option<Value> {
    let Some(Body::Json(body)) = &ask.body else { return None };
    let mut body = body.clone();
    texts(&mut body, &mut |text| {
        if text != UNIQUE {
            let own = text.replace("$${", "\u{e001}").replace(UNIQUE, &UNIQUE_WITHIN.to_string());
            *text = own.replace('\u{e001}', "${");
        }
    });
    Some(body)
}

/// Escapes texts of the document that would be read as placeholders.
pub(super) fn escaped(value: Value) -> Value {
    match value {
        Value::String(text) if text != UNIQUE => {
            Template::escape(&text).replace(UNIQUE_WITHIN, UNIQUE).replace(LONG_WITHIN, LONG).into()
        }
        Value::Array(items) => items.into_iter().map(escaped).collect(),
        Value::Object(entries) => {
            entries.into_iter().map(|(key, value)| (Template::escape(&key), escaped(value))).collect()
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::identifies_by_name;

    #[test]
    fn a_member_is_a_name_or_an_id_by_its_own_name() {
        for (member, expected) in [
            ("clientId", true),
            ("key", true),
            ("country_code", true),
            ("displayName", true),
            ("color", false),
            ("valid", false),
            ("description", false),
        ] {
            assert_eq!(identifies_by_name(member), expected, "{member}");
        }
    }
}
