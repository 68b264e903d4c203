//! Markdown fit for a comment on a pull request: a verdict, tables and lists, the rest folded away.
//!
//! GitHub cuts nothing: a comment of more than 65,536 characters is refused. So every list here ends within a budget,
//! and says how much it left out.

mod document;
pub(super) mod escape;
mod sections;

pub use document::write;
