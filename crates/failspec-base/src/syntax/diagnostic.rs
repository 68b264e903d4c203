//! Errors and warnings about files, with the location and a hint.

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use crate::sanitize::{shortened, visible};

use super::Location;

/// The severity of a [`Diagnostic`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The file cannot be used; nothing is sent.
    Error,
    /// The file can be used, but this should be corrected (`failspec lint`).
    Warning,
}

/// One error or warning about a file.
#[derive(Debug, Clone)]
pub struct Diagnostic {
    /// The severity.
    pub severity: Severity,
    /// The problem, in one line.
    pub title: String,
    /// The location; `None` if no file can be named (an option on the command line).
    pub place: Option<Location>,
    /// The text at the caret.
    pub label: String,
    /// A suggestion, or what to do.
    pub hint: Option<String>,
}

impl Diagnostic {
    /// Creates an error at a location.
    pub fn error(place: impl Into<Option<Location>>, title: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            title: title.into(),
            place: place.into(),
            label: String::new(),
            hint: None,
        }
    }

    /// Creates a warning at a location.
    pub fn warning(place: impl Into<Option<Location>>, title: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(place, title) }
    }

    /// Sets the text at the caret.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// Sets the suggestion, or what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Renders the diagnostic as text with the line of the file and a caret, coloured if `colour` is true.
    pub fn render(&self, colour: bool) -> String {
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let mut group = Group::with_title(level.primary_title(told(&self.title)));
        if let Some(place) = &self.place {
            group = self.show(place, group);
        }
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        // Without a line of a file there is no margin to align a hint with: it becomes a group of its own.
        if let (None, Some(hint)) = (&self.place, &self.hint) {
            let help = annotate_snippets::Group::with_title(Level::HELP.primary_title(told(hint)));
            return format!("{}\n{}", renderer.render(&[group]), renderer.render(&[help]));
        }
        if let Some(hint) = &self.hint {
            group = group.element(Level::HELP.message(told(hint)));
        }
        renderer.render(&[group])
    }

    /// Adds the line of the location to `group`, with a caret. Only this line is given to the renderer, which would
    /// otherwise process the whole file for each diagnostic. For a line that is too long to be shown, only the
    /// location is given.
    fn show<'a>(&'a self, place: &'a Location, group: Group<'a>) -> Group<'a> {
        let text = place.source.text();
        let start = floor_boundary(text, place.span.start as usize);
        let (number, from) = place.source.line(start);
        let to = text[start..].find('\n').map_or(text.len(), |line| start + line);
        let name = told(place.source.name());
        if to - from > MAX_LINE_LEN {
            let group = group.element(Origin::path(name).line(number + 1));
            let label = format!(
                "on a line of {} bytes{}{}",
                to - from,
                if self.label.is_empty() { "" } else { ": " },
                self.label
            );
            return group.element(Level::NOTE.message(told(&label)));
        }
        // A caret under a whole block would be unclear: the first line of the block is enough.
        let end = floor_boundary(text, place.span.end as usize).clamp(start, to);
        let mut caret = AnnotationKind::Primary.span(start - from..end - from);
        if !self.label.is_empty() {
            caret = caret.label(told(&self.label));
        }
        group.element(Snippet::source(&text[from..to]).line_start(number + 1).path(name).annotation(caret))
    }
}

/// Maximum length of a line of a file that is shown, in bytes.
const MAX_LINE_LEN: usize = 2000;

/// Maximum length of a text in a message, in characters: it may quote a key or a value of the file.
const MAX_TEXT_LEN: usize = 600;

/// Maximum number of diagnostics of one file that are kept; further ones are reported as `and more`. Without a limit,
/// a file of several megabytes that is not for failspec would take minutes for suggestions of no use.
pub(super) const MAX_KEPT: usize = 1000;

/// Maximum number of diagnostics shown. The author of a file corrects some and tries again; a file that is not for
/// failspec has thousands.
const MAX_SHOWN: usize = 200;

/// Escapes the characters of a text that a terminal would interpret, and limits its length: it may quote a file.
fn told(text: &str) -> String {
    visible(&shortened(text, MAX_TEXT_LEN)).into_owned()
}

fn floor_boundary(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

/// All errors and warnings about the files that were read.
#[derive(Debug, Clone, Default, thiserror::Error)]
#[error("{}", self.render(false))]
pub struct Diagnostics(pub Vec<Diagnostic>);

impl Diagnostics {
    /// Returns true if one of them is an error.
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// Renders the first 200 of them as text, separated by blank lines, with a note if there are more.
    pub fn render(&self, colour: bool) -> String {
        let shown = self.0.iter().take(MAX_SHOWN).map(|diagnostic| diagnostic.render(colour));
        let more = (self.0.len() > MAX_SHOWN).then(|| "… and more: correct these first".to_owned());
        shown.chain(more).collect::<Vec<_>>().join("\n\n")
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Self {
        Self(vec![diagnostic])
    }
}
