//! Things in which cases make their own: a group, for artifacts. They are made once, serve the controls and the requests under
//! test of all cases that only work below them, and are removed at the end of the run, also of one that was cancelled.
//!
//! A thing that a request changes, removes or acts on is never shared here. A shared parent may be gone all the same: if nothing can be
//! made below it, the case makes a parent of its own.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use failspec_base::template::{Scope, VariableValue};
use failspec_judge::check::{self, Phase, Record};
use failspec_pack::pack::{Contract, Control, Flow, RequestTemplate, Step};
use sha2::{Digest as _, Sha256};
use tokio::sync::OnceCell;

use super::{
    case_runner::{CaseRunner, line},
    error::Unjudged,
    plan::Case,
    request_builder::{Extra, build},
    shared_controls::{Digest, used_values, without_place},
};

/// Number of times that a flow fails below shared parents, and with parents of its own as well, before it is no longer tried twice.
const MAX_VAIN: usize = 2;

/// A thing in which others are made.
#[derive(Debug)]
pub(super) struct Parent {
    /// A case that has the step that makes it, and the one that removes it.
    pub case: Case,
    /// True if these are of its control.
    of_control: bool,
    /// The values that identify it and what it is in.
    pub scope: Scope,
    /// The exchanges that made what it is in, and it; each with the case that sent it.
    pub records: Vec<Record>,
    /// The names of the captures of what it is in, and its own, which comes last.
    pub captures: Vec<String>,
    /// The parent that it is in itself, if that is shared, too.
    pub above: Option<Arc<Parent>>,
    /// Lines about what could not be removed from it, each with its case: they are told only if it stays, too.
    left: Mutex<Vec<(Arc<str>, String)>>,
}

/// A flow by the index of its case, and whether it is that of the control.
type FlowKey = (usize, bool);

/// Parents that were made; `None` if that failed: then every case makes its own.
type Shared = Arc<OnceCell<Option<Arc<Parent>>>>;

/// The parents that several flows of a run have in common.
#[derive(Debug, Default)]
pub struct SharedParents {
    /// The digests of the beginnings of its setup that a flow shares, the shortest first, and of the one that comes next.
    of_flows: OnceLock<HashMap<FlowKey, Beginnings>>,
    made: Mutex<HashMap<Digest, Shared>>,
    /// Those that nobody uses any more.
    retired: Mutex<Vec<Arc<Parent>>>,
    /// Beginnings of setups of which the last step fails where another case has done it in the same parent.
    collides: Mutex<HashSet<Digest>>,
    vain: Mutex<HashMap<Digest, usize>>,
}

#[derive(Debug)]
struct Beginnings {
    shared: Vec<Digest>,
    /// That of the setup up to the first step that is not shared; of all of it and the request if there is none.
    next: Digest,
}

impl SharedParents {
    /// Finds the parents that several flows have in common.
    pub fn plan(&self, contract: &Contract, cases: &[Case]) {
        let flows = cases.iter().filter(|case| is_plain(contract, case)).flat_map(|case| {
            let control = match &case.scenario.control {
                Control::Flow(control) => Some((true, &**control)),
                _ => None,
            };
            [Some((false, &case.scenario.faulty)), control].into_iter().flatten().map(move |it| (case, it))
        });
        let flows = flows.filter_map(|(case, (of_control, flow))| {
            let count = shareable(case, flow);
            let digests: Vec<Digest> = (1..=count).map(|end| digest(case, flow, end)).collect();
            (count > 0).then(|| ((case.index, of_control), digests, next_digest(case, flow, count)))
        });
        let flows: Vec<_> = flows.collect();
        let mut users: HashMap<Digest, usize> = HashMap::new();
        for digest in flows.iter().flat_map(|(_, digests, _)| digests) {
            *users.entry(*digest).or_default() += 1;
        }
        let of_flows = flows.into_iter().map(|(key, mut shared, mut next)| {
            let is_shared = |digest: &Digest| users.get(digest).is_some_and(|users| *users > 1);
            if let Some(first) = shared.iter().position(|digest| !is_shared(digest)) {
                next = shared[first];
                shared.truncate(first);
            }
            (key, Beginnings { shared, next })
        });
        let _ = self.of_flows.set(of_flows.filter(|(_, it)| !it.shared.is_empty()).collect());
    }

    /// Returns the digests of the beginnings of a setup that are shared.
    fn levels(&self, key: FlowKey) -> &[Digest] {
        let Some(Beginnings { shared, next }) = self.of_flows.get().and_then(|flows| flows.get(&key)) else {
            return &[];
        };
        let collides = self.collides.lock().unwrap_or_else(PoisonError::into_inner);
        let first = shared[1..].iter().chain([next]).position(|digest| collides.contains(digest));
        &shared[..first.unwrap_or(shared.len())]
    }

