//! The help of the whole program: commands grouped by task, which clap cannot do by itself.

use std::fmt::Write as _;

use anstyle::Style;
use clap::Subcommand as _;

use super::arguments::Command;

/// The commands by task, both in the order in which a user needs them.
const GROUPS: &[(&str, &[&str])] = &[
    ("Run", &["run", "observe", "proxy", "check-target", "merge", "waive", "snapshots", "cleanup"]),
    ("Write packs", &["init", "import", "scenario", "lint", "coverage", "list", "schema", "explain"]),
    ("Compare", &["drift", "diff", "export"]),
    ("Certify", &["certify", "verify", "badge", "board", "keygen"]),
    ("Develop", &["mock", "serve", "mutants", "completions"]),
];

/// The style that clap gives to headings.
const HEADING: Style = Style::new().bold().underline();

/// The style that clap gives to names.
const NAME: Style = Style::new().bold();

/// Returns the template of the program's help.
pub(super) fn template() -> String {
    let commands = Command::augment_subcommands(clap::Command::new("failspec"));
    let mut text = String::from("{about-with-newline}\n{usage-heading} {usage}\n");
    for (task, names) in GROUPS {
        let _ = writeln!(text, "\n{HEADING}{task}:{HEADING:#}");
        for name in *names {
            let about = commands.find_subcommand(name).and_then(clap::Command::get_about);
            let about = about.map(ToString::to_string).unwrap_or_default();
            let _ = writeln!(text, "  {NAME}{name:<13}{NAME:#} {about}");
        }
    }
    let _ = write!(text, "\n{HEADING}Options:{HEADING:#}\n{{options}}{{after-help}}");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The default width of a terminal, in columns.
    const COLUMNS: usize = 80;

    #[test]
    fn template_lists_every_command_once_on_one_line() {
        let commands = Command::augment_subcommands(clap::Command::new("failspec"));
        let mut all: Vec<&str> = commands.get_subcommands().map(clap::Command::get_name).collect();
        let mut grouped: Vec<&str> = GROUPS.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        all.sort_unstable();
        grouped.sort_unstable();
        assert_eq!(grouped, all);
        for line in anstream::adapter::strip_str(&template()).to_string().lines() {
            assert!(line.chars().count() <= COLUMNS, "{line}");
        }
    }
}
