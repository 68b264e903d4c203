//! An embedded reference implementation as a target. The target is read from the same file that `serve` writes.

use std::{path::Path, sync::Arc};

use failspec_base::syntax::{Diagnostics, Source};
use failspec_pack::{
    pack::{Pack, Version},
    target_config::{Config, Target},
};
use failspec_reference as reference;
use failspec_reference::{Api, Options, Server, StartError};

/// A running reference implementation and the target that describes it.
#[derive(Debug)]
pub struct Embedded {
    /// The server.
    pub server: Server,
    /// The target.
    pub target: Target,
}

/// An error that prevents a reference implementation from running.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// The pack has no reference implementation.
    #[error("the pack `{pack}` has no embedded reference implementation (available: {known})")]
    None {
        /// The pack.
        pack: String,
        /// The packs that have one, separated by commas.
        known: String,
    },
    /// The server cannot be started.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The target file that it generates is invalid.
    #[error(transparent)]
    Target(#[from] Diagnostics),
}

/// Returns the reference implementation of the newest version of a pack.
///
/// # Errors
/// When the pack has no reference implementation.
pub fn api(pack: &str) -> Result<Arc<dyn Api>, EmbeddedError> {
    reference::api(pack).ok_or_else(|| none(pack))
}

/// Returns the reference implementation of a version of a pack, or of the newest one.
///
/// # Errors
/// When the pack has no reference implementation.
pub fn api_of_version(pack: &str, version: Option<&Version>) -> Result<Arc<dyn Api>, EmbeddedError> {
    let Some(version) = version else { return api(pack) };
    reference::api_on(pack, version.last_day()).ok_or_else(|| none(pack))
}

fn none(pack: &str) -> EmbeddedError {
    EmbeddedError::None { pack: pack.to_owned(), known: reference::apis().join(", ") }
}

/// Starts the reference implementation of a pack, in the version of the pack.
///
/// # Errors
/// When the pack has no reference implementation, the server cannot be started (for example, because no port is
/// free), or its target file is invalid.
pub async fn start(pack: &Pack, options: Options) -> Result<Embedded, EmbeddedError> {
    let api = api_of_version(&pack.name, pack.version.as_ref())?;
    let server = Server::start(Arc::clone(&api), options).await?;
    let text = api.target_file(&server.url());
    let source = Source::new(format!("(target of the reference implementation of {})", pack.label()), text);
    let mut target = Config::read(&source, None, Path::new("."))?.target;
    target.reference = true;
    // The port is not known to any other process.
    target.isolated = true;
    Ok(Embedded { server, target })
}
