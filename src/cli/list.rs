//! `failspec list`.

use std::{fmt::Write as _, io::Write as _};

use crate::{
    pack::Contract,
    reference,
    report::terminal::{Paint, visible},
    run::{Selectors, trial_names},
    verdict::exit,
};

use super::{arguments::SelectArguments, failure::Failure, packs};

/// Lists packs, or with selectors the trials that they pick, or what a target must bring for packs.
///
/// # Errors
/// When a pack cannot be read, or a selector matches nothing.
pub fn command(arguments: &SelectArguments) -> Result<u8, Failure> {
    let selectors = Selectors(arguments.selectors.clone());
    let packs = packs::select(&packs::files(&arguments.from), &selectors)?;
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
                Paint::dab(Paint::STRONG, format_args!("{:<12}", pack.name)),
                contract.failures.len(),
                pack.scenarios.len(),
                contract.documentation.as_deref().unwrap_or_default(),
            );
        } else {
            for (name, ..) in trial_names(pack).filter(|(name, ..)| selectors.pick(name)) {
                let _ = writeln!(text, "{name}");
            }
        }
    }
    // A reader that has gone away (`| head`) has seen what it wanted.
    let _ = anstream::stdout().write_all(text.as_bytes());
    Ok(exit::CONFORMS)
}

/// What a target must bring, in the words of the contract.
fn requires(text: &mut String, contract: &Contract) {
    let roles = contract.roles.iter().map(|(name, about)| ("role", name, about.clone()));
    let variables = contract.variables.iter().map(|(name, variable)| {
        let default = variable.default.as_ref().map(|value| format!(" (default: {value})"));
        ("variable", name, format!("{}{}", variable.about, default.unwrap_or_default()))
    });
    let conditions = contract.conditions.iter().map(|(name, about)| ("condition", name, about.clone()));
    let all: Vec<_> = roles.chain(variables).chain(conditions).collect();
    let width = all.iter().map(|(_, name, _)| name.chars().count()).max().unwrap_or_default();
    let _ = writeln!(text, "{}", Paint::dab(Paint::STRONG, &contract.name));
    if all.is_empty() {
        let _ = writeln!(text, "  nothing but a URL");
    }
    for (kind, name, about) in all {
        let _ = writeln!(
            text,
            "  {kind:<9} {}  {}",
            Paint::dab(Paint::STRONG, format_args!("{name:<width$}")),
            visible(about.trim())
        );
    }
}
