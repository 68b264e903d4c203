//! Things that cases have in common. Those that only read share them: the first of them makes them. Those whose request
//! should be refused use them one after the other: what was refused has changed nothing. All are removed at the end of the
//! run, also of one that was cancelled.
//!
//! A shared thing may be gone: a case that would be called a violation runs once more, with things of its own.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use failspec_base::template::Scope;
use failspec_judge::{
    check::{self, Phase, Record},
    report_model::Rerun,
};
use failspec_pack::pack::{Contract, Control, Flow, RequestTemplate, Scenario, Step};
use sha2::{Digest as _, Sha256};
use tokio::sync::OnceCell;

use super::{
    case_runner::CaseRunner,
    error::Unjudged,
    plan::Case,
    shared_controls::{Digest, used_values, without_place},
    shared_parents::Parent,
};

/// Maximum number of things of one kind that are kept although a request under test changed them.
const MAX_CHANGED: usize = 2;

/// Things that were made; `None` if that failed: then every case makes its own.
type Shared = Arc<OnceCell<Option<Arc<Made>>>>;

/// Things that a setup made.
#[derive(Debug)]
pub(super) struct Made {
    /// A case that has the setup and the teardown.
    pub(super) case: Case,
    /// The first case in the order of the plan that uses them: its report says what became of them.
    pub(super) first: Arc<str>,
    /// The values that identify them.
    pub(super) scope: Scope,
    /// The exchanges that made them.
    pub(super) records: Vec<Record>,
    /// The parent that they are in, if others use it as well.
    pub(super) parent: Option<Arc<Parent>>,
}

/// The things that several cases of a run have in common.
#[derive(Debug, Default)]
pub struct SharedThings {
    /// By the index of the case: the setup, and the first case in the order of the plan that has it.
    of_cases: OnceLock<HashMap<usize, (Digest, Arc<str>)>>,
    made: Mutex<HashMap<Digest, Shared>>,
    /// By the index of the case: the setup that several cases have whose request should be refused.
    poolable: OnceLock<HashMap<usize, Digest>>,
    /// A thing that was made for such a case and is not in use.
    pool: Mutex<HashMap<Digest, Vec<Arc<Made>>>>,
    /// Such a thing that a request under test changed.
    changed: Mutex<HashMap<Digest, Vec<Arc<Made>>>>,
}

/// The things that the setup of a case made, for it and others after it.
#[derive(Debug, Clone)]
pub(super) struct Pooled {
    digest: Digest,
    made: Arc<Made>,
}

impl Pooled {
    /// Returns it with the values that the response to a change told, such as another token for it.
    fn with(self, scope: &Scope) -> Self {
        let Made { case, first, records, parent, .. } = &*self.made;
        let (case, first, parent) = (case.clone(), Arc::clone(first), parent.clone());
        let made = Made { case, first, scope: scope.clone(), records: records.clone(), parent };
        Self { made: Arc::new(made), ..self }
    }
}

impl SharedThings {
    /// Finds the setups that several cases have in common.
    pub fn plan(&self, contract: &Contract, cases: &[Case]) {
        let mut known: HashMap<Digest, Vec<&Case>> = HashMap::new();
        for case in cases.iter().filter(|case| only_reads(case)) {
            known.entry(digest(case, contract)).or_default().push(case);
        }
        let shared = known.into_iter().filter(|(_, cases)| cases.len() > 1);
        let of_cases = shared.flat_map(|(digest, cases)| {
            let first = cases.iter().min_by_key(|case| case.index).map(|case| Arc::clone(&case.name));
            cases
                .into_iter()
                .filter_map(move |case| Some((case.index, (digest, Arc::clone(first.as_ref()?)))))
        });
        let _ = self.of_cases.set(of_cases.collect());
        let mut known: HashMap<Digest, Vec<usize>> = HashMap::new();
        for case in cases.iter().filter(|case| may_be_refused(case, contract)) {
            known.entry(digest(case, contract)).or_default().push(case.index);
        }
        let several = known.into_iter().filter(|(_, cases)| cases.len() > 1);
        let poolable = several.flat_map(|(digest, cases)| cases.into_iter().map(move |case| (case, digest)));
        let _ = self.poolable.set(poolable.collect());
    }

    fn pool_of(&self, case: &Case) -> Option<Digest> {
        self.poolable.get()?.get(&case.index).copied()
    }

