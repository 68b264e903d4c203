//! Files that people write, parsed with positions.
//!
//! Parsing has two passes. The first ([`yaml`], [`toml`], [`json`], [`csv`]) turns text into [`Node`]s that know their positions. The
//! second, in the crates and modules that know the meaning of the file, walks the nodes with a [`Decoder`], which
//! collects *every* error as a [`Diagnostic`] with file, line, column, caret and hint instead of stopping at the
//! first one.
//!
//! The possible keys of a file are defined once, as a [`MappingSchema`]: the decoder uses it to find unknown keys,
//! and [`mapping_schema::json_schema`] turns it into the JSON Schema that editors use.

pub mod csv;
mod decoder;
pub mod diagnostic;
pub mod json;
pub mod mapping_schema;
mod node;
pub mod renamed;
mod source;
pub mod toml;
pub mod yaml;
mod yaml_repair;
mod yaml_scalar;

pub use decoder::{Decoder, Fields, closest, is_name, parse_duration};
pub use diagnostic::{Diagnostic, Diagnostics, Severity};
pub use mapping_schema::{Field, MappingSchema, ValueType};
pub use node::{Entry, Node, NodeValue};
pub use source::{Location, Source, Span};
