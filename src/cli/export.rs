//! `failspec export`.

use std::{io::Write as _, path::PathBuf};

use clap::{Args, ValueEnum};

use failspec_import::export::{CodeList, overlay, page};
use failspec_judge::report_model::exit;
use failspec_pack::{
    openapi::{Api, Declared, Document},
    pack::Pack,
};

use super::{
    arguments::PacksFrom,
    error::CliError,
    given::GivenDocument,
    output_file::write_file,
    pack_sources::PackSources,
    packs,
    run::print,
    unusable_document::{unreadable, unreadable_of_pack},
};

/// The form that is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// The table of a documentation page
    Markdown,
    /// An OpenAPI Overlay that declares the failures at the operations whose scenarios trigger them
    Overlay,
    /// A JSON list of codes, for clients
    Codes,
}

/// Options of `export`.
#[derive(Debug, Args)]
pub struct ExportArguments {
    /// The pack, optionally with a version: PACK or PACK@2026-03
    #[arg(value_name = "PACK")]
    pub name: String,
    /// The format to write
    #[arg(value_enum)]
    pub format: ExportFormat,
    /// The OpenAPI document that the overlay is for, a file or a URL (default: that of the contract)
    #[arg(long, value_name = "FILE|URL")]
    pub openapi: Option<PathBuf>,
    /// Write to a file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// The source of the packs
    #[command(flatten)]
    pub from: PacksFrom,
}

/// Writes what a contract says in another form.
///
/// # Errors
/// When the pack or the document cannot be read, or the file cannot be written.
pub fn command(arguments: &ExportArguments) -> Result<u8, CliError> {
    let packs =
        packs::named(&PackSources::of(&arguments.from, None)?, std::slice::from_ref(&arguments.name))?;
    let Some(pack) = packs.first() else {
        return Err(CliError::usage(format!("there is no pack {}", arguments.name)));
    };
    if arguments.openapi.is_some() && arguments.format != ExportFormat::Overlay {
        return Err(CliError::usage("--openapi is for `overlay` alone"));
    }
    let text = match arguments.format {
        ExportFormat::Markdown => page(pack),
        ExportFormat::Codes => pretty(&serde_json::json!(CodeList::of(pack))),
        ExportFormat::Overlay => of_overlay(pack, arguments)?,
    };
    match &arguments.output {
        Some(path) => write_file(path, &text)
            .map_err(|error| CliError::usage(format!("cannot write {}: {error}", path.display())))?,
        None => print(&text),
    }
    Ok(exit::CONFORMS)
}

fn of_overlay(pack: &Pack, arguments: &ExportArguments) -> Result<String, CliError> {
    let document = match &arguments.openapi {
        Some(path) => {
            let given = GivenDocument::open(path)?;
            let document = Document::load_with(&given.path, None, &[]);
            let document = document.map_err(|error| unreadable(&given, &error))?;
            Some(Declared::new(Api::lenient(&document)))
        }
        None => Declared::of(pack).map_err(|error| unreadable_of_pack(pack, &error))?,
    };
    let exported = overlay(pack, document.as_ref());
    // On standard error: standard output may go into a file.
    let mut said = String::new();
    for (failure, reason) in &exported.not_declared {
        said.push_str(&format!("not in the overlay: {failure} — {reason}\n"));
    }
    let _ = failspec_report::terminal::stderr().write_all(said.as_bytes());
    if exported.overlay["actions"].as_array().is_none_or(Vec::is_empty) {
        return Err(CliError::usage_hint(
            "there is nothing to declare: no failure stands at an operation",
            "give the document with --openapi, or let scenarios name operations of the contract",
        ));
    }
    Ok(pretty(&exported.overlay))
}

fn pretty(value: &serde_json::Value) -> String {
    format!("{value:#}\n")
}
