//! The decision of the mock: which documented response a request gets.

use std::{
    borrow::Cow,
    collections::HashSet,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use serde_json::json;

use failspec_engine::BuildError;
use failspec_pack::{
    openapi::{Declared, DocumentError, Operation},
    pack::{CodeRule, Failure, HealthCheck, Pack, Scenario, show_statuses},
};

use super::{
    Preference, Request, Response,
    error_response::{Addition, error_response, header_text, misfit, text_of_code},
    memory::Memory,
    pattern::{PatternBuilder, Values, carrying, value_of},
    response::Content,
    routes::{Route, Routes},
    sample::Sampler,
    script::{Entry, Names, Outcome, Script, addition},
    success_response::{Succeeding, Wanted, success_response},
    undeclared::{has_open_status, undeclared_refusal},
};

/// A server that responds as the contract of a pack documents.
pub struct Mock {
    pack: Arc<Pack>,
    declared: Option<Arc<Declared>>,
    entries: Vec<Entry>,
    routes: Routes,
    sampler: Sampler,
    unplayed: Vec<Unplayed>,
    number: AtomicU64,
    memory: Mutex<Memory>,
}

/// A failure or a scenario that the mock cannot bring about by the requests of the pack.
#[derive(Debug, Clone)]
pub struct Unplayed {
    /// The name of the failure, and that of the scenario if only one is meant.
    pub name: String,
    /// The reason.
    pub reason: UnplayedReason,
}

/// The reason why the mock cannot bring about a failure.
#[derive(Debug, Clone)]
pub enum UnplayedReason {
    /// The failure needs a condition of the target.
    Condition(String),
    /// The request is the same as that of the control.
    LikeItsControl,
    /// The request fails only when it was sent often.
    Repeated,
    /// The request fails only beside others that are sent at the same time.
    Concurrent,
    /// The request is accepted, and what it started fails later.
    Later,
    /// The request fails because its body comes slowly.
    Slow,
    /// The failure is an item of a bulk response.
    Bulk,
    /// The same request must succeed afterwards.
    Recovers,
    /// The response must repeat values of the run.
    ExpectsOwnValues,
    /// The request cannot be told before a run.
    Request(BuildError),
    /// The body of the failure has a media type that the mock does not write.
    MediaType(String),
    /// A part of the response could not be made up.
    Misfit(String),
}

impl fmt::Display for UnplayedReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Condition(condition) => write!(f, "needs the condition {condition}"),
            Self::LikeItsControl => f.write_str("nothing in its request differs from its control"),
            Self::Repeated => f.write_str("the request fails only after many others"),
            Self::Concurrent => f.write_str("the request fails only beside others at the same time"),
            Self::Later => f.write_str("it is the failure of a job that the request starts"),
            Self::Slow => f.write_str("only the time that its body takes differs from its control"),
            Self::Bulk => f.write_str("it is an item of a bulk response"),
            Self::Recovers => f.write_str("the same request must succeed afterwards"),
            Self::ExpectsOwnValues => f.write_str("the response must repeat values of the run"),
            Self::Request(error) => write!(f, "its request is not known before a run: {error}"),
            Self::MediaType(kind) => write!(f, "its body is {kind}, which the mock does not write"),
            Self::Misfit(misfit) => write!(f, "its response could not be made up: {misfit}"),
        }
    }
}

