//! The report of one case. Secrets are masked before it is built.

use std::{fmt, sync::Arc};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::check::{Finding, Phase};
use failspec_pack::pack::{Contract, Failure, Provenance, Retry, StatusPattern, show_statuses};

use super::{
    Observation, Obstacle, Outcome, Reason, RecordedCase, RequestReport, Rerun,
    finding_rows::UNDECLARED_RESTRICTION,
};

/// One case: one scenario, or one row of it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct CaseReport {
    /// Its position in the plan of the whole run, over all shards, from 0.
    pub index: usize,
    /// `pack::failure::scenario[::row]`.
    pub name: Arc<str>,
    // Shared with other cases: one text for all of them.
    /// The pack.
    pub pack: Arc<str>,
    /// The failure under test.
    pub failure: Arc<str>,
    /// The cause under test.
    pub cause: Option<String>,
    /// The tags of the scenario and of its failure, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// The operation of the contract's OpenAPI document that the request under test calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<Arc<str>>,
    /// The outcome.
    pub outcome: Outcome,
    /// The reason of the outcome, if it is neither passed nor failed.
    pub reason: Option<Reason>,
    /// The reason why it, or a request of it, was sent twice; absent otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rerun: Option<Rerun>,
    /// The source of the statement that this fault fails this way.
    pub source: Provenance,
    /// The place of the rule that the request under test breaks, if the scenario names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub documentation: Option<Arc<str>>,
    /// The name of the query, header or cookie parameter of the contract's OpenAPI document that the rule is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameter: Option<Arc<str>>,
    /// The kind of the fault, if the scenario names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<Arc<str>>,
    /// The part of the request that the fault is in, if the scenario names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<Arc<str>>,
    /// File and line of the scenario.
    pub location: ScenarioLocation,
    // Shared by all cases of the failure.
    /// The documented facts about the failure.
    pub documented: Arc<Documented>,
    /// The response under test in short.
    pub observed: Option<ObservedResponse>,
    /// The kind of response that came.
    #[serde(default)]
    pub observation: Observation,
    /// The coverage of the failure under test by the case.
    pub exercised: Exercise,
    /// The request that did not get what the case needs, if it could not be judged for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub obstacle: Option<Box<Obstacle>>,
    /// Findings about documented rules.
    pub violations: Vec<Finding>,
    /// Findings about inferred rules or rules of a standard.
    pub warnings: Vec<Finding>,
    /// Violations that a waiver covers.
    pub waived: Vec<WaivedFinding>,
    /// The comparison with the approved response.
    pub snapshot: Option<SnapshotReport>,
    /// The ids that lead to the server's own logs of the judged exchange.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logs: Option<LogReference>,
    /// The exchanges, in order.
    pub exchanges: Vec<ExchangeReport>,
    /// Resources that the teardown could not remove.
    pub left_behind: Vec<String>,
    /// The documented request ids of the responses to the request under test, masked like everything else; the whole
    /// run shows whether one was used twice.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub request_ids: Vec<Arc<str>>,
    /// Time from its first request to its last response, in milliseconds; waits included.
    pub duration_ms: u64,
    /// The exchanges of recorded traffic that it stands for; absent for a case that was run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded: Option<RecordedCase>,
}

/// The ids that lead to the server's own logs of an exchange.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LogReference {
    /// The id of the trace, which the request carried in `traceparent`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<Arc<str>>,
    /// The request id of the response: the documented one, or that of a usual header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<Arc<str>>,
    /// The address of the logs, if the target has a `log_url`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

impl fmt::Display for LogReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let request = self.request_id.iter().map(|id| format!("request id {id}"));
        let trace = self.trace_id.iter().map(|id| format!("trace {id}"));
        let parts: Vec<String> = request.chain(trace).chain(self.url.clone()).collect();
        f.write_str(&parts.join(" · "))
    }
}

/// The place of a scenario in the files of its pack. Written as `file:line`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ScenarioLocation {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
}

impl fmt::Display for ScenarioLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

impl CaseReport {
    /// Makes a judged case inconclusive: it proves nothing, for or against the API.
    pub fn withdraw(&mut self, reason: Reason) {
        self.outcome = Outcome::Inconclusive;
        self.reason = Some(reason);
        self.exercised = Exercise::No;
        self.violations.clear();
        self.warnings.clear();
        self.waived.clear();
        self.snapshot = None;
        // If all requests got the same page, they also have the same request id.
        self.request_ids.clear();
    }

