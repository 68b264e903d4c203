//! The command line.

use std::path::PathBuf;

use clap::{
    Args, Parser, Subcommand, ValueEnum,
    error::{ContextKind, ContextValue},
};

use crate::{document::renamed, verdict::Shard};

use super::examples::{
    BADGE_EXAMPLES, CERTIFY_EXAMPLES, CHECK_TARGET_EXAMPLES, COMPLETIONS_HELP, COVERAGE_EXAMPLES,
    DIFF_EXAMPLES, DRIFT_EXAMPLES, EXAMPLES, EXPLAIN_EXAMPLES, IMPORT_EXAMPLES, INIT_EXAMPLES,
    KEYGEN_EXAMPLES, LINT_EXAMPLES, LIST_EXAMPLES, MERGE_HELP, RUN_EXAMPLES, SCENARIO_EXAMPLES,
    SCHEMA_EXAMPLES, SERVE_EXAMPLES, SNAPSHOTS_EXAMPLES, SWEEP_EXAMPLES, VERIFY_EXAMPLES, WAIVE_HELP,
};
use super::{
    badge::BadgeArguments, certify::CertifyArguments, diff::DiffArguments, drift::DriftArguments, help,
    import::ImportAction, keygen::KeygenArguments, mutants::MutantsArguments, verify::VerifyArguments,
};

/// Does your API fail the way its documentation says?
#[derive(Debug, Parser)]
#[command(name = "failspec", version, arg_required_else_help = true, after_help = EXAMPLES, help_template = help::template())]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

impl Arguments {
    /// Parses the command line of the process; ends the process with a message if that fails, or if help was asked for.
    pub fn from_command_line() -> Self {
        Self::try_parse().unwrap_or_else(|mut error| {
            let command = match error.get(ContextKind::InvalidSubcommand) {
                Some(ContextValue::String(command)) => renamed::command(command),
                _ => None,
            };
            if let Some(new) = command {
                error.insert(ContextKind::SuggestedSubcommand, ContextValue::Strings(vec![new.to_owned()]));
            }
            error.exit()
        })
    }
}

const MUTANTS_HELP: &str = "\
A mutant is a reference implementation with one deliberate change. A wrong one must be noticed by the check that is \
there for it, as heavily as the contract says; a harmless one must pass. Prints for each mutant in how many cases \
each check found a violation, and in brackets a warning. Exit code 1 if one survives.

Examples:
  failspec mutants
      every mutant of every built-in pack: about two minutes
  failspec mutants kubeglass --only code-padded
      one mutant of one pack
  failspec serve kubeglass --mutant code-padded --target-file t.toml
      the same mutant as a server, to see what a failing run looks like";

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Send scenarios to an API and judge its responses
    #[command(after_help = RUN_EXAMPLES)]
    Run(RunArguments),
    /// Create a pack, a copy of a built-in one, or an empty target
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
    Verify(VerifyArguments),
    /// Create a badge from a certificate that verifies
    #[command(after_help = BADGE_EXAMPLES)]
    Badge(BadgeArguments),
    /// Create a scenario from a curl command line
    #[command(after_help = SCENARIO_EXAMPLES)]
    Scenario {
        /// What to do
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
    /// Show the scenarios of each failure, and known documentation errors
    #[command(after_help = COVERAGE_EXAMPLES)]
    Coverage(PackArguments),
    /// Explain a check, or list all checks
    #[command(after_help = EXPLAIN_EXAMPLES)]
    Explain {
        /// The id of a check
        check: Option<String>,
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
        /// What to do with them
        #[command(subcommand)]
        action: SnapshotsAction,
    },
    /// Test the checks: run packs against deliberately wrong servers
    #[command(after_help = MUTANTS_HELP)]
    Mutants(MutantsArguments),
    /// Run an embedded reference implementation as a server
    #[command(after_help = SERVE_EXAMPLES)]
    Serve(ServeArguments),
}

/// Where packs come from.
#[derive(Debug, Clone, Args)]
pub struct PacksFrom {
    /// Read packs from DIR (schemas/<pack>, scenarios/<pack>, snapshots/<pack>) instead of the built-in ones
    #[arg(long, value_name = "DIR")]
    pub packs: Option<PathBuf>,
}

