//! The requests of a run that may have created something. One place remembers them all, also those whose exchanges are forgotten,
//! and the requests with which the scenarios of the pack remove and read such things.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use failspec_base::{
    message::TransportError,
    template::{Scope, is_uuid},
};
use failspec_judge::check::Record;
use failspec_pack::pack::{Capture, PathTemplate, RequestTemplate, Step};

use super::{plan::Case, session::Session, teardown::may_create};

/// The requests that may have created something, and what is known of their operations.
#[derive(Debug, Default)]
pub struct Creations {
    /// By the unique name of the flow that sent them.
    sent: Mutex<HashMap<String, Vec<Record>>>,
    /// The operations that were called, whatever the response.
    called: Mutex<HashSet<String>>,
    known: OnceLock<KnownRequests>,
}

/// The requests of a pack by operation.
#[derive(Debug, Default)]
struct KnownRequests {
    /// Requests that remove or read something.
    requests: HashMap<String, RequestTemplate>,
    creations: HashMap<String, KnownCreation>,
}

/// The knowledge of a pack about an operation that creates something.
#[derive(Debug, Clone)]
pub(super) struct KnownCreation {
    /// The capture of the id.
    pub capture: Capture,
    /// The path of the operation that removes it, as the document has it.
    pub removal: Option<String>,
    /// The role that creates it.
    pub role: Option<String>,
    /// The first case that creates such things.
    pub case: Arc<str>,
}

impl KnownRequests {
    fn add(&mut self, session: &Session, case: &Case) {
        let scenario = &case.scenario;
        let operation = |request: &RequestTemplate| session.operation_of_template(request);
        for request in scenario.teardown.iter().filter_map(|step| step.request.as_ref()) {
            if request.line.method == "DELETE" {
                self.requests.extend(operation(request).map(|name| (name, request.clone())));
            }
        }
        // What is left out with `--skip` is in no scenario, and not sent here either.
        for request in scenario.requests().filter(|it| matches!(it.line.method.as_str(), "GET" | "DELETE")) {
            let Some(name) = operation(request) else { continue };
            let plain = RequestTemplate {
                query: Vec::new(),
                headers: Vec::new(),
                suppressed: Vec::new(),
                suppressed_query: Vec::new(),
                body: None,
                ..request.clone()
            };
            self.requests.entry(name).or_insert(plain);
        }
        for step in &scenario.faulty.setup {
            let (Some(request), [capture]) = (&step.request, &*step.capture) else { continue };
            let Some(name) = operation(request).filter(|_| may_create(&request.line.method)) else {
                continue;
            };
            let removes = |step: &&Step| {
                step.request.as_ref().is_some_and(|request| {
                    request.line.method == "DELETE"
                        && request.names_in_path().last() == Some(capture.name.as_str())
                })
            };
            let removal = scenario.teardown.iter().find(removes).and_then(|step| step.request.as_ref());
            let removal = removal.and_then(operation);
            let removal = removal.and_then(|name| name.split_once(' ').map(|(_, path)| path.to_owned()));
            let role = match step.inherits_role {
                true => scenario.faulty.request.role.clone(),
                false => request.role.clone(),
            };
            let (capture, case) = (capture.clone(), Arc::clone(&case.name));
            let creation = KnownCreation { capture, removal, role, case };
            self.creations.entry(name).or_insert(creation);
        }
    }
}

impl Session {
    /// Remembers a request that was sent, if it may have created something: it was not refused, or its connection was lost.
    pub(super) fn note_creation(&self, scope: &Scope, record: &Record) {
        let may_have_created = match &record.exchange.result {
            Ok(response) => !(300..500).contains(&response.status),
            Err(error) => matches!(error, TransportError::Closed { .. } | TransportError::Timeout { .. }),
        };
        let request = &record.exchange.request;
        if self.against.is_none() || record.phase.is_teardown() || !may_create(&request.method) {
            return;
        }
        if let Some(operation) = self.operation_of(request) {
            self.creations.called.lock().unwrap_or_else(PoisonError::into_inner).insert(operation);
        }
        if !may_have_created {
            return;
        }
        let mut sent = self.creations.sent.lock().unwrap_or_else(PoisonError::into_inner);
        sent.entry(scope.unique().to_owned()).or_default().push(record.clone());
    }

    /// Takes the requests of a flow that may have created something.
    pub(super) fn take_creations(&self, unique: &str) -> Vec<Record> {
        let mut sent = self.creations.sent.lock().unwrap_or_else(PoisonError::into_inner);
        sent.remove(unique).unwrap_or_default()
    }

    /// Learns the requests of the cases of a run.
    pub(super) fn learn_requests(&self, cases: &[Case]) {
        let mut known = KnownRequests::default();
        if self.against.is_some() {
            cases.iter().for_each(|case| known.add(self, case));
        }
        let _ = self.creations.known.set(known);
    }

    /// Returns what the pack knows of an operation that creates something.
    pub(super) fn known_creation(&self, operation: &str) -> Option<&KnownCreation> {
        self.creations.known.get()?.creations.get(operation)
    }

    /// Returns the request of an operation as the scenarios of the pack send it to read or remove something.
    pub(super) fn known_request(&self, operation: &str) -> Option<&RequestTemplate> {
        self.creations.known.get()?.requests.get(operation)
    }

    /// Returns the request with this method to the thing at a path of the target, as the scenarios of the pack send it to such
    /// things; `None` if none of them does.
    pub(super) fn request_to(&self, method: &str, path: &str, role: Option<&str>) -> Option<RequestTemplate> {
        let against = self.against.as_ref()?;
        let below = path.strip_prefix(against.base.trim_end_matches('/')).unwrap_or(path);
        let operation = against.declared.operation_of_resource(method, below);
        let operation = operation.filter(|it| it.path.trim_end_matches('/').ends_with('}'))?;
        let known = self.known_request(&operation.name())?;
        let mut request =
            RequestTemplate { path: Vec::new(), role: role.map(str::to_owned), ..known.clone() };
        request.line.operation = None;
        // A `$` could begin a placeholder.
        request.line.path = PathTemplate::parse(&below.replace('$', "%24")).ok()?.into();
        Some(request)
    }

    /// Returns the operations that create things in a collection of the API itself, with the request that lists it.
    pub(super) fn listed_creations(&self) -> Vec<(&KnownCreation, RequestTemplate, String)> {
        let (Some(known), Some(against)) = (self.creations.known.get(), &self.against) else {
            return Vec::new();
        };
        let base = against.base.trim_end_matches('/');
        let called = self.creations.called.lock().unwrap_or_else(PoisonError::into_inner);
        let called_ones = known.creations.iter().filter(|(operation, _)| called.contains(*operation));
        let listed = called_ones.filter_map(|(operation, creation)| {
            let path = operation.strip_prefix("POST ").filter(|path| !path.contains('{'))?;
            let list = known.requests.get(&format!("GET {path}"))?;
            let list = RequestTemplate { role: creation.role.clone(), ..list.clone() };
            Some((creation, list, format!("{base}{path}")))
        });
        let mut listed: Vec<_> = listed.collect();
        listed.sort_by(|(.., one), (.., other)| one.cmp(other));
        listed
    }

    /// Returns true if a segment of a path can be nothing but an id of this run.
    pub(super) fn is_id_of_run(&self, segment: &str) -> bool {
        segment.contains(&format!("failspec-{}-", self.run))
    }
}

/// Returns true if an id can only be that of one thing in the world: a UUID.
pub(super) fn is_worldwide(id: &str) -> bool {
    is_uuid(id)
}
