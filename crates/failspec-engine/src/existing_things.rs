//! Things that are there already: cases that only read use one of them if the API refuses to create what their setup needs. Nothing
//! changes or removes it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use failspec_base::{
    message::{Response, is_safe},
    template::{Scope, VariableValue},
};
use failspec_judge::check::{Phase, Record, View};
use failspec_pack::pack::{Control, ExistingThing, Flow, PathTemplate, RequestTemplate, Scenario, Step};
use serde_json::Value;
use tokio::sync::OnceCell;

use super::{
    captured::id_in_name,
    case_runner::{CaseRunner, line},
    error::Unjudged,
    request_builder::Extra,
    sending::{Outgoing, SendContext},
    session::Session,
    steps::{request_of, response_of},
    teardown::may_create,
};

/// Number of refusals after which a creation is no longer tried for cases that only read.
const MAX_REFUSALS: usize = 3;

/// Maximum number of things of a list that are looked at.
const MAX_ITEMS: usize = 1_000;

/// Maximum number of things of a list that one case uses.
const MAX_USED: usize = 5;

/// Some ids and the exchanges that showed them; `None` if there are none.
type Found = Arc<OnceCell<Option<(Vec<Value>, Vec<Record>)>>>;

/// The things that are there already, and the creations that the API refuses.
#[derive(Debug, Default)]
pub struct ExistingThings {
    /// By role and path of the collection.
    found: Mutex<HashMap<String, Found>>,
    /// The number of refusals by operation; `None` once it created something.
    refusals: Mutex<HashMap<String, Option<usize>>>,
}

impl ExistingThings {
    fn cell(&self, key: String) -> Found {
        Arc::clone(self.found.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default())
    }

    fn note(&self, operation: &str, is_refused: bool) {
        let mut refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
        let count = refusals.entry(operation.to_owned()).or_insert(Some(0));
        *count = count.filter(|_| is_refused).map(|count| count + 1);
    }

    fn is_refused(&self, operation: &str) -> bool {
        let refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
        refusals.get(operation).copied().flatten().is_some_and(|count| count >= MAX_REFUSALS)
    }
}

impl<'s> CaseRunner<'s> {
    /// Does a step of a setup. If it should create something, the API refuses it and the case only reads, it captures the id of a
    /// thing that is there already.
    ///
    /// # Errors
    /// The reason why the case cannot continue.
    pub(super) async fn step_of_setup(
        &mut self,
        step: &Step,
        scope: &mut Scope,
        phase: Phase,
        flow: &Flow,
    ) -> Result<(), Unjudged> {
        let session = self.session;
        let own = || step.request.as_ref().and_then(|request| request.role.as_deref());
        let role = if step.inherits_role { flow.request.role.as_deref() } else { own() };
        let existing = self.existing_in_place_of(step, role);
        // What is there already is not changed: nothing is created in it.
        let is_in_existing = step.request.as_ref().is_some_and(|it| changes_existing(it, scope));
        if let Some((operation, thing)) = &existing
            && (is_in_existing || session.existing_things.is_refused(operation))
            && self.use_existing(step, thing, scope, phase, role).await
        {
            return Ok(());
        }
        let before = self.observed.records.len();
        let own_role = flow.request.role.as_deref();
        let records = &mut self.observed.records;
        let result = session.step(step, scope, phase, own_role, None, records).await;
        if let (Ok(_), [capture], Some(record)) = (&result, &*step.capture, records.last()) {
            let id = scope.get(&capture.name).map(|held| &held.value);
            session.names_a_new_thing(&record.exchange.request, id, scope.unique());
        }
        if let Err(reason) = &result
            && self.observed.records.len() > before
            && !step.capture.is_empty()
        {
            self.note_unknown(reason);
        }
        let Some((operation, thing)) = existing else { return result.map(drop) };
        let refused = result.is_err() && self.observed.records.len() > before && self.is_refused();
        if refused || result.is_ok() {
            session.existing_things.note(&operation, refused);
        }
        if refused {
            let of_creation = self.observed.records.split_off(before);
            if self.use_existing(step, thing, scope, phase, role).await {
                return Ok(());
            }
            self.observed.records.truncate(before);
            self.observed.records.extend(of_creation);
        }
        result.map(drop)
    }

    /// Lists what the last request created, if it succeeded and its response does not tell the id: it is there, and nobody knows where.
    /// After some of them no more are created.
    pub(super) fn note_unknown(&mut self, reason: &Unjudged) {
        let Some(record) = self.observed.records.last() else { return };
        let is_made = |response: &Response| self.session.succeeded(View::new(response, None));
        let exchange = &record.exchange;
        if !may_create(&exchange.request.method) || !exchange.result.as_ref().is_ok_and(is_made) {
            return;
        }
        self.left_behind.push(format!("{}: it succeeded, and {reason}", line(&exchange.request)));
        let operation = self.session.operation_of(&exchange.request);
        operation.into_iter().for_each(|operation| self.session.sparing.note_unknown(operation));
    }

    /// Returns true if the last request got a refusal, or broke the server.
    fn is_refused(&self) -> bool {
        let last = self.observed.records.last().and_then(|record| record.exchange.result.as_ref().ok());
        last.is_some_and(|response| response.status >= 400 && !matches!(response.status, 429 | 503))
    }

