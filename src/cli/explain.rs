//! `failspec explain`.

use std::{fmt::Write as _, io::Write as _};

use failspec_base::syntax::{closest, renamed};
use failspec_judge::{
    check::{CHECKS, RUN_CHECKS, find},
    report_model::exit,
};
use failspec_report::terminal::Styles;

use super::{arguments::PacksFrom, error::CliError, explain_failure::explain_failure, stdout::stdout};

/// Explains one check, or the failures that a selector names, or lists the checks.
///
/// # Errors
/// When there is no such check or failure.
pub fn command(id: Option<&str>, from: &PacksFrom) -> Result<u8, CliError> {
    let mut text = String::new();
    match id {
        Some(selector) if selector.contains("::") => text = explain_failure(selector, from)?,
        None => {
            for check in CHECKS {
                let _ = writeln!(
                    text,
                    "{} {}",
                    Styles::dab(Styles::STRONG, format_args!("{:<22}", check.id)),
                    check.summary
                );
            }
            let _ = writeln!(text, "\nFindings about the whole run:");
            for (id, summary) in RUN_CHECKS {
                let _ = writeln!(text, "{} {summary}", Styles::dab(Styles::STRONG, format_args!("{id:<22}")));
            }
        }
        Some(id) => {
            if let Some(check) = find(id) {
                let _ = writeln!(
                    text,
                    "{}: {}\n{}\n\n{}",
                    Styles::dab(Styles::STRONG, check.id),
                    check.summary,
                    Styles::dab(Styles::FAINT, format_args!("source of the rule: {}", check.source)),
                    wrap(check.text)
                );
            } else if let Some((id, summary)) = RUN_CHECKS.iter().find(|(known, _)| *known == id) {
                let _ = writeln!(
                    text,
                    "{}: {summary}\n\nA finding about the whole run, not about a single case.",
                    Styles::dab(Styles::STRONG, id)
                );
            } else {
                let known = CHECKS.iter().map(|check| check.id).chain(RUN_CHECKS.iter().map(|(id, _)| *id));
                let renamed = renamed::check(id).map(|new| format!("it was renamed: use `{new}`"));
                let near =
                    renamed.or_else(|| closest(id, known).map(|near| format!("did you mean `{near}`?")));
                let hint = near.unwrap_or_else(|| {
                    "`failspec explain` lists all checks; a failure is named PACK::FAILURE".to_owned()
                });
                return Err(CliError::usage_hint(format!("there is no check `{id}`"), hint));
            }
        }
    }
    // A closed pipe is not an error: the reader needs no more output.
    let _ = stdout().write_all(text.as_bytes());
    Ok(exit::CONFORMS)
}

/// Wraps a text into lines of at most 80 characters.
fn wrap(text: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let full = lines.last().is_some_and(|line| !line.is_empty() && line.len() + word.len() >= 80);
        if full {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines.join("\n")
}
