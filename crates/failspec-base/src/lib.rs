//! Vocabulary shared by the crates of failspec: secrets, templates, the syntax of files with locations, HTTP
//! messages as data, encodings, and text that is safe to show.
//!
//! No stability is promised for this crate: use `failspec`.

pub mod clock;
pub mod encoding;
pub mod files;
pub mod message;
pub mod random;
pub mod sanitize;
pub mod secret;
pub mod syntax;
pub mod template;
