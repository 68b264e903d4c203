//! A run of a pack against its reference implementation, unchanged or as a mutant.

use std::sync::Arc;

use failspec_engine::{Plan, RunError, RunOptions, interrupt, run};
use failspec_judge::report_model::RunReport;
use failspec_pack::pack::Pack;
use failspec_reference::{Mutant, Options};

use super::{EmbeddedError, start};

/// An error that prevents a run against a reference implementation.
#[derive(Debug, thiserror::Error)]
pub enum ProofError {
    /// The reference implementation is not running.
    #[error(transparent)]
    Embedded(#[from] EmbeddedError),
    /// The run cannot start.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The run stopped before its end: it has a defect.
    #[error("the run against a mutant stopped: {0}")]
    Stopped(#[from] tokio::task::JoinError),
}

/// Runs a pack against its reference implementation, or against a mutant of it.
///
/// # Errors
/// When the reference implementation or the client cannot be started.
pub async fn run_on(
    pack: &Arc<Pack>,
    mutant: Option<Mutant>,
    options: RunOptions,
) -> Result<RunReport, ProofError> {
    let embedded = start(pack, Options { mutant, ..Options::default() }).await?;
    let plan = Plan::new(Arc::clone(pack), Arc::new(embedded.target), &options.selectors, 0);
    let (_interrupter, interrupt) = interrupt();
    let report = run(vec![plan], options, interrupt, Arc::new(|_| {})).await;
    embedded.server.stop().await;
    Ok(report?)
}
