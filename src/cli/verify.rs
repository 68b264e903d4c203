//! `failspec verify`, and the verification that `badge` uses.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::Args;
use jiff::Timestamp;

use failspec_base::syntax::Source;
use failspec_certificate::{
    Certificate, Programme, PublicKey, RequirementOutcome, Verification, VerifyOptions, parse_days,
};
use failspec_judge::report_model::exit;
use failspec_pack::pack::{Pack, PackError};
use failspec_report::{terminal::Styles, visible};

use super::{arguments::PacksFrom, error::CliError, packs, run::print};

/// Options of `verify`.
#[derive(Debug, Args)]
pub struct VerifyArguments {
    /// The certificate file
    #[arg(value_name = "CERTIFICATE")]
    pub certificate: PathBuf,
    /// The report of the certificate (default: the file that it names, in the same folder)
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// The source of the packs of the certificate
    #[command(flatten)]
    pub from: PacksFrom,
    /// The public key that must have signed the certificate
    #[arg(long, value_name = "FILE")]
    pub public_key: Option<PathBuf>,
    /// The programme that must accept the certificate
    #[arg(long, value_name = "FILE")]
    pub programme: Option<PathBuf>,
    /// The maximum age of the run
    #[arg(long, value_name = "DAYS")]
    pub max_age: Option<String>,
    /// The nonce that the certificate must contain
    #[arg(long, value_name = "TEXT")]
    pub nonce: Option<String>,
}

/// Maximum size of a file other than a report, in bytes.
const MAX_SIZE: u64 = 32 << 20;

/// Maximum size of a report, in bytes.
const MAX_REPORT_SIZE: u64 = 2 << 30;

/// A certificate and the result of its verification.
pub(super) struct Verified {
    pub certificate: Certificate,
    pub verification: Verification,
}

/// Verifies a certificate and returns the exit code.
///
/// # Errors
/// When a file cannot be read.
pub fn command(arguments: &VerifyArguments) -> Result<u8, CliError> {
    let verified = verify(arguments)?;
    print(&screen(&arguments.certificate, &verified));
    Ok(match (verified.verification.is_pass(), verified.verification.signer.is_some()) {
        (true, true) => exit::CONFORMS,
        (true, false) => exit::INCONCLUSIVE,
        (false, _) => exit::VIOLATIONS,
    })
}

/// Reads and verifies a certificate.
pub(super) fn verify(arguments: &VerifyArguments) -> Result<Verified, CliError> {
    let path = &arguments.certificate;
    let shown = path.display();
    let certificate = Certificate::read(&read(path, MAX_SIZE)?).map_err(|error| {
        CliError::usage(format!(
            "{shown} is not a certificate that can be verified: {}",
            visible(&error.to_string())
        ))
    })?;
    let days = |text: &String| {
        parse_days(text).ok_or_else(|| {
            CliError::usage_hint(format!("--max-age {text} is not a number of days"), "write it like 90d")
        })
    };
    let max_age = arguments.max_age.as_ref().map(days).transpose()?;
    let public_key = arguments.public_key.as_ref().map(|path| {
        PublicKey::from_pem(&read(path, MAX_SIZE)?, &path.display().to_string())
            .map_err(|error| CliError::usage(format!("--public-key: {error}")))
    });
    let programme = arguments.programme.as_deref().map(read_programme).transpose()?;
    let report = report_path(arguments, &certificate)?;
    let report = read(&report, MAX_REPORT_SIZE)?;
    let packs = find_packs(arguments, &certificate)?;
    let questions = VerifyOptions {
        public_key: public_key.transpose()?,
        programme: programme.as_ref(),
        max_age,
        nonce: arguments.nonce.as_deref(),
    };
    let verification = certificate.verify(&report, &packs, &questions, Timestamp::now());
    Ok(Verified { certificate, verification })
}

fn read(path: &Path, largest: u64) -> Result<Vec<u8>, CliError> {
    let cannot = |error: std::io::Error| CliError::usage(format!("cannot read {}: {error}", path.display()));
    if fs::metadata(path).map_err(cannot)?.len() > largest {
        return Err(CliError::usage(format!("{} is larger than {largest} bytes", path.display())));
    }
    fs::read(path).map_err(cannot)
}

fn read_programme(path: &Path) -> Result<Programme, CliError> {
    let text = String::from_utf8(read(path, MAX_SIZE)?)
        .map_err(|_| CliError::usage(format!("{} is not UTF-8", path.display())))?;
    let source = Source::new(path.display().to_string(), text);
    let folder = path.parent().unwrap_or(Path::new("."));
    Programme::read(&source, folder).map_err(|error| match error {
        failspec_certificate::ProgrammeError::Wrong(diagnostics) => CliError::Diagnostics(diagnostics),
        other => CliError::usage(format!("{}: {other}", path.display())),
    })
}

/// Returns the report that is given, else the one next to the certificate, with the name in it. A name that leads to
/// another folder is not followed.
fn report_path(arguments: &VerifyArguments, certificate: &Certificate) -> Result<PathBuf, CliError> {
    if let Some(path) = &arguments.report {
        return Ok(path.clone());
    }
    let name = certificate.statement.subject.first().map_or("", |subject| subject.name.as_str());
    let is_name = Path::new(name).file_name().is_some_and(|it| it == name);
    let path = arguments.certificate.parent().unwrap_or(Path::new(".")).join(name);
    if !is_name || !path.is_file() {
        return Err(CliError::usage_hint(
            format!("the report {} is not in the folder of the certificate", visible(name)),
            "give it with --report FILE: nothing can be verified without it",
        ));
    }
    Ok(path)
}

