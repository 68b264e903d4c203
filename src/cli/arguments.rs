//! The command line.

use std::{io::Write as _, path::PathBuf};

use clap::{
    Args, Parser, Subcommand, ValueEnum,
    error::{ContextKind, ContextValue},
};

use failspec_base::{sanitize::one_line, syntax::renamed};
use failspec_judge::report_model::exit;

use super::examples::{
    BADGE_EXAMPLES, BOARD_EXAMPLES, CERTIFY_EXAMPLES, CHECK_TARGET_EXAMPLES, COMPLETIONS_HELP,
    COVERAGE_EXAMPLES, DIFF_EXAMPLES, DRIFT_EXAMPLES, EXAMPLES, EXPLAIN_EXAMPLES, EXPORT_EXAMPLES,
    IMPORT_EXAMPLES, INIT_EXAMPLES, KEYGEN_EXAMPLES, LINT_EXAMPLES, LIST_EXAMPLES, MERGE_HELP, MOCK_EXAMPLES,
    OBSERVE_EXAMPLES, PROXY_EXAMPLES, RUN_EXAMPLES, SCENARIO_EXAMPLES, SCHEMA_EXAMPLES, SERVE_EXAMPLES,
    SNAPSHOTS_EXAMPLES, SWEEP_EXAMPLES, VERIFY_EXAMPLES, WAIVE_HELP,
};
pub use super::run_arguments::{Rerun, RunArguments};
use super::{
    badge::BadgeArguments, board::BoardArguments, certify::CertifyArguments, diff::DiffArguments,
    drift::DriftArguments, error::CliError, export::ExportArguments, help, import::ImportAction,
    keygen::KeygenArguments, mutants::MutantsArguments, observe::ObserveArguments,
    output_format::OutputFormat, proxy::ProxyArguments, verify::VerifyCommandArguments,
};

