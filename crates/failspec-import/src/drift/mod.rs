//! Drift: differences between a contract and the documentation that it was taken from.

mod openapi;
mod operations;
mod pages;

pub use openapi::drift_openapi;
pub use pages::{Documented, drift};
