//! Everything about one case that reports show. Secrets are masked before it is built.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    check::Finding,
    pack::{Provenance, Retry},
};

use super::Outcome;

/// One case: one scenario, or one row of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CaseReport {
    /// Its place in the plan of the whole run, all shards taken together, from 0.
    pub index: usize,
    /// `pack::failure::scenario[::row]`.
    pub name: Arc<str>,
    // As all that many cases have in common: one text for all of them.
    /// The pack.
    pub pack: Arc<str>,
    /// The failure under test.
    pub failure: Arc<str>,
    /// The cause under test.
    pub cause: Option<String>,
    /// The operation of the contract's OpenAPI document that the request under test is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<Arc<str>>,
    /// What became of it.
    pub outcome: Outcome,
    /// Why, where it is not simply passed or failed.
    pub reason: Option<String>,
    /// Where it is written that this fault fails this way.
    pub source: Provenance,
    /// Where the rule stands that the request under test breaks, if the scenario says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub documentation: Option<Arc<str>>,
    /// File and line of the scenario.
    pub location: String,
    // One for all cases of the failure.
    /// What is documented about the failure.
    pub documented: Arc<Documented>,
    /// What came back.
    pub observed: Option<ObservedResponse>,
    /// Whether the response was identified as the failure under test.
    pub exercised: Exercise,
    /// Documented rules that the response broke.
    pub violations: Vec<Finding>,
    /// Rules of ours or of a standard that it broke.
    pub warnings: Vec<Finding>,
    /// Violations that a waiver covers.
    pub waived: Vec<WaivedFinding>,
    /// How it compares with the approved response.
    pub snapshot: Option<SnapshotReport>,
    /// What was sent and received, in order.
    pub exchanges: Vec<ExchangeReport>,
    /// What the teardown could not remove.
    pub left_behind: Vec<String>,
    /// The documented request ids of the responses to the request under test, masked like all else; only a whole run
    /// can tell whether one was given twice.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub request_ids: Vec<Arc<str>>,
    /// From its first request to its last response, in milliseconds; waits included.
    pub duration_ms: u64,
}

impl CaseReport {
    /// Whether there is more to say of it than that it passed.
    pub fn is_notable(&self) -> bool {
        let differs = self.snapshot.as_ref().is_some_and(|snapshot| snapshot.state != SnapshotState::Same);
        let passed = self.outcome == Outcome::Passed;
        !passed
            || differs
            || !self.warnings.is_empty()
            || !self.waived.is_empty()
            || !self.left_behind.is_empty()
    }
}

/// What is documented about a failure.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Documented {
    /// What it means.
    pub summary: String,
    /// The HTTP status.
    pub status: Option<u16>,
    /// Others that will do as well.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_statuses: Vec<u16>,
    /// The code.
    pub code: Option<Value>,
    /// What a client should do.
    pub retry: Option<Retry>,
    /// Where it is documented.
    pub link: Option<String>,
}

impl Documented {
    /// The statuses, as `HTTP 400 or 422`; nothing if none is documented.
    pub fn statuses(&self) -> String {
        let all: Vec<String> =
            self.status.iter().chain(&self.other_statuses).map(ToString::to_string).collect();
        if all.is_empty() { String::new() } else { format!("HTTP {}", all.join(" or ")) }
    }
}

/// The response under test in short.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ObservedResponse {
    /// The HTTP status.
    pub status: u16,
    /// The code.
    pub code: Option<Value>,
    /// The request id, as the API told it.
    pub request_id: Option<Arc<str>>,
    /// From sending to the end of the response, in milliseconds.
    pub ms: f64,
}

/// Whether a case exercised its failure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Exercise {
    /// It was answered and identified as that failure.
    Exercised,
    /// It was answered with another code that the documentation accepts.
    Alternative(String),
    /// Neither.
    No,
}

/// A violation that a waiver covers.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct WaivedFinding {
    /// The violation.
    pub finding: Finding,
    /// Why it is known.
    pub reason: String,
    /// Where it is tracked.
    pub issue: Option<String>,
    /// The last day on which the waiver holds.
    pub expires: String,
}

/// How a response compares with the approved one.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SnapshotReport {
    /// The file of the approved response.
    pub file: String,
    /// What became of the comparison.
    pub state: SnapshotState,
    /// The difference, line by line with `-`, `+` and space in front, where there is one.
    pub diff: Option<String>,
}

/// What became of a comparison with an approved response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum SnapshotState {
    /// The same.
    Same,
    /// Different.
    Changed,
    /// No response was approved yet.
    New,
    /// The new response was approved by this run (`--snapshots update`).
    Updated,
}

/// One exchange as reports show it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ExchangeReport {
    /// Which part of the case it belongs to.
    pub phase: String,
    /// The role whose credentials were sent.
    pub role: Option<String>,
    /// What was sent.
    pub request: RequestReport,
    /// What came back.
    pub response: Option<ResponseReport>,
    /// Why nothing came back that could be judged.
    pub error: Option<String>,
    /// From sending to the end of the response, in milliseconds.
    pub ms: f64,
}

/// A request as reports show it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RequestReport {
    /// The method.
    pub method: String,
    /// The URL.
    pub url: String,
    /// Headers in order.
    pub headers: Vec<(String, String)>,
    /// The body; length and digest where it was generated.
    pub body: Option<String>,
    /// A command line that sends it, with placeholders for credentials.
    pub curl: String,
}

/// A response as reports show it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ResponseReport {
    /// The HTTP status.
    pub status: u16,
    /// Headers in order.
    pub headers: Vec<(String, String)>,
    /// The body as text, cut after 64 KiB.
    pub body: String,
    /// The length of the body in bytes.
    pub length: u64,
}
