//! Generated scenarios.

use failspec_pack::pack::{
    Provenance,
    writing::{
        CaptureSource, ControlSource, ScenarioExpectSource, ScenarioSource, StepSource, TriggerSource,
    },
};

use super::{fixtures::Fixtures, request_spec::RequestSpec};

/// The request without the fault, or the reason why there is none.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Control {
    Request(Box<RequestSpec>),
    None(&'static str),
}

/// The response that the request of a generated scenario must get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Goal {
    /// The failure with this id.
    Failure(String),
    /// A success.
    Success,
    /// Anything but a server error.
    NoServerError,
    /// The same, and a refusal is a warning: the document allows the request.
    Accepted,
}

/// The question that a generated scenario asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Question {
    /// A request without a fault.
    Valid,
    /// A value that the document forbids, or a part that it requires and that is missing.
    Invalid,
    /// A body that is not what its media type says.
    Malformed,
    /// A media type that the operation does not take, or does not return.
    MediaType,
    /// A resource that does not exist.
    UnknownId,
    /// A method that the path does not have.
    Method,
    /// Credentials that are missing or wrong.
    Credentials,
    /// A role that may not do what the user may.
    Access,
    /// A value that the document allows, and on which servers often break.
    Unusual,
    /// A request that only the state makes unusual: the same one twice, a name that is taken.
    State,
}

impl Question {
    /// Returns it in words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Valid => "a request without a fault",
            Self::Invalid => "a part that is missing, or has a value that the document forbids",
            Self::Malformed => "a body that is cut off",
            Self::MediaType => "a media type that is not declared",
            Self::UnknownId => "a resource that does not exist",
            Self::Method => "a method that is not declared",
            Self::Credentials => "missing or wrong credentials",
            Self::Access => "a role that may not do what `user` may",
            Self::Unusual => "a value that is allowed, and on which servers often break",
            Self::State => "the same request twice, or a name that is taken",
        }
    }
}

/// A generated scenario.
#[derive(Debug, Clone)]
pub(super) struct Scenario {
    pub name: String,
    pub question: Question,
    pub goal: Goal,
    /// The location of the rule that the request violates.
    pub rule: String,
    /// The kind of the fault, the same in other operations, and the part of the request that it is in.
    pub fault: String,
    pub part: Option<String>,
    /// True if the rejection of such a request is inferred, not documented.
    pub inferred: bool,
    pub around: Fixtures,
    pub faulty: RequestSpec,
    /// The id of what the request creates if it is not rejected, for the teardown.
    pub capture: Vec<(String, CaptureSource)>,
    pub control: Control,
    /// The values that the control captures for its own teardown.
    pub control_capture: Vec<(String, CaptureSource)>,
    /// The steps after the failure, and after a success where the refusal is optional.
    pub then: Vec<StepSource>,
}

impl Scenario {
    /// Returns its entry in a scenario file.
    pub fn source(&self) -> ScenarioSource {
        let (control, no_control) = match &self.control {
            // A request without a fault needs no control.
            _ if !matches!(self.goal, Goal::Failure(_)) => (None, None),
            Control::None(reason) => (None, Some((*reason).to_owned())),
            // If the fault is not visible in a request, there are no overrides: the control sends the same request.
            Control::Request(ask) => {
                let request = ask.overrides(&self.faulty);
                (
                    Some(Box::new(ControlSource {
                        request,
                        capture: self.control_capture.clone(),
                        ..ControlSource::default()
                    })),
                    None,
                )
            }
        };
        let (triggers, expect) = match &self.goal {
            Goal::Failure(failure) => (Some(TriggerSource::of(failure)), None),
            Goal::Success => (None, Some(ScenarioExpectSource::Success)),
            Goal::NoServerError => (None, Some(ScenarioExpectSource::NoServerError)),
            Goal::Accepted => (None, Some(ScenarioExpectSource::Accepted)),
        };
        ScenarioSource {
            triggers,
            expect,
            documentation: Some(self.rule.clone()),
            // A request without a fault has no kind.
            fault: (self.question != Question::Valid).then(|| self.fault.clone()),
            part: self.part.clone(),
            source: self.inferred.then_some(Provenance::Inferred),
            setup: self.around.setup.clone(),
            request: self.faulty.source(),
            capture: self.capture.clone(),
            control,
            no_control,
            then: self.then.clone(),
            // The resource that was created last is deleted first.
            teardown: self.around.teardown.iter().rev().cloned().collect(),
            ..ScenarioSource::default()
        }
    }
}

/// Returns a request as a step. `capture` is the name of a capture and its locations in the response.
pub(super) fn step(ask: &RequestSpec, capture: Option<(&str, CaptureSource)>) -> StepSource {
    let capture = capture.map(|(name, source)| (name.to_owned(), source));
    StepSource { request: ask.source(), capture: capture.into_iter().collect(), ..StepSource::default() }
}
