//! Comparisons of two contracts ([`contracts`]), two runs ([`runs`]) or two certificates ([`certificates`]).
//!
//! Every comparison returns a [`Comparison`]: differences in groups, some of which count for the exit code.

mod certificate;
mod comparison;
mod contract;
mod run;
mod schema;

pub use certificate::{Certified, certificates};
pub use comparison::{Comparison, Difference, Group};
pub use contract::contracts;
pub use run::runs;
