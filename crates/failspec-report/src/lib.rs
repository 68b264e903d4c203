//! Reports: one module for each format, all created from the events and the report of a run.
//!
//! Everything that a server sent is hostile here: control characters never reach a terminal or XML unescaped, HTML
//! and Markdown are escaped, and nothing in a report causes a request.

mod body_redaction;
mod case_text;
mod count;
mod recording;
mod summary;

pub mod board;
pub mod certificate;
pub mod comparison;
pub mod github;
pub mod har;
pub mod html;
pub mod json;
pub mod junit;
pub mod markdown;
pub mod ndjson;
pub mod sarif;
pub mod terminal;

pub use body_redaction::{BodyPolicy, withhold, withhold_case};
pub use count::count;
pub use failspec_base::sanitize::visible;
pub use summary::origins;
