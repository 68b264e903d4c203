//! Files that people write, read with positions.
//!
//! Reading has two passes. The first ([`yaml`], [`toml`]) turns text into [`Node`]s that know where they
//! stand. The second, in the rooms that know what the file means, walks the nodes with a [`Decoder`], which
//! collects *every* mistake as a [`Diagnostic`] with file, line, column, caret and hint instead of stopping at
//! the first one.
//!
//! The keys that a file may have are written down once, as a [`MappingSchema`]: the reader finds unknown keys with it,
//! and [`shape::json_schema`] makes of it the JSON Schema that editors use.

pub mod diagnostic;
mod node;
mod reader;
pub mod renamed;
pub mod shape;
mod source;
pub mod toml;
pub mod yaml;

pub use diagnostic::{Diagnostic, Diagnostics, Severity};
pub use node::{Entry, Node, NodeValue};
pub use reader::{Decoder, Fields, closest, parse_duration};
pub use shape::{Field, MappingSchema, ValueType};
pub use source::{Location, Source, Span};
