//! The operations of an API.

use serde_json::Value;

use failspec_base::message::is_safe;

use super::{
    bundle::SchemaCollector,
    content::Content,
    document::{At, Document},
    parameter::{Parameter, ParameterLocation},
    response::Response,
    security::alternatives,
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
    /// JSON Pointer to the operation. If it is in another file than the main one, the file's name and `#` precede the
    /// pointer.
    pub pointer: String,
}

/// The methods of a path item.
const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

impl Operation {
    pub(super) fn read_all<'a>(
        document: &'a Document,
        gathering: &mut SchemaCollector<'a>,
        warnings: &mut Warnings,
    ) -> Vec<Self> {
        let root = document.root();
        let everywhere = root.get("security").map(|at| alternatives(&at)).unwrap_or_default();
        let mut operations = Vec::new();
        let paths = root.get("paths");
        for (path, at) in paths.iter().flat_map(At::entries).filter(|(path, _)| !path.starts_with("x-")) {
            if !path.starts_with('/') {
                let message = "a path must begin with `/`; this one is ignored";
                warnings.note(document.file(&at), at.pointer.clone(), message);
                continue;
            }
            let Some(at) = document.resolved(at, warnings) else { continue };
            for method in METHODS {
                // The specification allows no reference here, but documents with several files contain them.
                let operation = at.get(method).and_then(|operation| document.resolved(operation, warnings));
                let Some(operation) = operation else { continue };
                if !operation.value.is_object() {
                    let message = "this is not an operation; it is ignored";
                    warnings.note(document.file(&operation), operation.pointer.clone(), message);
                    continue;
                }
                let mut read = Self::read(&at, &operation, document, gathering, warnings);
                method.to_ascii_uppercase().clone_into(&mut read.method);
                path.clone_into(&mut read.path);
                read.complete(document.file(&operation), warnings);
                read.security =
                    operation.get("security").map_or_else(|| everywhere.clone(), |at| alternatives(&at));
                operations.push(read);
            }
        }
        operations
    }

    fn read<'a>(
        path: &At<'a>,
        at: &At<'a>,
        document: &'a Document,
        gathering: &mut SchemaCollector<'a>,
        warnings: &mut Warnings,
    ) -> Self {
        let text = |key: &str| at.value.get(key).and_then(Value::as_str).map(str::to_owned);
        let body = at.get("requestBody").and_then(|body| document.resolved(body, warnings));
        Self {
            id: text("operationId"),
            method: String::new(),
            path: String::new(),
            summary: text("summary").or_else(|| text("description")).unwrap_or_default(),
            parameters: Parameter::read_all(path, at, document, gathering, warnings),
            body_required: body
                .as_ref()
                .is_some_and(|it| it.value.get("required") == Some(&Value::Bool(true))),
            body: body
                .map(|body| Content::read_all(&body, document, gathering, warnings))
                .unwrap_or_default(),
            security: Vec::new(),
            responses: Response::read_all(at, document, gathering, warnings),
            pointer: document.place(at),
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
            && declared
                .zip(asked)
                .all(|(declared, asked)| declared == *asked || (declared.contains('{') && !asked.is_empty()))
    }

    /// Returns its display name: method and path.
    pub fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// Returns true if its method is safe, which means that it changes nothing (RFC 9110, section 9.2.1).
    pub fn is_safe(&self) -> bool {
        is_safe(&self.method)
    }

    /// Returns true if it requires credentials.
    pub fn is_guarded(&self) -> bool {
        !self.security.is_empty() && self.security.iter().all(|schemes| !schemes.is_empty())
    }
}
