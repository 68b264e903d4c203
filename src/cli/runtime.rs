//! The async runtime of commands that send requests.

use tokio::runtime::{Builder, Runtime};

use super::error::CliError;

/// Size of the stack of a thread, in bytes: in a build without optimisation the steps of a case need more than the 2 MiB
/// that are usual. Only what is used takes memory.
const STACK_SIZE: usize = 8 << 20;

/// Creates a runtime on all processors.
///
/// # Errors
/// When the system has no threads or sockets available.
pub(super) fn runtime() -> Result<Runtime, CliError> {
    let mut builder = Builder::new_multi_thread();
    builder.thread_stack_size(STACK_SIZE).enable_all();
    builder.build().map_err(|error| cannot_start(&error))
}

/// Returns the error of a runtime or thread that the system did not start.
pub(super) fn cannot_start(error: &std::io::Error) -> CliError {
    CliError::Broken(format!("cannot start the runtime: {error}"))
}
