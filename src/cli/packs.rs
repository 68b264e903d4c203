//! The packs of a command.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::Arc,
};

use failspec_base::syntax::{Diagnostics, closest};
use failspec_engine::{Selectors, case_names};
use failspec_pack::{
    pack::{Pack, PackError, label, split_version},
    target_config::glob,
};

use super::{error::CliError, pack_sources::PackSources, resolve_target::notices};

/// Loads the packs that the selectors refer to (all without a selector), and returns them with the selectors in the
/// form that matches names of cases. Every selector selects something. Beside packs of a folder, a built-in pack is one of
/// those only if a selector names it in full.
///
/// # Errors
/// When a pack cannot be read, a selector matches nothing, or two of them name two versions of one pack.
pub(super) fn select(
    sources: &PackSources,
    given: &[String],
) -> Result<(Vec<Arc<Pack>>, Selectors), CliError> {
    if given.iter().any(|selector| selector.trim().is_empty()) {
        // `run "$PACK"` with the variable unset must not select everything.
        return Err(CliError::usage("a selector is empty: it would select everything"));
    }
    let parsed: Vec<(String, Option<&str>)> =
        given.iter().map(|selector| without_version(selector)).collect();
    let mut known = sources.default_names().to_vec();
    for (selector, _) in &parsed {
        let pack = selector.split("::").next().unwrap_or_default();
        if sources.is_built_in(pack) && !known.iter().any(|known| known == pack) {
            known.push(pack.to_owned());
        }
    }
    if known.is_empty() {
        return Err(no_packs(sources));
    }
    if given.is_empty() {
        notices(sources.overlooked().as_slice());
    }
    let mut wanted: BTreeMap<&str, Option<&str>> = BTreeMap::new();
    for name in &known {
        // The name of a pack is not the beginning of another one's.
        let is_other = |selector: &String| selector != name && known.contains(selector);
        let concerned = parsed.iter().filter(|(selector, _)| concerns(selector, name) && !is_other(selector));
        let mut versions: Vec<Option<&str>> = concerned.map(|(_, version)| *version).collect();
        versions.dedup();
        match versions.as_slice() {
            [] if !given.is_empty() => {}
            [] => drop(wanted.insert(name, None)),
            [version] => drop(wanted.insert(name, *version)),
            [one, other, ..] => return Err(two_versions(name, *one, *other)),
        }
    }
    if wanted.is_empty() {
        let own = given.first().map(|selector| without_version(selector).0).unwrap_or_default();
        let error = no_match(&given.join(" "), sources, &known, &[]);
        return Err(match (lies_here(own.split("::").next().unwrap_or_default(), sources), error) {
            (Some(hint), CliError::Usage { message, .. }) => CliError::usage_hint(message, hint),
            (_, error) => error,
        });
    }
    let packs = load(sources, wanted.into_iter().map(|(name, version)| label(name, version)))?;
    let selectors = Selectors(parsed.into_iter().map(|(selector, _)| selector).collect());
    if selectors.0.is_empty() {
        return Ok((packs, selectors));
    }
    let names: Vec<String> = packs.iter().flat_map(|pack| case_names(pack).map(|(name, ..)| name)).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    if let Some(idle) = selectors.without_match(&names).first() {
        let as_given = selectors.0.iter().position(|selector| selector == idle).map(|at| given[at].as_str());
        let idle = as_given.unwrap_or(idle);
        return Err(not_in_force(idle, &packs).unwrap_or_else(|| no_match(idle, sources, &known, &names)));
    }
    Ok((packs, selectors.exact(&names)))
}

/// Returns a selector in the form of the names of cases, which contain no version, and the version that it names. A
/// selector with a version names its pack in full: `tiny@2026-03` is `tiny::`.
fn without_version(selector: &str) -> (String, Option<&str>) {
    let (head, rest) = selector.find("::").map_or((selector, ""), |at| selector.split_at(at));
    match split_version(head) {
        (_, None) => (selector.to_owned(), None),
        (pack, version) if rest.is_empty() && pack.contains(['*', '?']) => (format!("{pack}::*"), version),
        (pack, version) if rest.is_empty() => (format!("{pack}::"), version),
        (pack, version) => (format!("{pack}{rest}"), version),
    }
}

/// Creates the error for two versions of one pack: their cases have the same names and could not be distinguished in
/// reports.
fn two_versions(pack: &str, one: Option<&str>, other: Option<&str>) -> CliError {
    let (one, other) = (label(pack, one), label(pack, other));
    CliError::usage_hint(
        format!("a run tests one version of a pack: give {one} or {other}"),
        "run them separately; `failspec diff` compares contracts and reports",
    )
}

/// Loads packs by name or name@version, the newest version of all without a name.
///
/// # Errors
/// When a pack cannot be read or does not exist.
pub(super) fn named(sources: &PackSources, names: &[String]) -> Result<Vec<Arc<Pack>>, CliError> {
    let known = sources.default_names();
    if known.is_empty() && !names.iter().any(|name| sources.is_built_in(split_version(name).0)) {
        return Err(no_packs(sources));
    }
    if names.is_empty() {
        notices(sources.overlooked().as_slice());
        return load(sources, known.to_vec());
    }
    load(sources, names.to_vec())
}

