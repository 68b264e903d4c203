//! What holds for the repository as a whole: who may know whom, generated files, the house style.
//!
//! `UPDATE_SCHEMAS=1 cargo test --test repository` rewrites the JSON Schemas below `schemas/`, and `UPDATE_DOCS=1`
//! the generated blocks of the README.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fmt, fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::Parser as _;
use failspec::{
    check::{CHECKS, RUN_CHECKS},
    cli::{Arguments, SchemaFormat, schema},
    document::{Kind, Shape, Source, toml, yaml},
    lint::lint,
    pack::{CONTRACT, Files, Pack, SCENARIOS},
    proof,
    reference::{self, mutants_of},
    report::json,
    run::RunOptions,
    target::CONFIG,
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
    ("import", &["document", "pack", "page"]),
    // `verdict`: reports are compared as well.
    ("diff", &["document", "pack", "page", "verdict"]),
    // `secret`: the key that signs.
    ("certificate", &["document", "pack", "secret", "verdict"]),
    // Credentials are secrets and become headers; a login fills templates.
    ("target", &["document", "pack", "http", "secret", "template"]),
    ("check", &["pack", "http"]),
    // `pack` and `target`: coverage speaks of the contract's failures and of what the target has out of reach.
    ("verdict", &["check", "pack", "target"]),
    // `secret`: what is approved is masked first. `verdict`: the state of a snapshot is part of a trial's report.
    ("snapshot", &["pack", "http", "secret", "verdict"]),
    // `document`: a time span in a variable is read as in a file.
    ("run", &["secret", "template", "http", "pack", "target", "check", "verdict", "snapshot", "document"]),
    // `check`: a violation is printed as the finding that it is.
    ("report", &["verdict", "check"]),
    // `run` and `snapshot`: the names of trials and of their approved answers.
    ("lint", &["document", "pack", "run", "snapshot"]),
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
const LOOKING_ON: &[&str] = &["Answer", "Exchange"];

/// The most lines that a source file may have.
const LINES: usize = 450;

/// Files that are longer, and the most that they may have.
const LONGER: &[(&str, usize)] = &[];

const COMMANDS: [&str; 2] = ["cargo run --release -- run --reference", "cargo test"];

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

/// The paths behind each `crate::`, groups resolved at the first level: `pack`, or `http::Answer`.
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
    assert_none(&wrong, "rooms know each other that should not (CONTRIBUTING.md, \"The house\")");
}

#[test]
fn files_are_short_and_named_for_what_they_hold() {
    let longer: BTreeMap<_, _> = LONGER.iter().copied().collect();
    let mut wrong = Vec::new();
    for file in rust_files("src") {
        let text = read(&file);
        let (lines, most) = (text.lines().count(), longer.get(file.as_str()).copied().unwrap_or(LINES));
        if lines > most {
            wrong.push(format!("{file}: {lines} lines, {most} are allowed: split it by its nouns"));
        }
        if most > LINES && lines <= LINES {
            wrong.push(format!("{file}: short enough now: take it out of LONGER"));
        }
        let unfinished = ["todo!", "unimplemented!", "dbg!"];
        for name in unfinished.iter().filter(|name| code(&text).contains(**name)) {
            wrong.push(format!("{file}: {name}"));
        }
    }
    for file in rust_files("src").into_iter().chain(rust_files("tests")) {
        let vague = ["util", "utils", "common", "helper", "helpers", "misc"];
        if file.trim_end_matches(".rs").split('/').any(|part| vague.contains(&part)) {
            wrong.push(format!("{file}: name it for the noun that it holds"));
        }
    }
    assert_none(&wrong, "source files");
}

