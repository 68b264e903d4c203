//! The declared responses of an operation.

use std::fmt;

use serde_json::Value;

use super::{at::At, bundle::SchemaCollector, content::Content, document::Document, warning::Warnings};

/// The statuses that a response is declared for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ResponseStatus {
    /// A single status.
    Exactly(u16),
    /// A class of statuses such as `4XX`, by its first digit.
    Class(u16),
    /// All statuses that are not declared otherwise.
    Default,
}

impl ResponseStatus {
    fn parse(text: &str) -> Option<Self> {
        if text.eq_ignore_ascii_case("default") {
            return Some(Self::Default);
        }
        let (first, rest) = text.split_at_checked(1)?;
        let hundreds = first.parse::<u16>().ok().filter(|hundreds| (1..=5).contains(hundreds))?;
        if rest.eq_ignore_ascii_case("xx") {
            return Some(Self::Class(hundreds));
        }
        text.parse().ok().filter(|status| (100..600).contains(status)).map(Self::Exactly)
    }

    /// Returns how closely it matches a status (the closest declaration applies); `None` if it does not match.
    fn closeness(self, status: u16) -> Option<u8> {
        match self {
            Self::Exactly(wanted) => (wanted == status).then_some(2),
            Self::Class(hundreds) => (status / 100 == hundreds).then_some(1),
            Self::Default => Some(0),
        }
    }

    /// Returns true if it can be the status of a failure: 400 and above, or `default`.
    pub fn may_be_failure(self) -> bool {
        match self {
            Self::Exactly(status) => status >= 400,
            Self::Class(hundreds) => hundreds >= 4,
            Self::Default => true,
        }
    }
}

impl fmt::Display for ResponseStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(status) => write!(f, "{status}"),
            Self::Class(hundreds) => write!(f, "{hundreds}XX"),
            Self::Default => f.write_str("default"),
        }
    }
}

/// A declared response.
#[derive(Debug, Clone)]
pub struct Response {
    /// The statuses that the response is declared for.
    pub status: ResponseStatus,
    /// The description in the document.
    pub description: String,
    /// Its headers.
    pub headers: Vec<ResponseHeader>,
    /// The media types of its body; empty if no body is declared.
    pub content: Vec<Content>,
    /// The reason why only its status is known: a reference that leads nowhere.
    pub lost: Option<String>,
    /// JSON Pointer to the response. If it is in another file than the main one, the file's name and `#` precede the
    /// pointer.
    pub pointer: String,
}

/// A header of a declared response.
#[derive(Debug, Clone)]
pub struct ResponseHeader {
    /// Its name.
    pub name: String,
    /// True if the header is always present.
    pub required: bool,
    /// The schema of its value, with references into the bundle.
    pub schema: Option<Value>,
}

impl Response {
    pub(super) fn read_all<'a>(
        operation: &At<'a>,
        document: &'a Document,
        gathering: &mut SchemaCollector<'a>,
        warnings: &mut Warnings,
    ) -> Vec<Self> {
        let mut responses = Vec::new();
        let declared = operation.get("responses").and_then(|it| document.resolved(it, warnings));
        let Some(declared) = declared else {
            let message = "no responses are declared";
            warnings.note(document.file(operation), operation.pointer.clone(), message);
            return responses;
        };
        for (status, at) in declared.entries() {
            if status.starts_with("x-") {
                continue;
            }
            let Some(status) = ResponseStatus::parse(status) else {
                let message = "this is not a status; the response is ignored";
                warnings.lost(document.file(&at), at.pointer.clone(), message);
                continue;
            };
            let pointer = document.place(&at);
            let Some(at) = document.resolved(at.clone(), warnings) else {
                let (description, headers, content) = (String::new(), Vec::new(), Vec::new());
                let lost = document.resolve(at).err();
                responses.push(Self { status, description, headers, content, lost, pointer });
                continue;
            };
            let description = at.value.get("description").and_then(Value::as_str).unwrap_or_default();
            responses.push(Self {
                status,
                description: description.to_owned(),
                headers: ResponseHeader::read_all(&at, document, gathering, warnings),
                content: Content::read_all(&at, document, gathering, warnings),
                lost: None,
                pointer,
            });
        }
        responses
    }

    /// Returns the declaration that applies to a status.
    pub fn of(responses: &[Self], status: u16) -> Option<&Self> {
        let fitting = responses.iter().filter_map(|it| Some((it.status.closeness(status)?, it)));
        fitting.max_by_key(|(closeness, _)| *closeness).map(|(_, response)| response)
    }
}

impl ResponseHeader {
    /// Returns the type that its schema names.
    pub fn kind(&self) -> Option<&str> {
        self.schema.as_ref()?.get("type")?.as_str()
    }

    fn read_all<'a>(
        response: &At<'a>,
        document: &'a Document,
        gathering: &mut SchemaCollector<'a>,
        warnings: &mut Warnings,
    ) -> Vec<Self> {
        let mut headers = Vec::new();
        for (name, at) in response.get("headers").iter().flat_map(At::entries) {
            // According to the specification, `Content-Type` is described by `content`, and a declaration here is
            // ignored.
            if name.eq_ignore_ascii_case("content-type") {
                continue;
            }
            let Some(at) = document.resolved(at, warnings) else { continue };
            headers.push(Self {
                name: name.to_owned(),
                required: at.value.get("required") == Some(&Value::Bool(true)),
                schema: at.get("schema").map(|schema| gathering.schema(schema, warnings)),
            });
        }
        headers
    }
}
