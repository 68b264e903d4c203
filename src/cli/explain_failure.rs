//! `failspec explain PACK::FAILURE`: the contract entry of a failure and its scenarios, as they are written.

use std::{collections::BTreeSet, fmt::Write as _};

use failspec_base::{
    sanitize::{one_line, visible},
    syntax::Location,
};
use failspec_engine::case_names;
use failspec_pack::pack::{Contract, Failure, Files, Pack, Provenance, show_statuses};
use failspec_report::{count, terminal::Styles};

use super::{arguments::PacksFrom, error::CliError, pack_sources::PackSources, packs};

/// Returns the failures that a selector matches, each with the scenarios that it matches.
///
/// # Errors
/// When the pack cannot be read, or the selector matches nothing.
pub(super) fn explain_failure(selector: &str, from: &PacksFrom) -> Result<String, CliError> {
    let sources = PackSources::of(from, None)?;
    let mut text = String::new();
    // A failure without a scenario has no case that a selector could match.
    if let Some((pack, id)) = selector.split_once("::")
        && let Ok(packs) = packs::named(&sources, &[pack.to_owned()])
        && let Some((pack, failure)) = packs.iter().find_map(|pack| {
            let failure = pack.contract.failures.iter().find(|failure| failure.id == id)?;
            let is_untested =
                !pack.scenarios.iter().any(|scenario| is_of(&pack.contract, scenario.failure, id));
            is_untested.then_some((pack, failure))
        })
    {
        entry(&mut text, pack, failure);
        let why = failure.excluded.as_deref().unwrap_or("the pack has none");
        let _ = writeln!(text, "\nno scenario: {}", visible(why));
        return Ok(text);
    }
    let (packs, selectors) = packs::select(&sources, &[selector.to_owned()])?;
    for pack in &packs {
        scenarios(&mut text, pack, |name| selectors.pick(name));
    }
    if let Some(pack) = packs.iter().find(|pack| matches!(pack.files, Files::Embedded(_))) {
        let hint = format!(
            "These files are built in. `failspec init NAME --from {}` writes a copy that you can change.",
            pack.name
        );
        let _ = writeln!(text, "\n{}", Styles::dab(Styles::FAINT, hint));
    }
    Ok(text)
}

fn is_of(contract: &Contract, failure: Option<usize>, id: &str) -> bool {
    failure.is_some_and(|index| contract.failures[index].id == id)
}

/// Writes the failures of the cases that `pick` selects, each with its selected scenarios.
fn scenarios(text: &mut String, pack: &Pack, pick: impl Fn(&str) -> bool) {
    let mut selected: Vec<(&str, Option<usize>, &Location, usize)> = Vec::new();
    for (_, scenario, row) in case_names(pack).filter(|(name, ..)| pick(name)) {
        let is_known = row.is_some() && selected.last().is_some_and(|(known, ..)| *known == scenario.name);
        match selected.last_mut().filter(|_| is_known) {
            Some((.., cases)) => *cases += 1,
            None => selected.push((&scenario.name, scenario.failure, &scenario.place, 1)),
        }
    }
    let failures: BTreeSet<Option<usize>> = selected.iter().map(|(_, failure, ..)| *failure).collect();
    for failure in failures {
        if !text.is_empty() {
            text.push('\n');
        }
        match failure.map(|index| &pack.contract.failures[index]) {
            Some(failure) => entry(text, pack, failure),
            None => {
                let name = format!("{} without a fault", one_line(&pack.label()));
                let _ = writeln!(text, "{}: requests that must succeed", Styles::dab(Styles::STRONG, name));
            }
        }
        for (name, _, place, cases) in selected.iter().filter(|(_, of, ..)| *of == failure) {
            let at = format!("{place} · {}", count(*cases, "case"));
            let name = Styles::dab(Styles::STRONG, one_line(name));
            let label = Styles::dab(Styles::FAINT, "scenario");
            let at = Styles::dab(Styles::FAINT, one_line(&at));
            let _ = writeln!(text, "\n{label} {name}  {at}\n\n{}", block(place));
        }
    }
}

/// Writes a failure in a few lines, and its contract entry as it is written.
fn entry(text: &mut String, pack: &Pack, failure: &Failure) {
    let name = format!("{}::{}", one_line(&pack.label()), one_line(&failure.id));
    let _ = writeln!(text, "{}: {}", Styles::dab(Styles::STRONG, name), one_line(&failure.summary));
    let mut row = |label: &str, value: &str| {
        let label = Styles::dab(Styles::FAINT, format_args!("{label:<13}"));
        let _ = writeln!(text, "  {label} {}", one_line(value));
    };
    if let Some(status) = &failure.rules.status {
        row("status", &format!("HTTP {}", show_statuses(&status.rule)));
    }
    let source = match failure.source {
        Provenance::Documented => "documented",
        Provenance::Published => "published elsewhere by the publisher",
        Provenance::Inferred => "inferred: our reading, not stated by the documentation",
        Provenance::Standard => "a standard",
    };
    row("source", source);
    if let Some(link) = failure.documentation.as_ref().or(pack.contract.documentation.as_ref()) {
        row("documentation", link);
    }
    row("contract", &failure.place.to_string());
    let _ = writeln!(text, "\n{}", block(&failure.place));
}

/// Returns the entry of a file that begins at a place: its line, and the lines below it that are indented further.
fn block(place: &Location) -> String {
    let source = place.source.text();
    let lines: Vec<&str> = source.lines().skip(place.line() - 1).collect();
    let indent = |line: &str| line.len() - line.trim_start().len();
    let own = lines.first().map_or(0, |line| indent(line));
    let belongs = |line: &&&str| line.trim().is_empty() || indent(line) > own;
    let mut taken: Vec<&str> = lines.iter().take(1).copied().collect();
    taken.extend(lines.iter().skip(1).take_while(belongs).copied());
    while taken.last().is_some_and(|line| line.trim().is_empty()) {
        taken.pop();
    }
    let shown = taken.iter().map(|line| visible(line.get(own..).unwrap_or_default()).into_owned());
    shown.map(|line| format!("    {line}").trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}
