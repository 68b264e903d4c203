//! Operations that create the resources of other operations.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, HashMap},
};

use serde_json::{Map, Value};

use crate::body_path::BodyPath;
use failspec_pack::{
    openapi::{Api, Operation, ResponseStatus},
    pack::{Part, Pointer, writing::CaptureSource},
};

use super::{
    body::Members,
    error_envelope::json,
    generate::declares,
    invalid_value::core,
    path_values::{names, parameter},
    registration_tokens::tells_token,
    removed_by_query::by_query,
    request_spec::{Body, RequestSpec},
    value_generator::{UNIQUE, is_integer_text},
};

/// The operations that create and delete resources of one kind.
#[derive(Debug, Clone, Copy)]
pub(super) struct CreateOperation<'a> {
    /// `POST /things`, or `PUT /things/{id}` with an id of our own.
    pub make: &'a Operation,
    /// The parameter that identifies a resource: `{id}` of `/things/{id}`.
    pub parameter: &'a str,
    /// `DELETE /things/{id}`, or `DELETE /things?id=…`.
    pub remove: &'a Operation,
    /// `GET /things/{id}`.
    pub read: Option<&'a Operation>,
    /// True if it is the query of the removal that names the resource.
    pub by_query: bool,
}

/// The operations of a document by method and path, to find operations of the same resource.
#[derive(Debug)]
pub(super) struct CreateOperations<'a> {
    /// Method and [`bare`] path → the operation.
    operations: HashMap<(&'a str, String), &'a Operation>,
    /// The last segment of a collection's path, in lower-case letters and digits → the bare path of its items.
    collections: BTreeMap<String, String>,
    /// The last segments of all collections, also of those whose items cannot be deleted.
    all: BTreeSet<String>,
    /// The bare path of one thing, without its parameter, and the bare path of the collection: `/silence` → `/silences`.
    plurals: BTreeMap<String, String>,
    /// The bare paths of things whose ids are some few words: settings of the system, and nothing that a run could make.
    settings: BTreeSet<String>,
    /// The bare path of a collection whose things are removed by a parameter of the query → their operations.
    by_query: BTreeMap<String, CreateOperation<'a>>,
}

/// Removes the names of parameters and the `/` at the end from a path, so that different spellings of one address are
/// equal.
pub(super) fn bare(path: &str) -> String {
    let mut bare = String::new();
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('{') {
        bare.push_str(before);
        bare.push_str("{}");
        rest = after.split_once('}').map_or("", |(_, rest)| rest);
    }
    bare.push_str(rest);
    bare.truncate(bare.trim_end_matches('/').len());
    bare
}

pub(super) fn fold(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
}

impl<'a> CreateOperations<'a> {
    pub fn new(api: &'a Api) -> Self {
        let mut operations = HashMap::new();
        for operation in &api.operations {
            operations.entry((operation.method.as_str(), bare(&operation.path))).or_insert(operation);
        }
        let mut collections: BTreeMap<String, String> = BTreeMap::new();
        for operation in api.operations.iter().filter(|it| it.method == "DELETE") {
            let item = bare(&operation.path);
            let Some(collection) = item.strip_suffix("/{}") else { continue };
            let last = fold(collection.rsplit('/').next().unwrap_or_default());
            // Of two collections with the same name, the one with the shorter path is used: references name no parent
            // resources.
            let known = collections.get(&last).map_or(usize::MAX, String::len);
            if !last.is_empty() && item.len() < known {
                collections.insert(last, item);
            }
        }
        let before = |path: &str| path.rsplit_once("/{").map(|(folder, _)| folder.to_owned());
        let folders = api.operations.iter().filter_map(|it| before(bare(&it.path).trim_end_matches('/')));
        let all = folders.map(|folder| fold(folder.rsplit('/').next().unwrap_or_default())).collect();
        let plurals = plurals(api);
        let has_few_ids = |it: &&Operation| {
            let own = names(&it.path).last().and_then(|name| parameter(it, name));
            let schema = own.and_then(|own| own.schema.as_ref()).map(|schema| api.bundle.resolve(schema));
            it.path.trim_end_matches('/').ends_with('}')
                && schema.is_some_and(|schema| schema.get("enum").is_some() || schema.get("const").is_some())
        };
        let settings = api.operations.iter().filter(has_few_ids).map(|it| bare(&it.path)).collect();
        let by_query = by_query(api, &operations);
        Self { operations, collections, all, plurals, settings, by_query }
    }

