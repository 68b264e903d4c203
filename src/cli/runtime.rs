//! The async runtime of commands that send requests.

use tokio::runtime::{Builder, Runtime};

use super::error::CliError;

/// Creates a runtime on all processors.
///
/// # Errors
/// When the system has no threads or sockets available.
pub(super) fn runtime() -> Result<Runtime, CliError> {
    Builder::new_multi_thread().enable_all().build().map_err(|error| cannot_start(&error))
}

/// Returns the error of a runtime or thread that the system did not start.
pub(super) fn cannot_start(error: &std::io::Error) -> CliError {
    CliError::Broken(format!("cannot start the runtime: {error}"))
}
