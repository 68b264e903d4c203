//! Requests, and overrides of requests.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value};

use failspec_base::syntax::{Decoder, Fields, Node, NodeValue};

use super::{
    super::{PathTemplate, cleanup::REQUEST, request::BODIES, split_request},
    file_value::{FileMapping, FileValue, Tree},
    values::Override,
};

/// The keys of a request.
#[cfg(test)]
pub(super) const KEYS: [&str; 11] =
    ["request", "as", "path", "query", "headers", "json", "text", "form", "bytes", "multipart", "file"];

/// A request, or the changes that a control or a step makes to one.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RequestSource {
    /// `METHOD /path`, or the name of an operation.
    pub line: Option<String>,
    /// The role.
    pub role: Option<Override<String>>,
    /// Values of the path's parameters.
    pub path: Parameters,
    /// Query parameters.
    pub query: Parameters,
    /// Headers.
    pub headers: Parameters,
    /// The body.
    pub body: Option<BodySource>,
}

/// Parameters by name.
#[derive(Debug, Clone, PartialEq)]
pub enum Parameters {
    /// These parameters; those of the request that they change are kept.
    Named(Vec<(String, ParameterValue)>),
    /// None: `null`.
    Removed,
}

impl Default for Parameters {
    fn default() -> Self {
        Self::Named(Vec::new())
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Parameters {
    /// Creates parameters; a name that occurs several times becomes one with several values.
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        let mut named: Vec<(String, Vec<Value>)> = Vec::new();
        for (name, value) in pairs {
            let (name, value) = (name.into(), Value::String(value.into()));
            match named.iter_mut().find(|(known, _)| *known == name) {
                Some((_, values)) => values.push(value),
                None => named.push((name, vec![value])),
            }
        }
        let values = named.into_iter().map(|(name, mut values)| match values.pop() {
            Some(value) if values.is_empty() => (name, ParameterValue::One(value)),
            last => (name, ParameterValue::Several(values.into_iter().chain(last).collect())),
        });
        Self::Named(values.collect())
    }
}

/// The value of a parameter.
#[derive(Debug, Clone, PartialEq)]
pub enum ParameterValue {
    /// A scalar.
    One(Value),
    /// Several scalars, which repeat the parameter.
    Several(Vec<Value>),
    /// The parameter is removed: `null`.
    Removed,
}

/// The body of a request.
#[derive(Debug, Clone, PartialEq)]
pub enum BodySource {
    /// A JSON value.
    Json(Value),
    /// A text that is sent exactly.
    Text(String),
    /// A form.
    Form(Vec<(String, Value)>),
    /// Bytes that are sent exactly.
    Bytes(Vec<u8>),
    /// The parts of a form, as a file has them.
    Multipart(Value),
    /// A file of the pack: its path, or a mapping with its media type.
    File(Value),
    /// The body is removed.
    Removed,
}

impl RequestSource {
    /// Creates a request with only a method and a path, or the name of an operation.
    pub fn to(line: impl Into<String>) -> Self {
        Self { line: Some(line.into()), ..Self::default() }
    }

    /// Returns the names of the `{parameters}` in its path.
    pub fn parameters(&self) -> Vec<String> {
        let path = self.line.as_deref().and_then(split_request).map(|(_, path)| path);
        let path = path.and_then(|path| PathTemplate::parse(path).ok());
        path.iter().flat_map(|path| path.parameters()).map(str::to_owned).collect()
    }
}

impl FileMapping for RequestSource {
    fn entries(&self) -> Vec<(String, Tree)> {
        let mut entries = Vec::new();
        let mut add = |key: &str, tree: Option<Tree>| entries.extend(tree.map(|tree| (key.to_owned(), tree)));
        add("request", self.line.entry());
        add("as", self.role.entry());
        add("path", self.path.entry());
        add("query", self.query.entry());
        add("headers", self.headers.entry());
        match &self.body {
            None => {}
            Some(BodySource::Json(value)) => add("json", Some(value.tree())),
            Some(BodySource::Text(text)) => add("text", Some(text.tree())),
            Some(BodySource::Form(fields)) => add("form", Some(fields.tree().inline())),
            Some(BodySource::Bytes(bytes)) => add("bytes", Some(Tree::Inline(STANDARD.encode(bytes).into()))),
            Some(BodySource::Multipart(parts)) => add("multipart", Some(parts.tree())),
            Some(BodySource::File(file)) => add("file", Some(file.tree())),
            // `json: null` would be the body `null`.
            Some(BodySource::Removed) => add("text", Some(Tree::Inline(Value::Null))),
        }
        entries
    }

