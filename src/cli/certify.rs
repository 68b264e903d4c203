//! `failspec certify`.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::Args;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use failspec_base::secret::Secret;
use failspec_certificate::{
    Artifact, Binary, OperatorInput, Predicate, SigningKey, parse_days, required, sign,
};
use failspec_engine::{Exchanges, Plan, RunOptions, Selectors};
use failspec_judge::{
    report_model::{RunReport, exit},
    snapshot::Mode,
};
use failspec_lint::lint;
use failspec_pack::{pack::Pack, target_config::Config};
use failspec_report::{
    json,
    terminal::{self, Styles},
    visible,
};

use super::{
    arguments::{PacksFrom, TargetArguments},
    error::CliError,
    packs,
    resolve_target::{by_pack, has_path_values, override_target, target},
    run::{judge, print},
    runtime::runtime,
};

/// Options of `certify`.
#[derive(Debug, Args)]
pub struct CertifyArguments {
    /// Whole packs, or versions of packs (PACK@2026-03)
    #[arg(value_name = "PACK", required = true)]
    pub whole: Vec<String>,
    /// The target
    #[command(flatten)]
    pub target: TargetArguments,
    /// The source of the packs
    #[command(flatten)]
    pub from: PacksFrom,
    /// The profile: core (failures that need no condition), full (with conditions), or one of the contract
    #[arg(long, value_name = "PROFILE", default_value = "core")]
    pub profile: String,
    /// The certificate file; the report is written next to it, with the ending `.report.json`
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// The private key: a PEM file from `failspec keygen`, or env:NAME
    #[arg(long, value_name = "FILE|env:NAME")]
    pub key: String,
    /// A text from the recipient of the certificate, which proves that it is not an older one
    #[arg(long, value_name = "TEXT")]
    pub nonce: Option<String>,
    /// The digest of the deployed software (sha256:…), which is not verified; required without TLS
    #[arg(long, value_name = "sha256:…")]
    pub artifact_digest: Option<String>,
    /// The commit that it was built from, which is not verified
    #[arg(long, value_name = "COMMIT")]
    pub commit: Option<String>,
    /// How long the certificate is valid
    #[arg(long, value_name = "DAYS", default_value = "365d")]
    pub valid_for: String,
    /// Certify a server on this machine without TLS; the certificate states this
    #[arg(long)]
    pub allow_loopback: bool,
    /// Not possible: a reference implementation says nothing about a real API
    #[arg(long, hide = true)]
    pub reference: bool,
    /// Concurrent cases (default: 16 on loopback, 8 elsewhere)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub jobs: Option<u16>,
    /// Show only the verdict
    #[arg(short, long)]
    pub quiet: bool,
}

/// Maximum length of a text that is copied into a certificate, in bytes.
const MAX_LEN: usize = 200;

/// Runs all scenarios and writes report and certificate.
///
/// # Errors
/// When something prevents the run from being certified; then nothing was sent.
pub fn command(arguments: &CertifyArguments) -> Result<u8, CliError> {
    if arguments.reference {
        return Err(CliError::usage_hint(
            "a reference implementation cannot be certified: it says nothing about a real API",
            "give --target or --url of your API",
        ));
    }
    let packs = whole_packs(arguments)?;
    let key = read_key(&arguments.key)?;
    let valid_for = parse_days(&arguments.valid_for).ok_or_else(|| {
        CliError::usage_hint(
            format!("--valid-for {} is not a number of days", arguments.valid_for),
            "write it like 90d",
        )
    })?;
    let artifact = artifact(arguments)?;
    let nonce = arguments.nonce.clone().map(|text| short("--nonce", text)).transpose()?;
    let report_path = report_path(&arguments.out)?;
    let config = target(&arguments.target, &packs)?;
    let runtime = runtime()?;
    let done = runtime.block_on(async {
        let report = run(arguments, &packs, config, artifact.as_ref()).await?;
        let mut bytes = Vec::new();
        json::write(&report, &mut bytes).map_err(|error| CliError::Broken(error.to_string()))?;
        let issued = Timestamp::now();
        let claims = OperatorInput {
            profile: arguments.profile.clone(),
            artifact,
            nonce,
            binary: Binary { version: env!("CARGO_PKG_VERSION").to_owned(), sha256: own_digest() },
            issued,
            valid_until: issued.saturating_add(valid_for).unwrap_or(issued),
            signer: key.public(),
        };
        let name =
            report_path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let broken = |error: &dyn std::fmt::Display| {
            CliError::Broken(format!("cannot create the certificate: {error}"))
        };
        let (envelope, predicate) =
            sign(&name, &bytes, &report, &packs, &claims, &key).map_err(|error| broken(&error))?;
        let text = envelope.to_json().map_err(|error| broken(&error))?;
        write(&report_path, &bytes)?;
        write(&arguments.out, text.as_bytes())?;
        print(&terminal::end(&report, false, arguments.quiet));
        print(&summary(&predicate, &arguments.out, &report_path));
        Ok(match (predicate.result.is_pass(), report.verdict.exit_code()) {
            (true, _) => exit::CONFORMS,
            (false, exit::CONFORMS) => exit::INCOMPLETE,
            (false, code) => code,
        })
    });
    // Do not wait for connections that a server keeps flooding.
    runtime.shutdown_background();
    done
}

