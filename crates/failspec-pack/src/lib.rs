//! Test definitions of failspec: packs (contracts and scenarios), the OpenAPI documents that they name, and target
//! files.
//!
//! No stability is promised for this crate: use `failspec`.

pub mod openapi;
pub mod pack;
pub mod target_config;
