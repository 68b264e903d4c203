//! Colours.

use anstyle::{AnsiColor, Style};

/// Styles by meaning. The text goes through a stream that removes the codes if they are not wanted (`NO_COLOR`, no
/// terminal).
#[derive(Debug, Clone, Copy)]
pub struct Styles;

impl Styles {
    /// Something that is right.
    pub const GOOD: Style = AnsiColor::Green.on_default().bold();
    /// Something that is wrong.
    pub const BAD: Style = AnsiColor::Red.on_default().bold();
    /// Something that deserves attention.
    pub const WARN: Style = AnsiColor::Yellow.on_default();
    /// Something less important.
    pub const FAINT: Style = Style::new().dimmed();
    /// Important names and numbers.
    pub const STRONG: Style = Style::new().bold();

    /// Returns `text` in a style.
    pub fn dab(style: Style, text: impl std::fmt::Display) -> String {
        format!("{style}{text}{style:#}")
    }
}
