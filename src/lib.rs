//! failspec: does your API fail the way its documentation says?
//!
//! A contract-conformance test harness for the failures of an HTTP API. Data flows one way:
//! *pack + target → plan → exchange → checks → verdict → events → reports*.

pub mod certificate;
pub mod check;
pub mod cli;
pub mod diff;
pub mod document;
pub mod harness;
pub mod http;
pub mod import;
pub mod lint;
pub mod openapi;
pub mod pack;
pub mod page;
pub mod proof;
pub mod reference;
pub mod report;
pub mod run;
pub mod secret;
pub mod snapshot;
pub mod target;
pub mod template;
pub mod verdict;