    /// Returns the operations for what a POST creates and a parameter of the query of a DELETE on the same path names.
    fn of_query(&self, make: &Operation) -> Option<&CreateOperation<'a>> {
        self.by_query.get(&bare(&make.path)).filter(|creator| creator.make.path == make.path)
    }

    /// Returns the operations for resources with a [`bare`] path, if they can be both created and deleted.
    pub fn of_item(&self, item: &str) -> Option<CreateOperation<'a>> {
        let collection = item.strip_suffix("/{}")?;
        if self.settings.contains(item) {
            return None;
        }
        let on = |method, path: &str| self.on(method, path);
        let several = || self.plural_of(collection).and_then(|collection| on("POST", collection));
        // A PUT or POST that may create (201) creates what has an id of our own.
        let by_address = |method| on(method, item).filter(|make| declares(make, 201));
        let by_put = || by_address("PUT").or_else(|| by_address("POST"));
        let make = on("POST", collection).or_else(several).or_else(by_put)?;
        let remove = on("DELETE", item)?;
        Some(CreateOperation {
            make,
            remove,
            read: on("GET", item),
            parameter: names(&remove.path).last().copied()?,
            by_query: false,
        })
    }

    /// Returns the operations for all resources that can be both created and deleted, by their bare paths.
    pub fn all(&self) -> Vec<CreateOperation<'a>> {
        let removed = self.operations.keys().filter(|(method, _)| *method == "DELETE");
        let mut items: Vec<&String> = removed.map(|(_, item)| item).collect();
        items.sort();
        items.into_iter().filter_map(|item| self.of_item(item)).collect()
    }

    /// Returns the operation with a method on a [`bare`] path.
    pub fn on(&self, method: &'static str, path: &str) -> Option<&'a Operation> {
        self.operations.get(&(method, path.to_owned())).copied()
    }

    /// Returns the operations for the resources of a collection, if `make` is the operation of one.
    pub fn of_collection(&self, make: &Operation) -> Option<CreateOperation<'a>> {
        let collection = bare(&make.path);
        let own = self.of_item(&(collection.clone() + "/{}"));
        let of_one =
            || self.of_item(&(self.plurals.iter().find(|(_, many)| **many == collection)?.0.clone() + "/{}"));
        own.or_else(of_one).or_else(|| self.of_address(make)).or_else(|| self.of_query(make).copied())
    }

    /// Returns the operations for what a POST on its own address creates, if `make` is one: `POST /groups/{name}`.
    pub fn of_address(&self, make: &Operation) -> Option<CreateOperation<'a>> {
        let creator = self.of_item(&bare(&make.path)).filter(|_| make.method == "POST")?;
        (creator.make.method == "POST" && creator.is_by_address()).then_some(creator)
    }

    /// Returns true if an operation creates one of few things that a collection may have: it sets up the system.
    pub fn is_setting(&self, make: &Operation) -> bool {
        make.method == "POST" && self.settings.contains(&(bare(&make.path) + "/{}"))
    }

    /// Returns the bare path of the collection of things whose items have the path of one: `/silences` of `/silence`.
    fn plural_of(&self, one: &str) -> Option<&str> {
        self.plurals.get(one).map(String::as_str)
    }

    /// Returns the [`bare`] path of the resources that a property such as `flow_id` refers to: `/flows/{}`.
    pub fn named_by(&self, property: &str) -> Option<&str> {
        let names = collections_of(property)?;
        names.iter().find_map(|name| self.collections.get(name)).map(String::as_str)
    }

    /// Returns the [`bare`] path of the resources that a member refers to by its name, or, if its value is a number, in a text or not,
    /// by the name of one or several of them alone: `user` is one of `/users`, and `submission_type` one of `/submission-types`. So is a
    /// number of which a word more tells what it is for: `ssh_key_id` is one of `/keys`.
    pub fn named_by_value(&self, property: &str, value: &Value) -> Option<&str> {
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let of_number = || {
            let is_in_text = value.as_str().is_some_and(is_number);
            let names = (value.is_u64() || is_in_text).then(|| several(&fold(property)))?;
            // A number by the name of several is how many there are.
            let names = if is_in_text { &names[..] } else { &names[..2] };
            names.iter().find_map(|name| self.collections.get(name)).map(String::as_str)
        };
        let of_last_word = || {
            let names = value.is_u64().then(|| collections_of(last_words(property)?)).flatten()?;
            names.iter().take(2).find_map(|name| self.collections.get(name)).map(String::as_str)
        };
        self.named_by(property).or_else(of_number).or_else(of_last_word)
    }

    /// Returns the [`bare`] path of the resources whose ids are in a list such as `flow_ids`, or `flows`.
    pub fn several_named_by(&self, property: &str) -> Option<&str> {
        let one = one_of(property).and_then(|one| self.named_by(one));
        one.or_else(|| self.collections.get(&fold(property)).map(String::as_str))
    }

    /// Returns true if a member such as `owner_id`, or `owner` with a number or a UUID, refers to a resource of a
    /// collection of the document.
    pub fn refers(&self, property: &str, schema: &Value) -> bool {
        let is = |key: &str, wanted: &str| schema.get(key).and_then(Value::as_str) == Some(wanted);
        let is_integer = schema.as_object().is_some_and(is_integer_text) || is("type", "integer");
        let is_bare = is_integer || is("format", "uuid");
        let names = collections_of(property).or_else(|| is_bare.then(|| several(&fold(property))));
        names.is_some_and(|names| names.iter().any(|name| !name.is_empty() && self.all.contains(name)))
    }

    /// Returns true if a member has the name of a collection of the document: its items name things there.
    pub fn is_collection(&self, property: &str) -> bool {
        self.all.contains(&fold(property))
    }

    /// Returns true if a list such as `owner_ids`, or `owners` of numbers or UUIDs, refers to resources of a collection of the
    /// document.
    pub fn refers_to_several(&self, property: &str, items: &Value) -> bool {
        self.refers(one_of(property).unwrap_or(property), items)
    }
}

