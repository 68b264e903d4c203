//! Schedules the cases of one pack: concurrently, under locks, and under global conditions.

use std::{
    collections::BTreeSet,
    future::poll_fn,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, OnceLock},
    task::Poll,
};

use failspec_judge::report_model::{CaseReport, Event, FeatureReport, Listener, Outcome, Reason};
use futures_util::future::join_all;
use tokio::sync::{Semaphore, mpsc};

use super::{
    case_runner::CaseRunner,
    error::Unjudged,
    features::not_applicable,
    judge::{not_run, not_run_in_time},
    locks::Lock,
    plan::Case,
    preflight::{First, MAX_PREFLIGHTS, canaries, diagnose},
    removal::Removal,
    resource_locks::{self, ResourceLocks},
    session::Session,
    unproven::are_refused_alike,
    worker::{Done, Preflights, Worker, next},
};

/// The result of all cases of one pack.
#[derive(Debug, Default)]
pub struct PackRun {
    /// The reports of its cases, in the order of the plan.
    pub cases: Vec<CaseReport>,
    /// The reason why nothing could be judged, if nothing could.
    pub diagnosis: Option<String>,
    /// The reason why the responses may not come from the API, if no request succeeded.
    pub unproven: Option<String>,
    /// The features of the contract, and whether the product has them.
    pub features: Vec<FeatureReport>,
}

/// Runs the cases of one pack on one target; emits an event when a case ends.
pub(super) struct Engine {
    pub session: Arc<Session>,
    /// Permits to send, shared by all packs.
    pub permits: Arc<Semaphore>,
    /// Number of permits.
    pub jobs: usize,
    /// True if the run is a part of another one: then it is left to the merged run if anything succeeded.
    pub is_shard: bool,
    /// True if no selection leaves cases of the pack out.
    pub is_full: bool,
    pub listener: Arc<Listener>,
    /// The resources that cases must have for themselves; known when the cases are.
    pub resources: OnceLock<ResourceLocks>,
}

impl Engine {
    /// Runs all cases. Cases under a global condition run last and separately.
    pub async fn run(&self, cases: Vec<Case>) -> PackRun {
        let mut run = PackRun { cases: Vec::with_capacity(cases.len()), ..PackRun::default() };
        let (able, skipped): (Vec<Case>, Vec<Case>) = cases.into_iter().partition(|case| case.skip.is_none());
        for case in &skipped {
            let Some(reason) = case.skip.clone() else { continue };
            self.tell(&mut run, not_run(&self.session, case, Outcome::Skipped, reason));
        }
        let own = resource_locks::scope(Arc::clone(&self.session.variables));
        self.resources.get_or_init(|| ResourceLocks::of(&able, &own));
        if let Err(reason) = self.session.wait_until_ready().await {
            run.diagnosis = Some(reason);
            self.nothing_judged(&able, &[], &mut run);
            return run;
        }
        let roles: BTreeSet<&str> = able.iter().flat_map(|case| case.scenario.needs().roles).collect();
        let begin = async {
            let diagnosis = match able.is_empty() {
                true => self.session.probe(&skipped).await,
                false => self.session.log_in_all(roles.into_iter()).await.err(),
            };
            if diagnosis.is_none() {
                self.end_all(&able).await;
            }
            diagnosis
        };
        // No resource was created yet that would have to be removed: an interrupt need not wait for a login.
        run.diagnosis = tokio::select! {
            diagnosis = begin => diagnosis,
            () = self.session.interrupt.wait() => None,
        };
        if run.diagnosis.is_some() {
            self.nothing_judged(&able, &[], &mut run);
            return run;
        }
        let able = self.without_absent_features(able, &mut run).await;
        self.session.learn_requests(&able);
        self.session.shared_controls.plan(&self.session, &able);
        self.session.shared_things.plan(&self.session.pack.contract, &able);
        self.session.shared_parents.plan(&self.session.pack.contract, &able);
        let (global, ordinary): (Vec<Case>, Vec<Case>) =
            able.into_iter().partition(|case| self.global_condition(case).is_some());
        let others = self.run_first(ordinary, &mut run).await;
        if run.diagnosis.is_some() {
            self.nothing_judged(&others, &global, &mut run);
        } else {
            self.run_ordinary(others, Preflights::Dropped, &mut run).await;
            self.run_global(&global, &mut run).await;
        }
        self.withdraw_closed(&mut run);
        self.withdraw_unproven(&mut run).await;
        self.remove_shared_things(&mut run).await;
        self.excuse_refused_roles(&mut run);
        if let Some(reason) = self.session.health_check_state.broken() {
            run.diagnosis.get_or_insert_with(|| self.session.mask.text(reason).into_owned());
        }
        // Violations are told as they are, unless a server refuses whatever is asked; what must not be is a run that is green without
        // any success.
        let has_violations =
            run.cases.iter().any(|case| case.outcome == Outcome::Failed) && !are_refused_alike(&run.cases);
        if run.diagnosis.is_none() && !has_violations && run.cases.iter().any(|case| case.outcome.is_judged())
        {
            let reason = self.session.unproven().await;
            run.unproven = reason.map(|reason| self.session.mask.text(&reason).into_owned());
            if run.unproven.is_some() && !self.is_shard {
                run.diagnosis.clone_from(&run.unproven);
                self.nothing_judged(&[], &[], &mut run);
            }
        }
        // Indexes are unique; a stable sort would allocate half of the memory again.
        run.cases.sort_unstable_by_key(|report| report.index);
        run
    }

