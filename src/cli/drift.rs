//! `failspec drift`.

use std::path::{Path, PathBuf};

use clap::Args;

use failspec_import::{Documented, docs_scraper as page, drift, drift_openapi};
use failspec_pack::{
    openapi::{Api, Declared, Document, Overlay},
    pack::Pack,
};

use super::{
    arguments::PacksFrom,
    diff_outputs,
    error::CliError,
    given::GivenDocument,
    import::read_page,
    pack_sources::PackSources,
    packs,
    unusable_document::{no_operations, unreadable, unreadable_of_pack},
};

/// Options of `drift`.
#[derive(Debug, Args)]
pub struct DriftArguments {
    /// The pack, optionally with a version: PACK or PACK@2026-03
    #[arg(value_name = "PACK")]
    pub name: String,
    /// The current documentation page, a file or a URL; may be repeated
    #[arg(long, value_name = "FILE|URL", required_unless_present = "openapi")]
    pub docs: Vec<PathBuf>,
    /// The current OpenAPI document, a file or a URL
    #[arg(long, value_name = "FILE|URL", conflicts_with = "docs")]
    pub openapi: Option<PathBuf>,
    /// The folder below which the files are that the document refers to (default: its own)
    #[arg(long, value_name = "DIR", requires = "openapi")]
    pub root: Option<PathBuf>,
    /// Also write a report: markdown=PATH, json=PATH, or github (annotations and the step summary)
    #[arg(long = "report", value_name = "FORMAT[=PATH]")]
    pub reports: Vec<String>,
    /// The source of the packs
    #[command(flatten)]
    pub from: PacksFrom,
}

/// Compares a contract with its documentation; exit 1 if they disagree.
///
/// # Errors
/// When the pack or a page cannot be read, or a page contains nothing to compare.
pub fn command(arguments: &DriftArguments) -> Result<u8, CliError> {
    let mut reports = diff_outputs::Reports::open(&arguments.reports)?;
    let packs =
        packs::named(&PackSources::of(&arguments.from, None)?, std::slice::from_ref(&arguments.name))?;
    let Some(pack) = packs.first() else {
        return Err(CliError::usage(format!("there is no pack {}", arguments.name)));
    };
    reports.begin(&pack.label())?;
    if let Some(path) = &arguments.openapi {
        return against_openapi(pack, path, arguments.root.as_deref(), reports);
    }
    let mut pages = Vec::new();
    let mut digests = Vec::new();
    for path in &arguments.docs {
        let given = GivenDocument::open(path)?;
        let (text, findings) = read_page(&given)?;
        digests.push(page::digest(&text));
        pages.push(Documented { file: given.to_string(), findings });
    }
    let mut comparison = drift(&pack.label(), &pack.contract, &pages);
    if let Some(taken) = &pack.contract.documentation_digest {
        comparison.notes.push(match digests.contains(taken) {
            true => "the page has not changed since the contract was taken from it".to_owned(),
            false => format!(
                "the page has changed since the contract was taken from it; after updating the contract, set \
                 documentation_digest: {}",
                digests.join(" or ")
            ),
        });
    }
    Ok(reports.finish(&comparison))
}

fn against_openapi(
    pack: &Pack,
    path: &Path,
    root: Option<&Path>,
    reports: diff_outputs::Reports,
) -> Result<u8, CliError> {
    let given = GivenDocument::open(path)?;
    // The overlays of the contract mend this document as they mended the one before.
    let overlays = Overlay::of(pack).map_err(|error| CliError::usage(error.to_string()))?;
    let document = Document::load_with(&given.path, root, &overlays);
    let document = document.map_err(|error| unreadable(&given, &error))?;
    let api = Api::strict(&document);
    if api.operations.is_empty() {
        return Err(no_operations(&given, &document, &api));
    }
    let before =
        Declared::of(pack).map_err(|error| unreadable_of_pack(pack, &error))?.map(|declared| declared.api);
    let file = given.to_string();
    let comparison = drift_openapi(&pack.label(), &pack.contract, before.as_ref(), &api, &file);
    Ok(reports.finish(&comparison))
}
