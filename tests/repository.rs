//! Rules for the whole repository: generated files and code style.
//!
//! `UPDATE_SCHEMAS=1 cargo test --test repository` rewrites the JSON Schemas in `schemas/`, and `UPDATE_DOCS=1` the
//! generated blocks of README.md and docs/.

mod documentation;
mod support;

use std::{env, fmt, fs, path::Path, sync::Arc};

use failspec::cli::{SchemaFormat, schema};
use failspec_base::syntax::{Source, toml, yaml};
use failspec_certificate::Statement;
use failspec_engine::RunOptions;
use failspec_judge::report_model::RunReport;
use failspec_mutants as proof;
use failspec_pack::pack::Pack;
use failspec_reference as reference;
use failspec_reference::mutants_of;
use failspec_report::json;
use serde_json::Value;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Returns the Rust files in a folder, relative to the repository, sorted.
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

/// Returns the code without comments.
fn code(text: &str) -> String {
    text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

#[test]
fn sources_contain_nothing_unfinished() {
    let mut wrong = Vec::new();
    for file in rust_files("src").into_iter().chain(rust_files("crates")) {
        let code = code(&read(&file));
        let unfinished = ["todo!", "unimplemented!", "dbg!"];
        wrong.extend(
            unfinished.iter().filter(|name| code.contains(**name)).map(|name| format!("{file}: {name}")),
        );
    }
    assert_none(&wrong, "source files");
}

/// A summary names the thing: a question word in its place says only that there is something to know.
#[test]
fn doc_comments_begin_with_what_they_name() {
    let questions = ["What ", "Whether ", "Of which ", "Where ", "Who "];
    let mut wrong = Vec::new();
    for file in ["src", "crates", "tests", "benches", "examples", "fuzz", "packaging"]
        .into_iter()
        .flat_map(rust_files)
    {
        let text = read(&file);
        let mut is_first = true;
        for (number, line) in text.lines().enumerate() {
            let doc = line.trim_start();
            let doc = doc.strip_prefix("///").or_else(|| doc.strip_prefix("//!"));
            let begins =
                doc.is_some_and(|doc| questions.iter().any(|word| doc.trim_start().starts_with(word)));
            if is_first && begins {
                wrong.push(format!("{file}:{}: {}", number + 1, line.trim()));
            }
            // The first line of a comment, and of each paragraph of it.
            is_first = doc.is_none_or(|doc| doc.trim().is_empty());
        }
    }
    assert_none(&wrong, "doc comments");
}

/// Generates the JSON Schemas of the formats, from the descriptions of their keys or from the serialized types.
fn schemas() -> [(&'static str, Value); 6] {
    let mut report = schemars::schema_for!(RunReport).to_value();
    report["title"] = Value::from("failspec report");
    let mut certificate = schemars::schema_for!(Statement).to_value();
    certificate["title"] = Value::from("failspec certificate: the statement that is signed");
    [
        ("contract", schema(SchemaFormat::Contract)),
        ("scenario", schema(SchemaFormat::Scenario)),
        ("config", schema(SchemaFormat::Config)),
        ("programme", schema(SchemaFormat::Programme)),
        ("report", report),
        ("certificate", certificate),
    ]
}

#[test]
fn json_schemas_are_up_to_date() {
    let mut stale = Vec::new();
    for (name, schema) in schemas() {
        let (path, text) = (format!("schemas/{name}.schema.json"), format!("{schema:#}\n"));
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

/// Returns the violations of a schema.
fn misfits(format: SchemaFormat, name: &str, value: &Value) -> Vec<String> {
    let validator = jsonschema::validator_for(&schema(format)).unwrap();
    validator.iter_errors(value).map(|error| format!("{name}{}: {error}", error.instance_path())).collect()
}

/// A pack without `sources` is not held to what the publisher published by `failspec lint`.
const WITHOUT_SOURCES: &[&str] = &[];

#[test]
fn built_in_packs_list_their_sources() {
    let built_in = failspec::builtin::built_in();
    let packs = built_in.packs().unwrap();
    let load = |name: &String| Pack::load(&built_in, name).unwrap();
    let versions = packs.iter().flat_map(|name| load(name).all_versions());
    let loaded = versions.map(|name| load(&name));
    let without: Vec<String> =
        loaded.filter(|pack| pack.contract.sources.is_empty()).map(|pack| pack.label()).collect();
    assert_eq!(without, WITHOUT_SOURCES);
}

#[test]
fn built_in_files_fit_the_json_schemas() {
    let mut wrong = Vec::new();
    let packs = failspec::builtin::built_in().packs().unwrap();
    assert!(!packs.is_empty());
    for pack in packs {
        for (path, text) in failspec::builtin::built_in().read_pack(&pack).unwrap() {
            let format = match path.as_str() {
                path if path.contains("/contract") || path.contains("/base") => SchemaFormat::Contract,
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
        let pack = Arc::new(Pack::load(&failspec::builtin::built_in(), name).unwrap());
        let mutants = mutants_of(&*reference::api(name).unwrap());
        // One run that conforms, and one with violations.
        for mutant in [None, mutants.into_iter().find(|mutant| mutant.id == "code-padded")] {
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