/// Returns the collections that are created with the name of many things, and whose items have a path with the name of one.
fn plurals(api: &Api) -> BTreeMap<String, String> {
    let of = |method: &'static str| {
        api.operations.iter().filter(move |it| it.method == method).map(|it| bare(&it.path))
    };
    let made: BTreeSet<String> = of("POST").collect();
    let removed = of("DELETE").filter_map(|item| Some(item.strip_suffix("/{}")?.to_owned()));
    let of_one = removed.filter(|one| !made.contains(one)).filter_map(|one| {
        let (folder, last) = one.rsplit_once('/')?;
        let names = several(&fold(last));
        let is_many = |path: &&String| {
            path.rsplit_once('/').is_some_and(|(other, many)| other == folder && names.contains(&fold(many)))
        };
        Some((one.clone(), made.iter().find(is_many)?.clone()))
    });
    of_one.collect()
}

/// Returns the name of one thing if a member is the name of several: `tag_ids` is `tag_id`.
fn one_of(property: &str) -> Option<&str> {
    const ENDS: [&str; 5] = ["_ids", "Ids", "IDs", "_uuids", "Uuids"];
    ENDS.iter().any(|end| property.ends_with(end)).then(|| &property[..property.len() - 1])
}

/// Returns the end of the name of a member that says of which kind a thing is: `key_id` of `ssh_key_id`.
fn last_words(property: &str) -> Option<&str> {
    let stem = property.strip_suffix("_id")?;
    let (qualifier, _) = stem.rsplit_once('_')?;
    Some(&property[qualifier.len() + 1..])
}

