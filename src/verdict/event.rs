//! What a run tells while it goes on, and all of it at the end.

use serde::{Deserialize, Serialize};

use crate::pack::label;

use super::{
    CaseReport, Coverage, FindingGroup, MissingRequirement, OperationCoverage, RunFinding, Shard,
    ShardReport, Summary, Verdict,
};

/// What a run tells while it goes on.
#[derive(Debug, Clone, Copy)]
pub enum Event<'a> {
    /// The run begins.
    Started(&'a RunHeader),
    /// A case is over. Cases end in any order; their `index` is the order of the plan.
    CaseFinished(&'a CaseReport),
    /// Something that a person who waits should know.
    Notice(&'a str),
}

/// Who is told what happens, at once and on the thread on which it happens: nothing is copied for it, and no task is
/// woken. What takes long belongs elsewhere, for the next request waits for it.
pub type Listener = dyn Fn(Event<'_>) + Send + Sync;

/// What is known before anything is sent.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RunHeader {
    /// The packs of the run.
    pub packs: Vec<PackHeader>,
    /// How many cases will run.
    pub cases: usize,
    /// What was selected, where it is not everything: the selectors as given.
    pub selectors: Vec<String>,
    /// Which part of what is selected will run, where it is not all of it.
    pub shard: Option<Shard>,
}

/// One pack of a run and its target.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PackHeader {
    /// The pack.
    pub name: String,
    /// The version of its contract that was asked for; absent for the newest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Where it was read from: `embedded`, or a directory.
    pub origin: String,
    /// SHA-256 over its sorted paths and contents, in hex.
    pub digest: String,
    /// The day of the documentation.
    pub as_of: Option<String>,
    /// Where the documentation is.
    pub documentation: Option<String>,
    /// How many failures it documents.
    pub failures: usize,
    /// How many of them are selected.
    pub failures_selected: usize,
    /// How many scenarios it has.
    pub scenarios: usize,
    /// How many cases it has: each row of a scenario is one.
    pub cases: usize,
    /// The URL of the target.
    pub target: String,
    /// Whether the target is an embedded reference implementation: then the run says nothing about anyone's API.
    pub reference: bool,
    /// Whether the certificate of the target is not checked: then anyone could be answering.
    pub insecure: bool,
    /// Cases that will wait, because a documented failure is over only after some time.
    pub waits: Vec<PlannedWait>,
}

impl PackHeader {
    /// The name of the pack with the version that was asked for: `kubeadapt@2026-03`.
    pub fn label(&self) -> String {
        label(&self.name, self.version.as_deref())
    }
}

/// A wait that is known before the run begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PlannedWait {
    /// The case that will wait.
    pub case: String,
    /// The longest that it will wait, in seconds.
    pub at_most_seconds: u64,
    /// Whether its response tells how long, so that it may be shorter.
    pub as_told: bool,
}

/// One pack in the report of a run.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PackReport {
    /// What was known before the run.
    #[serde(flatten)]
    pub header: PackHeader,
    /// What the run showed of its failures.
    pub coverage: Coverage,
    /// What the run showed of the operations of the contract's OpenAPI document, where it names one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub operations: Vec<OperationCoverage>,
    /// What the target does not bring, so that cases were skipped.
    pub missing_requirements: Vec<MissingRequirement>,
    /// Contradictions and gaps in its documentation.
    pub errata: Vec<ErratumReport>,
    /// Who answered, where that was taken down (`failspec certify`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<ServerReport>,
}

/// Who answered, over all exchanges of a pack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ServerReport {
    /// What the server says that it is: the values of `Server`.
    pub software: Vec<String>,
    /// SHA-256 of the public keys (SubjectPublicKeyInfo) of the certificates that were presented, in hex.
    pub public_keys: Vec<String>,
    /// Whether a response came over TLS whose certificate could not be read, or there were too many different ones.
    pub unclear: bool,
}

/// A contradiction or a gap in the documentation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ErratumReport {
    /// The pack.
    pub pack: String,
    /// What it is.
    pub about: String,
    /// Where it can be seen.
    pub links: Vec<String>,
}

/// The report of a whole run.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RunReport {
    /// The version of this format; a new number where a reader of the old one would go wrong.
    pub format: u32,
    /// The version of failspec.
    pub failspec: String,
    /// When the run began, RFC 3339 in UTC.
    pub started: String,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// The verdict.
    pub verdict: Verdict,
    /// The run in numbers.
    pub summary: Summary,
    /// Whether any target was an embedded reference implementation: then the run says nothing about anyone's API.
    pub reference: bool,
    /// Why the run was stopped, where something kept it from judging.
    pub diagnosis: Option<String>,
    /// The selectors, where not everything was selected.
    pub selectors: Vec<String>,
    /// Which part of a whole run this is; absent for a whole run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<ShardReport>,
    /// The packs.
    pub packs: Vec<PackReport>,
    /// The cases, in the order of the plan.
    pub cases: Vec<CaseReport>,
    /// The findings of all cases, those with one cause as one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub finding_groups: Vec<FindingGroup>,
    /// What only the whole run could see.
    pub run_findings: Vec<RunFinding>,
    /// Contradictions and gaps in the documentation.
    pub errata: Vec<ErratumReport>,
}

/// The version of the report format.
pub const FORMAT: u32 = 2;
