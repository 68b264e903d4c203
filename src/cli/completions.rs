//! `failspec completions`.

use std::io::Write as _;

use clap::CommandFactory as _;
use clap_complete::{Shell, generate};

use failspec_judge::report_model::exit;

use super::{arguments::Arguments, stdout::stdout};

/// Prints a script that completes commands and options in a shell.
pub fn command(shell: Shell) -> u8 {
    let mut script = Vec::new();
    generate(shell, &mut Arguments::command(), "failspec", &mut script);
    // A closed pipe is not an error: the reader needs no more output.
    let _ = stdout().write_all(&script);
    exit::CONFORMS
}
