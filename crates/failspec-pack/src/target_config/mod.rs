//! Targets: the live API under test, as `failspec.toml` or the command line describe it.
//!
//! What a target *declares* and cannot resolve (an empty environment variable) is a mistake, never a skip; what
//! it does not declare leads to skipped scenarios, and so to an incomplete run.

mod address;
mod command;
mod condition;
mod config;
mod credential;
mod draft;
mod environment;
mod login;
mod operation;
mod rate;
mod readiness;
mod redaction;
mod scope;
mod timeouts;
mod tls;
mod unknown;
mod waiver;

pub use address::Address;
pub use command::Command;
pub use condition::{Condition, ConditionRequest, GlobalCondition};
pub use config::{CONFIG, Config, Target};
pub use credential::{Carried, Credential, Role};
pub use draft::{Known, WaiverDraft};
pub use environment::Environment;
pub use login::{Login, LoginStep};
pub use operation::Operation;
pub use rate::Rate;
pub use readiness::ReadinessProbe;
pub use scope::RunPack;
pub use tls::Tls;
pub use waiver::{OutOfReach, Waiver, glob};

use config::read_url;