impl Mock {
    /// Creates the mock of a pack.
    ///
    /// # Errors
    /// If the OpenAPI document of the contract cannot be read.
    pub fn new(pack: Arc<Pack>) -> Result<Self, DocumentError> {
        let declared = Declared::shared(&pack)?;
        let sampler = Sampler::new(&pack);
        let mut unplayed = Vec::new();
        let mut entries = Vec::new();
        if let Ok(patterns) = PatternBuilder::new(&pack.contract) {
            let script = Script::read(&pack, &patterns);
            unplayed.extend(script.unplayed.iter().map(|(scenario, reason)| Unplayed {
                name: name_of(script.pack(), scenario),
                reason: reason.clone(),
            }));
            entries = script.entries;
            let checks: Vec<_> = match &pack.contract.health_check {
                Some(HealthCheck::Required(request)) => vec![&**request],
                Some(HealthCheck::FirstOf(requests)) => requests.iter().collect(),
                None => Vec::new(),
            };
            let patterns = checks
                .into_iter()
                .filter_map(|it| patterns.pattern(it, it.role.as_deref(), None, Values::Any).ok());
            entries.extend(patterns.map(|pattern| Entry {
                pattern,
                names: Names::New,
                outcome: Arc::new(Outcome::Success(Box::default())),
            }));
        }
        for failure in &pack.contract.failures {
            let reason = unwritten(failure).or_else(|| {
                let response = error_response(failure, &Addition::default(), 0, &sampler);
                misfit(failure, &response).map(UnplayedReason::Misfit)
            });
            unplayed.extend(
                reason.map(|reason| Unplayed { name: format!("{}::{}", pack.name, failure.id), reason }),
            );
        }
        let routes = Routes::of(&pack);
        let (number, memory) = (AtomicU64::new(1), Mutex::default());
        Ok(Self { pack, declared, entries, routes, sampler, unplayed, number, memory })
    }

    /// Returns the pack.
    #[must_use]
    pub fn pack(&self) -> &Pack {
        &self.pack
    }

    /// Returns what the requests of the pack do not bring about; `Prefer` does, for all but what cannot be made up.
    #[must_use]
    pub fn unplayed(&self) -> &[Unplayed] {
        &self.unplayed
    }

    /// Responds to a request.
    pub fn respond(&self, request: &Request) -> Response {
        let mut response = match Preference::of(request) {
            Some(preference) => self.preferred(&preference),
            None => self.by_request(&self.below_base(request), &request.path),
        };
        if response.status == 405 {
            let methods = match self.routes.find(&request.method, &request.path, self.declared.as_deref()) {
                Route::Method(methods) => methods.join(", "),
                Route::Operation | Route::Unknown => String::new(),
            };
            response.add_header("Allow", methods);
        }
        response
    }

