//! The operations of an API.

use serde_json::Value;

use failspec_base::message::{is_safe, is_token};

use super::{
    at::At,
    bundle::SchemaCollector,
    content::Content,
    document::Document,
    parameter::{Parameter, ParameterLocation},
    path_template::fits_segment,
    response::Response,
    security::alternatives,
    servers::{Place, Servers},
    warning::Warnings,
};

/// An operation: a method on a path.
#[derive(Debug, Clone)]
pub struct Operation {
    /// Its `operationId`.
    pub id: Option<String>,
    /// The method in upper case.
    pub method: String,
    /// The path with `{parameters}`, without the path of the server.
    pub path: String,
    /// The summary from the document, or else the description.
    pub summary: String,
    /// The description, empty if there is none.
    pub description: String,
    /// Its parameters, including those of the path.
    pub parameters: Vec<Parameter>,
    /// The media types of its request body.
    pub body: Vec<Content>,
    /// True if a request must have a body.
    pub body_required: bool,
    /// Alternative sets of security schemes, one of which is sufficient; an empty set means that no credentials are
    /// needed.
    pub security: Vec<Vec<String>>,
    /// Its declared responses.
    pub responses: Vec<Response>,
    /// The URL of its server, if it is not below a server of the document: a request to the target does not reach it.
    pub elsewhere: Option<String>,
    /// JSON Pointer to the operation. If it is in another file than the main one, the file's name and `#` precede the
    /// pointer.
    pub pointer: String,
}

/// The methods of a path item.
const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// Keys of a path item that are not operations.
const PATH_KEYS: [&str; 5] = ["$ref", "summary", "description", "servers", "parameters"];

impl Operation {
    pub(super) fn read_all<'a>(
        document: &'a Document,
        gathering: &mut SchemaCollector<'a>,
        warnings: &mut Warnings,
    ) -> Vec<Self> {
        let root = document.root();
        let everywhere = root.get("security").map(|at| alternatives(&at)).unwrap_or_default();
        let servers = Servers::of(&root);
        let mut operations = Vec::new();
        let paths = root.get("paths").and_then(|paths| document.resolved(paths, warnings));
        let paths: Vec<(&str, At<'a>)> =
            paths.iter().flat_map(At::entries).filter(|(path, _)| !path.starts_with("x-")).collect();
        for (written, at) in &paths {
            let path = match plain_path(written, &paths) {
                Ok(path) => path,
                Err(message) => {
                    warnings.lost(document.file(at), at.pointer.clone(), message);
                    continue;
                }
            };
            if path.len() < written.len() {
                let message =
                    format!("a path has neither `?` nor `#`; this one is read as `{}`", path.escape_debug());
                warnings.note(document.file(at), at.pointer.clone(), message);
            }
            let items = path_items(at.clone(), document, warnings);
            let Some(first) = items.first() else { continue };
            for (method, operation) in methods(&items, document, warnings) {
                // The specification allows no reference here, but documents with several files contain them.
                let Some(operation) = document.resolved(operation, warnings) else { continue };
                if !operation.value.is_object() {
                    let message = "this is not an operation; it is ignored";
                    warnings.lost(document.file(&operation), operation.pointer.clone(), message);
                    continue;
                }
                let mut read = Self::read(&items, &operation, document, gathering, warnings);
                read.method = method;
                let own = [operation.get("servers"), first.get("servers")].into_iter().flatten().next();
                match servers.place(own.as_ref()) {
                    Place::Below(prefix) => read.path = format!("{prefix}{path}"),
                    Place::Elsewhere(url) => {
                        path.clone_into(&mut read.path);
                        let message = format!(
                            "its server {} is not one of the document; a request to the target does not reach it",
                            url.escape_debug()
                        );
                        warnings.note(document.file(&operation), operation.pointer.clone(), message);
                        read.elsewhere = Some(url);
                    }
                }
                read.move_to_query(written);
                read.complete(document.file(&operation), warnings);
                read.security =
                    operation.get("security").map_or_else(|| everywhere.clone(), |at| alternatives(&at));
                operations.push(read);
            }
        }
        operations
    }

    fn read<'a>(
        path: &[At<'a>],
        at: &At<'a>,
        document: &'a Document,
        gathering: &mut SchemaCollector<'a>,
        warnings: &mut Warnings,
    ) -> Self {
        let text = |key: &str| at.value.get(key).and_then(Value::as_str).map(str::to_owned);
        if let Some(callbacks) = at.get("callbacks") {
            let message = "callbacks are requests that the API sends; they are not tested";
            warnings.note(document.file(&callbacks), callbacks.pointer, message);
        }
        let body = at.get("requestBody").and_then(|body| document.resolved(body, warnings));
        Self {
            id: text("operationId"),
            method: String::new(),
            path: String::new(),
            summary: text("summary").or_else(|| text("description")).unwrap_or_default(),
            description: text("description").unwrap_or_default(),
            parameters: Parameter::read_all(path, at, document, gathering, warnings),
            body_required: body
                .as_ref()
                .is_some_and(|it| it.value.get("required") == Some(&Value::Bool(true))),
            body: body
                .map(|body| Content::read_all(&body, document, gathering, warnings))
                .unwrap_or_default(),
            security: Vec::new(),
            responses: Response::read_all(at, document, gathering, warnings),
            elsewhere: None,
            pointer: document.place(at),
        }
    }

    /// Makes parameters of the query of those that the written path has behind `?`.
    fn move_to_query(&mut self, written: &str) {
        let query = written.split_once('?').map_or("", |(_, query)| query);
        for part in query.split('&').filter_map(|part| part.split_once('=')) {
            let is_own = |it: &&mut Parameter| {
                it.place == ParameterLocation::Path
                    && part.0 == it.name
                    && part.1 == format!("{{{}}}", it.name)
            };
            if let Some(parameter) = self.parameters.iter_mut().find(is_own) {
                parameter.place = ParameterLocation::Query;
            }
        }
    }

    /// Adds the parameters of its path that are not declared.
    fn complete(&mut self, file: &str, warnings: &mut Warnings) {
        let parts = self.path.split('{').skip(1).filter_map(|part| part.split_once('}'));
        let is_known = |name: &str| {
            let of_path = |it: &Parameter| it.place == ParameterLocation::Path && it.name == name;
            self.parameters.iter().any(of_path)
        };
        let undeclared: Vec<&str> = parts.map(|(name, _)| name).filter(|name| !is_known(name)).collect();
        for name in &undeclared {
            let message = format!("the path parameter `{name}` is not declared; any value is accepted");
            warnings.note(file, self.pointer.clone(), message);
        }
        let pointer = &self.pointer;
        let added: Vec<Parameter> =
            undeclared.iter().map(|name| Parameter::undeclared(name, pointer.clone())).collect();
        self.parameters.extend(added);
    }

    /// Returns true if its path matches the segments of a requested path.
    pub(super) fn fits(&self, asked: &[&str]) -> bool {
        let declared = self.path.split('/');
        declared.clone().count() == asked.len()
            && declared.zip(asked).all(|(declared, asked)| fits_segment(declared, asked))
    }

    /// Returns its display name: method and path.
    pub fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// Returns true if its method is safe, which means that it changes nothing (RFC 9110, section 9.2.1). OpenAPI 3.2
    /// defines QUERY as a safe method with a body.
    pub fn is_safe(&self) -> bool {
        is_safe(&self.method) || self.method == "QUERY"
    }

    /// Returns true if it requires credentials.
    pub fn is_guarded(&self) -> bool {
        !self.security.is_empty() && self.security.iter().all(|schemes| !schemes.is_empty())
    }
}

