//! The packs that a command is about.

use std::sync::Arc;

use crate::{
    document::Diagnostics,
    pack::{Files, Pack, PackError},
    run::{Selectors, trial_names},
    target::glob,
};

use super::{arguments::PacksFrom, failure::Failure};

/// Where packs come from.
pub fn files(from: &PacksFrom) -> Files {
    from.packs.as_ref().map_or(Files::Embedded, |directory| Files::Directory(directory.clone()))
}

/// The packs that selectors are about, all without a selector; and every selector picks something.
///
/// # Errors
/// When a pack cannot be read, or a selector matches nothing.
pub fn select(files: &Files, selectors: &Selectors) -> Result<Vec<Arc<Pack>>, Failure> {
    let known = files.packs()?;
    if known.is_empty() {
        return Err(Failure::usage("there are no packs"));
    }
    if selectors.0.iter().any(|selector| selector.trim().is_empty()) {
        // `run "$PACK"` with the variable unset must not select everything.
        return Err(Failure::usage("a selector is empty: it would select everything"));
    }
    let wanted: Vec<&String> = known.iter().filter(|name| concerns(selectors, name)).collect();
    if wanted.is_empty() {
        return Err(no_match(&selectors.0.join(" "), &known));
    }
    let packs = load(files, wanted)?;
    let names: Vec<String> = packs.iter().flat_map(|pack| trial_names(pack).map(|(name, ..)| name)).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    match selectors.without_match(&names).first() {
        Some(idle) => Err(no_match(idle, &known)),
        None => Ok(packs),
    }
}

/// Packs by name, all without a name.
///
/// # Errors
/// When a pack cannot be read or is not there.
pub fn named(files: &Files, names: &[String]) -> Result<Vec<Arc<Pack>>, Failure> {
    let names = if names.is_empty() { files.packs()? } else { names.to_vec() };
    load(files, &names)
}

/// Loads packs; the mistakes of all of them are told at once.
fn load<'n>(files: &Files, names: impl IntoIterator<Item = &'n String>) -> Result<Vec<Arc<Pack>>, Failure> {
    let mut mistakes = Diagnostics::default();
    let mut packs = Vec::new();
    for name in names {
        match Pack::load(files, name) {
            Ok(pack) => packs.push(Arc::new(pack)),
            Err(PackError::Wrong(wrong)) => mistakes.0.extend(wrong.0),
            Err(other) => return Err(other.into()),
        }
    }
    if mistakes.0.is_empty() { Ok(packs) } else { Err(mistakes.into()) }
}

/// Whether some selector could pick a trial of the pack.
fn concerns(selectors: &Selectors, pack: &str) -> bool {
    selectors.0.is_empty()
        || selectors.0.iter().any(|selector| match selector.split_once("::") {
            Some((head, _)) => glob(head, pack),
            None => pack.starts_with(selector.as_str()) || glob(selector, pack) || selector.contains('*'),
        })
}

fn no_match(selector: &str, known: &[String]) -> Failure {
    Failure::usage_hint(
        format!("`{selector}` matches no scenario"),
        format!("packs are {}; `failspec list PACK` shows the names of their trials", known.join(", ")),
    )
}
