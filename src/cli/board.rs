//! `failspec board`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use clap::Args;
use jiff::{Timestamp, civil::Date, tz::TimeZone};

use failspec_base::sanitize::one_line;
use failspec_certificate::{
    Certificate, Predicate, Programme, Requirement, RequirementOutcome, Verification, VerifyOptions, badge,
};
use failspec_judge::report_model::exit;
use failspec_report::{
    board::{
        self, Board, BoardCertificate, BoardFeature, BoardOutcome, BoardPack, BoardProduct, BoardRequirement,
    },
    terminal::Styles,
};

use super::{
    arguments::PacksFrom,
    error::CliError,
    output_file::write_file,
    pack_sources::PackSources,
    resolve_target::notices,
    run::print,
    verify::{Loaded, read_programme},
};

/// Options of `board`.
#[derive(Debug, Args)]
pub struct BoardArguments {
    /// The certificate files; their reports (x.report.json) lie next to them
    #[arg(value_name = "CERTIFICATE", required = true)]
    pub certificates: Vec<PathBuf>,
    /// The programme that accepts them
    #[arg(long, value_name = "FILE")]
    pub programme: PathBuf,
    /// The folder of the site: new, empty, or an earlier board, which is replaced
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// The source of the packs of the certificates
    #[command(flatten)]
    pub from: PacksFrom,
    /// A folder with the packs of older certificates, as they were then; may be repeated
    #[arg(long, value_name = "DIR")]
    pub older_packs: Vec<PathBuf>,
    /// The day for which the board holds (default: today, in UTC)
    #[arg(long, value_name = "DATE")]
    pub as_of: Option<Date>,
}

/// The ending of the report next to a certificate.
const REPORT: &str = ".report.json";

/// The file that lists the contents of a board.
const CONTENTS: &str = "board.json";

/// A certificate that was verified.
struct Entry {
    certificate: Certificate,
    bytes: Vec<u8>,
    signer: String,
    passed: bool,
    issued: Timestamp,
    /// The reason why it no longer counts on the day of the board.
    outdated: Option<String>,
}

/// Verifies the certificates and writes the site.
///
/// # Errors
/// When a file cannot be read or written, or the folder has other contents; then nothing is written.
pub fn command(arguments: &BoardArguments) -> Result<u8, CliError> {
    let programme = read_programme(&arguments.programme)?;
    let sources = || {
        let older = arguments.older_packs.iter().map(|folder| PackSources::folder(folder.clone(), None));
        std::iter::once(PackSources::given(&arguments.from)).chain(older).collect()
    };
    let as_of = arguments.as_of.unwrap_or_else(|| Timestamp::now().to_zoned(TimeZone::UTC).date());
    let earlier = earlier_files(&arguments.out)?;
    let (mut entries, mut left_out) = (Vec::new(), Vec::new());
    // A glob such as `*.json` has the reports, too.
    let is_report = |path: &&PathBuf| path.to_str().is_some_and(|path| path.ends_with(REPORT));
    for path in arguments.certificates.iter().filter(|path| !is_report(path)) {
        let loaded = Loaded::read(path, None, sources)?;
        let bytes = fs::read(path)
            .map_err(|error| CliError::usage(format!("cannot read {}: {error}", path.display())))?;
        match entry(loaded, bytes, &programme, as_of) {
            Ok(entry) => entries.push(entry),
            Err(problem) => left_out.push(format!("{} is left out: {problem}", path.display())),
        }
    }
    notices(&left_out);
    if entries.is_empty() {
        return Err(CliError::usage("none of the certificates is verified: there is nothing to show"));
    }
    let (board, mut files) = board(&programme, as_of, entries);
    let json = serde_json::to_string_pretty(&board).map_err(|error| CliError::Broken(error.to_string()))?;
    files.insert(CONTENTS.to_owned(), format!("{json}\n").into_bytes());
    write(&arguments.out, &earlier, &files)?;
    print(&said(&board, &arguments.out));
    Ok(if left_out.is_empty() { exit::CONFORMS } else { exit::VIOLATIONS })
}

