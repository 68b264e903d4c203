//! What a response is expected to be, beyond what the contract says.

use std::sync::Arc;

use serde_json::Value;

use failspec_base::{
    syntax::{Entry, Field, MappingSchema, Node, ValueType},
    template::{JsonTemplate, RenderError, Scope},
};

use super::{
    pointer::Pointer,
    read_context::ReadContext,
    rules::HeaderRule,
    schema::{Schema, SchemaError, SchemaRegistry},
    status::{STATUSES, StatusPattern},
};

/// What a response is expected to be.
#[derive(Debug, Clone, Default)]
pub struct Expect {
    /// Any of these statuses; empty: not said.
    pub status: Vec<StatusPattern>,
    /// The failure (by index) that it is expected to be.
    pub failure: Option<usize>,
    /// Headers that must be there.
    pub headers: Vec<HeaderRule>,
    /// Parts of the body.
    pub body: Vec<(Pointer, SchemaTemplate)>,
}

/// A JSON Schema that may have holes.
#[derive(Debug, Clone)]
pub enum SchemaTemplate {
    /// Without holes: compiled once.
    Constant(Arc<Schema>),
    /// With holes: compiled when they are filled.
    Holes(JsonTemplate, SchemaRegistry),
}

/// Why a schema with holes could not be used.
#[derive(Debug, thiserror::Error)]
pub enum ExpectError {
    /// A hole without a value.
    #[error(transparent)]
    Fill(#[from] RenderError),
    /// With these values it is no schema.
    #[error("with its placeholders filled in, this is not a usable JSON Schema: {0}")]
    Schema(#[from] SchemaError),
}

pub(super) static EXPECT: MappingSchema = MappingSchema {
    name: "expectation",
    about: "an expected response",
    fields: &[
        Field::optional("status", STATUSES, "the statuses: 200, 2xx, or a list"),
        Field::optional("failure", ValueType::Name, "the failure that the response must be"),
        Field::optional(
            "headers",
            ValueType::Map(&ValueType::Schema),
            "required headers: name → JSON Schema of the value",
        ),
        Field::optional(
            "body",
            ValueType::Map(&ValueType::Schema),
            "parts of the body: pointer → JSON Schema",
        ),
    ],
    also: &[],
};

impl Expect {
    pub(super) fn read(node: &Node, names: &ReadContext<'_>) -> Option<Self> {
        let reader = names.reader;
        let fields = reader.fields(node, &EXPECT)?;
        let headers = fields.get("headers").map(|node| reader.entries(node)).unwrap_or_default();
        let failure = fields.get("failure").and_then(|node| {
            let id = reader.text(node)?;
            let index = names.contract.failure(id);
            if index.is_none() {
                reader.unknown(
                    node.span,
                    "failure",
                    id,
                    names.contract.failures.iter().map(|it| it.id.as_str()),
                );
            }
            index
        });
        Some(Self {
            status: fields
                .get("status")
                .map(|node| StatusPattern::read_all(node, reader))
                .unwrap_or_default(),
            failure,
            headers: headers
                .iter()
                .filter_map(|entry| HeaderRule::read(&entry.key, &entry.value, reader, names.library))
                .collect(),
            body: fields.get("body").map(|node| read_schemas(node, names)).unwrap_or_default(),
        })
    }

    /// Reads what a scenario expects of its own request: `triggers` says already which failure it is.
    pub(super) fn read_besides_contract(node: &Node, names: &ReadContext<'_>) -> Option<Self> {
        let mut expect = Self::read(node, names)?;
        if expect.failure.take().is_some() {
            names.reader.error_hint(
                node.span,
                "`failure` is not allowed here",
                "name the failure in `triggers`; only steps can expect another one",
            );
        }
        Some(expect)
    }

    /// Whether it says what makes a response a success or a failure, in place of the contract.
    pub fn is_about_outcome(&self) -> bool {
        !self.status.is_empty() || self.failure.is_some()
    }
}

/// A mapping from pointer to JSON Schema with holes.
pub(super) fn read_schemas(node: &Node, names: &ReadContext<'_>) -> Vec<(Pointer, SchemaTemplate)> {
    names.reader.entries(node).iter().filter_map(|entry| read_schema(entry, names)).collect()
}

fn read_schema(entry: &Entry, names: &ReadContext<'_>) -> Option<(Pointer, SchemaTemplate)> {
    let Some(pointer) = Pointer::parse(&entry.key) else {
        names.reader.error_hint(
            entry.key_span,
            format!("`{}` is not a JSON Pointer", entry.key),
            Pointer::hint(&entry.key),
        );
        return None;
    };
    let template = names.json(&entry.value)?;
    let schema = match template.as_constant() {
        Some(value) => SchemaTemplate::Constant(super::envelope::compile(
            value.clone(),
            &entry.value,
            names.reader,
            names.library,
        )?),
        None => SchemaTemplate::Holes(template, names.library.clone()),
    };
    Some((pointer, schema))
}

impl SchemaTemplate {
    /// The schema with its holes filled.
    ///
    /// # Errors
    /// When a hole has no value, or the values make no schema.
    pub fn fill(&self, scope: &Scope) -> Result<Arc<Schema>, ExpectError> {
        match self {
            Self::Constant(schema) => Ok(Arc::clone(schema)),
            Self::Holes(template, library) => {
                let value: Value = template.fill(scope)?.sent;
                Ok(Arc::new(Schema::compile(value, library)?))
            }
        }
    }
}
