//! What a request may say outside of its body.

use std::fmt;

use serde_json::Value;

use crate::pack::is_token;

use super::{
    bundle::SchemaCollector,
    content::{Content, examples},
    document::{At, Document},
    warning::Warnings,
};

/// Where a parameter stands in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ParameterLocation {
    /// In the path; always required.
    Path,
    /// In the query.
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
    /// Where it stands.
    pub place: ParameterLocation,
    /// Whether a request has to have it.
    pub required: bool,
    /// What its value is, with references into the bundle.
    pub schema: Option<Value>,
    /// Whether its value is written as JSON.
    pub json: bool,
    /// What stands between the items of a list; `None`: each has the name before it.
    pub separator: Option<char>,
    /// The examples that the document gives.
    pub examples: Vec<Value>,
    /// JSON Pointer to it; one in another file of the document has the file's name and `#` before it.
    pub pointer: String,
}

impl Parameter {
    /// A parameter of a path of which the document says nothing but its name.
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

    /// The parameters of a path and of an operation on it, which replace those of the same name and place.
    pub(super) fn read_all<'a>(
        path: &At<'a>,
        operation: &At<'a>,
        document: &'a Document,
        gathering: &mut SchemaCollector<'a>,
        warnings: &mut Warnings,
    ) -> Vec<Self> {
        let mut parameters: Vec<Self> = Vec::new();
        for list in [path.get("parameters"), operation.get("parameters")].into_iter().flatten() {
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
            _ => {
                let message = "`in` must be path, query, header or cookie; the parameter is ignored";
                warnings.note(document.file(at), at.pointer.clone(), message);
                return None;
            }
        };
        let Some(name) = text("name").filter(|name| !name.is_empty()) else {
            warnings.note(document.file(at), at.pointer.clone(), "the parameter has no name; it is ignored");
            return None;
        };
        if matches!(place, ParameterLocation::Header | ParameterLocation::Cookie) && !is_token(name) {
            let message = "this is not a valid header or cookie name; the parameter is ignored";
            warnings.note(document.file(at), at.pointer.clone(), message);
            return None;
        }
        // The specification: the first three are described elsewhere, and such a parameter counts for nothing. The others are
        // not the client's to choose: they say how a message is carried.
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
        let schema = at.get("schema").map(|schema| gathering.schema(schema, warnings));
        let content = Content::read_all(at, document, gathering, warnings).into_iter().next();
        let json = schema.is_none() && content.as_ref().is_some_and(Content::is_json);
        // A value with a media type of its own is text to whoever fills it in.
        let of_content = |content: Content| if json { content.schema } else { Some(Value::Bool(true)) };
        let explode = at.value.get("explode").and_then(Value::as_bool);
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

/// What stands between the items of a list, by the `style` and `explode` of its parameter (OpenAPI, "Style Values").
fn separator(place: ParameterLocation, style: Option<&str>, explode: Option<bool>) -> Option<char> {
    match (place, style) {
        (ParameterLocation::Path | ParameterLocation::Header, _) => Some(','),
        _ if explode.unwrap_or(matches!(style, None | Some("form"))) => None,
        (_, Some("spaceDelimited")) => Some(' '),
        (_, Some("pipeDelimited")) => Some('|'),
        _ => Some(','),
    }
}
