//! Reports: one room or file for each format, all made from the events and the report of a run.
//!
//! Whatever a server sent is hostile here: control characters never reach a terminal raw.

pub mod json;
pub mod terminal;