/// Options of `run`.
#[derive(Debug, Args)]
pub struct RunArguments {
    /// Packs, or prefixes or globs of pack::failure::scenario[::row]
    #[arg(value_name = "SELECTOR")]
    pub selectors: Vec<String>,
    /// The target
    #[command(flatten)]
    pub target: TargetArguments,
    /// Run on the embedded reference implementations: says nothing about anyone's API
    #[arg(long, conflicts_with_all = ["url", "target", "config"])]
    pub reference: bool,
    /// Where packs come from
    #[command(flatten)]
    pub from: PacksFrom,
    /// Run part K of N alone, such as 2/3; `failspec merge` joins the JSON reports of all parts
    #[arg(long, value_name = "K/N")]
    pub shard: Option<Shard>,
    /// Cases at once (default: 16 on loopback, 8 elsewhere)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub jobs: Option<u16>,
    /// What to do with approved responses
    #[arg(long, value_name = "MODE", default_value = "report")]
    pub snapshots: SnapshotsMode,
    /// Write a report: json=PATH, junit=PATH, html=PATH, markdown=PATH, or github[=PATH]; may be repeated
    #[arg(long = "report", value_name = "FORMAT=PATH")]
    pub reports: Vec<String>,
    /// Whose bodies of requests and responses the reports show
    #[arg(long, value_name = "WHICH", default_value = "all")]
    pub report_bodies: BodiesMode,
    /// Count warnings as violations
    #[arg(long, value_name = "WHAT")]
    pub deny: Option<Deny>,
    /// Show passed cases, warnings and errata in full
    #[arg(short, long)]
    pub verbose: bool,
    /// Show the verdict alone
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,
}

/// Options of `merge`.
#[derive(Debug, Args)]
pub struct MergeArguments {
    /// The JSON reports of all shards, in any order
    #[arg(value_name = "REPORT", required = true)]
    pub shards: Vec<PathBuf>,
    /// Write a report: json=PATH, junit=PATH, html=PATH, markdown=PATH, or github[=PATH]; may be repeated
    #[arg(long = "report", value_name = "FORMAT=PATH")]
    pub reports: Vec<String>,
    /// Whose bodies of requests and responses the reports show
    #[arg(long, value_name = "WHICH", default_value = "all")]
    pub report_bodies: BodiesMode,
    /// Show passed cases, warnings and errata in full
    #[arg(short, long)]
    pub verbose: bool,
    /// Show the verdict alone
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,
}

/// Options of `waive`.
#[derive(Debug, Args)]
pub struct WaiveArguments {
    /// A JSON report
    #[arg(value_name = "REPORT")]
    pub report: PathBuf,
    /// Why the violations are known (default: what was found)
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// Where they are tracked
    #[arg(long, value_name = "URL")]
    pub issue: Option<String>,
    /// The last day on which the waivers hold, or for how many days (default: 90d)
    #[arg(long, value_name = "DATE|90d")]
    pub expires: Option<String>,
    /// Append what is not waived yet to this failspec.toml
    #[arg(long, value_name = "PATH")]
    pub config: Option<PathBuf>,
    /// Write the waivers into a file of their own instead of printing them
    #[arg(short, long, value_name = "FILE", conflicts_with = "config")]
    pub output: Option<PathBuf>,
}

/// Which API is asked, and as whom.
#[derive(Debug, Args)]
pub struct TargetArguments {
    /// The base URL of the API under test
    #[arg(long, value_name = "URL", conflicts_with_all = ["target", "config"])]
    pub url: Option<String>,
    /// A target of failspec.toml
    #[arg(long, value_name = "NAME")]
    pub target: Option<String>,
    /// The file that describes targets (default: failspec.toml here, if it is there)
    #[arg(long, value_name = "PATH")]
    pub config: Option<PathBuf>,
    /// Credentials of a role: NAME=bearer:env:VAR, basic:env:VAR, or header, cookie or query:NAME:env:VAR
    #[arg(long = "role", value_name = "NAME=KIND:env:VAR")]
    pub roles: Vec<String>,
    /// Run the programs of the target that print credentials
    #[arg(long)]
    pub allow_commands: bool,
    /// The value of a variable of the pack
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
    /// Write an empty target of this name
    #[arg(long, value_name = "NAME", requires = "pack")]
    pub target: Option<String>,
    /// The pack whose requirements the target is to meet
    #[arg(long, value_name = "PACK", requires = "target")]
    pub pack: Option<String>,
    /// The file of the target (default: failspec.toml)
    #[arg(long, value_name = "PATH")]
    pub config: Option<PathBuf>,
    /// Where packs come from
    #[command(flatten)]
    pub from: PacksFrom,
}

/// What to do with scenarios.
#[derive(Debug, Subcommand)]
pub enum ScenarioAction {
    /// Print a scenario that sends what a curl command line sends
    New(NewScenarioArguments),
}

