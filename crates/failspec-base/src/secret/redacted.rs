//! Text in which secrets and long values are replaced, with the replacements kept as data.

use std::{
    borrow::Cow,
    fmt::{self, Write as _},
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Text as it may be shown: a string if nothing in it was replaced, else the list of its parts.
// A program reads the parts: a response may contain a text that merely looks like a replaced secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum RedactedText {
    /// Text in which nothing was replaced.
    Plain(String),
    /// The parts in order.
    Parts(Vec<RedactedPart>),
}

/// A part of a [`RedactedText`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum RedactedPart {
    /// Text that may be shown.
    Text(String),
    /// A secret.
    Secret {
        /// The origin of the secret, such as `role editor`.
        secret: String,
        /// The environment variable that the secret came from, if it is the whole of its value.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        env: Option<String>,
        /// Present if what was sent is base64 of this text followed by the secret: `user:` in HTTP basic
        /// authentication.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        base64_after: Option<String>,
    },
    /// A one-time code.
    Totp {
        /// The name of the variable with the secret that it is computed from.
        totp: String,
    },
    /// Filler, as `${fill(…)}` makes it: the letter `x`, so many times.
    Filler {
        /// The length in bytes.
        fill: u64,
    },
    /// A body that is not text or is too long to be shown.
    Omitted {
        /// The length in bytes.
        omitted: u64,
        /// SHA-256 of the bytes, in hex.
        sha256: String,
    },
    /// A body that the report is not to contain.
    Withheld {
        /// The length in bytes.
        withheld: u64,
    },
}

impl RedactedText {
    /// Creates the text that stands for a secret of this origin.
    pub fn secret(origin: impl Into<String>) -> Self {
        RedactedPart::Secret { secret: origin.into(), env: None, base64_after: None }.into()
    }

    /// Returns true if nothing was replaced: the text is shown as it is.
    pub fn is_plain(&self) -> bool {
        matches!(self, Self::Plain(_))
    }

    /// Returns true if there is no text and no replacement.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Plain(text) => text.is_empty(),
            Self::Parts(parts) => parts.is_empty(),
        }
    }

    /// Appends text that may be shown.
    pub fn push_str(&mut self, more: &str) {
        match self {
            Self::Plain(text) => text.push_str(more),
            Self::Parts(parts) => match parts.last_mut() {
                Some(RedactedPart::Text(text)) => text.push_str(more),
                _ if more.is_empty() => {}
                _ => parts.push(RedactedPart::Text(more.to_owned())),
            },
        }
    }

    /// Appends text that may be shown, as it is formatted.
    pub fn push_display(&mut self, more: impl fmt::Display) {
        if let Self::Parts(parts) = self
            && !matches!(parts.last(), Some(RedactedPart::Text(_)))
        {
            parts.push(RedactedPart::Text(String::new()));
        }
        let text = match self {
            Self::Plain(text) => Some(text),
            Self::Parts(parts) => parts.last_mut().and_then(|part| match part {
                RedactedPart::Text(text) => Some(text),
                _ => None,
            }),
        };
        if let Some(text) = text {
            // Writing to a string does not fail.
            let _ = write!(text, "{more}");
        }
    }

    /// Appends a part.
    pub fn push(&mut self, part: RedactedPart) {
        if let RedactedPart::Text(text) = part {
            return self.push_str(&text);
        }
        if let Self::Plain(text) = self {
            let before = std::mem::take(text);
            *self = Self::Parts(Vec::from_iter((!before.is_empty()).then_some(RedactedPart::Text(before))));
        }
        if let Self::Parts(parts) = self {
            parts.push(part);
        }
    }

    /// Appends another text.
    pub fn append(&mut self, more: Self) {
        match more {
            Self::Plain(text) => self.push_str(&text),
            Self::Parts(parts) => parts.into_iter().for_each(|part| self.push(part)),
        }
    }

    /// Returns this text with `more` appended.
    #[must_use]
    pub fn with(mut self, more: impl Into<Self>) -> Self {
        self.append(more.into());
        self
    }

    /// Returns the parts as `text` changes those that are text; replacements are kept.
    #[must_use]
    pub fn map_text(&self, mut text: impl FnMut(&str) -> Self) -> Self {
        match self {
            Self::Plain(plain) => text(plain),
            Self::Parts(parts) => parts.iter().fold(Self::default(), |all, part| match part {
                RedactedPart::Text(plain) => all.with(text(plain)),
                replaced => all.with(replaced.clone()),
            }),
        }
    }

    /// Calls `each` with every part in order; plain text is one part.
    pub fn for_each(&self, mut each: impl FnMut(Part<'_>)) {
        match self {
            Self::Plain(text) => each(Part::Text(text)),
            Self::Parts(parts) => parts.iter().for_each(|part| match part {
                RedactedPart::Text(text) => each(Part::Text(text)),
                replaced => each(Part::Replaced(replaced)),
            }),
        }
    }
}

