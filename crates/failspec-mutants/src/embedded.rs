//! An embedded reference implementation as a target: it is described by the very file that `serve` writes.

use std::{path::Path, sync::Arc};

use failspec_base::syntax::{Diagnostics, Source};
use failspec_pack::target_config::{Config, Target};
use failspec_reference as reference;
use failspec_reference::{Api, Options, Server, StartError};

/// A running reference implementation and the target that it is.
#[derive(Debug)]
pub struct Embedded {
    /// The server.
    pub server: Server,
    /// The target.
    pub target: Target,
}

/// Why there is no running reference implementation.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// The pack has none.
    #[error("the pack `{pack}` has no embedded reference implementation (available: {known})")]
    None {
        /// The pack.
        pack: String,
        /// The packs that have one.
        known: String,
    },
    /// It does not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// It describes itself wrongly.
    #[error(transparent)]
    Target(#[from] Diagnostics),
}

/// The reference implementation of a pack.
///
/// # Errors
/// When there is none.
pub fn api(pack: &str) -> Result<Arc<dyn Api>, EmbeddedError> {
    reference::api(pack)
        .ok_or_else(|| EmbeddedError::None { pack: pack.to_owned(), known: reference::apis().join(", ") })
}

/// Starts the reference implementation of a pack.
///
/// # Errors
/// When there is none, or no port is free.
pub async fn start(pack: &str, options: Options) -> Result<Embedded, EmbeddedError> {
    let api = api(pack)?;
    let server = Server::start(Arc::clone(&api), options).await?;
    let text = api.target_file(&server.url());
    let source = Source::new(format!("(target of the reference implementation of {pack})"), text);
    let mut target = Config::read(&source, None, Path::new("."))?.target;
    target.reference = true;
    // No other process knows its port.
    target.isolated = true;
    Ok(Embedded { server, target })
}