/// Loads the packs, all of each, and checks that a verdict can be based on them.
fn whole_packs(arguments: &CertifyArguments) -> Result<Vec<Arc<Pack>>, CliError> {
    if let Some(part) = arguments.whole.iter().find(|name| name.contains("::") || name.contains(['*', '?'])) {
        return Err(CliError::usage_hint(
            format!("`{}` is a part of a pack: only whole packs can be certified", part.escape_debug()),
            "name packs; choose what to certify with --profile",
        ));
    }
    let packs = packs::named(&packs::files(&arguments.from), &arguments.whole)?;
    for pack in &packs {
        let mistakes = lint(pack);
        if mistakes.has_errors() {
            return Err(CliError::Diagnostics(mistakes));
        }
        if pack.scenarios.is_empty() {
            return Err(CliError::usage(format!(
                "{} has no scenarios: there is nothing to certify",
                pack.label()
            )));
        }
        let required =
            required(pack, &arguments.profile).map_err(|error| CliError::usage(error.to_string()))?;
        if required.ids.is_empty() {
            let (pack, profile) = (pack.label(), &arguments.profile);
            return Err(CliError::usage(format!("the profile {profile} of {pack} requires nothing")));
        }
    }
    Ok(packs)
}

async fn run(
    arguments: &CertifyArguments,
    packs: &[Arc<Pack>],
    config: Config,
    artifact: Option<&Artifact>,
) -> Result<RunReport, CliError> {
    let has_digest = artifact.is_some_and(|artifact| artifact.digest.is_some());
    let options = RunOptions {
        jobs: arguments.jobs.map(usize::from),
        allow_commands: arguments.target.allow_commands,
        snapshots: Mode::Off,
        // Waived violations are distinguished from others, and do not count as passed.
        waivers: config.waivers,
        exchanges: Exchanges::OfAll,
        witness: true,
        ..RunOptions::default()
    };
    let mut plans: Vec<Plan> = Vec::new();
    for (pack, mut target) in packs.iter().zip(by_pack(&config.target, packs)?) {
        override_target(&mut target, &arguments.target, pack)?;
        may_be_certified(&target, has_digest, arguments.allow_loopback)?;
        let first = plans.iter().map(|plan| plan.selected).sum();
        plans.push(Plan::new(Arc::clone(pack), Arc::new(target), &Selectors::default(), first));
    }
    plans.iter().try_for_each(has_path_values)?;
    judge(plans, options, arguments.quiet).await
}

/// Checks that the server that responds can be identified.
fn may_be_certified(
    target: &failspec_pack::target_config::Target,
    has_digest: bool,
    allow_loopback: bool,
) -> Result<(), CliError> {
    if target.tls.insecure {
        return Err(CliError::usage_hint(
            format!("the certificate of {} would not be verified: any server could respond", target.url),
            "remove `insecure` from its `tls`; for a private certificate authority set `ca`",
        ));
    }
    let loopback = failspec_base::message::is_loopback(&target.url);
    if target.url.scheme() == "https" || has_digest || (loopback && allow_loopback) {
        return Ok(());
    }
    let hint = match loopback {
        true => {
            "give the digest of the deployed software with --artifact-digest sha256:…, or allow a server on \
             this machine with --allow-loopback"
        }
        false => "use https, or give the digest of the deployed software with --artifact-digest sha256:…",
    };
    Err(CliError::usage_hint(format!("nothing identifies the server at {}: it has no TLS", target.url), hint))
}