    /// Finds out which features the product has, and leaves out the cases of those that it does not have.
    async fn without_absent_features(&self, able: Vec<Case>, run: &mut PackRun) -> Vec<Case> {
        run.features = self.session.probe_features(&able, self.is_full).await;
        let mut left = Vec::with_capacity(able.len());
        for case in able {
            match not_applicable(&self.session, &run.features, &case) {
                Some(reason) => self.tell(run, not_run(&self.session, &case, Outcome::NotApplicable, reason)),
                None => left.push(case),
            }
        }
        left
    }

    /// Runs the cases that are first: one for each role, and as long as none succeeds, further ones that begin with another
    /// request. One operation may be disabled or broken; if several fail, no other will succeed, and that is the
    /// diagnosis. Returns the cases that are left.
    async fn run_first(&self, ordinary: Vec<Case>, run: &mut PackRun) -> Vec<Case> {
        let (mut left, mut firsts, mut tried) = (ordinary, Vec::new(), BTreeSet::new());
        for _ in 0..MAX_PREFLIGHTS {
            let picked = canaries(&left, &self.session.pack.contract, &mut tried);
            let (first, others): (Vec<_>, Vec<_>) =
                left.into_iter().enumerate().partition(|(index, _)| picked.contains(index));
            let cases_of = |picked: Vec<(usize, Case)>| picked.into_iter().map(|(_, case)| case).collect();
            left = cases_of(others);
            if first.is_empty() {
                break;
            }
            let mut round = self.run_ordinary(cases_of(first), Preflights::Wanted, run).await;
            // They end in any order; sorting makes the diagnosis deterministic.
            round.sort_by(|one, other| one.role.cmp(&other.role));
            firsts.extend(round);
            if run.diagnosis.is_some() || firsts.iter().any(First::ends_preflight) {
                break;
            }
        }
        // It quotes responses, and a response may quote a credential.
        let mask = &self.session.mask;
        let diagnosed = || diagnose(&self.session, &firsts).map(|text| mask.text(&text).into_owned());
        run.diagnosis = run.diagnosis.take().or_else(diagnosed);
        left
    }

    /// Marks all cases that were not skipped as inconclusive: the diagnosis reports the one cause in one message. No
    /// case is left out of the report because of it.
    fn nothing_judged(&self, others: &[Case], global: &[Case], run: &mut PackRun) {
        let reason = Reason::RunStopped;
        for case in run.cases.iter_mut().filter(|case| case.outcome != Outcome::Skipped) {
            self.withdraw(case, &reason);
        }
        for case in others.iter().chain(global) {
            self.tell(run, not_run(&self.session, case, Outcome::Inconclusive, reason.clone()));
        }
    }

    /// Marks the cases of roles whose credentials were refused everywhere as inconclusive: they accuse the API of what
    /// the target configuration got wrong.
    fn excuse_refused_roles(&self, run: &mut PackRun) {
        for (reason, cases) in self.session.refused_roles() {
            let cases: BTreeSet<usize> = cases.into_iter().collect();
            for case in run.cases.iter_mut().filter(|case| cases.contains(&case.index)) {
                self.withdraw(case, &reason);
            }
        }
    }

