//! Commands in the documentation are valid.

use clap::Parser as _;
use failspec::cli::Arguments;

use super::page::Page;
use crate::{assert_none, read};

/// The first commands in the README, which continuous integration runs, too.
const COMMANDS: [&str; 2] = ["cargo run -- run --reference", "cargo test"];

/// Returns the lines of the page's shell blocks; lines continued by a backslash are joined.
fn shell_lines(page: &Page) -> Vec<String> {
    let blocks: String =
        page.fences().into_iter().filter(|it| it.language == "sh").map(|it| it.text).collect();
    blocks.replace("\\\n", " ").lines().map(str::to_owned).collect()
}

/// Returns the error of failspec for a command line; `None` if it is valid, or runs another program.
fn refusal(line: &str) -> Option<String> {
    let command = line.split(" #").next().unwrap_or_default().trim_end_matches(" &");
    // To these programs, `failspec` is the name of a package or an object.
    if ["pip ", "npm ", "kubectl "].iter().any(|program| command.starts_with(program)) {
        return None;
    }
    let (_, words) = command.split_once("failspec ")?;
    let words = shlex::split(words)?;
    let error = Arguments::try_parse_from(["failspec".to_owned()].into_iter().chain(words)).err()?;
    error.use_stderr().then(|| error.to_string().lines().next().unwrap_or_default().to_owned())
}

#[test]
fn first_commands_of_the_readme_run_in_ci() {
    let (pages, ci) = (Page::documentation(), read(".ci/run"));
    let first = shell_lines(&pages[0]);
    let mut wrong = Vec::new();
    for command in COMMANDS {
        if !first.iter().any(|line| line == command) {
            wrong.push(format!("{} does not say `{command}`", pages[0].path));
        }
        if !ci.lines().any(|line| line == command) {
            wrong.push(format!(".ci/run does not run `{command}`"));
        }
    }
    assert_none(&wrong, "commands");
}

#[test]
fn documented_commands_are_valid() {
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for page in Page::all() {
        for line in shell_lines(&page) {
            seen += usize::from(line.contains("failspec "));
            wrong.extend(refusal(&line).map(|why| format!("{}: `{line}`: {why}", page.path)));
        }
    }
    assert_none(&wrong, "commands");
    assert!(seen > 20, "{seen}: are the shell blocks still found?");
}

#[test]
fn invalid_command_is_detected() {
    for line in [
        "TOKEN=… failspec run a --url http://b &",
        "failspec run  # all",
        "cargo test",
        "failspec --help",
        "pip install failspec -q",
    ] {
        assert_eq!(refusal(line), None, "{line}");
    }
    for line in ["failspec rnu", "failspec run --no-such-option", "TOKEN=… failspec merge"] {
        assert!(refusal(line).is_some(), "{line}");
    }
    let page = Page { path: "page.md".into(), text: "```sh\nfailspec run \\\n  --url a\n```\n".into() };
    assert_eq!(shell_lines(&page), ["failspec run    --url a"]);
}
