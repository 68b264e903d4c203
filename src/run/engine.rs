//! The engine: plans into trials, trials into a report.

use std::{
    collections::BTreeSet,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures_util::{FutureExt as _, future::join_all};
use tokio::sync::Semaphore;

use crate::verdict::{Event, Exercise, Listener, Outcome, TrialReport};

use super::{
    course::Running,
    diagnosis::{First, canaries, diagnose},
    finish::not_run,
    plan::Trial,
    session::Session,
};

/// What came of all trials of one pack.
#[derive(Debug, Default)]
pub struct PackRun {
    /// The reports of its trials, in the order of the plan.
    pub trials: Vec<TrialReport>,
    /// Why nothing could be judged.
    pub diagnosis: Option<String>,
}

/// Runs the trials of one pack on one target; events go out as trials end.
pub(super) struct Engine {
    pub session: Arc<Session>,
    /// For all packs together: who holds one may send.
    pub permits: Arc<Semaphore>,
    /// How many permits there are.
    pub jobs: usize,
    pub listener: Arc<Listener>,
}

impl Engine {
    /// Runs all trials. Trials under a condition that concerns everyone run alone, last.
    pub async fn run(&self, trials: Vec<Trial>) -> PackRun {
        let mut run = PackRun { trials: Vec::with_capacity(trials.len()), ..PackRun::default() };
        let (able, skipped): (Vec<Trial>, Vec<Trial>) =
            trials.into_iter().partition(|trial| trial.skip.is_none());
        for trial in &skipped {
            let reason = trial.skip.as_deref().unwrap_or_default();
            self.tell(&mut run, not_run(&self.session, trial, Outcome::Skipped, reason));
        }
        if let Err(reason) = self.session.wait_until_ready().await {
            run.diagnosis = Some(reason);
            self.nothing_judged(&able, &[], &mut run);
            return run;
        }
        let roles: BTreeSet<&str> = able.iter().flat_map(|trial| trial.scenario.needs().roles).collect();
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
        let (global, ordinary): (Vec<Trial>, Vec<Trial>) =
            able.into_iter().partition(|trial| self.global_condition(trial).is_some());
        // Among the first to run is one trial for each role: if not one of them gets through, nobody will.
        let first: BTreeSet<usize> = canaries(&ordinary).into_iter().collect();
        let (canaries, others): (Vec<_>, Vec<_>) =
            ordinary.into_iter().enumerate().partition(|(index, _)| first.contains(index));
        let trials_of = |picked: Vec<(usize, Trial)>| picked.into_iter().map(|(_, trial)| trial).collect();
        let mut firsts = self.run_ordinary(trials_of(canaries), Firsts::Wanted, &mut run).await;
        // They end in any order; what is said about them is the same every time.
        firsts.sort_by(|one, other| one.role.cmp(&other.role));
        // It quotes answers, and an answer may quote a credential.
        let mask = &self.session.mask;
        let diagnosed = || diagnose(&self.session, &firsts).map(|text| mask.text(&text).into_owned());
        run.diagnosis = run.diagnosis.take().or_else(diagnosed);
        if run.diagnosis.is_some() {
            self.nothing_judged(&trials_of(others), &global, &mut run);
        } else {
            self.run_ordinary(trials_of(others), Firsts::Dropped, &mut run).await;
            self.run_global(&global, &mut run).await;
        }
        if let Some(reason) = self.session.canary_state.broken() {
            run.diagnosis.get_or_insert_with(|| self.session.mask.text(reason).into_owned());
        }
        // No two have the same index; a stable sort would need the memory of half of them once more.
        run.trials.sort_unstable_by_key(|report| report.index);
        run
    }

    /// What the first trials look like is the diagnosis's to say: one cause, one message. No trial is left out of
    /// the report because of it.
    fn nothing_judged(&self, others: &[Trial], global: &[Trial], run: &mut PackRun) {
        let reason = "nothing can be judged: see the diagnosis";
        for trial in run.trials.iter_mut().filter(|trial| trial.outcome != Outcome::Skipped) {
            trial.outcome = Outcome::Inconclusive;
            trial.reason = Some(reason.to_owned());
            trial.exercised = Exercise::No;
            trial.violations.clear();
            trial.warnings.clear();
            trial.waived.clear();
            trial.snapshot = None;
            // One page for everybody has one request id, too.
            trial.request_ids.clear();
        }
        for trial in others.iter().chain(global) {
            self.tell(run, not_run(&self.session, trial, Outcome::Inconclusive, reason));
        }
    }

    /// Runs trials side by side; gives what the first request of each came to, if that is `wanted`.
    async fn run_ordinary(&self, trials: Vec<Trial>, wanted: Firsts, run: &mut PackRun) -> Vec<First> {
        let (free, locked): (Vec<Trial>, Vec<Trial>) =
            trials.into_iter().partition(|trial| self.locks(trial).is_empty());
        let done = Done { run: std::mem::take(run), firsts: Vec::new() };
        let at_work = AtWork {
            session: Arc::clone(&self.session),
            permits: Arc::clone(&self.permits),
            listener: Arc::clone(&self.listener),
            wanted,
            done: Arc::new(Mutex::new(done)),
        };
        let mut at_it = Vec::new();
        // Who waits for a lock must not keep others from going on: each of these waits in a task of its own.
        for trial in locked {
            let (at_work, locks) = (at_work.clone(), self.locks(&trial));
            at_it.push(tokio::spawn(async move {
                let _held = at_work.session.locks.take(&locks).await;
                at_work.judge(&trial).await;
            }));
        }
        // The others are taken one by one by as many tasks as may send at once: making, waking and dropping a task for
        // each of them is work that nobody needs.
        let tasks = self.jobs.min(free.len());
        let free = Arc::new(Mutex::new(free.into_iter()));
        for _ in 0..tasks {
            let (at_work, free) = (at_work.clone(), Arc::clone(&free));
            at_it.push(tokio::spawn(async move {
                while let Some(trial) = next(&free) {
                    at_work.judge(&trial).await;
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

    /// Runs trials under conditions that concern everyone, one condition after the other.
    async fn run_global(&self, trials: &[Trial], run: &mut PackRun) {
        let mut left: Vec<&Trial> = trials.iter().collect();
        while let Some(condition) = left.first().and_then(|trial| self.global_condition(trial)) {
            let condition = condition.to_owned();
            let mut round: Vec<&Trial> = Vec::new();
            let mut taken: BTreeSet<String> = BTreeSet::new();
            // Trials that share a lock must not overlap: the later one waits for another round.
            left.retain(|trial| {
                let locks = self.locks(trial);
                let fits = self.global_condition(trial) == Some(&condition)
                    && locks.iter().all(|lock| !taken.contains(lock));
                if fits {
                    taken.extend(locks);
                    round.push(trial);
                }
                !fits
            });
            self.run_round(&condition, &round, run).await;
        }
    }

    /// Setups and controls → begin → requests → end → what follows → teardowns.
    async fn run_round(&self, condition: &str, round: &[&Trial], run: &mut PackRun) {
        let stopped = self.session.canary_state.broken().is_some();
        if self.session.interrupt.is_set() || stopped {
            for trial in round {
                let reason = match stopped {
                    true => "the run was stopped: see the diagnosis",
                    false => "interrupted before it began",
                };
                self.tell(run, not_run(&self.session, trial, Outcome::Inconclusive, reason));
            }
            return;
        }
        let mut running: Vec<Running<'_>> =
            round.iter().map(|trial| Running::new(&self.session, trial)).collect();
        join_all(running.iter_mut().map(|trial| self.permitted(trial.prepare()))).await;
        // After a signal nothing is begun; `end` still follows, for what an earlier run may have left.
        let begun = tokio::select! {
            biased;
            () = self.session.interrupt.wait() => Err("interrupted".to_owned()),
            begun = self.session.begin(condition) => begun,
        };
        if let Err(reason) = &begun {
            give_up(&mut running, reason);
        }
        join_all(running.iter_mut().map(|trial| self.permitted(trial.provoke()))).await;
        // Also after a `begin` that seemed to fail: what is half in force must not stay.
        if let Err(reason) = self.session.end(condition).await {
            leave_off(&mut running, &reason);
            self.notice(&reason);
        }
        join_all(running.iter_mut().map(|trial| self.permitted(trial.follow_up()))).await;
        join_all(running.iter_mut().map(|trial| self.permitted(trial.cleanup()))).await;
        for trial in running {
            self.tell(run, trial.finish());
        }
    }

    async fn permitted<T>(&self, work: impl Future<Output = T>) -> T {
        let _permit = self.permits.acquire().await.ok();
        work.await
    }

    /// Ends every condition that this run may begin: an earlier run may have died while one was in force.
    async fn end_all(&self, trials: &[Trial]) {
        let conditions: BTreeSet<&str> =
            trials.iter().filter_map(|trial| self.global_condition(trial)).collect();
        for condition in conditions {
            if let Err(reason) = self.session.end(condition).await {
                self.notice(&reason);
                // Where the target does not answer at all, the diagnosis says so; no need to try them all.
                return;
            }
        }
    }

    fn global_condition<'t>(&self, trial: &'t Trial) -> Option<&'t str> {
        trial.scenario.condition.as_deref().filter(|condition| self.session.is_global(condition))
    }

    fn locks(&self, trial: &Trial) -> Vec<String> {
        let mut locks = trial.locks(&self.session.target);
        if self.session.wants_canary(trial) {
            locks.push(super::canary::LOCK.to_owned());
            // Everyone takes them in one order.
            locks.sort();
        }
        locks
    }

    fn notice(&self, text: &str) {
        heard(&self.listener, Event::Notice(&self.session.mask.text(text)));
    }

    fn tell(&self, run: &mut PackRun, report: TrialReport) {
        heard(&self.listener, Event::TrialFinished(&report));
        run.trials.push(report);
    }
}

/// Tells the listener. What it does wrong is its own affair: the run and its exit code go on.
fn heard(listener: &Arc<Listener>, event: Event<'_>) {
    let _ = std::panic::catch_unwind(AssertUnwindSafe(|| listener(event)));
}

/// Whether what first requests came to is wanted: it holds answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Firsts {
    Wanted,
    Dropped,
}

/// What has come of the trials so far.
#[derive(Default)]
struct Done {
    run: PackRun,
    firsts: Vec<First>,
}

/// What a task needs to run trials.
#[derive(Clone)]
struct AtWork {
    session: Arc<Session>,
    permits: Arc<Semaphore>,
    listener: Arc<Listener>,
    wanted: Firsts,
    /// Each task adds to it what it has judged: no other task need wake up for that.
    done: Arc<Mutex<Done>>,
}

impl AtWork {
    /// Runs one trial from its control to its teardown, and adds what came of it.
    async fn judge(&self, trial: &Trial) {
        let _permit = self.permits.acquire().await.ok();
        match AssertUnwindSafe(self.run(trial)).catch_unwind().await {
            Ok((report, first)) => {
                heard(&self.listener, Event::TrialFinished(&report));
                let mut done = self.done();
                done.firsts.extend(first);
                done.run.trials.push(report);
            }
            Err(panic) => {
                let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
                let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
                self.panicked(&format!("{}: {}", trial.name, text.unwrap_or_default()));
            }
        }
    }

    /// A panic in a trial is a bug of ours: it must show, and must not look like a verdict.
    fn panicked(&self, error: &str) {
        let said = || format!("a trial ended in an error of failspec itself: {error}");
        self.done().run.diagnosis.get_or_insert_with(said);
    }

    fn done(&self) -> MutexGuard<'_, Done> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn run(&self, trial: &Trial) -> (TrialReport, Option<First>) {
        let session = &*self.session;
        let writes = session.wants_canary(trial);
        if writes && !session.interrupt.is_set() {
            session.canary_before().await;
        }
        let stopped = session.canary_state.broken().map(|_| "the run was stopped: see the diagnosis");
        let interrupted = session.interrupt.is_set().then_some("interrupted before it began");
        if let Some(reason) = interrupted.or(stopped) {
            return (not_run(session, trial, Outcome::Inconclusive, reason), None);
        }
        let mut running = Running::new(session, trial);
        running.prepare().await;
        let wanted = self.wanted == Firsts::Wanted;
        let first = wanted.then(|| First::of(session, &running.observed)).flatten();
        running.provoke().await;
        running.follow_up().await;
        running.cleanup().await;
        if writes {
            session.canary_after(trial, &super::canary::writes(&running.observed)).await;
        }
        (running.finish(), first)
    }
}

/// The next trial that nobody has taken.
fn next(trials: &Mutex<std::vec::IntoIter<Trial>>) -> Option<Trial> {
    trials.lock().unwrap_or_else(PoisonError::into_inner).next()
}

/// What was answered while the condition was in force is judged; what would follow it is not.
fn leave_off(running: &mut [Running<'_>], reason: &str) {
    for trial in running {
        let place = if trial.answered { &mut trial.unfinished } else { &mut trial.inconclusive };
        place.get_or_insert_with(|| reason.to_owned());
    }
}

fn give_up(running: &mut [Running<'_>], reason: &str) {
    for trial in running {
        trial.inconclusive.get_or_insert_with(|| reason.to_owned());
    }
}
