//! Mutation testing of failspec: runs packs against the embedded reference implementations, correct ones and mutants.
//!
//! A [`Subject`] is a mutant with its [`ExpectedDetection`]; a [`MutantRun`] is the result of running it; all results
//! together are the [`KillMatrix`].

// A run is one future, of many within each other.
#![recursion_limit = "256"]

mod embedded;
mod expected;
mod expected_detection;
mod markdown;
mod matrix;
mod mutant_counts;
mod mutant_run;
mod run_against;

pub use embedded::{Embedded, EmbeddedError, api, api_of_version, start};
pub use expected::{UNKNOWN, subjects};
pub use expected_detection::{ExpectedDetection, Severity};
pub use markdown::{markdown, summary};
pub use matrix::{KillMatrix, Tally, UNUSED};
pub use mutant_counts::census;
pub use mutant_run::{Count, MutantRun, Subject};
pub use run_against::{ProofError, run_on};
