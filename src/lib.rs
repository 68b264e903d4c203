//! failspec: does your API fail the way its documentation says?
//!
//! A contract-conformance test harness for the failures of an HTTP API. Data flows one way:
//! *pack + target → plan → exchange → checks → report model → reports / certificate*.

#![forbid(unsafe_code)]

pub mod builtin;
pub mod cli;
pub mod harness;
