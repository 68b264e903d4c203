//! `${…}` in scenario files: parsed on load, rendered when a request is built.
//!
//! Placeholders are `${name}` (a variable, a capture or a row value), `${unique}`, `${uuid}`, `${now}`,
//! `${totp(secret, -300s)}`, `${fill(1048577)}`, `${unlike(id)}` and `${oversized(id)}`; `$${` is a literal `${`. A text that
//! consists of a single placeholder keeps the JSON type of its value.

mod json;
mod placeholder;
mod render;
mod text;
mod unlike;
mod variables;

pub use json::JsonTemplate;
pub use placeholder::{FillerSize, Placeholder, PlaceholderError, RESERVED_NAMES};
pub use render::{RenderError, Rendered};
pub use text::Template;
pub use unlike::{is_uuid, oversized_text};
pub use variables::{Scope, VariableValue};
