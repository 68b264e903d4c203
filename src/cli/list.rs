//! `failspec list`.

use std::{fmt::Write as _, io::Write as _};

use failspec_engine::{Selectors, case_names};
use failspec_judge::report_model::exit;
use failspec_pack::pack::{Contract, Pack};
use failspec_reference as reference;
use failspec_report::terminal::{Styles, visible};

use super::{arguments::SelectArguments, error::CliError, packs, stdout::stdout};

/// Lists packs, or with selectors the cases that they select, or what packs require of a target.
///
/// # Errors
/// When a pack cannot be read, or a selector matches nothing.
pub fn command(arguments: &SelectArguments) -> Result<u8, CliError> {
    let (packs, selectors) = packs::select(&packs::files(&arguments.from), &arguments.selectors)?;
    let mut text = String::new();
    for pack in &packs {
        if arguments.requires {
            requires(&mut text, &pack.contract);
        } else if selectors.0.is_empty() {
            let contract = &pack.contract;
            let as_of = contract.as_of.map(|date| date.to_string()).unwrap_or_default();
            let embedded = if reference::apis().contains(&pack.name.as_str()) { "reference" } else { "" };
            let _ = writeln!(
                text,
                "{:<12} {:>3} failures {:>4} scenarios  {as_of}  {embedded:<9}  {}",
                Styles::dab(Styles::STRONG, format_args!("{:<12}", pack.name)),
                contract.failures.len(),
                pack.scenarios.len(),
                contract.documentation.as_deref().unwrap_or_default(),
            );
            versions(&mut text, pack);
        } else {
            for (name, ..) in case_names(pack).filter(|(name, ..)| selectors.pick(name)) {
                let _ = writeln!(text, "{name}");
            }
            not_in_force(pack, &selectors);
        }
    }
    // A closed pipe (`| head`) is not an error: the reader needs no more output.
    let _ = stdout().write_all(text.as_bytes());
    Ok(exit::CONFORMS)
}

/// Writes the older versions of the contract, and the failures that are not in this one.
fn versions(text: &mut String, pack: &Pack) {
    if !pack.versions.is_empty() {
        let older: Vec<String> = pack.versions.iter().map(ToString::to_string).collect();
        let _ = writeln!(text, "  {} {}", Styles::dab(Styles::FAINT, "older versions:"), older.join(", "));
    }
    for failure in &pack.contract.not_in_force {
        let _ = writeln!(text, "  {} {}", Styles::dab(Styles::WARN, "not in this version:"), absent(failure));
    }
}

/// Reports the selected failures that are not in this version. On standard error, because other programs read the
/// names of cases from standard output.
fn not_in_force(pack: &Pack, selectors: &Selectors) {
    let asked = |id: &str| selectors.pick(&format!("{}::{id}::", pack.name));
    for failure in pack.contract.not_in_force.iter().filter(|failure| asked(&failure.id)) {
        let notice = Styles::dab(Styles::WARN, "not in this version:");
        // An error here is ignored: the names go to standard output.
        let _ =
            writeln!(failspec_report::terminal::stderr(), "{notice} {}::{}", pack.label(), absent(failure));
    }
}

fn absent(failure: &failspec_pack::pack::Failure) -> String {
    format!("{} {}", failure.id, Styles::dab(Styles::FAINT, format_args!("(documented {})", failure.period)))
}

/// Writes the requirements of a contract.
fn requires(text: &mut String, contract: &Contract) {
    let roles = contract.roles.iter().map(|(name, about)| ("role", name, about.clone()));
    let variables = contract.variables.iter().map(|(name, variable)| {
        let default = variable.default.as_ref().map(|value| format!(" (default: {value})"));
        ("variable", name, format!("{}{}", variable.about, default.unwrap_or_default()))
    });
    let conditions = contract.conditions.iter().map(|(name, about)| ("condition", name, about.clone()));
    let all: Vec<_> = roles.chain(variables).chain(conditions).collect();
    let width = all.iter().map(|(_, name, _)| name.chars().count()).max().unwrap_or_default();
    let _ = writeln!(text, "{}", Styles::dab(Styles::STRONG, &contract.name));
    if all.is_empty() {
        let _ = writeln!(text, "  only a URL");
    }
    for (kind, name, about) in all {
        let _ = writeln!(
            text,
            "  {kind:<9} {}  {}",
            Styles::dab(Styles::STRONG, format_args!("{name:<width$}")),
            visible(about.trim())
        );
    }
}
