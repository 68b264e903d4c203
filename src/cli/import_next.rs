//! The steps after `failspec import openapi`: how to run what it wrote.

use std::{cmp::Reverse, fmt::Write as _, fs, path::Path};

use failspec_base::sanitize::one_line;
use failspec_diff::contracts;
use failspec_import::{FromOpenApi, SchemeRole, USER_ROLE};
use failspec_pack::{
    openapi::{Api, Credential, Declared, Operation, ParameterLocation},
    pack::{Files, Pack, Texts},
};
use failspec_report::{terminal::Styles, visible};

use super::{
    asked_variables::asked_variables,
    import_openapi::{ImportOpenApiArguments, NAMES_SHOWN},
};

/// Maximum number of differences from a kept contract that are shown.
const DIFFERENCES_SHOWN: usize = 8;

/// Says that the contract of an earlier import was kept, and how a new one would differ.
pub(super) fn kept_contract(arguments: &ImportOpenApiArguments, made: &FromOpenApi, before: &Pack) -> String {
    let path = arguments.dir.join(format!("schemas/{}/contract.yaml", arguments.name));
    let kept = fs::read_to_string(&path).unwrap_or_default();
    let new = made.draft.contract().to_yaml();
    if kept == new {
        return String::new();
    }
    let told =
        format!("{} {}: an import never changes it", Styles::dab(Styles::WARN, "kept"), path.display());
    let differences = differences(arguments, made, before, new);
    if differences.is_empty() {
        return format!("{told}. A new one would promise and require the same.\n");
    }
    let mut text = format!("{told}. A new one would differ:\n");
    for difference in differences.iter().take(DIFFERENCES_SHOWN) {
        let _ = writeln!(text, "  {}", one_line(difference));
    }
    if differences.len() > DIFFERENCES_SHOWN {
        let _ = writeln!(text, "  … and {} more", differences.len() - DIFFERENCES_SHOWN);
    }
    text.push_str("  Write them into it; or, without changes of your own, delete it and import again.\n");
    text
}

/// Returns what a new contract promises and requires differently from the kept one, in sentences.
fn differences(
    arguments: &ImportOpenApiArguments,
    made: &FromOpenApi,
    before: &Pack,
    contract: String,
) -> Vec<String> {
    let name = &arguments.name;
    let (roles, variables) = (&before.contract.roles, &before.contract.variables);
    let requires = &made.draft.requires;
    let new_roles = requires.roles.iter().filter(|(role, _)| !roles.contains_key(role.as_str()));
    let new_variables =
        requires.variables.iter().filter(|(variable, _)| !variables.contains_key(variable.as_str()));
    let mut told: Vec<String> = new_roles.map(|(role, _)| format!("it requires the role {role}")).collect();
    told.extend(
        new_variables
            .map(|(variable, known)| format!("it requires the variable {variable}: {}", known.about)),
    );
    // What the scenarios of the pack trigger may be only in the kept contract.
    let folder = format!("schemas/{name}/");
    let own = before.texts.iter().filter(|(path, _)| path.starts_with(&folder));
    let mut texts: Texts = own.map(|(path, text)| (path.clone(), text.clone())).collect();
    texts.insert(format!("{folder}contract.yaml"), contract.into());
    if let Some(schema) = &made.draft.envelope.schema {
        texts.insert(format!("{folder}envelope.schema.json"), format!("{schema:#}\n").into());
    }
    if let Ok(new) = Pack::from_texts(&Files::Directory(arguments.dir.clone()), name, texts) {
        let groups = contracts(before, &new).groups;
        told.extend(groups.into_iter().flat_map(|group| group.differences).map(|it| it.message));
    }
    told
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

/// Returns the security scheme that most operations take beside those with roles of their own. Of several that as many take, one in
/// `Authorization`, then one in another header, and a cookie last, which a browser has and hardly any user.
fn main_scheme<'a>(api: &'a Api, others: &[SchemeRole]) -> Option<&'a str> {
    let is_of_user =
        |operation: &&Operation| !others.iter().any(|role| role.operations.contains(&operation.name()));
    let alternatives = api
        .operations
        .iter()
        .filter(is_of_user)
        .flat_map(|it| &it.security)
        .filter(|schemes| schemes.len() == 1);
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for scheme in alternatives.flatten() {
        match counts.iter_mut().find(|(known, _)| known == scheme) {
            Some((_, count)) => *count += 1,
            None => counts.push((scheme, 1)),
        }
    }
    // Of equal ones the first that the document names.
    let ranks = counts.iter().enumerate();
    let best = ranks.max_by_key(|(index, (name, count))| (*count, ease(api, name), Reverse(*index)));
    best.map(|(_, (name, _))| *name)
}

/// Returns how easily a user has the credential of a scheme, the easiest highest.
fn ease(api: &Api, scheme: &str) -> u8 {
    match api.schemes.get(scheme).map(|scheme| &scheme.credential) {
        Some(Credential::Bearer | Credential::Basic | Credential::Http(_)) => 3,
        Some(Credential::Key { place: ParameterLocation::Header, name }) if !is_cookie(name) => 2,
        Some(Credential::Key { place: ParameterLocation::Query, .. }) => 1,
        _ => 0,
    }
}

/// Returns true if a key in the header of this name is a cookie: documents describe it either way.
fn is_cookie(name: &str) -> bool {
    name.eq_ignore_ascii_case("Cookie")
}

/// Says how the value of a key in `Authorization` is written, if a scheme is one: whether a word such as `Bearer` is before it, the
/// document says at most in words.
fn told_authorization<'s>(api: &Api, mut schemes: impl Iterator<Item = &'s str>) -> &'static str {
    let is_bare = |scheme: &str| {
        let credential = api.schemes.get(scheme).map(|scheme| &scheme.credential);
        let Some(Credential::Key { place: ParameterLocation::Header, name }) = credential else {
            return false;
        };
        name.eq_ignore_ascii_case("Authorization")
    };
    match schemes.any(is_bare) {
        true => {
            "  The value goes into Authorization as it is: if the API wants `Bearer ` before it, write that into the variable, too.\n"
        }
        false => "",
    }
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

/// Returns the commands that follow an import of a document into `pack`; `again` if its contract was there before.
pub(super) fn next(
    arguments: &ImportOpenApiArguments,
    made: &FromOpenApi,
    declared: &Declared,
    pack: &Pack,
    again: bool,
) -> String {
    let (name, dir) = (&arguments.name, arguments.dir.display());
    let roles = made.draft.requires.roles.iter();
    let main = main_scheme(&declared.api, &made.scheme_roles);
    let credential = credential_of(&declared.api, main);
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
    let schemes = made.scheme_roles.iter().map(|role| role.scheme.as_str());
    let sent = made.draft.requires.roles.iter().any(|(role, _)| role == USER_ROLE);
    text += told_authorization(&declared.api, main.filter(|_| sent).into_iter().chain(schemes));
    text += &told_roles(&made.scheme_roles);
    let is_silent = !api.schemes.is_empty() && api.operations.iter().all(|it| !it.is_guarded());
    if is_silent && !arguments.credentials && !arguments.no_auth {
        text.push_str("  The document describes credentials, and no operation requires them: --credentials sends them.\n");
    }
    if !again {
        text += &asked_variables(pack);
    }
    if writes {
        let _ = writeln!(text, "or, to ask the operations that write, too:\n  {with_writes}");
    }
    text
}
