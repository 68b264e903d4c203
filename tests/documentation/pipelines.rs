//! The pipelines in docs/ci.md and README.md can be pasted: they are valid, and their commands run.

use std::{collections::BTreeMap, fs, os::unix::fs::symlink, path::Path, process::Command};

use clap::Parser as _;
use failspec::cli::Arguments;
use failspec_base::syntax::{Source, toml, yaml};
use regex::Regex;
use serde_json::Value;

use super::{outputs::notes, page::Page, shown_files::write_shown_pack};
use crate::{
    assert_none, read,
    support::{Reply, Server, done, failspec},
};

/// A command of a pipeline.
#[derive(Debug, Clone, PartialEq, Eq)]
struct PipelineCommand {
    /// The heading of the section.
    section: String,
    /// The words after `failspec`, with the variables of the CI in them.
    line: String,
}

/// Returns the code blocks in a section of docs/ci.md.
fn pipelines(section: &str) -> Page {
    let page = read("docs/ci.md");
    let (_, text) = page.split_once(&format!("\n### {section}\n")).unwrap_or_else(|| panic!("no {section}"));
    let text = text.split("\n### ").next().unwrap_or_default();
    Page { path: format!("docs/ci.md, {section}"), text: text.to_owned() }
}

const SECTIONS: [&str; 4] = ["GitHub Actions", "GitLab", "Jenkins", "Kubernetes"];

fn document(page: &Page, text: &str) -> Value {
    let source = Source::new(&*page.path, text.to_owned());
    yaml::parse(&source).unwrap_or_else(|error| panic!("{}: {error}\n{text}", page.path)).to_json()
}

