//! Lines for a terminal: one that is too long goes on below, indented, where its own text begins.

use std::{
    fmt::{self, Write as _},
    io::{IsTerminal as _, stdout},
};

use textwrap::{Options, WordSeparator, WordSplitter, WrapAlgorithm};

/// Minimum number of columns in which text is wrapped: in fewer, indented text would have one word a line.
const MIN_COLUMNS: usize = 40;

/// The number of columns of the terminal that output is for; none if it is not for a terminal. Lines of a file or a
/// log are not wrapped: programs search in them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Columns(Option<usize>);

impl Columns {
    /// Creates a number of columns.
    pub const fn of(columns: usize) -> Self {
        Self(Some(columns))
    }

    /// Returns those of standard output. If it is no terminal but output for one is forced (`CLICOLOR_FORCE`), those of
    /// `COLUMNS`.
    pub fn of_stdout() -> Self {
        let variable = |name| std::env::var(name).ok();
        let is_forced = || variable("CLICOLOR_FORCE").is_some_and(|value| !value.is_empty() && value != "0");
        let stated = || variable("COLUMNS").and_then(|columns| columns.parse().ok());
        let measured = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
        Self(match stdout().is_terminal() {
            true => measured().or_else(stated),
            false => is_forced().then(stated).flatten(),
        })
    }
}

/// Text under construction.
#[derive(Debug, Default)]
pub(super) struct Screen {
    text: String,
    columns: Columns,
}

impl Screen {
    /// Creates an empty text for a terminal.
    pub(super) fn new(columns: Columns) -> Self {
        Self { text: String::new(), columns }
    }

    /// Appends a line, or several. What does not fit is continued below, `indent` columns from the left. Words are kept
    /// whole: an address or a path can be copied.
    pub(super) fn line(&mut self, indent: usize, line: impl fmt::Display) {
        let line = line.to_string();
        for line in line.split('\n') {
            match self.columns.0.filter(|columns| *columns >= MIN_COLUMNS) {
                None => self.text.push_str(line),
                Some(columns) => {
                    let below = " ".repeat(indent.min(columns / 2));
                    let options = Options::new(columns)
                        .subsequent_indent(&below)
                        .break_words(false)
                        .word_separator(WordSeparator::AsciiSpace)
                        .word_splitter(WordSplitter::NoHyphenation)
                        .wrap_algorithm(WrapAlgorithm::FirstFit);
                    self.text.push_str(&textwrap::fill(line, options));
                }
            }
            self.text.push('\n');
        }
    }

    /// Appends an empty line.
    pub(super) fn blank(&mut self) {
        self.text.push('\n');
    }

    /// Appends a command line of a shell after `label`. Where it is too long, it is broken between its words with a
    /// backslash, so that it can still be pasted. No word of it is broken, however long.
    pub(super) fn command(&mut self, label: &str, indent: usize, words: &[String], style: anstyle::Style) {
        let width = |text: &str| textwrap::core::display_width(text);
        let most = self.columns.0.filter(|columns| *columns >= MIN_COLUMNS).unwrap_or(usize::MAX);
        let mut used = width(label);
        let mut command = String::new();
        for (at, word) in words.iter().enumerate() {
            // Two columns for the backslash.
            if at > 0 && used.saturating_add(width(word) + 3) > most {
                let _ = write!(command, " \\\n{}", " ".repeat(indent));
                used = indent;
            } else if at > 0 {
                command.push(' ');
                used += 1;
            }
            // No line of a body that was sent begins where lines of ours do.
            let mut lines = word.split('\n');
            command.push_str(lines.next().unwrap_or_default());
            for line in lines {
                let _ = write!(command, "\n{}{line}", " ".repeat(indent));
            }
            used += width(word);
        }
        let _ = writeln!(self.text, "{label}{style}{command}{style:#}");
    }

    /// Returns the text.
    pub(super) fn finish(self) -> String {
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::Styles;

    fn wrapped(columns: Columns, line: &str) -> String {
        let mut screen = Screen::new(columns);
        screen.line(4, line);
        screen.finish()
    }

    #[test]
    fn a_long_line_goes_on_below_its_text() {
        let line = "  ✗ one two three four five six seven eight nine ten";
        let expected = "  ✗ one two three four five six seven\n    eight nine ten\n";
        assert_eq!(wrapped(Columns::of(40), line), expected);
        // Colours take no columns.
        let coloured =
            format!("  {} one two three four five six seven eight nine ten", Styles::dab(Styles::BAD, "✗"));
        assert_eq!(anstream::adapter::strip_str(&wrapped(Columns::of(40), &coloured)).to_string(), expected);
        for unwrapped in [Columns::default(), Columns::of(80), Columns::of(10)] {
            assert_eq!(wrapped(unwrapped, line), format!("{line}\n"));
        }
    }

    #[test]
    fn an_address_is_never_broken() {
        let address = format!("http://h/{}", "a-b".repeat(30));
        assert_eq!(wrapped(Columns::of(40), &format!("sent {address}")), format!("sent\n    {address}\n"));
    }

    #[test]
    fn a_command_line_can_be_pasted_wherever_it_is_broken() {
        let words = [
            "curl -i".to_owned(),
            "'http://h/a b'".to_owned(),
            "-H 'A: it'\\''s'".to_owned(),
            "x".repeat(50),
        ];
        for columns in [Columns::default(), Columns::of(200), Columns::of(60), Columns::of(40)] {
            let mut screen = Screen::new(columns);
            screen.command("  reproduce  ", 13, &words, Styles::FAINT);
            let shown = anstream::adapter::strip_str(&screen.finish()).to_string();
            let pasted = shown.trim_start().strip_prefix("reproduce").unwrap().replace("\\\n", "");
            let words: Vec<String> = words.iter().map(|word| word.split_whitespace().collect()).collect();
            assert_eq!(pasted.split_whitespace().collect::<String>(), words.concat(), "{shown}");
            let longest =
                shown.lines().filter(|line| !line.contains("xxx")).map(|line| line.chars().count()).max();
            assert!(columns.0.is_none_or(|most| longest.unwrap_or_default() <= most), "{shown}");
        }
    }
}
