//! `failspec list`.

use std::{collections::BTreeMap, fmt::Write as _, io::Write as _};

use serde_json::{Value, json};

use failspec_base::sanitize::one_line;
use failspec_engine::{Selectors, case_names};
use failspec_judge::report_model::exit;
use failspec_pack::pack::Pack;
use failspec_reference as reference;
use failspec_report::terminal::Styles;

use super::{
    arguments::SelectArguments,
    error::CliError,
    output_format::{OutputFormat, print_json},
    pack_sources::PackSources,
    packs,
    stdout::stdout,
};

/// Lists packs, or with selectors the cases that they select, or what packs require of a target.
///
/// # Errors
/// When a pack cannot be read, or a selector matches nothing.
pub fn command(arguments: &SelectArguments) -> Result<u8, CliError> {
    let sources = PackSources::of(&arguments.from, None)?;
    let (packs, selectors) = packs::select(&sources, &arguments.selectors)?;
    if arguments.format == OutputFormat::Json {
        let packs: Vec<Value> = packs.iter().map(|pack| document(pack, &selectors)).collect();
        print_json(json!({ "packs": packs }));
        return Ok(exit::CONFORMS);
    }
    let mut text = String::new();
    for pack in &packs {
        if arguments.requires {
            requires(&mut text, pack);
        } else if selectors.0.is_empty() {
            let contract = &pack.contract;
            let as_of = contract.as_of.map(|date| date.to_string()).unwrap_or_default();
            let embedded = if reference::apis().contains(&pack.name.as_str()) { "reference" } else { "" };
            let _ = writeln!(
                text,
                "{:<12} {:>3} failures {:>4} scenarios  {as_of}  {embedded:<9}  {}",
                Styles::dab(Styles::STRONG, format_args!("{:<12}", pack.name)),
                contract.failures.len(),
                pack.scenarios.len(),
                contract.documentation.as_deref().unwrap_or_default(),
            );
            versions(&mut text, pack);
            tags(&mut text, pack);
        } else {
            for (name, scenario, _) in case_names(pack).filter(|(name, ..)| selectors.pick(name)) {
                let tags = match scenario.tags.as_slice() {
                    [] => String::new(),
                    tags => {
                        format!("  {}", Styles::dab(Styles::FAINT, format_args!("[{}]", tags.join(", "))))
                    }
                };
                let _ = writeln!(text, "{name}{tags}");
            }
            not_in_force(pack, &selectors);
        }
    }
    let further = sources.further_names();
    if arguments.selectors.is_empty() && !arguments.requires && !further.is_empty() {
        let label = Styles::dab(Styles::FAINT, "built in, if named:");
        let _ = writeln!(text, "{label} {}", further.join(", "));
    }
    // A closed pipe (`| head`) is not an error: the reader needs no more output.
    let _ = stdout().write_all(text.as_bytes());
    Ok(exit::CONFORMS)
}

/// Returns a pack with its selected cases and what it requires, for programs.
fn document(pack: &Pack, selectors: &Selectors) -> Value {
    let contract = &pack.contract;
    let cases: Vec<_> =
        case_names(pack).filter(|(name, ..)| selectors.0.is_empty() || selectors.pick(name)).collect();
    let mut tags: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, scenario, _) in &cases {
        scenario.tags.iter().for_each(|tag| tags.entry(tag).or_default().push(name));
    }
    let variables = contract.variables.iter().map(
        |(name, variable)| json!({ "name": name, "about": variable.about, "default": variable.default }),
    );
    let named = |(name, about): (&String, &String)| json!({ "name": name, "about": about.trim() });
    json!({
        "pack": pack.name,
        "as_of": contract.as_of.map(|date| date.to_string()),
        "origins": pack.origins(),
        "documentation": contract.documentation,
        "reference": reference::apis().contains(&pack.name.as_str()),
        "older_versions": pack.versions.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "failures": contract.failures.len(),
        "scenarios": pack.scenarios.len(),
        "cases": cases.iter().map(|(name, ..)| name.as_str()).collect::<Vec<_>>(),
        "tags": tags,
        "requires": {
            "roles": contract.roles.iter().map(named).collect::<Vec<_>>(),
            "variables": variables.collect::<Vec<_>>(),
            "conditions": contract.conditions.iter().map(named).collect::<Vec<_>>(),
        },
    })
}

