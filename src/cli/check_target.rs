//! `failspec check-target`.

use std::{fmt::Write as _, io::Write as _, sync::Arc};

use failspec_base::sanitize::one_line;
use failspec_engine::{Plan, RoleCheck, RunOptions, Selectors, TargetCheck, check_target};
use failspec_judge::report_model::{RequirementKind, exit};
use failspec_report::terminal::{Styles, visible};

use super::{
    arguments::CheckTargetArguments,
    error::CliError,
    pack_sources::PackSources,
    packs,
    resolve_target::{by_pack, has_path_values, override_target, target},
    runtime::runtime,
    stdout::stdout,
};

/// Reports what a target provides for a pack, what is missing, and whether each role works.
///
/// Exit code 3 if the target does not respond or a role is refused, 4 if a requirement is missing, else 0.
///
/// # Errors
/// When files or options are wrong; then nothing was sent.
pub fn command(arguments: &CheckTargetArguments) -> Result<u8, CliError> {
    let packs = packs::named(
        &PackSources::of(&arguments.from, arguments.target.config.as_deref())?,
        std::slice::from_ref(&arguments.pack),
    )?;
    let config = target(&arguments.target, &packs)?;
    let Some(pack) = packs.first() else {
        return Err(CliError::usage(format!("there is no pack {}", arguments.pack)));
    };
    let mut target = by_pack(&config.target, &packs)?.remove(0);
    override_target(&mut target, &arguments.target, pack)?;
    let plan = Plan::new(Arc::clone(pack), Arc::new(target), &Selectors::default(), 0);
    has_path_values(&plan)?;
    let options = RunOptions { allow_commands: arguments.target.allow_commands, ..RunOptions::default() };
    let runtime = runtime()?;
    let check = runtime.block_on(check_target(&plan, &options));
    // Do not wait for a pending name lookup.
    runtime.shutdown_background();
    let check = check?;
    // A closed pipe is not an error: the reader needs no more output.
    let _ = stdout().write_all(text(&plan, &check).as_bytes());
    let refused = check.roles.iter().any(|(_, state)| matches!(state, RoleCheck::Refused(_)));
    Ok(if check.unreachable.is_some() || refused {
        exit::INCONCLUSIVE
    } else if plan.missing_requirements.is_empty() {
        exit::CONFORMS
    } else {
        exit::INCOMPLETE
    })
}

fn text(plan: &Plan, check: &TargetCheck) -> String {
    let contract = &plan.pack.contract;
    let mut text = String::new();
    let _ = writeln!(
        text,
        "{} for {}",
        Styles::dab(Styles::STRONG, visible(plan.target.url.as_str())),
        Styles::dab(Styles::STRONG, plan.pack.label())
    );
    if let Some(reason) = &check.unreachable {
        let _ = writeln!(text, "{}\n{}", Styles::dab(Styles::BAD, "it cannot be reached"), visible(reason));
    }
    for (role, state) in &check.roles {
        let (word, more) = match state {
            RoleCheck::Works(line) => (Styles::dab(Styles::GOOD, "works  "), one_line(line)),
            RoleCheck::Refused(why) => (Styles::dab(Styles::BAD, "refused"), one_line(why)),
            RoleCheck::Given => {
                (Styles::dab(Styles::WARN, "given  "), "not tried: the target was not reached".to_owned())
            }
            RoleCheck::Untried => {
                (Styles::dab(Styles::WARN, "untried"), "no single safe request uses it".to_owned())
            }
            RoleCheck::Missing => {
                let about = contract.roles.get(role).map(String::as_str).unwrap_or_default();
                (Styles::dab(Styles::WARN, "missing"), one_line(about))
            }
        };
        let _ = writeln!(text, "  {word} role {} · {more}", Styles::dab(Styles::STRONG, role));
    }
    for (name, variable) in &contract.variables {
        let brought = plan.target.variables.contains_key(name);
        let word = match (brought, &variable.default) {
            (true, _) => Styles::dab(Styles::GOOD, "given  "),
            (false, Some(_)) => Styles::dab(Styles::FAINT, "default"),
            (false, None) => Styles::dab(Styles::WARN, "missing"),
        };
        let _ = writeln!(
            text,
            "  {word} variable {} · {}",
            Styles::dab(Styles::STRONG, name),
            one_line(&variable.about)
        );
    }
    for (name, about) in &contract.conditions {
        let word = match plan.target.conditions.contains_key(name) {
            true => Styles::dab(Styles::GOOD, "given  "),
            false => Styles::dab(Styles::WARN, "missing"),
        };
        let _ =
            writeln!(text, "  {word} condition {} · {}", Styles::dab(Styles::STRONG, name), one_line(about));
    }
    let skipped = plan.cases.iter().filter(|case| case.skip.is_some()).count();
    let _ = writeln!(text, "\n{} of {} cases can run", plan.cases.len() - skipped, plan.cases.len());
    for missing in &plan.missing_requirements {
        let kind = match missing.kind {
            RequirementKind::Role => "role",
            RequirementKind::Variable => "variable",
            RequirementKind::Condition => "condition",
        };
        let plural = if missing.cases == 1 { "case needs" } else { "cases need" };
        let _ = writeln!(text, "  {} {plural} the {kind} {}", missing.cases, missing.name);
    }
    text
}