/// Returns the names that the collection may have to which a member such as `flow_id` refers.
fn collections_of(property: &str) -> Option<[String; 3]> {
    let stem = ["_id", "Id", "ID", "_uuid", "Uuid"].iter().find_map(|end| property.strip_suffix(end))?;
    Some(several(&fold(stem)))
}

/// Returns the forms of a name that a collection of such things may have.
pub(super) fn several(stem: &str) -> [String; 3] {
    let several = match stem.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None => format!("{stem}es"),
    };
    [format!("{stem}s"), several, stem.to_owned()]
}

impl CreateOperation<'_> {
    /// Returns true if the request that creates the resource names its id.
    pub fn is_by_address(&self) -> bool {
        !self.by_query && bare(&self.make.path) == bare(&self.remove.path)
    }

    /// Returns true if what a success brings was not there before: the operation declares 201, or its words say that it creates,
    /// and the server chooses the id. With an id of the client's, 200 may speak of a thing that was there.
    pub fn makes_anew(&self, api: &Api) -> bool {
        let is_chosen_by_server = || {
            let id = self.id_schema(api)?;
            let is = |key: &str, wanted: &str| id.get(key).and_then(Value::as_str) == Some(wanted);
            // A text of which the body of the request says nothing is the server's, too.
            Some(is("format", "uuid") || is("type", "integer") || is("type", "string") && !self.takes_id(api))
        };
        declares(self.make, 201)
            || self.make.method == "POST"
                && !self.is_by_address()
                && self.make.says_that_it_creates()
                && is_chosen_by_server() == Some(true)
    }

    /// Returns true if the body of the creation has a member with the name of the id.
    fn takes_id(&self, api: &Api) -> bool {
        let place = self.name_at(api);
        let Some(id) = place.as_ref().and_then(|place| place.name()) else { return true };
        let schemas = self.make.body.iter().filter_map(|content| content.schema.as_ref());
        let mut members = schemas.flat_map(|schema| Members::of(&api.bundle, schema, 0).properties);
        members.any(|(name, _)| fold(&name) == fold(id))
    }

    /// Returns the schema of the id in the response to the creation, if it has the name of the parameter: a member of the thing
    /// itself, which may be within an envelope.
    fn id_schema<'s>(&self, api: &'s Api) -> Option<&'s Value>
    where
        Self: 's,
    {
        let place = self.name_at(api)?;
        let wanted = fold(self.parameter);
        let is_same = place.name().is_none_or(|name| fold(name) == wanted || fold(name) == "id");
        let schema = success_schema(self.make, api).filter(|_| is_same)?;
        place.names().try_fold(schema, |schema, name| member_of(schema, api, name, 0))
    }

    /// Returns where the id of the new resource is in the response of the operation that creates it: at the place that the
    /// document declares, or, if it declares none, at the usual ones.
    pub fn id_of_new(&self, api: &Api, make: &RequestSpec, own_id: Option<&str>) -> CaptureSource {
        if let Some(id) = own_id {
            // The response may call it otherwise, or say nothing of it.
            let place = Part::Body(BodyPath::root().member(self.parameter).pointer());
            return CaptureSource { default: Some(id.to_owned()), ..place.into() };
        }
        if let Some(declared) = self.name_at(api) {
            // `{pet}` is the last segment of the `name`, if that is `pets/17`.
            let resource_name = declared.name() == Some("name") && !fold(self.parameter).ends_with("name");
            let place = CaptureSource { resource_name, ..Part::Body(declared.pointer()).into() };
            // To a list of things, the answer may be a list of what is declared of one.
            let in_list = || {
                let steps: Vec<&str> = std::iter::once("0").chain(declared.names()).collect();
                Pointer::from_steps(steps)
            };
            let otherwise = is_list(make).then(in_list);
            return CaptureSource { otherwise: otherwise.into_iter().collect(), ..place };
        }
        // A path that takes numbers does not take the name that was sent.
        let default = self.own_name(make).filter(|_| !self.takes_numbers(api));
        let own = without_lookup(self.parameter);
        let mut names = vec![own.to_owned()];
        // `pool_name` of `/pools/{pool_name}` is `name` in the response.
        let short = IDENTIFYING.into_iter().find(|end| fold(own).ends_with(*end));
        names.extend(short.map(str::to_owned));
        names.extend(self.names_of_kind());
        if let Some(kind) = self.kind().filter(|_| ["id", "uuid"].contains(&own)) {
            names.extend([format!("{kind}_{own}"), format!("{kind}{}", capitalised(own))]);
        }
        if short.is_none_or(|short| ["uuid", "id"].contains(&short)) {
            names.extend(["id".to_owned(), "uuid".to_owned()]);
        }
        let mut places: Vec<Pointer> = Vec::new();
        for folder in [BodyPath::root(), BodyPath::root().member("data")] {
            for place in names.iter().map(|name| folder.member(name).pointer()) {
                if !places.contains(&place) {
                    places.push(place);
                }
            }
        }
        // Some APIs answer a creation with a list of what it made.
        places.extend(names.iter().map(|name| Pointer::from_steps(["0", name.as_str()])));
        let first = places.remove(0);
        CaptureSource { otherwise: places, location: true, default, ..Part::Body(first).into() }
    }

    /// Returns true if the document says in an operation on the thing that its id is a number.
    fn takes_numbers(&self, api: &Api) -> bool {
        let operations = self.read.into_iter().chain([self.remove]);
        let mut own = operations.filter_map(|it| parameter(it, names(&it.path).last()?)?.schema.as_ref());
        own.any(|schema| {
            let kind = core(&api.bundle, schema).get("type").and_then(Value::as_str);
            matches!(kind, Some("integer" | "number"))
        })
    }

    /// Returns the names by which a response may call the id because of the kind of thing: `version` and `versionId` of
    /// `/versions/{versionExpression}`. None if the parameter itself says what it is.
    fn names_of_kind(&self) -> Vec<String> {
        let Some(one) = self.kind().filter(|one| fold(self.parameter).starts_with(&fold(one))) else {
            return Vec::new();
        };
        if IDENTIFYING.iter().any(|end| fold(self.parameter).ends_with(end)) {
            return Vec::new();
        }
        vec![one.clone(), format!("{one}Id"), format!("{one}_id")]
    }

    /// Returns the name of one thing of the collection: `version` of `/versions/{versionExpression}`.
    fn kind(&self) -> Option<String> {
        let path = self.remove.path.as_str();
        let collection = if self.by_query { path } else { path.rsplit_once("/{")?.0 };
        let last = collection.rsplit('/').next().filter(|last| !last.contains('{'))?;
        let one = match last.strip_suffix("ies") {
            Some(stem) => format!("{stem}y"),
            None => last.strip_suffix('s').unwrap_or(last).to_owned(),
        };
        Some(one).filter(|one| !one.is_empty())
    }

    /// Returns the name of the new resource, unique to the run, that a request to create it sends as a member of its body.
    pub fn own_name(&self, make: &RequestSpec) -> Option<String> {
        let members = match &make.body {
            Some(Body::Json(Value::Object(members))) => Cow::Borrowed(members),
            Some(Body::Json(Value::Array(items))) => match items.as_slice() {
                [Value::Object(members)] => Cow::Borrowed(members),
                _ => return None,
            },
            // The same body without its media type.
            Some(Body::Text(text)) => Cow::Owned(serde_json::from_str::<Map<String, Value>>(text).ok()?),
            _ => return None,
        };
        let own = fold(self.parameter);
        let unique = || {
            let texts = members.iter().filter_map(|(name, value)| Some((fold(name), value.as_str()?)));
            texts.filter(|(_, text)| text.contains(UNIQUE) && !text.contains("$${"))
        };
        let of_kind: Vec<String> = self.names_of_kind().iter().map(|name| fold(name)).collect();
        let same = unique().find(|(name, _)| *name == own || own.ends_with(name.as_str()));
        let same = same.or_else(|| unique().find(|(name, _)| of_kind.contains(name)));
        same.or_else(|| unique().find(|(name, _)| name == "name")).map(|(_, text)| text.to_owned())
    }

    /// Returns the declared location of the id of the new resource in the response of the operation that creates it. What
    /// another thing in the response has for an id, such as who created it, is not meant.
    pub fn name_at(&self, api: &Api) -> Option<BodyPath> {
        let schema = success_schema(self.make, api)?;
        if declares(self.make, 201) && is_id(schema) {
            return Some(BodyPath::root());
        }
        let wanted = fold(without_lookup(self.parameter));
        let mut places: Vec<BodyPath> = Vec::new();
        let kind = self.kind().map(|kind| fold(&kind)).unwrap_or_default();
        collect(schema, api, &BodyPath::root(), 0, &kind, &mut places);
        let last = |path: &BodyPath| fold(path.name().unwrap_or_default());
        let find = |is: &dyn Fn(&str) -> bool| places.iter().find(|path| is(&last(path)));
        let short = ["name", "key", "slug"].into_iter().find(|end| wanted.ends_with(end));
        let of_kind: Vec<String> = self.names_of_kind().iter().map(|name| fold(name)).collect();
        let found = find(&|last| last == wanted)
            .or_else(|| find(&|last| Some(last) == short))
            .or_else(|| find(&|last| of_kind.iter().any(|name| name == last)))
            .or_else(|| find(&|last| ["id", "uuid"].contains(&last)))
            // `{id}` of `/clients/{id}` is `client_id` in the response.
            .or_else(|| find(&|last| !kind.is_empty() && last == format!("{kind}{wanted}")))
            .or_else(|| find(&|last| last.len() > 1 && wanted.ends_with(last)))
            // A client that registers itself is `client_id` in the response, whatever the path is called (RFC 7591).
            .or_else(|| find(&|last| last == "clientid").filter(|_| tells_token(self.make, api)))
            // Where things have a name and no id, `{pet}` is in the name.
            .or_else(|| find(&|last| last == "name").filter(|_| !kind.is_empty() && wanted == kind));
        found.cloned()
    }
}

