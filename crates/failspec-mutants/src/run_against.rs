//! One run of a pack on its reference implementation, as it is or as a mutant.

use std::sync::Arc;

use failspec_engine::{Plan, RunError, RunOptions, interrupt, run};
use failspec_judge::report_model::RunReport;
use failspec_pack::pack::Pack;
use failspec_reference::{Mutant, Options};

use super::{EmbeddedError, start};

/// Why a run on a reference implementation did not come about.
#[derive(Debug, thiserror::Error)]
pub enum ProofError {
    /// There is no running reference implementation.
    #[error(transparent)]
    Embedded(#[from] EmbeddedError),
    /// The run could not begin.
    #[error(transparent)]
    Run(#[from] RunError),
}

/// Runs a pack on its reference implementation, or on a mutant of it.
///
/// # Errors
/// When the reference implementation or the client cannot be started.
pub async fn run_on(
    pack: &Arc<Pack>,
    mutant: Option<Mutant>,
    options: RunOptions,
) -> Result<RunReport, ProofError> {
    let embedded = start(&pack.name, Options { mutant, ..Options::default() }).await?;
    let plan = Plan::new(Arc::clone(pack), Arc::new(embedded.target), &options.selectors, 0);
    let (_interrupter, interrupt) = interrupt();
    let report = run(vec![plan], options, interrupt, Arc::new(|_| {})).await;
    embedded.server.stop().await;
    Ok(report?)
}
