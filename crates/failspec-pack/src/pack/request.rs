//! A request as written in a scenario, and overrides of it, such as those of a control or a resend.

use std::sync::Arc;

use base64::Engine as _;

use failspec_base::{
    message::is_safe,
    syntax::{Entry, Field, Fields, Node, NodeValue, ValueType},
    template::{JsonTemplate, Placeholder, Template},
};

use super::{
    body_file::BodyFile,
    multipart::{FILE_BODY, FORM_PART, FormPart},
    operation::OperationSources,
    path::{PathTemplate, split_request},
    provenance::Provenance,
    read_context::ReadContext,
};

/// The method and path of a request.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// The name of the operation, if the scenario names one.
    pub operation: Option<String>,
    /// The method.
    pub method: String,
    /// The path.
    pub path: Arc<PathTemplate>,
    /// The origin of the path. An inferred one shows nothing until a control or a setup on it succeeded.
    pub source: Provenance,
    /// The sources of the parts of the request.
    pub sources: Arc<OperationSources>,
}

/// The body of a request.
#[derive(Debug, Clone, PartialEq)]
pub enum BodyTemplate {
    /// JSON, sent with `Content-Type: application/json` unless the headers specify another type.
    Json(JsonTemplate),
    /// Text, sent exactly as written, without a default content type.
    Text(Template),
    /// A form (`application/x-www-form-urlencoded`).
    Form(Vec<(String, Template)>),
    /// Bytes, sent exactly, without a default content type.
    Bytes(Vec<u8>),
    /// A form of several parts (`multipart/form-data`).
    Multipart(Vec<FormPart>),
    /// A file of the pack, sent exactly.
    File {
        /// The file.
        file: BodyFile,
        /// The content type; `None` for no default.
        media_type: Option<String>,
    },
}

/// A request with placeholders.
#[derive(Debug, Clone, PartialEq)]
pub struct RequestTemplate {
    /// Method and path.
    pub line: Line,
    /// The role to authenticate as; `None` for no credentials.
    pub role: Option<String>,
    /// Values of the path's `{parameters}`.
    pub path: Vec<(String, Template)>,
    /// Query parameters in order; a name may appear several times.
    pub query: Vec<(String, Template)>,
    /// Headers in order.
    pub headers: Vec<(String, Template)>,
    /// Headers that must not be sent, not even by default; they are `null` in the file.
    pub suppressed: Vec<String>,
    /// Query parameters that must not be sent, not even as credentials; they are `null` in the file.
    pub suppressed_query: Vec<String>,
    /// The body.
    pub body: Option<Box<BodyTemplate>>,
}

/// Overrides of a request: `None` keeps a part, `Some(None)` removes it.
#[derive(Debug, Clone, Default)]
pub struct RequestPatch {
    line: Option<Line>,
    role: Option<Option<String>>,
    path: Option<Vec<(String, Option<Vec<Template>>)>>,
    query: Option<Vec<(String, Option<Vec<Template>>)>>,
    headers: Option<Vec<(String, Option<Vec<Template>>)>>,
    body: Option<Option<BodyTemplate>>,
    /// True for each of `path`, `query` and `headers` that is `null` as a whole.
    cleared: [bool; 3],
}

const SCALARS: ValueType =
    ValueType::Either(&[ValueType::Scalar, ValueType::Null, ValueType::List(&ValueType::Scalar)]);
const BY_NAME: ValueType = ValueType::Either(&[ValueType::Map(&SCALARS), ValueType::Null]);

const PARTS: ValueType =
    ValueType::Either(&[ValueType::List(&ValueType::MappingSchema(&FORM_PART)), ValueType::Null]);
const SENT_FILE: ValueType =
    ValueType::Either(&[ValueType::Text, ValueType::MappingSchema(&FILE_BODY), ValueType::Null]);