/// Returns a path without what some documents write behind it, such as the names of parameters of the query.
///
/// # Errors
/// Returns the reason why a path cannot be requested: it is none, or several operations would have the same path.
fn plain_path<'p>(written: &'p str, all: &[(&str, At<'_>)]) -> Result<&'p str, &'static str> {
    if !written.starts_with('/') {
        return Err("a path must begin with `/`; this one is ignored");
    }
    let plain = |path: &str| path.find(['?', '#']).unwrap_or(path.len());
    let path = &written[..plain(written)];
    let is_shared = || all.iter().filter(|(other, _)| other[..plain(other)] == *path).count() > 1;
    if path.len() < written.len() && is_shared() {
        return Err(
            "a path has neither `?` nor `#`, and without them it is the same as another one; it is ignored",
        );
    }
    Ok(path)
}

/// Returns a path item and those that it refers to: the specification leaves open what a key next to its `$ref` means,
/// so both count, and the item itself comes first.
fn path_items<'a>(at: At<'a>, document: &'a Document, warnings: &mut Warnings) -> Vec<At<'a>> {
    let mut items = vec![at.clone()];
    if at.text("$ref").is_some() {
        match document.resolve(at.clone()) {
            Ok(target) => items.push(target),
            Err(why) => warnings.lost(document.file(&at), at.pointer, why),
        }
    }
    items
}

/// Returns the operations of path items, by method.
fn methods<'a>(items: &[At<'a>], document: &Document, warnings: &mut Warnings) -> Vec<(String, At<'a>)> {
    let mut found: Vec<(String, At<'a>)> = Vec::new();
    let has_more = document.version().has_more_methods();
    for item in items {
        let mut add = |method: String, at: At<'a>, warnings: &mut Warnings| {
            if found.iter().any(|(known, _)| *known == method) {
                let message = "the path item has this operation itself; the one that it refers to is ignored";
                warnings.lost(document.file(&at), at.pointer, message);
            } else {
                found.push((method, at));
            }
        };
        for method in METHODS.iter().chain(has_more.then_some(&"query")) {
            if let Some(at) = item.get(method) {
                add(method.to_ascii_uppercase(), at, warnings);
            }
        }
        let additional = item.get("additionalOperations").filter(|_| has_more);
        for (method, at) in additional.iter().flat_map(At::entries) {
            if is_token(method) {
                add(method.to_owned(), at, warnings);
            } else {
                let message = "this is not a valid method; it is ignored";
                warnings.lost(document.file(&at), at.pointer, message);
            }
        }
        let is_known = |key: &str| {
            METHODS.contains(&key)
                || PATH_KEYS.contains(&key)
                || key.starts_with("x-")
                || has_more && ["query", "additionalOperations"].contains(&key)
        };
        for (key, at) in item.entries().filter(|(key, _)| !is_known(key)) {
            let message = format!("`{}` is not a method; it is ignored", key.escape_debug());
            warnings.lost(document.file(&at), at.pointer, message);
        }
    }
    found
}