/// Maximum number of objects around the thing in a response.
const MAX_WRAPPERS: usize = 2;

/// Maximum number of nested combinations of schemas and objects.
const MAX_PARTS: usize = 8;

/// Returns the schema of a member of an object, which may be a combination of others.
fn member_of<'s>(schema: &'s Value, api: &'s Api, name: &str, depth: usize) -> Option<&'s Value> {
    let schema = core(&api.bundle, schema);
    let own = schema.get("properties").and_then(|members| members.get(name));
    let parts = schema.get("allOf").and_then(Value::as_array).filter(|_| depth < MAX_PARTS);
    let of_part = || parts?.iter().find_map(|part| member_of(part, api, name, depth + 1));
    own.map(|member| api.bundle.resolve(member)).or_else(of_part)
}

/// Returns the schema of what an operation responds with if it succeeds.
pub(super) fn success_schema<'s>(operation: &'s Operation, api: &'s Api) -> Option<&'s Value> {
    let success = operation
        .responses
        .iter()
        .find(|it| matches!(it.status, ResponseStatus::Exactly(200..300) | ResponseStatus::Class(2)))?;
    Some(api.bundle.resolve(json(success)?.schema.as_ref()?))
}

/// Returns true if a schema describes an id alone: a UUID or a whole number.
fn is_id(schema: &Value) -> bool {
    let is = |key: &str, wanted: &str| schema.get(key).and_then(Value::as_str) == Some(wanted);
    is("type", "string") && is("format", "uuid") || is("type", "integer")
}