fn read_key(from: &str) -> Result<SigningKey, CliError> {
    let text = match from.strip_prefix("env:") {
        Some(name) => std::env::var(name).ok().filter(|text| !text.trim().is_empty()).ok_or_else(|| {
            CliError::usage(format!(
                "--key: the environment variable {} is not set, or empty",
                name.escape_debug()
            ))
        })?,
        None => fs::read_to_string(from)
            .map_err(|error| CliError::usage(format!("--key: cannot read {from}: {error}")))?,
    };
    SigningKey::from_pem(&Secret::new(text, from)).map_err(|error| {
        CliError::usage_hint(format!("--key: {error}"), "`failspec keygen` creates a key pair")
    })
}

fn artifact(arguments: &CertifyArguments) -> Result<Option<Artifact>, CliError> {
    let digest = arguments.artifact_digest.as_deref().map(|text| {
        let hex = text.strip_prefix("sha256:").filter(|hex| hex.len() == 64);
        match hex.filter(|hex| hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))) {
            Some(_) => Ok(text.to_owned()),
            None => Err(CliError::usage_hint(
                "--artifact-digest is not a valid digest",
                "write `sha256:` and 64 lower-case hex digits, like the digest of a container image",
            )),
        }
    });
    let (digest, commit) =
        (digest.transpose()?, arguments.commit.clone().map(|text| short("--commit", text)).transpose()?);
    Ok((digest.is_some() || commit.is_some()).then_some(Artifact { digest, commit }))
}

fn short(option: &str, text: String) -> Result<String, CliError> {
    match (1..=MAX_LEN).contains(&text.len()) {
        true => Ok(text),
        false => Err(CliError::usage(format!("{option} must have 1 to {MAX_LEN} bytes"))),
    }
}

/// Returns the file of the report, next to the certificate; neither may exist yet.
fn report_path(out: &Path) -> Result<PathBuf, CliError> {
    let report = out.with_extension("report.json");
    if let Some(path) = [out, report.as_path()].into_iter().find(|path| path.exists()) {
        return Err(CliError::usage(format!("{} exists already; nothing was sent", path.display())));
    }
    // Checked now rather than after the run.
    let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match folder.is_dir() {
        true => Ok(report),
        false => Err(CliError::usage(format!("there is no folder {}; nothing was sent", folder.display()))),
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), CliError> {
    fs::write(path, bytes)
        .map_err(|error| CliError::Broken(format!("cannot write {}: {error}", path.display())))
}

/// Returns the SHA-256 of this program's file, if it can be read.
fn own_digest() -> Option<String> {
    let bytes = fs::read(std::env::current_exe().ok()?).ok()?;
    Some(failspec_base::encoding::hex(&Sha256::digest(bytes)))
}

fn summary(predicate: &Predicate, out: &Path, report: &Path) -> String {
    let wrote = Styles::dab(Styles::GOOD, "wrote");
    let mut text = format!("\n{wrote} {}\n{wrote} {}\n", report.display(), out.display());
    let required = predicate.packs.iter().flat_map(|pack| &pack.requirements).filter(|it| it.required);
    let all = required.clone().count();
    let unmet: Vec<_> =
        required.filter(|it| it.outcome != failspec_certificate::RequirementOutcome::Passed).collect();
    for requirement in &unmet {
        let why = requirement.why.as_ref().map_or_else(String::new, |why| format!(": {}", visible(why)));
        text += &format!("  not met: {} ({}{why})\n", requirement.id, requirement.outcome.as_str());
    }
    for violation in &predicate.run_violations {
        text += &format!("  {}\n", visible(violation));
    }
    let shown = all - unmet.len();
    let profile = &predicate.profile;
    text += &match predicate.result.is_pass() {
        true => format!("certified  {profile}: {shown} of {all} requirements\n"),
        false => format!(
            "not certified for {profile}: {shown} of {all} requirements; the certificate states this, and is \
             not a pass\n"
        ),
    };
    text
}
