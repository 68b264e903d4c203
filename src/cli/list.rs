//! `failspec list`.

use std::{fmt::Write as _, io::Write as _};

use crate::{
    reference,
    report::terminal::Paint,
    run::{Selectors, trial_names},
    verdict::exit,
};

use super::{arguments::SelectArguments, failure::Failure, packs};

/// Lists packs, or with selectors the trials that they pick.
///
/// # Errors
/// When a pack cannot be read, or a selector matches nothing.
pub fn command(arguments: &SelectArguments) -> Result<u8, Failure> {
    let selectors = Selectors(arguments.selectors.clone());
    let packs = packs::select(&packs::files(&arguments.from), &selectors)?;
    let mut text = String::new();
    for pack in &packs {
        if selectors.0.is_empty() {
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
