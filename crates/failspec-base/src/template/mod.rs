//! `${…}` in scenario files: parsing at load, filling when a request is made.
//!
//! Holes are `${name}` (a variable, a capture or a row value), `${unique}`, `${uuid}`, `${now}`,
//! `${totp(secret, -300s)}` and `${fill(1048577)}`; `$${` is a literal `${`. A text that is one hole alone keeps
//! the JSON type of its value.

mod json;
mod placeholder;
mod render;
mod text;
mod variables;

pub use json::JsonTemplate;
pub use placeholder::{FillerSize, Placeholder, PlaceholderError};
pub use render::{RenderError, Rendered};
pub use text::Template;
pub use variables::{Scope, VariableValue};
