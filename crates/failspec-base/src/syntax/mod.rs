//! Files that people write, read with positions.
//!
//! Reading has two passes. The first ([`yaml`], [`toml`]) turns text into [`Node`]s that know where they
//! stand. The second, in the rooms that know what the file means, walks the nodes with a [`Decoder`], which
//! collects *every* mistake as a [`Diagnostic`] with file, line, column, caret and hint instead of stopping at
//! the first one.
//!
//! The keys that a file may have are written down once, as a [`MappingSchema`]: the reader finds unknown keys with it,
//! and [`mapping_schema::json_schema`] makes of it the JSON Schema that editors use.

mod decoder;
pub mod diagnostic;
pub mod mapping_schema;
mod node;
pub mod renamed;
mod source;
pub mod toml;
pub mod yaml;

pub use decoder::{Decoder, Fields, closest, parse_duration};
pub use diagnostic::{Diagnostic, Diagnostics, Severity};
pub use mapping_schema::{Field, MappingSchema, ValueType};
pub use node::{Entry, Node, NodeValue};
pub use source::{Location, Source, Span};
