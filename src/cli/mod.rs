//! The command line: one file for each command.

mod arguments;
mod asked_variables;
mod badge;
mod board;
mod certificate_input;
mod certificate_summary;
mod certify;
mod check_target;
mod cleanup;
mod completions;
mod coverage;
mod curl_options;
mod default_config;
mod diff;
mod diff_outputs;
mod drift;
mod dry_run;
mod error;
mod examples;
mod explain;
mod explain_failure;
mod export;
mod filters;
mod fix;
mod given;
mod help;
mod import;
mod import_next;
mod import_openapi;
mod import_traffic;
mod init;
mod init_config;
mod interrupts;
mod keygen;
mod lint;
mod list;
mod merge;
mod mock;
mod mutants;
mod new_scenario;
mod observe;
mod output_file;
mod output_format;
mod pack_sources;
mod packs;
mod parse_curl;
mod pinned;
mod programme_draft;
mod proxy;
mod reports;
mod rerun;
mod resolve_target;
mod run;
mod run_arguments;
mod runtime;
mod scaffold;
mod scenario;
mod schema;
mod serve;
mod shard;
mod shell_words;
mod signal;
mod snapshots;
#[cfg(unix)]
mod start;
mod stdout;
mod unusable_document;
mod verify;
mod waive;
mod watch;

use failspec_judge::report_model::exit;

pub use arguments::{Arguments, Command, SchemaFormat};
pub use error::CliError;
pub use output_format::OutputFormat;
pub use schema::schema;
pub use shard::ShardOption;

/// Executes the command and returns the exit code (see [`failspec_judge::report_model::exit`]).
///
/// # Errors
/// When the command cannot be carried out.
pub fn execute(arguments: &Arguments) -> Result<u8, CliError> {
    crate::builtin::register();
    let code = command(arguments)?;
    Ok(match stdout::failure() {
        None => code,
        Some(error) => {
            CliError::Broken(format!("standard output cannot be written: {error}")).print();
            error::worse(code, exit::INCONCLUSIVE)
        }
    })
}

fn command(arguments: &Arguments) -> Result<u8, CliError> {
    match &arguments.command {
        Command::Run(arguments) => run::command(arguments),
        Command::Observe(arguments) => observe::command(arguments),
        Command::Proxy(arguments) => proxy::command(arguments),
        Command::CheckTarget(arguments) => check_target::command(arguments),
        Command::Import { action } => import::command(action),
        Command::Diff(arguments) => diff::command(arguments),
        Command::Drift(arguments) => drift::command(arguments),
        Command::Export(arguments) => export::command(arguments),
        Command::Certify(arguments) => certify::command(arguments),
        Command::Keygen(arguments) => keygen::command(arguments),
        Command::Verify(arguments) => verify::command(arguments),
        Command::Badge(arguments) => badge::command(arguments),
        Command::Board(arguments) => board::command(arguments),
        Command::Init(arguments) => init::command(arguments),
        Command::Scenario { action } => scenario::command(action),
        Command::Cleanup(arguments) => cleanup::command(arguments),
        Command::List(arguments) => list::command(arguments),
        Command::Lint(arguments) => lint::command(arguments),
        Command::Coverage(arguments) => coverage::command(arguments),
        Command::Explain { id, from } => explain::command(id.as_deref(), from),
        Command::Merge(arguments) => merge::command(arguments),
        Command::Waive(arguments) => waive::command(arguments),
        Command::Completions { shell } => Ok(completions::command(*shell)),
        Command::Schema { format } => Ok(schema::command(*format)),
        Command::Snapshots { action } => snapshots::command(action),
        Command::Mutants(arguments) => mutants::command(arguments),
        Command::Mock(arguments) => mock::command(arguments),
        Command::Serve(arguments) => serve::command(arguments),
    }
}
