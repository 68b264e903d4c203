//! An embedded reference implementation as a target: it is described by the very file that `serve` writes.

use std::{path::Path, sync::Arc};

use crate::{
    document::Source,
    reference::{self, Api, Options, Server},
    target::{Config, Target},
};

use super::failure::Failure;

/// A running reference implementation and the target that it is.
pub struct Embedded {
    /// The server; it stops when this is dropped or stopped.
    pub server: Server,
    /// The target.
    pub target: Target,
}

/// The reference implementation of a pack.
///
/// # Errors
/// When there is none.
pub fn api(pack: &str) -> Result<Arc<dyn Api>, Failure> {
    reference::api(pack).ok_or_else(|| {
        let known = reference::apis().join(", ");
        Failure::usage_hint(
            format!("the pack `{pack}` has no embedded reference implementation"),
            format!("there are {known}; for other packs give --url or --target"),
        )
    })
}

/// Starts the reference implementation of a pack.
///
/// # Errors
/// When there is none, or no port is free.
pub async fn start(pack: &str, options: Options) -> Result<Embedded, Failure> {
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
