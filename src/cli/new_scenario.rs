//! The contract that a scenario of `failspec scenario new` is for.

use std::{path::PathBuf, sync::Arc};

use failspec_base::syntax::closest;
use failspec_pack::{openapi::Declared, pack::Pack};

use super::{arguments::NewScenarioArguments, error::CliError, pack_sources::PackSources, packs};

/// Returns the pack that the scenario is for: the one that is named, or else the only one of the folder.
///
/// # Errors
/// When the pack that is named cannot be read.
pub(super) fn pack(arguments: &NewScenarioArguments) -> Result<Option<Arc<Pack>>, CliError> {
    let mut sources = PackSources::of(&arguments.from, None)?;
    if sources.own_folder().is_none() {
        let here = PathBuf::from(".");
        if here.join("schemas").is_dir() {
            sources = PackSources::folder(here, None)?;
        }
    }
    if let Some(name) = &arguments.pack {
        return Ok(packs::named(&sources, std::slice::from_ref(name))?.pop());
    }
    match sources.default_names() {
        // A contract with errors is no reason to refuse what nobody said is for it.
        [only] if sources.own_folder().is_some() => {
            Ok(packs::named(&sources, std::slice::from_ref(only)).ok().and_then(|mut packs| packs.pop()))
        }
        _ => Ok(None),
    }
}

/// Returns the failure that the scenario triggers.
///
/// # Errors
/// When the contract does not have the failure that was given.
pub(super) fn triggers(arguments: &NewScenarioArguments, pack: Option<&Pack>) -> Result<String, CliError> {
    let usual = "not_found";
    let Some(pack) = pack else {
        return Ok(arguments.triggers.clone().unwrap_or_else(|| usual.to_owned()));
    };
    let contract = &pack.contract;
    let Some(given) = &arguments.triggers else {
        let first = contract.failures.first().map(|failure| failure.id.as_str());
        let own = contract.failure(usual).map(|_| usual).or(first);
        return Ok(own.unwrap_or(usual).to_owned());
    };
    let id = given.split('/').next().unwrap_or_default();
    if contract.failure(id).is_some() {
        return Ok(given.clone());
    }
    let ids = contract.failures.iter().map(|failure| failure.id.as_str());
    let meant = closest(id, ids).map(|id| format!("did you mean `{id}`? ")).unwrap_or_default();
    Err(CliError::usage_hint(
        format!("the contract of {} has no failure `{id}`", pack.name),
        format!("{meant}it has {}", failures(pack)),
    ))
}

/// Lists the failures of a contract.
pub(super) fn failures(pack: &Pack) -> String {
    let ids: Vec<&str> = pack.contract.failures.iter().map(|failure| failure.id.as_str()).collect();
    ids.join(", ")
}

/// Returns the only role of a contract.
pub(super) fn only_role(pack: &Pack) -> Option<&str> {
    let mut roles = pack.contract.roles.keys();
    roles.next().map(String::as_str).filter(|_| roles.next().is_none())
}

/// Splits a path into the one that the URL of the target has, and that of an operation of the contract or of its document; `None` if
/// it is an operation's as it is, or none's.
pub(super) fn below_base(pack: &Pack, path: &str) -> Option<(String, String)> {
    let declared = Declared::of(pack).ok().flatten();
    let own = pack.contract.operations.values().map(|line| line.path.written.as_str());
    let documented = declared.iter().flat_map(|declared| &declared.api.operations).map(|it| it.path.as_str());
    let known: Vec<&str> = own.chain(documented).collect();
    let is_known = |path: &str| known.iter().any(|known| is_of(known, path));
    let ends = path.match_indices('/').map(|(at, _)| at);
    // The first one is the whole path.
    let at = ends.into_iter().find(|at| is_known(&path[*at..])).filter(|at| *at > 0)?;
    let (base, rest) = path.split_at(at);
    Some((base.to_owned(), rest.to_owned()))
}

/// Returns true if a path is one of an operation. A template of parameters alone is no evidence.
fn is_of(template: &str, path: &str) -> bool {
    let template = template.split('?').next().unwrap_or_default();
    let is_parameter = |segment: &str| segment.contains(['{', '$']);
    let mut own = template.split('/').skip(1);
    own.clone().any(|segment| !is_parameter(segment))
        && template.split('/').count() == path.split('/').count()
        && path.split('/').skip(1).all(|sent| own.next().is_some_and(|own| is_parameter(own) || own == sent))
}

#[cfg(test)]
mod tests {
    use super::is_of;

    #[test]
    fn path_of_an_operation_is_known() {
        for (template, path, expected) in [
            ("/notes/{id}", "/notes/7", true),
            ("/notes?tag=${tag}", "/notes", true),
            ("/notes/{id}", "/notes", false),
            ("/{id}", "/7", false),
            ("/notes/${note}", "/others/7", false),
        ] {
            assert_eq!(is_of(template, path), expected, "{template} {path}");
        }
    }
}
