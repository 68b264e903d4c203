//! What holds for the repository as a whole: who may know whom, generated files, the house style.
//!
//! `UPDATE_SCHEMAS=1 cargo test --lib --test repository` rewrites the JSON Schemas below `schemas/`, and `UPDATE_DOCS=1`
//! the generated blocks of README.md and docs/.

mod documentation;
mod support;

use std::{collections::BTreeMap, env, fmt, fs, path::Path, sync::Arc};

use failspec::{
    cli::{SchemaFormat, schema},
    document::{Source, toml, yaml},
    pack::{Files, Pack},
    proof,
    reference::{self, mutants_of},
    report::json,
    run::RunOptions,
};
use serde_json::Value;

/// Who may know whom: room → rooms that it may use. What is not listed is forbidden.
const ROOMS: &[(&str, &[&str])] = &[
    ("secret", &[]),
    ("template", &[]),
    ("document", &[]),
    // Written from the documentation alone: what knows a scenario proves nothing.
    ("reference", &[]),
    ("http", &["secret"]),
    ("pack", &["document", "template"]),
    ("openapi", &["document", "pack"]),
    ("page", &["pack"]),
    ("import", &["document", "openapi", "pack", "page"]),
    // `verdict`: reports are compared as well.
    ("diff", &["document", "openapi", "pack", "page", "verdict"]),
    // `secret`: the key that signs.
    ("certificate", &["document", "pack", "secret", "verdict"]),
    // Credentials are secrets and become headers; a login fills templates.
    ("target", &["document", "pack", "http", "secret", "template"]),
    ("check", &["pack", "openapi", "http"]),
    // `pack` and `target`: coverage speaks of the contract's failures and of what the target has out of reach.
    ("verdict", &["check", "pack", "target"]),
    // `secret`: what is approved is masked first. `verdict`: the state of a snapshot is part of a case's report.
    ("snapshot", &["pack", "http", "secret", "verdict"]),
    // `document`: a time span in a variable is read as in a file.
    (
        "run",
        &[
            "secret", "template", "http", "pack", "openapi", "target", "check", "verdict", "snapshot",
            "document",
        ],
    ),
    // `check`: a violation is printed as the finding that it is. `diff`: comparisons are reported, too.
    ("report", &["verdict", "check", "diff"]),
    // `run` and `snapshot`: the names of cases and of their approved responses.
    ("lint", &["document", "pack", "openapi", "run", "snapshot", "template"]),
    ("proof", &["check", "document", "http", "pack", "target", "run", "snapshot", "verdict", "reference"]),
    // `target`: an API of one's own is a target that code describes, and no file.
    ("harness", &["pack", "proof", "reference", "report", "run", "snapshot", "target", "verdict"]),
    ("cli", &EVERYONE),
    ("main", &[]),
    ("lib", &[]),
];

const EVERYONE: [&str; 20] = [
    "secret",
    "template",
    "document",
    "reference",
    "http",
    "pack",
    "target",
    "check",
    "verdict",
    "snapshot",
    "run",
    "report",
    "lint",
    "proof",
    "harness",
    "openapi",
    "page",
    "import",
    "diff",
    "certificate",
];

/// The types of `http` that rooms may use which look at exchanges and send nothing.
const LOOKING_ON: &[&str] = &["Response", "Exchange"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The Rust files below a folder, relative to the repository, sorted.
fn rust_files(folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root().join(folder)).unwrap() {
        let name = format!("{folder}/{}", entry.unwrap().file_name().to_str().unwrap());
        if root().join(&name).is_dir() {
            found.extend(rust_files(&name));
        } else if name.ends_with(".rs") {
            found.push(name);
        }
    }
    found.sort();
    found
}

fn assert_none<T: fmt::Display>(found: &[T], rule: &str) {
    let list: Vec<String> = found.iter().map(T::to_string).collect();
    assert!(list.is_empty(), "{rule}:\n  {}\n", list.join("\n  "));
}

/// The code without comments, and without the spaces and line breaks of groups.
fn code(text: &str) -> String {
    text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// The paths behind each `crate::`, groups resolved at the first level: `pack`, or `http::Response`.
fn crate_paths(text: &str) -> Vec<String> {
    let code: String = code(text).split_whitespace().collect::<Vec<_>>().join(" ");
    code.match_indices("crate::").flat_map(|(at, name)| paths(&code[at + name.len()..])).collect()
}

/// `a::b…` or `{a::{b, c}, d}`: each path down to its second name.
fn paths(text: &str) -> Vec<String> {
    let text = text.trim_start();
    let Some(group) = text.strip_prefix('{') else {
        let name: String = text.chars().take_while(|c| c.is_alphanumeric() || "_*".contains(*c)).collect();
        return match text[name.len()..].strip_prefix("::") {
            Some(rest) if rest.starts_with('{') => {
                paths(rest).iter().map(|inner| format!("{name}::{inner}")).collect()
            }
            Some(rest) => {
                let inner = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_');
                vec![format!("{name}::{}", inner.collect::<String>())]
            }
            None => vec![name],
        };
    };
    let (mut found, mut depth, mut start) = (Vec::new(), 0, 0);
    for (at, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                if !group[start..at].trim().is_empty() {
                    found.extend(paths(&group[start..at]));
                }
                if character == '}' {
                    break;
                }
                start = at + 1;
            }
            _ => {}
        }
    }
    found
}

