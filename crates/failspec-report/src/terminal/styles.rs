//! Colours.

use anstyle::{AnsiColor, Style};

/// Styles by meaning. What is written goes through a stream that takes the codes out where they are not wanted
/// (`NO_COLOR`, no terminal).
#[derive(Debug, Clone, Copy)]
pub struct Styles;

impl Styles {
    /// Something is right.
    pub const GOOD: Style = AnsiColor::Green.on_default().bold();
    /// Something is wrong.
    pub const BAD: Style = AnsiColor::Red.on_default().bold();
    /// Something deserves attention.
    pub const WARN: Style = AnsiColor::Yellow.on_default();
    /// Something is beside the point.
    pub const FAINT: Style = Style::new().dimmed();
    /// Names and numbers that matter.
    pub const STRONG: Style = Style::new().bold();

    /// `text` in a style.
    pub fn dab(style: Style, text: impl std::fmt::Display) -> String {
        format!("{style}{text}{style:#}")
    }
}
