//! The engine: plans into cases, cases into a report.

use std::{
    collections::BTreeSet,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures_util::{FutureExt as _, future::join_all};
use tokio::sync::Semaphore;

use failspec_judge::report_model::{CaseReport, Event, Exercise, Listener, Outcome};

use super::{
    case_runner::CaseRunner,
    judge::not_run,
    plan::Case,
    preflight::{First, canaries, diagnose},
    session::Session,
};

/// What came of all cases of one pack.
#[derive(Debug, Default)]
pub struct PackRun {
    /// The reports of its cases, in the order of the plan.
    pub cases: Vec<CaseReport>,
    /// Why nothing could be judged.
    pub diagnosis: Option<String>,
}

/// Runs the cases of one pack on one target; events go out as cases end.
pub(super) struct Engine {
    pub session: Arc<Session>,
    /// For all packs together: who holds one may send.
    pub permits: Arc<Semaphore>,
    /// How many permits there are.
    pub jobs: usize,
    pub listener: Arc<Listener>,
}

impl Engine {
    /// Runs all cases. Cases under a condition that concerns everyone run alone, last.
    pub async fn run(&self, cases: Vec<Case>) -> PackRun {
        let mut run = PackRun { cases: Vec::with_capacity(cases.len()), ..PackRun::default() };
        let (able, skipped): (Vec<Case>, Vec<Case>) = cases.into_iter().partition(|case| case.skip.is_none());
        for case in &skipped {
            let reason = case.skip.as_deref().unwrap_or_default();
            self.tell(&mut run, not_run(&self.session, case, Outcome::Skipped, reason));
        }
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
        // Nothing was made yet that would have to be removed: who interrupts this need not wait for a login.
        run.diagnosis = tokio::select! {
            diagnosis = begin => diagnosis,
            () = self.session.interrupt.wait() => None,
        };
        if run.diagnosis.is_some() {
            self.nothing_judged(&able, &[], &mut run);
            return run;
        }
        let (global, ordinary): (Vec<Case>, Vec<Case>) =
            able.into_iter().partition(|case| self.global_condition(case).is_some());
        // Among the first to run is one case for each role: if not one of them gets through, nobody will.
        let first: BTreeSet<usize> = canaries(&ordinary).into_iter().collect();
        let (canaries, others): (Vec<_>, Vec<_>) =
            ordinary.into_iter().enumerate().partition(|(index, _)| first.contains(index));
        let cases_of = |picked: Vec<(usize, Case)>| picked.into_iter().map(|(_, case)| case).collect();
        let mut firsts = self.run_ordinary(cases_of(canaries), Preflights::Wanted, &mut run).await;
        // They end in any order; what is said about them is the same every time.
        firsts.sort_by(|one, other| one.role.cmp(&other.role));
        // It quotes responses, and a response may quote a credential.
        let mask = &self.session.mask;
        let diagnosed = || diagnose(&self.session, &firsts).map(|text| mask.text(&text).into_owned());
        run.diagnosis = run.diagnosis.take().or_else(diagnosed);
        if run.diagnosis.is_some() {
            self.nothing_judged(&cases_of(others), &global, &mut run);
        } else {
            self.run_ordinary(cases_of(others), Preflights::Dropped, &mut run).await;
            self.run_global(&global, &mut run).await;
        }
        if let Some(reason) = self.session.health_check_state.broken() {
            run.diagnosis.get_or_insert_with(|| self.session.mask.text(reason).into_owned());
        }
        // No two have the same index; a stable sort would need the memory of half of them once more.
        run.cases.sort_unstable_by_key(|report| report.index);
        run
    }

    /// What the first cases look like is the diagnosis's to say: one cause, one message. No case is left out of
    /// the report because of it.
    fn nothing_judged(&self, others: &[Case], global: &[Case], run: &mut PackRun) {
        let reason = "nothing can be judged: see the diagnosis";
        for case in run.cases.iter_mut().filter(|case| case.outcome != Outcome::Skipped) {
            case.outcome = Outcome::Inconclusive;
            case.reason = Some(reason.to_owned());
            case.exercised = Exercise::No;
            case.violations.clear();
            case.warnings.clear();
            case.waived.clear();
            case.snapshot = None;
            // One page for everybody has one request id, too.
            case.request_ids.clear();
        }
        for case in others.iter().chain(global) {
            self.tell(run, not_run(&self.session, case, Outcome::Inconclusive, reason));
        }
    }

    /// Runs cases side by side; gives what the first request of each came to, if that is `wanted`.
    async fn run_ordinary(&self, cases: Vec<Case>, wanted: Preflights, run: &mut PackRun) -> Vec<First> {
        let (free, locked): (Vec<Case>, Vec<Case>) =
            cases.into_iter().partition(|case| self.locks(case).is_empty());
        let done = Done { run: std::mem::take(run), firsts: Vec::new() };
        let at_work = Worker {
            session: Arc::clone(&self.session),
            permits: Arc::clone(&self.permits),
            listener: Arc::clone(&self.listener),
            wanted,
            done: Arc::new(Mutex::new(done)),
        };
        let mut at_it = Vec::new();
        // Who waits for a lock must not keep others from going on: each of these waits in a task of its own.
        for case in locked {
            let (at_work, locks) = (at_work.clone(), self.locks(&case));
            at_it.push(tokio::spawn(async move {
                let _held = at_work.session.locks.take(&locks).await;
                at_work.judge(&case).await;
            }));
        }
        // The others are taken one by one by as many tasks as may send at once: making, waking and dropping a task for
        // each of them is work that nobody needs.
        let tasks = self.jobs.min(free.len());
        let free = Arc::new(Mutex::new(free.into_iter()));
        for _ in 0..tasks {
            let (at_work, free) = (at_work.clone(), Arc::clone(&free));
            at_it.push(tokio::spawn(async move {
                while let Some(case) = next(&free) {
                    at_work.judge(&case).await;
                }
            }));
        }
        for ended in join_all(at_it).await {
            if let Err(error) = ended {
                at_work.panicked(&error.to_string());
            }
        }
        let done = std::mem::take(&mut *at_work.done());
        *run = done.run;
        done.firsts
    }

    /// Runs cases under conditions that concern everyone, one condition after the other.
    async fn run_global(&self, cases: &[Case], run: &mut PackRun) {
        let mut left: Vec<&Case> = cases.iter().collect();
        while let Some(condition) = left.first().and_then(|case| self.global_condition(case)) {
            let condition = condition.to_owned();
            let mut round: Vec<&Case> = Vec::new();
            let mut taken: BTreeSet<String> = BTreeSet::new();
            // Cases that share a lock must not overlap: the later one waits for another round.
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

    /// Setups and controls → begin → requests → end → what follows → teardowns.
    async fn run_round(&self, condition: &str, round: &[&Case], run: &mut PackRun) {
        let stopped = self.session.health_check_state.broken().is_some();
        if self.session.interrupt.is_set() || stopped {
            for case in round {
                let reason = match stopped {
                    true => "the run was stopped: see the diagnosis",
                    false => "interrupted before it began",
                };
                self.tell(run, not_run(&self.session, case, Outcome::Inconclusive, reason));
            }
            return;
        }
        let mut running: Vec<CaseRunner<'_>> =
            round.iter().map(|case| CaseRunner::new(&self.session, case)).collect();
        join_all(running.iter_mut().map(|case| self.permitted(case.prepare()))).await;
        // After a signal nothing is begun; `end` still follows, for what an earlier run may have left.
        let begun = tokio::select! {
            biased;
            () = self.session.interrupt.wait() => Err("interrupted".to_owned()),
            begun = self.session.begin(condition) => begun,
        };
        if let Err(reason) = &begun {
            give_up(&mut running, reason);
        }
        join_all(running.iter_mut().map(|case| self.permitted(case.provoke()))).await;
        // Also after a `begin` that seemed to fail: what is half in force must not stay.
        if let Err(reason) = self.session.end(condition).await {
            leave_off(&mut running, &reason);
            self.notice(&reason);
        }
        join_all(running.iter_mut().map(|case| self.permitted(case.follow_up()))).await;
        join_all(running.iter_mut().map(|case| self.permitted(case.cleanup()))).await;
        for case in running {
            self.tell(run, case.finish());
        }
    }

    async fn permitted<T>(&self, work: impl Future<Output = T>) -> T {
        let _permit = self.permits.acquire().await.ok();
        work.await
    }

    /// Ends every condition that this run may begin: an earlier run may have died while one was in force.
    async fn end_all(&self, cases: &[Case]) {
        let conditions: BTreeSet<&str> =
            cases.iter().filter_map(|case| self.global_condition(case)).collect();
        for condition in conditions {
            if let Err(reason) = self.session.end(condition).await {
                self.notice(&reason);
                // Where the target does not respond at all, the diagnosis says so; no need to try them all.
                return;
            }
        }
    }

    fn global_condition<'t>(&self, case: &'t Case) -> Option<&'t str> {
        case.scenario.condition.as_deref().filter(|condition| self.session.is_global(condition))
    }

    fn locks(&self, case: &Case) -> Vec<String> {
        let mut locks = case.locks(&self.session.target);
        if self.session.wants_health_check(case) {
            locks.push(super::health_check::LOCK.to_owned());
            // Everyone takes them in one order.
            locks.sort();
        }
        locks
    }

    fn notice(&self, text: &str) {
        heard(&self.listener, Event::Notice(&self.session.mask.text(text)));
    }

    fn tell(&self, run: &mut PackRun, report: CaseReport) {
        heard(&self.listener, Event::CaseFinished(&report));
        run.cases.push(report);
    }
}

/// Tells the listener. What it does wrong is its own affair: the run and its exit code go on.
fn heard(listener: &Arc<Listener>, event: Event<'_>) {
    let _ = std::panic::catch_unwind(AssertUnwindSafe(|| listener(event)));
}

/// Whether what first requests came to is wanted: it holds responses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Preflights {
    Wanted,
    Dropped,
}

