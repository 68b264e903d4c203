//! An OpenAPI document, prepared for checking requests and responses.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError, Weak},
};

use serde_json::{Map, Value, json};

use crate::pack::{HeaderSchema, Pack, Provenance, Schema, SchemaRegistry};

use super::{
    Api, Bundle, Content, Document, DocumentError, Operation, Overlay, ResponseStatus, path_template::rank,
    warning::Warning,
};

/// An OpenAPI document, prepared for checking requests and responses: operations are found by path, and schemas are
/// compiled when they are first needed.
#[derive(Debug)]
pub struct Declared {
    /// The API that the document declares.
    pub api: Api,
    /// The origin of the document.
    pub source: Provenance,
    /// Method and number of path segments → the operations that may match, by index.
    places: HashMap<(String, usize), Vec<usize>>,
    /// The paths of its servers, without a `/` at the end.
    prefixes: Vec<String>,
    /// Compiled schemas, by direction and text; for one that cannot be used, the reason.
    compiled: Mutex<Compiled>,
    /// Compiled schemas of response headers, by text.
    headers: Mutex<BTreeMap<String, Option<Arc<HeaderSchema>>>>,
}

type Compiled = BTreeMap<(Direction, String), Result<Arc<Schema>, Arc<str>>>;

/// The direction of a body: `readOnly` properties are not sent, and `writeOnly` properties are not in a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Direction {
    /// From the client to the API.
    Request,
    /// From the API to the client.
    Response,
}

impl Declared {
    /// Reads the document that the contract of a pack names, if it names one.
    ///
    /// # Errors
    /// Fails if the file is not an OpenAPI document of a supported version.
    pub fn of(pack: &Pack) -> Result<Option<Self>, DocumentError> {
        let Some(file) = &pack.contract.openapi else { return Ok(None) };
        let document = Document::of_texts(&file.path, &Overlay::of(pack)?, &pack.texts)?;
        let source = pack.contract.openapi_source.unwrap_or_default();
        Ok(Some(Self { source, ..Self::new(Api::lenient(&document)) }))
    }