#[test]
fn json_schemas_are_up_to_date() {
    let mut stale = Vec::new();
    for (name, format) in [
        ("contract", SchemaFormat::Contract),
        ("scenario", SchemaFormat::Scenario),
        ("config", SchemaFormat::Config),
        ("report", SchemaFormat::Report),
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
        "run `UPDATE_SCHEMAS=1 cargo test --test repository`; these are not what the code says",
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

/// The generated blocks of the README by name.
fn blocks() -> BTreeMap<&'static str, String> {
    BTreeMap::from([
        ("packs", packs_block()),
        ("checks", checks_block()),
        ("exit codes", exit_codes_block()),
        ("mutants", mutants_block()),
        ("contract", Keys::of(&CONTRACT)),
        ("scenarios", Keys::of(&SCENARIOS)),
        ("config", Keys::of(&CONFIG)),
    ])
}

fn packs_block() -> String {
    let mut text =
        "| pack | failures | scenarios | documentation | reference implementation |\n|---|---|---|---|---|\n"
            .to_owned();
    for name in Files::Embedded.packs().unwrap() {
        let Pack { contract, scenarios, .. } = Pack::load(&Files::Embedded, &name).unwrap();
        let (failures, scenarios) = (contract.failures.len(), scenarios.len());
        let documentation = contract.documentation.map(|link| format!("<{link}>")).unwrap_or_default();
        let as_of = contract.as_of.map(|day| format!(", {day}")).unwrap_or_default();
        let reference = if reference::apis().contains(&name.as_str()) { "yes" } else { "no" };
        text += &format!("| `{name}` | {failures} | {scenarios} | {documentation}{as_of} | {reference} |\n");
    }
    text
}

fn mutants_block() -> String {
    let subjects: Vec<_> = Files::Embedded
        .packs()
        .unwrap()
        .iter()
        .flat_map(|name| {
            let pack = Pack::load(&Files::Embedded, name).unwrap();
            proof::subjects(&std::sync::Arc::new(pack)).unwrap()
        })
        .collect();
    proof::census(&subjects)
}

fn checks_block() -> String {
    let mut text = "| check | what it demands | where the rule is from |\n|---|---|---|\n".to_owned();
    for check in CHECKS {
        text += &format!("| `{}` | {} | {} |\n", check.id, check.summary, check.source);
    }
    text += "\n| run finding | what it demands |\n|---|---|\n";
    for (id, summary) in RUN_CHECKS {
        text += &format!("| `{id}` | {summary} |\n");
    }
    text
}

/// From the constants and their doc comments: there is no list of them at run time.
fn exit_codes_block() -> String {
    let source = read("src/verdict/summary.rs");
    let constants = source.split("pub mod exit {").nth(1).unwrap().split("\n}").next().unwrap();
    let mut text = "| exit code | when |\n|---|---|\n".to_owned();
    let mut about = String::new();
    for line in constants.lines().map(str::trim) {
        if let Some(comment) = line.strip_prefix("///") {
            about = format!("{about} {}", comment.trim()).trim().to_owned();
        } else if let Some((_, code)) = line.split_once(": u8 = ") {
            text += &format!("| {} | {} |\n", code.trim_end_matches(';'), about.trim_end_matches('.'));
            about.clear();
        }
    }
    text
}

/// The keys of a file, one table for each mapping in it.
#[derive(Default)]
struct Keys {
    text: String,
    seen: BTreeSet<&'static str>,
    waiting: Vec<&'static Shape>,
}

/// Keys that every mapping with a request has: shown once.
const REQUEST: [&str; 9] = ["request", "as", "path", "query", "headers", "json", "text", "form", "bytes"];

impl Keys {
    fn of(shape: &'static Shape) -> String {
        let mut keys = Self { waiting: vec![shape], ..Self::default() };
        keys.seen.insert(shape.name);
        while !keys.waiting.is_empty() {
            let shape = keys.waiting.remove(0);
            keys.table(shape);
        }
        keys.text
    }

    fn table(&mut self, shape: &'static Shape) {
        let requests = REQUEST.iter().all(|key| shape.fields.iter().any(|field| field.name == *key));
        let of_request = |name: &str| requests && REQUEST.contains(&name);
        if requests && self.seen.insert("request") {
            self.head("request", "one request; the body is one of `json`, `text`, `form` and `bytes`");
            for field in shape.fields.iter().filter(|field| of_request(field.name)) {
                self.row(field);
            }
        }
        self.head(shape.name, shape.about);
        if requests {
            self.text += "| the keys of a [request](#keys-of-request) | | |\n";
        }
        for field in shape.fields.iter().filter(|field| !of_request(field.name)) {
            self.row(field);
        }
    }

    fn head(&mut self, name: &str, about: &str) {
        self.text += &format!("\n#### Keys of {name}\n\n{about}\n\n| key | value | what |\n|---|---|---|\n");
    }

    fn row(&mut self, field: &'static failspec::document::Field) {
        let value = self.value(&field.kind);
        let must = if field.required { " (required)" } else { "" };
        self.text += &format!("| `{}`{must} | {value} | {} |\n", field.name, field.about.replace('|', "\\|"));
    }

    fn value(&mut self, kind: &'static Kind) -> String {
        match kind {
            Kind::Any => "anything".into(),
            Kind::Text => "text".into(),
            Kind::Scalar => "text or number".into(),
            Kind::Bool => "`true`, `false`".into(),
            Kind::Count => "whole number".into(),
            Kind::Pointer => "JSON Pointer".into(),
            Kind::Name => "name".into(),
            Kind::Date => "day".into(),
            Kind::Duration => "time span".into(),
            Kind::Schema => "JSON Schema".into(),
            Kind::Words(words) => words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", "),
            Kind::Null => "`null`".into(),
            Kind::List(item) => format!("list of {}", self.value(item)),
            Kind::Map(value) => format!("mapping to {}", self.value(value)),
            Kind::Either(kinds) => kinds.iter().map(|kind| self.value(kind)).collect::<Vec<_>>().join(" or "),
            Kind::Shape(shape) => {
                if self.seen.insert(shape.name) {
                    self.waiting.push(shape);
                }
                format!("[{}](#keys-of-{})", shape.name, shape.name.replace(' ', "-"))
            }
        }
    }
}