/// Does your API fail the way its documentation says?
#[derive(Debug, Parser)]
#[command(name = "failspec", version, arg_required_else_help = true, after_help = EXAMPLES, help_template = help::template())]
pub struct Arguments {
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

impl Arguments {
    /// Parses the command line of the process; ends the process with a message if that fails, or with the help if it
    /// was requested.
    pub fn from_command_line() -> Self {
        Self::try_parse().unwrap_or_else(|mut error| {
            let command = match error.get(ContextKind::InvalidSubcommand) {
                Some(ContextValue::String(command)) => renamed::command(command),
                _ => None,
            };
            if let Some(new) = command {
                error.insert(ContextKind::SuggestedSubcommand, ContextValue::Strings(vec![new.to_owned()]));
            }
            if error.use_stderr() {
                // It quotes arguments, which a script may have from anywhere.
                let quoted = error.context().filter_map(|(kind, value)| match value {
                    ContextValue::String(text) => Some((kind, ContextValue::String(one_line(text)))),
                    _ => None,
                });
                for (kind, quoted) in quoted.collect::<Vec<_>>() {
                    error.insert(kind, quoted);
                }
                let _ = write!(failspec_report::terminal::stderr(), "{}", error.render().ansi());
                std::process::exit(error.exit_code());
            }
            // Help and version are output like any other.
            let lost = error.print().err().filter(|error| error.kind() != std::io::ErrorKind::BrokenPipe);
            if let Some(error) = lost {
                CliError::Broken(format!("standard output cannot be written: {error}")).print();
                std::process::exit(i32::from(exit::INCONCLUSIVE));
            }
            std::process::exit(i32::from(exit::CONFORMS))
        })
    }
}

const MUTANTS_HELP: &str = "\
A mutant is a reference implementation with one deliberate change. A wrong mutant is killed if the expected \
check reports it, as a violation or a warning as the contract requires; a harmless mutant must pass. \
Prints, for each mutant and check, the number of cases with a violation and, in brackets, with a warning. \
Exit code 1 if a mutant survives.

Examples:
  failspec mutants
      test every mutant of every built-in pack (about two minutes)
  failspec mutants kubeglass --only code-padded
      test one mutant of one pack
  failspec serve kubeglass --mutant code-padded --target-file t.toml
      run the same mutant as a server, to see what a failing run looks like";

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Send scenarios to an API and judge its responses
    #[command(after_help = RUN_EXAMPLES)]
    Run(RunArguments),
    /// Judge recorded traffic (HAR, reports): failures that were seen
    #[command(after_help = OBSERVE_EXAMPLES)]
    Observe(ObserveArguments),
    /// Pass requests on to an API, and judge its responses on the side
    #[command(after_help = PROXY_EXAMPLES)]
    Proxy(ProxyArguments),
    /// Create a pack, a copy of a built-in one, a target or a programme
    #[command(after_help = INIT_EXAMPLES)]
    Init(InitArguments),
    /// Create a pack from a documentation page or an OpenAPI document
    #[command(after_help = IMPORT_EXAMPLES)]
    Import {
        /// Source to import from
        #[command(subcommand)]
        action: ImportAction,
    },
    /// Compare a contract with its documentation as it is now
    #[command(after_help = DRIFT_EXAMPLES)]
    Drift(DriftArguments),
    /// Write a contract as a page's table, an OpenAPI Overlay or codes
    #[command(after_help = EXPORT_EXAMPLES)]
    Export(ExportArguments),
    /// Compare two contracts, two reports or two certificates
    #[command(after_help = DIFF_EXAMPLES)]
    Diff(DiffArguments),
    /// Run everything and sign the verdict
    #[command(after_help = CERTIFY_EXAMPLES)]
    Certify(CertifyArguments),
    /// Create a key pair to sign certificates with
    #[command(after_help = KEYGEN_EXAMPLES)]
    Keygen(KeygenArguments),
    /// Verify a certificate against its report and its packs
    #[command(after_help = VERIFY_EXAMPLES)]
    Verify(VerifyCommandArguments),
    /// Create a badge from a certificate that verifies
    #[command(after_help = BADGE_EXAMPLES)]
    Badge(BadgeArguments),
    /// Write a static site of verified certificates
    #[command(after_help = BOARD_EXAMPLES)]
    Board(BoardArguments),
    /// Create a scenario from a curl command line
    #[command(after_help = SCENARIO_EXAMPLES)]
    Scenario {
        /// The action
        #[command(subcommand)]
        action: ScenarioAction,
    },
    /// Check a target before a run: what is missing, which roles work
    #[command(after_help = CHECK_TARGET_EXAMPLES)]
    CheckTarget(CheckTargetArguments),
    /// Remove what earlier runs left behind, where the pack says how
    #[command(after_help = SWEEP_EXAMPLES)]
    Cleanup(CleanupArguments),
    /// List packs, their cases, or what they require of a target
    #[command(after_help = LIST_EXAMPLES)]
    List(SelectArguments),
    /// Find what a pack leaves untested, unproven or unused
    #[command(after_help = LINT_EXAMPLES)]
    Lint(LintArguments),
    /// Show the scenarios of each failure, and documentation errors
    #[command(after_help = COVERAGE_EXAMPLES)]
    Coverage(PackArguments),
    /// Explain a check or a documented failure, or list all checks
    #[command(after_help = EXPLAIN_EXAMPLES)]
    Explain {
        /// The id of a check, or the name of a failure or scenario: pack::failure[::scenario]
        #[arg(value_name = "CHECK|NAME")]
        id: Option<String>,
        /// The source of the packs
        #[command(flatten)]
        from: PacksFrom,
    },
    /// Merge the JSON reports of all shards into one verdict
    #[command(after_help = MERGE_HELP)]
    Merge(MergeArguments),
    /// Write waivers for the violations of a report
    #[command(after_help = WAIVE_HELP)]
    Waive(WaiveArguments),
    /// Print the JSON Schema of a file format
    #[command(after_help = SCHEMA_EXAMPLES)]
    Schema {
        /// Which format
        format: SchemaFormat,
    },
    /// Print a completion script for a shell
    #[command(after_help = COMPLETIONS_HELP)]
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
    /// Review, accept or reject changed responses (`.snap.new`)
    #[command(after_help = SNAPSHOTS_EXAMPLES)]
    Snapshots {
        /// The action
        #[command(subcommand)]
        action: SnapshotsAction,
    },
    /// Test the checks: run packs against deliberately wrong servers
    #[command(after_help = MUTANTS_HELP)]
    Mutants(MutantsArguments),
    /// Run a server that responds as a contract documents
    #[command(after_help = MOCK_EXAMPLES)]
    Mock(MockArguments),
    /// Run an embedded reference implementation as a server
    #[command(after_help = SERVE_EXAMPLES)]
    Serve(ServeArguments),
}

/// The source of the packs.
#[derive(Debug, Clone, Args)]
pub struct PacksFrom {
    /// Read packs from DIR (schemas/PACK, scenarios/PACK, snapshots/PACK), and built-in ones only by name
    #[arg(long, value_name = "DIR")]
    pub packs: Option<PathBuf>,
}

/// Options of `merge`.
#[derive(Debug, Args)]
pub struct MergeArguments {
    /// The JSON reports of all shards, in any order
    #[arg(value_name = "REPORT", required = true)]
    pub shards: Vec<PathBuf>,
    /// Write a report: json, junit, html, markdown, sarif, ndjson or har, each with =PATH, or github[=PATH]; may be repeated
    #[arg(long = "report", value_name = "FORMAT=PATH")]
    pub reports: Vec<String>,
    /// Cases for which reports include the bodies of requests and responses
    #[arg(long, value_name = "WHICH", default_value = "all")]
    pub report_bodies: BodiesMode,
    /// Show passed cases, warnings and errata in full
    #[arg(short, long)]
    pub verbose: bool,
    /// Show only the verdict
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,
}

