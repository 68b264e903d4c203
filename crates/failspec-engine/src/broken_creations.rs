//! Creations that break the server (5xx) and make the thing all the same: it is removed, and the finding says so.

use failspec_base::{encoding::percent_decode, template::VariableValue};
use failspec_judge::check::{self, Finding, Phase, Record};
use failspec_pack::pack::{Capture, Part, RequestTemplate, Step};
use serde_json::Value;

use super::{
    case_runner::{CaseRunner, line},
    leftovers::names,
};

/// The id of the check whose finding says what a broken creation made.
const SERVER_ERROR: &str = "server-error";

impl CaseRunner<'_> {
    /// Returns the request under test if it broke the server, and may have made something.
    fn broken_creation(&self) -> Option<&Record> {
        let is_broken = |record: &&Record| {
            record.phase == Phase::Request
                && record.exchange.request.method == "POST"
                && record
                    .exchange
                    .result
                    .as_ref()
                    .is_ok_and(|response| check::is_server_error(response.status))
        };
        let is_imported = check::is_of_document(&self.session.pack.contract, &self.case.scenario);
        self.observed.records.iter().find(is_broken).filter(|_| is_imported)
    }

    /// Takes the name that a creation which broke the server sent for the id of what it may have made: only a name that is
    /// unique to the run can be no other thing.
    pub(super) fn note_broken_creation(&mut self) {
        let Some(body) = self.broken_creation().map(|creation| creation.exchange.request.body.clone()) else {
            return;
        };
        let body: Option<Value> = body.and_then(|body| serde_json::from_slice(&body.bytes).ok());
        let Some(scope) = &mut self.scope else { return };
        for capture in &self.case.scenario.faulty.capture {
            let default = capture.default.as_ref().and_then(|default| default.fill(scope).ok());
            // Where the response to a success tells the name, the request may have given it.
            let sent = || name_at(capture, body.as_ref()?);
            let sent = default.map(|filled| filled.sent).or_else(sent);
            let sent = sent.filter(|sent| sent.contains(scope.unique()));
            if let Some(sent) = sent.filter(|_| scope.get(&capture.name).is_none()) {
                scope.capture(capture.name.clone(), VariableValue::open(sent));
                self.presumed.push(capture.name.clone());
            }
        }
    }

    /// Returns true if a request of a teardown is for what a creation that broke the server may have made: mostly there is nothing.
    pub(super) fn is_presumed(&self, request: &RequestTemplate) -> bool {
        request.names().iter().any(|name| self.presumed.iter().any(|presumed| presumed == name))
    }

    /// Adds to the finding about a creation that broke the server that the thing is there all the same, if a teardown removed it.
    pub(super) fn say_what_was_made(&self, finding: Finding) -> Finding {
        if finding.check != SERVER_ERROR
            || finding.record().is_some_and(|index| index != self.observed.judged)
        {
            return finding;
        }
        let Some(removal) = self.broken_creation().and_then(|creation| self.removal_of_unmade(creation))
        else {
            return finding;
        };
        let message = format!(
            "{}, and what it should have created is there all the same: {} removed it",
            finding.message,
            line(&removal.exchange.request)
        );
        finding.saying(message)
    }

    /// Returns the request of the teardown that removed something which no successful creation made.
    fn removal_of_unmade(&self, creation: &Record) -> Option<&Record> {
        let captured =
            |step: &Step| step.capture.iter().map(|capture| capture.name.clone()).collect::<Vec<_>>();
        let of_setup: Vec<String> = self.case.scenario.faulty.setup.iter().flat_map(captured).collect();
        let collection = format!("{}/", creation.exchange.request.url.path().trim_end_matches('/'));
        let is_removed = |record: &&Record| {
            let request = &record.exchange.request;
            // The address of a thing that is removed by several texts has all of them from the body of its creation.
            let is_of_creation = |item: &str| {
                let mut texts = item.split('/').map(percent_decode);
                texts.all(|text| names(&creation.exchange.request, &text))
            };
            let item = request.url.path().strip_prefix(&collection);
            let is_item = item.is_some_and(|item| !item.contains('/') || is_of_creation(item));
            let is_done =
                record.exchange.result.as_ref().is_ok_and(|response| (200..300).contains(&response.status));
            record.phase == Phase::Teardown && request.method == "DELETE" && is_item && is_done
        };
        // A setup that made a thing in the same collection has its own removed.
        let is_alone = of_setup.is_empty() || !self.makes_beside(creation);
        self.observed.records.iter().find(is_removed).filter(|_| is_alone)
    }

    /// Returns true if a request of the setup made a thing in the collection of the request under test.
    fn makes_beside(&self, creation: &Record) -> bool {
        let url = &creation.exchange.request.url;
        let mut setup = self.observed.records.iter().filter(|record| record.phase == Phase::Setup);
        setup.any(|record| record.exchange.request.method == "POST" && record.exchange.request.url == *url)
    }
}

/// Returns the text that a request sent where the response to its success tells the id of what it made.
pub(super) fn name_at(capture: &Capture, body: &Value) -> Option<String> {
    let first = match &capture.part {
        Part::Body(pointer) => Some(pointer),
        Part::Header(_) => None,
    };
    let mut places = first.into_iter().chain(&capture.otherwise);
    places.find_map(|place| place.find(body)?.as_str().map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use failspec_pack::pack::Pointer;
    use serde_json::json;

    use super::*;

    #[test]
    fn name_of_what_a_broken_creation_may_have_made_is_where_the_response_tells_it() {
        let pointers = |names: &[&str]| names.iter().map(|name| Pointer::from_steps([*name])).collect();
        for (places, body, name) in [
            (["name", "id"], json!({ "name": "a" }), Some("a")),
            (["id", "name"], json!({ "name": "a", "other": "b" }), Some("a")),
            (["id", "key"], json!({ "name": "a" }), None),
            (["id", "name"], json!({ "name": 1 }), None),
            (["id", "name"], json!(["name"]), None),
        ] {
            let mut places: Vec<Pointer> = pointers(&places);
            let part = Part::Body(places.remove(0));
            let made = "made".to_owned();
            let capture = Capture {
                name: made,
                part,
                otherwise: places,
                location: false,
                resource_name: false,
                default: None,
                secret: false,
            };
            assert_eq!(name_at(&capture, &body).as_deref(), name, "{body}");
        }
    }
}