    /// Runs cases concurrently; returns the result of the first request of each, if `wanted` says so.
    async fn run_ordinary(&self, cases: Vec<Case>, wanted: Preflights, run: &mut PackRun) -> Vec<First> {
        let (free, locked): (Vec<Case>, Vec<Case>) =
            cases.into_iter().partition(|case| self.locks(case).is_empty());
        let done = Done { run: std::mem::take(run), firsts: Vec::new() };
        let at_work = Worker {
            session: Arc::clone(&self.session),
            permits: Arc::clone(&self.permits),
            jobs: self.jobs,
            listener: Arc::clone(&self.listener),
            wanted,
            done: Arc::new(Mutex::new(done)),
        };
        let (hold, held) = mpsc::unbounded_channel();
        let release = tokio::spawn(at_work.clone().release(held));
        let mut at_it = Vec::new();
        // A case that waits for a lock must not block others: each of these runs in its own task.
        for case in locked {
            let (at_work, locks, hold) = (at_work.clone(), self.locks(&case), hold.clone());
            let mut turn = Box::pin(async move {
                let _locked = at_work.session.locks.take(&locks).await;
                at_work.judge(case, locks.clone(), &hold).await;
            });
            // Threads begin tasks in any order. Polled here, cases stand in line for a lock in the order of their file: those
            // with a control come first, and find out what the API wants in bodies.
            let is_over = poll_fn(|context| Poll::Ready(turn.as_mut().poll(context).is_ready())).await;
            if !is_over {
                at_it.push(tokio::spawn(turn));
            }
        }
        // The others are executed by as many tasks as may send concurrently: creating, waking and dropping a task for
        // each case would be unnecessary work.
        let tasks = self.jobs.min(free.len());
        let free = Arc::new(Mutex::new(free.into_iter()));
        for _ in 0..tasks {
            let (at_work, free, hold) = (at_work.clone(), Arc::clone(&free), hold.clone());
            at_it.push(tokio::spawn(async move {
                while let Some(case) = next(&free) {
                    at_work.judge(case, Vec::new(), &hold).await;
                }
            }));
        }
        drop(hold);
        for ended in join_all(at_it).await {
            if let Err(error) = ended {
                at_work.panicked(&error.to_string());
            }
        }
        // No request is under way: now each connection can end, and what is still in doubt is decided.
        self.session.clients.retire_idle();
        if let Err(error) = release.await {
            at_work.panicked(&error.to_string());
        }
        let done = std::mem::take(&mut *at_work.done());
        *run = done.run;
        done.firsts
    }

    /// Runs cases under global conditions, one condition after the other.
    async fn run_global(&self, cases: &[Case], run: &mut PackRun) {
        let mut left: Vec<&Case> = cases.iter().collect();
        while let Some(condition) = left.first().and_then(|case| self.global_condition(case)) {
            let condition = condition.to_owned();
            let mut round: Vec<&Case> = Vec::new();
            let mut taken: BTreeSet<Lock> = BTreeSet::new();
            // Cases that share a lock must not overlap: the later one runs in another round.
            left.retain(|case| {
                let locks = self.locks(case);
                let fits = self.global_condition(case) == Some(&condition)
                    && locks.iter().all(|lock| !taken.contains(lock));
                if fits {
                    taken.extend(locks);
                    round.push(case);
                }
                !fits
            });
            self.run_round(&condition, &round, run).await;
        }
    }

    /// Runs the cases of one round: setups and controls → begin → requests → end → follow-up steps → teardowns.
    async fn run_round(&self, condition: &str, round: &[&Case], run: &mut PackRun) {
        let stopped = self.session.health_check_state.broken().is_some();
        if self.session.interrupt.is_set() || stopped {
            for case in round {
                let stopped = stopped.then(|| stopped_case(&self.session, case));
                let Some(report) = stopped.or_else(|| not_run_in_time(&self.session, case)) else { continue };
                self.tell(run, report);
            }
            return;
        }
        for case in round {
            emit_event(&self.listener, Event::CaseStarted { index: case.index, name: &case.name });
        }
        let mut running: Vec<CaseRunner<'_>> =
            round.iter().map(|case| CaseRunner::new(&self.session, case)).collect();
        join_all(running.iter_mut().map(|case| self.with_permit(case.prepare()))).await;
        // After a signal no condition is started. `end` is still called, because an earlier run may have left the
        // condition active.
        if let Err(reason) = self.session.begin(condition).await {
            if let Unjudged::Abandoned { request, .. } = &reason {
                self.notice(&format!(
                    "the condition {condition} may come into force after its end: {request} got no response in time"
                ));
            }
            // The condition is of all of them, and nothing that a case made.
            let reason = if reason.is_interruption() { Unjudged::Interrupted } else { reason };
            mark_inconclusive(&mut running, &reason);
        }
        join_all(running.iter_mut().map(|case| self.with_permit(case.send_under_test()))).await;
        // Also after a `begin` that failed: a condition that is partly in effect must not remain.
        if let Err(reason) = self.session.end(condition).await {
            mark_unfinished(&mut running, &Unjudged::Because(reason.clone()));
            self.notice(&reason);
        }
        join_all(running.iter_mut().map(|case| self.with_permit(case.follow_up()))).await;
        join_all(running.iter_mut().map(|case| self.with_permit(case.cleanup()))).await;
        self.session.clients.retire_idle();
        for mut case in running {
            // It cannot run again: others share its condition.
            if self.session.clients.had_surplus(&case.doubtful_connections()).await {
                case.inconclusive = Some(Unjudged::InDoubt);
            }
            self.tell(run, case.finish());
        }
    }

