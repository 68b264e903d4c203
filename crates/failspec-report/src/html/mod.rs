//! HTML: one file that needs nothing else, made to be looked at.
//!
//! Markup comes from this room alone ([`page::Page::raw`] takes nothing that is made at run time); all else is escaped.
//! The verdict, the coverage and the list of scenarios are there without JavaScript. What was sent and received is
//! embedded as JSON beside each scenario, and becomes nodes with plain text in them when the scenario is opened, so
//! that ten thousand of them open at once. A content security policy forbids every request, and every script and style
//! but the two of this room.

mod cases;
mod coverage;
mod document;
mod issues;
mod latency;
mod page;

pub use document::write;
