//! The engine: plans a run, executes its cases and builds the report.
//!
//! A case goes through these stages: control (with its own setup and teardown), setup, request, follow-up steps,
//! teardown. Cases run concurrently, except those that share a lock. Cases under a global condition run last and
//! separately: setups and controls, begin, requests, end, follow-up steps, teardowns.

mod absence;
mod array_answers;
mod at_once;
mod body_changes;
mod broken_creations;
mod called_operations;
mod cancel;
mod case_runner;
mod cleanup;
mod conditions;
mod dry_run;
mod error;
mod exchange_report;
mod features;
mod health_check;
mod judge;
mod lag;
mod later;
mod leftovers;
mod locks;
mod login;
mod login_renewal;
mod logs;
mod made_up;
mod manners;
mod multipart;
mod openapi_coverage;
mod optional_members;
mod order;
mod own_names;
mod own_texts;
mod plan;
mod planned_waits;
mod preflight;
mod refusal_hints;
mod renamed;
mod request_builder;
mod request_under_test;
mod reruns;
mod resource_locks;
mod role_access;
mod role_use;
mod run;
mod scheduler;
mod sending;
mod session;
mod shard_conflicts;
mod shared_controls;
mod shared_parents;
mod shared_things;
mod sparing;
mod stages;
mod steps;
mod target_check;
mod teardown;
mod test_environment;
mod unfinished;
mod unproven;
mod worker;

pub use cancel::{CancelHandle, CancelToken, interrupt};
pub use cleanup::{CleanupReport, Removed, cleanup};
pub use dry_run::{PlannedCase, PlannedRequest};
pub use error::RunError;
pub use failspec_pack::pack::case_names;
pub use plan::{Case, Plan, Selectors};
pub use request_builder::{BuildError, Extra, build};
pub use run::{Exchanges, RunOptions, run};
pub use target_check::{RoleCheck, TargetCheck, check_target};
pub use unfinished::unfinished_report;
