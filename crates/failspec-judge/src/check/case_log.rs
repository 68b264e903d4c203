//! The log of one case, as checks use it.

use std::{
    collections::BTreeSet,
    sync::{Arc, OnceLock},
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use failspec_base::message::Exchange;
use failspec_pack::pack::{Pointer, Provenance, RequestPart, Schema};

use crate::report_model::Rerun;

use super::{identification::Identity, openapi_context::OpenApiContext, response_view::Pick};

/// The part of a case that an exchange belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
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
    /// The request that was accepted, and whose job is asked for; the response that the job has ended is under test.
    Start,
    /// A request that was sent at the same time as the one under test.
    Concurrent,
    /// The request under test once more, unchanged.
    Repeat,
    /// After the failure.
    Then,
    /// The request of the scenario, resent, which must now succeed.
    Resend,
    /// The comparison request, which must get the same response.
    Comparison,
    /// Removing created resources.
    Teardown,
}

impl Phase {
    /// Returns true for a teardown, also for that of the control.
    pub fn is_teardown(self) -> bool {
        matches!(self, Self::ControlTeardown | Self::Teardown)
    }

    /// Returns true for the requests of the control, with its setup and its teardown.
    pub fn is_of_control(self) -> bool {
        matches!(self, Self::ControlSetup | Self::Control | Self::ControlTeardown)
    }

    /// Returns the phase in words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ControlSetup => "setup of the control",
            Self::Control => "control",
            Self::ControlTeardown => "teardown of the control",
            Self::Setup => "setup",
            Self::Request => "request",
            Self::Start => "request that starts the job",
            Self::Concurrent => "request at the same time",
            Self::Repeat => "repeated request",
            Self::Then => "then",
            Self::Resend => "resent request",
            Self::Comparison => "comparison request",
            Self::Teardown => "teardown",
        }
    }
}

/// One exchange of a case.
#[derive(Debug, Clone)]
pub struct Record {
    /// The part of the case that it belongs to.
    pub phase: Phase,
    /// The role of the credentials that were sent.
    pub role: Option<String>,
    /// The request and its result.
    pub exchange: Exchange,
    /// The reason why it was sent more than once, if it was; its exchange is the last one.
    pub rerun: Option<Rerun>,
    /// The optional members without which the same request was refused, if it was.
    pub completed: Option<Box<CompletedBody>>,
    /// The case whose exchange it is, if it was sent once for several.
    pub same_as: Option<Arc<str>>,
}

impl Record {
    /// Returns the record for a case that did not send it itself: what happened on the way is told once.
    #[must_use]
    pub fn as_shared(&self) -> Self {
        Self { rerun: None, completed: None, ..self.clone() }
    }
}

/// A body that lacked nothing by its OpenAPI document, and was accepted only with more members, or with fewer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompletedBody {
    /// The operation: `POST /pets`.
    pub operation: String,
    /// The members that were added.
    pub members: Vec<String>,
    /// The members whose values were replaced, each with the new value for people.
    pub values: Vec<(String, String)>,
    /// The optional members of the document's own example that were left out, each with its value for people.
    pub removed: Vec<(String, String)>,
    /// True if the author's own example was accepted in its place, which the schema of the body forbids.
    pub by_example: bool,
    /// The response of the API before that, in words.
    pub refusal: String,
    /// True if that was an error of the server.
    pub broke: bool,
}

/// Expectations for a response in addition to the contract, with all placeholders replaced.
#[derive(Debug, Clone, Default)]
pub struct Expected {
    /// Expectations for parts of the body.
    pub body: Vec<(Pointer, Arc<Schema>)>,
    /// Inferred expectations for parts of the body.
    pub body_inferred: Vec<(Pointer, Arc<Schema>)>,
}

/// The result of a resent request whose step says explicitly which response it expects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResendResult {
    /// Index of its record.
    pub record: usize,
    /// The difference from the expectation, in words; `None` if everything is.
    pub unmet: Option<String>,
}

/// The results of requests that were sent at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SentAtOnce {
    /// The number of requests.
    pub sent: usize,
    /// The number of those that succeeded.
    pub succeeded: usize,
    /// The number of those that must succeed.
    pub wanted: usize,
}

/// The difference of a response from what a scenario without a fault expects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UnmetSuccess {
    /// The server broke, with this status.
    ServerError(u16),
    /// It is not the success that is expected, in words.
    NoSuccess(String),
}

/// The log of one case: everything that happened in it.
#[derive(Debug, Default)]
pub struct Observed {
    /// The exchanges, in order.
    pub records: Vec<Record>,
    /// Index of the record that is judged.
    pub judged: usize,
    /// The identification of the judged response, once it was needed; it is made once.
    pub identity: OnceLock<Identity>,
    /// Index of the record in which the control, which has no fault, got the failure under test.
    pub control_failed: Option<usize>,
    /// The difference of the response from what a scenario without a fault expects.
    pub unmet_success: Option<UnmetSuccess>,
    /// True if the API closed the connection on the request under test, in both runs of the case, although the request
    /// was written whole and the control succeeded.
    pub closed_twice: bool,
    /// True if the control expected, and got, the failure under test: then the scenario proves nothing.
    pub control_expected_failure: bool,
    /// The unmet expectations of steps after the failure, in words.
    pub after_failure: Vec<String>,
    /// The results of resent requests whose step says what it expects; without that, a success is expected.
    pub resends: Vec<ResendResult>,
    /// The parts of the request that its fault is in, if the failure under test documents that it names them.
    pub faulty_parts: BTreeSet<RequestPart>,
    /// The requests that were sent at once, if there were several.
    pub concurrent: Option<SentAtOnce>,
    /// The item of the response that is judged.
    pub pick: Option<Pick>,
    /// Expectations in addition to the contract.
    pub expected: Expected,
    /// The OpenAPI document that responses are also checked against.
    pub against: Option<OpenApiContext>,
    /// The source of the rule that the comparison request must get the same response.
    pub indistinguishable_source: Option<Provenance>,
    /// Index of the record of a removal that is refused whenever the run sends it, if this case is to tell that.
    pub refused_removal: Option<usize>,
    /// Values of this case only (`${unique}`, `${uuid}`), which may differ between two responses.
    pub own_values: Vec<String>,
}

impl Observed {
    /// Returns the records of one phase.
    pub fn of(&self, phase: Phase) -> impl Iterator<Item = &Record> {
        self.records.iter().filter(move |record| record.phase == phase)
    }
}