/// Calls a function for each mapping in a document.
fn each_mapping(value: &Value, found: &mut dyn FnMut(&serde_json::Map<String, Value>)) {
    match value {
        Value::Object(mapping) => {
            found(mapping);
            mapping.values().for_each(|value| each_mapping(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| each_mapping(value, found)),
        _ => {}
    }
}

/// Returns the inputs of `action.yml`.
fn action() -> Value {
    let page = Page { path: "action.yml".into(), text: read("action.yml") };
    document(&page, &page.text)
}

/// Returns what a step of the action of this repository runs.
fn step(with: &Value) -> String {
    let shard = with["shard"].as_str().map(|shard| format!(" --shard {shard}")).unwrap_or_default();
    format!("{}{shard}", with["command"].as_str().unwrap_or("run --reference"))
}

/// Returns the commands in a section.
fn commands(section: &str) -> Vec<PipelineCommand> {
    let page = pipelines(section);
    let mut lines = Vec::new();
    let command = Regex::new(r"bin/failspec ([^'|]*)").unwrap();
    for fence in page.fences() {
        match fence.language {
            "yaml" => each_mapping(&document(&page, &fence.text), &mut |mapping| {
                let uses = mapping.get("uses").and_then(Value::as_str).unwrap_or_default();
                if uses.contains("/failspec@") {
                    lines.push(step(mapping.get("with").unwrap_or(&Value::Null)));
                }
                let script = mapping.get("script").and_then(Value::as_array).into_iter().flatten();
                lines.extend(
                    script.filter_map(|line| line.as_str()?.strip_prefix("failspec ")).map(str::to_owned),
                );
                if let Some(words) = mapping.get("args").and_then(Value::as_array) {
                    let words: Vec<&str> = words.iter().map(|word| word.as_str().unwrap()).collect();
                    lines.push(words.join(" "));
                }
            }),
            "groovy" => {
                lines.extend(command.captures_iter(&fence.text).map(|found| found[1].trim().to_owned()));
                let count = |c| fence.text.matches(c).count();
                assert_eq!((count('{'), count('(')), (count('}'), count(')')), "{}", page.path);
            }
            _ => {}
        }
    }
    lines.into_iter().map(|line| PipelineCommand { section: section.to_owned(), line }).collect()
}

/// Puts the number of a job into a command, as the CI does. `first` is the number of its first job.
fn with_number(line: &str, k: usize, first: usize) -> String {
    let number = (k - 1 + first).to_string();
    ["${{ matrix.shard }}", "$CI_NODE_INDEX", "$SHARD", "$(JOB_COMPLETION_INDEX)"]
        .iter()
        .fold(line.to_owned(), |line, name| line.replace(name, &number))
}

/// Replaces `*` by 1 to 3.
fn expanded(word: &str) -> Vec<String> {
    if word.contains('*') {
        (1..=3).map(|k| word.replace('*', &k.to_string())).collect()
    } else {
        vec![word.to_owned()]
    }
}

#[test]
fn commands_of_pipelines_are_valid() {
    let mut wrong = Vec::new();
    for section in SECTIONS {
        let commands = commands(section);
        assert!(commands.len() >= 2, "{section}: are its commands still found? {commands:?}");
        for command in commands {
            let words = shlex::split(&with_number(&command.line, 1, 1)).unwrap();
            if let Err(error) = Arguments::try_parse_from(["failspec".to_owned()].into_iter().chain(words)) {
                wrong.push(format!("{section}: {}: {error}", command.line));
            }
        }
    }
    assert_none(&wrong, "commands");
}

/// Runs a section's commands in a folder, as three jobs and the merge, and returns the exit codes of the merge.
fn run_section(section: &str, folder: &Path, reports: &Path) -> Vec<i32> {
    let first = usize::from(section != "Kubernetes");
    let mut merged = Vec::new();
    for PipelineCommand { line, .. } in commands(section) {
        let merge = line.starts_with("merge");
        let single = !merge && !line.contains("--shard");
        for k in 1..=if merge || single { 1 } else { 3 } {
            let words = shlex::split(&with_number(&line, k, first)).unwrap();
            let mut words: Vec<String> = words.iter().flat_map(|word| expanded(word)).collect();
            words.iter_mut().for_each(|word| {
                *word = word.replace("shards/", "").replace("/reports/", &format!("{}/", reports.display()));
            });
            if section == "GitHub Actions" && !merge {
                // What the action adds.
                words.extend(["--report".to_owned(), format!("json=shard-{k}.json")]);
            }
            let index = (k - 1 + first).to_string();
            let mut command = failspec(folder);
            command.args(&words).env("STAGING_TOKEN", "sesame");
            match section {
                "GitLab" => drop(command.env("CI_NODE_INDEX", &index).env("CI_NODE_TOTAL", "3")),
                "Kubernetes" => drop(command.env("JOB_COMPLETION_INDEX", &index)),
                _ => {}
            }
            let done = done(&mut command);
            assert_ne!(done.code, 2, "{section}: failspec {}: {}", words.join(" "), done.stderr);
            if merge {
                merged.push(done.code);
            }
        }
    }
    merged
}

/// Lays files out as Kubernetes mounts a ConfigMap: behind links, which it changes all at once.
fn as_config_map(folder: &Path) {
    let files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    let data = folder.join("..2026_01_31");
    fs::create_dir(&data).unwrap();
    for name in &files {
        fs::rename(folder.join(name), data.join(name)).unwrap();
    }
    symlink("..2026_01_31", folder.join("..data")).unwrap();
    for name in &files {
        symlink(Path::new("..data").join(name), folder.join(name)).unwrap();
    }
}

#[test]
fn pipelines_run_and_give_the_verdict() {
    // The server of the tutorial, without its bug.
    let server = Server::start(|request| {
        let known = request.header("authorization") != Some("Bearer sesame") || request.path == "/notes/1";
        if known {
            notes(request)
        } else {
            Reply::json(404, r#"{"error": "not_found", "message": "no note"}"#)
        }
    });
    for section in SECTIONS {
        let folder = tempfile::tempdir().unwrap();
        write_shown_pack(folder.path());
        let page = Page { path: "docs/ci.md".into(), text: read("docs/ci.md") };
        let config = page.fences().into_iter().find(|fence| fence.language == "toml").unwrap().text;
        let config = config.replace("https://staging.example.com", &server.url);
        fs::write(folder.path().join("failspec.toml"), config).unwrap();
        if section == "Kubernetes" {
            as_config_map(folder.path());
        }
        let reports = tempfile::tempdir().unwrap();
        assert_eq!(run_section(section, folder.path(), reports.path()), [0], "{section}");
        // What each pipeline hands to its CI is there.
        for report in ["junit.xml", "report.html"] {
            let there = [folder.path(), reports.path()].iter().any(|folder| folder.join(report).exists());
            assert!(there || section == "GitHub Actions", "{section}: no {report}");
        }
    }
}

#[test]
fn pipelines_name_this_version_and_this_repository() {
    let cargo = toml::parse(&Source::new("Cargo.toml", read("Cargo.toml"))).unwrap().to_json();
    let repository = cargo["workspace"]["package"]["repository"].as_str().unwrap();
    let (version, path) = (env!("CARGO_PKG_VERSION"), repository.rsplitn(3, '/').take(2).collect::<Vec<_>>());
    let action = format!("{}/{}@v{version}", path[1], path[0]);
    let mut wrong = Vec::new();
    let named =
        Regex::new(r"\S+/failspec@\S+|failspec==\S+|/failspec:[0-9.]+|failspec-[0-9]+\.[0-9]+\.[0-9]+-")
            .unwrap();
    let mut seen = 0;
    for page in Page::documentation() {
        for found in named.find_iter(&page.text) {
            seen += 1;
            let name = found.as_str().trim_end_matches(['\'', ']', '`']);
            let right = [
                &action,
                &format!("failspec=={version}"),
                &format!("/failspec:{version}"),
                &format!("failspec-{version}-"),
            ];
            if !right.contains(&&name.to_owned()) {
                wrong.push(format!("{}: {name}", page.path));
            }
        }
        if page.path != "docs/release.md" && page.text.contains(repository) {
            wrong.push(format!("{}: the address stands in Cargo.toml alone", page.path));
        }
    }
    assert_none(&wrong, "other versions or repositories than those of Cargo.toml");
    assert!(seen > 8, "{seen}");
}

#[test]
fn steps_use_inputs_that_the_action_has() {
    let action = action();
    let inputs: Vec<&String> = action["inputs"].as_object().unwrap().keys().collect();
    let page = pipelines("GitHub Actions");
    let mut wrong = Vec::new();
    for fence in page.fences().into_iter().filter(|fence| fence.language == "yaml") {
        each_mapping(&document(&page, &fence.text), &mut |mapping| {
            let uses = mapping.get("uses").and_then(Value::as_str).unwrap_or_default();
            let with = mapping.get("with").and_then(Value::as_object).filter(|_| uses.contains("/failspec@"));
            for input in with.into_iter().flat_map(|with| with.keys()) {
                wrong.extend((!inputs.contains(&input)).then(|| format!("there is no input {input}")));
            }
        });
    }
    wrong.extend(
        inputs
            .iter()
            .filter(|input| !page.text.contains(&format!("`{input}`")))
            .map(|input| format!("docs/ci.md does not name {input}")),
    );
    assert_none(&wrong, "inputs");
    // Every input reaches the script or a step, and no input is pasted into a script.
    let steps = action["runs"]["steps"].as_array().unwrap();
    for step in steps {
        assert!(!step["run"].as_str().unwrap_or_default().contains("${{"), "{step}");
    }
    let text = action["runs"].to_string();
    for input in inputs {
        assert!(text.contains(&format!("inputs.{input}")), "{input} is used by nobody");
    }
}

#[test]
fn workflow_of_releases_builds_what_is_packaged() {
    let page =
        Page { path: ".github/workflows/release.yml".into(), text: read(".github/workflows/release.yml") };
    let workflow = document(&page, &page.text);
    let matrix = workflow["jobs"]["build"]["strategy"]["matrix"]["include"].as_array().unwrap();
    let mut built: Vec<&str> = matrix.iter().map(|entry| entry["target"].as_str().unwrap()).collect();
    let script = read("packaging/package.py");
    let platform = Regex::new(r#""([a-z0-9_]+-[a-z]+-[a-z-]+)": \("#).unwrap();
    let mut packaged: Vec<&str> =
        platform.captures_iter(&script).map(|found| found.get(1).unwrap().as_str()).collect();
    built.sort_unstable();
    packaged.sort_unstable();
    assert_eq!(built, packaged);
    // A value of the matrix or of the event is never pasted into a script, except a choice between fixed texts.
    let mut pasted = BTreeMap::new();
    let found = Regex::new(r"\$\{\{.*?\}\}").unwrap();
    each_mapping(&workflow, &mut |mapping| {
        if let Some(run) = mapping.get("run").and_then(Value::as_str) {
            pasted.extend(found.find_iter(run).map(|found| (found.as_str().to_owned(), ())));
        }
    });
    assert_eq!(
        pasted.into_keys().collect::<Vec<_>>(),
        ["${{ github.ref_type == 'tag' && '--release' || '' }}"]
    );
}

#[test]
fn binstall_finds_the_archives() {
    let cargo = toml::parse(&Source::new("Cargo.toml", read("Cargo.toml"))).unwrap().to_json();
    let metadata = &cargo["package"]["metadata"]["binstall"];
    // Rust's name of a platform, and that of the archive for it.
    for (target, archive) in [
        ("x86_64-unknown-linux-musl", "x86_64-unknown-linux-musl"),
        ("x86_64-unknown-linux-gnu", "x86_64-unknown-linux-musl"),
        ("aarch64-unknown-linux-gnu", "aarch64-unknown-linux-musl"),
        ("aarch64-apple-darwin", "aarch64-apple-darwin"),
        ("x86_64-pc-windows-msvc", "x86_64-pc-windows-msvc"),
    ] {
        let special = &metadata["overrides"][target];
        let filled = |key: &str| {
            let template = special[key].as_str().or_else(|| metadata[key].as_str()).unwrap_or_default();
            [
                ("{ repo }", "https://h/o/r"),
                ("{ name }", "failspec"),
                ("{ version }", "1.2.3"),
                ("{ target }", target),
                ("{ bin }", "failspec"),
                ("{ binary-ext }", ""),
                ("{ archive-suffix }", ".tar.gz"),
            ]
            .iter()
            .fold(template.to_owned(), |text, (name, value)| text.replace(name, value))
        };
        // As packaging/package.py names them, and action.sh downloads them.
        let name = format!("failspec-1.2.3-{archive}");
        assert_eq!(
            filled("pkg-url"),
            format!("https://h/o/r/releases/download/v1.2.3/{name}.tar.gz"),
            "{target}"
        );
        assert_eq!(filled("bin-dir"), format!("{name}/failspec"), "{target}");
        assert_eq!(special["pkg-fmt"] == "zip", target.contains("windows"), "{target}");
        assert!(read("packaging/package.py").contains(&format!("\"{archive}\": (")), "{archive}");
    }
}

#[test]
fn scripts_of_the_packages_are_valid() {
    for script in [".ci/run", ".ci/package", "packaging/action.sh"] {
        let checked = Command::new("bash").arg("-n").arg(crate::root().join(script)).output().unwrap();
        assert!(checked.status.success(), "{script}: {}", String::from_utf8_lossy(&checked.stderr));
    }
}
