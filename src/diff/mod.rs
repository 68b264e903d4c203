//! Comparisons: a contract and its documentation ([`drift`]), two contracts ([`contracts`]),
//! two runs ([`runs`]), two certificates ([`certificates`]).
//!
//! Every comparison ends as a [`Comparison`]: differences in groups, some of which count.

mod certificate;
mod comparison;
mod contract;
mod drift;
mod openapi;
mod run;
mod schema;

pub use certificate::{Certified, certificates};
pub use comparison::{Comparison, Difference, Group};
pub use contract::contracts;
pub use drift::{Documented, drift};
pub use openapi::drift_openapi;
pub use run::runs;
