//! Markdown for a comment on a pull request: a verdict, tables and lists, the rest folded.
//!
//! GitHub does not truncate comments: one of more than 65,536 characters is rejected. So every list here has a
//! budget, and reports how much it omits.

mod document;
pub(super) mod escape;
mod sections;

pub use document::write;