/// Verifies one certificate: first at the time at which it was issued, since an older one belongs to the history, then
/// on the day of the board.
fn entry(loaded: Loaded, bytes: Vec<u8>, programme: &Programme, as_of: Date) -> Result<Entry, String> {
    let questions = VerifyOptions { programme: Some(programme), ..VerifyOptions::default() };
    let issued: Timestamp = loaded.certificate.statement.predicate.issued.parse().unwrap_or_default();
    let end = as_of.tomorrow().and_then(|day| day.to_zoned(TimeZone::UTC)).map(|day| day.timestamp());
    let end = end.unwrap_or(Timestamp::MAX);
    let then = loaded.verify(&questions, issued);
    let first = |verification: &Verification| verification.problems.first().map(|text| one_line(text));
    if let Some(problem) = first(&then) {
        return Err(problem);
    }
    if issued > end {
        return Err(format!("it was issued after {as_of}"));
    }
    let Some(signer) = then.signer.clone() else { return Err("its key is not trusted".to_owned()) };
    let outdated = first(&loaded.verify(&questions, end));
    Ok(Entry { certificate: loaded.certificate, bytes, signer, passed: then.is_pass(), issued, outdated })
}

/// Builds the board and its files.
fn board(programme: &Programme, as_of: Date, entries: Vec<Entry>) -> (Board, BTreeMap<String, Vec<u8>>) {
    let mut by_product: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
    for entry in entries {
        by_product.entry(product_name(&entry.certificate.statement.predicate)).or_default().push(entry);
    }
    let mut files = BTreeMap::new();
    let mut slugs = BTreeSet::new();
    let mut products = Vec::new();
    for (name, mut entries) in by_product {
        let slug = slug(&name, &mut slugs);
        entries.sort_by(|one, other| (other.issued, &other.bytes).cmp(&(one.issued, &one.bytes)));
        entries.dedup_by(|one, other| one.bytes == other.bytes);
        let count = entries.len();
        let mut certificates = Vec::new();
        for (at, entry) in entries.into_iter().enumerate() {
            let file = format!("certificates/{slug}-{}.json", count - at);
            let predicate = &entry.certificate.statement.predicate;
            if at == 0 && entry.passed && entry.outdated.is_none() {
                files.insert(format!("badges/{slug}.svg"), badge::svg(predicate).into_bytes());
                let endpoint = format!("{:#}\n", badge::endpoint(predicate));
                files.insert(format!("badges/{slug}.json"), endpoint.into_bytes());
            }
            certificates.push(certificate(&entry, file.clone()));
            files.insert(file, entry.bytes);
        }
        products.push(BoardProduct { name, slug, certificates });
    }
    let mut board =
        Board { programme: programme.name.clone(), as_of: as_of.to_string(), products, files: Vec::new() };
    files.insert("index.html".to_owned(), board::index(&board).into_bytes());
    for product in &board.products {
        let page = board::product(&board, product).into_bytes();
        files.insert(format!("products/{}.html", product.slug), page);
    }
    board.files = files.keys().cloned().chain([CONTENTS.to_owned()]).collect();
    board.files.sort();
    (board, files)
}

/// Returns the name of the product of a certificate: as the operator states it, else the host of its target.
fn product_name(predicate: &Predicate) -> String {
    let host = || {
        let target = predicate.packs.first().and_then(|pack| url::Url::parse(&pack.target.url).ok());
        target.and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_else(|| "unnamed".to_owned())
    };
    predicate.product.as_ref().map_or_else(host, |product| product.name.clone())
}

/// Returns a name for the files of a product, in letters that every file system takes; no two have the same.
fn slug(name: &str, taken: &mut BTreeSet<String>) -> String {
    let letters = name
        .chars()
        .map(|letter| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '-' });
    let letters: String = letters.collect();
    let words: Vec<&str> = letters.split('-').filter(|word| !word.is_empty()).collect();
    let base = if words.is_empty() { "product".to_owned() } else { words.join("-") };
    let numbered = (2..).map(|number| format!("{base}-{number}"));
    let mut all = std::iter::once(base.clone()).chain(numbered);
    all.find(|slug| taken.insert(slug.clone())).unwrap_or(base)
}

