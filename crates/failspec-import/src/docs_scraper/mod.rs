//! Documentation pages: what they say about failing.
//!
//! A page, be it Markdown, HTML, CSV or the bare text that is left of one, becomes a list of blocks, and what the
//! blocks say becomes [`Findings`]: statements, each with the line that it was read from. No list of codes that
//! somebody's API has is anywhere in here; the page's own words decide, and what was guessed is marked.

mod block;
mod codes;
mod columns;
mod example;
mod extractor;
mod findings;
mod format;
mod header_keywords;
mod html;
mod line_index;
mod markdown;
mod mentions;
mod prose;
mod retry_advice;
mod statuses;
mod table;
mod text;
mod unjoin_cells;

pub use findings::{Example, FailureMention, Field, Findings, Header, Role, Scope, Unclassified};
pub use format::{Format, LARGEST, PageError, digest, read};
pub use statuses::reason;
