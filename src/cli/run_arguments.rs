//! The options of `run`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{
    arguments::{BodiesMode, Deny, PacksFrom, SnapshotsMode, TargetArguments},
    pinned::PinArguments,
    shard::ShardOption,
};

/// Options of `run`.
#[derive(Debug, Args)]
pub struct RunArguments {
    /// Packs, or prefixes or globs of pack::failure::scenario[::row]
    #[arg(value_name = "SELECTOR")]
    pub selectors: Vec<String>,
    /// Run only cases with this property: failure, cause, scenario, tag, operation, method or role, with a value or a glob; may
    /// be repeated: one of those of a key, for each key
    #[arg(long, value_name = "KEY=GLOB")]
    pub only: Vec<String>,
    /// Leave out cases with this property, or of this name; may be repeated
    #[arg(long, value_name = "KEY=GLOB|NAME")]
    pub exclude: Vec<String>,
    /// Run the cases that failed in the last JSON report: that of --rerun-from, or of --report json=PATH before it is replaced
    #[arg(long, value_name = "WHICH")]
    pub rerun: Option<Rerun>,
    /// With --rerun: the JSON report to take the cases from
    #[arg(long, value_name = "REPORT", requires = "rerun")]
    pub rerun_from: Option<PathBuf>,
    /// Print every request in its order, with secrets redacted, and send nothing
    #[arg(long, conflicts_with_all = ["reports", "fail_fast", "quiet"])]
    pub dry_run: bool,
    /// Run everything this many times: cases whose outcomes differ are `unstable`, and the run fails
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(2..=1000), conflicts_with_all = ["dry_run", "fail_fast", "shard"])]
    pub repeat: Option<u16>,
    /// Run again what a changed file touches: the cases of a scenario file, of its rows and fixtures; all cases of a pack
    /// after a change of its contract or a schema, and everything after one of failspec.toml; until Ctrl-C
    #[arg(long, conflicts_with_all = ["dry_run", "repeat", "rerun", "shard"])]
    pub watch: bool,
    /// Stop the run in order after the first case that failed: teardowns run, and the rest is skipped
    #[arg(long)]
    pub fail_fast: bool,
    /// Start the server under test with this shell command, wait until it accepts connections at the URL of the target, and
    /// end its whole process group after the run, however it ends
    #[cfg(unix)]
    #[arg(long, value_name = "COMMAND", conflicts_with_all = ["dry_run", "reference", "watch"])]
    pub start: Option<String>,
    /// The target
    #[command(flatten)]
    pub target: TargetArguments,
    /// Run against the embedded reference implementations: says nothing about a real API
    #[arg(long, conflicts_with_all = ["url", "target", "config"])]
    pub reference: bool,
    /// The source of the packs
    #[command(flatten)]
    pub from: PacksFrom,
    /// The digests that the packs must have
    #[command(flatten)]
    pub pins: PinArguments,
    /// Run only shard K of N, such as 2/3, or the one of this parallel CI job (auto); `failspec merge` merges the JSON
    /// reports of all shards
    #[arg(long, value_name = "K/N|auto")]
    pub shard: Option<ShardOption>,
    /// With --shard auto: number of shards, where the CI does not say it (Kubernetes)
    #[arg(long, value_name = "N", requires = "shard")]
    pub shard_total: Option<u32>,
    /// Concurrent cases (default: 16 on loopback, 8 elsewhere)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub jobs: Option<u16>,
    /// Stop the run in order after this time, such as 10m: what differs most is sent first, teardowns run, and the rest is skipped
    /// (exit code 4)
    #[arg(long, value_name = "TIME")]
    pub max_time: Option<String>,
    /// How to compare responses with the approved ones
    #[arg(long, value_name = "MODE", default_value = "report")]
    pub snapshots: SnapshotsMode,
    /// Write a report: json, junit, html, markdown, sarif, ndjson or har, each with =PATH, or github[=PATH]; may be repeated
    #[arg(long = "report", value_name = "FORMAT=PATH")]
    pub reports: Vec<String>,
    /// Cases for which reports include the bodies of requests and responses
    #[arg(long, value_name = "WHICH", default_value = "all")]
    pub report_bodies: BodiesMode,
    /// Count warnings as violations
    #[arg(long, value_name = "WHAT")]
    pub deny: Option<Deny>,
    /// Show passed cases, warnings and errata in full
    #[arg(short, long)]
    pub verbose: bool,
    /// Show only the verdict
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,
}

/// The cases of an earlier run that run again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Rerun {
    /// Those that failed
    Failed,
}