    /// Records that a flow failed below shared parents, and, if it did, that it succeeded with parents of its own.
    fn note_failure(&self, key: FlowKey, parent: &Arc<Parent>, is_gone: bool, succeeds_alone: bool) {
        let Some(flow) = self.of_flows.get().and_then(|flows| flows.get(&key)) else { return };
        if !succeeds_alone {
            let mut vain = self.vain.lock().unwrap_or_else(PoisonError::into_inner);
            *vain.entry(flow.next).or_default() += 1;
            return;
        }
        let count = parent.captures.len();
        if !is_gone {
            let next = flow.shared.get(count).copied().unwrap_or(flow.next);
            self.collides.lock().unwrap_or_else(PoisonError::into_inner).insert(next);
            return;
        }
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        for digest in flow.shared.iter().take(count) {
            let cell = made.remove(digest);
            let parent = cell.and_then(|cell| cell.get().cloned().flatten());
            self.retired.lock().unwrap_or_else(PoisonError::into_inner).extend(parent);
        }
    }

    fn is_in_vain(&self, key: FlowKey) -> bool {
        let vain = self.vain.lock().unwrap_or_else(PoisonError::into_inner);
        let flow = self.of_flows.get().and_then(|flows| flows.get(&key));
        flow.is_some_and(|flow| vain.get(&flow.next).is_some_and(|times| *times >= MAX_VAIN))
    }

    fn cell(&self, digest: Digest) -> Shared {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(made.entry(digest).or_default())
    }

    /// Takes everything that was made. What is in another thing comes before it.
    pub fn take(&self) -> Vec<Arc<Parent>> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let cells = made.drain().filter_map(|(_, cell)| cell.get().cloned().flatten());
        let mut parents: Vec<Arc<Parent>> = cells.collect();
        parents.append(&mut self.retired.lock().unwrap_or_else(PoisonError::into_inner));
        parents.sort_by_key(|parent| (std::cmp::Reverse(parent.captures.len()), parent.case.index));
        parents
    }
}

impl Parent {
    /// Notes something that could not be removed from it.
    pub fn note_left(&self, case: &Arc<str>, line: String) {
        self.left.lock().unwrap_or_else(PoisonError::into_inner).push((Arc::clone(case), line));
    }

