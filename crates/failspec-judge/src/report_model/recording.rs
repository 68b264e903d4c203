//! Recorded traffic in a report: what was seen in it, what was not, and what was not judged.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{NotCovered, RunReport, State};

/// Recorded traffic that was judged. Nothing was sent, and no request has a control: what it holds was *seen*, and is
/// never exercised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RecordingReport {
    /// The pack by whose contract it was judged.
    pub pack: String,
    /// The files, or the address of the proxy.
    pub sources: Vec<String>,
    /// The base URLs of the target; only requests to them are judged.
    pub urls: Vec<String>,
    /// Number of recorded exchanges.
    pub exchanges: u64,
    /// Number of them that belong to the target and have a response that was judged.
    pub judged: u64,
    /// Number of judged responses that are successes.
    pub successes: u64,
    /// Number of judged responses that are failures, documented or not.
    pub failures: u64,
    /// The exchanges that were not judged, or only in part, by reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_judged: Vec<NotJudged>,
    /// The documented failures, in the order of the contract.
    pub documented: Vec<SeenFailure>,
    /// Failures that the contract does not list, the most frequent first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub undocumented: Vec<SeenUndocumented>,
    /// The share of documented failures that must have been seen, in percent, if one was required.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_coverage: Option<u8>,
}

/// Exchanges of a recording that were not judged for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NotJudged {
    /// The reason.
    #[serde(flatten)]
    pub reason: NotJudgedReason,
    /// Number of exchanges.
    pub exchanges: u64,
}

/// The reason why an exchange of a recording was not judged, or only in part.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum NotJudgedReason {
    /// The request went to another host.
    OtherHost {
        /// The host, with its port if that is not the usual one.
        host: String,
    },
    /// The request went to one of the hosts that are too many to be listed.
    OtherHosts,
    /// The request went to the host of the target, and not below its path.
    OtherPath,
    /// There is no response: the request was aborted, or blocked by the client.
    NoResponse,
    /// The response is one to a CORS preflight, which the API's server or its proxy gives.
    Preflight,
    /// The client took the response from its cache, or it is HTTP 304.
    Cached,
    /// The connection became a WebSocket or another protocol.
    Upgraded,
    /// The response is an interim one (1xx).
    Interim,
    /// The response comes from a proxy, a gateway or a login in front of the API.
    Intermediary,
    /// The recording has no body of the response; only status and headers were looked at.
    NoBody,
    /// The recording has only a part of the body; only status and headers were looked at.
    Truncated,
    /// The body was too large to be kept for judging.
    TooLarge,
    /// The body is compressed in a way that is not read here.
    Encoded,
    /// The response is no documented failure, and neither the contract nor its OpenAPI document names the operation: it may
    /// be no part of the API.
    UnknownOperation,
    /// The checks of the response would take more steps than a case may take.
    TooCostly,
    /// The status, the method or the URL is none of HTTP.
    NotHttp,
    /// More different findings than a report lists.
    TooManyFindings,
    /// Its request id was not compared with others: there are more than are kept.
    RequestIdNotCompared,
}

impl fmt::Display for NotJudgedReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OtherHost { host } => return write!(f, "to another host: {host}"),
            Self::OtherHosts => "to further hosts",
            Self::OtherPath => "to the host of the target, but not below its path",
            Self::NoResponse => "without a response",
            Self::Preflight => "CORS preflight",
            Self::Cached => "from the cache of the client",
            Self::Upgraded => "WebSocket or another protocol",
            Self::Interim => "interim response (1xx)",
            Self::Intermediary => "from a proxy, a gateway or a login in front of the API",
            Self::NoBody => "no response body in the recording: only status and headers were judged",
            Self::Truncated => "response body cut in the recording: only status and headers were judged",
            Self::TooLarge => "response body too large to be judged",
            Self::Encoded => "response body in a content coding that is not read here",
            Self::UnknownOperation => {
                "no documented failure, to an operation that neither the contract nor its OpenAPI document names"
            }
            Self::TooCostly => "the checks would take too many steps",
            Self::NotHttp => "status, method or URL is none of HTTP",
            Self::TooManyFindings => "more different findings than a report lists",
            Self::RequestIdNotCompared => "request id not compared: more than are kept",
        })
    }
}

/// A documented failure in a recording.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SeenFailure {
    /// Its id.
    pub failure: String,
    /// Number of responses that were identified as it; 0 if it was never seen.
    pub exchanges: u64,
    /// The codes of these responses, each with its number.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub codes: Vec<SeenCode>,
    /// The operations that returned it, each with its number.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub operations: Vec<SeenOperation>,
    /// The shortest request that got it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub example: Option<RecordedExample>,
}

/// A failure in a recording that the contract does not list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SeenUndocumented {
    /// The HTTP status.
    pub status: u16,
    /// The code, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Number of responses.
    pub exchanges: u64,
    /// The operations that returned it, each with its number.
    pub operations: Vec<SeenOperation>,
    /// The shortest request that got it.
    pub example: RecordedExample,
}

/// A code in a recording.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SeenCode {
    /// The code.
    pub code: String,
    /// Number of responses.
    pub exchanges: u64,
}

/// An operation in a recording.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SeenOperation {
    /// Method and path.
    pub operation: String,
    /// Number of responses.
    pub exchanges: u64,
}

/// A recorded exchange that is named as an example.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RecordedExample {
    /// Method and URL of the request, with secrets masked.
    pub request: String,
    /// Its place in the recording.
    #[serde(flatten)]
    pub place: RecordedPlace,
}

/// The place of an exchange in a recording.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RecordedPlace {
    /// The file, or the address of the proxy.
    pub source: String,
    /// The number of the exchange in it, from 1.
    pub entry: u64,
}

impl fmt::Display for RecordedPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, entry {}", self.source, self.entry)
    }
}

/// The exchanges of a recording that a case stands for: all with the same findings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RecordedCase {
    /// Number of exchanges.
    pub exchanges: u64,
    /// The place of the one that the case shows: that with the shortest request.
    #[serde(flatten)]
    pub place: RecordedPlace,
}

impl RecordingReport {
    /// Returns the number of documented failures that were seen.
    pub fn seen(&self) -> usize {
        self.documented.iter().filter(|failure| failure.exchanges > 0).count()
    }

    /// Returns the state of a documented failure that was seen so often: it is never exercised.
    pub fn state(exchanges: u64) -> State {
        State::Missing(match exchanges {
            0 => NotCovered::NotSeen,
            exchanges => NotCovered::Seen { exchanges },
        })
    }

    /// Returns true if fewer documented failures were seen than are required.
    pub fn is_below_min_coverage(&self) -> bool {
        let Some(required) = self.min_coverage else { return false };
        // No documented failure at all is nothing that could have been seen.
        self.seen() * 100 < usize::from(required) * self.documented.len()
    }
}

impl RunReport {
    /// Returns true if it is the report of recorded traffic alone: nothing was sent.
    pub fn is_observation(&self) -> bool {
        !self.recordings.is_empty() && self.cases.iter().all(|case| case.recorded.is_some())
    }
}
