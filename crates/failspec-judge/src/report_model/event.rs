//! The events of a run, and its report.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use failspec_pack::{
    pack::{Contract, Files, Origins, Pack, case_count, label},
    target_config::{CheckLevel, Level, Target},
};

use super::{
    CaseReport, Coverage, ExchangeReport, FeatureReport, FindingGroup, MissingRequirement, OperationAccess,
    OperationCoverage, Reason, RecordingReport, RunFinding, Shard, ShardReport, Summary, TestEnvironment,
    Undecided, Verdict, WaiverReport,
};

/// An event of a run.
#[derive(Debug, Clone, Copy)]
pub enum Event<'a> {
    /// The run has started.
    Started(&'a RunHeader),
    /// A case begins: its index and its name. One that is skipped does not begin, and one that runs again begins once.
    CaseStarted {
        /// The index of the case.
        index: usize,
        /// The name of the case.
        name: &'a str,
    },
    /// A case has finished. Cases finish in any order; their `index` is their position in the plan.
    CaseFinished(&'a CaseReport),
    /// A case that has finished proves nothing after all: see [`CaseReport::withdraw`].
    CaseWithdrawn {
        /// The index of the case.
        index: usize,
        /// The reason.
        reason: &'a Reason,
    },
    /// The things that a case has shared with others were removed, at the end of the run: see [`CaseReport::torn_down`].
    CaseTornDown {
        /// The index of the case.
        index: usize,
        /// The requests that removed it.
        exchanges: &'a [ExchangeReport],
        /// The things that could not be removed, one line each.
        left_behind: &'a [String],
    },
    /// A pack has finished. Packs finish in the order of the header, after the last case of the run.
    PackFinished(&'a PackEnd),
    /// The run has finished: the last event.
    Finished(&'a RunEnd),
    /// A message for the person who waits.
    Notice(&'a str),
}

/// The result of one pack, besides its cases.
#[derive(Debug, Clone)]
pub struct PackEnd {
    /// Its part of the report.
    pub report: PackReport,
    /// The reason why nothing could be judged, if nothing could.
    pub diagnosis: Option<String>,
    /// Findings that concern the pack as a whole.
    pub findings: Vec<RunFinding>,
}

/// The facts that are known when a run has ended, and the options that decide what its findings mean.
#[derive(Debug, Clone)]
pub struct RunEnd {
    /// Start of the run, RFC 3339 in UTC.
    pub started: String,
    /// Duration of the run, in milliseconds.
    pub duration_ms: u64,
    /// True if a signal interrupted the run.
    pub interrupted: bool,
    /// True if the run was cancelled, by a signal or because its time was over.
    pub was_cancelled: bool,
    /// True if every case of the packs was selected.
    pub is_full: bool,
    /// True if warnings count as violations.
    pub denies_warnings: bool,
    /// True if new and changed responses count as violations.
    pub checks_snapshots: bool,
    /// The waivers, which may be stale or expired.
    pub waivers: Vec<WaiverReport>,
    /// The shard, if the run is one.
    pub shard: Option<ShardReport>,
}

/// An event callback. It is called synchronously on the thread that produced the event and must not block: the next
/// request waits for it.
pub type Listener = dyn Fn(Event<'_>) + Send + Sync;

/// The facts that are known before anything is sent.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct RunHeader {
    /// The packs of the run.
    pub packs: Vec<PackHeader>,
    /// Number of cases that will run.
    pub cases: usize,
    /// The selectors as given; empty if everything is selected.
    pub selectors: Vec<String>,
    /// The part of the selection that this process runs; absent if it is all of it.
    pub shard: Option<Shard>,
}

/// One pack of a run and its target.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct PackHeader {
    /// The pack.
    pub name: String,
    /// The version of its contract that was requested; absent for the newest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Its source: `embedded`, or a directory.
    pub origin: String,
    /// True if it is built into failspec: its files are in no folder, and `failspec explain` shows them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub built_in: bool,
    /// SHA-256 over its sorted paths and contents, in hex.
    pub digest: String,
    /// The date of the documentation.
    pub as_of: Option<String>,
    /// The URL of the documentation.
    pub documentation: Option<String>,
    /// How much of it is published, inferred and proven; absent if its contract states nothing of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origins: Option<Origins>,
    /// Number of failures that it documents.
    pub failures: usize,
    /// Number of them that are selected.
    pub failures_selected: usize,
    /// Number of its scenarios.
    pub scenarios: usize,
    /// Number of its cases: each row of a scenario is one.
    pub cases: usize,
    /// Number of them that are selected, of all shards; absent in reports of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cases_selected: Option<usize>,
    /// The URL of the target.
    pub target: String,
    /// True if the target is an embedded reference implementation: the run says nothing about a real API.
    pub reference: bool,
    /// True if the certificate of the target is not verified: any server could have responded.
    pub insecure: bool,
    /// The destination of the traffic, if it is not the address in the URL of the target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<Via>,
    /// True if only requests that change nothing are sent, and logins.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub read_only: bool,
    /// Cases that wait until a documented failure is over.
    pub waits: Vec<PlannedWait>,
    /// Checks whose severity the target changes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub check_levels: Vec<CheckLevelReport>,
}

/// A check whose severity a target changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckLevelReport {
    /// The id of the check.
    pub check: String,
    /// The weight of its findings.
    pub level: CheckLevelWord,
    /// The reason that the target gives.
    pub reason: String,
}

/// The weight of the findings of a check on a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CheckLevelWord {
    /// They are left out.
    Off,
    /// They are warnings.
    Warn,
    /// They are violations.
    Deny,
}

impl CheckLevelReport {
    /// Creates the report of a level.
    pub fn of(level: &CheckLevel) -> Self {
        let word = match level.level {
            Level::Off => CheckLevelWord::Off,
            Level::Warn => CheckLevelWord::Warn,
            Level::Deny => CheckLevelWord::Deny,
        };
        Self { check: level.check.clone(), level: word, reason: level.reason.clone() }
    }

    /// Returns true if violations may be missing because of it.
    pub fn is_lenient(&self) -> bool {
        self.level != CheckLevelWord::Deny
    }
}

impl std::fmt::Display for CheckLevelReport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let what = match self.level {
            CheckLevelWord::Off => "off",
            CheckLevelWord::Warn => "a warning at most",
            CheckLevelWord::Deny => "always a violation",
        };
        write!(f, "the check {} is {what}: {}", self.check, self.reason)
    }
}

