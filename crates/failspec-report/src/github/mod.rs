//! GitHub Actions: annotations as workflow commands on standard output. The step summary is the Markdown report.

mod annotations;
mod workflow_command;

pub use annotations::{Checkout, annotations};
pub use workflow_command::inert;
pub(super) use workflow_command::{Level, command};