#[test]
fn generated_blocks_of_the_readme_are_up_to_date() {
    const BEGIN: &str = "<!-- generated: ";
    const END: &str = "<!-- end of generated -->";
    let (before, mut blocks) = (read("README.md"), blocks());
    let mut parts = before.split(BEGIN);
    let mut after = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once(" -->").expect("a marker ends with -->");
        let (_, rest) = rest.split_once(END).unwrap_or_else(|| panic!("the block `{name}` has no end"));
        let block =
            blocks.remove(name).unwrap_or_else(|| panic!("there is no block `{name}`, or it is there twice"));
        after += &format!("{BEGIN}{name} -->\n{block}{END}{rest}");
    }
    assert_none(&blocks.keys().collect::<Vec<_>>(), "these blocks are not in the README");
    if env::var_os("UPDATE_DOCS").is_some() {
        fs::write(root().join("README.md"), &after).unwrap();
    } else {
        assert!(
            before == after,
            "run `UPDATE_DOCS=1 cargo test --test repository`: README.md is not what the code says"
        );
    }
}

/// The lines of the README's shell blocks.
fn shell_lines(readme: &str) -> Vec<&str> {
    let blocks = readme.split("```sh\n").skip(1).map(|block| block.split("```").next().unwrap_or_default());
    blocks.flat_map(str::lines).collect()
}

#[test]
fn the_commands_of_the_readme_are_those_of_ci() {
    let (readme, ci) = (read("README.md"), read(".ci/run"));
    let mut wrong = Vec::new();
    for command in COMMANDS {
        if !shell_lines(&readme).contains(&command) {
            wrong.push(format!("README.md does not say `{command}`"));
        }
        if !ci.lines().any(|line| line == command) {
            wrong.push(format!(".ci/run does not run `{command}`"));
        }
    }
    for line in shell_lines(&readme) {
        let command = line.split(" #").next().unwrap_or_default().trim_end_matches(" &");
        if let Some((_, words)) = command.split_once("failspec ")
            && let Err(error) =
                Arguments::try_parse_from(["failspec"].into_iter().chain(words.split_whitespace()))
            && error.use_stderr()
        {
            wrong.push(format!(
                "README.md: `{line}`: {}",
                error.to_string().lines().next().unwrap_or_default()
            ));
        }
    }
    assert_none(&wrong, "commands");
}

#[test]
fn the_pack_of_the_readme_can_be_read() {
    let (readme, folder) = (read("README.md"), tempfile::tempdir().unwrap());
    let mut written = 0;
    // A file is shown as its path in a line of its own, and then its text in a block.
    for (path, text) in readme.split("```").collect::<Vec<_>>().windows(2).map(|pair| (pair[0], pair[1])) {
        let line = path.trim_end().lines().last().unwrap_or_default();
        let Some(path) = line.strip_prefix('`').and_then(|line| line.strip_suffix("`:")) else { continue };
        let path: PathBuf = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text.split_once('\n').unwrap().1).unwrap();
        written += 1;
    }
    assert_eq!(written, 5, "a server, a contract, a schema, scenarios and a target");
    let files = Files::Directory(folder.path().to_owned());
    let pack = Pack::load(&files, "notes").unwrap_or_else(|error| panic!("{error}"));
    let found = lint(&pack);
    assert!(found.0.is_empty(), "{}", found.render(false));
}
