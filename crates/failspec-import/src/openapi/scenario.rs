//! Generated scenarios.

use failspec_pack::pack::{
    Part, Pointer, Provenance,
    source::{CaptureSource, ControlSource, ScenarioSource, StepSource, TriggerSource},
};

use super::{fixtures::Fixtures, request_spec::RequestSpec};

/// The request without the fault, or the reason why there is none.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Control {
    Request(Box<RequestSpec>),
    None(&'static str),
}

/// A generated scenario.
#[derive(Debug, Clone)]
pub(super) struct Scenario {
    pub name: String,
    /// The id of the failure that it triggers.
    pub failure: String,
    /// The location of the rule that the request violates.
    pub rule: String,
    /// True if the rejection of such a request is inferred, not documented.
    pub inferred: bool,
    pub around: Fixtures,
    pub faulty: RequestSpec,
    pub control: Control,
}

impl Scenario {
    /// Returns its entry in a scenario file.
    pub fn source(&self) -> ScenarioSource {
        let (control, no_control) = match &self.control {
            Control::None(reason) => (None, Some((*reason).to_owned())),
            // If the fault is not visible in a request, there are no overrides: the control sends the same request.
            Control::Request(ask) => {
                let request = ask.overrides(&self.faulty);
                (Some(Box::new(ControlSource { request, ..ControlSource::default() })), None)
            }
        };
        ScenarioSource {
            triggers: Some(TriggerSource::of(&self.failure)),
            documentation: Some(self.rule.clone()),
            source: self.inferred.then_some(Provenance::Inferred),
            setup: self.around.setup.clone(),
            request: self.faulty.source(),
            control,
            no_control,
            // The resource that was created last is deleted first.
            teardown: self.around.teardown.iter().rev().cloned().collect(),
            ..ScenarioSource::default()
        }
    }
}

/// Returns a request as a step. `capture` is the name of a capture and its location in the response.
pub(super) fn step(ask: &RequestSpec, capture: Option<(&str, Pointer)>) -> StepSource {
    let capture = capture
        .map(|(name, pointer)| (name.to_owned(), CaptureSource { part: Part::Body(pointer), secret: false }));
    StepSource { request: ask.source(), capture: capture.into_iter().collect(), ..StepSource::default() }
}
