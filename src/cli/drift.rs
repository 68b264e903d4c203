//! `failspec drift`.

use std::path::PathBuf;

use clap::Args;

use crate::{
    diff::{Documented, drift},
    page,
};

use super::{arguments::PacksFrom, comparison, failure::Failure, import::read_page, packs};

/// Options of `drift`.
#[derive(Debug, Args)]
pub struct DriftArguments {
    /// The pack, perhaps with a version: PACK or PACK@2026-03
    #[arg(value_name = "PACK")]
    pub name: String,
    /// The page as it is now; several where the failures are documented on several
    #[arg(long, value_name = "FILE", required = true)]
    pub docs: Vec<PathBuf>,
    /// Also write a report: markdown=PATH, json=PATH, or github (annotations and the summary of the step)
    #[arg(long = "report", value_name = "FORMAT[=PATH]")]
    pub reports: Vec<String>,
    /// Where packs come from
    #[command(flatten)]
    pub from: PacksFrom,
}

/// Compares a contract with its documentation; exit 1 if they disagree.
///
/// # Errors
/// When the pack or a page cannot be read, or a page says nothing that could be compared.
pub fn command(arguments: &DriftArguments) -> Result<u8, Failure> {
    let reports = comparison::Reports::open(&arguments.reports)?;
    let packs = packs::named(&packs::files(&arguments.from), std::slice::from_ref(&arguments.name))?;
    let Some(pack) = packs.first() else {
        return Err(Failure::usage(format!("there is no pack {}", arguments.name)));
    };
    let mut pages = Vec::new();
    let mut digests = Vec::new();
    for path in &arguments.docs {
        let (text, findings) = read_page(path)?;
        digests.push(page::digest(&text));
        pages.push(Documented { file: path.display().to_string(), findings });
    }
    let mut comparison = drift(&pack.label(), &pack.contract, &pages);
    if let Some(taken) = &pack.contract.documentation_digest {
        comparison.notes.push(match digests.contains(taken) {
            true => "the page is the one that the contract was taken from, word for word".to_owned(),
            false => format!(
                "the words of the page have changed since the contract was taken from it; once it has what is new: \
                 documentation_digest: {}",
                digests.join(" or ")
            ),
        });
    }
    reports.finish(&comparison)
}
