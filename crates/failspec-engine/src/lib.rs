//! The engine: plans, cases, their stages, and the report of a run.
//!
//! A case goes through stages: control (with a setup and a teardown of its own), setup, request, what follows,
//! teardown. Cases run side by side, except those that share a lock; cases under a condition that concerns
//! everyone run last, alone: setups and controls, begin, requests, end, what follows, teardowns.

mod build;
mod cleanup;
mod conditions;
mod diagnosis;
mod engine;
mod error;
mod exchange_report;
mod finish;
mod flow;
mod health_check;
mod interrupt;
mod locks;
mod login;
mod manners;
mod operations;
mod plan;
mod sending;
mod session;
mod shared;
mod target_check;
mod wait;
mod whole;

pub use cleanup::{CleanupReport, Removed, cleanup};
pub use error::RunError;
pub use failspec_pack::pack::case_names;
pub use interrupt::{CancelHandle, CancelToken, interrupt};
pub use plan::{Case, Plan, Selectors};
pub use target_check::{RoleCheck, TargetCheck, check_target};
pub use whole::{Exchanges, RunOptions, run};