/// Loads the packs of a certificate. One that cannot be loaded is an error.
fn find_packs(arguments: &VerifyArguments, certificate: &Certificate) -> Result<Vec<Arc<Pack>>, CliError> {
    let files = packs::files(&arguments.from);
    let mut found = Vec::new();
    for pack in &certificate.statement.predicate.packs {
        match Pack::load(&files, &pack.name) {
            Ok(pack) => found.push(Arc::new(pack)),
            Err(PackError::Wrong(diagnostics)) => return Err(CliError::Diagnostics(diagnostics)),
            Err(error) => {
                return Err(CliError::usage_hint(
                    format!("cannot load the pack {}: {error}", visible(&pack.name)),
                    "give its folder with --packs DIR: the requirements cannot be verified without it",
                ));
            }
        }
    }
    Ok(found)
}

/// Formats a time without fractions of a second.
fn second(time: &str) -> String {
    match time.parse::<Timestamp>() {
        Ok(time) => time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
        Err(_) => visible(time).into_owned(),
    }
}

/// Formats what was certified, by whom and when; what was checked, and what no signature proves.
fn screen(path: &Path, verified: &Verified) -> String {
    let Verified { certificate, verification } = verified;
    let predicate = &certificate.statement.predicate;
    let mut text = String::new();
    let mut line = |name: &str, value: String| {
        let _ = writeln!(text, "{name:<12}{value}");
    };
    line("certificate", path.display().to_string());
    let required = || certificate.requirements().filter(|(_, it)| it.required);
    let met = required().filter(|(_, it)| it.outcome == RequirementOutcome::Passed).count();
    for pack in &predicate.packs {
        let as_of = pack.as_of.as_ref().map_or_else(String::new, |day| format!(", docs as of {day}"));
        line("pack", format!("{}{}", visible(&pack.name), visible(&as_of)));
        let software = pack.target.software.join(", ");
        let software =
            if software.is_empty() { String::new() } else { format!(" · {}", visible(&software)) };
        let here = if pack.target.loopback { " · on the machine of the run" } else { "" };
        line("target", format!("{}{software}{here}", visible(&pack.target.url)));
        for key in &pack.target.public_keys {
            line("", format!("TLS public key sha256:{}", visible(key)));
        }
        match (pack.target.unclear, pack.target.public_keys.len()) {
            (true, _) => line("", "some responses came without a readable TLS key".to_owned()),
            (false, 0) => line("", "no TLS: only the operator states which server responded".to_owned()),
            (false, 1) => {}
            (false, _) => line("", "its connections had different TLS keys".to_owned()),
        }
    }
    let (required, result) = (required().count(), predicate.result.as_str());
    line("profile", format!("{}: {met} of {required} requirements, {result}", visible(&predicate.profile)));
    if let Some(artifact) = &predicate.artifact {
        let parts: Vec<String> = [&artifact.digest, &artifact.commit]
            .into_iter()
            .flatten()
            .map(|it| visible(it).into_owned())
            .collect();
        line("artifact", format!("{} (as stated by the operator)", parts.join(" · ")));
    }
    line(
        "run",
        format!(
            "{} to {} with failspec {}",
            second(&predicate.started),
            second(&predicate.finished),
            visible(&predicate.failspec.version)
        ),
    );
    line("valid until", second(&predicate.valid_until));
    if let Some(nonce) = &predicate.nonce {
        line("nonce", visible(nonce).into_owned());
    }
    let whose = verification
        .signer
        .as_ref()
        .map_or_else(|| "an unknown key".to_owned(), |name| visible(name).into_owned());
    line("signed by", format!("{whose} · key {}", certificate.signer.id()));
    for subject in certificate.statement.subject.iter().skip(1) {
        line("", format!("{} sha256:{}", visible(&subject.name), visible(&subject.digest.sha256)));
    }
    let mut list = |title: &str, style, items: Vec<String>| {
        if !items.is_empty() {
            let _ = writeln!(text, "\n{} ({})", Styles::dab(style, title), items.len());
            for item in items {
                let _ = writeln!(text, "  {}", visible(&item));
            }
        }
    };
    let beside =
        certificate.requirements().filter(|(_, it)| !it.required && it.outcome != RequirementOutcome::Passed);
    let beside = beside.map(|(pack, it)| format!("{pack}: {} ({})", it.id, it.outcome.as_str()));
    list("not required, and not met", Styles::FAINT, beside.collect());
    let excused = verification.excused.iter().map(|(name, reason)| format!("{name}: {reason}"));
    list("not met, and excused by the programme", Styles::WARN, excused.collect());
    list("required, and not met", Styles::BAD, verification.unmet.clone());
    list("problems", Styles::BAD, verification.problems.clone());
    text += "\nchecked     the signature over the exact bytes, every digest, and every requirement, \
             recomputed from the report\n\
             not proven  that the signer ran what the report shows; that the same software responds \
             elsewhere, or later\n\n";
    text += &match (verification.problems.is_empty(), verification.is_pass(), verification.signer.is_some()) {
        (false, ..) => {
            let count = verification.problems.len();
            let problems = if count == 1 { "problem" } else { "problems" };
            format!("{} ({count} {problems})\n", Styles::dab(Styles::BAD, "verification failed"))
        }
        (true, false, _) => {
            format!("{}: consistent, but requirements are not met\n", Styles::dab(Styles::BAD, "not passed"))
        }
        (true, true, false) => format!(
            "{}, but the key is not trusted; give --public-key or --programme\n",
            Styles::dab(Styles::WARN, "consistent")
        ),
        (true, true, true) => format!("{}\n", Styles::dab(Styles::GOOD, "verified")),
    };
    text
}
