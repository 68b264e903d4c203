//! What is different between two things that should agree: a contract and its documentation ([`drift`]).
//!
//! Every comparison ends as a [`Comparison`]: differences in groups, some of which count.

mod comparison;
mod drift;

pub use comparison::{Comparison, Difference, Group};
pub use drift::{Documented, drift};
