//! A Markdown page: separates prose and code.

use std::{collections::BTreeSet, fs, sync::LazyLock};

use regex::Regex;

use crate::{read, root};

/// The target of a link: `[text](target)`, or `[name]: target` at the beginning of a line.
static LINK: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\]\(\s*<?([^)>\s]+)>?[^)]*\)|^\s*\[[^\]]+\]:\s*<?([^>\s]+)").unwrap());

/// Inline code, which contains no links.
static CODE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"``[^`].*?``|`[^`]*`").unwrap());

/// A page of the documentation.
pub struct Page {
    /// Its path in the repository.
    pub path: String,
    pub text: String,
}

/// A code block in a page.
pub struct Fence<'a> {
    pub language: &'a str,
    /// The last non-empty line before it: if a file is shown, its path.
    pub before: &'a str,
    pub text: String,
}

impl Page {
    fn read(path: &str) -> Self {
        Self { path: path.to_owned(), text: read(path) }
    }

    /// Reads README.md and the pages of docs/, sorted.
    pub fn documentation() -> Vec<Self> {
        let mut paths = vec!["README.md".to_owned()];
        paths.extend(markdown_files("docs"));
        paths.iter().map(|path| Self::read(path)).collect()
    }

    /// Reads every page for users: the documentation, pages for contributors, and the examples.
    pub fn all() -> Vec<Self> {
        let mut pages = Self::documentation();
        pages.extend(["CHANGELOG.md", "CONTRIBUTING.md"].map(Self::read));
        pages.extend(markdown_files("examples").iter().map(|path| Self::read(path)));
        pages
    }

    /// Returns its code blocks. The indentation of blocks in lists is removed.
    pub fn fences(&self) -> Vec<Fence<'_>> {
        let (mut fences, mut before) = (Vec::new(), "");
        let mut lines = self.text.lines();
        while let Some(line) = lines.next() {
            let Some(language) = line.trim_start().strip_prefix("```") else {
                before = if line.trim().is_empty() { before } else { line };
                continue;
            };
            let indent = line.len() - line.trim_start().len();
            let inside = lines.by_ref().take_while(|line| line.trim() != "```");
            let text = inside.map(|line| format!("{}\n", line.get(indent..).unwrap_or_default())).collect();
            fences.push(Fence { language, before, text });
            before = "";
        }
        fences
    }

    /// Returns the lines outside of code blocks, with their numbers from 1.
    pub fn prose(&self) -> Vec<(usize, &str)> {
        let mut inside = false;
        let lines = (1..).zip(self.text.lines()).filter(|(_, line)| {
            let edge = line.trim_start().starts_with("```");
            inside ^= edge;
            !inside && !edge
        });
        lines.collect()
    }

    /// Returns the targets of its links, each with its line number.
    pub fn links(&self) -> Vec<(usize, String)> {
        let mut links = Vec::new();
        for (number, line) in self.prose() {
            let line = CODE.replace_all(line, "");
            for found in LINK.captures_iter(&line) {
                links.extend(
                    found.iter().skip(1).flatten().map(|target| (number, target.as_str().to_owned())),
                );
            }
        }
        links
    }

    /// Returns the anchors of its headings.
    pub fn anchors(&self) -> BTreeSet<String> {
        let mut anchors = BTreeSet::new();
        for (_, line) in self.prose() {
            let Some(heading) =
                line.trim_start_matches('#').strip_prefix(' ').filter(|_| line.starts_with('#'))
            else {
                continue;
            };
            let anchor = anchor(heading.trim());
            // A second heading of the same name gets a number.
            let mut numbered = (1..).map(|number| format!("{anchor}-{number}"));
            let free = if anchors.contains(&anchor) {
                numbered.find(|anchor| !anchors.contains(anchor)).unwrap_or_default()
            } else {
                anchor
            };
            anchors.insert(free);
        }
        anchors
    }
}

/// Converts a heading to an anchor as GitHub does: lower case, without punctuation, with `-` for spaces.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || "-_ ".contains(*c));
    kept.flat_map(char::to_lowercase).map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// Returns the Markdown files in a folder, sorted.
fn markdown_files(folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    let entries = fs::read_dir(root().join(folder)).unwrap_or_else(|error| panic!("{folder}: {error}"));
    for entry in entries {
        let name = entry.unwrap().file_name();
        let path = format!("{folder}/{}", name.to_str().unwrap());
        // The build folder of cargo may contain pages of other projects.
        if root().join(&path).is_dir() && name != "target" {
            found.extend(markdown_files(&path));
        } else if path.ends_with(".md") {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[test]
fn prose_and_code_are_distinguished() {
    let text = "# A `b.c` (d)\n\n[x](y.md#z), `[a](b)` and [`c`](d)\n\n`e.yaml`:\n\n  ```sh\n  # [f](g)\n    h\n  ```\n# A bc d\n[i]: j\n";
    let page = Page { path: "page.md".into(), text: text.into() };
    let links: Vec<_> = page.links().into_iter().map(|(line, target)| format!("{line} {target}")).collect();
    assert_eq!(links, ["3 y.md#z", "3 d", "12 j"]);
    assert_eq!(page.anchors().into_iter().collect::<Vec<_>>(), ["a-bc-d", "a-bc-d-1"]);
    let fences: Vec<_> = page.fences().into_iter().map(|it| (it.language, it.before, it.text)).collect();
    assert_eq!(fences, [("sh", "`e.yaml`:", "# [f](g)\n  h\n".to_owned())]);
}