/// A part of a [`RedactedText`]: its text, or what stands in place of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part<'t> {
    /// Text that may be shown.
    Text(&'t str),
    /// The text in place of a value.
    Replaced(&'t RedactedPart),
}

impl Default for RedactedText {
    fn default() -> Self {
        Self::Plain(String::new())
    }
}

impl From<String> for RedactedText {
    fn from(text: String) -> Self {
        Self::Plain(text)
    }
}

impl From<&str> for RedactedText {
    fn from(text: &str) -> Self {
        Self::Plain(text.to_owned())
    }
}

impl From<Cow<'_, str>> for RedactedText {
    fn from(text: Cow<'_, str>) -> Self {
        Self::Plain(text.into_owned())
    }
}

impl From<RedactedPart> for RedactedText {
    fn from(part: RedactedPart) -> Self {
        match part {
            RedactedPart::Text(text) => Self::Plain(text),
            replaced => Self::Parts(vec![replaced]),
        }
    }
}

impl fmt::Display for RedactedText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(text) => f.write_str(text),
            Self::Parts(parts) => parts.iter().try_for_each(|part| fmt::Display::fmt(part, f)),
        }
    }
}

impl fmt::Display for RedactedPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Secret { secret, .. } => write!(f, "[secret: {secret}]"),
            Self::Totp { totp } => write!(f, "[totp: {totp}]"),
            Self::Filler { fill } => write!(f, "[{fill} bytes of filler]"),
            Self::Omitted { omitted, sha256 } => {
                write!(f, "[{omitted} bytes, sha256:{}…]", sha256.get(..16).unwrap_or(sha256))
            }
            Self::Withheld { withheld } => write!(f, "[left out of this report: {withheld} bytes]"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_text_is_a_string_until_something_in_it_is_replaced() {
        let mut text = RedactedText::from("Bearer ");
        assert_eq!(serde_json::to_value(&text).unwrap(), json!("Bearer "));
        text.append(RedactedText::secret("role editor"));
        text.push_str("");
        text.push_str("!");
        text.push_str("?");
        let written = serde_json::to_value(&text).unwrap();
        assert_eq!(written, json!(["Bearer ", {"secret": "role editor"}, "!?"]));
        assert_eq!(serde_json::from_value::<RedactedText>(written).unwrap(), text);
        assert_eq!(text.to_string(), "Bearer [secret: role editor]!?");
        assert!(!text.is_plain());
    }

    #[test]
    fn every_replacement_survives_a_report() {
        for (part, shown) in [
            (RedactedPart::Totp { totp: "seed".to_owned() }, "[totp: seed]"),
            (RedactedPart::Filler { fill: 9000 }, "[9000 bytes of filler]"),
            (
                RedactedPart::Omitted { omitted: 3, sha256: "0123456789abcdef01".to_owned() },
                "[3 bytes, sha256:0123456789abcdef…]",
            ),
            (RedactedPart::Withheld { withheld: 3 }, "[left out of this report: 3 bytes]"),
        ] {
            let text = RedactedText::from(part);
            assert_eq!(text.to_string(), shown);
            let written = serde_json::to_string(&text).unwrap();
            assert_eq!(serde_json::from_str::<RedactedText>(&written).unwrap(), text, "{written}");
        }
    }

    #[test]
    fn a_text_that_looks_like_a_secret_is_a_text() {
        let text = RedactedText::from("[secret: $(reboot)]");
        assert!(text.is_plain());
        assert_eq!(text.map_text(|text| text.into()), text);
    }
}
