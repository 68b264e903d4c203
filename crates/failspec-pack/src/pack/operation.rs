//! Operations: named requests of a contract, and the sources that name them and their parts.

use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

use failspec_base::encoding::unescape_pointer_step;
use failspec_base::syntax::{Decoder, Entry, Field, Fields, MappingSchema, ValueType};

use super::{
    path::{PathTemplate, split_request},
    pointer::Pointer,
    provenance::{Provenance, WORDS},
    request::Line,
};

/// The sources of an operation and of the parts of its request. A parameter of the path is a part of the route.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OperationSources {
    /// True if the contract states the origin of the operation.
    pub is_stated: bool,
    /// The sources of the contract that name the operation or parts of it.
    pub named_by: Vec<String>,
    /// The parts that these sources name.
    pub named: RequestParts,
    /// The parts that no source names, and that are marked as such.
    pub inferred: RequestParts,
    /// True if the contract lists its sources: what none of them names is inferred, also if it is not marked.
    pub is_closed: bool,
}

/// Parts of a request.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RequestParts {
    /// Query parameters.
    pub query: Vec<String>,
    /// Members of the body, each with everything below it.
    pub body: Vec<Pointer>,
}

/// A part of a request.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum RequestPart {
    /// A query parameter.
    Query(String),
    /// A member of the body, at a JSON Pointer.
    Body(String),
}

impl RequestPart {
    /// Returns its name: that of the parameter, or that of the member without what it is in.
    pub fn name(&self) -> Cow<'_, str> {
        match self {
            Self::Query(name) => Cow::Borrowed(name),
            Self::Body(pointer) => unescape_pointer_step(pointer.rsplit('/').next().unwrap_or_default()),
        }
    }

    /// Returns its name, and the names of what it is in, without the indexes of lists.
    pub fn names(&self) -> Vec<Cow<'_, str>> {
        match self {
            Self::Query(name) => vec![Cow::Borrowed(name)],
            Self::Body(pointer) => {
                let steps = pointer.split('/').filter(|step| !step.is_empty());
                let is_name = |step: &&str| !step.bytes().all(|byte| byte.is_ascii_digit());
                let names: Vec<_> = steps.filter(is_name).map(unescape_pointer_step).collect();
                if names.is_empty() { vec![self.name()] } else { names }
            }
        }
    }
}

impl RequestParts {
    /// Returns true if it lists the part, a member that contains it, or a member below it.
    pub fn has(&self, part: &RequestPart) -> bool {
        let is_below = |below: &str, above: &str| {
            below.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        match part {
            RequestPart::Query(name) => self.query.iter().any(|known| known == name),
            RequestPart::Body(member) => self
                .body
                .iter()
                .any(|known| is_below(member, known.as_str()) || is_below(known.as_str(), member)),
        }
    }
}

impl OperationSources {
    /// Returns true if no source names the part of the request: what a fault in it means is always inferred.
    pub fn is_inferred(&self, part: &RequestPart) -> bool {
        self.inferred.has(part) || self.is_closed && !self.named.has(part)
    }
}

impl std::fmt::Display for RequestPart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Query(name) => write!(f, "the query parameter `{name}`"),
            Self::Body(member) => write!(f, "the member `{member}` of the body"),
        }
    }
}

pub(super) static OPERATION: MappingSchema = MappingSchema {
    name: "operation",
    about: "a named request",
    fields: &[
        Field::required("request", ValueType::Text, "METHOD /path, with {parameters}"),
        Field::optional(
            "source",
            ValueType::Words(WORDS),
            "the origin of the path; an `inferred` one shows nothing until a control or a setup on it succeeded",
        ),
        Field::optional(
            "named_by",
            ValueType::List(&ValueType::Name),
            "the `sources` of the contract that name the operation, or the parts of it that are listed here",
        ),
        Field::optional(
            "query",
            ValueType::List(&ValueType::Text),
            "the query parameters that these sources name",
        ),
        Field::optional(
            "body",
            ValueType::List(&ValueType::Pointer),
            "the members of the body that these sources name, each with everything below it",
        ),
        Field::optional(
            "inferred",
            ValueType::MappingSchema(&INFERRED_PARTS),
            "parts that scenarios send and no source names: what a fault in one of them means is always inferred",
        ),
    ],
    also: &[],
};

pub(super) static INFERRED_PARTS: MappingSchema = MappingSchema {
    name: "inferred parts",
    about: "parts of a request that no source names",
    fields: &[
        Field::optional("query", ValueType::List(&ValueType::Text), "query parameters"),
        Field::optional(
            "body",
            ValueType::List(&ValueType::Pointer),
            "members of the body, each with everything below it",
        ),
    ],
    also: &[],
};

/// Reads one operation of a contract. `known` are the sources that the contract lists.
pub(super) fn read_operation(
    entry: &Entry,
    reader: &Decoder,
    known: &BTreeMap<String, String>,
) -> Option<Line> {
    // Most operations consist of only a request.
    let fields = match entry.value.as_text() {
        Some(_) => None,
        None => Some(reader.fields(&entry.value, &OPERATION)?),
    };
    let node = fields.as_ref().map_or(Some(&entry.value), |fields| fields.get("request"))?;
    let source = fields.as_ref().and_then(|fields| fields.get("source"));
    let text = reader.text(node)?;
    let Some((method, path)) = split_request(text) else {
        reader.error_hint(node.span, format!("`{text}` is not a request"), "write `METHOD /path`");
        return None;
    };
    let path = match PathTemplate::parse(path) {
        Ok(path) if path.is_address() => {
            reader.error_hint(
                node.span,
                "an operation must have its own path",
                "write a URL from a response in a scenario: `request: PUT ${upload}`",
            );
            return None;
        }
        Ok(path) => path,
        Err(error) => {
            reader.error(node.span, error.to_string());
            return None;
        }
    };
    let sources = fields.as_ref().map(|fields| OperationSources::read(fields, reader, known));
    let sources = sources.unwrap_or_default();
    Some(Line {
        operation: Some(entry.key.clone()),
        method: method.to_owned(),
        path: Arc::new(path),
        source: source.map_or(Provenance::Documented, |node| Provenance::read(node, reader)),
        sources: Arc::new(OperationSources { is_closed: !known.is_empty(), ..sources }),
    })
}

impl OperationSources {
    fn read(fields: &Fields<'_>, reader: &Decoder, known: &BTreeMap<String, String>) -> Self {
        let named_by = fields.get("named_by").map(|node| reader.list(node)).unwrap_or_default();
        let named_by = named_by.iter().filter_map(|node| {
            let name = reader.text(node)?;
            if !known.contains_key(name) {
                reader.unknown(node.span, "source", name, known.keys().map(String::as_str));
            }
            Some(name.to_owned())
        });
        let inferred = fields.get("inferred").and_then(|node| reader.fields(node, &INFERRED_PARTS));
        Self {
            is_stated: fields.has("source"),
            named_by: named_by.collect(),
            named: RequestParts::read(fields, reader),
            inferred: inferred.map(|fields| RequestParts::read(&fields, reader)).unwrap_or_default(),
            is_closed: false,
        }
    }
}

impl RequestParts {
    fn read(fields: &Fields<'_>, reader: &Decoder) -> Self {
        let list = |key: &str| fields.get(key).map(|node| reader.list(node)).unwrap_or_default();
        let query = list("query").iter().filter_map(|node| reader.text(node)).map(str::to_owned);
        Self {
            query: query.collect(),
            body: list("body").iter().filter_map(|node| Pointer::read(node, reader)).collect(),
        }
    }
}
