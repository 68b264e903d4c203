//! The `failspec` command.

use std::process::ExitCode;

use clap::Parser;
use failspec::cli::{Arguments, execute};

fn main() -> ExitCode {
    match execute(&Arguments::parse()) {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            failure.print();
            ExitCode::from(failure.exit_code())
        }
    }
}