    /// Takes the lines about what could not be removed from it.
    pub fn take_left(&self) -> Vec<(Arc<str>, String)> {
        std::mem::take(&mut self.left.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Returns true if a step of a teardown would remove it, or what it is in.
    pub fn is_removed_by(&self, step: &Step) -> bool {
        self.captures.iter().any(|capture| removes(step, capture))
    }

    /// Returns true if a step of a teardown removes it alone.
    pub fn is_own_removal(&self, step: &Step) -> bool {
        self.captures.last().is_some_and(|capture| removes(step, capture))
    }

    /// Returns its flow.
    pub fn flow(&self) -> &Flow {
        match &self.case.scenario.control {
            Control::Flow(control) if self.of_control => control,
            _ => &self.case.scenario.faulty,
        }
    }

    /// Returns the case that made it.
    pub fn maker(&self) -> Arc<str> {
        let last = self.records.last().and_then(|record| record.same_as.clone());
        last.unwrap_or_else(|| Arc::clone(&self.case.name))
    }
}

/// Returns true for a case that an import wrote, whose flows may be in what others use: under no condition, lock or order in time.
fn is_plain(contract: &Contract, case: &Case) -> bool {
    let scenario = &case.scenario;
    let compares_safely =
        scenario.indistinguishable_from.as_ref().is_none_or(|other| other.request.is_safe());
    compares_safely
        && (scenario.then.is_empty() || scenario.follows_refusal())
        && scenario.condition.is_none()
        && scenario.locks.is_empty()
        && scenario.concurrent.is_none()
        && scenario.later.is_none()
        && check::is_of_document(contract, scenario)
}

/// Returns the number of steps at the beginning of a setup that make things in which the rest of the flow only works.
fn shareable(case: &Case, flow: &Flow) -> usize {
    let is_shareable = |(index, step): (usize, &Step)| {
        let makes = step.wait.is_none() && step.until.is_none() && step.expect.failure.is_none();
        let (Some(made), [capture]) = (&step.request, &*step.capture) else { return false };
        let later = flow.setup[index + 1..].iter().filter_map(|step| step.request.as_ref());
        let mut later = later.chain([&flow.request]);
        let mut removals = case.scenario.teardown.iter().filter(|step| removes(step, &capture.name));
        makes
            && !capture.secret
            && removals.next().is_some()
            && removals.next().is_none()
            && later.all(|request| leaves_alone(request, made, &capture.name, case, flow))
    };
    if flow.repeat.is_some() {
        return 0;
    }
    flow.setup.iter().enumerate().take_while(|it| is_shareable(*it)).count()
}

/// Returns true if a request does not change what the step `made` made: it only reads, makes something in it that the teardown
/// removes, or is about another thing in it.
fn leaves_alone(
    request: &RequestTemplate,
    made: &RequestTemplate,
    capture: &str,
    case: &Case,
    flow: &Flow,
) -> bool {
    let path = written(request);
    // The same creation twice is about the name that the first has.
    let is_same = request.line.method == made.line.method && path == written(made);
    if is_same || !request.path.is_empty() {
        return false;
    }
    if request.is_safe() {
        return true;
    }
    let own = format!("{{{capture}}}");
    let Some(place) = path.rfind(&own) else { return true };
    let below = &path[place + own.len()..];
    let captures = flow.setup.iter().flat_map(|step| &step.capture).chain(&flow.capture);
    let mut names = captures.map(|capture| format!("/{{{}}}", capture.name));
    let names_another = below.contains("/${") || names.any(|name| below.contains(&name));
    let is_removed = |step: &Step| {
        let removal = step.request.as_ref().filter(|it| it.line.method == "DELETE");
        removal.is_some_and(|removal| written(removal).starts_with(&format!("{path}/")))
    };
    let makes_in_it = request.line.method == "POST" && case.scenario.teardown.iter().any(is_removed);
    names_another || makes_in_it
}

/// Returns true if a step of a teardown removes what was captured under a name.
fn removes(step: &Step, capture: &str) -> bool {
    let removal = step.request.as_ref().filter(|it| it.line.method == "DELETE");
    removal.is_some_and(|removal| written(removal).ends_with(&format!("/{{{capture}}}")))
}

/// Returns the path of a request as it is written, without its query.
fn written(request: &RequestTemplate) -> &str {
    let path = request.line.path.written.split('?').next().unwrap_or_default();
    path.trim_end_matches('/')
}

/// Returns the digest of the first steps of a setup: what is sent, as whom, and how it is removed.
fn digest(case: &Case, flow: &Flow, end: usize) -> Digest {
    let setup = &flow.setup[..end];
    let captures = setup.iter().flat_map(|step| &step.capture);
    let names: Vec<&str> = captures.map(|capture| capture.name.as_str()).collect();
    let is_own = |step: &&Step| names.iter().any(|name| removes(step, name));
    let teardown: Vec<Step> = case.scenario.teardown.iter().filter(is_own).cloned().collect();
    let steps = setup.iter().chain(&teardown);
    let expects = steps.clone().any(|step| !step.expect.body.is_empty());
    let values = used_values(case, steps.filter_map(|step| step.request.as_ref()), expects);
    let (setup, teardown) = (without_place(setup), without_place(&teardown));
    Sha256::digest(format!("{setup:?} {teardown:?} {:?} {values:?}", flow.request.role)).into()
}

/// Returns the digest of the setup of a flow with the first step that it does not share, or with its request.
fn next_digest(case: &Case, flow: &Flow, count: usize) -> Digest {
    match flow.setup.get(count) {
        Some(_) => digest(case, flow, count + 1),
        None => Sha256::digest(format!("{:?} {:?}", digest(case, flow, count), flow.request)).into(),
    }
}

impl CaseRunner<'_> {
    /// Takes what the setup of a flow shares with those of others, and makes it if it is the first: adds its exchanges, and the
    /// values that identify it to `scope`; of its steps at the most `most`.
    pub(super) async fn shared_parents(&mut self, flow: &Flow, phase: Phase, most: usize, scope: &mut Scope) {
        let parents = &self.session.shared_parents;
        let key = (self.case.index, phase.is_of_control());
        let mut taken: Option<Arc<Parent>> = None;
        // The number of the exchanges of others, and of this case before.
        let mut others = None;
        for (step, digest) in flow.setup.iter().zip(parents.levels(key)).take(most) {
            let cell = parents.cell(*digest);
            let above = taken.clone();
            let earlier = above.as_ref().map_or(0, |above| above.records.len());
            let mut is_first = false;
            let made = cell
                .get_or_init(|| {
                    is_first = true;
                    Box::pin(self.make_parent(step, flow, above, phase.is_of_control()))
                })
                .await;
            let Some(made) = made else { break };
            if is_first {
                others.get_or_insert(earlier);
            }
            taken = Some(Arc::clone(made));
        }
        let Some(parent) = &taken else { return };
        for name in &parent.captures {
            let value = parent.scope.get(name).map(|held| held.value.clone());
            value.into_iter().for_each(|value| scope.capture(name.clone(), VariableValue::open(value)));
        }
        let before = self.observed.records.len();
        let others = others.unwrap_or(parent.records.len());
        for (index, record) in parent.records.iter().enumerate() {
            let record = match index < others {
                true => record.as_shared(),
                false => Record { same_as: None, ..record.clone() },
            };
            self.observed.records.push(Record { phase, ..record });
        }
        self.taken.push(before..before + others);
        self.has_others_parent |= others > 0 && !self.is_with_own_things();
        let values = [parent.scope.unique().to_owned(), parent.scope.uuid().to_owned()];
        self.observed.own_values.extend(values);
        *self.parent_of(phase) = taken;
    }

    /// Returns the place of what the setup of a phase shares with others.
    pub(super) fn parent_of(&mut self, phase: Phase) -> &mut Option<Arc<Parent>> {
        if phase.is_of_control() { &mut self.control_parent } else { &mut self.parent }
    }

    /// Makes something in which others are made. `None` if that fails: the case tells why when it makes one of its own.
    async fn make_parent(
        &mut self,
        step: &Step,
        flow: &Flow,
        above: Option<Arc<Parent>>,
        of_control: bool,
    ) -> Option<Arc<Parent>> {
        let mut scope = match &above {
            Some(above) => above.scope.clone(),
            None => self.scope(),
        };
        let mut records = above.iter().flat_map(|above| above.records.clone()).collect::<Vec<_>>();
        let before = records.len();
        let role = flow.request.role.as_deref();
        let made = Box::pin(self.session.step(step, &mut scope, Phase::Setup, role, None, &mut records));
        if let Err(reason) = made.await {
            let is_made = |record: &Record| {
                record.exchange.result.as_ref().is_ok_and(|response| (200..300).contains(&response.status))
            };
            // It is there, and nobody knows where.
            if let Some(record) = records[before..].last().filter(|record| is_made(record)) {
                self.left_behind.push(format!("{}: {reason}", line(&record.exchange.request)));
            }
            return None;
        }
        let capture = step.capture.first()?.name.clone();
        if let Some(record) = records.last() {
            let id = scope.get(&capture).map(|held| &held.value);
            self.session.names_a_new_thing(&record.exchange.request, id, scope.unique());
        }
        for record in &mut records[before..] {
            record.same_as = Some(Arc::clone(&self.case.name));
        }
        let captures = above.iter().flat_map(|above| above.captures.clone()).chain([capture]).collect();
        let (case, left) = (self.case.clone(), Mutex::default());
        Some(Arc::new(Parent { case, of_control, scope, records, captures, above, left }))
    }

    /// Returns true if a path is below that of a shared parent, or of what that is in.
    pub(super) fn is_in(&self, parent: &Parent, path: &str) -> bool {
        let removals = self.case.scenario.teardown.iter().filter(|step| parent.is_removed_by(step));
        removals.filter_map(|step| step.request.as_ref()).any(|request| {
            let request = build(request, None, &parent.scope, &self.session.target, &Extra::default());
            request.is_ok_and(|request| path.starts_with(&format!("{}/", request.url.path())))
        })
    }

    /// Returns what the setup of a flow shares, if the flow failed below it and is to be tried with things of its own. The
    /// exchanges from `before` on are forgotten then.
    pub(super) fn parent_to_replace(&mut self, phase: Phase, before: usize) -> Option<Failed> {
        let parent = self.parent_of(phase).take()?;
        let key = (self.case.index, phase.is_of_control());
        if self.session.shared_parents.is_in_vain(key) || self.session.interrupt.is_set() {
            *self.parent_of(phase) = Some(parent);
            return None;
        }
        let tried = self.observed.records[before..].iter().rfind(|record| !record.phase.is_teardown());
        let status =
            tried.and_then(|record| record.exchange.result.as_ref().ok()).map(|response| response.status);
        // These do not say that a name is taken.
        let is_gone = status.is_none_or(|status| matches!(status, 404 | 410 | 412) || status >= 500);
        self.observed.records.truncate(before);
        self.taken.retain(|range| range.end <= before);
        Some(Failed { key, parent, is_gone })
    }

    /// Records how a flow that failed below shared parents ended with parents of its own.
    pub(super) fn note_replaced(&self, failed: &Failed, result: &Result<(), Unjudged>) {
        let Failed { key, parent, is_gone } = failed;
        self.session.shared_parents.note_failure(*key, parent, *is_gone, result.is_ok());
    }
}

/// A flow that failed below shared parents.
#[derive(Debug)]
pub(super) struct Failed {
    key: FlowKey,
    parent: Arc<Parent>,
    is_gone: bool,
}