    fn take_from_pool(&self, digest: Digest) -> Option<Arc<Made>> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner).get_mut(&digest)?.pop()
    }

    fn return_to_pool(&self, Pooled { digest, made }: Pooled) {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner).entry(digest).or_default().push(made);
    }

    fn take_changed(&self, digest: Digest) -> Option<Arc<Made>> {
        self.changed.lock().unwrap_or_else(PoisonError::into_inner).get_mut(&digest)?.pop()
    }

    /// Keeps a thing that a request under test changed; returns false if there are enough.
    fn keep_changed(&self, Pooled { digest, made }: Pooled) -> bool {
        let mut changed = self.changed.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = changed.entry(digest).or_default();
        let has_room = kept.len() < MAX_CHANGED;
        if has_room {
            kept.push(made);
        }
        has_room
    }

    fn of(&self, case: &Case) -> Option<(Digest, &Arc<str>)> {
        self.of_cases.get()?.get(&case.index).map(|(digest, first)| (*digest, first))
    }

    fn cell(&self, digest: Digest) -> Shared {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(made.entry(digest).or_default())
    }

    /// Takes everything that was made, in the order of the cases.
    pub(super) fn take(&self) -> Vec<Arc<Made>> {
        let mut cells = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let made = cells.drain().filter_map(|(_, cell)| cell.get().cloned().flatten());
        let mut made: Vec<Arc<Made>> = made.collect();
        let mut pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        made.extend(pool.drain().flat_map(|(_, made)| made));
        let mut changed = self.changed.lock().unwrap_or_else(PoisonError::into_inner);
        made.extend(changed.drain().flat_map(|(_, made)| made));
        made.sort_by_key(|made| made.case.index);
        made
    }
}

/// Returns true for a case that makes things in its setup, and then only reads them. Not under conditions and locks, where
/// the time counts.
fn only_reads(case: &Case) -> bool {
    let faulty = &case.scenario.faulty;
    makes_plainly(case) && faulty.request.is_safe() && faulty.capture.is_empty()
}

/// Returns true for a case that an import wrote, that makes things in its setup, and whose request should be refused, or may be.
fn may_be_refused(case: &Case, contract: &Contract) -> bool {
    let scenario = &case.scenario;
    let is_made = |step: &Step| !step.capture.is_empty();
    makes_plainly(case)
        && !scenario.faulty.request.is_safe()
        && scenario.faulty.setup.iter().all(is_made)
        && (scenario.failure.is_some() || scenario.may_be_refused)
        && check::is_of_document(contract, scenario)
}

/// Returns true for a request that changes a thing, which is there afterwards with all that it was not asked to change.
fn only_changes(case: &Case) -> bool {
    matches!(case.scenario.faulty.request.line.method.as_str(), "PUT" | "PATCH")
}

/// Returns true for a case that makes things in its setup, under no condition.
fn makes_plainly(case: &Case) -> bool {
    let scenario = &case.scenario;
    let faulty = &scenario.faulty;
    let makes = |step: &Step| {
        step.request.is_some() && step.wait.is_none() && step.until.is_none() && step.expect.failure.is_none()
    };
    let compares_safely =
        scenario.indistinguishable_from.as_ref().is_none_or(|other| other.request.is_safe());
    !faulty.setup.is_empty()
        && faulty.setup.iter().all(makes)
        && faulty.repeat.is_none()
        && compares_safely
        && (scenario.then.is_empty() || scenario.follows_refusal())
        && scenario.condition.is_none()
        && scenario.locks.is_empty()
}

/// Returns the number of steps of the setup that the request under test needs: a control may need more. In a scenario that an
/// import wrote, a setup only makes what later requests name. A failure that is about the state of things needs all of them.
pub(super) fn needed_steps(contract: &Contract, scenario: &Scenario) -> usize {
    let faulty = &scenario.faulty;
    let all = faulty.setup.len();
    let is_about_state = |status: u16| matches!(status, 404 | 409 | 410 | 412 | 423 | 424 | 428);
    let failure = scenario.failure.map(|index| &contract.failures[index]);
    let is_plain = failure.is_some_and(|failure| {
        let mut statuses = failure.statuses().iter();
        failure.is_any_refusal()
            || statuses.any(|it| it.exactly().is_some_and(|status| !is_about_state(status)))
    });
    let is_alone = scenario.then.is_empty()
        && scenario.indistinguishable_from.is_none()
        && scenario.condition.is_none()
        && matches!(scenario.control, Control::Flow(_));
    let makes = |step: &Step| !step.capture.is_empty();
    if !is_plain || !is_alone || !check::is_of_document(contract, scenario) || !faulty.setup.iter().all(makes)
    {
        return all;
    }
    let names = faulty.request.names();
    let is_named = |step: &Step| step.capture.iter().any(|it| names.contains(&it.name.as_str()));
    faulty.setup.iter().rposition(is_named).map_or(0, |last| last + 1)
}

