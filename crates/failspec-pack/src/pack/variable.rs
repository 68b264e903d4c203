//! Variables of a contract.

use serde_json::Value;

use failspec_base::syntax::{Decoder, Field, MappingSchema, Node, NodeValue, ValueType};

/// A variable that a target may set.
#[derive(Debug, Clone, PartialEq)]
pub struct Variable {
    /// The description, which is enough for others to set the variable.
    pub about: String,
    /// Its value if the target sets none.
    pub default: Option<Value>,
}

pub(super) static VARIABLE: MappingSchema = MappingSchema {
    name: "variable",
    about: "a variable that a target may set",
    fields: &[
        Field::required(
            "about",
            ValueType::Text,
            "a description that is enough for others to set the variable",
        ),
        Field::optional("default", ValueType::Any, "the value if the target sets none"),
    ],
    also: &[],
};

impl Variable {
    pub(super) fn read(node: &Node, reader: &Decoder) -> Option<Self> {
        if let NodeValue::Text(about) = &node.value {
            return Some(Self { about: about.clone(), default: None });
        }
        let fields = reader.fields(node, &VARIABLE)?;
        Some(Self {
            about: fields.get("about").and_then(|node| reader.text(node)).unwrap_or_default().to_owned(),
            default: fields.get("default").map(Node::to_json),
        })
    }
}
