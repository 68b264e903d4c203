//! `failspec certify`.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::Args;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use failspec_base::{encoding::hex, sanitize::one_line};
use failspec_certificate::{
    Artifact, Binary, OperatorInput, Predicate, RequirementOutcome, finished_at, parse_days, required, sign,
};
use failspec_engine::{Exchanges, Plan, RunOptions, Selectors};
use failspec_judge::{
    report_model::{RunReport, exit},
    snapshot::Mode,
};
use failspec_lint::lint;
use failspec_pack::{
    pack::Pack,
    target_config::{Condition, Config, Target},
};
use failspec_report::{
    json,
    terminal::{self, Styles},
};

use super::{
    arguments::{PacksFrom, TargetArguments},
    certificate_input::{artifact, product, read_key, short},
    certificate_summary::target_facts,
    error::CliError,
    pack_sources::PackSources,
    packs,
    pinned::{PinArguments, check_pins},
    resolve_target::{by_pack, has_path_values, override_target, target},
    run::{Shown, judge, print},
    runtime::runtime,
    verify::{MAX_REPORT_SIZE, report_path as report_of},
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
    /// The digests that the packs must have
    #[command(flatten)]
    pub pins: PinArguments,
    /// List the requirements of the profile and the digests of the packs, and send nothing
    #[arg(long)]
    pub list: bool,
    /// The profile: core (failures that need no condition), full (with conditions), or one of the contract
    #[arg(long, value_name = "PROFILE", default_value = "core")]
    pub profile: String,
    /// The certificate file; the report is written next to it, with the ending `.report.json`
    #[arg(long, value_name = "FILE", required_unless_present = "list")]
    pub out: Option<PathBuf>,
    /// The private key: a PEM file from `failspec keygen`, or env:NAME
    #[arg(long, allow_hyphen_values = true, value_name = "FILE|env:NAME", required_unless_present = "list")]
    pub key: Option<String>,
    /// A text from the recipient of the certificate, which proves that it is not an older one
    #[arg(long, value_name = "TEXT")]
    pub nonce: Option<String>,
    /// The name of the product, which is not verified
    #[arg(long, value_name = "NAME")]
    pub product: Option<String>,
    /// The version of the product, which is not verified
    #[arg(long, value_name = "VERSION", requires = "product")]
    pub product_version: Option<String>,
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
    check_pins(&arguments.pins, &packs)?;
    let (Some(out), Some(key), false) = (&arguments.out, &arguments.key, arguments.list) else {
        print(&requirements(&packs, &arguments.profile)?);
        return Ok(exit::CONFORMS);
    };
    let key = read_key(key)?;
    let valid_for = parse_days(&arguments.valid_for).ok_or_else(|| {
        CliError::usage_hint(
            format!("--valid-for {} is not a number of days", arguments.valid_for),
            "write it like 90d",
        )
    })?;
    let (artifact, product) = (artifact(arguments)?, product(arguments)?);
    let nonce = arguments.nonce.clone().map(|text| short("--nonce", text)).transpose()?;
    let report_path = report_path(out)?;
    let config = target(&arguments.target, &packs)?;
    let runtime = runtime()?;
    let done = runtime.block_on(async {
        let report = run(arguments, &packs, config, artifact.as_ref()).await?;
        if report.is_of_mock() {
            return Err(CliError::usage_hint(
                "a mock cannot be certified: it says nothing about a real API",
                "give --target or --url of your API",
            ));
        }
        let mut bytes = Vec::new();
        json::write(&report, &mut bytes).map_err(|error| CliError::Broken(error.to_string()))?;
        if bytes.len() as u64 > MAX_REPORT_SIZE {
            return Err(CliError::Broken(format!("the report is larger than {MAX_REPORT_SIZE} bytes")));
        }
        write(&report_path, &bytes)?;
        // The clock may have been set back during the run.
        let issued = finished_at(&report).map_or_else(Timestamp::now, |end| end.max(Timestamp::now()));
        let claims = OperatorInput {
            profile: arguments.profile.clone(),
            product,
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
        write(out, text.as_bytes())?;
        let columns = terminal::Columns::of_stdout();
        print(&terminal::end(&report, terminal::View { verbose: false, quiet: arguments.quiet, columns }));
        print(&summary(&predicate, out, &report_path));
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
    let packs = packs::named(
        &PackSources::of(&arguments.from, arguments.target.config.as_deref())?,
        &arguments.whole,
    )?;
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
        may_be_certified(&target, pack, has_digest, arguments.allow_loopback)?;
        let first = plans.iter().map(|plan| plan.selected).sum();
        plans.push(Plan::new(Arc::clone(pack), Arc::new(target), &Selectors::default(), first));
    }
    plans.iter().try_for_each(has_path_values)?;
    judge(plans, options, Shown { quiet: arguments.quiet, fail_fast: false }, None).await
}

/// Checks that the server that responds can be identified.
fn may_be_certified(
    target: &Target,
    pack: &Pack,
    has_digest: bool,
    allow_loopback: bool,
) -> Result<(), CliError> {
    if target.tls.insecure {
        return Err(CliError::usage_hint(
            format!("the certificate of {} would not be verified: any server could respond", target.url),
            "remove `insecure` from its `tls`; for a private certificate authority set `ca`",
        ));
    }
    // Also the addresses to which conditions send the request under test.
    let conditions =
        target.conditions.iter().filter(|(name, _)| pack.contract.conditions.contains_key(*name));
    let elsewhere = conditions.filter_map(|(_, condition)| match condition {
        Condition::Scoped { url, .. } => url.as_ref(),
        Condition::Global(_) => None,
    });
    std::iter::once(&target.url)
        .chain(elsewhere)
        .try_for_each(|url| can_be_identified(url, has_digest, allow_loopback))
}

/// Checks that a server can be identified.
fn can_be_identified(url: &url::Url, has_digest: bool, allow_loopback: bool) -> Result<(), CliError> {
    let loopback = failspec_base::message::is_loopback(url);
    if url.scheme() == "https" || has_digest || (loopback && allow_loopback) {
        return Ok(());
    }
    let hint = match loopback {
        true => {
            "give the digest of the deployed software with --artifact-digest sha256:…, or allow a server on \
             this machine with --allow-loopback"
        }
        false => "use https, or give the digest of the deployed software with --artifact-digest sha256:…",
    };
    Err(CliError::usage_hint(format!("nothing identifies the server at {url}: it has no TLS"), hint))
}

/// Returns the file of the report, next to the certificate; neither may exist yet.
fn report_path(out: &Path) -> Result<PathBuf, CliError> {
    let report = report_of(out);
    // The certificate names the report.
    if report.file_name().and_then(|name| name.to_str()).is_none_or(|name| one_line(name) != name) {
        return Err(CliError::usage(format!(
            "{} is not a name that a certificate can contain",
            out.display()
        )));
    }
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

/// Writes a file that did not exist; also what became one during the run is not overwritten, and no link is followed.
fn write(path: &Path, bytes: &[u8]) -> Result<(), CliError> {
    let file = fs::OpenOptions::new().write(true).create_new(true).open(path);
    file.and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .map_err(|error| CliError::Broken(format!("cannot write {}: {error}", path.display())))
}

/// Returns the SHA-256 of this program's file, if it can be read.
fn own_digest() -> Option<String> {
    let bytes = fs::read(std::env::current_exe().ok()?).ok()?;
    Some(hex(&Sha256::digest(bytes)))
}

/// Lists what a profile requires of each pack, with the digest to pin.
fn requirements(packs: &[Arc<Pack>], profile: &str) -> Result<String, CliError> {
    let mut text = String::new();
    for pack in packs {
        let required = required(pack, profile).map_err(|error| CliError::usage(error.to_string()))?;
        let (name, count) = (pack.label(), required.ids.len());
        text += &format!("{name} sha256:{}\n", pack.digest);
        text += &format!("{profile} requires {count} of its failures and causes\n");
        for failure in &pack.contract.failures {
            let causes = failure.causes.iter().map(|cause| (Some(cause), format!("{}/{cause}", failure.id)));
            for (cause, id) in std::iter::once((None, failure.id.clone())).chain(causes) {
                if !required.holds(&id) {
                    continue;
                }
                let summary = cause.map_or_else(|| one_line(&failure.summary), |_| String::new());
                let condition = failure.condition.as_ref().filter(|_| cause.is_none());
                let condition =
                    condition.map(|name| format!(" (needs the condition {name})")).unwrap_or_default();
                let line = format!("  {id:<32}{summary}{condition}");
                text += line.trim_end();
                text.push('\n');
            }
        }
    }
    Ok(text)
}

fn summary(predicate: &Predicate, out: &Path, report: &Path) -> String {
    let wrote = Styles::dab(Styles::GOOD, "wrote");
    let mut text = format!("\n{wrote} {}\n{wrote} {}\n", report.display(), out.display());
    // All that the certificate says about who responded, so that nothing in it is a surprise.
    let facts = predicate.packs.iter().flat_map(target_facts);
    for (name, value) in facts.filter(|(name, _)| !matches!(*name, "target")) {
        text += &format!("  {name:<12}{}\n", one_line(&value));
    }
    let required = predicate.packs.iter().flat_map(|pack| &pack.requirements).filter(|it| it.required);
    let applies = |it: &&failspec_certificate::Requirement| it.outcome != RequirementOutcome::NotApplicable;
    let inapplicable: Vec<&str> =
        required.clone().filter(|it| !applies(it)).map(|it| it.id.as_str()).collect();
    let required = required.filter(applies);
    let all = required.clone().count();
    let unmet: Vec<_> = required.filter(|it| it.outcome.is_unmet()).collect();
    for requirement in &unmet {
        let why = requirement.why.as_ref().map_or_else(String::new, |why| format!(": {}", one_line(why)));
        text += &format!("  not met: {} ({}{why})\n", requirement.id, requirement.outcome.as_str());
    }
    if !inapplicable.is_empty() {
        text += &format!("  not applicable: {}\n", one_line(&inapplicable.join(", ")));
    }
    for violation in &predicate.run_violations {
        text += &format!("  {}\n", one_line(violation));
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