/// What has come of the cases so far.
#[derive(Default)]
struct Done {
    run: PackRun,
    firsts: Vec<First>,
}

/// What a task needs to run cases.
#[derive(Clone)]
struct Worker {
    session: Arc<Session>,
    permits: Arc<Semaphore>,
    listener: Arc<Listener>,
    wanted: Preflights,
    /// Each task adds to it what it has judged: no other task need wake up for that.
    done: Arc<Mutex<Done>>,
}

impl Worker {
    /// Runs one case from its control to its teardown, and adds what came of it.
    async fn judge(&self, case: &Case) {
        let _permit = self.permits.acquire().await.ok();
        match AssertUnwindSafe(self.run(case)).catch_unwind().await {
            Ok((report, first)) => {
                heard(&self.listener, Event::CaseFinished(&report));
                let mut done = self.done();
                done.firsts.extend(first);
                done.run.cases.push(report);
            }
            Err(panic) => {
                let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
                let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
                self.panicked(&format!("{}: {}", case.name, text.unwrap_or_default()));
            }
        }
    }

    /// A panic in a case is a bug of inferred: it must show, and must not look like a verdict.
    fn panicked(&self, error: &str) {
        let said = || format!("internal error of failspec: {error}");
        self.done().run.diagnosis.get_or_insert_with(said);
    }

