//! GitHub Actions: annotations as workflow commands on standard output. The step summary is the Markdown report.

mod annotations;
mod command;

pub use annotations::{Checkout, annotations};
pub use command::inert;
pub(super) use command::{Level, command};