    /// Returns the operation of a step that creates something, and where the id of such a thing is that is there already; `None` if the
    /// case must have its own.
    fn existing_in_place_of(&self, step: &Step, role: Option<&str>) -> Option<(String, &'s ExistingThing)> {
        let session = self.session;
        let things = &session.pack.contract.existing_things;
        let [capture] = &*step.capture else { return None };
        if things.is_empty() || capture.secret || !only_reads(&self.case.scenario, role) {
            return None;
        }
        let operation = session.operation_of_template(step.request.as_ref()?)?;
        let thing = things.get(&operation)?;
        Some((operation, thing))
    }

    /// Captures the id of a thing that is there already under the name that a step would have captured. Returns false if none is known.
    async fn use_existing(
        &mut self,
        step: &Step,
        thing: &ExistingThing,
        scope: &mut Scope,
        phase: Phase,
        role: Option<&str>,
    ) -> bool {
        let session = self.session;
        let (Some(request), [capture]) = (&step.request, &*step.capture) else { return false };
        let given = session.variables.get(&thing.variable).filter(|held| !held.value.is_null());
        // Where a case needs two things, one is not both.
        if let Some(given) = given {
            if scope.knows_as_existing(&given.value) {
                return false;
            }
            scope.capture_existing(capture.name.clone(), given.clone());
            return true;
        }
        let Some(list) = list_of(request).filter(|_| !thing.values.is_empty()) else { return false };
        let names = list.names().into_iter().filter_map(|name| scope.get(name)).map(|held| &held.value);
        let key = format!("{role:?} {} {:?}", list.line.path.written, names.collect::<Vec<_>>());
        let cell = session.existing_things.cell(key);
        let mut is_first = false;
        let found = cell
            .get_or_init(async || {
                is_first = true;
                Box::pin(session.existing_ids(thing, &list, scope, phase, role)).await
            })
            .await;
        let Some((ids, records)) = found else { return false };
        let Some(id) = ids.iter().find(|id| !scope.knows_as_existing(id)) else { return false };
        for record in records {
            let record = if is_first { record.clone() } else { record.as_shared() };
            self.observed.records.push(Record { phase, ..record });
        }
        scope.capture_existing(capture.name.clone(), VariableValue::open(id.clone()));
        true
    }
}

impl Session {
    /// Asks for the ids of the first things that the API lists; not those of the run, which may be removed at any time.
    async fn existing_ids(
        &self,
        thing: &ExistingThing,
        list: &RequestTemplate,
        scope: &Scope,
        phase: Phase,
        role: Option<&str>,
    ) -> Option<(Vec<Value>, Vec<Record>)> {
        let context = SendContext {
            phase,
            role,
            expects_429: false,
            expects_401: false,
            expects_404: false,
            is_sound: true,
            asks_for_taken: false,
        };
        let (extra, mut records) = (Extra::default(), Vec::new());
        let outgoing = Outgoing { template: list, scope, extra: &extra, context };
        let index = self.send(outgoing, &mut records).await.ok()?;
        let response = response_of(&records, index).filter(|it| self.succeeded(View::new(it, None)))?;
        let body = response.document().value.as_ref()?;
        let items = thing.items.find(body)?.as_array()?.iter().take(MAX_ITEMS);
        let id = |item: &Value| {
            let mut places = thing.values.iter().filter_map(|place| place.find(item));
            places
                .find(|value| value.is_number() || value.as_str().is_some_and(|text| !text.is_empty()))
                .cloned()
        };
        let is_others = |id: &Value| id.as_str().is_none_or(|id| !self.is_id_of_run(id));
        let path = request_of(&records, index)?.url.path();
        let short = |id: Value| match id.as_str().and_then(|name| id_in_name(name, path)) {
            Some(short) => short.into(),
            None => id,
        };
        let ids: Vec<Value> = items.filter_map(id).map(short).filter(is_others).take(MAX_USED).collect();
        (!ids.is_empty()).then_some((ids, records))
    }
}

/// Returns true if a request may change a thing that was there already.
pub(super) fn changes_existing(request: &RequestTemplate, scope: &Scope) -> bool {
    !request.is_safe() && request.names().into_iter().any(|name| scope.is_existing(name))
}

/// Returns true if a case only reads what its setup makes, as nobody or as the role that makes it: of what belongs to another role,
/// nothing is known.
fn only_reads(scenario: &Scenario, role: Option<&str>) -> bool {
    let reads = |request: &RequestTemplate| {
        request.is_safe() && request.role.as_deref().is_none_or(|own| Some(own) == role)
    };
    let reads_control = match &scenario.control {
        Control::Flow(control) => reads(&control.request),
        _ => true,
    };
    let reads_after = scenario.then.iter().all(|step| step.resend || step.request.as_ref().is_none_or(reads));
    reads(&scenario.faulty.request)
        && reads_control
        && reads_after
        && scenario.concurrent.is_none()
        && scenario.later.is_none()
        && scenario.indistinguishable_from.as_ref().is_none_or(|other| reads(&other.request))
}

/// Returns the request for the collection in which a request creates something.
fn list_of(creation: &RequestTemplate) -> Option<RequestTemplate> {
    let written = creation.line.path.written.split('?').next().unwrap_or_default();
    let path = match creation.line.method.as_str() {
        "POST" => written,
        // It names what it creates.
        _ => written.trim_end_matches('/').rsplit_once('/')?.0,
    };
    let mut list = RequestTemplate {
        query: Vec::new(),
        headers: Vec::new(),
        suppressed: Vec::new(),
        suppressed_query: Vec::new(),
        body: None,
        ..creation.clone()
    };
    "GET".clone_into(&mut list.line.method);
    list.line.operation = None;
    list.line.path = PathTemplate::parse(path).ok()?.into();
    is_safe(&list.line.method).then_some(list)
}
