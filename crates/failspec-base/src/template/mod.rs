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

pub use fill::{FillError, Filled};
pub use hole::{Amount, Hole, HoleError};
pub use json::JsonTemplate;
pub use scope::{Held, Scope};
pub use text::Template;
