//! The command line: one file for each command.

mod arguments;
mod embedded;
mod failure;
mod packs;
mod run;

pub use arguments::{Arguments, Command};
pub use failure::Failure;

/// Does what the command line says and gives the exit code.
///
/// # Errors
/// When the command cannot be carried out.
pub fn execute(arguments: &Arguments) -> Result<u8, Failure> {
    match &arguments.command {
        Command::Run(arguments) => run::command(arguments),
        _ => Err(Failure::usage("not there yet")),
    }
}
