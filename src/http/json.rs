//! A body read as exactly one JSON document.

use serde_json::Value;

/// A body read as JSON: the value, if one could be read, and everything that is wrong with the text.
#[derive(Debug, Clone, Default)]
pub struct Document {
    /// The value; of duplicate keys the last one, as most parsers have it.
    pub value: Option<Value>,
    /// What keeps the text from being exactly one well-formed JSON document.
    pub defects: Vec<Defect>,
}

/// One reason why a text is not exactly one well-formed JSON document (RFC 8259).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Defect {
    /// Nothing there, or white space only.
    #[error("the body is empty")]
    Empty,
}
