//! What benches and the guard of costs share: a pack of any size, and an API that fails as the pack documents.
#![allow(dead_code, reason = "every program takes what it needs")]

mod api;
mod pack;

pub use api::Api;
pub use pack::{CONTRACT, PER_FILE, write};
