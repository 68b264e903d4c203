//! The harness proven on itself: packs on the embedded reference implementations, right ones and mutants.
//!
//! A [`Subject`] is a mutant with the way in which it must be [`ExpectedDetection`]; an [`MutantRun`] is what came of it; all of
//! them together are the [`KillMatrix`].

mod census;
mod embedded;
mod expected;
mod experiment;
mod markdown;
mod matrix;
mod noticed;
mod run_against;

pub use census::census;
pub use embedded::{Embedded, EmbeddedError, api, start};
pub use expected::{UNKNOWN, subjects};
pub use experiment::{Count, MutantRun, Subject};
pub use markdown::{markdown, summary};
pub use matrix::{KillMatrix, Tally, UNUSED};
pub use noticed::{ExpectedDetection, Severity};
pub use run_against::{ProofError, run_on};
