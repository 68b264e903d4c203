//! Creation of a pack from recorded traffic: the failures that were seen, and a scenario for each.
//!
//! A recording is no documentation: every failure and every scenario is inferred, until somebody has compared it
//! with the documentation.

mod collected;
mod envelope;
mod pack;
mod request;

pub use collected::{NoFailures, TrafficCollector};
pub use pack::{TrafficDraft, TrafficNote};