    async fn with_permit<T>(&self, work: impl Future<Output = T>) -> T {
        let _permit = self.permits.acquire().await.ok();
        work.await
    }

    /// Ends every global condition that this run may start: an earlier run may have died while one was active.
    async fn end_all(&self, cases: &[Case]) {
        let conditions: BTreeSet<&str> =
            cases.iter().filter_map(|case| self.global_condition(case)).collect();
        for condition in conditions {
            if let Err(reason) = self.session.end(condition).await {
                self.notice(&reason);
                // If the target does not respond at all, the diagnosis reports it; there is no need to try them all.
                return;
            }
        }
    }

    fn global_condition<'t>(&self, case: &'t Case) -> Option<&'t str> {
        case.scenario.condition.as_deref().filter(|condition| self.session.is_global(condition))
    }

    fn locks(&self, case: &Case) -> Vec<Lock> {
        let mut locks = case.locks(&self.session.target);
        if let Some(resources) = self.resources.get() {
            // They come after those that a scenario or a role names.
            locks.extend_from_slice(resources.get(case.index));
        }
        if self.session.wants_health_check(case) {
            // It is the last one in the order of locks.
            locks.push(Lock::HealthCheck);
        }
        locks
    }

    /// Removes what cases have shared, and adds what became of it to the report of the first of them.
    async fn remove_shared_things(&self, run: &mut PackRun) {
        let mut removals = self.session.remove_shared_things().await;
        removals.extend(self.session.remove_doubtful().await);
        let listed = run.cases.iter().flat_map(|case| &case.left_behind);
        let listed: Vec<&str> =
            listed.chain(removals.iter().flat_map(|it| &it.left_behind)).map(String::as_str).collect();
        let further = self.session.remove_named(&listed).await;
        removals.extend(further);
        for removal in removals {
            self.tell_removal(run, &removal);
        }
    }

    /// Adds what was removed after a case, and what was not, to its report.
    fn tell_removal(&self, run: &mut PackRun, removal: &Removal) {
        let Removal { case, exchanges, left_behind } = removal;
        let Some(report) = run.cases.iter_mut().find(|report| report.name == *case) else { return };
        let index = report.index;
        emit_event(&self.listener, Event::CaseTornDown { index, exchanges, left_behind });
        report.torn_down(exchanges, left_behind);
    }

    fn notice(&self, text: &str) {
        emit_event(&self.listener, Event::Notice(&self.session.mask.text(text)));
    }

    fn tell(&self, run: &mut PackRun, report: CaseReport) {
        emit_event(&self.listener, Event::CaseFinished(&report));
        run.cases.push(report);
    }
}

/// Builds the report of a case that did not run because the run was stopped.
pub(super) fn stopped_case(session: &Session, case: &Case) -> CaseReport {
    not_run(session, case, Outcome::Inconclusive, Reason::RunStopped)
}

/// Calls the listener. A panic in it is caught and does not affect the run or its exit code.
pub(super) fn emit_event(listener: &Arc<Listener>, event: Event<'_>) {
    let _ = std::panic::catch_unwind(AssertUnwindSafe(|| listener(event)));
}

/// Records that the condition could not be ended: responses received while it was in effect are judged, later steps
/// are not.
fn mark_unfinished(running: &mut [CaseRunner<'_>], reason: &Unjudged) {
    for case in running {
        let place = if case.answered { &mut case.unfinished } else { &mut case.inconclusive };
        place.get_or_insert_with(|| reason.clone());
    }
}

fn mark_inconclusive(running: &mut [CaseRunner<'_>], reason: &Unjudged) {
    for case in running {
        case.inconclusive.get_or_insert_with(|| reason.clone());
    }
}