    /// Reads the document as [`Self::of`] does. Concurrent runs of the same pack share it and its compiled schemas.
    ///
    /// # Errors
    /// The same as for [`Self::of`].
    pub fn shared(pack: &Pack) -> Result<Option<Arc<Self>>, DocumentError> {
        static KNOWN: Mutex<Vec<(String, Weak<Declared>)>> = Mutex::new(Vec::new());
        if pack.contract.openapi.is_none() {
            return Ok(None);
        }
        // Locked while the document is read: a concurrent caller waits for it instead of reading it again.
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|(_, declared)| declared.strong_count() > 0);
        let same = known.iter().find(|(digest, _)| *digest == pack.digest);
        if let Some(declared) = same.and_then(|(_, declared)| declared.upgrade()) {
            return Ok(Some(declared));
        }
        let declared = Self::of(pack)?.map(Arc::new);
        known.extend(declared.iter().map(|declared| (pack.digest.clone(), Arc::downgrade(declared))));
        Ok(declared)
    }

    /// Prepares an API for checking.
    pub fn new(api: Api) -> Self {
        let mut places: HashMap<(String, usize), Vec<usize>> = HashMap::new();
        for (index, operation) in api.operations.iter().enumerate() {
            let key = (operation.method.clone(), operation.path.split('/').count());
            places.entry(key).or_default().push(index);
        }
        let path = |server: &String| {
            let behind = server
                .split_once("://")
                .map_or(server.as_str(), |(_, rest)| rest.find('/').map_or("", |at| &rest[at..]));
            behind.trim_end_matches('/').to_owned()
        };
        let prefixes = api.servers.iter().map(path).filter(|path| path.is_empty() || path.starts_with('/'));
        let prefixes = prefixes.collect();
        let source = Provenance::Documented;
        Self { api, source, places, prefixes, compiled: Mutex::default(), headers: Mutex::default() }
    }

    /// Returns the path of its first server, without a `/` at the end; the operations are below it.
    pub fn base_path(&self) -> &str {
        self.prefixes.first().map_or("", String::as_str)
    }

    /// Returns the operation for a request, by the path under the target's URL. The path may begin with that of a
    /// server of the document. If several operations match, the most concrete one is returned, as the specification
    /// requires.
    pub fn operation(&self, method: &str, path: &str) -> Option<&Operation> {
        let shortened = self.prefixes.iter().filter_map(|prefix| path.strip_prefix(prefix.as_str()));
        [path].into_iter().chain(shortened).find_map(|path| {
            let asked: Vec<&str> = path.split('/').collect();
            let known = self.places.get(&(method.to_owned(), asked.len()))?;
            let fitting = known.iter().map(|index| &self.api.operations[*index]).filter(|it| it.fits(&asked));
            fitting.min_by_key(|operation| rank(&operation.path))
        })
    }

    /// Returns an operation on a path that declares a status, whatever its method: if the API rejects a method, there
    /// is no operation with that method.
    pub fn declaring(&self, path: &str, status: u16) -> Option<&Operation> {
        let declares =
            |it: &&Operation| it.responses.iter().any(|it| it.status == ResponseStatus::Exactly(status));
        self.methods(path).into_iter().filter_map(|method| self.operation(method, path)).find(declares)
    }

    /// Returns the methods that are declared for a path. Of several templates that match it, that is the most concrete one: `/pets/{id}`
    /// says nothing of `/pets/search`.
    pub fn methods(&self, path: &str) -> Vec<&str> {
        let operations = self.on_most_concrete(path);
        operations.into_iter().map(|operation| operation.method.as_str()).collect()
    }

    /// Returns the operation for a request like [`Self::operation`], but `None` if another method has a more concrete path there: what
    /// the path names is not what the operation is about.
    pub fn operation_of_resource(&self, method: &str, path: &str) -> Option<&Operation> {
        self.on_most_concrete(path).into_iter().find(|operation| operation.method == method)
    }

    /// Returns the operation of each method on the most concrete template that matches a path.
    fn on_most_concrete(&self, path: &str) -> Vec<&Operation> {
        let mut methods: Vec<&str> = self.api.operations.iter().map(|it| it.method.as_str()).collect();
        methods.sort_unstable();
        methods.dedup();
        let mut all: Vec<&Operation> =
            methods.into_iter().filter_map(|method| self.operation(method, path)).collect();
        let most_concrete = all.iter().map(|operation| rank(&operation.path)).min();
        all.retain(|operation| Some(rank(&operation.path)) == most_concrete);
        all
    }

    /// Returns a compiled schema; `None` if it cannot be used, which [`Self::unusable`] explains.
    pub fn schema(&self, schema: &Value, direction: Direction) -> Option<Arc<Schema>> {
        self.compiled(schema, direction).ok()
    }

    /// Returns the reason why bodies cannot be compared with a schema, if they cannot.
    pub fn unusable(&self, schema: &Value, direction: Direction) -> Option<Arc<str>> {
        self.compiled(schema, direction).err()
    }

    fn compiled(&self, schema: &Value, direction: Direction) -> Result<Arc<Schema>, Arc<str>> {
        let key = (direction, schema.to_string());
        let mut compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        let compile = || {
            let mut whole = self.api.bundle.complete(schema);
            relax(&mut whole, &self.api.bundle, direction, 0);
            let schema = Schema::compile(whole, &SchemaRegistry::default());
            let schema = schema.map_err(|error| Arc::<str>::from(error.message))?;
            match schema.excess() {
                Some(excess) => Err(excess.into()),
                None => Ok(Arc::new(schema)),
            }
        };
        compiled.entry(key).or_insert_with(compile).clone()
    }

    /// Returns a warning for each schema of a parameter, a header or a body that cannot be used: nothing is compared with it.
    pub fn unusable_schemas(&self) -> Vec<Warning> {
        let mut found: Vec<Warning> = Vec::new();
        let mut note = |what: &str, pointer: &str, why: Option<Arc<str>>| {
            let Some(why) = why else { return };
            let (file, pointer) = pointer.split_once('#').unwrap_or((&self.api.file, pointer));
            found.push(Warning {
                file: file.to_owned(),
                pointer: pointer.to_owned(),
                message: format!("the schema of {what} cannot be used: {why}; any value is accepted"),
                is_loss: true,
            });
        };
        let unusable = |schema: &Option<Value>, direction| self.unusable(schema.as_ref()?, direction);
        for operation in &self.api.operations {
            for parameter in &operation.parameters {
                note(&parameter.name, &parameter.pointer, unusable(&parameter.schema, Direction::Request));
            }
            for content in &operation.body {
                note(&content.media_type, &operation.pointer, unusable(&content.schema, Direction::Request));
            }
            for response in &operation.responses {
                for content in &response.content {
                    note(
                        &content.media_type,
                        &response.pointer,
                        unusable(&content.schema, Direction::Response),
                    );
                }
                for header in &response.headers {
                    let lacks = header.schema.as_ref().is_some_and(|it| self.header_schema(it).is_none());
                    note(&header.name, &response.pointer, lacks.then(|| "it cannot be compiled".into()));
                }
            }
        }
        found
    }

    /// Returns the compiled schema of a response header; `None` if it cannot be compiled.
    pub fn header_schema(&self, schema: &Value) -> Option<Arc<HeaderSchema>> {
        let mut compiled = self.headers.lock().unwrap_or_else(PoisonError::into_inner);
        let compile = || {
            let whole = self.api.bundle.complete(schema);
            HeaderSchema::compile(whole, &SchemaRegistry::default()).ok().map(Arc::new)
        };
        compiled.entry(schema.to_string()).or_insert_with(compile).clone()
    }

    /// Returns the compiled schema of a declared content, as [`Self::schema`] does; `None` also if it declares none.
    pub fn content(&self, content: &Content, direction: Direction) -> Option<Arc<Schema>> {
        self.schema(content.schema.as_ref()?, direction)
    }
}

