//! `failspec verify`, and the verification that `badge` uses.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::Args;
use jiff::Timestamp;

use failspec_base::{files, sanitize::one_line, syntax::Source};
use failspec_certificate::{
    Certificate, MAX_KEY_SIZE, Programme, PublicKey, TrustFile, Verification, VerifyOptions, parse_days,
    read_trust_file,
};
use failspec_judge::report_model::exit;
use failspec_pack::pack::{Pack, PackError, split_version};
use failspec_report::certificate;

use super::{
    arguments::PacksFrom,
    certificate_input::is_key,
    certificate_summary::summary,
    error::CliError,
    output_file::{is_same_path, write_file},
    pack_sources::PackSources,
    resolve_target::notices,
    run::print,
};

/// Options of `verify`.
#[derive(Debug, Args)]
pub struct VerifyArguments {
    /// The certificate file
    #[arg(value_name = "CERTIFICATE")]
    pub certificate: PathBuf,
    /// The JSON report of the certified run (default: the file that `certify` wrote next to the certificate)
    #[arg(long, value_name = "FILE")]
    pub run_report: Option<PathBuf>,
    /// The source of the packs of the certificate
    #[command(flatten)]
    pub from: PacksFrom,
    /// The public key that must have signed the certificate
    #[arg(long, allow_hyphen_values = true, value_name = "FILE")]
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

/// Options of `verify` besides those of the verification.
#[derive(Debug, Args)]
pub struct VerifyCommandArguments {
    /// The certificate and how it is verified
    #[command(flatten)]
    pub verify: VerifyArguments,
    /// Also write the result as a page for people: html=PATH
    #[arg(long, value_name = "html=PATH")]
    pub report: Option<String>,
}

/// Maximum size of a file other than a report, in bytes.
const MAX_SIZE: u64 = 32 << 20;

/// Maximum size of a report, in bytes.
pub(super) const MAX_REPORT_SIZE: u64 = 2 << 30;

/// A certificate and the result of its verification.
pub(super) struct Verified {
    pub certificate: Certificate,
    pub verification: Verification,
}

/// Verifies a certificate and returns the exit code.
///
/// # Errors
/// When a file cannot be read, or the page cannot be written.
pub fn command(arguments: &VerifyCommandArguments) -> Result<u8, CliError> {
    let page = arguments.report.as_deref().map(page_path).transpose()?;
    if let Some(page) = page {
        let VerifyArguments { certificate, run_report, public_key, programme, .. } = &arguments.verify;
        let given = [run_report, public_key, programme].into_iter().flatten().cloned();
        let mut read = given.chain([certificate.clone(), report_path(certificate)]);
        if let Some(file) = read.find(|file| is_same_path(file, page)) {
            return Err(CliError::usage(format!("--report would replace {}, which is read", file.display())));
        }
    }
    let verified = verify(&arguments.verify)?;
    let summary = summary(&arguments.verify.certificate, &verified);
    if let Some(path) = page {
        write_file(path, certificate::html(&summary))
            .map_err(|error| CliError::usage(format!("cannot write {}: {error}", path.display())))?;
    }
    print(&certificate::terminal(&summary));
    Ok(match (verified.verification.is_pass(), verified.verification.signer.is_some()) {
        (true, true) => exit::CONFORMS,
        (true, false) => exit::INCONCLUSIVE,
        (false, _) => exit::VIOLATIONS,
    })
}

/// Parses `html=PATH`.
fn page_path(option: &str) -> Result<&Path, CliError> {
    match option.split_once('=') {
        Some(("html", path)) if !path.is_empty() => Ok(Path::new(path)),
        _ => Err(CliError::usage_hint(
            format!("`--report {}` is not a valid page", option.escape_debug()),
            "write --report html=PATH; --run-report FILE gives the report of the certified run",
        )),
    }
}

/// A certificate with what it is verified against. Nothing was verified yet.
pub(super) struct Loaded {
    pub certificate: Certificate,
    /// The bytes of its report.
    report: Vec<u8>,
    packs: Vec<Arc<Pack>>,
}

impl Loaded {
    /// Reads a certificate, its report, and its packs from the first of `sources` that has them with the digest of the
    /// certificate. `report` is the file of the report, if it is not the one next to the certificate.
    ///
    /// # Errors
    /// When a file cannot be read, or a pack is in none of the sources.
    pub(super) fn read(
        path: &Path,
        report: Option<&Path>,
        sources: impl FnOnce() -> Result<Vec<PackSources>, CliError>,
    ) -> Result<Self, CliError> {
        let certificate = Certificate::read(&read(path, MAX_SIZE)?).map_err(|error| {
            CliError::usage(format!(
                "{} is not a certificate that can be verified: {}",
                path.display(),
                one_line(&error.to_string())
            ))
        })?;
        // Without a signature that matches, anybody wrote what is in the certificate: nothing is read because of it.
        let (report, packs) = match certificate.is_intact() {
            true => (read_report(path, report, &certificate)?, find_packs(&sources()?, &certificate)?),
            false => (Vec::new(), Vec::new()),
        };
        Ok(Self { certificate, report, packs })
    }

