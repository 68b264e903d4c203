//! Things that requests of a case created and its teardown does not know: an accepted fault at an address of its own, or with an id
//! that only its response tells; a request whose connection was lost, or that broke the server. They are removed with the requests
//! with which other scenarios of the pack remove such things, or listed.

use std::time::Duration;

use failspec_base::{
    encoding::percent_encode,
    message::{Response, TransportError},
};
use failspec_judge::check::{self, Phase, Record, View};
use failspec_pack::pack::Capture;
use serde_json::Value;

use super::{
    case_runner::{CaseRunner, line},
    creation_time::says_created_now,
    creations::is_worldwide,
    leftovers::{names, response_names},
    presence::{Presence, says_error},
    request_builder::Extra,
    sending::{Outgoing, SendContext},
    session::Session,
    teardown::names_something,
};

/// Maximum total duration of the removals after the teardown of a case.
const REMOVAL_TIMEOUT: Duration = Duration::from_secs(30);

/// The fate of a request that may have created something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Accepted,
    /// It broke the server.
    Broken,
    /// No response came.
    Lost,
}

impl CaseRunner<'_> {
    /// Removes what requests of the case created and no teardown removed, or lists it.
    pub(super) async fn remove_unremoved(&mut self) {
        let of_flow = |unique: &String| {
            let sent = self.session.take_creations(unique).into_iter();
            sent.map(|creation| (unique.clone(), creation)).collect::<Vec<_>>()
        };
        let sent: Vec<(String, Record)> = self.uniques.iter().flat_map(of_flow).collect();
        if !check::is_of_document(&self.session.pack.contract, &self.case.scenario) {
            return;
        }
        for (unique, creation) in &sent {
            let Some(fate) = self.fate(creation) else { continue };
            let removal = Box::pin(self.remove_creation(creation, fate, unique));
            if tokio::time::timeout(REMOVAL_TIMEOUT, removal).await.is_err() {
                self.list_left(creation, "no time was left to remove what it may have created");
            }
        }
    }

    /// Returns the fate of a request, if its own teardown does not look after what it made.
    fn fate(&self, creation: &Record) -> Option<Fate> {
        let is_tested = !creation.phase.is_of_control() && creation.phase != Phase::Setup;
        match &creation.exchange.result {
            Err(_) => Some(Fate::Lost),
            Ok(response) if response.status >= 500 => Some(Fate::Broken),
            Ok(response) => {
                let is_accepted = self.session.succeeded(View::new(response, None)) && !says_error(response);
                (is_tested && is_accepted).then_some(Fate::Accepted)
            }
        }
    }

    async fn remove_creation(&mut self, creation: &Record, fate: Fate, unique: &str) {
        let target = self.target_of(creation, fate, unique);
        let role = creation.role.clone();
        if fate == Fate::Lost
            && let Some(target) = &target
        {
            // A server may still be at it, and says yes to the removal of what it does not have yet.
            self.session.note_doubtful(&self.case.name, creation, target.clone());
        }
        // What its own teardown could not remove, that one lists.
        if self.is_removed(creation) || fate == Fate::Accepted && self.was_tried(creation) {
            return;
        }
        if let Some(target) = &target
            && (self.was_sent(target) || self.remove_at(target, role.as_deref(), creation, fate).await)
        {
            return;
        }
        match fate {
            // Mostly there is nothing.
            Fate::Broken => {}
            // The end of the run decides.
            Fate::Lost if target.is_some() => {}
            Fate::Lost if self.first.is_some() && !self.may_have_created(creation) => {}
            Fate::Lost => self.list_left(creation, lost_because(creation)),
            // Its own teardown says so if it could not.
            Fate::Accepted
                if self.knows_accepted && matches!(creation.phase, Phase::Request | Phase::Start) => {}
            Fate::Accepted => {
                let path = creation.exchange.request.url.path();
                if !self.is_unwanted(creation)
                    || self.session.presence(path, role.as_deref()).await == Presence::Absent
                {
                    return;
                }
                let why = self.uncaptured.clone();
                let why = why.unwrap_or_else(|| UNREMOVED.to_owned());
                self.list_left(creation, &why);
                let operation = self.session.operation_of(&creation.exchange.request);
                operation.into_iter().for_each(|operation| self.session.sparing.note_left(operation));
            }
        }
    }

    /// Returns true if a request should have been rejected and has created something, by its response or because its operation does.
    fn is_unwanted(&self, creation: &Record) -> bool {
        let scenario = &self.case.scenario;
        let is_meant = scenario.failure.is_none() && !scenario.may_be_refused
            || scenario.later.is_some()
            || scenario.concurrent.is_some();
        let Ok(response) = &creation.exchange.result else { return false };
        let is_creation = response.status == 201
            || names_something(response)
            || self.may_have_created(creation)
            || self.is_sent_to_collection(creation) && tells_one(response);
        self.uncaptured.is_some() || !is_meant && is_creation
    }

    /// Returns true if a request is a POST to what the API also shows: mostly it adds something to that.
    fn is_sent_to_collection(&self, creation: &Record) -> bool {
        let request = &creation.exchange.request;
        let Some(against) = self.session.against.as_ref().filter(|_| request.method == "POST") else {
            return false;
        };
        let path = request.url.path();
        let is_one = |path: &str| path.trim_end_matches('/').ends_with('}');
        against.operation("POST", path).is_some_and(|post| {
            !is_one(&post.path)
                && !names_a_call(&post.path)
                && against.operation("GET", path).is_some_and(|get| get.path == post.path)
        })
    }

    /// Returns true if the pack creates things with the operation of a request.
    fn may_have_created(&self, creation: &Record) -> bool {
        let request = &creation.exchange.request;
        let operation = self.session.operation_of(request).filter(|_| request.method == "POST");
        operation.is_some_and(|operation| self.session.known_creation(&operation).is_some())
    }

    /// Returns true if a teardown asked for the removal of this, whatever came of it.
    fn was_sent(&self, path: &str) -> bool {
        let mut records = self.observed.records.iter();
        records.any(|it| {
            it.phase.is_teardown()
                && it.exchange.request.method == "DELETE"
                && it.exchange.request.url.path().trim_end_matches('/') == path.trim_end_matches('/')
        })
    }

    /// Returns the path at which what a request created is removed, if it can be nothing that was there before.
    fn target_of(&self, creation: &Record, fate: Fate, unique: &str) -> Option<String> {
        let own = self.own_address(creation);
        own.or_else(|| match fate {
            Fate::Accepted if self.knows_accepted => None,
            Fate::Accepted => self.item_in_response(creation, unique),
            Fate::Broken => None,
            Fate::Lost => self.item_in_request(creation),
        })
    }

    /// Returns the path of what a request names with an id that only this run can have, and that no setup created.
    pub(super) fn own_address(&self, creation: &Record) -> Option<String> {
        let request = &creation.exchange.request;
        if !matches!(request.method.as_str(), "PUT" | "POST") {
            return None;
        }
        let path = request.url.path().trim_end_matches('/');
        let ends = path.match_indices('/').map(|(end, _)| end).skip(1).chain([path.len()]);
        let mut prefixes = ends.map(|end| &path[..end]);
        let found = prefixes.find(|prefix| {
            let id = prefix.rsplit('/').next().unwrap_or_default();
            self.session.is_id_of_run(id)
                && !self.is_of_setup(id)
                && self.session.request_to("DELETE", prefix, None).is_some()
        });
        found.map(str::to_owned)
    }

    /// Returns true if a request of a setup created what has this id.
    pub(super) fn is_of_setup(&self, id: &str) -> bool {
        let id = failspec_base::encoding::percent_decode(id);
        let mut records = self.observed.records.iter();
        records.any(|record| {
            let request = &record.exchange.request;
            let is_setup = record.phase == Phase::Setup || record.phase.is_of_control();
            let succeeded = record.exchange.result.as_ref().is_ok_and(|it| (200..300).contains(&it.status));
            is_setup && succeeded && (names(request, &id) || response_names(record, &id))
        })
    }

    /// Returns the path of the thing of a collection that the response to its creation names.
    fn item_in_response(&self, creation: &Record, unique: &str) -> Option<String> {
        let request = &creation.exchange.request;
        let operation = self.session.operation_of(request).filter(|_| request.method == "POST")?;
        let known = self.session.known_creation(&operation)?;
        let response = creation.exchange.result.as_ref().ok()?;
        let mut scope = self.session.scope();
        let captures = std::slice::from_ref(&known.capture);
        // The default is the name that another request sent.
        let captures = captures.iter().map(|it| Capture { default: None, ..it.clone() }).collect::<Vec<_>>();
        self.session.capture(&captures, Some(request), response, &mut scope).ok()?;
        let id = text_of(&scope.get(&known.capture.name)?.value)?;
        (self.is_certainly_new(creation, &id, unique)).then(|| self.session.item_path(creation, &id))?
    }

    /// Returns the path of the thing of a collection to which the request gave a name that only this run can have.
    fn item_in_request(&self, creation: &Record) -> Option<String> {
        let request = &creation.exchange.request;
        let operation = self.session.operation_of(request).filter(|_| request.method == "POST")?;
        let known = self.session.known_creation(&operation)?;
        let body: Value = serde_json::from_slice(&request.body.as_ref()?.bytes).ok()?;
        let name = super::broken_creations::name_at(&known.capture, &body)?;
        self.session.is_id_of_run(&name).then(|| self.session.item_path(creation, &name))?
    }

    /// Returns true if what a response names with an id cannot have been there before.
    fn is_certainly_new(&self, creation: &Record, id: &str, unique: &str) -> bool {
        let request = &creation.exchange.request;
        let Ok(response) = &creation.exchange.result else { return false };
        let said = String::from_utf8_lossy(&response.body);
        // What refers to a thing of the run that nobody could know was made after it.
        let captured = self.observed.records.iter().filter(|it| it.phase == Phase::Setup).filter_map(|it| {
            let response = it.exchange.result.as_ref().ok().filter(|it| (200..300).contains(&it.status))?;
            response.document().value.as_ref()?.as_object().cloned()
        });
        let mut ids = captured.flat_map(|members| members.into_iter().filter(|(name, _)| is_id(name)));
        let mut refers_to_own = || {
            ids.any(|(_, own)| {
                own.as_str().is_some_and(|own| own != id && is_worldwide(own) && said.contains(own))
            })
        };
        response.status == 201
            || says_created_now(response)
            || self.session.is_id_of_run(id)
            || said.contains(unique)
            || self.session.names_a_new_thing(request, Some(&Value::from(id)), unique)
            || refers_to_own()
    }

    /// Removes what a request created at a path. Returns true if the API says that it did, or could not do it just then: the end of the
    /// run decides.
    async fn remove_at(&mut self, path: &str, role: Option<&str>, creation: &Record, fate: Fate) -> bool {
        let Some(request) = self.session.request_to("DELETE", path, role) else { return false };
        let scope = self.plain_scope();
        let context = SendContext {
            phase: Phase::Teardown,
            role,
            expects_429: false,
            expects_401: false,
            expects_404: true,
            is_sound: false,
            asks_for_taken: false,
        };
        let extra = &Extra::default();
        let outgoing = Outgoing { template: &request, scope: &scope, extra, context };
        let before = self.observed.records.len();
        let sent = Box::pin(self.session.send_as_written(outgoing, &mut self.observed.records)).await;
        let is_removed = sent.is_ok()
            && self.observed.records.last().is_some_and(|record| {
                record.exchange.result.as_ref().is_ok_and(|it| (200..300).contains(&it.status))
            });
        let sent = self.observed.records.get(before).filter(|_| fate == Fate::Accepted && !is_removed);
        let is_later = sent.is_some_and(|sent| {
            let left = format!("{}: {UNREMOVED}", line(&creation.exchange.request));
            self.session.remove_later(&self.case.name, sent, &left, &self.uniques)
        });
        if !is_removed {
            // That nothing was there is no matter of the case.
            self.observed.records.truncate(before);
        }
        is_removed || is_later
    }

    /// Lists what a request may have created. What is in a thing that others use goes with it.
    fn list_left(&mut self, creation: &Record, why: &str) {
        let request = &creation.exchange.request;
        let line = format!("{}: {why}", line(request));
        match &self.parent {
            Some(parent) if self.is_in(parent, request.url.path()) => parent.note_left(&self.case.name, line),
            _ => self.left_behind.push(line),
        }
    }
}

