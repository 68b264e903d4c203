//! The vocabulary that the crates of failspec share, written once: secrets, templates, the syntax of files with places,
//! and HTTP messages as data.
//!
//! No stability is promised for this crate: use `failspec`.

pub mod message;
pub mod secret;
pub mod syntax;
pub mod template;
