//! `failspec lint`.

use std::{fmt::Write as _, io::Write as _};

use serde_json::{Value, json};

use failspec_base::syntax::{Diagnostic, Diagnostics, Severity};
use failspec_judge::report_model::exit;
use failspec_lint::{lint, operations_without_case};
use failspec_pack::pack::Pack;
use failspec_report::{count, terminal::Styles, visible};

use super::{
    arguments::LintArguments,
    error::CliError,
    fix,
    output_format::{OutputFormat, print_json},
    pack_sources::PackSources,
    packs,
    stdout::stdout,
};

/// Prints what packs leave untested, unproven or unused; exit 1 if something is untested or unproven.
///
/// # Errors
/// When a pack cannot be read.
pub fn command(arguments: &LintArguments) -> Result<u8, CliError> {
    if arguments.fix {
        fix::rename_everything(arguments)?;
    }
    let packs = packs::named(&PackSources::of(&arguments.packs.from, None)?, &arguments.packs.names)?;
    let mut text = String::new();
    let mut failed = false;
    let mut documents: Vec<Value> = Vec::new();
    for pack in &packs {
        let found = lint(pack);
        failed |= found.has_errors();
        if arguments.packs.format == OutputFormat::Json {
            documents.push(document(pack, &found));
            continue;
        }
        if !found.0.is_empty() {
            let _ = writeln!(text, "{}\n", found.render(true));
        }
        let of = |severity| found.0.iter().filter(|diagnostic| diagnostic.severity == severity).count();
        let style = if found.has_errors() { Styles::BAD } else { Styles::GOOD };
        let _ = writeln!(
            text,
            "{} {}, {}: {}, {}",
            Styles::dab(style, pack.label()),
            count(pack.contract.failures.len(), "failure"),
            count(pack.scenarios.len(), "scenario"),
            count(of(Severity::Error), "error"),
            count(of(Severity::Warning), "warning"),
        );
        text += &without_case(pack);
    }
    if arguments.packs.format == OutputFormat::Json {
        print_json(json!({ "packs": documents }));
    }
    // A closed pipe is not an error; the exit code reports the rest.
    let _ = stdout().write_all(text.as_bytes());
    Ok(if failed { exit::VIOLATIONS } else { exit::CONFORMS })
}

/// Maximum number of operations without a case that are shown.
const OPERATIONS_SHOWN: usize = 5;

/// Names the operations of the OpenAPI document that no scenario is about, if there are any.
pub(super) fn without_case(pack: &Pack) -> String {
    let operations = operations_without_case(pack);
    if operations.is_empty() {
        return String::new();
    }
    let shown: Vec<_> = operations.iter().take(OPERATIONS_SHOWN).map(|name| visible(name)).collect();
    let more = operations.len() - shown.len();
    let more = if more == 0 { String::new() } else { format!(", and {more} more") };
    let count = count(operations.len(), "operation");
    let said = if operations.len() == 1 { "has" } else { "have" };
    format!("  {count} of the OpenAPI document {said} no case: {}{more}\n", shown.join(", "))
}

/// Returns what was found in a pack, for programs.
fn document(pack: &Pack, found: &Diagnostics) -> Value {
    let diagnostic = |diagnostic: &Diagnostic| {
        let place = diagnostic.place.as_ref().map(|place| (place.source.name(), place.line_column()));
        json!({
            "severity": match diagnostic.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            },
            "message": diagnostic.title,
            "file": place.map(|(file, _)| file),
            "line": place.map(|(_, (line, _))| line),
            "column": place.map(|(_, (_, column))| column),
            "label": diagnostic.label,
            "hint": diagnostic.hint,
        })
    };
    json!({
        "pack": pack.label(),
        "failures": pack.contract.failures.len(),
        "scenarios": pack.scenarios.len(),
        "operations_without_case": operations_without_case(pack),
        "diagnostics": found.0.iter().map(diagnostic).collect::<Vec<_>>(),
    })
}
