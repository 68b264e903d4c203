//! Optional parts of an API, and whether a product has them.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::RunFinding;

/// An optional part of the API, and what the run learned about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FeatureReport {
    /// Its name in the contract.
    pub name: String,
    /// The abilities of a product with it.
    pub about: String,
    /// The failures that belong to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<String>,
    /// The declaration of the target: true if the product has it, false if not; absent if it says nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declared: Option<bool>,
    /// The result of the probe.
    pub presence: Presence,
    /// The method, the path and the role of the probe, if one was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probe: Option<String>,
    /// The response to it, or the reason why none was sent, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<String>,
}

/// The presence of a feature in a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// The product has it.
    Present,
    /// The probe told nothing: the cases of the feature count as if the product had it.
    Unclear,
    /// The product does not have it: its cases are not applicable.
    Absent,
}

impl FeatureReport {
    /// Returns true if the product does not have it.
    pub fn is_absent(&self) -> bool {
        self.presence == Presence::Absent
    }

    /// Returns the reason why what belongs to it is not applicable, if the product does not have it.
    pub fn why_not_applicable(&self) -> Option<String> {
        self.is_absent().then(|| {
            let probe = self.probe.as_deref().unwrap_or("its probe");
            let response = self.response.as_deref().unwrap_or("a response that tells so");
            format!("the product does not have the feature {} ({probe} got {response})", self.name)
        })
    }
}

impl fmt::Display for FeatureReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let presence = match self.presence {
            Presence::Present => "present",
            Presence::Unclear => "unclear, so its cases count",
            Presence::Absent => "absent, so its cases are not applicable",
        };
        write!(f, "{}: {presence}", self.name)?;
        if let Some(declared) = self.declared {
            write!(f, ", declared as {}", if declared { "present" } else { "absent" })?;
        }
        match (&self.probe, &self.response) {
            (Some(probe), Some(response)) => write!(f, " ({probe} got {response})"),
            (None, Some(response)) => write!(f, " ({response})"),
            _ => Ok(()),
        }
    }
}

/// Returns a finding for each feature that the target declares absent, and that the product responds for all the same:
/// otherwise a product could be excused from failures that its clients meet.
pub fn disclaimed_features(features: &[FeatureReport]) -> Vec<RunFinding> {
    let disclaimed =
        |feature: &&FeatureReport| feature.declared == Some(false) && feature.presence == Presence::Present;
    let finding = |feature: &FeatureReport| {
        let probe = feature.probe.as_deref().unwrap_or("its probe");
        let response = feature.response.as_deref().unwrap_or("a success");
        RunFinding {
            check: "disclaimed-feature".to_owned(),
            message: format!(
                "the target says that the product does not have the feature {}, but {probe} got {response}",
                feature.name
            ),
            cases: Vec::new(),
            violation: true,
        }
    };
    features.iter().filter(disclaimed).map(finding).collect()
}
