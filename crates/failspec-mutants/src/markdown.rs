//! The kill matrix as Markdown.

use std::{collections::BTreeSet, fmt::Write as _};

use super::{KillMatrix, MutantRun};

/// Formats a table of packs, a table of checks, and a table of each pack's mutants against the checks. A cell
/// contains the number of cases in which the check found a violation and, in parentheses, a warning.
#[must_use]
pub fn markdown(matrix: &KillMatrix) -> String {
    let mut text = String::from("# Kill matrix\n\n");
    text += &summary(matrix);
    for pack in matrix.packs() {
        let experiments: Vec<&MutantRun> = matrix.experiments.iter().filter(|it| it.pack == pack).collect();
        let checks: BTreeSet<&str> =
            experiments.iter().flat_map(|it| it.noticed.keys().map(String::as_str)).collect();
        let _ = write!(text, "\n## {pack}\n\n| mutant | must be noticed by | |");
        for check in &checks {
            let _ = write!(text, " {check} |");
        }
        text.push_str("\n|---|---|---|");
        checks.iter().for_each(|_| text.push_str("--:|"));
        text.push('\n');
        for experiment in experiments {
            let state = if experiment.survived.is_some() { "**survived**" } else { "ok" };
            let _ = write!(text, "| {} | {} | {state} |", experiment.mutant, experiment.expected);
            for check in &checks {
                let count = experiment.noticed.get(*check).copied().unwrap_or_default();
                let _ = match (count.violations, count.warnings) {
                    (0, 0) => write!(text, " |"),
                    (violations, 0) => write!(text, " {violations} |"),
                    (0, warnings) => write!(text, " ({warnings}) |"),
                    (violations, warnings) => write!(text, " {violations} ({warnings}) |"),
                };
            }
            text.push('\n');
        }
    }
    text
}

/// Formats two small tables: the numbers of mutants of each pack, and the number of mutants that each check detected.
#[must_use]
pub fn summary(matrix: &KillMatrix) -> String {
    let mut text =
        String::from("| pack | mutants | killed | harmless changes | passed |\n|---|--:|--:|--:|--:|\n");
    for pack in matrix.packs().into_iter().map(Some).chain([None]) {
        let tally = matrix.tally(pack);
        let name = pack.map_or("**all**".to_owned(), |pack| format!("`{pack}`"));
        let _ = writeln!(
            text,
            "| {name} | {} | {} | {} | {} |",
            tally.harmful, tally.killed, tally.harmless, tally.passed
        );
    }
    text.push_str("\n| check | mutants that it noticed |\n|---|--:|\n");
    for (check, count) in matrix.kills() {
        let _ = writeln!(text, "| `{check}` | {count} |");
    }
    text
}
