//! The harness proven on itself: packs on the embedded reference implementations, right ones and mutants.

mod embedded;
mod trial_run;

pub use embedded::{Embedded, EmbeddedError, api, start};
pub use trial_run::{ProofError, run_on};
