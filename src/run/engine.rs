//! The engine: plans into trials, trials into a report.

use std::{collections::BTreeSet, sync::Arc};

use futures_util::future::join_all;
use tokio::{
    sync::{Semaphore, mpsc::UnboundedSender},
    task::JoinSet,
};

use crate::verdict::{Event, Exercise, Outcome, TrialReport};

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
    pub permits: Arc<Semaphore>,
    pub events: UnboundedSender<Event>,
}

impl Engine {
    /// Runs all trials. Trials under a condition that concerns everyone run alone, last.
    pub async fn run(&self, trials: &[Trial]) -> PackRun {
        let mut run = PackRun::default();
        for trial in trials.iter().filter(|trial| trial.skip.is_some()) {
            let reason = trial.skip.as_deref().unwrap_or_default();
            self.tell(&mut run, not_run(&self.session, trial, Outcome::Skipped, reason));
        }
        let able: Vec<&Trial> = trials.iter().filter(|trial| trial.skip.is_none()).collect();
        if let Err(reason) = self.session.wait_until_ready().await {
            run.diagnosis = Some(reason);
            self.nothing_judged(&[], &able, &mut run);
            return run;
        }
        let roles: BTreeSet<&str> = able.iter().flat_map(|trial| trial.scenario.needs().roles).collect();
        let begin = async {
            let diagnosis = match able.is_empty() {
                true => self.session.probe(trials).await,
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
            self.nothing_judged(&[], &able, &mut run);
            return run;
        }
        let (global, ordinary): (Vec<&Trial>, Vec<&Trial>) =
            able.into_iter().partition(|trial| self.global_condition(trial).is_some());
        // Among the first to run is one trial for each role: if not one of them gets through, nobody will.
        let first: BTreeSet<usize> = canaries(&ordinary).into_iter().collect();
        let (canaries, others): (Vec<_>, Vec<_>) =
            ordinary.into_iter().cloned().enumerate().partition(|(index, _)| first.contains(index));
        let trials_of = |picked: Vec<(usize, Trial)>| picked.into_iter().map(|(_, trial)| trial).collect();
        let mut firsts = self.run_ordinary(trials_of(canaries), &mut run).await;
        // They end in any order; what is said about them is the same every time.
        firsts.sort_by(|one, other| one.role.cmp(&other.role));
        // It quotes answers, and an answer may quote a credential.
        let mask = &self.session.mask;
        let diagnosed = || diagnose(&self.session, &firsts).map(|text| mask.text(&text).into_owned());
        run.diagnosis = run.diagnosis.take().or_else(diagnosed);
        if run.diagnosis.is_some() {
            self.nothing_judged(&trials_of(others), &global, &mut run);
        } else {
            self.run_ordinary(trials_of(others), &mut run).await;
            self.run_global(&global, &mut run).await;
        }
        run.trials.sort_by_key(|report| report.index);
        run
    }

    /// What the first trials look like is the diagnosis's to say: one cause, one message. No trial is left out of
    /// the report because of it.
    fn nothing_judged(&self, others: &[Trial], global: &[&Trial], run: &mut PackRun) {
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
        for trial in others.iter().chain(global.iter().copied()) {
            self.tell(run, not_run(&self.session, trial, Outcome::Inconclusive, reason));
        }
    }

    /// Runs trials side by side; gives what each one's first request came to.
    async fn run_ordinary(&self, trials: Vec<Trial>, run: &mut PackRun) -> Vec<First> {
        let mut tasks: JoinSet<(TrialReport, Option<First>)> = JoinSet::new();
        let mut firsts = Vec::new();
        for trial in trials {
            if self.session.interrupt.is_set() {
                self.tell(
                    run,
                    not_run(&self.session, &trial, Outcome::Inconclusive, "interrupted before it began"),
                );
                continue;
            }
            let (session, permits) = (Arc::clone(&self.session), Arc::clone(&self.permits));
            let locks = self.locks(&trial);
            // Who waits for a lock must not keep a permit from those who could go on.
            let permit =
                if locks.is_empty() { Arc::clone(&permits).acquire_owned().await.ok() } else { None };
            tasks.spawn(async move {
                let _held = session.locks.take(&locks).await;
                let _permit = match permit {
                    Some(permit) => Some(permit),
                    None => permits.acquire_owned().await.ok(),
                };
                let mut running = Running::new(&session, &trial);
                running.prepare().await;
                let first = First::of(&session, &running.observed);
                running.provoke().await;
                running.follow_up().await;
                running.cleanup().await;
                (running.finish(), first)
            });
            while let Some(done) = tasks.try_join_next() {
                self.collect(done, run, &mut firsts);
            }
        }
        while let Some(done) = tasks.join_next().await {
            self.collect(done, run, &mut firsts);
        }
        firsts
    }

    fn collect(
        &self,
        done: Result<(TrialReport, Option<First>), tokio::task::JoinError>,
        run: &mut PackRun,
        firsts: &mut Vec<First>,
    ) {
        match done {
            Ok((report, first)) => {
                firsts.extend(first);
                self.tell(run, report);
            }
            // A panic in a trial is a bug of ours: it must show, and must not look like a verdict.
            Err(error) => {
                run.diagnosis
                    .get_or_insert_with(|| format!("a trial ended in an error of failspec itself: {error}"));
            }
        }
    }

    /// Runs trials under conditions that concern everyone, one condition after the other.
    async fn run_global(&self, trials: &[&Trial], run: &mut PackRun) {
        let mut left: Vec<&Trial> = trials.to_vec();
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
        if self.session.interrupt.is_set() {
            for trial in round {
                let reason = "interrupted before it began";
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
    async fn end_all(&self, trials: &[&Trial]) {
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
        trial.locks(&self.session.target)
    }

    fn notice(&self, text: &str) {
        // See `tell`.
        let _ = self.events.send(Event::Notice(self.session.mask.text(text).into_owned()));
    }

    fn tell(&self, run: &mut PackRun, report: TrialReport) {
        // Reporters may have gone (a closed pipe); the run and its exit code go on.
        let _ = self.events.send(Event::TrialFinished(Box::new(report.clone())));
        run.trials.push(report);
    }
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
