//! The target that the options of a command select.

use std::{
    collections::BTreeSet,
    io::Write as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use failspec_base::{
    syntax::{Diagnostic, Diagnostics, Source, closest, renamed},
    template::VariableValue,
};
use failspec_engine::{Plan, case_names};
use failspec_judge::check::{CHECKS, find};
use failspec_pack::{
    pack::Pack,
    target_config::{CheckLevel, Condition, ConditionAction, Config, Credential, Role, Target, Waiver, glob},
};
use failspec_report::terminal::Styles;

use super::{
    arguments::TargetArguments,
    default_config::{DEFAULT_CONFIG, default_config, read_config},
    error::CliError,
};

/// Returns the target that the options name, or that of the default file; without either it is an error.
pub(super) fn target(arguments: &TargetArguments, packs: &[Arc<Pack>]) -> Result<Config, CliError> {
    if let Some(url) = &arguments.url {
        one_pack(packs)?;
        let target = Target::from_url(url).map_err(|error| CliError::usage(format!("--url: {error}")))?;
        return Ok(Config { target, waivers: Vec::new() });
    }
    let config = config_of(arguments.config.as_deref(), arguments.target.as_deref(), packs)?;
    commands_allowed(&config.target, arguments)?;
    Ok(config)
}

/// Returns the target of a file, or that of the default file; without either it is an error. Nothing is run for it.
pub(super) fn config_of(
    config: Option<&Path>,
    target: Option<&str>,
    packs: &[Arc<Pack>],
) -> Result<Config, CliError> {
    let path = config.map(Path::to_path_buf).or_else(default_config);
    // The error names the file that is missing.
    let path = path.or_else(|| target.is_some().then(|| PathBuf::from(DEFAULT_CONFIG)));
    let Some(path) = path else {
        return Err(CliError::usage_hint(
            "there is no target: nothing was sent",
            "give --url URL of your API, --target NAME from failspec.toml, or --reference for the embedded \
             implementation (which says nothing about a real API)",
        ));
    };
    let text = read_config(&path)?;
    let source = Source::new(path.display().to_string(), text);
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut config = Config::read(&source, target, folder)?;
    keep_versions(&mut config, packs);
    if !packs.iter().all(|pack| config.target.urls.contains_key(&pack.name)) {
        one_pack(packs)?;
    }
    known_checks(&config.waivers, &config.target.checks)?;
    Ok(config)
}

/// Limits the file's contents to the versions of a run.
fn keep_versions(config: &mut Config, packs: &[Arc<Pack>]) {
    let versions: Vec<_> = packs
        .iter()
        .map(|pack| (pack.name.as_str(), pack.version.as_ref().map(failspec_pack::pack::Version::as_str)))
        .collect();
    config.keep_versions(&versions);
    if versions.iter().all(|(_, version)| version.is_none()) {
        return;
    }
    // A waiver without a version is written for the newest one. An older version may not have its scenario: that does
    // not show that the waiver is stale.
    let names: Vec<String> = packs.iter().flat_map(|pack| case_names(pack).map(|(name, ..)| name)).collect();
    config.waivers.retain(|waiver| names.iter().any(|name| glob(&waiver.scenario, name)));
}

/// Checks that commands are allowed: a file that came with a checkout must not run commands unless the user allows
/// it.
fn commands_allowed(target: &Target, arguments: &TargetArguments) -> Result<(), CliError> {
    let command = target.roles.iter().find(|(_, role)| matches!(role.credential, Credential::Command(_)));
    let hint = "check the command in the file, then give --allow-commands";
    if let Some((role, _)) = command.filter(|_| !arguments.allow_commands) {
        return Err(CliError::usage_hint(
            format!("the role {role} of the target {} gets its credentials from a command", target.name),
            hint,
        ));
    }
    for (name, condition) in &target.conditions {
        let programs = programs(condition);
        if programs.is_empty() {
            continue;
        }
        let said = format!("the condition {name} of the target {} runs {}", target.name, programs.join(", "));
        if !arguments.allow_commands {
            return Err(CliError::usage_hint(said, hint));
        }
        notices(&[said]);
    }
    Ok(())
}

/// Returns the programs that a condition runs, each once.
fn programs(condition: &Condition) -> Vec<String> {
    let Condition::Global(global) = condition else { return Vec::new() };
    let mut programs = Vec::new();
    for action in global.actions() {
        if let ConditionAction::Run(words) = action
            && let Some(program) = words.first().map(|program| format!("`{}`", program.escape_debug()))
            && !programs.contains(&program)
        {
            programs.push(program);
        }
    }
    programs
}

/// Returns the target for each pack.
///
/// # Errors
/// When the target has an operation that the pack does not have.
pub(super) fn by_pack(target: &Target, packs: &[Arc<Pack>]) -> Result<Vec<Target>, CliError> {
    if let [pack] = packs {
        target.fits(&pack.contract)?;
        notices(&target.unknown_names(&pack.contract));
    }
    notices(&unknown_packs(target, packs));
    // Each of several packs knows a part of the target; an operation that none of them knows is an error.
    let known = |name: &&String| packs.iter().any(|pack| pack.contract.operations.contains_key(*name));
    if let Some(name) = target.operations.keys().find(|name| !known(name)) {
        return Err(CliError::usage(format!(
            "no pack has the operation `{name}` of the target {}",
            target.name
        )));
    }
    Ok(packs.iter().map(|pack| target.of_pack(&pack.name)).collect())
}

/// Returns a notice for each pack in `urls` that does not exist. It may belong to another folder of packs.
fn unknown_packs(target: &Target, packs: &[Arc<Pack>]) -> Vec<String> {
    let own = packs.iter().filter_map(|pack| pack.files.packs().ok());
    let known: BTreeSet<String> = own.chain(crate::builtin::built_in().packs()).flatten().collect();
    let unknown = target.urls.keys().filter(|name| !known.contains(*name));
    let notice = |name: &String| {
        let near = closest(name, known.iter().map(String::as_str));
        let meant = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        format!(
            "there is no pack `{}`, for which the target {} has a URL{meant}",
            name.escape_debug(),
            target.name
        )
    };
    unknown.map(notice).collect()
}

/// Prints notices about names that may be errors, or are meant for another pack.
pub(super) fn notices(notices: &[String]) {
    for notice in notices {
        let _ = writeln!(
            failspec_report::terminal::stderr(),
            "{} {notice}",
            Styles::dab(Styles::WARN, "notice:")
        );
    }
}

/// Checks that the checks of all waivers and levels exist: a waiver of another one would look like a stale one, and a
/// level of another one would change nothing.
fn known_checks(waivers: &[Waiver], levels: &[CheckLevel]) -> Result<(), CliError> {
    let of_waivers = waivers.iter().map(|waiver| (&waiver.check, &waiver.check_place));
    let all = of_waivers.chain(levels.iter().map(|level| (&level.check, &level.place)));
    let unknown = all.filter(|(check, _)| find(check).is_none());
    let mistakes: Vec<Diagnostic> = unknown
        .map(|(check, place)| {
            let near = closest(check, CHECKS.iter().map(|check| check.id));
            let hint = match (renamed::check(check), near) {
                (Some(new), _) => renamed::hint(new),
                (None, Some(near)) => format!("did you mean `{near}`?"),
                (None, None) => "`failspec explain` lists all checks".to_owned(),
            };
            Diagnostic::error(place.clone(), format!("there is no check `{check}`")).hint(hint)
        })
        .collect();
    if mistakes.is_empty() { Ok(()) } else { Err(Diagnostics(mistakes).into()) }
}

/// Checks that there is only one pack. One API has one contract: with several packs on one URL, all but one would
/// report false violations.
fn one_pack(packs: &[Arc<Pack>]) -> Result<(), CliError> {
    if packs.len() == 1 {
        return Ok(());
    }
    let names: Vec<&str> = packs.iter().map(|pack| pack.name.as_str()).collect();
    Err(CliError::usage_hint(
        format!("the target has one URL, but there are several packs: {}", names.join(", ")),
        format!(
            "name one: failspec run {} …, or give the target `urls`, a base URL for each pack",
            names.first().unwrap_or(&"PACK")
        ),
    ))
}

/// Applies `--safe`, `--role` and `--var` to the target.
pub(super) fn override_target(
    target: &mut Target,
    arguments: &TargetArguments,
    pack: &Pack,
) -> Result<(), CliError> {
    target.read_only |= arguments.safe;
    let mut given = BTreeSet::new();
    for option in &arguments.roles {
        let (name, credential) = split(option, "--role", "NAME=bearer:env:VAR")?;
        if !given.insert(name) {
            return Err(twice("--role", name));
        }
        if !pack.contract.roles.contains_key(name) {
            return Err(unknown(pack, "role", name, pack.contract.roles.keys()));
        }
        let role = Role::from_option(name, credential).map_err(CliError::usage)?;
        target.roles.insert(name.to_owned(), role);
    }
    let mut given = BTreeSet::new();
    for option in &arguments.variables {
        let (name, value) = split(option, "--var", "NAME=VALUE")?;
        if !given.insert(name) {
            return Err(twice("--var", name));
        }
        if !pack.contract.variables.contains_key(name) {
            return Err(unknown(pack, "variable", name, pack.contract.variables.keys()));
        }
        target.variables.insert(name.to_owned(), VariableValue::open(value));
    }
    Ok(())
}

/// Creates the error for an option that is given twice for one name: only one of the values could be used.
fn twice(option: &str, name: &str) -> CliError {
    CliError::usage(format!("{option} gives `{name}` twice: only one of them could be used"))
}

/// Checks that no variable that is a part of a path is empty.
///
/// # Errors
/// When one is: the request would go to another resource.
pub(super) fn has_path_values(plan: &Plan) -> Result<(), CliError> {
    let Some((name, line)) = plan.empty_path_variables().into_iter().next() else { return Ok(()) };
    Err(CliError::usage_hint(
        format!(
            "the variable `{name}` of the pack {} is empty, but it is a part of {line}: the request would go to \
             another resource",
            plan.pack.name
        ),
        format!("give it a value: --var {name}=VALUE, or under `variables` in {DEFAULT_CONFIG}"),
    ))
}

/// Creates the error for an option that names something that the pack does not have.
fn unknown<'k>(
    pack: &Pack,
    what: &str,
    name: &str,
    known: impl Iterator<Item = &'k String> + Clone,
) -> CliError {
    let all: Vec<&str> = known.clone().map(String::as_str).collect();
    let hint = match closest(name, all.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if all.is_empty() => format!("it has no {what}s"),
        None => format!("its {what}s are {}", all.join(", ")),
    };
    CliError::usage_hint(format!("the pack {} has no {what} `{name}`", pack.name), hint)
}

fn split<'o>(option: &'o str, name: &str, form: &str) -> Result<(&'o str, &'o str), CliError> {
    // The value may be a credential that was put here accidentally: it is not quoted.
    option.split_once('=').ok_or_else(|| CliError::usage(format!("{name} must have the form {form}")))
}
