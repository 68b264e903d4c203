//! Tables in the documentation that are generated from the code.

use std::{collections::BTreeMap, env, fs, sync::Arc};

use clap::CommandFactory as _;
use failspec::cli::Arguments;
use failspec_judge::check::{CHECKS, RUN_CHECKS};
use failspec_mutants as proof;
use failspec_pack::{
    pack::{CONTRACT, Pack, SCENARIOS},
    target_config::CONFIG,
};

use super::{
    keys::{Keys, REQUEST_HERE},
    outputs,
    page::Page,
};
use crate::{assert_none, read, root};

const BEGIN: &str = "<!-- generated: ";
const END: &str = "<!-- end of generated -->";

/// Returns the generated blocks by name: each is on exactly one page.
fn blocks() -> BTreeMap<&'static str, String> {
    BTreeMap::from([
        ("packs", packs_block()),
        ("commands", commands_block()),
        ("failing run", outputs::failing_run()),
        ("first finding", outputs::first_finding()),
        ("wrong file", outputs::wrong_file()),
        ("checks", checks_block()),
        ("exit codes", exit_codes_block()),
        ("mutants", mutants_block()),
        ("contract", Keys::of(&CONTRACT, "scenarios.md#keys-of-request")),
        ("scenarios", Keys::of(&SCENARIOS, REQUEST_HERE)),
        ("config", Keys::of(&CONFIG, "scenarios.md#keys-of-request")),
    ])
}

fn packs_block() -> String {
    let mut text = "| pack | documented failures | scenarios (inferred) | cases | operations published / inferred | proven on \
                    | documentation |\n|---|---|---|---|---|---|---|\n"
        .to_owned();
    for pack in every_version() {
        let name = pack.label();
        let cases = failspec_engine::case_names(&pack).count();
        let origins = pack.origins().unwrap_or_default();
        let Pack { contract, scenarios, .. } = pack;
        let (failures, scenarios) = (contract.failures.len(), scenarios.len());
        let documentation = contract.documentation.map(|link| format!("<{link}>")).unwrap_or_default();
        let as_of = contract.as_of.map(|day| format!(", {day}")).unwrap_or_default();
        let proven_on = match origins.proven_on.as_slice() {
            [] => "no real product".to_owned(),
            products => products.join(", "),
        };
        text += &format!(
            "| `{name}` | {failures} | {scenarios} ({}) | {cases} | {} / {} | {proven_on} | {documentation}{as_of} |\n",
            origins.inferred_scenarios, origins.published, origins.inferred
        );
    }
    text
}

/// Lists the commands by task, as in `failspec --help`.
fn commands_block() -> String {
    let help = Arguments::command().render_help().to_string();
    let tasks = help.split("\n\n").filter(|part| !part.starts_with("Usage") && !part.starts_with("Options"));
    let mut text = "| task | command | purpose |\n|---|---|---|\n".to_owned();
    for part in tasks {
        let Some((task, commands)) = part.split_once(":\n") else { continue };
        if !commands.lines().all(|line| line.starts_with("  ") && !line.starts_with("  failspec")) {
            continue;
        }
        for (at, line) in commands.lines().enumerate() {
            let (command, about) = line.trim().split_once(' ').unwrap();
            let task = if at == 0 { task } else { "" };
            text += &format!("| {task} | `failspec {command}` | {} |\n", about.trim());
        }
    }
    text
}

fn mutants_block() -> String {
    let subjects: Vec<_> =
        every_version().into_iter().flat_map(|pack| proof::subjects(&Arc::new(pack)).unwrap()).collect();
    proof::census(&subjects)
}

/// The built-in packs, the newest version of each first.
fn every_version() -> Vec<Pack> {
    let files = failspec::builtin::built_in();
    let load = |name: &String| Pack::load(&files, name).unwrap();
    let all = files.packs().unwrap();
    all.iter().flat_map(|name| load(name).all_versions().into_iter().rev()).map(|name| load(&name)).collect()
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

/// Generates the table from the constants and their doc comments: there is no list of them at run time.
fn exit_codes_block() -> String {
    let source = read("crates/failspec-judge/src/report_model/exit_code.rs");
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

/// Fills the blocks of a page, and removes them from `blocks`.
fn filled(page: &Page, blocks: &mut BTreeMap<&'static str, String>) -> Result<String, String> {
    let mut parts = page.text.split(BEGIN);
    let mut after = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once(" -->").ok_or("a marker does not end with -->")?;
        let (_, rest) = rest.split_once(END).ok_or_else(|| format!("the block `{name}` has no end"))?;
        let block = blocks.remove(name);
        let block = block.ok_or_else(|| format!("there is no block `{name}`, or it occurs twice"))?;
        after += &format!("{BEGIN}{name} -->\n{block}{END}{rest}");
    }
    Ok(after)
}

#[test]
fn generated_blocks_are_up_to_date() {
    let (mut blocks, mut wrong) = (blocks(), Vec::new());
    for page in Page::documentation() {
        match filled(&page, &mut blocks) {
            Err(why) => wrong.push(format!("{}: {why}", page.path)),
            Ok(after) if after == page.text => {}
            Ok(after) if env::var_os("UPDATE_DOCS").is_some() => {
                fs::write(root().join(&page.path), &after).unwrap();
            }
            Ok(_) => wrong.push(format!(
                "{} is not what the code says: run `UPDATE_DOCS=1 cargo test --test repository`",
                page.path
            )),
        }
    }
    wrong.extend(blocks.keys().map(|name| format!("no page has the block `{name}`")));
    assert_none(&wrong, "generated blocks");
}

#[test]
fn duplicate_or_unknown_block_is_detected() {
    let page = |text: &str| Page { path: "page.md".into(), text: text.into() };
    let block = format!("{BEGIN}a -->\nold\n{END}\n");
    let (mut blocks, fresh) = (BTreeMap::from([("a", "new\n".to_owned())]), block.replace("old", "new"));
    assert_eq!(
        filled(&page(&format!("before\n{block}after\n")), &mut blocks).unwrap(),
        format!("before\n{fresh}after\n")
    );
    assert!(filled(&page(&block), &mut blocks).unwrap_err().contains("twice"));
    let unended = page(&block.replace(END, ""));
    assert!(filled(&unended, &mut BTreeMap::from([("a", String::new())])).unwrap_err().contains("no end"));
}
