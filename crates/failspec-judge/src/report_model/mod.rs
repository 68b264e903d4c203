//! Report model: outcomes, coverage, run findings, events and the rules of the exit code. Pure: nothing here sends
//! requests.

mod access;
mod case;
mod coverage;
mod event;
mod exit_code;
mod feature;
mod finding_group;
mod finding_rows;
mod fold;
mod merge;
mod merge_recordings;
mod missing_requirement;
mod observation;
mod operation;
mod outcome;
mod reason;
mod recording;
mod repeat;
mod request;
mod run_finding;
mod shard;
mod summary;
mod test_environment;
mod undecided;

pub use access::{AccessLog, OperationAccess, RoleAccess};
pub use case::{
    CaseReport, Documented, ExchangeReport, Exercise, LogReference, ObservedResponse, ResponseReport,
    ScenarioLocation, SnapshotReport, SnapshotState, WaivedFinding,
};
pub use coverage::{CauseCoverage, Coverage, FailureCoverage, NotCovered, Selection, State};
pub use event::{
    CheckLevelReport, CheckLevelWord, ErratumReport, Event, FORMAT, HealthCheckReport, Listener, PackEnd,
    PackHeader, PackReport, PlannedWait, RunEnd, RunHeader, RunReport, Via,
};
pub use exit_code::{Verdict, VerdictInput, exit, is_cut_short};
pub use feature::{FeatureReport, Presence, disclaimed_features};
pub use finding_group::{FaultCount, FaultPlace, FindingGroup, MissingPart, ResponseExcerpt};
pub use finding_rows::{group_findings, grouped_fault_kinds};
pub use fold::{ReportFold, report};
pub use merge::{MergeError, merge};
pub use missing_requirement::{MissingRequirement, RequirementKind};
pub use observation::{Judgement, Observation, TestStatus};
pub use operation::{ErrorCoverage, OperationCoverage};
pub use outcome::Outcome;
pub use reason::{MadeUpValues, Reason, Requirement, Rerun};
pub use recording::{
    NotJudged, NotJudgedReason, RecordedCase, RecordedExample, RecordedPlace, RecordingReport, SeenCode,
    SeenFailure, SeenOperation, SeenUndocumented,
};
pub use repeat::merge_repeated;
pub use request::{CurlCommand, RequestReport};
pub use run_finding::{RunFinding, reused_request_ids, waiver_findings};
pub use shard::{Shard, ShardError, ShardReport, TargetConfigReport, WaiverReport};
pub use summary::Summary;
pub use test_environment::{
    CommandReport, ConditionReport, OperationReport, ServerReport, TargetChanges, TestEnvironment,
};
pub use undecided::{FrequentObstacle, Obstacle, Undecided};
