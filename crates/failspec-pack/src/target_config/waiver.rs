//! Waivers (known violations), and failures that cannot be covered on a target.

use failspec_base::syntax::{Decoder, Field, Location, MappingSchema, Node, ValueType};

use super::version_filter;

/// A known violation: its cases still run, and must still fail.
#[derive(Debug, Clone)]
pub struct Waiver {
    /// A glob of case names.
    pub scenario: String,
    /// The check that fails.
    pub check: String,
    /// The reason for the waiver.
    pub reason: String,
    /// The issue that tracks the violation.
    pub issue: Option<String>,
    /// The last day on which the waiver is valid.
    pub expires: jiff::civil::Date,
    /// Its location in the file.
    pub place: Location,
    /// The location of its check in the file.
    pub check_place: Location,
}

/// Failures that cannot be covered on the target.
#[derive(Debug, Clone)]
pub struct OutOfReach {
    /// Globs of `pack::failure`.
    pub failures: Vec<String>,
    /// The reason why they cannot be covered.
    pub reason: String,
}

pub(super) static WAIVER: MappingSchema = MappingSchema {
    name: "waiver",
    about: "a known violation: its cases still run, and must still fail",
    fields: &[
        Field::required(
            "scenario",
            ValueType::Text,
            "a glob of case names: pack::failure::scenario[::row], or pack@version::… for one version only",
        ),
        Field::required(
            "check",
            ValueType::Text,
            "the check that fails (`failspec explain` lists the checks)",
        ),
        Field::required("reason", ValueType::Text, "the reason for the waiver"),
        Field::optional("issue", ValueType::Text, "the issue that tracks the violation"),
        Field::required("expires", ValueType::Date, "the last day on which the waiver is valid"),
    ],
    also: &[],
};

pub(super) static OUT_OF_REACH: MappingSchema = MappingSchema {
    name: "out_of_reach",
    about: "failures that cannot be covered on this target",
    fields: &[
        Field::required(
            "failures",
            ValueType::List(&ValueType::Text),
            "globs of pack::failure, or of pack@version::failure",
        ),
        Field::required("reason", ValueType::Text, "why they cannot be covered"),
    ],
    also: &[],
};

impl Waiver {
    /// Returns true if it applies to this check of this case.
    pub fn matches(&self, case: &str, check: &str) -> bool {
        self.check == check && glob(&self.scenario, case)
    }

    /// Returns true if it is still valid on `today`.
    pub fn holds_on(&self, today: jiff::civil::Date) -> bool {
        today <= self.expires
    }

    pub(super) fn read(node: &Node, reader: &Decoder) -> Option<Self> {
        let fields = reader.fields(node, &WAIVER)?;
        let text = |key: &str| fields.get(key).and_then(|node| reader.text(node)).map(str::to_owned);
        // All values are read before a missing one ends the function, so that all errors are reported together.
        let (scenario, check, issue) = (text("scenario"), text("check"), text("issue"));
        let reason = fields.get("reason").and_then(|node| reader.reason(node));
        if let (Some(node), Some(scenario)) = (fields.get("scenario"), &scenario) {
            version_filter::check(node, scenario, reader);
        }
        let expires = fields.get("expires").and_then(|node| reader.date(node));
        Some(Self {
            scenario: scenario?,
            check: check?,
            reason: reason?,
            issue,
            expires: expires?,
            place: reader.place(fields.get("scenario")?.span),
            check_place: reader.place(fields.get("check")?.span),
        })
    }
}

impl OutOfReach {
    /// Returns true if it applies to this failure.
    pub fn matches(&self, pack: &str, failure: &str) -> bool {
        let name = format!("{pack}::{failure}");
        self.failures.iter().any(|pattern| glob(pattern, &name))
    }

    pub(super) fn read(node: &Node, reader: &Decoder) -> Option<Self> {
        let fields = reader.fields(node, &OUT_OF_REACH)?;
        let failures = reader.list(fields.get("failures")?).iter();
        let failures = failures.filter_map(|node| {
            let pattern = reader.text(node)?;
            version_filter::check(node, pattern, reader);
            Some(pattern.to_owned())
        });
        Some(Self { failures: failures.collect(), reason: reader.reason(fields.get("reason")?)? })
    }
}

/// Returns true if a pattern matches a name: `*` matches any text, `?` one character.
pub fn glob(pattern: &str, name: &str) -> bool {
    wildmatch::WildMatch::new(pattern).matches(name)
}
