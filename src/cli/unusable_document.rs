//! The errors for OpenAPI documents of which nothing can be asked.

use std::{fs, path::Path};

use serde_json::Value;

use failspec_base::syntax::{Diagnostic, Diagnostics, Location, Severity, Source, Span, yaml};
use failspec_import::LeftOut;
use failspec_pack::{
    openapi::{Api, Document, DocumentError},
    pack::Pack,
};
use failspec_report::{count, visible};

use super::{error::CliError, given::GivenDocument, import_openapi::NAMES_SHOWN};

/// The error for a document that cannot be read, with the line on which it is not well-formed.
pub(super) fn unreadable(given: &GivenDocument, error: &DocumentError) -> CliError {
    if let DocumentError::Malformed { .. } = error
        && let Some(diagnostic) = malformed_file(&given.path, given.address())
    {
        return Diagnostics::from(diagnostic).into();
    }
    match &given.url {
        None => CliError::usage(error.to_string()),
        Some(url) => CliError::usage_hint(
            format!("{url}: {error}"),
            "files that the document refers to are not fetched: save them together, and give the file",
        ),
    }
}

/// Returns the first error of each file that a document refers to and that is not well-formed.
fn malformed_others(given: &GivenDocument, document: &Document) -> Diagnostics {
    let folder = given.path.parent().unwrap_or(Path::new(""));
    let found =
        document.missing_files().filter_map(|name| malformed_file(&folder.join(name), name.to_owned()));
    Diagnostics(found.collect())
}

/// Shows where files that a document refers to are not well-formed: what they have is lost, and the rest is imported.
pub(super) fn malformed_files(given: &GivenDocument, document: &Document) -> String {
    let mut found = malformed_others(given, document);
    found.0.iter_mut().for_each(|diagnostic| diagnostic.severity = Severity::Warning);
    if found.0.is_empty() { String::new() } else { format!("{}\n\n", found.render(true)) }
}

/// The error for the document of a pack that cannot be read, with the line on which it is not well-formed.
pub(super) fn unreadable_of_pack(pack: &Pack, error: &DocumentError) -> CliError {
    if let DocumentError::Malformed { .. } = error
        && let Some(file) = &pack.contract.openapi
        && let Some(diagnostic) =
            pack.texts.get(&file.path).and_then(|text| malformed(text, file.path.clone()))
    {
        return Diagnostics::from(diagnostic).into();
    }
    CliError::usage(error.to_string())
}

/// Returns the first error of a parser in a file; `None` if it has none or cannot be read.
fn malformed_file(path: &Path, shown: String) -> Option<Diagnostic> {
    malformed(&fs::read_to_string(path).ok()?, shown)
}

/// Returns the first error of a parser in a text of this name.
fn malformed(text: &str, shown: String) -> Option<Diagnostic> {
    let source = Source::new(shown, text);
    // What is no JSON may be a flow mapping of YAML.
    let (node, errors) = yaml::read_foreign(&source);
    if node.is_some() {
        return None;
    }
    let text = source.text();
    if !text.trim_start_matches('\u{feff}').trim_start().starts_with(['{', '[']) {
        return errors.0.into_iter().next();
    }
    let error = serde_json::from_str::<Value>(text).err()?;
    let line: usize = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    let at = (line + error.column().saturating_sub(1)).min(text.len());
    let place = Location { source: source.clone(), span: Span::new(at, at + 1) };
    Some(Diagnostic::error(place, "this is not well-formed JSON").label(error.to_string()))
}

/// The error for a document without operations. They may be in a file that cannot be read.
pub(super) fn no_operations(given: &GivenDocument, document: &Document, api: &Api) -> CliError {
    let malformed = malformed_others(given, document);
    if !malformed.0.is_empty() {
        return malformed.into();
    }
    let message = format!("{given} declares no operations");
    match api.webhooks {
        0 => CliError::usage(message),
        webhooks => CliError::usage_hint(
            message,
            format!(
                "it declares {}, which the API sends to others: there is no request to test",
                count(webhooks, "webhook")
            ),
        ),
    }
}

/// The error for a document of whose operations none can be asked anything, with the reasons.
pub(super) fn nothing_to_ask(given: &GivenDocument, left_out: &[LeftOut]) -> CliError {
    if left_out.is_empty() {
        return CliError::usage_hint(
            format!("{given} declares no errors: no response with status 400 or above, and no credentials"),
            "there is nothing to test; declare at least the response to an invalid request",
        );
    }
    let reasons = left_out.iter().map(|LeftOut { reason, names }| {
        let first = names.iter().take(NAMES_SHOWN).map(|name| visible(name).into_owned());
        let more = if names.len() > NAMES_SHOWN { ", …" } else { "" };
        format!("{} ({}{more})", visible(&reason.to_string()), first.collect::<Vec<_>>().join(", "))
    });
    CliError::usage_hint(
        format!("nothing can be asked of {given}: all of it is left out"),
        reasons.collect::<Vec<_>>().join("\n"),
    )
}