    fn done(&self) -> MutexGuard<'_, Done> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn run(&self, case: &Case) -> (CaseReport, Option<First>) {
        let session = &*self.session;
        let writes = session.wants_health_check(case);
        if writes && !session.interrupt.is_set() {
            session.health_check_before().await;
        }
        let stopped = session.health_check_state.broken().map(|_| "the run was stopped: see the diagnosis");
        let interrupted = session.interrupt.is_set().then_some("interrupted before it began");
        if let Some(reason) = interrupted.or(stopped) {
            return (not_run(session, case, Outcome::Inconclusive, reason), None);
        }
        let mut running = CaseRunner::new(session, case);
        running.prepare().await;
        let wanted = self.wanted == Preflights::Wanted;
        let first = wanted.then(|| First::of(session, &running.observed)).flatten();
        running.provoke().await;
        running.follow_up().await;
        running.cleanup().await;
        if writes {
            session.health_check_after(case, &super::health_check::writes(&running.observed)).await;
        }
        (running.finish(), first)
    }
}

/// The next case that nobody has taken.
fn next(cases: &Mutex<std::vec::IntoIter<Case>>) -> Option<Case> {
    cases.lock().unwrap_or_else(PoisonError::into_inner).next()
}

/// What was answered while the condition was in force is judged; what would follow it is not.
fn leave_off(running: &mut [CaseRunner<'_>], reason: &str) {
    for case in running {
        let place = if case.answered { &mut case.unfinished } else { &mut case.inconclusive };
        place.get_or_insert_with(|| reason.to_owned());
    }
}

fn give_up(running: &mut [CaseRunner<'_>], reason: &str) {
    for case in running {
        case.inconclusive.get_or_insert_with(|| reason.to_owned());
    }
}
