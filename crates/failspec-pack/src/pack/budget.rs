//! The budget of steps that judging may take: a contract can describe a check that would compute for years.
//!
//! The budget counts steps and no time, so that the same pack and the same responses give the same verdict on every
//! machine. Whoever judges on behalf of somebody does so within a [`Budget`], which all checks then share. Outside of
//! one, each check has the whole of [`MAX_STEPS`] for itself.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

/// Number of steps that the checks of one case may take together: one part of a schema that is applied to one part of a
/// value. They take about a second.
pub const MAX_STEPS: u64 = 10_000_000;

thread_local! {
    /// The budget in use on this thread.
    static CURRENT: Cell<Option<Account>> = const { Cell::new(None) };
}

/// The state of a budget.
#[derive(Debug, Clone, Copy)]
struct Account {
    left: u64,
    exceeded: bool,
}

/// A budget of steps that several checks share.
#[derive(Debug)]
pub struct Budget {
    left: AtomicU64,
    exceeded: AtomicBool,
}

impl Default for Budget {
    fn default() -> Self {
        Self { left: AtomicU64::new(MAX_STEPS), exceeded: AtomicBool::new(false) }
    }
}

impl Budget {
    /// Does a piece of work whose checks take their steps from this budget.
    pub fn within<T>(&self, work: impl FnOnce() -> T) -> T {
        let account = Account { left: self.left.load(Relaxed), exceeded: self.exceeded.load(Relaxed) };
        let restore = Restore { budget: self, outer: CURRENT.replace(Some(account)) };
        let done = work();
        drop(restore);
        done
    }

    /// Returns true if a check would have needed more steps than were left. Its result says nothing.
    pub fn is_exceeded(&self) -> bool {
        self.exceeded.load(Relaxed)
    }
}

/// Ends the use of a budget, also after a panic: the thread goes on with other work.
struct Restore<'b> {
    budget: &'b Budget,
    outer: Option<Account>,
}

impl Drop for Restore<'_> {
    fn drop(&mut self) {
        if let Some(account) = CURRENT.replace(self.outer) {
            self.budget.left.store(account.left, Relaxed);
            self.budget.exceeded.store(account.exceeded, Relaxed);
        }
    }
}

/// Gives the budget in use all of its steps again. That it was exceeded stays known. A teardown looks at its own
/// responses, whatever the checks before it have used.
pub fn refill() {
    if let Some(account) = CURRENT.get() {
        CURRENT.set(Some(Account { left: MAX_STEPS, ..account }));
    }
}

/// Takes the steps of a check from the budget in use. `count` gets the number of steps that are left, and returns how
/// many the check takes; `None` if they are more. Returns false if the budget does not suffice: then the check must not
/// be made.
pub(super) fn take(count: impl FnOnce(u64) -> Option<u64>) -> bool {
    let account = CURRENT.get();
    let taken = count(account.map_or(MAX_STEPS, |account| account.left));
    let Some(account) = account else { return taken.is_some() };
    let left = taken.map_or(0, |taken| account.left.saturating_sub(taken));
    CURRENT.set(Some(Account { left, exceeded: account.exceeded || taken.is_none() }));
    taken.is_some()
}

/// Records that a check was not finished.
pub(super) fn exceed() {
    take(|_| None);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_within_a_budget_share_its_steps() {
        let budget = Budget::default();
        let half = |left: u64| (MAX_STEPS / 2 < left).then_some(MAX_STEPS / 2 + 1);
        assert!(budget.within(|| take(half)));
        assert!(!budget.is_exceeded());
        assert!(!budget.within(|| take(half)));
        assert!(budget.is_exceeded());
        assert!(!budget.within(|| take(|left| (left > 0).then_some(1))), "nothing is left");
        assert!(
            budget.within(|| {
                refill();
                take(half)
            }) && budget.is_exceeded()
        );
    }

    #[test]
    fn checks_outside_of_a_budget_have_all_steps() {
        for _ in 0..3 {
            assert!(take(Some));
        }
        assert!(!take(|_| None));
    }

    #[test]
    fn a_panic_ends_the_use_of_a_budget() {
        let budget = Budget::default();
        let panicked = std::panic::catch_unwind(|| {
            budget.within(|| {
                exceed();
                std::panic::resume_unwind(Box::new(()))
            })
        });
        assert!(panicked.is_err() && budget.is_exceeded());
        assert!(CURRENT.get().is_none());
    }
}
