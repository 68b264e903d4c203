//! A document as requests and responses are held against it.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError, Weak},
};

use serde_json::Value;

use crate::pack::{Pack, Schema, SchemaRegistry};

use super::{Api, Bundle, Content, Document, DocumentError, Operation, ResponseStatus};

/// A document as requests and responses are held against it: operations are found by path, schemas are compiled when they
/// are first needed.
#[derive(Debug)]
pub struct Declared {
    /// What the document says.
    pub api: Api,
    /// Method and number of segments → the operations that may fit, by index.
    places: HashMap<(String, usize), Vec<usize>>,
    /// The paths of its servers, without a `/` at their end.
    prefixes: Vec<String>,
    /// Compiled schemas by what they are for and their text; `None`: one that cannot be compiled.
    compiled: Mutex<Compiled>,
}

type Compiled = BTreeMap<(Direction, String), Option<Arc<Schema>>>;

/// Which way a body goes: what is only read is not sent, what is only written is not in a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Direction {
    /// From the client to the API.
    Request,
    /// From the API to the client.
    Response,
}

impl Declared {
    /// The document that the contract of a pack names, if it names one.
    ///
    /// # Errors
    /// When it is no OpenAPI document of a version that is known.
    pub fn of(pack: &Pack) -> Result<Option<Self>, DocumentError> {
        let Some(file) = &pack.contract.openapi else { return Ok(None) };
        let document = Document::of_texts(&file.path, &pack.texts)?;
        Ok(Some(Self::new(Api::lenient(&document))))
    }

    /// As [`Self::of`]; runs of one and the same pack that go on at once share it, and what it has compiled.
    ///
    /// # Errors
    /// As for [`Self::of`].
    pub fn shared(pack: &Pack) -> Result<Option<Arc<Self>>, DocumentError> {
        static KNOWN: Mutex<Vec<(String, Weak<Declared>)>> = Mutex::new(Vec::new());
        if pack.contract.openapi.is_none() {
            return Ok(None);
        }
        // Held while it is read: who asks at the same time waits for it instead of reading it again.
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

    /// What is declared by an API.
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
        Self { api, places, prefixes, compiled: Mutex::default() }
    }

    /// The path of its first server below which its operations are, without a `/` at its end.
    pub fn base_path(&self) -> &str {
        self.prefixes.first().map_or("", String::as_str)
    }

    /// The operation that a request is, by its path below the target's URL; the path may begin with that of a server
    /// of the document. Of several that fit, the one with the fewest parameters, as the specification has it.
    pub fn operation(&self, method: &str, path: &str) -> Option<&Operation> {
        let shortened = self.prefixes.iter().filter_map(|prefix| path.strip_prefix(prefix.as_str()));
        [path].into_iter().chain(shortened).find_map(|path| {
            let asked: Vec<&str> = path.split('/').collect();
            let known = self.places.get(&(method.to_owned(), asked.len()))?;
            let fitting = known.iter().map(|index| &self.api.operations[*index]).filter(|it| it.fits(&asked));
            fitting.min_by_key(|operation| operation.path.matches('{').count())
        })
    }

    /// An operation on a path that declares a status: where a method is refused, there is no operation of that method.
    pub fn declaring(&self, path: &str, status: u16) -> Option<&Operation> {
        let declares =
            |it: &&Operation| it.responses.iter().any(|it| it.status == ResponseStatus::Exactly(status));
        self.methods(path).into_iter().filter_map(|method| self.operation(method, path)).find(declares)
    }

    /// The methods that are declared for a path.
    pub fn methods(&self, path: &str) -> Vec<&str> {
        let mut methods: Vec<&str> = self.api.operations.iter().map(|it| it.method.as_str()).collect();
        methods.sort_unstable();
        methods.dedup();
        methods.retain(|method| self.operation(method, path).is_some());
        methods
    }

    /// The schema of a body, or of a part of a request, compiled; `None` if none is declared or it cannot be compiled.
    pub fn schema(&self, schema: &Value, direction: Direction) -> Option<Arc<Schema>> {
        let key = (direction, schema.to_string());
        let mut compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        let compile = || {
            let mut whole = self.api.bundle.complete(schema);
            relax(&mut whole, &self.api.bundle, direction, 0);
            Schema::compile(whole, &SchemaRegistry::default()).ok().map(Arc::new)
        };
        compiled.entry(key).or_insert_with(compile).clone()
    }

    /// As [`Self::schema`], of a declared content.
    pub fn content(&self, content: &Content, direction: Direction) -> Option<Arc<Schema>> {
        self.schema(content.schema.as_ref()?, direction)
    }
}

/// The deepest nesting of a schema that is looked at.
const DEEPEST: usize = 80;

/// What is `readOnly` need not be sent, and what is `writeOnly` is not in a response, even where it is `required`.
fn relax(schema: &mut Value, bundle: &Bundle, direction: Direction, depth: usize) {
    if depth > DEEPEST {
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
            entries.values_mut().for_each(|value| relax(value, bundle, direction, depth + 1));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| relax(item, bundle, direction, depth + 1)),
        _ => {}
    }
}
