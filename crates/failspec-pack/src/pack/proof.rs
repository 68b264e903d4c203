//! The evidence that the fault of a scenario, and nothing else, triggers the failure.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Control, Failure, Scenario, StatusPattern};

/// The reason why a scenario proves nothing, whatever the API responds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProofGap {
    /// It has neither a control nor a reason for having none.
    NoControl,
    /// Its control, which has no fault, expects the failure under test, or its status and nothing else.
    ControlExpectsFailure,
}

impl Scenario {
    /// Returns why the scenario proves nothing; `None` if its control can show what triggered the failure, or if it
    /// says why there is no control. `failure` is the failure under test.
    pub fn proof_gap(&self, failure: &Failure) -> Option<ProofGap> {
        let control = match &self.control {
            Control::Missing => return Some(ProofGap::NoControl),
            Control::Impossible(_) => return None,
            Control::Flow(control) => control.expected(),
        };
        let has_its_status = |pattern: &StatusPattern| {
            (100..600).any(|status| pattern.matches(status) && failure.allows_status(status))
        };
        let expects_it = match control.failure {
            Some(index) => Some(index) == self.failure,
            None => control.body.is_empty() && control.status.iter().any(has_its_status),
        };
        expects_it.then_some(ProofGap::ControlExpectsFailure)
    }
}