    /// Verifies the certificate at the time `now`.
    pub(super) fn verify(&self, questions: &VerifyOptions<'_>, now: Timestamp) -> Verification {
        self.certificate.verify(&self.report, &self.packs, questions, now)
    }
}

/// Reads and verifies a certificate.
pub(super) fn verify(arguments: &VerifyArguments) -> Result<Verified, CliError> {
    let days = |text: &String| {
        parse_days(text).ok_or_else(|| {
            CliError::usage_hint(format!("--max-age {text} is not a number of days"), "write it like 90d")
        })
    };
    let max_age = arguments.max_age.as_ref().map(days).transpose()?;
    let public_key = arguments.public_key.as_deref().map(read_public_key).transpose()?;
    let programme = arguments.programme.as_deref().map(read_programme).transpose()?;
    // Only those of --packs: a `failspec.toml` that came with a certificate must not say what it is verified against.
    let sources = || Ok(vec![PackSources::given(&arguments.from)?]);
    let loaded = Loaded::read(&arguments.certificate, arguments.run_report.as_deref(), sources)?;
    let questions = VerifyOptions {
        public_key,
        programme: programme.as_ref(),
        max_age,
        nonce: arguments.nonce.as_deref(),
    };
    let verification = loaded.verify(&questions, Timestamp::now());
    Ok(Verified { certificate: loaded.certificate, verification })
}

/// Reads a file of at most `largest` bytes; a pipe or a device has no length before.
fn read(path: &Path, largest: u64) -> Result<Vec<u8>, CliError> {
    files::bytes(path, largest)
        .map_err(|error| CliError::usage(format!("cannot read {}: {error}", path.display())))
}

fn read_public_key(path: &Path) -> Result<PublicKey, CliError> {
    let usage = |error: &dyn std::fmt::Display| CliError::usage(format!("--public-key: {error}"));
    if path.to_str().is_some_and(is_key) {
        return Err(CliError::usage_hint(
            "--public-key is given a key, not the name of its file",
            "if it is a private one, make a new one: the command line of a process can be seen by others",
        ));
    }
    let (text, warning) =
        read_trust_file(path, TrustFile::Trusted, MAX_KEY_SIZE).map_err(|error| usage(&error))?;
    notices(warning.as_slice());
    PublicKey::from_pem(&text, &path.display().to_string()).map_err(|error| usage(&error))
}

pub(super) fn read_programme(path: &Path) -> Result<Programme, CliError> {
    let (text, warning) = read_trust_file(path, TrustFile::Trusted, MAX_SIZE)
        .map_err(|error| CliError::usage(format!("--programme: {error}")))?;
    notices(warning.as_slice());
    let text =
        String::from_utf8(text).map_err(|_| CliError::usage(format!("{} is not UTF-8", path.display())))?;
    let source = Source::new(path.display().to_string(), text);
    let folder = path.parent().unwrap_or(Path::new("."));
    let programme = Programme::read(&source, folder).map_err(|error| match error {
        failspec_certificate::ProgrammeError::Wrong(diagnostics) => CliError::Diagnostics(diagnostics),
        other => CliError::usage(format!("{}: {other}", path.display())),
    })?;
    notices(&programme.warnings);
    Ok(programme)
}

/// Reads the report that is given, else the file that `certify` wrote next to the certificate. Its name follows from
/// that of the certificate: no file is read because a certificate names it.
fn read_report(path: &Path, report: Option<&Path>, certificate: &Certificate) -> Result<Vec<u8>, CliError> {
    if let Some(path) = report {
        return read(path, MAX_REPORT_SIZE);
    }
    let path = report_path(path);
    // What lies there was not chosen by the user: a pipe or a device would keep us waiting.
    if !path.is_file() {
        let name = certificate.statement.subject.first().map_or("", |subject| subject.name.as_str());
        return Err(CliError::usage_hint(
            format!("there is no report {}: nothing can be verified without it", path.display()),
            format!("give it with --run-report FILE; the certificate calls it `{}`", one_line(name)),
        ));
    }
    read(&path, MAX_REPORT_SIZE)
}

/// Returns the file of the report that belongs to a certificate file.
pub(super) fn report_path(certificate: &Path) -> PathBuf {
    certificate.with_extension("report.json")
}

/// Loads the packs of a certificate. One that cannot be loaded is an error. Only packs that are there anyway are read:
/// a name in a certificate is compared with theirs, and never becomes a path.
fn find_packs(sources: &[PackSources], certificate: &Certificate) -> Result<Vec<Arc<Pack>>, CliError> {
    certificate
        .statement
        .predicate
        .packs
        .iter()
        .map(|pack| find_pack(sources, certificate, &pack.name))
        .collect()
}

/// Loads one pack of a certificate: that with the digest of the certificate, else the first of its name.
fn find_pack(sources: &[PackSources], certificate: &Certificate, label: &str) -> Result<Arc<Pack>, CliError> {
    let name = split_version(label).0;
    let missing = |reason: String| {
        CliError::usage_hint(
            format!("cannot load the pack {}: {reason}", one_line(label)),
            "give its folder with --packs DIR: the requirements cannot be verified without it",
        )
    };
    let subject = format!("pack:{label}");
    let wanted = certificate.statement.subject.iter().find(|subject_of| subject_of.name == subject);
    let wanted = wanted.map(|subject| subject.digest.sha256.as_str());
    let mut first = None;
    for sources in sources {
        if !sources.all_names().iter().any(|known| known == name) {
            continue;
        }
        let pack = match Pack::load(&sources.files_of(name), label) {
            Ok(pack) => Arc::new(pack),
            Err(PackError::Wrong(diagnostics)) => return Err(CliError::Diagnostics(diagnostics)),
            Err(error) => return Err(missing(one_line(&error.to_string()))),
        };
        if wanted == Some(pack.digest.as_str()) {
            return Ok(pack);
        }
        first.get_or_insert(pack);
    }
    first.ok_or_else(|| {
        let known: Vec<String> = sources.iter().flat_map(PackSources::all_names).collect();
        missing(format!("the packs are {}", known.join(", ")))
    })
}
