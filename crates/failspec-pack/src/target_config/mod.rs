//! Targets: the live API under test, as `failspec.toml` or the command line describe it.
//!
//! What a target *declares* and cannot resolve (an empty environment variable) is a mistake, never a skip; what
//! it does not declare leads to skipped scenarios, and so to an incomplete run.

mod command;
mod condition;
mod config;
mod credential;
mod endpoint;
mod environment;
mod login;
mod operation;
mod rate;
mod readiness;
mod redaction;
mod timeouts;
mod tls;
mod validate;
mod version_filter;
mod waiver;
mod waiver_draft;

pub use command::Command;
pub use condition::{Condition, ConditionRequest, GlobalCondition};
pub use config::{CONFIG, Config, Target};
pub use credential::{Carried, Credential, Role};
pub use endpoint::Address;
pub use environment::Environment;
pub use login::{Login, LoginStep};
pub use operation::Operation;
pub use rate::Rate;
pub use readiness::ReadinessProbe;
pub use tls::Tls;
pub use version_filter::RunPack;
pub use waiver::{OutOfReach, Waiver, glob};
pub use waiver_draft::{Known, WaiverDraft};

use config::read_url;