/// Writes the older versions of the contract, and the failures that are not in this one.
fn versions(text: &mut String, pack: &Pack) {
    if !pack.versions.is_empty() {
        let older: Vec<String> = pack.versions.iter().map(ToString::to_string).collect();
        let _ = writeln!(text, "  {} {}", Styles::dab(Styles::FAINT, "older versions:"), older.join(", "));
    }
    for failure in &pack.contract.not_in_force {
        let _ = writeln!(text, "  {} {}", Styles::dab(Styles::WARN, "not in this version:"), absent(failure));
    }
}

/// Writes the tags of its scenarios, each with the number of its cases.
fn tags(text: &mut String, pack: &Pack) {
    let mut tags: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, scenario, _) in case_names(pack) {
        scenario.tags.iter().for_each(|tag| *tags.entry(tag).or_default() += 1);
    }
    if !tags.is_empty() {
        let tags: Vec<String> = tags.iter().map(|(tag, cases)| format!("{tag} ({cases})")).collect();
        let _ = writeln!(text, "  {} {}", Styles::dab(Styles::FAINT, "tags:"), tags.join(", "));
    }
}

/// Reports the selected failures that are not in this version. On standard error, because other programs read the
/// names of cases from standard output.
fn not_in_force(pack: &Pack, selectors: &Selectors) {
    let asked = |id: &str| selectors.pick(&format!("{}::{id}::", pack.name));
    for failure in pack.contract.not_in_force.iter().filter(|failure| asked(&failure.id)) {
        let notice = Styles::dab(Styles::WARN, "not in this version:");
        // An error here is ignored: the names go to standard output.
        let _ =
            writeln!(failspec_report::terminal::stderr(), "{notice} {}::{}", pack.label(), absent(failure));
    }
}

fn absent(failure: &failspec_pack::pack::Failure) -> String {
    format!("{} {}", failure.id, Styles::dab(Styles::FAINT, format_args!("(documented {})", failure.period)))
}

/// Writes how much of a pack is published, and the operations that are not: those that a target may have elsewhere.
pub(super) fn origins(text: &mut String, pack: &Pack) {
    let Some(origins) = pack.origins() else { return };
    let facts = failspec_report::origins(&origins, pack.scenarios.len());
    let _ = writeln!(text, "  {} {}", Styles::dab(Styles::FAINT, "sources"), one_line(&facts));
    let inferred = pack.contract.operations.iter().filter(|(_, line)| !line.source.is_binding());
    for (name, line) in inferred {
        let request = format!("{} {}", line.method, line.path.written);
        let label = Styles::dab(Styles::WARN, "inferred");
        let _ = writeln!(text, "  {label}  {name}  {}", Styles::dab(Styles::FAINT, one_line(&request)));
    }
}

/// Writes the requirements of a contract.
fn requires(text: &mut String, pack: &Pack) {
    let contract = &pack.contract;
    let roles = contract.roles.iter().map(|(name, about)| ("role", name, about.clone()));
    let variables = contract.variables.iter().map(|(name, variable)| {
        let default = variable.default.as_ref().map(|value| format!(" (default: {value})"));
        ("variable", name, format!("{}{}", variable.about, default.unwrap_or_default()))
    });
    let conditions = contract.conditions.iter().map(|(name, about)| ("condition", name, about.clone()));
    let all: Vec<_> = roles.chain(variables).chain(conditions).collect();
    let width = all.iter().map(|(_, name, _)| name.chars().count()).max().unwrap_or_default();
    let _ = writeln!(text, "{}", Styles::dab(Styles::STRONG, &contract.name));
    origins(text, pack);
    if all.is_empty() {
        let _ = writeln!(text, "  only a URL");
    }
    for (kind, name, about) in all {
        let _ = writeln!(
            text,
            "  {kind:<9} {}  {}",
            Styles::dab(Styles::STRONG, format_args!("{name:<width$}")),
            one_line(&about)
        );
    }
}