/// Options of `scenario new`.
#[derive(Debug, Args)]
pub struct NewScenarioArguments {
    /// A curl command line, as browsers copy it
    #[arg(long, value_name = "COMMAND")]
    pub from_curl: String,
    /// The name of the scenario
    #[arg(long, value_name = "NAME", default_value = "new_scenario")]
    pub name: String,
    /// The failure that it triggers
    #[arg(long, value_name = "FAILURE", default_value = "not_found")]
    pub triggers: String,
}

/// Options of `cleanup`.
#[derive(Debug, Args)]
pub struct CleanupArguments {
    /// The pack whose runs left something behind
    pub pack: String,
    /// Show what would be removed, and remove nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Only what this run made: the six letters behind `failspec-` in its names (default: all runs)
    #[arg(long = "run", value_name = "RUN")]
    pub of_run: Option<String>,
    /// The target
    #[command(flatten)]
    pub target: TargetArguments,
    /// Where packs come from
    #[command(flatten)]
    pub from: PacksFrom,
}

/// Options of `check-target`.
#[derive(Debug, Args)]
pub struct CheckTargetArguments {
    /// The pack whose target it is to be
    pub pack: String,
    /// The target
    #[command(flatten)]
    pub target: TargetArguments,
    /// Where packs come from
    #[command(flatten)]
    pub from: PacksFrom,
}

/// Packs by name.
#[derive(Debug, Args)]
pub struct PackArguments {
    /// Packs (default: all)
    #[arg(value_name = "PACK")]
    pub names: Vec<String>,
    /// Where packs come from
    #[command(flatten)]
    pub from: PacksFrom,
}

/// Options of `lint`.
#[derive(Debug, Args)]
pub struct LintArguments {
    /// The packs
    #[command(flatten)]
    pub packs: PackArguments,
    /// First rename what had another name in earlier versions, in the files of --packs, failspec.toml and programme.toml
    #[arg(long)]
    pub fix: bool,
    /// With --fix: the file of targets and waivers to rename in (default: failspec.toml here and in DIR)
    #[arg(long, value_name = "PATH", requires = "fix")]
    pub config: Option<PathBuf>,
    /// With --fix: the programme to rename in (default: programme.toml here and in DIR)
    #[arg(long, value_name = "PATH", requires = "fix")]
    pub programme: Option<PathBuf>,
}

/// Cases by selector.
#[derive(Debug, Args)]
pub struct SelectArguments {
    /// Packs, or prefixes or globs of pack::failure::scenario[::row]
    #[arg(value_name = "SELECTOR")]
    pub selectors: Vec<String>,
    /// Print what a target must bring: roles, variables, conditions
    #[arg(long)]
    pub requires: bool,
    /// Where packs come from
    #[command(flatten)]
    pub from: PacksFrom,
}

/// Options of `serve`.
#[derive(Debug, Args)]
pub struct ServeArguments {
    /// The pack whose reference implementation is served
    pub pack: String,
    /// Where to listen
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    pub listen: std::net::SocketAddr,
    /// Write a failspec.toml that describes the running server
    #[arg(long, value_name = "PATH")]
    pub target_file: Option<PathBuf>,
    /// Serve it with one deliberate change (`list` prints them)
    #[arg(long, value_name = "ID")]
    pub mutant: Option<String>,
}

/// What to do with changed responses.
#[derive(Debug, Subcommand)]
pub enum SnapshotsAction {
    /// Show each one and ask
    Review(SnapshotsArguments),
    /// Approve all of them
    Accept(SnapshotsArguments),
    /// Throw all of them away
    Reject(SnapshotsArguments),
}

/// Which changed responses.
#[derive(Debug, Args)]
pub struct SnapshotsArguments {
    /// The folder to look in (default: snapshots)
    #[arg(value_name = "DIR", default_value = "snapshots")]
    pub folder: PathBuf,
}

/// What a run does with approved responses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SnapshotsMode {
    /// Changed, new and unreferenced ones make the run fail
    Check,
    /// Differences are shown
    Report,
    /// The new responses are approved
    Update,
    /// Nothing is compared
    Off,
}

/// Which bodies reports show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum BodiesMode {
    /// None
    None,
    /// Those of scenarios with violations
    Violations,
    /// All
    All,
}

/// What counts as a violation besides violations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Deny {
    /// Warnings
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
    /// what a certificate says
    Certificate,
    /// programme.toml
    Programme,
}
