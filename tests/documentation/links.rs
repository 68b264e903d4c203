//! Links between pages of the documentation have valid targets.

use std::path::{Component, Path, PathBuf};

use super::page::Page;
use crate::{assert_none, root};

/// Returns why the link `target` on `page` is invalid; `None` if it is valid or external.
fn dangling(page: &Page, target: &str, pages: &[Page]) -> Option<String> {
    if target.contains("://") || target.starts_with("mailto:") {
        return None;
    }
    let (path, anchor) = target.split_once('#').map_or((target, None), |(path, anchor)| (path, Some(anchor)));
    let path = if path.is_empty() { PathBuf::from(&page.path) } else { beside(&page.path, path)? };
    let name = path.to_str().unwrap_or_default();
    let Some(anchor) = anchor else {
        return (!root().join(&path).exists()).then(|| format!("there is no {name}"));
    };
    match pages.iter().find(|page| page.path == name) {
        None => Some(format!("{name} is no page")),
        Some(page) if page.anchors().contains(anchor) => None,
        Some(_) => Some(format!("{name} has no heading `{anchor}`")),
    }
}

/// Returns the path in the repository of the relative link `to` on the page `from`.
fn beside(from: &str, to: &str) -> Option<PathBuf> {
    let mut path = Path::new(from).parent()?.to_owned();
    for part in Path::new(to).components() {
        match part {
            Component::ParentDir => {
                // A path outside of the repository depends on the location of the checkout.
                if !path.pop() {
                    return Some(PathBuf::from("(outside)"));
                }
            }
            part => path.push(part),
        }
    }
    Some(path)
}

#[test]
fn links_between_pages_are_valid() {
    let pages = Page::all();
    let mut wrong = Vec::new();
    for page in &pages {
        for (line, target) in page.links() {
            let why = dangling(page, &target, &pages);
            wrong.extend(why.map(|why| format!("{}:{line}: `{target}`: {why}", page.path)));
        }
    }
    assert_none(&wrong, "links");
}

#[test]
fn broken_link_is_detected() {
    let page = Page { path: "docs/page.md".into(), text: "# Here\n".into() };
    let pages = [page, Page { path: "README.md".into(), text: "## There\n".into() }];
    let about = |target| dangling(&pages[0], target, &pages).unwrap_or_default();
    for target in [
        "#here",
        "../README.md#there",
        "../README.md",
        "../schemas",
        "../Cargo.toml",
        "https://example.com/a#b",
    ] {
        assert_eq!(about(target), "", "{target}");
    }
    assert_eq!(about("#there"), "docs/page.md has no heading `there`");
    assert_eq!(about("../README.md#here"), "README.md has no heading `here`");
    assert_eq!(about("README.md"), "there is no docs/README.md");
    assert_eq!(about("../Cargo.toml#there"), "Cargo.toml is no page");
    assert_eq!(about("../../README.md"), "there is no (outside)");
}
