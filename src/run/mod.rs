//! The engine: plans, trials, their stages, and the report of a run.
//!
//! A trial goes through stages: control (with a setup and a teardown of its own), setup, request, what follows,
//! teardown. Trials run side by side, except those that share a lock; trials under a condition that concerns
//! everyone run last, alone: setups and controls, begin, requests, end, what follows, teardowns.

mod build;
mod canary;
mod conditions;
mod course;
mod diagnosis;
mod engine;
mod error;
mod exchange_report;
mod finish;
mod interrupt;
mod locks;
mod login;
mod manners;
mod operations;
mod plan;
mod sending;
mod session;
mod shared;
mod sweep;
mod target_check;
mod wait;
mod whole;

pub use crate::pack::trial_names;
pub use error::RunError;
pub use interrupt::{Interrupt, Interrupter, interrupt};
pub use plan::{Plan, Selectors, Trial};
pub use sweep::{SweepReport, Swept, sweep};
pub use target_check::{RoleCheck, TargetCheck, check_target};
pub use whole::{Exchanges, RunOptions, run};