/// Options of `waive`.
#[derive(Debug, Args)]
pub struct WaiveArguments {
    /// A JSON report
    #[arg(value_name = "REPORT")]
    pub report: PathBuf,
    /// The reason for the waivers (default: the violation that was found)
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// The issue that tracks the violations
    #[arg(long, value_name = "URL")]
    pub issue: Option<String>,
    /// The last day of the waivers, or a number of days from today (default: 90d)
    #[arg(long, value_name = "DATE|90d")]
    pub expires: Option<String>,
    /// Append the waivers that are not there yet to this failspec.toml
    #[arg(long, value_name = "PATH")]
    pub config: Option<PathBuf>,
    /// Write the waivers to this file instead of printing them
    #[arg(short, long, value_name = "FILE", conflicts_with = "config")]
    pub output: Option<PathBuf>,
}

/// The API under test, and the credentials for it.
#[derive(Debug, Args)]
pub struct TargetArguments {
    /// The base URL of the API under test
    #[arg(long, value_name = "URL", conflicts_with_all = ["target", "config"])]
    pub url: Option<String>,
    /// The name of a target in failspec.toml
    #[arg(long, value_name = "NAME")]
    pub target: Option<String>,
    /// The file with the targets (default: failspec.toml in the current folder, or in the nearest folder above it)
    #[arg(long, value_name = "PATH")]
    pub config: Option<PathBuf>,
    /// Credentials of a role; KIND is bearer, basic, header:NAME, cookie:NAME or query:NAME
    #[arg(long = "role", value_name = "NAME=KIND:env:VAR")]
    pub roles: Vec<String>,
    /// Run the commands of the target that print credentials
    #[arg(long)]
    pub allow_commands: bool,
    /// Send only requests that change nothing (GET, HEAD, OPTIONS, TRACE) and logins, and skip the other cases
    #[arg(long)]
    pub safe: bool,
    /// Set a variable of the pack
    #[arg(long = "var", value_name = "NAME=VALUE")]
    pub variables: Vec<String>,
}

/// Options of `init`.
#[derive(Debug, Args)]
pub struct InitArguments {
    /// The name of the new pack
    pub name: Option<String>,
    /// Copy this built-in pack
    #[arg(long = "from", value_name = "PACK")]
    pub source: Option<String>,
    /// Begin with this style of errors
    #[arg(
        long,
        value_name = "STYLE",
        value_parser = clap::builder::PossibleValuesParser::new(failspec_import::style::styles().map(|style| style.name)),
        requires = "name",
        conflicts_with_all = ["source", "target", "pack"]
    )]
    pub style: Option<String>,
    /// Add an empty target with this name
    #[arg(long, value_name = "NAME", requires = "pack")]
    pub target: Option<String>,
    /// Write programme.toml with comments: the rules of a conformance programme with this name
    #[arg(long, value_name = "NAME", conflicts_with_all = ["name", "source", "style", "target", "config"])]
    pub programme: Option<String>,
    /// The pack that the target is for, or that the programme accepts (default: all packs)
    #[arg(long, value_name = "PACK")]
    pub pack: Option<String>,
    /// The file to add the target to (default: failspec.toml)
    #[arg(long, value_name = "PATH")]
    pub config: Option<PathBuf>,
    /// The source of the packs
    #[command(flatten)]
    pub from: PacksFrom,
}

/// Actions on scenarios.
#[derive(Debug, Subcommand)]
pub enum ScenarioAction {
    /// Print a scenario that sends the request of a curl command line
    New(NewScenarioArguments),
}

/// Options of `scenario new`.
#[derive(Debug, Args)]
pub struct NewScenarioArguments {
    /// A curl command line, as copied from a browser
    #[arg(long, value_name = "COMMAND")]
    pub from_curl: String,
    /// The name of the scenario
    #[arg(long, value_name = "NAME", default_value = "new_scenario")]
    pub name: String,
    /// The failure that the scenario triggers (default: not_found, or else the first one of the contract)
    #[arg(long, value_name = "FAILURE")]
    pub triggers: Option<String>,
    /// The pack that the scenario is for (default: that of the folder, if it has only one)
    #[arg(long, value_name = "PACK")]
    pub pack: Option<String>,
    /// The source of the packs
    #[command(flatten)]
    pub from: PacksFrom,
}

/// Options of `cleanup`.
#[derive(Debug, Args)]
pub struct CleanupArguments {
    /// The pack to clean up after
    pub pack: String,
    /// List what would be removed, without removing it
    #[arg(long)]
    pub dry_run: bool,
    /// Only what this run created: the six characters after `failspec-` in its names (default: all runs)
    #[arg(long = "run", value_name = "RUN")]
    pub of_run: Option<String>,
    /// The target
    #[command(flatten)]
    pub target: TargetArguments,
    /// The source of the packs
    #[command(flatten)]
    pub from: PacksFrom,
}

