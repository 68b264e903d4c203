//! Findings: rules that a response broke.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

use failspec_pack::{
    pack::{Provenance, WrittenAs},
    target_config::{CheckLevel, Waiver},
};

use super::{
    registry::find,
    severity::{Severity, on_target, severity},
};

/// A rule that a response broke.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Finding {
    /// The id of the check.
    pub check: &'static str,
    /// The source of the rule.
    pub source: Provenance,
    /// The severity.
    pub severity: Severity,
    /// The expected value.
    pub expected: String,
    /// The observed value.
    pub actual: String,
    /// Both in one sentence.
    pub message: String,
    /// The rules that are broken, if the finding combines several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<FindingDetail>,
    /// The index of the exchange that it is about, if the check names one; otherwise it is about the response under test.
    #[serde(default, rename = "exchange", skip_serializing_if = "Option::is_none")]
    pub(super) record: Option<usize>,
    /// The operation of the OpenAPI document that was called, if it may not be that of the request under test.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) operation: Option<Arc<str>>,
    /// The location in the schemas of the OpenAPI document of the rule that a body breaks, if several schemas share it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) schema_rule: Option<Arc<str>>,
    /// The name of the member of a body that is `null` and must not be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) null_member: Option<Arc<str>>,
    /// The name of the member of a body that breaks a schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) member: Option<Arc<str>>,
    /// The other type in which the value is written that breaks a schema, if it is one that the schema means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) written_as: Option<WrittenAs>,
    /// True if nothing is known to be wrong: a part of the document is missing with which the response should be compared.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) not_compared: bool,
}

/// One of several broken rules that a finding combines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FindingDetail {
    /// The id of the check.
    pub check: String,
    /// The severity that it would have alone.
    pub severity: Severity,
    /// The finding in one sentence.
    pub message: String,
}

impl Finding {
    /// Creates a finding; its message consists of the expected and the actual value.
    pub fn new(
        check: &'static str,
        source: Provenance,
        expected: impl Into<String>,
        actual: impl Into<String>,
    ) -> Self {
        let (expected, actual) = (expected.into(), actual.into());
        let message = format!("expected {expected}, got {actual}");
        Self {
            check,
            source,
            severity: severity(source),
            expected,
            actual,
            message,
            details: Vec::new(),
            record: None,
            operation: None,
            schema_rule: None,
            null_member: None,
            member: None,
            written_as: None,
            not_compared: false,
        }
    }

    /// Returns the same finding with another source, and with the severity that follows from it.
    #[must_use]
    pub(super) fn with_source(mut self, source: Provenance) -> Self {
        self.source = source;
        self.severity = severity(source);
        self
    }

    /// Returns the index of the exchange that it is about, if that is not the one under test.
    pub fn record(&self) -> Option<usize> {
        self.record
    }

    /// Returns the operation that was called, if it may not be that of the request under test.
    pub fn operation(&self) -> Option<&Arc<str>> {
        self.operation.as_ref()
    }

    /// Returns the location of the rule of the document's schemas that a body breaks, if several schemas share it.
    pub fn schema_rule(&self) -> Option<&str> {
        self.schema_rule.as_deref()
    }

    /// Returns the name of the member of a body that is `null` and must not be.
    pub fn null_member(&self) -> Option<&str> {
        self.null_member.as_deref()
    }

    /// Returns the name of the member of a body that breaks a schema.
    pub fn member(&self) -> Option<&str> {
        self.member.as_deref()
    }

    /// Returns the other type in which a value is written that the schema means.
    pub fn written_as(&self) -> Option<WrittenAs> {
        self.written_as
    }

    /// Sets the place in a body that breaks a schema, a JSON Pointer. Its last name that is no index is the member.
    #[must_use]
    pub(super) fn at(mut self, pointer: &str) -> Self {
        let is_name = |step: &&str| !step.is_empty() && !step.bytes().all(|byte| byte.is_ascii_digit());
        self.member = pointer.rsplit('/').find(is_name).map(Arc::from);
        self
    }

    /// Sets the rule of a schema that a body breaks.
    #[must_use]
    pub fn breaking(mut self, schema_rule: Option<&str>, null_member: Option<&str>) -> Self {
        (self.schema_rule, self.null_member) = (schema_rule.map(Arc::from), null_member.map(Arc::from));
        self
    }

