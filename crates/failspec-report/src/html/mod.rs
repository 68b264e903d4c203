//! HTML: one self-contained file, made for people to view.
//!
//! Markup comes only from this module ([`page::Page::raw`] accepts nothing that is created at run time); everything
//! else is escaped. The verdict, the causes, the coverage, and each case that did not simply pass with its request, its
//! response and its command line are available without JavaScript. The other exchanges are embedded as JSON next to each
//! case, and become nodes with plain text in them when the case is opened, so that a page with ten thousand cases opens at
//! once. A content security policy forbids every request, and
//! every script and style except the two of this module.

mod access;
mod board;
mod cases;
mod causes;
mod certificate;
mod coverage;
mod document;
mod exchange;
mod issues;
mod latency;
mod page;
mod recording;

pub use board::{board_index, board_product};
pub use certificate::certificate_page;
pub use document::write;
