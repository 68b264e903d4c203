//! Runs single cases: under their locks, a second time where the first says nothing, and held back while their responses
//! may belong to other requests.

use std::{
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use failspec_judge::{
    check::{Finding, Phase},
    report_model::{CaseReport, Event, Listener, Observation, Outcome, Rerun},
};
use futures_util::FutureExt as _;
use tokio::sync::{Semaphore, mpsc};

use super::{
    case_runner::CaseRunner,
    judge::{not_run, not_run_in_time},
    locks::Lock,
    plan::Case,
    preflight::First,
    reruns::FirstRun,
    scheduler::{PackRun, emit_event, stopped_case},
    session::Session,
};

/// Maximum number of times that requests are sent at once if they did not overlap.
const MAX_ROUNDS: usize = 4;

/// Selects if the results of the first requests are kept, which contain responses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Preflights {
    Wanted,
    Dropped,
}

/// The results of the cases so far.
#[derive(Default)]
pub(super) struct Done {
    pub run: PackRun,
    pub firsts: Vec<First>,
}

/// The shared state of a task that runs cases.
#[derive(Clone)]
pub(super) struct Worker {
    pub session: Arc<Session>,
    pub permits: Arc<Semaphore>,
    pub jobs: usize,
    pub listener: Arc<Listener>,
    pub wanted: Preflights,
    /// Each task adds its results here, so that no other task must be woken for it.
    pub done: Arc<Mutex<Done>>,
}

impl Worker {
    /// Runs one case from its control to its teardown, and adds its report to the results. If its responses may turn
    /// out to belong to other requests, the report is held back.
    pub async fn judge(&self, case: Case, locks: Vec<Lock>, hold: &mpsc::UnboundedSender<Held>) {
        let permit = self.permits.acquire().await.ok();
        let Some(mut judged) = self.guarded(&case, None).await else { return };
        drop(permit);
        if let Some(lost) = judged.lost.take() {
            let Some(alone) = self.alone(&case, lost).await else { return };
            judged = alone;
        }
        if judged.may_be_disturbed && self.session.may_run_alone() {
            let first = FirstRun::of(Rerun::RanAlone, &judged.report);
            let Some(alone) = self.alone(&case, first).await else { return };
            judged = alone;
        }
        if judged.doubtful.is_empty() {
            self.finished(judged);
        } else if let Err(mpsc::error::SendError(held)) = hold.send(Held { case, locks, judged }) {
            self.finished(held.judged);
        }
    }

    /// Runs a case again while no other case runs.
    async fn alone(&self, case: &Case, first: FirstRun) -> Option<Judged> {
        let _all = self.permits.acquire_many(u32::try_from(self.jobs).unwrap_or(u32::MAX)).await.ok();
        self.guarded(case, Some(first)).await
    }

    /// Releases the reports that are held back, once it is known that no byte on their connections belongs to no
    /// response. Otherwise the case runs a second time.
    pub async fn release(self, mut held: mpsc::UnboundedReceiver<Held>) {
        while let Some(Held { case, locks, judged }) = held.recv().await {
            if !self.session.clients.had_surplus(&judged.doubtful).await {
                self.finished(judged);
                continue;
            }
            let _locked = self.session.locks.take(&locks).await;
            let _permit = self.permits.acquire().await.ok();
            let first = FirstRun::of(Rerun::SurplusBytes, &judged.report);
            if let Some(judged) = self.guarded(&case, Some(first)).await {
                self.finished(judged);
            }
        }
    }

    fn finished(&self, judged: Judged) {
        self.session.completions.finished(&judged.report);
        emit_event(&self.listener, Event::CaseFinished(&judged.report));
        let mut done = self.done();
        done.firsts.extend(judged.first);
        done.run.cases.push(judged.report);
    }

    /// Runs one case. A panic in it becomes the diagnosis.
    async fn guarded(&self, case: &Case, first: Option<FirstRun>) -> Option<Judged> {
        match AssertUnwindSafe(Box::pin(self.run(case, first))).catch_unwind().await {
            Ok(judged) => Some(judged),
            Err(panic) => {
                let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
                let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
                self.panicked(&format!("{}: {}", case.name, text.unwrap_or_default()));
                None
            }
        }
    }

    /// Records a panic in a case as the diagnosis. It is a bug in failspec: it must be visible, and must not look
    /// like a verdict.
    pub fn panicked(&self, error: &str) {
        let said = || format!("internal error of failspec: {error}");
        self.done().run.diagnosis.get_or_insert_with(said);
    }

