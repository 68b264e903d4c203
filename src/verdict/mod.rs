//! Verdicts: outcomes, coverage, run findings, events and the rules of the exit code. Pure: nothing here sends.

mod cause;
mod coverage;
mod event;
#[cfg(test)]
pub(crate) mod generated;
mod lack;
mod merge;
mod operation;
mod outcome;
mod run_finding;
mod shard;
mod summary;
mod trial;

pub use cause::{Cause, causes};
pub use coverage::{CauseCoverage, Coverage, FailureCoverage, Selection, State};
pub use event::{
    ErratumReport, Event, FORMAT, Listener, PackHeader, PackReport, PlannedWait, RunHeader, RunReport,
    ServerReport,
};
pub use lack::{Lack, LackKind};
pub use merge::{MergeError, merge};
pub use operation::{ErrorCoverage, OperationCoverage};
pub use outcome::Outcome;
pub use run_finding::{RunFinding, reused_request_ids, waiver_findings};
pub use shard::{Shard, ShardError, ShardReport, WaiverReport};
pub use summary::{Evidence, Summary, Verdict, exit};
pub use trial::{
    AnswerReport, Documented, ExchangeReport, Exercise, ObservedAnswer, RequestReport, SnapshotReport,
    SnapshotState, TrialReport, WaivedFinding,
};
