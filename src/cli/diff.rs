//! `failspec diff`.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::Args;

use failspec_certificate::{Certificate, MAX_SIZE, Requirement, RequirementOutcome};
use failspec_diff::{Certified, Comparison, certificates, contracts, runs};
use failspec_judge::report_model::RunReport;
use failspec_pack::pack::{Files, Pack};

use super::{
    arguments::PacksFrom, diff_outputs, error::CliError, merge::read_report, pack_sources::PackSources, packs,
};

/// Options of `diff`.
#[derive(Debug, Args)]
pub struct DiffArguments {
    /// A pack (PACK, PACK@2026-03), a contract.yaml, a folder with one pack, a JSON report, or a certificate
    #[arg(value_name = "OLD")]
    pub old: String,
    /// The newer one, of the same kind
    #[arg(value_name = "NEW")]
    pub new: String,
    /// Also write a report: markdown=PATH, json=PATH, or github (annotations and the step summary)
    #[arg(long = "report", value_name = "FORMAT[=PATH]")]
    pub reports: Vec<String>,
    /// The source of the packs
    #[command(flatten)]
    pub from: PacksFrom,
}

/// A pack, report or certificate that can be compared.
enum Operand {
    Pack(Arc<Pack>),
    Report(Box<RunReport>),
    Certificate(Box<Certificate>),
}

/// Compares two contracts, two reports or two certificates; exit 1 if something broke or got worse.
///
/// # Errors
/// When one of them cannot be read, or they are of different kinds.
pub fn command(arguments: &DiffArguments) -> Result<u8, CliError> {
    let reports = diff_outputs::Reports::open(&arguments.reports)?;
    let sources = PackSources::of(&arguments.from, None)?;
    let (old, new) = (operand(&arguments.old, &sources)?, operand(&arguments.new, &sources)?);
    let comparison = match (&old, &new) {
        (Operand::Pack(old), Operand::Pack(new)) => contracts(old, new),
        (Operand::Report(old), Operand::Report(new)) => runs((&arguments.old, &arguments.new), old, new),
        (Operand::Certificate(old), Operand::Certificate(new)) => {
            certified((&arguments.old, old), (&arguments.new, new))
        }
        _ => {
            return Err(CliError::usage_hint(
                format!("{} and {} are of different kinds", arguments.old, arguments.new),
                "compare two contracts, two JSON reports, or two certificates",
            ));
        }
    };
    Ok(reports.finish(&comparison))
}

fn certified(old: (&str, &Certificate), new: (&str, &Certificate)) -> Comparison {
    let requirements = |certificate: &Certificate| -> Vec<Certified> {
        let of = |(pack, it): (&str, &Requirement)| Certified {
            name: format!("{pack}: {}", it.id),
            required: it.required,
            met: it.outcome == RequirementOutcome::Passed,
            outcome: it.outcome.as_str(),
        };
        certificate.requirements().map(of).collect()
    };
    let said = |certificate: &Certificate| {
        let predicate = &certificate.statement.predicate;
        format!("{} {}", predicate.profile, predicate.result.as_str())
    };
    let mut notes = vec![
        format!("it was {} and is now {}", said(old.1), said(new.1)),
        "the certificates were not verified: use `failspec verify`".to_owned(),
    ];
    if old.1.signer != new.1.signer {
        notes.push("they are signed with different keys".to_owned());
    }
    certificates((old.0, new.0), &requirements(old.1), &requirements(new.1), notes)
}

fn operand(text: &str, sources: &PackSources) -> Result<Operand, CliError> {
    let path = Path::new(text);
    let is_file = path.is_file();
    if is_file && path.extension().is_some_and(|it| it == "json") {
        // A file that is not a certificate is reported as not being a report.
        let is_small = std::fs::metadata(path).is_ok_and(|file| file.len() <= MAX_SIZE as u64);
        let text = if is_small { std::fs::read(path).ok() } else { None };
        let certificate = text.and_then(|text| Certificate::read(&text).ok());
        return match certificate {
            Some(certificate) => Ok(Operand::Certificate(Box::new(certificate))),
            None => Ok(Operand::Report(Box::new(read_report(path)?))),
        };
    }
    if is_file {
        return contract(path);
    }
    if path.is_dir() && path.join("schemas").is_dir() {
        return folder(path);
    }
    let pack = packs::named(sources, &[text.to_owned()])?;
    let pack = pack.into_iter().next().ok_or_else(|| CliError::usage(format!("there is no pack {text}")))?;
    Ok(Operand::Pack(pack))
}

/// Loads `ROOT/schemas/PACK/contract.yaml`, or `contract@2026-03.yaml`.
fn contract(path: &Path) -> Result<Operand, CliError> {
    let wrong = || {
        CliError::usage_hint(
            format!("{} is neither a contract nor a JSON report", path.display()),
            "a contract is schemas/PACK/contract.yaml, next to the schemas that it refers to",
        )
    };
    let whole = path.canonicalize().map_err(|_| wrong())?;
    let stem = whole.file_stem().and_then(|it| it.to_str()).ok_or_else(wrong)?;
    let version = stem.strip_prefix("contract").ok_or_else(wrong)?;
    let folder = whole.parent().ok_or_else(wrong)?;
    let name = folder.file_name().and_then(|it| it.to_str()).ok_or_else(wrong)?;
    let schemas = folder.parent().filter(|it| it.ends_with("schemas")).ok_or_else(wrong)?;
    let root = schemas.parent().map(PathBuf::from).ok_or_else(wrong)?;
    load(root, &format!("{name}{version}"))
}

fn folder(root: &Path) -> Result<Operand, CliError> {
    let names = Files::Directory(root.to_owned()).packs()?;
    match names.as_slice() {
        [name] => load(root.to_owned(), name),
        _ => Err(CliError::usage_hint(
            format!("{} has {} packs: {}", root.display(), names.len(), names.join(", ")),
            "name the contract of one pack: schemas/PACK/contract.yaml",
        )),
    }
}

fn load(root: PathBuf, name: &str) -> Result<Operand, CliError> {
    let pack = packs::named(&PackSources::folder(root, None)?, &[name.to_owned()])?;
    let pack = pack.into_iter().next().ok_or_else(|| CliError::usage(format!("there is no pack {name}")))?;
    Ok(Operand::Pack(pack))
}