/// The keys of a request, shared by every mapping that contains one.
pub(super) const KEYS: &[Field] = &[
    Field::optional("request", ValueType::Text, "the name of an operation, or `METHOD /path`"),
    Field::optional(
        "as",
        ValueType::Either(&[ValueType::Name, ValueType::Null]),
        "the role to authenticate as (`null`: no credentials); steps inherit that of the request under test",
    ),
    Field::optional(
        "path",
        BY_NAME,
        "values of the path's {parameters}; the default is the variable of the same name",
    ),
    Field::optional("query", BY_NAME, "query parameters by name; a list repeats the parameter"),
    Field::optional("headers", BY_NAME, "request headers by name"),
    Field::optional("json", ValueType::Any, "a JSON body"),
    Field::optional(
        "text",
        ValueType::Either(&[ValueType::Text, ValueType::Null]),
        "a body that is sent exactly as written",
    ),
    Field::optional(
        "form",
        ValueType::Either(&[ValueType::Map(&ValueType::Scalar), ValueType::Null]),
        "a form-encoded body",
    ),
    Field::optional(
        "bytes",
        ValueType::Either(&[ValueType::Text, ValueType::Null]),
        "a base64-encoded body, sent decoded",
    ),
    Field::optional(
        "multipart",
        PARTS,
        "a body of several parts, as forms with files have (`multipart/form-data`)",
    ),
    Field::optional("file", SENT_FILE, "a body that is a file in the folder of the scenarios, sent exactly"),
];

/// The keys of which a request has at most one: its body.
pub(super) const BODIES: [&str; 6] = ["json", "text", "form", "bytes", "multipart", "file"];

impl RequestPatch {
    /// Reads the keys of a request in a mapping.
    pub(super) fn read(fields: &Fields<'_>, names: &ReadContext<'_>) -> Self {
        let mut patch = Self::default();
        if let Some(node) = fields.get("request") {
            patch.line = Line::read(node, names);
        }
        if let Some(node) = fields.get("as") {
            patch.role = if node.is_null() { Some(None) } else { role(node, names).map(Some) };
        }
        for (index, key) in ["path", "query", "headers"].into_iter().enumerate() {
            let Some(node) = fields.get(key) else {
                continue;
            };
            patch.cleared[index] = node.is_null();
            let values = Some(by_name(node, names));
            match key {
                "path" => patch.path = values,
                "query" => patch.query = values,
                _ => patch.headers = values,
            }
        }
        let bodies: Vec<&Entry> = BODIES.iter().filter_map(|key| fields.entry(key)).collect();
        if let [_, second, ..] = bodies.as_slice() {
            names.reader.error_hint(
                second.key_span,
                "a request can have only one body",
                "keep one of `json`, `text`, `form`, `bytes`, `multipart` and `file`",
            );
        }
        if let Some(entry) = bodies.first() {
            // `json: null` is the body `null`. To remove a JSON body, write `text: null`.
            patch.body = if entry.value.is_null() && entry.key != "json" {
                Some(None)
            } else {
                body(entry, names).map(Some)
            };
        }
        patch
    }

    /// Returns a request that consists of only this patch.
    pub(super) fn into_request(self) -> Option<RequestTemplate> {
        let line = self.line.clone()?;
        let empty = RequestTemplate {
            line,
            role: None,
            path: Vec::new(),
            query: Vec::new(),
            headers: Vec::new(),
            suppressed: Vec::new(),
            suppressed_query: Vec::new(),
            body: None,
        };
        Some(empty.with(&self))
    }

    /// Returns true if it has a method and a path, or an operation.
    pub(super) fn has_line(&self) -> bool {
        self.line.is_some()
    }
}

impl RequestTemplate {
    /// Returns this request with overrides: `request`, `as` and the body replace; `path`, `query` and `headers`
    /// merge. If the path is replaced, values for which it has no parameter are dropped.
    #[must_use]
    pub fn with(&self, patch: &RequestPatch) -> Self {
        let mut request = self.clone();
        if let Some(line) = &patch.line {
            request.line = line.clone();
            // Values for parameters that only the old path has are not meant for the new one.
            request.path.retain(|(name, _)| line.path.parameters().any(|parameter| parameter == name));
        }
        if let Some(role) = &patch.role {
            request.role = role.clone();
        }
        if let Some(body) = &patch.body {
            request.body = body.clone().map(Box::new);
        }
        let [_, no_query, no_headers] = patch.cleared;
        for (suppressed, own, overrides, cleared) in [
            (&mut request.suppressed, &request.headers, &patch.headers, no_headers),
            (&mut request.suppressed_query, &request.query, &patch.query, no_query),
        ] {
            if cleared {
                suppressed.clear();
            }
            for (name, values) in overrides.iter().flatten() {
                suppressed.retain(|known| !known.eq_ignore_ascii_case(name));
                // `null` takes away what is there: the value of the request that is overridden, else what would be sent
                // without being written.
                let is_written = own.iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
                if values.is_none() && !is_written {
                    suppressed.push(name.clone());
                }
            }
        }
        let merges = [
            (&mut request.path, &patch.path),
            (&mut request.query, &patch.query),
            (&mut request.headers, &patch.headers),
        ];
        for ((own, overrides), cleared) in merges.into_iter().zip(patch.cleared) {
            if cleared {
                own.clear();
            }
            for (name, values) in overrides.iter().flatten() {
                merge(own, name, values.as_deref());
            }
            own.shrink_to_fit();
        }
        request
    }

