//! Targets: the live API under test, as defined by `failspec.toml` or the command line.
//!
//! A value that a target *declares* but that cannot be resolved (an empty environment variable) is an error, never a
//! reason to skip. If a target does not declare a value, scenarios are skipped, and the run is incomplete.

mod check_level;
mod command;
mod condition;
mod config;
mod credential;
mod endpoint;
mod environment;
mod login;
mod network;
mod oauth;
mod operation;
mod rate;
mod readiness;
mod redaction;
mod timeouts;
mod tls;
mod tracing;
mod validate;
mod version_filter;
mod waiver;
mod waiver_draft;

pub use check_level::{CheckLevel, Level};
pub use command::Command;
pub use condition::{Condition, ConditionAction, ConditionRequest, GlobalCondition};
pub use config::{CONFIG, Config, Target};
pub use credential::{Carried, Credential, PairSource, Role};
pub use endpoint::Address;
pub use environment::Environment;
pub use login::{Captured, Login, LoginStep};
pub use network::Network;
pub use operation::Operation;
pub use rate::Rate;
pub use readiness::ReadinessProbe;
pub use tls::Tls;
pub use tracing::{LogUrl, Tracing};
pub use version_filter::RunPack;
pub use waiver::{OutOfReach, Waiver, glob};
pub use waiver_draft::{Known, WaiverDraft};

use config::read_url;
