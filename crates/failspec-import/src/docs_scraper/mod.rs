//! Extraction of documented failures from documentation pages.
//!
//! A page (Markdown, HTML, CSV or plain text) is converted to a list of blocks, and the blocks to [`Findings`], each
//! with the line that it was read from. There is no built-in list of the codes of any API: only the words of the page
//! count, and guesses are marked.

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

pub use findings::{
    Example, FailureMention, Field, Findings, Header, Role, Scope, StatusMention, Unclassified,
    UnclassifiedReason,
};
pub use format::{Format, MAX_SIZE, PageError, digest, read};