/// Returns true if a path names a call that adds nothing, as in an API that has a path for each function: `/listPads`,
/// `/deletePad`.
fn names_a_call(path: &str) -> bool {
    const VERBS: [&str; 12] =
        ["list", "get", "find", "search", "count", "check", "is", "has", "delete", "remove", "read", "fetch"];
    let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    VERBS.iter().any(|verb| {
        let rest = last.strip_prefix(verb);
        rest.is_some_and(|rest| {
            rest.starts_with(|next: char| next.is_ascii_uppercase() || matches!(next, '_' | '-'))
        })
    })
}

/// The remark about a request that was accepted.
const UNREMOVED: &str = "it was not rejected, and no teardown removed what it created";

/// Returns the remark about a request without a response.
pub(super) fn lost_because(creation: &Record) -> &'static str {
    match &creation.exchange.result {
        Err(TransportError::Timeout { .. }) => {
            "no response came in time, the request may have been processed"
        }
        _ => "the connection was lost, the request may have been processed",
    }
}

impl Session {
    /// Returns the path of a thing in the collection in which a request created it, if the pack removes such things.
    fn item_path(&self, creation: &Record, id: &str) -> Option<String> {
        let request = &creation.exchange.request;
        self.path_of_item(request.url.path(), &self.operation_of(request)?, id)
    }

