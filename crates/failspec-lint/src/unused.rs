//! Declarations and files that nothing uses.

use std::collections::BTreeSet;

use failspec_base::syntax::Diagnostic;
use failspec_engine::case_names;
use failspec_judge::snapshot::{file_name, unreferenced};
use failspec_pack::pack::{Files, Pack};

use super::contract_keys::ContractKeys;

/// Reports roles, variables, conditions and operations that no scenario uses.
pub(super) fn declarations(pack: &Pack) -> Vec<Diagnostic> {
    let contract = &pack.contract;
    let needs: Vec<_> = pack.scenarios.iter().map(|scenario| scenario.needs()).collect();
    let roles: BTreeSet<&str> = needs.iter().flat_map(|needs| needs.roles.iter().copied()).collect();
    // A variable may also be used outside of requests: in waits, expectations and selected items.
    let texts: Vec<&str> = pack
        .texts
        .iter()
        .filter(|(path, _)| path.starts_with("scenarios/"))
        .map(|(_, text)| &**text)
        .collect();
    let existing = contract.existing_things.values().map(|thing| thing.variable.as_str());
    let names = needs.iter().flat_map(|needs| needs.names.iter().copied());
    let names: BTreeSet<&str> = names.chain(existing).collect();
    let mentioned =
        |name: &str| names.contains(name) || texts.iter().any(|text| text.contains(&format!("{{{name}}}")));
    let conditions: BTreeSet<&str> =
        pack.scenarios.iter().filter_map(|scenario| scenario.condition.as_deref()).collect();
    let operations: BTreeSet<&str> = pack
        .scenarios
        .iter()
        .flat_map(|scenario| scenario.requests())
        .filter_map(|request| request.line.operation.as_deref())
        .collect();
    let unused = [
        ("role", contract.roles.keys().filter(|name| !roles.contains(name.as_str())).collect::<Vec<_>>()),
        ("variable", contract.variables.keys().filter(|name| !mentioned(name)).collect()),
        (
            "condition",
            contract.conditions.keys().filter(|name| !conditions.contains(name.as_str())).collect(),
        ),
        (
            "operation",
            contract.operations.keys().filter(|name| !operations.contains(name.as_str())).collect(),
        ),
    ];
    let keys = ContractKeys::of(contract);
    let place = |what: &str, name: &str| match what {
        "operation" => keys.place(&["operations", name]),
        what => keys.place(&["requires", &format!("{what}s"), name]),
    };
    unused
        .into_iter()
        .flat_map(|(what, names)| names.into_iter().map(move |name| (what, name)))
        .map(|(what, name)| {
            Diagnostic::warning(place(what, name), format!("no scenario uses the {what} `{name}`"))
                .hint("use it, or remove it from the contract: targets need not provide it")
        })
        .chain(pack.unused_fixtures.iter().map(|(name, place)| {
            Diagnostic::warning(place.clone(), format!("no scenario uses the fixture `{name}`"))
                .hint("use it, or remove it: its steps are not checked")
        }))
        .collect()
}

/// Reports schema files that nothing refers to, and snapshots of scenarios that no longer exist.
pub(super) fn files(pack: &Pack) -> Vec<Diagnostic> {
    let library = pack.library();
    let mut found: Vec<String> = library
        .names()
        .filter(|name| {
            let own = format!("schemas/{}/{name}", pack.name);
            // A document in several files refers to them relative to the referring file, so only the file name is
            // searched.
            let last = name.rsplit('/').next().unwrap_or(name);
            !pack.texts.iter().chain(&*pack.others).any(|(path, text)| *path != own && text.contains(last))
        })
        .map(|name| {
            format!(
                "nothing refers to the schema file {}",
                pack.files.shown(&format!("schemas/{}/{name}", pack.name))
            )
        })
        .collect();
    let names: BTreeSet<String> = case_names(pack)
        .map(|(_, scenario, row)| {
            let failure = scenario.failure_id(&pack.contract);
            let row = row.and_then(|row| scenario.rows.get(row)).map(|row| row.name.as_str());
            file_name(failure, &scenario.name, row)
        })
        .collect();
    let orphans = match &pack.files {
        Files::Embedded(built_in) => {
            built_in.snapshots_of(&pack.label()).into_keys().filter(|name| !names.contains(name)).collect()
        }
        Files::Directory(root) => {
            unreferenced(&root.join("snapshots").join(pack.label()), &names).unwrap_or_default()
        }
    };
    found.extend(
        orphans
            .into_iter()
            .map(|name| format!("the snapshot {}/{name} belongs to no scenario", pack.label())),
    );
    let ignored = pack.ignored_files().into_iter().map(|file| {
        Diagnostic::warning(None, format!("{file} is not read"))
            .hint("scenario files end in `.yaml` or `.yml`, contracts and bases in `.yaml`; files of rows are named by `each`")
    });
    ignored.chain(found.into_iter().map(|title| Diagnostic::warning(None, title))).collect()
}
