//! Checks whose severity a target changes.

use failspec_base::syntax::{Decoder, Entry, Field, Location, MappingSchema, ValueType};

/// The meaning of the findings of a check on a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// They are left out.
    Off,
    /// They are warnings.
    Warn,
    /// They are violations.
    Deny,
}

/// The words for the levels, in their order.
const LEVELS: &[&str] = &["off", "warn", "deny"];

impl Level {
    /// Returns the word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Warn => "warn",
            Self::Deny => "deny",
        }
    }
}

/// A check whose severity a target changes.
#[derive(Debug, Clone)]
pub struct CheckLevel {
    /// The id of the check.
    pub check: String,
    /// The meaning of its findings.
    pub level: Level,
    /// The reason, which every report shows.
    pub reason: String,
    /// Its location in the file.
    pub place: Location,
}

pub(super) static CHECK_LEVEL: MappingSchema = MappingSchema {
    name: "check level",
    about: "a check whose severity is changed on this target",
    fields: &[
        Field::required(
            "level",
            ValueType::Words(LEVELS),
            "`off`: its findings are left out; `warn`: they are warnings; `deny`: they are violations",
        ),
        Field::required("reason", ValueType::Text, "the reason; every report and certificate shows it"),
    ],
    also: &[],
};

impl CheckLevel {
    pub(super) fn read(entry: &Entry, reader: &Decoder) -> Option<Self> {
        let fields = reader.fields(&entry.value, &CHECK_LEVEL)?;
        let level = fields.get("level").and_then(|node| reader.word(node, LEVELS));
        let reason = fields.get("reason").and_then(|node| {
            let reason = reader.text(node)?.trim();
            if reason.is_empty() {
                reader.error_hint(node.span, "the reason is empty", "say why the check is changed");
            }
            (!reason.is_empty()).then(|| reason.to_owned())
        });
        Some(Self {
            check: entry.key.clone(),
            level: [Level::Off, Level::Warn, Level::Deny][level?],
            reason: reason?,
            place: reader.place(entry.key_span),
        })
    }
}
