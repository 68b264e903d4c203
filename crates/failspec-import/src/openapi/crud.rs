//! Operations that create the resources of other operations.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;

use failspec_pack::openapi::{Api, Operation, ResponseStatus};

use super::{
    error_envelope::json,
    generate::declares,
    path_values::{names, parameter},
    removed_by_query::by_query,
    value_generator::is_integer_text,
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
}

/// Returns the schema of what an operation responds with if it succeeds.
pub(super) fn success_schema<'s>(operation: &'s Operation, api: &'s Api) -> Option<&'s Value> {
    let success = operation
        .responses
        .iter()
        .find(|it| matches!(it.status, ResponseStatus::Exactly(200..300) | ResponseStatus::Class(2)))?;
    Some(api.bundle.resolve(json(success)?.schema.as_ref()?))
}

/// Returns true if an operation may create what its path names (201), under whatever id: that it is unknown is no fault.
pub(super) fn creates_at_its_address(operation: &Operation) -> bool {
    matches!(operation.method.as_str(), "PUT" | "POST")
        && operation.path.trim_end_matches('/').ends_with('}')
        && declares(operation, 201)
}

/// Words with which the name of a parameter ends that says what it is.
pub(super) const IDENTIFYING: [&str; 5] = ["name", "key", "slug", "uuid", "id"];
