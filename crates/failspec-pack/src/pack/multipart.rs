//! Bodies of several parts: `multipart`, and files of the pack as bodies: `file`.

use failspec_base::{
    message::MediaType,
    syntax::{Field, MappingSchema, Node, ValueType},
    template::{JsonTemplate, Placeholder, Template},
};

use super::{body_file::BodyFile, read_context::ReadContext, request::BodyTemplate};

/// A part of a form (`multipart/form-data`, RFC 7578).
#[derive(Debug, Clone, PartialEq)]
pub struct FormPart {
    /// The name of the field.
    pub name: String,
    /// The name of the file, if it is one.
    pub filename: Option<Template>,
    /// The media type of the part.
    pub media_type: Option<String>,
    /// The content.
    pub content: PartContent,
}

/// The content of a part of a form.
#[derive(Debug, Clone, PartialEq)]
pub enum PartContent {
    /// Text, sent exactly as written.
    Text(Template),
    /// JSON.
    Json(JsonTemplate),
    /// A file of the pack.
    File(BodyFile),
}

pub(super) static FORM_PART: MappingSchema = MappingSchema {
    name: "part of a form",
    about: "a part of a body in `multipart/form-data`; one of `text`, `json` and `file`",
    fields: &[
        Field::required("name", ValueType::Text, "the name of the field"),
        Field::optional("text", ValueType::Text, "a text that is sent exactly as written"),
        Field::optional("json", ValueType::Any, "a JSON value (`application/json`)"),
        Field::optional(
            "file",
            ValueType::Text,
            "a file in the folder of the scenarios (`application/octet-stream`, under its own name)",
        ),
        Field::optional("filename", ValueType::Text, "the name of the file that is sent"),
        Field::optional("media_type", ValueType::Text, "the media type of the part"),
    ],
    also: &[],
};

pub(super) static FILE_BODY: MappingSchema = MappingSchema {
    name: "file body",
    about: "a body that is a file of the pack",
    fields: &[
        Field::required("path", ValueType::Text, "a file in the folder of the scenarios"),
        Field::optional("media_type", ValueType::Text, "the media type that is sent with it (default: none)"),
    ],
    also: &[],
};

impl FormPart {
    fn read(node: &Node, names: &ReadContext<'_>) -> Option<Self> {
        let reader = names.reader;
        let fields = reader.fields(node, &FORM_PART)?;
        let name_node = fields.get("name")?;
        names.refuse_template(reader.text(name_node)?, name_node.span);
        let given: Vec<&str> = ["text", "json", "file"].into_iter().filter(|key| fields.has(key)).collect();
        let [kind] = given[..] else {
            reader.error_hint(
                node.span,
                "a part of a form has one content",
                "give one of `text`, `json` and `file`",
            );
            return None;
        };
        let content = fields.get(kind)?;
        let content = match kind {
            "text" => PartContent::Text(names.template(content)?),
            "json" => PartContent::Json(names.json(content)?),
            _ => PartContent::File(file(content, names)?),
        };
        let own_name = match &content {
            PartContent::File(file) => Some(Template::literal(file.file_name())),
            PartContent::Text(_) | PartContent::Json(_) => None,
        };
        let media_type = match (fields.get("media_type"), &content) {
            (Some(node), _) => Some(media_type(node, names)?),
            (None, PartContent::File(_)) => Some("application/octet-stream".to_owned()),
            (None, PartContent::Json(_)) => Some("application/json".to_owned()),
            (None, PartContent::Text(_)) => None,
        };
        let filename = match fields.get("filename") {
            Some(node) => Some(names.template(node)?),
            None => own_name,
        };
        Some(Self { name: reader.text(name_node)?.replace("$${", "${"), filename, media_type, content })
    }

    /// Returns the placeholders of its values.
    pub fn holes(&self) -> Vec<&Placeholder> {
        let mut holes: Vec<&Placeholder> = self.filename.iter().flat_map(Template::holes).collect();
        match &self.content {
            PartContent::Text(template) => holes.extend(template.holes()),
            PartContent::Json(template) => holes.extend(template.holes()),
            PartContent::File(_) => {}
        }
        holes
    }

    /// Returns the names whose values are parts of a longer text.
    pub(super) fn names_in_text(&self) -> Vec<&str> {
        match &self.content {
            PartContent::Text(template) => template.names_in_text().collect(),
            PartContent::Json(template) => template.names_in_text(),
            PartContent::File(_) => Vec::new(),
        }
    }
}

impl BodyTemplate {
    /// Reads the value of `multipart`.
    pub(super) fn read_multipart(node: &Node, names: &ReadContext<'_>) -> Option<Self> {
        let parts = names.reader.list(node);
        if parts.is_empty() {
            let hint = "give a part: `{ name: comment, text: hello }`";
            names.reader.error_hint(node.span, "a form without parts is not sent by any client", hint);
        }
        let parts = parts.iter().map(|node| FormPart::read(node, names));
        parts.collect::<Option<_>>().map(Self::Multipart)
    }

    /// Reads the value of `file`.
    pub(super) fn read_file(node: &Node, names: &ReadContext<'_>) -> Option<Self> {
        if node.as_map().is_none() {
            return Some(Self::File { file: file(node, names)?, media_type: None });
        }
        let fields = names.reader.fields(node, &FILE_BODY)?;
        let media_type = match fields.get("media_type") {
            Some(node) => Some(media_type(node, names)?),
            None => None,
        };
        Some(Self::File { file: file(fields.get("path")?, names)?, media_type })
    }

    /// Returns the files that it sends.
    pub fn files(&self) -> impl Iterator<Item = &BodyFile> {
        let (whole, parts): (Option<&BodyFile>, &[FormPart]) = match self {
            Self::File { file, .. } => (Some(file), &[]),
            Self::Multipart(parts) => (None, parts),
            Self::Json(_) | Self::Text(_) | Self::Form(_) | Self::Bytes(_) => (None, &[]),
        };
        let parts = parts.iter().filter_map(|part| match &part.content {
            PartContent::File(file) => Some(file),
            PartContent::Text(_) | PartContent::Json(_) => None,
        });
        whole.into_iter().chain(parts)
    }
}

fn file(node: &Node, names: &ReadContext<'_>) -> Option<BodyFile> {
    let Some(files) = names.files else {
        let hint = "only requests of scenarios send files";
        names.reader.error_hint(node.span, "a request of a contract has no files", hint);
        return None;
    };
    files.get(node, names.reader)
}

fn media_type(node: &Node, names: &ReadContext<'_>) -> Option<String> {
    let text = names.reader.text(node)?;
    if MediaType::parse(text).is_none() {
        let title = format!("`{}` is not a media type", text.escape_debug());
        names.reader.error_hint(node.span, title, "write `type/subtype`, such as `image/png`");
        return None;
    }
    Some(text.to_owned())
}