    /// Returns true if nothing is known to be wrong: a part of the document is missing with which the response should be compared.
    pub fn is_not_compared(&self) -> bool {
        self.not_compared
    }

    /// Returns the same finding as a warning: it is not known that the API is at fault.
    #[must_use]
    pub fn without_blame(self) -> Self {
        self.with_source(Provenance::Inferred)
    }

    /// Returns the same finding as one about a format, which is an annotation in responses: a warning at most.
    #[must_use]
    pub(super) fn about_annotation(self, is_annotation: bool) -> Self {
        if is_annotation { self.with_source(Provenance::Standard) } else { self }
    }

    /// Applies the level that a target gives to a check; `None` if the check is off. Of a finding that combines several the
    /// parts that are off are left out.
    #[must_use]
    pub fn on_target(mut self, levels: &[CheckLevel]) -> Option<Self> {
        if levels.is_empty() {
            return Some(self);
        }
        let level = |check: &str| levels.iter().find(|level| level.check == check).map(|level| level.level);
        let is_combined = !self.details.is_empty();
        self.details.retain_mut(|detail| match on_target(detail.severity, level(&detail.check)) {
            Some(severity) => {
                detail.severity = severity;
                true
            }
            None => false,
        });
        let severity = if is_combined {
            self.details.iter().map(|detail| detail.severity).max()?
        } else {
            self.severity
        };
        self.severity = on_target(severity, level(self.check))?;
        Some(self)
    }

    /// Returns the waiver that covers it in a case on this day, if one does. A finding that combines several is waived as
    /// such, or by waivers of all its violations.
    pub fn waiver<'w>(
        &self,
        case: &str,
        waivers: &'w [Waiver],
        today: jiff::civil::Date,
    ) -> Option<&'w Waiver> {
        let waived = |check: &str| {
            let mut holding = waivers.iter().filter(|waiver| waiver.holds_on(today));
            holding.find(|waiver| waiver.matches(case, check))
        };
        let parts = self.details.iter().filter(|detail| detail.severity == Severity::Violation);
        let of_parts: Option<Vec<_>> = parts.map(|detail| waived(&detail.check)).collect();
        waived(self.check).or_else(|| of_parts?.first().copied())
    }

    /// Sets the message.
    #[must_use]
    pub fn saying(mut self, message: impl Into<String>) -> Self {
        self.message = message.into();
        self
    }

    /// Returns true if breaking the rule is a violation (and not a warning).
    pub fn is_violation(&self) -> bool {
        self.severity == Severity::Violation
    }

    /// Returns true if it is a finding of this check and this severity, or combines one.
    pub fn has(&self, check: &str, severity: Severity) -> bool {
        let is_part = |detail: &FindingDetail| detail.check == check && detail.severity == severity;
        (self.check == check && self.severity == severity) || self.details.iter().any(is_part)
    }
}

/// Deserializes what [`Serialize`] writes. The id of the check must be in the registry: an unknown one is an error.
impl<'de> Deserialize<'de> for Finding {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Written {
            check: String,
            source: Provenance,
            severity: Option<Severity>,
            expected: String,
            actual: String,
            message: String,
            #[serde(default)]
            details: Vec<FindingDetail>,
            exchange: Option<usize>,
            operation: Option<Arc<str>>,
            schema_rule: Option<Arc<str>>,
            null_member: Option<Arc<str>>,
            member: Option<Arc<str>>,
            written_as: Option<WrittenAs>,
            #[serde(default)]
            not_compared: bool,
        }
        let Written {
            check,
            source,
            severity: given,
            expected,
            actual,
            message,
            details,
            exchange: record,
            operation,
            schema_rule,
            null_member,
            member,
            written_as,
            not_compared,
        } = Written::deserialize(deserializer)?;
        let unknown = || D::Error::custom(format!("there is no check `{check}`"));
        let check = find(&check).ok_or_else(unknown)?.id;
        let severity = given.unwrap_or_else(|| severity(source));
        Ok(Self {
            check,
            source,
            severity,
            expected,
            actual,
            message,
            details,
            record,
            operation,
            schema_rule,
            null_member,
            member,
            written_as,
            not_compared,
        })
    }
}