/// The maximum nesting depth at which a schema is relaxed.
const MAX_DEPTH: usize = 80;

/// Lets a value that names one alternative of a `discriminator` match that one alone: the others, which often allow whatever members
/// it has, are not meant. A value that names none is compared with all of them.
fn discriminate(entries: &mut Map<String, Value>) {
    let last = |reference: &str| reference.rsplit('/').next().unwrap_or_default().to_owned();
    let Some(discriminator) = entries.get("discriminator") else { return };
    let Some(property) = discriminator.get("propertyName").and_then(Value::as_str).map(str::to_owned) else {
        return;
    };
    let mapping: Vec<(String, String)> = match discriminator.get("mapping").and_then(Value::as_object) {
        Some(mapping) => {
            mapping.iter().filter_map(|(name, to)| Some((name.clone(), last(to.as_str()?)))).collect()
        }
        None => Vec::new(),
    };
    let Some(Value::Array(alternatives)) = entries.get_mut("oneOf") else { return };
    let target = |it: &Value| it.get("$ref").and_then(Value::as_str).map(last);
    let targets: Vec<Option<String>> = alternatives.iter().map(target).collect();
    let names = |target: &Option<String>| -> Vec<String> {
        let Some(target) = target else { return Vec::new() };
        let mapped = mapping.iter().filter(|(_, to)| to == target).map(|(name, _)| name.clone());
        let mapped: Vec<String> = mapped.collect();
        // Without a mapping, a schema has its own name.
        if mapping.is_empty() { vec![target.clone()] } else { mapped }
    };
    let all: Vec<Vec<String>> = targets.iter().map(names).collect();
    for (index, alternative) in alternatives.iter_mut().enumerate() {
        let Some(alternative) = alternative.as_object_mut().filter(|it| it.contains_key("$ref")) else {
            continue;
        };
        let others = all.iter().enumerate().filter(|(other, _)| *other != index);
        let others: BTreeSet<&String> = others.flat_map(|(_, names)| names).collect();
        let others: Vec<&String> = others.into_iter().filter(|name| !all[index].contains(name)).collect();
        if !others.is_empty() && !alternative.contains_key("properties") {
            let not_another = json!({ "not": { "enum": others } });
            alternative.insert("properties".to_owned(), json!({ property.as_str(): not_another }));
        }
    }
}

/// Removes `readOnly` properties (for requests) or `writeOnly` properties (for responses) from `required`, because
/// they need not be present in that direction.
fn relax(schema: &mut Value, bundle: &Bundle, direction: Direction, depth: usize) {
    if depth > MAX_DEPTH {
        return;
    }
    let marker = match direction {
        Direction::Request => "readOnly",
        Direction::Response => "writeOnly",
    };
    match schema {
        Value::Object(entries) => {
            let spared: Vec<String> = entries
                .get("properties")
                .and_then(Value::as_object)
                .into_iter()
                .flatten()
                .filter(|(_, property)| {
                    let marked = |schema: &Value| schema.get(marker) == Some(&Value::Bool(true));
                    marked(property) || marked(bundle.resolve(property))
                })
                .map(|(name, _)| name.clone())
                .collect();
            if let Some(Value::Array(required)) = entries.get_mut("required") {
                required.retain(|name| name.as_str().is_none_or(|name| !spared.iter().any(|it| it == name)));
            }
            discriminate(entries);
            entries.values_mut().for_each(|value| relax(value, bundle, direction, depth + 1));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| relax(item, bundle, direction, depth + 1)),
        _ => {}
    }
}
