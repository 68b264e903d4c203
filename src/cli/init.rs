//! `failspec init`.

use std::{
    fmt::Write as _,
    fs::{self, OpenOptions},
    io::Write as _,
    path::{Path, PathBuf},
};

use failspec_base::syntax::{Location, Source, toml, yaml};
use failspec_import::style::style;
use failspec_judge::report_model::exit;
use failspec_pack::pack::{Contract, writing::plain_or_quoted};
use failspec_report::terminal::Styles;

use super::{
    arguments::{InitArguments, SchemaFormat},
    default_config::DEFAULT_CONFIG,
    error::CliError,
    init_config::{new_config_url, with_packs},
    pack_sources::PackSources,
    packs,
    programme_draft::programme_text,
    scaffold,
    schema::schema,
    stdout::stdout,
};

/// Writes a new pack, a copy of a built-in one, or an empty target. Existing files are not overwritten.
///
/// # Errors
/// When a name is not valid, a pack does not exist, or a file exists already or cannot be written.
pub fn command(arguments: &InitArguments) -> Result<u8, CliError> {
    if let Some(name) = &arguments.programme {
        let _ = stdout().write_all(new_programme(arguments, name)?.as_bytes());
        return Ok(exit::CONFORMS);
    }
    let written = match (&arguments.name, &arguments.source, &arguments.target, &arguments.pack) {
        (Some(name), None, None, None) => new_pack(name, arguments.style.as_deref())?,
        (name, Some(source), None, None) => copy(source, name.as_deref())?,
        (None, None, Some(target), Some(pack)) => new_target(arguments, target, pack)?,
        _ => {
            return Err(CliError::usage_hint(
                match (&arguments.name, &arguments.target) {
                    (Some(_), Some(_)) => {
                        "cannot create a pack and a target at once: give NAME, or --target with --pack"
                    }
                    _ => "nothing to create: give NAME, --from, --target or --programme",
                },
                "failspec init NAME, failspec init --from PACK, failspec init --target NAME --pack PACK, or failspec \
                 init --programme NAME",
            ));
        }
    };
    // A closed pipe is not an error: the reader needs no more output.
    let _ = stdout().write_all(written.as_bytes());
    Ok(exit::CONFORMS)
}

fn new_pack(name: &str, wanted: Option<&str>) -> Result<String, CliError> {
    check_name(name)?;
    let today = jiff::Zoned::now().date();
    // clap knows the names of the styles.
    let wanted = wanted.and_then(style);
    let (contract, scenarios) = match wanted {
        Some(style) => (style.contract(name, today), style.scenarios(name)),
        None => (scaffold::contract(name, today).to_yaml(), scaffold::scenarios(name).to_yaml()),
    };
    let files = [
        (format!("schemas/{name}/contract.yaml"), contract),
        (format!("scenarios/{name}/{name}.yaml"), scenarios),
    ];
    let edit = next_edits(&files, wanted.map_or(&scaffold::EDIT, |style| style.edit));
    let mut text = write_all(files)?;
    text += &editor_schemas()?;
    text += &with_packs()?;
    text += &edit;
    let _ = writeln!(text, "\nnext:\n  failspec lint {name}");
    if wanted.is_some() {
        let _ = writeln!(
            text,
            "  failspec mock {name}  # a server that responds as the contract says, to try it"
        );
    }
    let _ = writeln!(text, "  failspec run {name}");
    Ok(text)
}

/// Copies a pack to edit it: contract, schemas, scenarios, and the approved responses if the name stays the same.
fn copy(source: &str, name: Option<&str>) -> Result<String, CliError> {
    let known = crate::builtin::built_in().packs()?;
    if !known.iter().any(|pack| pack == source) {
        return Err(CliError::usage_hint(
            format!("there is no built-in pack `{source}`"),
            format!("the built-in packs are {}", known.join(", ")),
        ));
    }
    let name = name.unwrap_or(source);
    check_name(name)?;
    let texts = crate::builtin::built_in().read_pack(source)?;
    let moved = |path: &str| path.replacen(&format!("/{source}/"), &format!("/{name}/"), 1);
    let files = texts.into_iter().map(|(path, text)| (moved(&path), renamed(text.to_string(), source, name)));
    let files: Vec<(String, String)> = files.collect();
    let contract = files.iter().position(|(path, _)| *path == format!("schemas/{name}/contract.yaml"));
    let edit = contract.map(|contract| {
        next_edits(
            &files,
            &[
                (contract, "/operations", "the paths, where those of your API differ"),
                (contract, "/failures", "the failures, where those of your API differ"),
            ],
        )
    });
    let snapshots = crate::builtin::snapshots_of(source).into_iter();
    let snapshots = snapshots
        .filter(|_| name == source)
        .map(|(path, text)| (format!("snapshots/{name}/{path}"), text.to_string()));
    let mut text = write_all(files.into_iter().chain(snapshots))?;
    text += &editor_schemas()?;
    text += &with_packs()?;
    text += &edit.unwrap_or_default();
    let _ = writeln!(text, "\nnext:\n  failspec lint {name}");
    Ok(text)
}

