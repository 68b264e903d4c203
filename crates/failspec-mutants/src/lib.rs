//! The harness proven on itself: packs on the embedded reference implementations, right ones and mutants.
//!
//! A [`Subject`] is a mutant with the way in which it must be [`ExpectedDetection`]; an [`MutantRun`] is what came of it; all of
//! them together are the [`KillMatrix`].

mod embedded;
mod expected;
mod expected_detection;
mod markdown;
mod matrix;
mod mutant_counts;
mod mutant_run;
mod run_against;

pub use embedded::{Embedded, EmbeddedError, api, start};
pub use expected::{UNKNOWN, subjects};
pub use expected_detection::{ExpectedDetection, Severity};
pub use markdown::{markdown, summary};
pub use matrix::{KillMatrix, Tally, UNUSED};
pub use mutant_counts::census;
pub use mutant_run::{Count, MutantRun, Subject};
pub use run_against::{ProofError, run_on};
