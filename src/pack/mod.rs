//! Packs: everything about one API under one name, as plain data, with its readers and what they complain of.
//!
//! A pack lies in `schemas/<pack>` (the contract and its JSON Schemas), `scenarios/<pack>` and
//! `snapshots/<pack>`. [`Pack::load`] reads all of it and collects every mistake. Nothing here sends anything.

mod contract;
mod envelope;
mod expect;
mod failure;
mod files;
mod loaded;
mod names;
mod path;
mod pointer;
mod provenance;
mod request;
mod rules;
mod scenario;
mod schema;
mod status;
mod step;

pub use contract::{CONTRACT, Contract, Erratum, Success, Variable};
pub use envelope::{Envelope, RequestId};
pub use expect::{Expect, ExpectError, SchemaTemplate};
pub use failure::{Failure, Retry};
pub use files::{Files, FilesError, Texts};
pub use loaded::{Pack, PackError};
pub use path::PathTemplate;
pub use pointer::Pointer;
pub use provenance::{Provenance, Ruled};
pub use request::{BodyTemplate, Line, RequestTemplate};
pub use rules::{CodeRule, HeaderRule, Part, Rules, WaitPlace};
pub use scenario::{At, Control, Course, Needs, Repeat, Row, SCENARIOS, Scenario, Twin};
pub use schema::{Library, Misfit, Schema, SchemaError};
pub use status::StatusPattern;
pub use step::{Capture, Step, Wait, WaitFor};
