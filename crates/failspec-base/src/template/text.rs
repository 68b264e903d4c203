//! Texts with placeholders.

use serde_json::Value;

use crate::secret::RedactedText;

use super::{Placeholder, PlaceholderError, RenderError, Rendered, Scope, render};

/// A text with placeholders, parsed once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Placeholder(Placeholder),
}

/// What a template has at one place.
#[derive(PartialEq)]
enum Atom<'t> {
    Char(char),
    Hole(&'t Placeholder),
}

impl Template {
    /// Parses a text; `$${` is a literal `${`.
    ///
    /// # Errors
    /// The first placeholder that cannot be parsed.
    pub fn parse(text: &str) -> Result<Self, PlaceholderError> {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(at) = rest.find("${") {
            if rest[..at].ends_with('$') {
                literal.push_str(&rest[..at - 1]);
                literal.push_str("${");
                rest = &rest[at + 2..];
                continue;
            }
            literal.push_str(&rest[..at]);
            let hole = &rest[at + 2..];
            let end = hole.find('}').ok_or(PlaceholderError::Unclosed)?;
            if !literal.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut literal)));
            }
            parts.push(Part::Placeholder(Placeholder::parse(&hole[..end])?));
            rest = &hole[end + 1..];
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            parts.push(Part::Text(literal));
        }
        // Packs contain a hundred thousand templates, nearly all with one part.
        parts.shrink_to_fit();
        Ok(Self { parts })
    }

    /// Returns a text in which nothing is a placeholder, written so that it is read as this text.
    pub fn escape(text: &str) -> String {
        text.replace("${", "$${")
    }

    /// Creates a template of this text as it is, even if it contains placeholders.
    pub fn literal(text: impl Into<String>) -> Self {
        Self { parts: vec![Part::Text(text.into())] }
    }

    /// Creates a template that is the placeholder of a variable, a capture or a row value.
    pub fn name(name: impl Into<String>) -> Self {
        Self { parts: vec![Part::Placeholder(Placeholder::Name(name.into()))] }
    }

    /// Returns the text, if it contains no placeholder.
    pub fn as_literal(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// Returns the template that begins with this one and goes on with another.
    #[must_use]
    pub fn followed_by(mut self, more: Self) -> Self {
        for part in more.parts {
            match (self.parts.last_mut(), part) {
                (Some(Part::Text(text)), Part::Text(more)) => text.push_str(&more),
                (_, part) => self.parts.push(part),
            }
        }
        self
    }

    /// Returns the template with the first occurrence of another one replaced; `None` if it does not occur.
    pub fn replaced(&self, from: &Self, to: &Self) -> Option<Self> {
        let (whole, wanted) = (self.atoms(), from.atoms());
        let at = whole.windows(wanted.len().max(1)).position(|window| window == wanted)?;
        let of = |atoms: &[Atom<'_>]| {
            atoms.iter().fold(Self { parts: Vec::new() }, |template, atom| {
                template.followed_by(match atom {
                    Atom::Char(letter) => Self::literal(*letter),
                    Atom::Hole(hole) => Self { parts: vec![Part::Placeholder((*hole).clone())] },
                })
            })
        };
        Some(of(&whole[..at]).followed_by(to.clone()).followed_by(of(&whole[at + wanted.len()..])))
    }

    fn atoms(&self) -> Vec<Atom<'_>> {
        let atoms = self.parts.iter().flat_map(|part| match part {
            Part::Text(text) => text.chars().map(Atom::Char).collect::<Vec<_>>(),
            Part::Placeholder(hole) => vec![Atom::Hole(hole)],
        });
        atoms.collect()
    }

    /// Returns the placeholders, in order.
    pub fn holes(&self) -> impl Iterator<Item = &Placeholder> {
        self.parts.iter().filter_map(|part| match part {
            Part::Placeholder(hole) => Some(hole),
            Part::Text(_) => None,
        })
    }

    /// Returns true if it is a single placeholder whose value is `null`: what it is the value of is left out.
    pub fn is_null(&self, scope: &Scope) -> bool {
        self.lone_name().and_then(|name| scope.get(name)).is_some_and(|held| held.value.is_null())
    }

    /// Returns the name of a value that is a part of a longer text, for each such placeholder.
    pub fn names_in_text(&self) -> impl Iterator<Item = &str> {
        self.holes().filter(|_| self.lone_name().is_none()).filter_map(Placeholder::name)
    }

    /// Returns the name of the value, if the text is a single placeholder for one.
    pub fn lone_name(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [Part::Placeholder(Placeholder::Name(name))] => Some(name),
            _ => None,
        }
    }

    /// Renders the text with its placeholders replaced.
    ///
    /// # Errors
    /// When a name has no value, or a value that cannot be part of a text.
    pub fn fill(&self, scope: &Scope) -> Result<Rendered<String>, RenderError> {
        let mut filled = Rendered::plain(String::new());
        for part in &self.parts {
            match part {
                Part::Text(text) => filled.push(text),
                Part::Placeholder(hole) => {
                    let value = render::hole(hole, scope)?;
                    let sent = render::as_text(hole, &value.sent)?;
                    match value.replaced {
                        None => filled.push(&sent),
                        Some(replaced) => filled.push_redacted(&sent, replaced.into()),
                    }
                }
            }
        }
        Ok(filled)
    }

    /// Renders a text that is a single placeholder as its value, with the JSON type; any other text as text.
    ///
    /// # Errors
    /// As for [`Template::fill`].
    pub fn fill_value(&self, scope: &Scope) -> Result<Rendered<Value>, RenderError> {
        if let [Part::Placeholder(hole)] = self.parts.as_slice() {
            let value = render::hole(hole, scope)?;
            let quote = if value.sent.is_string() { "\"" } else { "" };
            let shown = value.replaced.map(|part| RedactedText::from(quote).with(part).with(quote));
            return Ok(Rendered { sent: value.sent, shown });
        }
        let text = self.fill(scope)?;
        let escaped = |text: &str| {
            let json = Value::from(text).to_string();
            RedactedText::from(&json[1..json.len() - 1])
        };
        let shown = text.shown.map(|text| RedactedText::from("\"").with(text.map_text(escaped)).with("\""));
        Ok(Rendered { sent: Value::String(text.sent), shown })
    }
}
