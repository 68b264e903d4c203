//! Packs: everything about one API under one name, as plain data, with decoders and their diagnostics.
//!
//! The files of a pack are in `schemas/<pack>` (the contract and its JSON Schemas), `scenarios/<pack>` and
//! `snapshots/<pack>`. [`Pack::load`] reads the contract, the schemas and the scenarios, and collects all errors.
//! Nothing in this module sends requests.

pub mod budget;
mod cases;
mod cleanup;
mod contract;
mod contract_version;
mod control;
mod envelope;
mod erratum;
mod expect;
mod failure;
mod files;
mod header_schema;
mod health_check;
mod indistinguishable;
mod loaded;
mod openapi_file;
mod operation;
mod parallel;
mod path;
mod pattern_cost;
mod pointer;
mod profile;
mod proof;
mod provenance;
mod read_context;
mod request;
mod request_flow;
mod row;
mod rules;
mod scenario;
mod schema;
mod schema_cost;
mod schema_keywords;
mod schema_references;
pub mod source;
mod stability;
mod status;
mod step;
mod validity;
mod variable;
mod version;

pub use cases::{case_count, case_names};
pub use cleanup::{Cleanup, ITEM};
pub use contract::{CONTRACT, Contract, Success};
pub use control::Control;
pub use envelope::{BodyRule, Envelope, MediaTypes, RequestId};
pub use erratum::Erratum;
pub use expect::{Expect, ExpectError, SchemaTemplate};
pub use failure::{Failure, Retry, same_code};
pub use files::{BuiltInPacks, Files, FilesError, Texts};
pub use header_schema::HeaderSchema;
pub use health_check::HealthCheck;
pub use indistinguishable::IndistinguishableFrom;
pub use loaded::{Pack, PackError, label};
pub use openapi_file::OpenApiFile;
pub use path::{PathTemplate, kept, split_request};
pub use pointer::Pointer;
pub use profile::{BUILT_IN, Profile};
pub use proof::ProofGap;
pub use provenance::{Provenance, Sourced};
pub use request::{BodyTemplate, Line, RequestTemplate};
pub use request_flow::{At, Flow, Repeat};
pub use row::Row;
pub use rules::{CodeRule, HeaderRule, Part, RetryAfterLocation, Rules, WaitForm};
pub use scenario::{NO_SERVER_ERROR_ID, Needs, SCENARIOS, SUCCESS_ID, Scenario};
pub use schema::{Schema, SchemaError, SchemaRegistry, SchemaViolation};
pub use stability::{CHANGES, ChangeKind, Stability};
pub use status::{StatusPattern, show_statuses};
pub use step::{Capture, Step, Wait, WaitFor};
pub use validity::Period;
pub use variable::Variable;
pub use version::{Version, split_version};
