//! What happened in one case, as far as checks look at it.

use std::sync::Arc;

use crate::{
    http::Exchange,
    pack::{Pointer, Provenance, Schema},
};

use super::{declaration::Against, view::Pick};

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
    /// The scenario's own request, which must now succeed.
    Again,
    /// The request whose response must be the same.
    Comparison,
    /// Removing what was made.
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
            Self::Again => "request again, after what the documentation advises",
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
    /// What was sent and what came of it.
    pub exchange: Exchange,
}

/// What a response is expected to be besides the contract, with all holes filled.
#[derive(Debug, Clone, Default)]
pub struct Expected {
    /// Parts of the body.
    pub body: Vec<(Pointer, Arc<Schema>)>,
    /// The same, as our own reading.
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
    /// What is expected besides the contract.
    pub expected: Expected,
    /// The OpenAPI document that responses are held against besides.
    pub against: Option<Against>,
    /// What the twin's response must be the same as, and where that is from.
    pub indistinguishable_source: Option<Provenance>,
    /// Values that are this case's own (`${unique}`, `${uuid}`) and so may differ between two responses.
    pub own_values: Vec<String>,
}

impl Observed {
    /// The records of one phase.
    pub fn of(&self, phase: Phase) -> impl Iterator<Item = &Record> {
        self.records.iter().filter(move |record| record.phase == phase)
    }
}
