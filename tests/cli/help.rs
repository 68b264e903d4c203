//! `--help` contains examples, and shells can complete commands.

use crate::support::run;
use clap::{CommandFactory as _, Parser as _};
use failspec::cli::Arguments;

/// Commands that clap adds itself.
const OWN: [&str; 1] = ["help"];

#[test]
fn help_examples_of_every_command_are_valid() {
    let mut command = Arguments::command();
    command.build();
    for subcommand in command.get_subcommands().filter(|it| !OWN.contains(&it.get_name())) {
        let name = subcommand.get_name();
        let help = run(&[name, "--help"]).exits(0).stdout;
        let lines = help.lines().filter_map(|line| line.strip_prefix("  failspec "));
        let mut own = 0;
        for line in lines {
            // Removes redirections and quotes, as a shell does.
            let words = line.split(" > ").next().unwrap_or_default().replace('\'', "");
            let read = Arguments::try_parse_from(["failspec"].into_iter().chain(words.split_whitespace()));
            if let Err(error) = read {
                assert!(!error.use_stderr(), "{name}: `failspec {line}`: {error}");
            }
            own += usize::from(words.split_whitespace().next() == Some(name));
        }
        assert!(own > 0, "`failspec {name} --help` has no example of its own:\n{help}");
    }
}

#[test]
fn help_lists_exit_codes_and_first_steps() {
    run(&["--help"]).exits(0).says("failspec run --reference").says("4 incomplete");
}

#[test]
fn shells_complete_commands_and_options() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = run(&["completions", shell]).exits(0);
        for word in ["merge", "waive", "shard"] {
            assert!(script.stdout.contains(word), "{shell} does not know {word}");
        }
        assert_eq!(script.stderr, "");
    }
    run(&["completions", "csh"]).exits(2).says("bash");
}