/// Adds the older versions of packs whose newest version is there. The names of their cases carry the version.
///
/// # Errors
/// When a version has errors.
pub fn every_version(packs: Vec<Arc<Pack>>) -> Result<Vec<Arc<Pack>>, CliError> {
    let mut all = Vec::new();
    for pack in packs {
        let older = if pack.version.is_none() { pack.versions.clone() } else { Vec::new() };
        let (files, name) = (pack.files.clone(), pack.name.clone());
        all.push(pack);
        for version in older {
            let loaded = Pack::load(&files, &label(&name, Some(version.as_str())))?;
            all.push(Arc::new(loaded.qualified()));
        }
    }
    Ok(all)
}

/// Loads packs; the errors of all of them are reported at once.
fn load(sources: &PackSources, names: impl IntoIterator<Item = String>) -> Result<Vec<Arc<Pack>>, CliError> {
    let mut mistakes = Diagnostics::default();
    let mut packs = Vec::new();
    for name in names {
        let pack = split_version(&name).0;
        notices(sources.notice(pack).as_slice());
        match Pack::load(&sources.files_of(pack), &name) {
            Ok(pack) => packs.push(Arc::new(pack)),
            Err(PackError::Wrong(wrong)) => mistakes.0.extend(wrong.0),
            Err(PackError::Unknown { name, known }) => {
                let error = PackError::Unknown { name: name.clone(), known };
                return Err(match lies_here(&name, sources) {
                    Some(hint) => CliError::usage_hint(error.to_string(), hint),
                    None => error.into(),
                });
            }
            Err(other) => return Err(other.into()),
        }
    }
    if mistakes.0.is_empty() { Ok(packs) } else { Err(mistakes.into()) }
}

/// Returns true if a selector could select a case of the pack.
fn concerns(selector: &str, pack: &str) -> bool {
    match selector.split_once("::") {
        Some((head, _)) => glob(head, pack),
        None => pack.starts_with(selector) || glob(selector, pack) || selector.contains('*'),
    }
}

/// Returns the error for a selector that matches nothing because its failure is documented in another period.
fn not_in_force(selector: &str, packs: &[Arc<Pack>]) -> Option<CliError> {
    let (own, _) = without_version(selector);
    packs.iter().find_map(|pack| {
        let asked = |id: &str| own.starts_with(&format!("{}::{id}", pack.name));
        let failure = pack.contract.not_in_force.iter().find(|failure| asked(&failure.id))?;
        let (id, period, pack) = (&failure.id, failure.period, pack.label());
        Some(CliError::usage_hint(
            format!("`{selector}` matches no case: `{id}` is not in this version of {pack}"),
            format!("it is documented {period}"),
        ))
    })
}

/// Returns a hint for a pack in the current folder that was given without `--packs`.
fn lies_here(name: &str, sources: &PackSources) -> Option<String> {
    let is_name = !name.is_empty() && !name.contains(['/', '\\', '.']);
    let is_here = is_name && Path::new("schemas").join(name).is_dir();
    (is_here && sources.own_folder().is_none())
        .then(|| format!("schemas/{name} exists here: add --packs ., or `packs = \".\"` to failspec.toml"))
}

fn no_match(selector: &str, sources: &PackSources, known: &[String], names: &[&str]) -> CliError {
    let message = format!("`{selector}` matches no case");
    if let Some(similar) = similar_selector(selector, &sources.all_names(), names) {
        return CliError::usage_hint(message, format!("did you mean `{similar}`?"));
    }
    let packs = match known {
        [one] => format!("the only pack is {one}"),
        _ => format!("the packs are {}", known.join(", ")),
    };
    CliError::usage_hint(message, format!("{packs}; `failspec list PACK` lists the cases of one"))
}

/// Returns the pack, failure, scenario or case whose name is most similar to a selector. It has as many parts: a name
/// with more or fewer is not a typing error.
fn similar_selector(selector: &str, packs: &[String], names: &[&str]) -> Option<String> {
    if selector.contains(['*', '?', '@']) {
        return None;
    }
    if let Some((pack, rest)) = selector.split_once("::")
        && !packs.iter().any(|known| known == pack)
    {
        let similar = closest(pack, packs.iter().map(String::as_str))?;
        return Some(format!("{similar}::{rest}"));
    }
    let parts = selector.split("::").count();
    let mut known: BTreeSet<String> = packs.iter().filter(|_| parts == 1).cloned().collect();
    for name in names {
        let steps: Vec<&str> = name.split("::").collect();
        known.extend(steps.get(..parts).map(|steps| steps.join("::")));
    }
    closest(selector, known.iter().map(String::as_str)).map(str::to_owned)
}

fn no_packs(sources: &PackSources) -> CliError {
    match sources.own_folder() {
        Some(root) => CliError::usage_hint(
            format!("there are no packs in {}", root.display()),
            "a pack NAME has a file schemas/NAME/contract.yaml below the folder of --packs",
        ),
        None => CliError::usage("there are no packs"),
    }
}