impl PackHeader {
    /// Returns what is known of a pack and its target before anything is selected: all of it is.
    pub fn of(pack: &Pack, target: &Target) -> Self {
        let contract = &pack.contract;
        Self {
            name: pack.prefix().to_owned(),
            version: pack.version.as_ref().map(ToString::to_string),
            origin: match &pack.files {
                Files::Embedded(_) => "embedded".to_owned(),
                Files::Directory(root) => root.display().to_string(),
            },
            built_in: matches!(pack.files, Files::Embedded(_)),
            digest: pack.digest.clone(),
            as_of: contract.as_of.map(|date| date.to_string()),
            origins: pack.origins(),
            documentation: contract.documentation.clone(),
            failures: contract.failures.len(),
            failures_selected: contract.failures.len(),
            scenarios: pack.scenarios.len(),
            cases: case_count(pack),
            cases_selected: None,
            target: target.url.to_string(),
            reference: target.reference,
            insecure: target.tls.insecure,
            read_only: target.read_only,
            via: None,
            waits: Vec::new(),
            check_levels: target.checks.iter().map(CheckLevelReport::of).collect(),
        }
    }

    /// Returns the name of the pack with the requested version: `kubeadapt@2026-03`.
    pub fn label(&self) -> String {
        // Where two versions of a pack are in one run, the name of the older one has it already.
        label(&self.name, self.version.as_deref().filter(|_| !self.name.contains('@')))
    }
}

/// The destination of traffic in place of the address in the URL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Via {
    /// To another address.
    Address {
        /// `host:port`.
        address: String,
    },
    /// To a Unix socket.
    UnixSocket {
        /// Its path.
        path: String,
    },
    /// Through a proxy.
    Proxy {
        /// Its URL, without a user.
        url: String,
    },
}

impl fmt::Display for Via {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address { address } => f.write_str(address),
            Self::UnixSocket { path } => write!(f, "the Unix socket {path}"),
            Self::Proxy { url } => write!(f, "the proxy {url}"),
        }
    }
}

/// A wait that is known before the run begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlannedWait {
    /// The case that waits.
    pub case: String,
    /// The longest wait, in seconds.
    pub at_most_seconds: u64,
    /// True if the response says how long to wait, so that the wait may be shorter.
    pub from_response: bool,
}