/// Returns the name of the member that a parameter is about whose name is a lookup of Django: `code` of `user__code__iexact`.
fn without_lookup(parameter: &str) -> &str {
    const LOOKUPS: [&str; 3] = ["__iexact", "__exact", "__in"];
    let own = LOOKUPS.iter().find_map(|lookup| parameter.strip_suffix(lookup));
    own.map_or(parameter, |own| own.rsplit("__").next().unwrap_or(own))
}

/// Returns true if the body of a request is a list.
fn is_list(make: &RequestSpec) -> bool {
    matches!(&make.body, Some(Body::Json(Value::Array(_))))
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
}

/// Returns true if an operation may create what its path names (201), under whatever id: that it is unknown is no fault.
pub(super) fn creates_at_its_address(operation: &Operation) -> bool {
    matches!(operation.method.as_str(), "PUT" | "POST")
        && operation.path.trim_end_matches('/').ends_with('}')
        && declares(operation, 201)
}

/// Words with which the name of a parameter ends that says what it is.
pub(super) const IDENTIFYING: [&str; 5] = ["name", "key", "slug", "uuid", "id"];

/// Names of members in which responses have the thing itself.
const WRAPPERS: [&str; 9] =
    ["data", "result", "item", "object", "payload", "response", "attributes", "metadata", "resource"];

