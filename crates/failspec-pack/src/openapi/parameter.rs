//! Parameters of a request: in the path, in the query, headers and cookies.

use std::fmt;

use serde_json::Value;

use failspec_base::message::is_token;

use super::{
    at::At,
    bundle::SchemaCollector,
    content::{Content, examples},
    document::Document,
    told_values::add_told,
    version::Version,
    warning::Warnings,
};

/// The location of a parameter in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ParameterLocation {
    /// The path; such a parameter is always required.
    Path,
    /// The query.
    Query,
    /// A header.
    Header,
    /// A cookie.
    Cookie,
}

impl fmt::Display for ParameterLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Path => "path",
            Self::Query => "query",
            Self::Header => "header",
            Self::Cookie => "cookie",
        })
    }
}

/// A parameter of an operation.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its location in the request.
    pub place: ParameterLocation,
    /// True if a request must have it.
    pub required: bool,
    /// The schema of its value, with references into the bundle.
    pub schema: Option<Value>,
    /// True if its value is written as JSON.
    pub json: bool,
    /// The separator between the items of a list; `None` if the name is repeated before each item.
    pub separator: Option<char>,
    /// The examples in the document.
    pub examples: Vec<Value>,
    /// JSON Pointer to the parameter. If it is in another file than the main one, the file's name and `#` precede the
    /// pointer.
    pub pointer: String,
}

impl Parameter {
    /// Creates a parameter of a path for which the document has no declaration, only the name.
    pub(super) fn undeclared(name: &str, pointer: String) -> Self {
        Self {
            name: name.to_owned(),
            place: ParameterLocation::Path,
            required: true,
            schema: Some(serde_json::json!({ "type": "string" })),
            json: false,
            separator: Some(','),
            examples: Vec::new(),
            pointer,
        }
    }

    /// Reads the parameters of a path and of an operation on it. A parameter of the operation replaces one with the
    /// same name and location.
    pub(super) fn read_all<'a>(
        path: &[At<'a>],
        operation: &At<'a>,
        document: &'a Document,
        gathering: &mut SchemaCollector<'a>,
        warnings: &mut Warnings,
    ) -> Vec<Self> {
        let mut parameters: Vec<Self> = Vec::new();
        // The path item itself comes before the one that it refers to, and what is read later replaces.
        let lists = path.iter().rev().chain([operation]).filter_map(|at| at.get("parameters"));
        for list in lists {
            for item in list.items() {
                let Some(at) = document.resolved(item, warnings) else { continue };
                let Some(parameter) = Self::read(&at, document, gathering, warnings) else { continue };
                parameters.retain(|known| (&known.name, known.place) != (&parameter.name, parameter.place));
                parameters.push(parameter);
            }
        }
        parameters
    }

    fn read<'a>(
        at: &At<'a>,
        document: &'a Document,
        gathering: &mut SchemaCollector<'a>,
        warnings: &mut Warnings,
    ) -> Option<Self> {
        let text = |key: &str| at.value.get(key).and_then(Value::as_str);
        let place = match text("in") {
            Some("path") => ParameterLocation::Path,
            Some("query") => ParameterLocation::Query,
            Some("header") => ParameterLocation::Header,
            Some("cookie") => ParameterLocation::Cookie,
            // The conversion of Swagger 2.0 makes a body of these.
            Some("body" | "formData") if document.version() == Version::V20 => return None,
            _ => {
                let message = "`in` must be path, query, header or cookie; the parameter is ignored";
                warnings.lost(document.file(at), at.pointer.clone(), message);
                return None;
            }
        };
        let Some(name) = text("name").filter(|name| !name.is_empty()) else {
            warnings.lost(document.file(at), at.pointer.clone(), "the parameter has no name; it is ignored");
            return None;
        };
        if matches!(place, ParameterLocation::Header | ParameterLocation::Cookie) && !is_token(name) {
            let message = "this is not a valid header or cookie name; the parameter is ignored";
            warnings.lost(document.file(at), at.pointer.clone(), message);
            return None;
        }
        // According to the specification, the first three are described elsewhere, and such a parameter is ignored.
        // The client does not choose the others: they control how a message is transferred.
        let elsewhere = [
            "accept",
            "content-type",
            "authorization",
            "host",
            "content-length",
            "transfer-encoding",
            "connection",
            "te",
            "trailer",
            "upgrade",
            "keep-alive",
            "expect",
        ];
        if place == ParameterLocation::Header && elsewhere.iter().any(|it| name.eq_ignore_ascii_case(it)) {
            return None;
        }
        let mut schema = at.get("schema").map(|schema| gathering.schema(schema, warnings));
        if let Some(schema) = &mut schema {
            add_told(schema, text("description"));
        }
        let content = Content::read_all(at, document, gathering, warnings).into_iter().next();
        let json = schema.is_none() && content.as_ref().is_some_and(Content::is_json);
        // A value with a media type other than JSON is filled in as text, so its schema allows any value.
        let of_content = |content: Content| if json { content.schema } else { Some(Value::Bool(true)) };
        let explode = at.value.get("explode").and_then(Value::as_bool);
        if let Some(style @ ("matrix" | "label" | "deepObject")) = text("style") {
            let message = format!("`style: {style}` is not followed; the value is written without it");
            warnings.lost(document.file(at), at.pointer.clone(), message);
        }
        Some(Self {
            name: name.to_owned(),
            place,
            required: place == ParameterLocation::Path
                || at.value.get("required") == Some(&Value::Bool(true)),
            schema: schema.or_else(|| content.and_then(of_content)),
            json,
            separator: separator(place, text("style"), explode),
            examples: examples(at, document),
            pointer: document.place(at),
        })
    }
}

/// Returns the separator between the items of a list, by the `style` and `explode` of its parameter (OpenAPI, "Style
/// Values").
fn separator(place: ParameterLocation, style: Option<&str>, explode: Option<bool>) -> Option<char> {
    match (place, style) {
        (ParameterLocation::Path | ParameterLocation::Header, _) => Some(','),
        _ if explode.unwrap_or(matches!(style, None | Some("form"))) => None,
        (_, Some("spaceDelimited")) => Some(' '),
        (_, Some("pipeDelimited")) => Some('|'),
        _ => Some(','),
    }
}