    /// Makes a passed case inconclusive whose refusal may be about anything. What is wrong with the response itself stays; that it
    /// refuses what the document allows is not shown.
    pub fn leave_unproven(&mut self, reason: Reason) {
        self.outcome = Outcome::Inconclusive;
        self.reason = Some(reason);
        self.exercised = Exercise::No;
        self.warnings.retain(|warning| warning.check != UNDECLARED_RESTRICTION);
        self.snapshot = None;
    }

    /// Adds the removal, at the end of the run, of what the case has shared with others.
    pub fn torn_down(&mut self, exchanges: &[ExchangeReport], left_behind: &[String]) {
        self.left_behind.extend_from_slice(left_behind);
        // A report that leaves out the exchanges of what simply passed has none.
        if !self.exchanges.is_empty() {
            self.exchanges.extend_from_slice(exchanges);
        }
    }

    /// Returns true if it needs attention: it did not simply pass.
    pub fn is_notable(&self) -> bool {
        let differs = self.snapshot.as_ref().is_some_and(|snapshot| snapshot.state != SnapshotState::Same);
        let passed = matches!(self.outcome, Outcome::Passed | Outcome::Seen);
        !passed
            || differs
            || !self.warnings.is_empty()
            || !self.waived.is_empty()
            || !self.left_behind.is_empty()
    }
}

/// The documented facts about a failure.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Documented {
    /// Its meaning.
    pub summary: String,
    /// The HTTP status.
    pub status: Option<StatusPattern>,
    /// Other documented statuses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_statuses: Vec<StatusPattern>,
    /// The code.
    pub code: Option<Value>,
    /// The advice to clients.
    pub retry: Option<Retry>,
    /// The page that documents it.
    pub link: Option<String>,
}

impl Documented {
    /// Returns the documented facts about a failure of `contract`.
    pub fn of(failure: &Failure, contract: &Contract) -> Self {
        Self {
            summary: failure.summary.clone(),
            status: failure.statuses().first().copied(),
            other_statuses: failure.statuses().iter().skip(1).copied().collect(),
            code: failure.code().cloned(),
            retry: failure.retry,
            link: failure.documentation.clone().or_else(|| contract.documentation.clone()),
        }
    }

    /// Returns the statuses, as `HTTP 400 or 422`; empty if none is documented.
    pub fn statuses(&self) -> String {
        let all: Vec<StatusPattern> = self.status.iter().chain(&self.other_statuses).copied().collect();
        if all.is_empty() { String::new() } else { format!("HTTP {}", show_statuses(&all)) }
    }
}

/// The response under test in short.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ObservedResponse {
    /// The HTTP status.
    pub status: u16,
    /// The code.
    pub code: Option<Value>,
    /// The request id of the response.
    pub request_id: Option<Arc<str>>,
    /// Time from sending to the end of the response, in milliseconds.
    pub ms: f64,
}

/// The coverage of a failure by a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Exercise {
    /// The response was identified as that failure.
    Exercised,
    /// The response had another code that the documentation accepts.
    Alternative(String),
    /// Neither.
    No,
}

/// A violation that a waiver covers.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct WaivedFinding {
    /// The violation.
    pub finding: Finding,
    /// The reason of the waiver.
    pub reason: String,
    /// The issue that tracks it.
    pub issue: Option<String>,
    /// The last day on which the waiver is valid.
    pub expires: String,
}

/// The comparison of a response with the approved one.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct SnapshotReport {
    /// The file of the approved response.
    pub file: String,
    /// The result.
    pub state: SnapshotState,
    /// The difference, line by line with `-`, `+` or a space in front; absent if there is none.
    pub diff: Option<String>,
}

/// The result of a comparison with an approved response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SnapshotState {
    /// The same.
    Same,
    /// Different.
    Changed,
    /// There is no approved response yet.
    New,
    /// The new response was approved by this run (`--snapshots update`).
    Updated,
}

/// One exchange.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ExchangeReport {
    /// The part of the case that it belongs to.
    pub phase: Phase,
    /// The role whose credentials were sent.
    pub role: Option<String>,
    /// The request.
    pub request: RequestReport,
    /// The response.
    pub response: Option<ResponseReport>,
    /// The reason why there is no response that could be judged.
    pub error: Option<String>,
    /// Time from sending to the end of the response, in milliseconds.
    pub ms: f64,
    /// The case in whose report the same exchange stands, if it was sent once for several cases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub same_as: Option<Arc<str>>,
    /// The id of the trace, which the request carried in `traceparent`; absent if it carried none of the run's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<Arc<str>>,
}

/// A response.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
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
