//! Documentation pages: what they say about failing.
//!
//! A page, be it Markdown, HTML, CSV or the bare text that is left of one, becomes a list of blocks, and what the
//! blocks say becomes [`Findings`]: statements, each with the line that it was read from. No list of codes that
//! somebody's API has is anywhere in here; the page's own words decide, and what was guessed is marked.

mod advice;
mod block;
mod codes;
mod columns;
mod example;
mod findings;
mod format;
mod glue;
mod html;
mod languages;
mod lines;
mod markdown;
mod reading;
mod sentence;
mod statements;
mod statuses;
mod table;
mod text;

pub use findings::{Example, FailureMention, Field, Findings, Header, Role, Scope, Unclassified};
pub use format::{Format, LARGEST, PageError, digest, read};
pub use statuses::reason;
