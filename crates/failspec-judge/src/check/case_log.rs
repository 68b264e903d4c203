//! What happened in one case, as far as checks look at it.

use std::sync::Arc;

use failspec_base::message::Exchange;
use failspec_pack::pack::{Pointer, Provenance, Schema};

use super::{openapi_context::OpenApiContext, response_view::Pick};

/// Which part of a case an exchange belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Before the control's request.
    ControlSetup,
    /// The request without the fault.
    Control,
    /// After the control.
    ControlTeardown,
    /// Before the request under test.
    Setup,
    /// The request under test.
    Request,
    /// The request under test once more, unchanged.
    Repeat,
    /// After the failure.
    Then,
    /// The request of the scenario, resent, which must now succeed.
    Again,
    /// The comparison request, which must get the same response.
    Comparison,
    /// Removing created resources.
    Teardown,
}

impl Phase {
    /// The phase in words.
    pub fn name(self) -> &'static str {
        match self {
            Self::ControlSetup => "setup of the control",
            Self::Control => "control",
            Self::ControlTeardown => "teardown of the control",
            Self::Setup => "setup",
            Self::Request => "request",
            Self::Repeat => "same request again",
            Self::Then => "then",
            Self::Again => "request resent as the documentation advises",
            Self::Comparison => "comparison request",
            Self::Teardown => "teardown",
        }
    }
}

/// One exchange of a case.
#[derive(Debug, Clone)]
pub struct Record {
    /// Which part it belongs to.
    pub phase: Phase,
    /// The role whose credentials were sent.
    pub role: Option<String>,
    /// The request and its result.
    pub exchange: Exchange,
}

/// What is expected of a response in addition to the contract, with all placeholders filled.
#[derive(Debug, Clone, Default)]
pub struct Expected {
    /// Parts of the body.
    pub body: Vec<(Pointer, Arc<Schema>)>,
    /// The same, inferred.
    pub body_inferred: Vec<(Pointer, Arc<Schema>)>,
}

/// Everything that happened in one case.
#[derive(Debug, Default)]
pub struct Observed {
    /// The exchanges, in order.
    pub records: Vec<Record>,
    /// Which of them is judged.
    pub judged: usize,
    /// The one in which the control, which has no fault, got the failure under test.
    pub control_failed: Option<usize>,
    /// Which item of its response is judged.
    pub pick: Option<Pick>,
    /// What is expected in addition to the contract.
    pub expected: Expected,
    /// The OpenAPI document that responses are also checked against.
    pub against: Option<OpenApiContext>,
    /// The source of the rule that the comparison request must get the same response.
    pub indistinguishable_source: Option<Provenance>,
    /// Values of this case only (`${unique}`, `${uuid}`), which may differ between two responses.
    pub own_values: Vec<String>,
}

impl Observed {
    /// The records of one phase.
    pub fn of(&self, phase: Phase) -> impl Iterator<Item = &Record> {
        self.records.iter().filter(move |record| record.phase == phase)
    }
}
