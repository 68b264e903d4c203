//! What is wrong with a file, said so that a person can mend it.

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use super::Place;

/// How bad a [`Diagnostic`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The file cannot be used; nothing is sent.
    Error,
    /// The file can be used, but this should be mended (`failspec lint`).
    Warning,
}

/// One mistake in a file.
#[derive(Debug, Clone)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in one line.
    pub title: String,
    /// Where it is; `None` where no file can be named (an option on the command line).
    pub place: Option<Place>,
    /// What the caret says.
    pub label: String,
    /// What was probably meant, or what to do.
    pub hint: Option<String>,
}

impl Diagnostic {
    /// An error at a place.
    pub fn error(place: impl Into<Option<Place>>, title: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            title: title.into(),
            place: place.into(),
            label: String::new(),
            hint: None,
        }
    }

    /// A warning at a place.
    pub fn warning(place: impl Into<Option<Place>>, title: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(place, title) }
    }

    /// Sets what the caret says.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// Sets what was probably meant, or what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The diagnostic as text with the line of the file and a caret, coloured if `colour`.
    pub fn render(&self, colour: bool) -> String {
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let mut group = annotate_snippets::Group::with_title(level.primary_title(&self.title));
        if let Some(place) = &self.place {
            let text = place.source.text();
            let start = floor_boundary(text, place.span.start as usize);
            let end = floor_boundary(text, place.span.end as usize).max(start);
            // A caret under a whole block hides what is meant: the first line of it is enough.
            let end = text[start..end].find('\n').map_or(end, |line| start + line);
            let mut caret = AnnotationKind::Primary.span(start..end);
            if !self.label.is_empty() {
                caret = caret.label(&self.label);
            }
            group = group.element(Snippet::source(text).path(place.source.name()).annotation(caret));
        }
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        // Without a line of a file there is nothing that a margin would be the margin of.
        if let (None, Some(hint)) = (&self.place, &self.hint) {
            let help = annotate_snippets::Group::with_title(Level::HELP.primary_title(hint));
            return format!("{}\n{}", renderer.render(&[group]), renderer.render(&[help]));
        }
        if let Some(hint) = &self.hint {
            group = group.element(Level::HELP.message(hint));
        }
        renderer.render(&[group])
    }
}

fn floor_boundary(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

/// Everything that is wrong with the files that were read.
#[derive(Debug, Clone, Default, thiserror::Error)]
#[error("{}", self.render(false))]
pub struct Diagnostics(pub Vec<Diagnostic>);

impl Diagnostics {
    /// Whether one of them is an error.
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// All of them as text, a blank line between two.
    pub fn render(&self, colour: bool) -> String {
        self.0.iter().map(|diagnostic| diagnostic.render(colour)).collect::<Vec<_>>().join("\n\n")
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Self {
        Self(vec![diagnostic])
    }
}
