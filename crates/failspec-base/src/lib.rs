//! Vocabulary shared by the crates of failspec: secrets, templates, the syntax of files with locations, and HTTP
//! messages as data.
//!
//! No stability is promised for this crate: use `failspec`.

pub mod message;
pub mod secret;
pub mod syntax;
pub mod template;