#[test]
fn paths_are_found_in_groups() {
    let text = "use crate::{\n  pack::{Pack, Pointer},\n  check, // no crate::cli\n};\nfn f() { crate::http::send() }";
    assert_eq!(crate_paths(text), ["pack::Pack", "pack::Pointer", "check", "http::send"]);
}

#[test]
fn rooms_know_only_whom_they_may() {
    let rooms: BTreeMap<_, _> = ROOMS.iter().copied().collect();
    let mut wrong = Vec::new();
    for file in rust_files("src") {
        let inside: Vec<&str> = file.trim_start_matches("src/").trim_end_matches(".rs").split('/').collect();
        let room = inside[0];
        let Some(known) = rooms.get(room) else {
            wrong.push(format!("{file}: the room `{room}` is not in ROOMS"));
            continue;
        };
        let text = read(&file);
        for path in crate_paths(&text) {
            let (other, name) = path.split_once("::").unwrap_or((&path, ""));
            if other != room && !known.contains(&other) {
                wrong.push(format!("{file}: `{room}` must not know `{other}`"));
            }
            if ["check", "snapshot"].contains(&room) && other == "http" && !LOOKING_ON.contains(&name) {
                wrong.push(format!("{file}: `{room}` sends nothing: `http::{name}` is not for it"));
            }
        }
        // `super` must not lead out of the room: the rule could be evaded that way. Tests are one level deeper.
        let (code, depth) = (code(&text), inside.iter().filter(|name| **name != "mod").count());
        let (own, tests) = code.split_once("#[cfg(test)]").unwrap_or((&code, ""));
        if own.contains(&"super::".repeat(depth)) || tests.contains(&"super::".repeat(depth + 1)) {
            wrong.push(format!("{file}: `super` leads out of the room `{room}`"));
        }
    }
    assert_none(&wrong, "rooms know each other that should not (CONTRIBUTING.md, \"Architecture\")");
}

#[test]
fn sources_hold_nothing_unfinished() {
    let mut wrong = Vec::new();
    for file in rust_files("src") {
        let code = code(&read(&file));
        let unfinished = ["todo!", "unimplemented!", "dbg!"];
        wrong.extend(
            unfinished.iter().filter(|name| code.contains(**name)).map(|name| format!("{file}: {name}")),
        );
    }
    assert_none(&wrong, "source files");
}

/// Those of the report and of the certificate are compared with their types where these are.
#[test]
fn json_schemas_are_up_to_date() {
    let mut stale = Vec::new();
    for (name, format) in [
        ("contract", SchemaFormat::Contract),
        ("scenario", SchemaFormat::Scenario),
        ("config", SchemaFormat::Config),
        ("programme", SchemaFormat::Programme),
    ] {
        let (path, text) = (format!("schemas/{name}.schema.json"), format!("{:#}\n", schema(format)));
        if env::var_os("UPDATE_SCHEMAS").is_some() {
            fs::write(root().join(&path), &text).unwrap();
        }
        if read(&path) != text {
            stale.push(path);
        }
    }
    assert_none(
        &stale,
        "run `UPDATE_SCHEMAS=1 cargo test --lib --test repository`; these are not what the code says",
    );
}

/// What does not fit a schema.
fn misfits(format: SchemaFormat, name: &str, value: &Value) -> Vec<String> {
    let validator = jsonschema::validator_for(&schema(format)).unwrap();
    validator.iter_errors(value).map(|error| format!("{name}{}: {error}", error.instance_path())).collect()
}

#[test]
fn built_in_files_fit_the_json_schemas() {
    let mut wrong = Vec::new();
    let packs = Files::Embedded.packs().unwrap();
    assert!(!packs.is_empty());
    for pack in packs {
        for (path, text) in Files::Embedded.read_pack(&pack).unwrap() {
            let format = match path.as_str() {
                path if path.ends_with("contract.yaml") => SchemaFormat::Contract,
                path if path.starts_with("scenarios/") => SchemaFormat::Scenario,
                _ => continue,
            };
            let value = yaml::parse(&Source::new(&*path, &*text)).unwrap().to_json();
            wrong.extend(misfits(format, &path, &value));
        }
    }
    for name in reference::apis() {
        let text = reference::api(name).unwrap().target_file("http://127.0.0.1:8080");
        let value = toml::parse(&Source::new(*name, text)).unwrap().to_json();
        wrong.extend(misfits(SchemaFormat::Config, &format!("target file of {name}"), &value));
    }
    assert_none(&wrong, "the readers take these files and the JSON Schemas do not");
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_fit_their_json_schema() {
    let mut wrong = Vec::new();
    for name in reference::apis() {
        let pack = Arc::new(Pack::load(&Files::Embedded, name).unwrap());
        let mutants = mutants_of(&*reference::api(name).unwrap());
        // One run in which all is well, and one with violations.
        for mutant in [None, mutants.into_iter().find(|mutant| mutant.id == "status-other")] {
            let about = format!("report of {name} as {:?}: ", mutant.as_ref().map(|mutant| &mutant.id));
            let report = proof::run_on(&pack, mutant, RunOptions::default()).await.unwrap();
            let mut text = Vec::new();
            json::write(&report, &mut text).unwrap();
            let value = serde_json::from_slice(&text).unwrap();
            wrong.extend(misfits(SchemaFormat::Report, &about, &value));
        }
    }
    assert_none(&wrong, "reports");
}
