//! The stages of a case, whose checks share one budget of steps.
//!
//! They are made between requests, on the threads that also hear signals and remove what was made: a check without
//! bounds would keep all of that from its turn.

use std::{future::poll_fn, mem, pin::pin};

use failspec_pack::pack::budget::Budget;

use super::case_runner::CaseRunner;

impl CaseRunner<'_> {
    /// Runs the control with its setup and teardown, then the setup of the request under test.
    pub async fn prepare(&mut self) {
        let budget = mem::take(&mut self.budget);
        within(&budget, Box::pin(self.prepare_unbounded())).await;
        self.budget = budget;
    }

    /// Sends the request under test, and the requests that must follow while its condition is active (resend and
    /// comparison).
    pub async fn send_under_test(&mut self) {
        let budget = mem::take(&mut self.budget);
        within(&budget, Box::pin(self.send_under_test_unbounded())).await;
        self.budget = budget;
    }

    /// Runs the steps of `then`, if the response was identified as the failure under test.
    pub async fn follow_up(&mut self) {
        let budget = mem::take(&mut self.budget);
        within(&budget, Box::pin(self.follow_up_unbounded())).await;
        self.budget = budget;
    }

    /// Runs the teardown of the request under test.
    pub async fn cleanup(&mut self) {
        let budget = mem::take(&mut self.budget);
        within(&budget, Box::pin(self.cleanup_unbounded())).await;
        self.budget = budget;
    }
}

/// Does a piece of work whose checks take their steps from a budget, on whichever thread they are.
pub(super) async fn within<T>(budget: &Budget, work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    poll_fn(|context| budget.within(|| work.as_mut().poll(context))).await
}