/// Returns the digest of a setup: what is sent, as whom, and how it is removed.
fn digest(case: &Case, contract: &Contract) -> Digest {
    let Flow { setup, request, .. } = &case.scenario.faulty;
    let setup = &setup[..needed_steps(contract, &case.scenario)];
    let steps = setup.iter().chain(&case.scenario.teardown);
    let (setup, teardown) = (without_place(setup), without_place(&case.scenario.teardown));
    let expects = steps.clone().any(|step| !step.expect.body.is_empty());
    let values = used_values(case, steps.filter_map(|step| step.request.as_ref()), expects);
    Sha256::digest(format!("{setup:?} {teardown:?} {:?} {values:?}", request.role)).into()
}

impl CaseRunner<'_> {
    /// Takes the things that the case shares with others, and makes them if it is the first. `None` if it must make its
    /// own: it shares none, it runs a second time, or they could not be made.
    pub(super) async fn shared_setup(&mut self) -> Option<Result<(), Unjudged>> {
        let (session, case) = (self.session, self.case);
        let (digest, first) = session.shared_things.of(case).filter(|_| self.first.is_none())?;
        let cell = session.shared_things.cell(digest);
        let before = self.observed.records.len();
        let mut own = None;
        let made = cell
            .get_or_init(async || {
                let result = self.own_setup().await;
                let scope = self.scope.clone().filter(|_| result.is_ok());
                own = Some(result);
                let records = self.observed.records[before..].to_vec();
                let parent = self.parent.clone();
                let made =
                    |scope| Made { case: case.clone(), first: Arc::clone(first), scope, records, parent };
                scope.map(made).map(Arc::new)
            })
            .await;
        let Some(made) = made else { return own };
        if own.is_none() {
            self.scope = Some(made.scope.clone());
            // What the case sends has the name of the one that made it.
            self.uniques.push(made.scope.unique().to_owned());
            self.parent.clone_from(&made.parent);
            self.observed.own_values.extend([made.scope.unique().to_owned(), made.scope.uuid().to_owned()]);
            self.observed.records.extend(made.records.iter().map(Record::as_shared));
            self.taken.push(before..self.observed.records.len());
        }
        let same_as = (**first != *case.name).then(|| Arc::clone(first));
        for record in &mut self.observed.records[before..] {
            record.same_as.clone_from(&same_as);
        }
        self.shares_things = true;
        Some(own.unwrap_or(Ok(())))
    }

    /// Takes what another case made and did not change, or makes it.
    pub(super) async fn pooled_setup(&mut self) -> Result<(), Unjudged> {
        let (session, case) = (self.session, self.case);
        let pool = &session.shared_things;
        let is_first = self.first.is_none();
        let wants_unchanged = self.first.as_ref().is_some_and(|first| first.rerun == Rerun::UnchangedThings);
        let Some(digest) = pool.pool_of(case).filter(|_| is_first || wants_unchanged) else {
            return self.own_setup().await;
        };
        let before = self.observed.records.len();
        // Whatever a thing was changed to, it may be changed again. What should be refused leaves an unchanged one as it is.
        let may_be_changed = is_first && only_changes(case);
        let changed = || may_be_changed.then(|| pool.take_changed(digest)).flatten();
        let unchanged = || pool.take_from_pool(digest);
        let taken = match case.scenario.may_be_refused {
            true => changed().map(|made| (made, true)).or_else(|| Some((unchanged()?, false))),
            false => unchanged().map(|made| (made, false)).or_else(|| Some((changed()?, true))),
        };
        if let Some((made, is_changed)) = taken {
            self.has_changed_things = is_changed;
            self.scope = Some(made.scope.clone());
            // What the case sends has the name of the one that made it.
            self.uniques.push(made.scope.unique().to_owned());
            self.parent.clone_from(&made.parent);
            self.observed.own_values.extend([made.scope.unique().to_owned(), made.scope.uuid().to_owned()]);
            self.observed.records.extend(made.records.iter().map(Record::as_shared));
            for record in &mut self.observed.records[before..] {
                record.same_as = Some(Arc::clone(&made.first));
            }
            self.taken.push(before..self.observed.records.len());
            self.has_others_things = true;
            self.pooled = Some(Pooled { digest, made });
            return Ok(());
        }
        self.own_setup().await?;
        let parent = self.parent.clone();
        if parent.as_ref().is_some_and(|parent| parent.captures.len() == self.setup_count) {
            // It is all in use by others.
            self.has_others_things = self.has_others_parent;
            return Ok(());
        }
        let records = self.observed.records[before..].to_vec();
        let first = Arc::clone(&case.name);
        let made = self.scope.clone().map(|scope| Made { case: case.clone(), first, scope, records, parent });
        self.pooled = made.map(|made| Pooled { digest, made: Arc::new(made) });
        Ok(())
    }

    /// Leaves what the setup made to a later case, if the request under test was refused: then it has changed nothing. What it
    /// changed is left to cases that change it again. Returns false if it must be removed.
    pub(super) fn keeps_things(&mut self, scope: &Scope) -> bool {
        let Some(pooled) = self.pooled.clone() else { return false };
        // A request for what does not exist does not name it.
        let faulty = &self.case.scenario.faulty;
        let last = faulty.setup[..self.setup_count].last().and_then(|step| step.capture.first());
        let written = &faulty.request.line.path.written;
        let names_it = last.is_none_or(|last| written.contains(&format!("{{{}}}", last.name)));
        let is_about_others = self.is_about_ids() && !names_it;
        let is_refused = |record: &Record| {
            let status = record.exchange.result.as_ref().map_or(0, |response| response.status);
            // These may say that it is gone, or in another state than it was made in, unless they are what is due.
            (400..500).contains(&status) && (is_about_others || !Self::is_status_of_ids(status))
        };
        let mut tested =
            self.observed.records.iter().filter(|record| record.phase == Phase::Request).peekable();
        let is_whole = tested.peek().is_some() && self.unfinished.is_none();
        let pool = &self.session.shared_things;
        if is_whole && !self.has_changed_things && tested.clone().all(is_refused) {
            pool.return_to_pool(pooled);
            self.pooled = None;
            return true;
        }
        let is_accepted = |record: &Record| {
            record.exchange.result.as_ref().is_ok_and(|response| (200..300).contains(&response.status))
        };
        // One that was changed and is refused now may be in a state in which everything is.
        let may_stay = is_whole && self.inconclusive.is_none() && self.unwanted.is_none();
        let may_stay = may_stay && only_changes(self.case) && !self.is_renamed(&pooled.made.scope);
        let is_kept = may_stay && tested.all(is_accepted) && pool.keep_changed(pooled.with(scope));
        if is_kept {
            self.pooled = None;
        }
        is_kept
    }

    /// Removes what the request under test created although it need not have, and leaves to later cases what it was created in.
    /// Returns false if nothing was removed, and the teardown must run.
    pub(super) async fn keeps_parents(&mut self, scope: &Scope) -> bool {
        let Some(pooled) = self.pooled.take() else { return false };
        let faulty = &self.case.scenario.faulty;
        let captures: Vec<&str> = faulty.capture.iter().map(|capture| capture.name.as_str()).collect();
        let has_created = faulty.request.line.method == "POST"
            && !captures.is_empty()
            && captures.iter().all(|name| scope.get(name).is_some());
        let is_whole = self.unfinished.is_none() && self.inconclusive.is_none() && self.unwanted.is_none();
        if !has_created || !is_whole || self.has_changed_things {
            return false;
        }
        let is_of_creation = |step: &Step| {
            let names =
                |request: &RequestTemplate| request.names().iter().any(|name| captures.contains(name));
            step.request.as_ref().is_some_and(names)
        };
        if !self.case.scenario.teardown.iter().any(is_of_creation) {
            return false;
        }
        let (before, left) = (self.observed.records.len(), self.left_behind.len());
        self.teardown_of(&is_of_creation, scope, Phase::Teardown, faulty, true).await;
        let is_removed = |record: &Record| {
            record.exchange.result.as_ref().is_ok_and(|response| (200..300).contains(&response.status))
        };
        let sent = &self.observed.records[before..];
        let is_clean = !sent.is_empty() && sent.iter().all(is_removed) && self.left_behind.len() == left;
        // The same creation twice may make one thing.
        let mut others = self.case.scenario.teardown.iter().filter(|step| !is_of_creation(step));
        let is_gone = others.any(|step| {
            let removes = |request| self.was_removed(request, scope, Phase::Teardown);
            step.request.as_ref().is_some_and(removes)
        });
        if is_clean && !is_gone {
            self.session.shared_things.return_to_pool(pooled);
        } else {
            let is_other = |step: &Step| !is_of_creation(step);
            self.teardown_of(&is_other, scope, Phase::Teardown, faulty, true).await;
        }
        true
    }
}
