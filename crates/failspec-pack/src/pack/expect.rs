//! Expectations of a response, in addition to the contract.

use std::sync::Arc;

use serde_json::Value;

use failspec_base::{
    syntax::{Entry, Field, MappingSchema, Node, NodeValue, ValueType},
    template::{JsonTemplate, RenderError, Scope},
};

use super::{
    header_schema::name_types,
    pointer::Pointer,
    read_context::ReadContext,
    rules::{HeaderRule, OPTIONAL_HEADERS},
    schema::{Schema, SchemaError, SchemaRegistry},
    status::{STATUSES, StatusPattern},
    triggers::SUCCESS,
};

/// The expectations of a response.
#[derive(Debug, Clone, Default)]
pub struct Expect {
    /// The allowed statuses; empty if none are specified.
    pub status: Vec<StatusPattern>,
    /// The failure that the response must be, by index.
    pub failure: Option<usize>,
    /// Rules for headers.
    pub headers: Vec<HeaderRule>,
    /// Parts of the body: pointer and JSON Schema.
    pub body: Vec<(Pointer, SchemaTemplate)>,
}

/// A JSON Schema that may contain placeholders.
#[derive(Debug, Clone)]
pub enum SchemaTemplate {
    /// A schema without placeholders; it is compiled once.
    Constant(Arc<Schema>),
    /// A schema with placeholders; it is compiled when they are filled in.
    Holes(JsonTemplate, SchemaRegistry),
}

/// An error when the placeholders of a schema are filled in.
#[derive(Debug, thiserror::Error)]
pub enum ExpectError {
    /// A placeholder has no value.
    #[error(transparent)]
    Fill(#[from] RenderError),
    /// With these values it is not a usable schema.
    #[error("with its placeholders filled in, this is not a usable JSON Schema: {0}")]
    Schema(#[from] SchemaError),
}

pub(super) static EXPECT: MappingSchema = MappingSchema {
    name: "expectation",
    about: "an expected response",
    fields: &[
        Field::optional("status", STATUSES, "the statuses: 200, 2xx, or a list"),
        Field::optional(
            "success",
            ValueType::Bool,
            "`true` in a scenario without `triggers`: the request must succeed",
        ),
        Field::optional("failure", ValueType::Name, "the failure that the response must be"),
        Field::optional(
            "headers",
            ValueType::Map(&ValueType::Schema),
            "required headers: name → JSON Schema of the value",
        ),
        OPTIONAL_HEADERS,
        Field::optional(
            "body",
            ValueType::Map(&ValueType::Schema),
            "parts of the body: pointer → JSON Schema",
        ),
    ],
    also: &[],
};

impl Expect {
    fn read(node: &Node, names: &ReadContext<'_>) -> Option<Self> {
        let reader = names.reader;
        let fields = reader.fields(node, &EXPECT)?;
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
                .map(|node| StatusPattern::read_all(node, reader, "2xx"))
                .unwrap_or_default(),
            failure,
            headers: HeaderRule::read_all(&fields, reader, names.library),
            body: fields.get("body").map(|node| read_schemas(node, names)).unwrap_or_default(),
        })
    }

    /// Returns true if the request of a scenario has no fault: the word `success`, `no_server_error` or `accepted`, or `success: true`
    /// beside more.
    pub(super) fn is_without_fault(node: &Node) -> bool {
        node.as_text().is_some_and(|word| SUCCESS.contains(&word)) || node.get("success").is_some_and(is_true)
    }

    /// Reads the expectations of the request of a scenario: a word, or a mapping.
    pub(super) fn read_of_scenario(node: &Node, names: &ReadContext<'_>) -> Option<Self> {
        if node.as_text().is_some() {
            return names.reader.word(node, SUCCESS).map(|_| Self::default());
        }
        if let Some(success) = node.get("success").filter(|node| !is_true(node)) {
            let hint = "remove it, and name the failure in `triggers`";
            names.reader.error_hint(success.span, "`success` is `true` or absent", hint);
        }
        Self::read_besides_contract(node, names)
    }

    /// Reads the expectations of a request that is no scenario's own. A success is what it expects if it says nothing.
    pub(super) fn read_of_step(node: &Node, names: &ReadContext<'_>) -> Option<Self> {
        refuse_success(node, names);
        Self::read(node, names)
    }

    /// Reads the inferred expectations of a scenario.
    pub(super) fn read_inferred(node: &Node, names: &ReadContext<'_>) -> Option<Self> {
        refuse_success(node, names);
        Self::read_besides_contract(node, names)
    }

    /// Reads the expectations of the request under test. They cannot name a failure, because `triggers` already does.
    fn read_besides_contract(node: &Node, names: &ReadContext<'_>) -> Option<Self> {
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

    /// Returns true if it says nothing: a success is expected.
    pub fn is_default(&self) -> bool {
        self.status.is_empty() && self.failure.is_none() && self.headers.is_empty() && self.body.is_empty()
    }

    /// Returns true if it defines, in place of the contract, whether a response is a success or a failure.
    pub fn is_about_outcome(&self) -> bool {
        !self.status.is_empty() || self.failure.is_some()
    }
}

fn is_true(node: &Node) -> bool {
    matches!(node.value, NodeValue::Bool(true))
}

/// Reports `success` where it says nothing.
fn refuse_success(node: &Node, names: &ReadContext<'_>) {
    if let Some(success) = node.get("success") {
        let hint = "remove it: without `status` and `failure` a success is expected";
        names.reader.error_hint(success.span, "`success` is for scenarios without `triggers`", hint);
    }
}

/// Reads a mapping from pointer to JSON Schema with placeholders.
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
    pointer.check_one(entry.key_span, names.reader);
    let template = names.json(&entry.value)?;
    let schema = match template.as_constant() {
        Some(value) => {
            let mut schema = value.clone();
            name_types(&mut schema, 0);
            let schema = super::envelope::compile(schema, &entry.value, names.reader, names.library)?;
            SchemaTemplate::Constant(schema)
        }
        None => SchemaTemplate::Holes(template, names.library.clone()),
    };
    Some((pointer, schema))
}

impl SchemaTemplate {
    /// Returns the schema with its placeholders filled in.
    ///
    /// # Errors
    /// Fails if a placeholder has no value, or if the values do not result in a usable schema.
    pub fn fill(&self, scope: &Scope) -> Result<Arc<Schema>, ExpectError> {
        match self {
            Self::Constant(schema) => Ok(Arc::clone(schema)),
            Self::Holes(template, library) => {
                let mut value: Value = template.fill(scope)?.sent;
                name_types(&mut value, 0);
                Ok(Arc::new(Schema::compile(value, library)?))
            }
        }
    }
}