    fn from_fields(fields: &Fields<'_>, reader: &Decoder) -> Option<Self> {
        let text = |key: &str| fields.get(key).map(|node| reader.text(node).map(str::to_owned));
        let parameters = |key: &str| match fields.get(key) {
            Some(node) => Parameters::read(node, reader),
            None => Some(Parameters::default()),
        };
        let role = fields.get("as").map(|node| Override::read(node, reader));
        let (path, query, headers) = (parameters("path"), parameters("query"), parameters("headers"));
        let body = BODIES.iter().find_map(|key| fields.entry(key));
        let body = body.map(|entry| BodySource::read(&entry.key, &entry.value, reader));
        Some(Self {
            line: text("request").map_or(Some(None), |line| line.map(Some))?,
            role: role.map_or(Some(None), |role| role.map(Some))?,
            path: path?,
            query: query?,
            headers: headers?,
            body: body.map_or(Some(None), |body| body.map(Some))?,
        })
    }
}

/// A request as the value of a key of its own, on one line.
impl FileValue for RequestSource {
    fn tree(&self) -> Tree {
        Tree::Map(self.entries()).inline()
    }

    fn read(node: &Node, reader: &Decoder) -> Option<Self> {
        Self::from_fields(&reader.fields(node, &REQUEST)?, reader)
    }
}

impl FileValue for Parameters {
    fn tree(&self) -> Tree {
        match self {
            Self::Named(named) => named.tree().inline(),
            Self::Removed => Tree::Inline(Value::Null),
        }
    }

    fn read(node: &Node, reader: &Decoder) -> Option<Self> {
        if node.is_null() { Some(Self::Removed) } else { Vec::read(node, reader).map(Self::Named) }
    }

    fn entry(&self) -> Option<Tree> {
        match self {
            Self::Named(named) if named.is_empty() => None,
            _ => Some(self.tree()),
        }
    }
}

impl FileValue for ParameterValue {
    fn tree(&self) -> Tree {
        Tree::Inline(match self {
            Self::One(value) => value.clone(),
            Self::Several(values) => Value::Array(values.clone()),
            Self::Removed => Value::Null,
        })
    }

    fn read(node: &Node, _reader: &Decoder) -> Option<Self> {
        Some(match &node.value {
            NodeValue::Null => Self::Removed,
            NodeValue::List(items) => Self::Several(items.iter().map(Node::to_json).collect()),
            _ => Self::One(node.to_json()),
        })
    }
}

impl BodySource {
    fn read(key: &str, node: &Node, reader: &Decoder) -> Option<Self> {
        match (key, &node.value) {
            ("json", _) => Some(Self::Json(node.to_json())),
            (_, NodeValue::Null) => Some(Self::Removed),
            ("multipart", _) => Some(Self::Multipart(node.to_json())),
            ("file", _) => Some(Self::File(node.to_json())),
            ("text", _) => String::read(node, reader).map(Self::Text),
            ("form", _) => match node.to_json() {
                Value::Object(fields) => Some(Self::Form(Map::into_iter(fields).collect())),
                _ => {
                    reader.wrong_kind(node, "a mapping");
                    None
                }
            },
            _ => {
                let text = reader.text(node)?.replace(['\n', ' '], "");
                let bytes = STANDARD.decode(text);
                if bytes.is_err() {
                    reader.error(node.span, "this is not base64");
                }
                bytes.ok().map(Self::Bytes)
            }
        }
    }
}