/// Options of `check-target`.
#[derive(Debug, Args)]
pub struct CheckTargetArguments {
    /// The pack to check the target for
    pub pack: String,
    /// The target
    #[command(flatten)]
    pub target: TargetArguments,
    /// The source of the packs
    #[command(flatten)]
    pub from: PacksFrom,
}

/// Packs by name.
#[derive(Debug, Args)]
pub struct PackArguments {
    /// Packs (default: all)
    #[arg(value_name = "PACK")]
    pub names: Vec<String>,
    /// Format of the output: text or json
    #[arg(long, value_name = "FORMAT", default_value = "text", hide_possible_values = true)]
    pub format: OutputFormat,
    /// The source of the packs
    #[command(flatten)]
    pub from: PacksFrom,
}

/// Options of `lint`.
#[derive(Debug, Args)]
pub struct LintArguments {
    /// The packs
    #[command(flatten)]
    pub packs: PackArguments,
    /// First replace names of earlier versions in the files of --packs, failspec.toml and programme.toml
    #[arg(long)]
    pub fix: bool,
    /// With --fix: the file of targets and waivers (default: failspec.toml in the current folder and in DIR)
    #[arg(long, value_name = "PATH", requires = "fix")]
    pub config: Option<PathBuf>,
    /// With --fix: the programme (default: programme.toml in the current folder and in DIR)
    #[arg(long, value_name = "PATH", requires = "fix")]
    pub programme: Option<PathBuf>,
}

/// Cases by selector.
#[derive(Debug, Args)]
pub struct SelectArguments {
    /// Packs, or prefixes or globs of pack::failure::scenario[::row]
    #[arg(value_name = "SELECTOR")]
    pub selectors: Vec<String>,
    /// List what the packs require of a target: roles, variables, conditions
    #[arg(long)]
    pub requires: bool,
    /// Format of the output: text or json
    #[arg(long, value_name = "FORMAT", default_value = "text", hide_possible_values = true)]
    pub format: OutputFormat,
    /// The source of the packs
    #[command(flatten)]
    pub from: PacksFrom,
}

/// Options of `mock`.
#[derive(Debug, Args)]
pub struct MockArguments {
    /// The pack
    pub pack: String,
    /// The address to listen on
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    pub listen: std::net::SocketAddr,
    /// Write a failspec.toml with the mock as target
    #[arg(long, value_name = "PATH")]
    pub target_file: Option<PathBuf>,
    /// List all failures that the requests of the pack do not bring about
    #[arg(short, long)]
    pub verbose: bool,
    /// The source of the packs
    #[command(flatten)]
    pub from: PacksFrom,
}

/// Options of `serve`.
#[derive(Debug, Args)]
pub struct ServeArguments {
    /// The pack of the reference implementation
    pub pack: String,
    /// The address to listen on
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    pub listen: std::net::SocketAddr,
    /// Write a failspec.toml with the running server as target
    #[arg(long, value_name = "PATH")]
    pub target_file: Option<PathBuf>,
    /// Run a mutant: one deliberate change (`list` lists them)
    #[arg(long, value_name = "ID")]
    pub mutant: Option<String>,
}

/// Actions on changed responses.
#[derive(Debug, Subcommand)]
pub enum SnapshotsAction {
    /// Show each changed response and ask
    Review(SnapshotsArguments),
    /// Approve all changed responses
    Accept(SnapshotsArguments),
    /// Discard all changed responses
    Reject(SnapshotsArguments),
}

/// Options of `snapshots review`, `snapshots accept` and `snapshots reject`.
#[derive(Debug, Args)]
pub struct SnapshotsArguments {
    /// The folder with the snapshots
    #[arg(value_name = "DIR", default_value = "snapshots")]
    pub folder: PathBuf,
}

/// Treatment of approved responses in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SnapshotsMode {
    /// Fail on changed and new responses, and on unreferenced snapshots
    Check,
    /// Show differences
    Report,
    /// Approve the new responses
    Update,
    /// Do not compare
    Off,
}

/// The cases for which reports include bodies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum BodiesMode {
    /// No cases
    None,
    /// Cases with violations, also waived ones
    Violations,
    /// All cases
    All,
}

/// Findings that count as violations besides violations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Deny {
    /// All warnings
    Warnings,
}

/// The file formats that have a JSON Schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SchemaFormat {
    /// contract.yaml
    Contract,
    /// scenario files
    Scenario,
    /// failspec.toml
    Config,
    /// the JSON report
    Report,
    /// the statement in a certificate
    Certificate,
    /// programme.toml
    Programme,
}