    /// Returns a request with its path below that of the document's first server, if it is there: the scenarios say no more of it.
    fn below_base<'r>(&self, request: &'r Request) -> Cow<'r, Request> {
        let base = self.declared.as_deref().map(Declared::base_path).unwrap_or_default();
        let operations = self.declared.iter().flat_map(|declared| &declared.api.operations);
        let below =
            |path: &str| path.strip_prefix(base).filter(|rest| rest.starts_with('/')).map(str::to_owned);
        match below(&request.path) {
            Some(path) if !base.is_empty() && operations.clone().all(|own| below(&own.path).is_none()) => {
                Cow::Owned(Request { path, ..request.clone() })
            }
            _ => Cow::Borrowed(request),
        }
    }

    fn by_request(&self, request: &Request, sent_path: &str) -> Response {
        let roles = self.pack.contract.roles.keys().map(String::as_str);
        let carrying = carrying(request, roles);
        let mut best: Vec<&Entry> = Vec::new();
        let mut closest = 0;
        for entry in &self.entries {
            let Some(closeness) = entry.pattern.closeness(request, carrying) else { continue };
            if closeness > closest {
                best.clear();
                closest = closeness;
            }
            if closeness == closest {
                best.push(entry);
            }
        }
        let (is_repeated, names) = self.remembered().note(request);
        // What scenarios expect of the same request depends on what was sent before: what was not created, or was deleted,
        // is not found.
        if let Some(names) = names
            && best.iter().any(|entry| entry.names == names)
        {
            best.retain(|entry| entry.names == names);
        }
        if names.is_none() {
            self.retain_by_ids(&mut best, request);
        }
        // A creation that is sent twice fails the second time.
        let is_second = is_repeated && !matches!(request.method.as_str(), "GET" | "HEAD" | "OPTIONS");
        let outcomes: Vec<&Outcome> = best.iter().map(|entry| &*entry.outcome).collect();
        let failure = outcomes.iter().find_map(|outcome| match outcome {
            Outcome::Failure(failure, addition) => Some((*failure, addition)),
            Outcome::Success(_) => None,
        });
        let successes = outcomes.iter().filter_map(|outcome| match outcome {
            Outcome::Success(wanted) => Some(&**wanted),
            Outcome::Failure(..) => None,
        });
        let wanted = successes.fold(None, |all: Option<Wanted>, one| Some(all.unwrap_or_default().and(one)));
        match (failure, wanted) {
            (Some((failure, addition)), None) => self.refusal(request, failure, addition),
            (Some((failure, addition)), Some(_)) if is_second => self.refusal(request, failure, addition),
            (_, Some(wanted)) => {
                if request.method == "DELETE" {
                    let ids = best.iter().filter_map(|entry| entry.pattern.ids(&request.path).last());
                    ids.for_each(|id| self.remembered().take_back(id));
                }
                self.success(request, sent_path, &wanted)
            }
            (None, None) => {
                match self.routes.find(&request.method, &request.path, self.declared.as_deref()) {
                    Route::Operation => self.success(request, sent_path, &Wanted::default()),
                    Route::Method(_) => self.with_status(405),
                    Route::Unknown => self.with_status(404),
                }
            }
        }
    }

    fn remembered(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Of responses to requests that differ only in an id, keeps the failures if nothing has that id, and otherwise the successes.
    fn retain_by_ids(&self, best: &mut Vec<&Entry>, request: &Request) {
        let fails = |entry: &&Entry| matches!(*entry.outcome, Outcome::Failure(..));
        if best.iter().all(fails) || !best.iter().any(fails) {
            return;
        }
        let ids: HashSet<&str> = best.iter().flat_map(|entry| entry.pattern.ids(&request.path)).collect();
        if ids.is_empty() {
            return;
        }
        let memory = self.remembered();
        let variables = &self.pack.contract.variables;
        let is_variable = |id: &str| {
            variables.iter().any(|(name, variable)| match &variable.default {
                Some(default) => header_text(default) == id,
                None => value_of(name) == id,
            })
        };
        let are_known = ids.iter().all(|id| memory.has_given(id) || is_variable(id));
        best.retain(|entry| fails(entry) != are_known);
    }

    fn operation(&self, request: &Request) -> Option<(&Declared, &Operation)> {
        let declared = self.declared.as_deref()?;
        Some((declared, declared.operation(&request.method, &request.path)?))
    }

    fn success(&self, request: &Request, sent_path: &str, wanted: &Wanted) -> Response {
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        let succeeding = Succeeding { operation: self.operation(request), path: sent_path, number };
        let (response, ids) = success_response(&self.pack.contract, succeeding, wanted, &self.sampler);
        if !wanted.captures.is_empty() {
            self.remembered().give(ids);
        }
        response
    }

    /// Responds with a failure to a request of a scenario.
    fn refusal(&self, request: &Request, index: usize, addition: &Addition) -> Response {
        let response = self.failure(index, addition);
        if !has_open_status(&self.pack.contract.failures[index]) {
            return response;
        }
        let route = self.routes.find(&request.method, &request.path, self.declared.as_deref());
        let operation = self.operation(request);
        undeclared_refusal(response, request, &route, operation, &self.sampler)
    }

    fn failure(&self, index: usize, addition: &Addition) -> Response {
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        error_response(&self.pack.contract.failures[index], addition, number, &self.sampler)
    }

    /// Responds with the failure that the contract documents for a status, if it does, and otherwise with the status alone.
    fn with_status(&self, status: u16) -> Response {
        let has_status = |failure: &Failure| {
            let patterns = failure.rules.status.as_ref().map(|rule| rule.rule.as_slice()).unwrap_or_default();
            patterns.iter().any(|pattern| pattern.exactly() == Some(status))
        };
        match self.pack.contract.failures.iter().position(has_status) {
            Some(index) => self.failure(index, &Addition::default()),
            None => {
                let text = if status == 404 {
                    "no operation of the pack has this path"
                } else {
                    "no such method here"
                };
                text_response(status, &format!("failspec mock: {text}\n"))
            }
        }
    }

    fn preferred(&self, preference: &Preference) -> Response {
        let failures = &self.pack.contract.failures;
        let (wanted, cause) = match preference.failure.split_once('/') {
            Some((id, cause)) if failures.iter().any(|it| it.id == id) => (id, Some(cause)),
            _ => (preference.failure.as_str(), preference.cause.as_deref()),
        };
        let has_code = |failure: &Failure| {
            let exact = match failure.rules.code.as_ref().map(|rule| &rule.rule) {
                Some(CodeRule::Exactly(code)) => Some(code),
                _ => None,
            };
            failure.rules.codes.iter().chain(exact).any(|code| text_of_code(code) == wanted)
        };
        let found = failures
            .iter()
            .position(|failure| failure.id == wanted)
            .or_else(|| failures.iter().position(has_code));
        let Some(index) = found else { return self.unknown(&format!("there is no failure `{wanted}`")) };
        let failure = &failures[index];
        let cause = match cause.map(|cause| failure.causes.iter().position(|own| own == cause)) {
            Some(None) => {
                return self.unknown(&format!("{} has no cause `{}`", failure.id, cause.unwrap_or_default()));
            }
            cause => cause.flatten(),
        };
        let row = preference.row.as_deref();
        let has_row =
            |scenario: &Scenario| row.is_none_or(|row| scenario.rows.iter().any(|own| own.name == row));
        let fits = |scenario: &&Arc<Scenario>| {
            scenario.failure == Some(index)
                && (cause.is_none() || scenario.cause == cause)
                && has_row(scenario)
        };
        let scenario = self.pack.scenarios.iter().find(fits);
        if let (None, Some(row)) = (scenario, row) {
            return self.unknown(&format!("no scenario of {} has a row `{row}`", failure.id));
        }
        let own = scenario.map(|scenario| {
            let row = scenario.rows.iter().find(|own| row.is_none_or(|row| own.name == row));
            addition(scenario, row)
        });
        let mut response = self.failure(index, &own.unwrap_or_default());
        response.add_header("Preference-Applied", format!("failure={}", failure.id));
        response
    }

    /// Refuses a preference that names nothing, and lists what there is.
    fn unknown(&self, message: &str) -> Response {
        let failures = self.pack.contract.failures.iter().map(|failure| {
            let status = failure.rules.status.as_ref().map(|rule| show_statuses(&rule.rule));
            let code = match failure.rules.code.as_ref().map(|rule| &rule.rule) {
                Some(CodeRule::Exactly(code)) => Some(code.clone()),
                _ => None,
            };
            json!({ "failure": failure.id, "status": status, "code": code, "causes": failure.causes, "summary": failure.summary })
        });
        let body = json!({
            "failspec_mock": message,
            "failures": failures.collect::<Vec<_>>(),
        });
        let mut response = Response::new(400, Content::Json(body));
        response.add_header("Content-Type", "application/json");
        response
    }
}

/// Returns why the body of a failure cannot be written.
fn unwritten(failure: &Failure) -> Option<UnplayedReason> {
    let kind = failure.envelope.media_type.as_ref()?.rule.iter().next()?;
    let is_written = kind == "application/json"
        || kind.starts_with("text/")
        || kind == "application/xml"
        || kind.ends_with("+json")
        || kind.ends_with("+xml");
    (!is_written).then(|| UnplayedReason::MediaType(kind.to_owned()))
}

fn text_response(status: u16, text: &str) -> Response {
    let mut response = Response::new(status, Content::Text(text.to_owned()));
    response.add_header("Content-Type", "text/plain");
    response
}

fn name_of(pack: &Pack, scenario: &Scenario) -> String {
    let failure = scenario.failure.and_then(|index| pack.contract.failures.get(index));
    let failure = failure.map_or("success", |failure| failure.id.as_str());
    format!("{}::{failure}::{}", pack.name, scenario.name)
}
