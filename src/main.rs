//! The `failspec` command.

use std::process::ExitCode;

use failspec::cli::{Arguments, execute};

/// The allocator. A run allocates and frees some hundred small values for each scenario, on all threads.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match execute(&Arguments::from_command_line()) {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            failure.print();
            ExitCode::from(failure.exit_code())
        }
    }
}
