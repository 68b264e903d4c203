//! Documentation pages: what they say about failing.
//!
//! A page, be it Markdown, HTML, CSV or the bare text that is left of one, becomes a list of blocks, and what the
//! blocks say becomes [`Findings`]: statements, each with the line that it was read from. No list of codes that
//! somebody's API has is anywhere in here; the page's own words decide, and what was guessed is marked.

mod findings;

pub use findings::{Example, Findings, Header, Scope, Stated, Unplaced};
