//! The names that a template may use at a point of a scenario, checked when the file is read.

use std::collections::BTreeSet;

use failspec_base::{
    syntax::{Decoder, Node, NodeValue, Span},
    template::{JsonTemplate, Placeholder, RESERVED_NAMES, Template},
};

use super::{Contract, body_file::BodyFiles, schema::SchemaRegistry};

/// Reads templates, and checks that every name in them is known at that point.
#[derive(Debug, Clone)]
pub(super) struct ReadContext<'a> {
    /// The decoder of the file.
    pub reader: &'a Decoder,
    /// The contract that the file belongs to.
    pub contract: &'a Contract,
    /// The schema files of the pack.
    pub library: &'a SchemaRegistry,
    /// The files that requests may send; `None` where they cannot.
    pub files: Option<&'a BodyFiles<'a>>,
    /// Row values and captures that are known so far; the contract's variables are always known.
    pub known: BTreeSet<String>,
}

impl<'a> ReadContext<'a> {
    /// Returns the context of a request in a contract: only its variables are known, and it sends no files.
    pub fn of_contract(reader: &'a Decoder, contract: &'a Contract, library: &'a SchemaRegistry) -> Self {
        Self { reader, contract, library, files: None, known: BTreeSet::new() }
    }
}

impl ReadContext<'_> {
    /// Reads a text with placeholders.
    pub fn template(&self, node: &Node) -> Option<Template> {
        let text = match node.to_json() {
            serde_json::Value::String(text) => text,
            // Numbers are written exactly as they were read, so nothing is lost.
            value @ (serde_json::Value::Number(_) | serde_json::Value::Bool(_)) => value.to_string(),
            _ => {
                self.reader.wrong_kind(node, "text");
                return None;
            }
        };
        match Template::parse(&text) {
            Ok(template) => {
                self.check(node, template.holes());
                Some(template)
            }
            Err(error) => {
                self.reader.error(node.span, error.to_string());
                None
            }
        }
    }

    /// Reports a template in a name, which would be sent as it is written.
    pub fn refuse_template(&self, name: &str, span: Span) {
        // `$${` is a literal `${`, also where no template is read.
        if name.replace("$${", "").contains("${") {
            self.reader.error_hint(
                span,
                format!(
                    "the template in `{}` would not be filled in: only values can have one",
                    name.escape_debug()
                ),
                "write the name out; rows (`each`) can be separate scenarios",
            );
        }
    }

    /// Reports templates in the names of a JSON value.
    fn refuse_templates_in_names(&self, node: &Node) {
        match &node.value {
            NodeValue::List(items) => items.iter().for_each(|item| self.refuse_templates_in_names(item)),
            NodeValue::Map(entries) => entries.iter().for_each(|entry| {
                self.refuse_template(&entry.key, entry.key_span);
                self.refuse_templates_in_names(&entry.value);
            }),
            _ => {}
        }
    }

    /// Reads a JSON value with placeholders.
    pub fn json(&self, node: &Node) -> Option<JsonTemplate> {
        self.refuse_templates_in_names(node);
        match JsonTemplate::parse(&node.to_json()) {
            Ok(template) => {
                self.check(node, template.holes());
                Some(template)
            }
            Err(_) => {
                self.check_texts(node);
                None
            }
        }
    }

    /// Reports every text in a value that is not a valid template, at its location, and every name that has no value.
    fn check_texts(&self, node: &Node) {
        match &node.value {
            NodeValue::Text(_) => {
                self.template(node);
            }
            NodeValue::List(items) => items.iter().for_each(|item| self.check_texts(item)),
            NodeValue::Map(entries) => entries.iter().for_each(|entry| self.check_texts(&entry.value)),
            _ => {}
        }
    }

    /// Reports the placeholders that have no value at this point.
    pub fn check<'h>(&self, node: &Node, holes: impl IntoIterator<Item = &'h Placeholder>) {
        for name in holes.into_iter().filter_map(Placeholder::name) {
            self.check_name(node, name);
        }
    }

    /// Reports a name that has no value at this point.
    pub fn check_name(&self, node: &Node, name: &str) {
        if self.known.contains(name) || self.contract.variables.contains_key(name) {
            return;
        }
        let known = self.known.iter().map(String::as_str);
        let variables = self.contract.variables.keys().map(String::as_str);
        self.reader.unknown(
            find_hole(node, name),
            "variable, capture or row value",
            name,
            known.chain(variables).chain(RESERVED_NAMES),
        );
    }
}

/// Returns the smallest node that contains the placeholder.
fn find_hole(node: &Node, name: &str) -> failspec_base::syntax::Span {
    let inner = match &node.value {
        NodeValue::List(items) => items.iter().find(|item| mentions(item, name)),
        NodeValue::Map(entries) => {
            entries.iter().map(|entry| &entry.value).find(|value| mentions(value, name))
        }
        _ => None,
    };
    inner.map_or(node.span, |inner| find_hole(inner, name))
}

fn mentions(node: &Node, name: &str) -> bool {
    match &node.value {
        NodeValue::Text(text) => text.contains("${") && text.contains(name),
        NodeValue::List(items) => items.iter().any(|item| mentions(item, name)),
        NodeValue::Map(entries) => entries.iter().any(|entry| mentions(&entry.value, name)),
        _ => false,
    }
}
