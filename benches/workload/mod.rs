//! Workload of the benches and the guard of costs: a pack of any size, an API that fails as the pack documents, and the
//! parts of a run one by one.
#![allow(dead_code, unused_imports, reason = "every program takes what it needs")]

mod api;
mod pack;
mod parts;

pub use api::Api;
pub use pack::write;
pub use parts::Parts;