/// Lists the places that a user edits next, as `file:line`: each is a value of one of the files, and what to write there.
/// Values that a file does not have are left out.
fn next_edits(files: &[(String, String)], places: &[(usize, &str, &str)]) -> String {
    let url = new_config_url().map(|place| (place, "the URL of your API"));
    let found: Vec<(String, &str)> = places
        .iter()
        .filter_map(|(file, pointer, what)| {
            let (path, text) = files.get(*file)?;
            let source = Source::new(path, text.as_str());
            let span = yaml::read(&source).0?.find(pointer)?.span;
            Some((Location { source, span }.to_string(), *what))
        })
        .chain(url)
        .collect();
    if found.is_empty() {
        return String::new();
    }
    let width = found.iter().map(|(place, _)| place.len()).max().unwrap_or(0);
    let mut text = String::from("\nedit:\n");
    for (place, what) in found {
        let _ = writeln!(text, "  {place:width$}  {what}");
    }
    text
}

/// Changes the name of the pack in a contract or a scenario file, and nothing else: such a file has comments.
fn renamed(mut text: String, from: &str, to: &str) -> String {
    let source = Source::new("copy", text.as_str());
    let node = yaml::read(&source).0;
    if let Some(name) = node.as_ref().and_then(|node| node.get("contract"))
        && name.as_text() == Some(from)
    {
        text.replace_range(name.span.start as usize..name.span.end as usize, &plain_or_quoted(to));
    }
    text
}

/// Writes the JSON Schemas with which editors complete and check the files.
pub(super) fn editor_schemas() -> Result<String, CliError> {
    let formats = [("contract", SchemaFormat::Contract), ("scenario", SchemaFormat::Scenario)];
    let missing = formats
        .into_iter()
        .map(|(name, format)| (format!("schemas/{name}.schema.json"), format!("{:#}\n", schema(format))))
        .filter(|(path, _)| !Path::new(path).exists());
    write_all(missing)
}

/// Writes files; writes none of them if one exists already.
pub(super) fn write_all(files: impl IntoIterator<Item = (String, String)>) -> Result<String, CliError> {
    let files: Vec<(String, String)> = files.into_iter().collect();
    if let Some((path, _)) = files.iter().find(|(path, _)| Path::new(path).exists()) {
        return Err(CliError::usage(format!("{path} exists already; nothing was written")));
    }
    let mut text = String::new();
    for (path, content) in files {
        let failed = |error| CliError::usage(format!("cannot write {path}: {error}"));
        if let Some(folder) = Path::new(&path).parent() {
            fs::create_dir_all(folder).map_err(failed)?;
        }
        fs::write(&path, content).map_err(failed)?;
        let _ = writeln!(text, "{} {path}", Styles::dab(Styles::GOOD, "wrote"));
    }
    Ok(text)
}

pub(super) fn check_name(name: &str) -> Result<(), CliError> {
    let mut letters = name.bytes();
    let first = letters.next().is_some_and(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit());
    let rest = letters.all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || matches!(it, b'_' | b'-'));
    if first && rest {
        return Ok(());
    }
    let hint = "use lower-case letters, digits, `_` and `-`, starting with a letter or a digit";
    Err(CliError::usage_hint(format!("`{}` is not a valid name", name.escape_debug()), hint))
}

fn new_programme(arguments: &InitArguments, name: &str) -> Result<String, CliError> {
    let wanted: Vec<String> = arguments.pack.iter().cloned().collect();
    let packs = packs::named(
        &PackSources::of(&arguments.from, arguments.config.as_deref().filter(|path| path.is_file()))?,
        &wanted,
    )?;
    let path = "programme.toml".to_owned();
    let mut text = write_all([(path.clone(), programme_text(name, &packs))])?;
    let _ = writeln!(
        text,
        "\nnext: put the public keys of those who may sign next to it (`failspec keygen` creates a pair), then\n  \
         failspec verify certificate.json --programme {path}"
    );
    Ok(text)
}

