//! Withdraws the outcome of cases at the end of a run: of those whose proof fails then.

use failspec_judge::check::Finding;
use failspec_judge::report_model::{CaseReport, Event, Outcome, Reason};
use failspec_pack::pack::SUCCESS_ID;

use super::{
    accepted_bodies::ProofScope,
    scheduler::{Engine, PackRun, emit_event},
};

/// The id of the check whose finding says that a fault makes the API close the connection.
const CONNECTION_CLOSED: &str = "connection-closed";

impl Engine {
    /// Withdraws the cases whose control, which was sent for another case, fails at the end of the run. Most violations had one
    /// of their own.
    pub(super) async fn withdraw_unproven(&self, run: &mut PackRun) {
        if run.diagnosis.is_some() {
            return;
        }
        for (reason, cases) in self.session.verify_shared_controls().await {
            let rested = |case: &&mut CaseReport| cases.contains(&case.index);
            for case in run.cases.iter_mut().filter(rested).filter(|case| case.outcome.is_judged()) {
                self.withdraw(case, &reason);
            }
        }
        // What is wrong stays wrong; a refusal that may be about anything is no pass.
        let scope = match (self.is_shard, self.is_full) {
            (true, _) => ProofScope::Shard,
            (false, true) => ProofScope::All,
            (false, false) => ProofScope::Selection,
        };
        for (reason, cases) in self.session.cases_without_proof(scope) {
            let is_passed = |case: &&mut CaseReport| {
                cases.contains(&case.index) && matches!(case.outcome, Outcome::Passed | Outcome::Seen)
            };
            for case in run.cases.iter_mut().filter(is_passed) {
                emit_event(&self.listener, Event::CaseWithdrawn { index: case.index, reason: &reason });
                case.leave_unproven(reason.clone());
            }
        }
    }

    /// Marks cases as inconclusive whose fault is said to make an operation close the connection, if that closes it without a fault,
    /// too: then it is not the fault. A request without one says it.
    pub(super) fn withdraw_closed(&self, run: &mut PackRun) {
        let is_of_fault = |case: &&mut CaseReport| {
            let is_closed = |finding: &Finding| finding.check == CONNECTION_CLOSED;
            *case.failure != *SUCCESS_ID && case.violations.iter().any(is_closed)
        };
        for case in run.cases.iter_mut().filter(is_of_fault) {
            let Some(operation) = case.operation.clone() else { continue };
            if self.session.sparing.closes(&operation) {
                let cause = format!("{operation} closes the connection on requests without a fault, too");
                self.withdraw(case, &Reason::Unjudged { cause });
            }
        }
    }

    pub(super) fn withdraw(&self, case: &mut CaseReport, reason: &Reason) {
        emit_event(&self.listener, Event::CaseWithdrawn { index: case.index, reason });
        case.withdraw(reason.clone());
    }
}