/// One pack in the report of a run.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct PackReport {
    /// The facts that were known before the run.
    #[serde(flatten)]
    pub header: PackHeader,
    /// Coverage of its failures.
    pub coverage: Coverage,
    /// Coverage of the operations of the contract's OpenAPI document, if it names one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub operations: Vec<OperationCoverage>,
    /// The operations of that document, by method and path, of which no request of the run got a response: of them it says
    /// nothing. None if only a part of the cases was selected.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub operations_not_called: Vec<String>,
    /// The responses that each role got from these operations, if at least two roles called any (nobody counts
    /// as one), and in a shard.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub access: Vec<OperationAccess>,
    /// The optional parts of the API that cases belong to, and whether the product has them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub features: Vec<FeatureReport>,
    /// Requirements that the target does not provide, so that cases were skipped.
    pub missing_requirements: Vec<MissingRequirement>,
    /// Contradictions and gaps in its documentation.
    pub errata: Vec<ErratumReport>,
    /// True if a case of it was judged.
    #[serde(default)]
    pub judged: bool,
    /// The reason why the responses may not come from the API, if no request succeeded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unproven: Option<String>,
    /// Which candidate for the health check was used, if the contract has candidates and the run wrote something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health_check: Option<HealthCheckReport>,
    /// True if a response said that it comes from `failspec mock`: the run says nothing about a real API.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub mock: bool,
    /// The servers that the run spoke to, and what the target changes, if it was recorded (`failspec certify`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<TestEnvironment>,
}

/// The result of choosing among the candidates for a health check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HealthCheckReport {
    /// This request succeeded before the first write, and was sent after each case that wrote.
    Used {
        /// The method and the path.
        request: String,
        /// The role whose credentials were sent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        role: Option<String>,
    },
    /// No candidate succeeded: nothing shows whether a case has broken what the run itself needs.
    NoneSucceeded {
        /// The candidates, each with the reason.
        tried: Vec<String>,
    },
}

/// A contradiction or a gap in the documentation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ErratumReport {
    /// The pack.
    pub pack: String,
    /// Its description.
    pub about: String,
    /// Links to the places that show it.
    pub links: Vec<String>,
}

impl ErratumReport {
    /// Returns the contradictions and gaps in the documentation of a contract.
    pub fn all(contract: &Contract) -> Vec<Self> {
        let report = |erratum: &failspec_pack::pack::Erratum| Self {
            pack: contract.name.clone(),
            about: erratum.about.clone(),
            links: erratum.links.clone(),
        };
        contract.errata.iter().map(report).collect()
    }
}

/// The report of a whole run.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct RunReport {
    /// The version of this format; it changes when a reader of the old one would misread the new one.
    pub format: u32,
    /// The version of failspec.
    pub failspec: String,
    /// Start of the run, RFC 3339 in UTC.
    pub started: String,
    /// Duration of the run, in milliseconds.
    pub duration_ms: u64,
    /// The verdict.
    pub verdict: Verdict,
    /// The run in numbers.
    pub summary: Summary,
    /// True if any target was an embedded reference implementation: the run says nothing about a real API.
    pub reference: bool,
    /// The reason why the run was stopped before it could judge; absent if it was not.
    pub diagnosis: Option<String>,
    /// The selectors; empty if everything was selected.
    pub selectors: Vec<String>,
    /// The shard that this report is of; absent for a whole run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<ShardReport>,
    /// The cases that could not be judged, if they are more than half of all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undecided: Option<Undecided>,
    /// The packs.
    pub packs: Vec<PackReport>,
    /// The cases, in the order of the plan.
    pub cases: Vec<CaseReport>,
    /// The findings of all cases, grouped by cause.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub finding_groups: Vec<FindingGroup>,
    /// Findings that concern the run as a whole.
    pub run_findings: Vec<RunFinding>,
    /// Recorded traffic that was judged: what was seen in it, and never exercised.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recordings: Vec<RecordingReport>,
    /// Contradictions and gaps in the documentation.
    pub errata: Vec<ErratumReport>,
}

impl RunReport {
    /// Returns true if the run was on a mock, at least in part: it says nothing about a real API.
    pub fn is_of_mock(&self) -> bool {
        self.packs.iter().any(|pack| pack.mock)
    }
}

/// The version of the report format.
pub const FORMAT: u32 = 2;
