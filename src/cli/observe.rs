//! `failspec observe`.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use clap::Args;
use failspec_judge::report_model::RunReport;
use failspec_observe::{ObserveOptions, Observer, read};
use failspec_pack::{
    pack::Pack,
    target_config::{Config, Target},
};
use failspec_report::terminal::{self, Columns};

use super::{
    arguments::{BodiesMode, Deny, PacksFrom},
    error::CliError,
    pack_sources::PackSources,
    packs,
    reports::Reports,
    resolve_target::config_of,
    run::{print, print_as_it_is},
};

/// The name of standard input in reports and errors.
const STDIN: &str = "standard input";

/// Options of `observe`.
#[derive(Debug, Args)]
pub struct ObserveArguments {
    /// The pack by whose contract the traffic is judged
    pub pack: String,
    /// Recordings: HAR 1.2 of browsers, proxies and test tools, JSON or NDJSON reports of failspec; `-` is standard input;
    /// they may be compressed (gzip)
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// The target
    #[command(flatten)]
    pub target: ObservedTarget,
    /// The source of the packs
    #[command(flatten)]
    pub from: PacksFrom,
    /// Reports and output
    #[command(flatten)]
    pub output: ObserveOutput,
}

/// The target whose traffic is judged.
#[derive(Debug, Args)]
pub struct ObservedTarget {
    /// A base URL of the API: requests to it are judged; may be repeated (default: the URL of the target)
    #[arg(long = "url", value_name = "URL")]
    pub urls: Vec<String>,
    /// The name of a target in failspec.toml
    #[arg(long, value_name = "NAME")]
    pub target: Option<String>,
    /// The file with the targets (default: failspec.toml in the current folder, or in the nearest folder above it)
    #[arg(long, value_name = "PATH")]
    pub config: Option<PathBuf>,
}

/// The reports about observed traffic.
#[derive(Debug, Args)]
pub struct ObserveOutput {
    /// Exit code 4 if less than this share of the documented failures was seen, in percent
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    pub min_coverage: Option<u8>,
    /// Write a report: json, junit, html, markdown, sarif, ndjson or har, each with =PATH, or github[=PATH]; may be repeated
    #[arg(long = "report", value_name = "FORMAT=PATH")]
    pub reports: Vec<String>,
    /// Cases for which reports include the bodies of requests and responses
    #[arg(long, value_name = "WHICH", default_value = "all")]
    pub report_bodies: BodiesMode,
    /// Count warnings as violations
    #[arg(long, value_name = "WHAT")]
    pub deny: Option<Deny>,
    /// Show everything that was seen in full
    #[arg(short, long)]
    pub verbose: bool,
    /// Show only the verdict
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,
}

/// Judges recorded traffic and returns the exit code.
///
/// # Errors
/// When files or options are wrong, and when nothing of the recordings belongs to the target.
pub fn command(arguments: &ObserveArguments) -> Result<u8, CliError> {
    let pack = pack_of(&arguments.pack, &arguments.from, &arguments.target)?;
    let Observed { config, urls } = arguments.target.resolve(&pack)?;
    let sources: Vec<String> = arguments.files.iter().map(|file| name(file)).collect();
    let new = || {
        Observer::new(
            Arc::clone(&pack),
            config.target.clone(),
            config.waivers.clone(),
            urls.clone(),
            &sources,
        )
    };
    let mut observer = new().map_err(|error| CliError::usage(error.to_string()))?;
    let mut options = ObserveOptions {
        deny_warnings: arguments.output.deny == Some(Deny::Warnings),
        min_coverage: arguments.output.min_coverage,
        started: jiff::Timestamp::now().to_string(),
        sources: sources.clone(),
        ..ObserveOptions::default()
    };
    let mut reports = Reports::open(&arguments.output.reports, arguments.output.report_bodies)?;
    let unfinished = ObserveOptions { interrupted: true, ..options.clone() };
    let unfinished = new().map_err(|error| CliError::usage(error.to_string()))?.finish(&unfinished);
    reports.begin(&unfinished.map_err(|error| CliError::usage(error.to_string()))?)?;
    let began = Instant::now();
    for (index, file) in arguments.files.iter().enumerate() {
        let input = open(file)?;
        read(&sources[index], input, &mut |exchange| drop(observer.observe(index, &exchange)))
            .map_err(|error| CliError::usage(error.to_string()))?;
    }
    options.duration = began.elapsed();
    let report = observer.finish(&options).map_err(|error| {
        CliError::usage_hint(error.to_string(), "name the base URL of the API in the recording: --url URL")
    })?;
    Ok(finish(report, reports, &arguments.output))
}

/// Prints a report about observed traffic, writes its files, and returns the exit code.
pub(super) fn finish(mut report: RunReport, reports: Reports, output: &ObserveOutput) -> u8 {
    // Printed before the summary: the last line is that of the verdict.
    if let Some(annotations) = reports.annotations(&report) {
        print_as_it_is(&annotations);
    }
    let view = terminal::View { verbose: output.verbose, quiet: output.quiet, columns: Columns::of_stdout() };
    print(&terminal::end(&report, view));
    reports.write(&mut report)
}

/// Returns the one pack that a command names.
///
/// # Errors
/// When it does not exist, or has errors.
pub(super) fn pack_of(name: &str, from: &PacksFrom, target: &ObservedTarget) -> Result<Arc<Pack>, CliError> {
    let sources = PackSources::of(from, target.config.as_deref())?;
    let mut packs = packs::named(&sources, &[name.to_owned()])?;
    packs.pop().ok_or_else(|| CliError::usage(format!("there is no pack `{name}`")))
}

/// A target, and the base URLs of its traffic.
pub(super) struct Observed {
    pub config: Config,
    pub urls: Vec<url::Url>,
}

impl ObservedTarget {
    /// Returns the target that the options name. With only a URL no file is read.
    ///
    /// # Errors
    /// When there is none, or a URL is wrong.
    pub(super) fn resolve(&self, pack: &Arc<Pack>) -> Result<Observed, CliError> {
        let of_url =
            |url: &String| Target::from_url(url).map_err(|error| CliError::usage(format!("--url: {error}")));
        let given: Vec<Target> = self.urls.iter().map(of_url).collect::<Result<_, _>>()?;
        let urls: Vec<url::Url> = given.iter().map(|target| target.url.clone()).collect();
        let is_named = self.target.is_some() || self.config.is_some();
        if let Some(first) = given.into_iter().next().filter(|_| !is_named) {
            return Ok(Observed { config: Config { target: first, waivers: Vec::new() }, urls });
        }
        let mut config =
            config_of(self.config.as_deref(), self.target.as_deref(), std::slice::from_ref(pack))?;
        config.target = config.target.of_pack(&pack.name);
        if let Some(first) = urls.first() {
            config.target.url = first.clone();
        }
        Ok(Observed { config, urls })
    }
}

/// Returns the name of a recording in reports.
fn name(file: &Path) -> String {
    if file == Path::new("-") { STDIN.to_owned() } else { file.display().to_string() }
}

/// Opens a recording.
///
/// # Errors
/// When it cannot be opened.
fn open(file: &Path) -> Result<Box<dyn Read>, CliError> {
    if file == Path::new("-") {
        return Ok(Box::new(io::stdin().lock()));
    }
    let opened = File::open(file);
    let opened =
        opened.map_err(|error| CliError::usage(format!("cannot read {}: {error}", file.display())))?;
    Ok(Box::new(opened))
}