/// Collects the string and integer properties of an object, and of the objects in it that are the thing itself: those of a name
/// that many APIs use for it, or of its kind.
fn collect(schema: &Value, api: &Api, at: &BodyPath, depth: usize, kind: &str, places: &mut Vec<BodyPath>) {
    let schema = api.bundle.resolve(schema);
    let mut inner = Vec::new();
    let members = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    let members: Vec<(&String, &Value)> =
        members.map(|(name, property)| (name, api.bundle.resolve(property))).collect();
    let is_plain = |property: &Value| {
        let kind = property.get("type").and_then(Value::as_str);
        matches!(kind, Some("string" | "integer" | "number"))
    };
    // What has nothing of its own is around something else.
    let is_around = !members.iter().any(|(_, property)| is_plain(property));
    for (name, property) in members {
        let path = at.member(name);
        let is_itself = is_around || WRAPPERS.contains(&fold(name).as_str()) || fold(name) == kind;
        match is_plain(property) {
            true => places.push(path),
            false if is_itself => inner.push((path, property)),
            false => {}
        }
    }
    // A schema that combines others is no thing within a thing.
    let parts = schema.get("allOf").and_then(Value::as_array).into_iter().flatten();
    if at.names().count() <= MAX_WRAPPERS && depth < MAX_PARTS {
        for part in parts {
            collect(part, api, at, depth + 1, kind, places);
        }
    }
    if at.names().count() < MAX_WRAPPERS && depth < MAX_PARTS {
        for (path, property) in inner {
            collect(property, api, &path, depth + 1, kind, places);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_lookup_is_about_the_member_that_it_names() {
        for (parameter, expected) in [
            ("code__iexact", "code"),
            ("user__code__iexact", "code"),
            ("code", "code"),
            ("my__code", "my__code"),
        ] {
            assert_eq!(without_lookup(parameter), expected, "{parameter}");
        }
    }

    #[test]
    fn a_number_is_the_id_of_what_the_member_is_called_after() {
        let done = json!({ "responses": { "200": { "description": "done" } } });
        let document = json!({
            "openapi": "3.1.0", "info": { "title": "Any", "version": "1" },
            "paths": {
                "/submission-types": { "post": done }, "/submission-types/{id}": { "delete": done },
                "/owners": { "post": done }, "/owners/{id}": { "delete": done },
            }
        });
        let api = Api::parse("openapi.json", &document.to_string()).unwrap();
        let creators = CreateOperations::new(&api);
        for (member, value, expected) in [
            ("submission_type", json!(5), Some("/submission-types/{}")),
            ("submissionType", json!(5), Some("/submission-types/{}")),
            ("owner", json!("7"), Some("/owners/{}")),
            ("owner_id", json!("x"), Some("/owners/{}")),
            ("first_owner_id", json!(5), Some("/owners/{}")),
            // A text may be a name of any kind.
            ("first_owner_id", json!("x"), None),
            ("ownership_id", json!(5), None),
            ("owner", json!("x"), None),
            ("owner", json!(1.5), None),
            ("owners", json!(5), None),
            ("size", json!(5), None),
        ] {
            assert_eq!(creators.named_by_value(member, &value), expected, "{member} {value}");
        }
    }
}