fn certificate(entry: &Entry, file: String) -> BoardCertificate {
    let predicate = &entry.certificate.statement.predicate;
    let day = |time: &str| time.get(..10).unwrap_or_default().to_owned();
    let packs = predicate.packs.iter().map(|pack| {
        let subject = format!("pack:{}", pack.name);
        let digest = entry.certificate.statement.subject.iter().find(|it| it.name == subject);
        BoardPack {
            pack: pack.name.clone(),
            as_of: pack.as_of.clone(),
            digest: digest.map(|subject| subject.digest.sha256.clone()).unwrap_or_default(),
            features: (pack.features.iter())
                .map(|it| BoardFeature {
                    name: it.name.clone(),
                    about: it.about.clone(),
                    present: !it.is_absent(),
                })
                .collect(),
            requirements: pack.requirements.iter().map(requirement).collect(),
        }
    });
    BoardCertificate {
        file,
        version: predicate.product.as_ref().and_then(|product| product.version.clone()),
        profile: predicate.profile.clone(),
        result: predicate.result.as_str().to_owned(),
        passed: entry.passed,
        outdated: entry.outdated.clone(),
        run: day(&predicate.finished),
        valid_until: day(&predicate.valid_until),
        signer: entry.signer.clone(),
        failspec: predicate.failspec.version.clone(),
        violations: predicate.run_violations.clone(),
        packs: packs.collect(),
    }
}

fn requirement(requirement: &Requirement) -> BoardRequirement {
    let outcome = match requirement.outcome {
        RequirementOutcome::Passed => BoardOutcome::Passed,
        RequirementOutcome::Failed => BoardOutcome::Failed,
        RequirementOutcome::Waived => BoardOutcome::Waived,
        RequirementOutcome::NotApplicable => BoardOutcome::NotApplicable,
        RequirementOutcome::Inconclusive
        | RequirementOutcome::Skipped
        | RequirementOutcome::OutOfReach
        | RequirementOutcome::Excluded
        | RequirementOutcome::Alternative
        | RequirementOutcome::Unconfirmed
        | RequirementOutcome::Untested => BoardOutcome::NotCovered,
    };
    let why = match (outcome, &requirement.why) {
        (BoardOutcome::NotCovered, Some(why)) => Some(format!("{}: {why}", requirement.outcome.as_str())),
        (BoardOutcome::NotCovered, None) => Some(requirement.outcome.as_str().to_owned()),
        (_, why) => why.clone(),
    };
    BoardRequirement { id: requirement.id.clone(), required: requirement.required, outcome, why }
}

/// Returns the files of an earlier board in the folder.
fn earlier_files(out: &Path) -> Result<Vec<String>, CliError> {
    let is_empty = match fs::read_dir(out) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => true,
        Err(error) => return Err(CliError::usage(format!("cannot read {}: {error}", out.display()))),
    };
    if is_empty {
        return Ok(Vec::new());
    }
    let contents = fs::read(out.join(CONTENTS)).ok();
    let contents = contents.and_then(|text| serde_json::from_slice::<serde_json::Value>(&text).ok());
    let files = contents.as_ref().and_then(|board| board["files"].as_array());
    let Some(files) = files else {
        return Err(CliError::usage_hint(
            format!("{} has other contents than a board", out.display()),
            "give a new or an empty folder, or that of an earlier board",
        ));
    };
    // Whoever changed the list must not have other files removed.
    let is_own = |name: &str| {
        let (folder, file) = name.split_once('/').unwrap_or(("", name));
        ["", "badges", "certificates", "products"].contains(&folder)
            && !file.starts_with('.')
            && file.chars().all(|letter| letter.is_ascii_alphanumeric() || ".-".contains(letter))
    };
    Ok(files.iter().filter_map(|name| name.as_str()).filter(|name| is_own(name)).map(str::to_owned).collect())
}

fn write(out: &Path, earlier: &[String], files: &BTreeMap<String, Vec<u8>>) -> Result<(), CliError> {
    let failed = |path: &Path, error: &std::io::Error| {
        CliError::Broken(format!("cannot write {}: {error}", path.display()))
    };
    for (name, bytes) in files {
        let path = out.join(name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
        }
        write_file(&path, bytes).map_err(|error| failed(&path, &error))?;
    }
    for name in earlier.iter().filter(|name| !files.contains_key(*name)) {
        // It may be gone already.
        let _ = fs::remove_file(out.join(name));
    }
    Ok(())
}

fn said(board: &Board, out: &Path) -> String {
    let mut text = format!("{} {}\n", Styles::dab(Styles::GOOD, "wrote"), out.join("index.html").display());
    for product in &board.products {
        let Some(latest) = product.certificates.first() else { continue };
        let result = match (&latest.outdated, latest.passed) {
            (Some(why), _) => format!("outdated: {}", one_line(why)),
            (None, true) => "certified".to_owned(),
            (None, false) => "not passed".to_owned(),
        };
        let count = failspec_report::count(product.certificates.len(), "certificate");
        text += &format!("  {:<20} {result} · {count}\n", one_line(&product.name));
    }
    text
}