    /// Returns the names that its placeholders need, and the parameters of its path that are not given.
    pub fn names(&self) -> Vec<&str> {
        let by_name = [&self.path, &self.query, &self.headers];
        let mut names: Vec<&str> = by_name
            .into_iter()
            .flatten()
            .flat_map(|(_, template)| template.holes())
            .chain(self.line.path.holes())
            .filter_map(Placeholder::name)
            .collect();
        match self.body.as_deref() {
            Some(BodyTemplate::Json(template)) => {
                names.extend(template.holes().into_iter().filter_map(Placeholder::name))
            }
            Some(BodyTemplate::Text(template)) => {
                names.extend(template.holes().filter_map(Placeholder::name))
            }
            Some(BodyTemplate::Form(fields)) => {
                names.extend(
                    fields.iter().flat_map(|(_, template)| template.holes()).filter_map(Placeholder::name),
                );
            }
            Some(BodyTemplate::Multipart(parts)) => {
                names.extend(parts.iter().flat_map(FormPart::holes).filter_map(Placeholder::name));
            }
            Some(BodyTemplate::Bytes(_) | BodyTemplate::File { .. }) | None => {}
        }
        let given = |parameter: &&str| !self.path.iter().any(|(name, _)| name == parameter);
        names.extend(self.line.path.parameters().filter(given));
        names
    }

    /// Returns the value of the parameter of its query by which a removal names a thing: `DELETE /keys?id=…`.
    pub fn removed_by_query(&self) -> Option<&Template> {
        const ENDS: [&str; 5] = ["name", "key", "slug", "uuid", "id"];
        let is_id = |name: &str| ENDS.iter().any(|end| name.to_ascii_lowercase().ends_with(end));
        let names_no_thing = self.line.method == "DELETE" && !self.line.path.written.ends_with('}');
        let named = self.query.iter().find(|(name, _)| names_no_thing && is_id(name));
        named.map(|(_, value)| value)
    }

    /// Returns the names whose values are parts of its path.
    pub fn names_in_path(&self) -> impl Iterator<Item = &str> {
        let given = |parameter: &&str| !self.path.iter().any(|(name, _)| name == parameter);
        let holes = self.path.iter().flat_map(|(_, template)| template.holes()).chain(self.line.path.holes());
        holes.filter_map(Placeholder::name).chain(self.line.path.parameters().filter(given))
    }

    /// Returns the names whose values are parts of a longer text or of the path, where `null` cannot be left out.
    pub fn names_in_text(&self) -> impl Iterator<Item = &str> {
        let parameters = self.query.iter().chain(&self.headers).map(|(_, template)| template);
        let body = match self.body.as_deref() {
            Some(BodyTemplate::Json(template)) => template.names_in_text(),
            Some(BodyTemplate::Text(template)) => template.holes().filter_map(Placeholder::name).collect(),
            Some(BodyTemplate::Form(fields)) => {
                fields.iter().flat_map(|(_, template)| template.names_in_text()).collect()
            }
            Some(BodyTemplate::Multipart(parts)) => parts.iter().flat_map(FormPart::names_in_text).collect(),
            Some(BodyTemplate::Bytes(_) | BodyTemplate::File { .. }) | None => Vec::new(),
        };
        self.names_in_path().chain(parameters.flat_map(Template::names_in_text)).chain(body)
    }

