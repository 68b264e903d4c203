//! `failspec lint`.

use std::{fmt::Write as _, io::Write as _};

use failspec_base::syntax::Severity;
use failspec_judge::report_model::exit;
use failspec_lint::lint;
use failspec_report::{count, terminal::Styles};

use super::{arguments::LintArguments, error::CliError, fix, packs, stdout::stdout};

/// Prints what packs leave untested, unproven or unused; exit 1 if something is untested or unproven.
///
/// # Errors
/// When a pack cannot be read.
pub fn command(arguments: &LintArguments) -> Result<u8, CliError> {
    if arguments.fix {
        fix::rename_everything(arguments)?;
    }
    let packs = packs::named(&packs::files(&arguments.packs.from), &arguments.packs.names)?;
    let mut text = String::new();
    let mut failed = false;
    for pack in &packs {
        let found = lint(pack);
        failed |= found.has_errors();
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
    }
    // A closed pipe is not an error; the exit code reports the rest.
    let _ = stdout().write_all(text.as_bytes());
    Ok(if failed { exit::VIOLATIONS } else { exit::CONFORMS })
}
