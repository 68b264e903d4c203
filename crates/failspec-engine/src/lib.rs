//! The engine: plans, cases, their stages, and the report of a run.
//!
//! A case goes through stages: control (with a setup and a teardown of its own), setup, request, what follows,
//! teardown. Cases run side by side, except those that share a lock; cases under a condition that concerns
//! everyone run last, alone: setups and controls, begin, requests, end, what follows, teardowns.

mod cancel;
mod case_runner;
mod cleanup;
mod conditions;
mod error;
mod exchange_report;
mod health_check;
mod judge;
mod locks;
mod login;
mod manners;
mod openapi_coverage;
mod plan;
mod planned_waits;
mod preflight;
mod request_builder;
mod run;
mod scheduler;
mod session;
mod shard_conflicts;
mod steps;
mod target_check;

pub use cancel::{CancelHandle, CancelToken, interrupt};
pub use cleanup::{CleanupReport, Removed, cleanup};
pub use error::RunError;
pub use failspec_pack::pack::case_names;
pub use plan::{Case, Plan, Selectors};
pub use run::{Exchanges, RunOptions, run};
pub use target_check::{RoleCheck, TargetCheck, check_target};