    /// Returns the files of the pack that it sends.
    pub fn files(&self) -> impl Iterator<Item = &BodyFile> {
        self.body.iter().flat_map(|body| body.files())
    }

    /// Returns true if the method is safe, which means that it promises to change nothing (RFC 9110, section 9.2.1).
    pub fn is_safe(&self) -> bool {
        is_safe(&self.line.method)
    }
}

/// Replaces the values of a name at their position, or appends them; `None` removes them.
fn merge(own: &mut Vec<(String, Template)>, name: &str, values: Option<&[Template]>) {
    // Header names are case-insensitive, and no API has two parameters that differ only in case.
    let at = own.iter().position(|(known, _)| known.eq_ignore_ascii_case(name));
    own.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
    let at = at.unwrap_or(own.len()).min(own.len());
    let values = values.unwrap_or_default().iter().cloned();
    own.splice(at..at, values.map(|value| (name.to_owned(), value)));
}

impl Line {
    pub(super) fn read(node: &Node, names: &ReadContext<'_>) -> Option<Self> {
        let text = names.reader.text(node)?;
        if let Some((method, path)) = split_request(text) {
            return match PathTemplate::parse(path) {
                Ok(path) => {
                    names.check(node, path.holes());
                    Some(Self {
                        operation: None,
                        method: method.to_owned(),
                        path: Arc::new(path),
                        source: Provenance::Documented,
                        sources: Arc::default(),
                    })
                }
                Err(error) => {
                    names.reader.error(node.span, error.to_string());
                    None
                }
            };
        }
        if text.contains(' ') || text.contains('/') {
            names.reader.error_hint(
                node.span,
                format!("`{text}` is neither an operation nor a request"),
                "write the name of an operation of the contract, or `METHOD /path`",
            );
            return None;
        }
        let operation = names.contract.operations.get(text);
        if operation.is_none() {
            let known = names.contract.operations.keys().map(String::as_str);
            names.reader.unknown(node.span, "operation", text, known);
        }
        operation.cloned()
    }
}

fn role(node: &Node, names: &ReadContext<'_>) -> Option<String> {
    let name = names.reader.text(node)?;
    if !names.contract.roles.contains_key(name) {
        let known = names.contract.roles.keys().map(String::as_str);
        names.reader.unknown(node.span, "role", name, known);
        return None;
    }
    Some(name.to_owned())
}

fn by_name(node: &Node, names: &ReadContext<'_>) -> Vec<(String, Option<Vec<Template>>)> {
    names
        .reader
        .entries(node)
        .iter()
        .filter_map(|entry| {
            names.refuse_template(&entry.key, entry.key_span);
            let values = match &entry.value.value {
                NodeValue::Null => None,
                // No time at all is not there.
                NodeValue::List(items) if items.is_empty() => None,
                _ => Some(
                    names
                        .reader
                        .items(&entry.value)
                        .iter()
                        .map(|item| names.template(item))
                        .collect::<Option<_>>()?,
                ),
            };
            Some((literal_name(&entry.key), values))
        })
        .collect()
}

/// Returns the name that is meant: it has no placeholders, but their escapes, as a value has.
fn literal_name(name: &str) -> String {
    name.replace("$${", "${")
}

fn body(entry: &Entry, names: &ReadContext<'_>) -> Option<BodyTemplate> {
    let node = &entry.value;
    match entry.key.as_str() {
        "json" => names.json(node).map(BodyTemplate::Json),
        "text" => names.template(node).map(BodyTemplate::Text),
        "form" => names
            .reader
            .entries(node)
            .iter()
            .map(|entry| {
                names.refuse_template(&entry.key, entry.key_span);
                Some((literal_name(&entry.key), names.template(&entry.value)?))
            })
            .collect::<Option<_>>()
            .map(BodyTemplate::Form),
        "multipart" => BodyTemplate::read_multipart(node, names),
        "file" => BodyTemplate::read_file(node, names),
        _ => {
            let text = names.reader.text(node)?;
            let bytes = base64::engine::general_purpose::STANDARD.decode(text.replace(['\n', ' '], ""));
            if bytes.is_err() {
                names.reader.error_hint(node.span, "this is not base64", "for text, write `text:` instead");
            }
            bytes.ok().map(BodyTemplate::Bytes)
        }
    }
}