fn new_target(arguments: &InitArguments, name: &str, pack: &str) -> Result<String, CliError> {
    check_name(name)?;
    let packs = packs::named(
        &PackSources::of(&arguments.from, arguments.config.as_deref().filter(|path| path.is_file()))?,
        &[pack.to_owned()],
    )?;
    let Some(pack) = packs.first() else {
        return Err(CliError::usage(format!("there is no pack {pack}")));
    };
    let path = arguments.config.clone().unwrap_or_else(|| PathBuf::from(DEFAULT_CONFIG));
    let failed = |error| CliError::usage(format!("cannot write {}: {error}", path.display()));
    let before = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(failed(error)),
    };
    let parse = |text: &str| toml::parse(&Source::new(path.display().to_string(), text));
    if parse(&before)?.get("target").is_some_and(|targets| targets.get(name).is_some()) {
        return Err(CliError::usage(format!(
            "{} has a target {name} already; nothing was written",
            path.display()
        )));
    }
    let mut text = String::new();
    if before.is_empty() {
        let _ = writeln!(text, "default_target = \"{name}\"\n");
    } else if !before.ends_with("\n\n") {
        text.push('\n');
    }
    text += &target_text(name, &pack.contract);
    // Never leave a file that can no longer be read.
    parse(&format!("{before}{text}")).map_err(|_| {
        CliError::usage_hint(
            format!("cannot add a target to {}: nothing was written", path.display()),
            "write targets as [target.NAME] tables, not as `target = { … }`",
        )
    })?;
    let mut file = OpenOptions::new().create(true).append(true).open(&path).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    let from = arguments.from.packs.as_ref().map(|packs| format!(" --packs {}", packs.display()));
    let from = from.unwrap_or_default();
    let source = Source::new(path.display().to_string(), format!("{before}{text}"));
    let target = toml::parse(&source)?;
    let url = target.find(&format!("/target/{name}/url")).map(|node| node.span);
    let place = url.map_or_else(|| path.display().to_string(), |span| Location { source, span }.to_string());
    Ok(format!(
        "{} the target {name} in {}\n\nedit:\n  {place}  the address, and the commented lines below it\n\nnext:\n  \
         failspec check-target {} --target {name}{from}\n",
        Styles::dab(Styles::GOOD, "wrote"),
        path.display(),
        pack.name
    ))
}

/// Returns an empty target with the requirements of the pack as comments.
fn target_text(name: &str, contract: &Contract) -> String {
    let mut text = format!("[target.{name}]\nurl = \"https://{name}.example.com\"\n");
    if !contract.roles.is_empty() {
        let _ = writeln!(
            text,
            "\n# Roles: one of bearer, basic, header, cookie, query, certificate, login, oauth"
        );
    }
    for (role, about) in &contract.roles {
        comment(&mut text, about);
        let variable = format!("{name}_{role}_token").to_uppercase().replace('-', "_");
        let _ = writeln!(text, "# roles.{role} = {{ bearer = \"${{env:{variable}}}\" }}");
    }
    if !contract.variables.is_empty() {
        let _ = writeln!(text, "\n# Variables");
    }
    for (variable, known) in &contract.variables {
        comment(&mut text, &known.about);
        let value = known.default.as_ref().map_or_else(|| "\"…\"".to_owned(), ToString::to_string);
        let _ = writeln!(text, "# variables.{variable} = {value}");
    }
    if !contract.conditions.is_empty() {
        let _ = writeln!(
            text,
            "\n# Conditions: `variables`, `headers` or `url` of requests, or `begin` and `end`"
        );
    }
    for (condition, about) in &contract.conditions {
        comment(&mut text, about);
        let _ = writeln!(
            text,
            "# conditions.{condition} = {{ begin = {{ request = \"PUT /…\" }}, end = {{ request = \"DELETE /…\" }} }}"
        );
    }
    text
}

/// Writes a comment, wrapped at about 100 columns, because `about` may be a paragraph.
fn comment(text: &mut String, about: &str) {
    let mut line = String::from("#");
    for word in about.split_whitespace() {
        if line.chars().count() + word.chars().count() > 100 {
            let _ = writeln!(text, "{line}");
            line = String::from("#");
        }
        line.push(' ');
        line.push_str(word);
    }
    let _ = writeln!(text, "{line}");
}
