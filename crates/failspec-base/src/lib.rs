//! Vocabulary shared by the crates of failspec: secrets, templates, the syntax of files with locations, HTTP
//! messages as data, and encodings.
//!
//! No stability is promised for this crate: use `failspec`.

pub mod encoding;
pub mod message;
pub mod secret;
pub mod syntax;
pub mod template;