    /// Returns the path of a thing in the collection at a path, in which an operation creates such things.
    pub(super) fn path_of_item(&self, collection: &str, operation: &str, id: &str) -> Option<String> {
        let path = collection.trim_end_matches('/');
        let id = percent_encode(id);
        let below = [format!("{path}/{id}"), format!("{path}/{id}/")];
        if let Some(below) = below.into_iter().find(|it| self.request_to("DELETE", it, None).is_some()) {
            return Some(below);
        }
        // The things of a collection may have another address, without that of the collection in it.
        let removal = self.known_creation(operation)?.removal.as_ref()?;
        let (before, rest) = removal.split_once('{')?;
        let is_plain = rest.ends_with('}') && !rest.contains('{') && !operation.contains('{');
        let base = self.against.as_ref()?.base.trim_end_matches('/').to_owned();
        is_plain.then(|| format!("{base}{before}{id}"))
    }
}

fn is_id(name: &str) -> bool {
    name.to_ascii_lowercase().ends_with("id")
}

pub(super) fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Returns true if the body of a response is about one thing, and no list, as that of a search is.
fn tells_one(response: &Response) -> bool {
    let value = response.document().value.as_ref().and_then(Value::as_object);
    value.is_some_and(|members| !members.is_empty() && !members.values().any(Value::is_array))
}

#[cfg(test)]
mod tests {
    use super::names_a_call;

    #[test]
    fn a_path_that_lists_or_removes_by_its_name_adds_nothing() {
        for (path, expected) in [
            ("/api/listPads", true),
            ("/deletePad/", true),
            ("/get_authors", true),
            ("/lists", false),
            ("/list", false),
            ("/createPad", false),
            ("/issues", false),
            ("/getters", false),
        ] {
            assert_eq!(names_a_call(path), expected, "{path}");
        }
    }
}
