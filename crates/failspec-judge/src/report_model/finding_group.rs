//! Findings grouped by cause: one row for each deviation.

use std::{fmt, sync::Arc};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Findings with a common cause: the same check, the same documented rule, the same shape of the response.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FindingGroup {
    /// The id of the check.
    pub check: String,
    /// The ids of the other checks that report the same deviation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
    /// True if it is a violation in at least one of the cases.
    pub violation: bool,
    /// The operation, if the cause belongs to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// The place of the rule that the requests broke, if it belongs to several operations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// The part that the requests lacked, if several operations accept requests without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<MissingPart>,
    /// The name of the parameter that the requests were about, if several operations have it; of several parameters all names,
    /// with `, ` between them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameter: Option<String>,
    /// The kind of the fault, if several operations do the same with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// The part of the requests that the fault is in, if it is the same in all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<String>,
    /// The kind of part that the fault is in, if that in the other kind is another cause.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<FaultPlace>,
    /// The words that the server has for all of these errors, if they are the same for several faults.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said: Option<String>,
    /// The kinds of faults of the requests under test, the most frequent first, if there are several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<FaultCount>,
    /// The expected value.
    pub expected: String,
    /// The observed value.
    pub actual: String,
    /// Number of cases whose request under test shows it, and of operations of which another request does: a control that many
    /// cases have in common counts once.
    pub cases: usize,
    /// Number of recorded exchanges that show it; 0 if it was found in a run.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub exchanges: u64,
    /// The names of the cases, in their order.
    #[serde(default)]
    pub case_names: Vec<Arc<str>>,
    /// The operations that were called, in the order of the cases.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub operations: Vec<Arc<str>>,
    /// The case with the shortest request that shows it.
    pub example: String,
    /// The finding in the example, in one sentence.
    pub message: String,
    /// The further findings of the example about the same deviation, each in one sentence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<String>,
    /// The exchange of the example that shows it, by its index in the report of the case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exchange: Option<usize>,
    /// The response in that exchange.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<ResponseExcerpt>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// The kind of part of a request that a fault is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FaultPlace {
    /// A parameter of the path, the query, the headers or the cookies.
    Parameter,
    /// The body.
    Body,
}

impl fmt::Display for FaultPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Parameter => "in a parameter",
            Self::Body => "in a body",
        })
    }
}

/// A kind of fault, and the number of cases with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FaultCount {
    /// The kind of fault: `below_minimum`.
    pub kind: Arc<str>,
    /// The number of cases.
    pub cases: usize,
}

impl fmt::Display for FaultCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.cases, self.kind.replace('_', " "))
    }
}

/// The beginning of a response.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ResponseExcerpt {
    /// The HTTP status.
    pub status: u16,
    /// The beginning of the body, at most 200 characters; empty if there is none, or if the report leaves bodies out.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub body: String,
}

/// A required part that a request lacks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MissingPart {
    /// The body.
    Body,
    /// A query parameter.
    Query(String),
    /// A header.
    Header(String),
}

impl fmt::Display for MissingPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Body => f.write_str("without the required body"),
            Self::Query(name) => write!(f, "without the required query parameter {name}"),
            Self::Header(name) => write!(f, "without the required header {name}"),
        }
    }
}

impl FindingGroup {
    /// Returns how often it was found: in how many recorded exchanges, or else in how many cases.
    pub fn times(&self) -> u64 {
        if self.exchanges > 0 { self.exchanges } else { self.cases as u64 }
    }

    /// Returns the operation, rule, missing part, parameter, fault or words that it belongs to, in words; `None` for the API as a whole.
    pub fn subject(&self) -> Option<String> {
        let missing = || self.missing.as_ref().map(ToString::to_string);
        let parameter = || {
            let name = self.parameter.as_ref()?;
            let parameters = if name.contains(", ") { "parameters" } else { "parameter" };
            Some(format!("the {parameters} {name}"))
        };
        let fault = || {
            let kind = self.fault.as_ref()?.replace('_', " ");
            Some(match (&self.part, self.place) {
                (Some(part), _) => format!("the fault \"{kind}\" of {part}"),
                (None, Some(place)) => format!("the fault \"{kind}\" {place}"),
                (None, None) => format!("the fault \"{kind}\""),
            })
        };
        let said = || self.said.as_ref().map(|said| format!("errors that say \"{said}\""));
        let with = || self.part.as_ref().map(|part| format!("requests with {part}"));
        let operation = || self.operation.clone().or_else(|| self.rule.clone());
        operation().or_else(missing).or_else(parameter).or_else(fault).or_else(said).or_else(with)
    }

    /// Returns true if a finding of a check in a case is one of the group.
    pub fn has(&self, case: &str, check: &str) -> bool {
        (self.check == check || self.also.iter().any(|also| also == check))
            && self.case_names.iter().any(|name| **name == *case)
    }
}
