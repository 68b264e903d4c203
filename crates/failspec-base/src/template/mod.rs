//! `${…}` in scenario files: parsing at load, filling when a request is made.
//!
//! Holes are `${name}` (a variable, a capture or a row value), `${unique}`, `${uuid}`, `${now}`,
//! `${totp(secret, -300s)}` and `${fill(1048577)}`; `$${` is a literal `${`. A text that is one hole alone keeps
//! the JSON type of its value.

mod fill;
mod hole;
mod json;
mod scope;
mod text;

pub use fill::{RenderError, Rendered};
pub use hole::{FillerSize, Placeholder, PlaceholderError};
pub use json::JsonTemplate;
pub use scope::{Scope, VariableValue};
pub use text::Template;
