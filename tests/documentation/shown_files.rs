//! Example files in the documentation are valid.

use std::{fs, path::Path};

use failspec::cli::SchemaFormat;
use failspec_base::syntax::{Source, toml, yaml};
use failspec_lint::lint;
use failspec_pack::pack::{Files, Pack, Texts, case_count};

use super::page::Page;
use crate::{assert_none, misfits, read};

fn page(path: &str) -> Page {
    Page::documentation().into_iter().find(|page| page.path == path).unwrap()
}

/// Writes the files that the tutorial shows; returns their number.
pub fn write_shown_pack(folder: &Path) -> usize {
    let page = page("docs/packs.md");
    let mut written = 0;
    for fence in page.fences() {
        // A file is shown as its path in a separate line, followed by its text in a code block.
        let path = fence.before.strip_prefix('`').and_then(|line| line.strip_suffix("`:"));
        let Some(path) = path.map(|path| folder.join(path)) else { continue };
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, fence.text).unwrap();
        written += 1;
    }
    written
}

#[test]
fn documented_pack_is_valid() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(write_shown_pack(folder.path()), 5, "a server, a contract, a schema, scenarios and a target");
    let files = Files::Directory(folder.path().to_owned());
    let pack = Pack::load(&files, "notes").unwrap_or_else(|error| panic!("{error}"));
    let found = lint(&pack);
    assert!(found.0.is_empty(), "{}", found.render(false));
    // The README shows only one scenario of it, without the rest of the file.
    let readme = self::page("README.md");
    let fence = readme.fences().into_iter().find(|fence| fence.text.contains("triggers:")).unwrap();
    let scenarios: String = fence.text.lines().map(|line| format!("  {line}\n")).collect();
    let file = format!("contract: notes\nscenarios:\n{scenarios}");
    fs::write(folder.path().join("scenarios/notes/reading.yaml"), file).unwrap();
    let pack = Pack::load(&files, "notes").unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(pack.scenarios.len(), 1);
}

#[test]
fn documented_scenario_runs() {
    let page = page("docs/scenarios.md");
    let fence = page.fences().into_iter().find(|fence| fence.text.starts_with("contract: ")).unwrap();
    assert!(read("scenarios/kubeglass/concurrency.yaml").contains(&fence.text), "{}", fence.text);
}

/// A contract for the examples of a shop.
const SHOP: &str = "\
contract: shop
as_of: 2026-01-01
envelope: { code: /code }
requires: { roles: { clerk: sells things } }
failures:
  - { id: invalid, status: 422, code: invalid, summary: It is invalid }
  - { id: card_expired, status: 402, code: card_expired, summary: The card has expired }
";

/// A scenario with the rows that the page shows.
const WITH_ROWS: &str = "\
contract: shop
scenarios:
  size:
    triggers: invalid
    request: POST /orders
    json: { size: \"${size}\", title: \"${title}\" }
    each: sizes.csv
    no_control: it is an example
";

#[test]
fn documented_tags_rows_fixtures_and_anchors_are_loaded() {
    let page = page("docs/scenarios.md");
    let fences = page.fences();
    let csv = fences.iter().find(|fence| fence.language == "csv").map(|fence| fence.text.clone()).unwrap();
    let shown = fences.into_iter().map(|fence| fence.text).filter(|text| text.starts_with("contract: shop"));
    let cases: Vec<usize> = shown
        .chain([WITH_ROWS.to_owned()])
        .map(|scenarios| {
            let mut texts = Texts::new();
            texts.insert("schemas/shop/contract.yaml".to_owned(), SHOP.into());
            texts.insert("scenarios/shop/example.yaml".to_owned(), scenarios.as_str().into());
            texts.insert("scenarios/shop/sizes.csv".to_owned(), csv.as_str().into());
            let pack = Pack::from_texts(&Files::Directory(".".into()), "shop", texts);
            case_count(&pack.unwrap_or_else(|error| panic!("{error}\n{scenarios}")))
        })
        .collect();
    // Fixtures, anchors, tags, rows.
    assert_eq!(cases, [1, 2, 1, 3]);
}

/// Returns the errors in a code block.
fn mistakes(language: &str, text: &str) -> Vec<String> {
    let source = Source::new("block", text.to_owned());
    match language {
        "yaml" => yaml::parse(&source).err().map(|error| error.to_string()).into_iter().collect(),
        // Only configurations of failspec, not those of other programs.
        "toml" if text.contains("[target.") || text.contains("[[waivers]]") => match toml::parse(&source) {
            Ok(value) => misfits(SchemaFormat::Config, "", &value.to_json()),
            Err(error) => vec![error.to_string()],
        },
        _ => Vec::new(),
    }
}

#[test]
fn documented_configs_and_yaml_are_valid() {
    let mut wrong = Vec::new();
    for page in Page::documentation() {
        for fence in page.fences() {
            let found = mistakes(fence.language, &fence.text);
            wrong.extend(found.iter().map(|why| format!("{}: {why}\n{}", page.path, fence.text)));
        }
    }
    assert_none(&wrong, "blocks");
    assert!(mistakes("toml", "[target.a]\nurl = \"http://b\"").is_empty());
    assert!(mistakes("toml", "[package]\nname = \"c\"").is_empty());
    assert!(!mistakes("toml", "[target.a]\nurl = \"http://b\"\nrle = 1").is_empty());
    assert!(mistakes("yaml", "a: b").is_empty());
    assert!(!mistakes("yaml", "a: [").is_empty());
}