    pub fn done(&self) -> MutexGuard<'_, Done> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn run(&self, case: &Case, first_run: Option<FirstRun>) -> Judged {
        let session = &*self.session;
        let writes = session.wants_health_check(case);
        if writes && !session.interrupt.is_set() {
            session.health_check_before().await;
        }
        let stopped = || session.health_check_state.broken().map(|_| stopped_case(session, case));
        let spared = || Some(not_run(session, case, Outcome::Inconclusive, session.spares(case)?));
        if let Some(mut report) = not_run_in_time(session, case).or_else(stopped).or_else(spared) {
            // What its first run left is there all the same.
            report.left_behind.extend(first_run.into_iter().flat_map(FirstRun::into_left_behind));
            return Judged { report, first: None, doubtful: Vec::new(), may_be_disturbed: false, lost: None };
        }
        let is_writer = case.scenario.requests().any(|request| !request.is_safe());
        let began = session.writers.begin(is_writer);
        let is_second = first_run.is_some();
        if !is_second {
            emit_event(&self.listener, Event::CaseStarted { index: case.index, name: &case.name });
        }
        let mut running = match first_run {
            None => CaseRunner::new(session, case),
            Some(first) => CaseRunner::again(session, case, first),
        };
        let mut first = self.execute(&mut running).await;
        // Lost once, a connection says nothing about the API: the second run decides. Alone, it is not lost because the server has
        // too much to do.
        let mut lost_alone = None;
        if !is_second && let Some(lost) = running.lost().filter(|_| !session.interrupt.is_set()) {
            if self.jobs > 1 && session.may_run_alone() {
                lost_alone = Some(lost);
            } else {
                running = CaseRunner::again(session, case, lost);
                first = First::either(first, self.execute(&mut running).await);
            }
        }
        // Requests that did not overlap show nothing; another time they may.
        let mut rounds = 1;
        while running.missed_overlap && rounds < MAX_ROUNDS && !session.interrupt.is_set() {
            rounds += 1;
            let again = running.again_for_overlap();
            running = CaseRunner::again(session, case, again);
            first = First::either(first, self.execute(&mut running).await);
        }
        if writes {
            session
                .health_check_after(case, &super::health_check::writes(&running.observed, &running.taken))
                .await;
        }
        let doubtful = running.doubtful_connections();
        let others_wrote = session.writers.end(began);
        let (has_others_things, has_changed_things) = (running.has_others_things, running.has_changed_things);
        let has_others_parent = running.has_others_parent && running.parent.is_some();
        let shares_things = running.shares_things || has_others_things;
        let rests_on_shared = running.rests_on_shared;
        let is_about_ids = running.is_about_ids();
        let (mut report, contradicts_id) = running.finish_with(CaseRunner::contradicts_id);
        Box::pin(session.notice_lost_roles()).await;
        if lost_alone.is_some() {
            return Judged { report, first, doubtful, may_be_disturbed: false, lost: lost_alone };
        }
        if has_changed_things && !is_plain_success(&report) && !session.interrupt.is_set() {
            // What another case changed may be why.
            let first = FirstRun::of(Rerun::UnchangedThings, &report);
            return Box::pin(self.run(case, Some(first))).await;
        }
        // What was accepted was there. What should not be there may be what another case has made.
        let is_accepted = matches!(report.observation, Observation::Success { .. });
        // What a setup or a control shows, it shows whoever asks.
        let shows_fault = violates_under_test(&report);
        let is_doubtful = shows_fault
            && shares_things
            && report.outcome == Outcome::Failed
            && !(has_others_things && is_accepted && !is_about_ids);
        // Another refusal than the one that is due may say that it is gone.
        let says_gone = |status| CaseRunner::is_status_of_ids(status) && !is_about_ids;
        let is_doubtful = is_doubtful
            || has_others_parent && is_about_ids && is_accepted && shows_fault
            || (has_others_things || has_others_parent)
                && report.observed.as_ref().is_some_and(|observed| says_gone(observed.status));
        if is_doubtful && !session.interrupt.is_set() {
            // What others share may be gone.
            let first = FirstRun::of(Rerun::OwnThings, &report);
            return Box::pin(self.run(case, Some(first))).await;
        }
        if rests_on_shared && shows_fault {
            session.confirm_control(case, &mut report).await;
        }
        let may_be_disturbed = !is_second && self.jobs > 1 && others_wrote && contradicts_id;
        Judged { report, first, doubtful, may_be_disturbed, lost: None }
    }

    async fn execute(&self, running: &mut CaseRunner<'_>) -> Option<First> {
        running.prepare().await;
        // What could not be checked says nothing about the target.
        let wanted = self.wanted == Preflights::Wanted && !running.budget.is_exceeded();
        let first = wanted.then(|| First::of(&self.session, &running.observed)).flatten();
        running.send_under_test().await;
        running.follow_up().await;
        running.cleanup().await;
        self.session.note_timeouts(&running.observed.records);
        first
    }
}

/// Returns true if a finding of a case is about the request under test or what follows it, and not about a setup, a control or a
/// teardown.
fn is_about_tested(finding: &Finding, report: &CaseReport) -> bool {
    let is_tested = |phase: Phase| !phase.is_of_control() && !phase.is_teardown() && phase != Phase::Setup;
    let exchange = finding.record().and_then(|index| report.exchanges.get(index));
    exchange.is_none_or(|exchange| is_tested(exchange.phase))
}

fn violates_under_test(report: &CaseReport) -> bool {
    report.violations.iter().any(|finding| is_about_tested(finding, report))
}

/// Returns true if the request under test was accepted, and nothing else about it is wrong.
fn is_plain_success(report: &CaseReport) -> bool {
    let is_success = report.observed.as_ref().is_some_and(|observed| (200..300).contains(&observed.status));
    let mut findings = report.violations.iter().chain(&report.warnings);
    let is_other = |finding: &Finding| finding.check != "not-rejected" && is_about_tested(finding, report);
    is_success && !findings.any(is_other)
}

/// A judged case.
struct Judged {
    report: CaseReport,
    first: Option<First>,
    /// The connections whose responses may belong to other requests.
    doubtful: Vec<u64>,
    /// True if another case that was running may be the cause of its violations.
    may_be_disturbed: bool,
    /// The facts that are kept of this run if a connection was lost in it: the second one runs while no other case does.
    lost: Option<FirstRun>,
}

/// A judged case whose report is held back.
pub(super) struct Held {
    case: Case,
    locks: Vec<Lock>,
    judged: Judged,
}

/// Takes the next case from the queue.
pub(super) fn next(cases: &Mutex<std::vec::IntoIter<Case>>) -> Option<Case> {
    cases.lock().unwrap_or_else(PoisonError::into_inner).next()
}
