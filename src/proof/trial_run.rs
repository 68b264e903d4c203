//! One run of a pack on its reference implementation, as it is or as a mutant.

use std::sync::Arc;

use crate::{
    http::ClientError,
    pack::Pack,
    reference::{Mutant, Options},
    run::{Plan, RunOptions, interrupt, run},
    verdict::RunReport,
};

use super::{EmbeddedError, start};

/// Why a run on a reference implementation did not come about.
#[derive(Debug, thiserror::Error)]
pub enum ProofError {
    /// There is no running reference implementation.
    #[error(transparent)]
    Embedded(#[from] EmbeddedError),
    /// There is no client.
    #[error(transparent)]
    Client(#[from] ClientError),
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
