//! Judgement of what was observed: checks and identification, snapshots, and the model of reports. Pure: this crate
//! depends on nothing that can send requests.
//!
//! No stability is promised for this crate: use `failspec`.

pub mod check;
pub mod report_model;
pub mod snapshot;
