//! The steps after `failspec import openapi`: how to run what it wrote.

use std::{collections::BTreeMap, fmt::Write as _, fs, path::Path};

use failspec_import::{FromOpenApi, SchemeRole, USER_ROLE};
use failspec_pack::openapi::{Api, Credential, Declared, Operation};
use failspec_report::{terminal::Styles, visible};

use super::import_openapi::{ImportOpenApiArguments, NAMES_SHOWN};

/// Maximum number of variables without a value that are shown.
const VARIABLES_SHOWN: usize = 6;

/// Says that the contract of an earlier import was kept, if a new one would be another.
pub(super) fn kept_contract(arguments: &ImportOpenApiArguments, made: &FromOpenApi) -> String {
    let path = arguments.dir.join(format!("schemas/{}/contract.yaml", arguments.name));
    let kept = fs::read_to_string(&path).unwrap_or_default();
    match kept == made.draft.contract().to_yaml() {
        true => String::new(),
        false => format!(
            "{} {}: an import writes it once, and with these options it would be another one. Without changes of your own, delete it \
             and import again.\n",
            Styles::dab(Styles::WARN, "kept"),
            path.display()
        ),
    }
}

/// Returns the URL of the API as far as it is known: the first server of the document if it is on this machine.
fn url(declared: &Declared) -> String {
    let is_here = |server: &&String| {
        let host = server.strip_prefix("http://").unwrap_or_default().split(['/', ':']).next();
        // The value comes from the document, and is used in a shell.
        let plain = |c: char| c.is_ascii_alphanumeric() || "/-._~:".contains(c);
        matches!(host, Some("localhost" | "127.0.0.1")) && server.chars().all(plain)
    };
    if let Some(here) = declared.api.servers.iter().find(is_here) {
        return here.clone();
    }
    let base = declared.base_path();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/-._~".contains(c);
    format!("http://localhost:8080{}", if base.chars().all(plain) { base } else { "" })
}

/// Returns the credential that most operations require beside those with roles of their own, as an argument of `--role`.
fn credential(api: &Api, others: &[SchemeRole]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let is_of_user =
        |operation: &&Operation| !others.iter().any(|role| role.operations.contains(&operation.name()));
    let alternatives = api
        .operations
        .iter()
        .filter(is_of_user)
        .flat_map(|it| &it.security)
        .filter(|schemes| schemes.len() == 1);
    alternatives.flatten().for_each(|scheme| *counts.entry(scheme).or_default() += 1);
    let most = counts.into_iter().max_by_key(|(_, count)| *count).map(|(name, _)| name);
    credential_of(api, most)
}

/// Returns the credential of a scheme as an argument of `--role`.
fn credential_of(api: &Api, scheme: Option<&str>) -> String {
    // The value comes from the document, and is used in a shell.
    let plain =
        |name: &&String| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    match scheme.and_then(|name| api.schemes.get(name)).map(|scheme| &scheme.credential) {
        Some(Credential::Basic) => "basic:env:USER_AND_PASSWORD".to_owned(),
        Some(Credential::Key { place, name }) if Some(name).filter(plain).is_some() => {
            format!("{place}:{name}:env:KEY")
        }
        _ => "bearer:env:TOKEN".to_owned(),
    }
}

/// Says which roles are for which operations, if some take another credential than most.
fn told_roles(roles: &[SchemeRole]) -> String {
    let mut text = String::new();
    for SchemeRole { name, scheme, operations } in roles {
        let shown: Vec<&str> = operations.iter().take(NAMES_SHOWN).map(String::as_str).collect();
        let more = operations.len().saturating_sub(NAMES_SHOWN);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let _ = writeln!(
            text,
            "  --role {name}=… is for what takes {} and not the credential of {USER_ROLE}: {}{more}. Without it, their cases are skipped.",
            visible(scheme),
            visible(&shown.join(", "))
        );
    }
    text
}

pub(super) fn next(
    arguments: &ImportOpenApiArguments,
    made: &FromOpenApi,
    declared: &Declared,
    again: bool,
) -> String {
    let (name, dir) = (&arguments.name, arguments.dir.display());
    let roles = made.draft.requires.roles.iter();
    let credential = credential(&declared.api, &made.scheme_roles);
    let own = |role: &str| made.scheme_roles.iter().find(|known| known.name == role);
    let role: String = roles
        .map(|(role, _)| match own(role) {
            _ if role == USER_ROLE => format!(" --role {role}={credential}"),
            // Each has credentials of its own.
            own => {
                let credential = own.map_or_else(
                    || credential.clone(),
                    |own| credential_of(&declared.api, Some(&own.scheme)),
                );
                format!(" --role {role}={credential}_{}", role.to_ascii_uppercase().replace('-', "_"))
            }
        })
        .collect();
    let api = &declared.api;
    let writes = !arguments.allow_writes && api.operations.iter().any(|operation| !operation.is_safe());
    let folder = if arguments.dir == Path::new(".") { String::new() } else { format!(" --dir {dir}") };
    let with_writes =
        format!("failspec import openapi {} --name {name}{folder} --allow-writes", arguments.file.display());
    if made.scenarios.value.scenarios.is_empty() {
        return match writes {
            true => format!("\nnext: nothing is asked without the operations that write\n  {with_writes}\n"),
            false => "\nnothing is asked: see what is left out, and why\n".to_owned(),
        };
    }
    let mut text = format!("\nnext:\n  failspec run {name} --packs {dir} --url {}{role}\n", url(declared));
    text += &told_roles(&made.scheme_roles);
    let is_silent = !api.schemes.is_empty() && api.operations.iter().all(|it| !it.is_guarded());
    if is_silent && !arguments.credentials && !arguments.no_auth {
        text.push_str("  The document describes credentials, and no operation requires them: --credentials sends them.\n");
    }
    let variables = made.draft.requires.variables.iter();
    let variables: Vec<_> = variables.filter(|(_, known)| !again && known.default.is_none()).collect();
    for (variable, known) in variables.iter().take(VARIABLES_SHOWN) {
        let _ = writeln!(text, "  --var {variable}=… sets {}", visible(&known.about));
    }
    if variables.len() > VARIABLES_SHOWN {
        let more = variables.len() - VARIABLES_SHOWN;
        let _ = writeln!(
            text,
            "  … and {more} more variables, in contract.yaml: --value NAME=… sets all with that name"
        );
    }
    if writes {
        let _ = writeln!(text, "or, to ask the operations that write, too:\n  {with_writes}");
    }
    text
}
