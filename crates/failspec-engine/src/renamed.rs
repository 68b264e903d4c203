//! Things that an accepted change gave another id: the teardown removes them under that one.

use failspec_base::template::{Scope, VariableValue};
use failspec_judge::check::{Phase, Record};
use failspec_pack::pack::{Capture, Part, Pointer, Step};
use serde_json::Value;

use super::case_runner::CaseRunner;

impl CaseRunner<'_> {
    /// Returns true if the request under test gave the last thing of the setup another id: nobody else would find it.
    pub(super) fn is_renamed(&self, scope: &Scope) -> bool {
        let mut captures = self.case.scenario.faulty.setup.iter().flat_map(|step| &step.capture);
        // A token for the thing is no id.
        let Some(capture) = captures.rfind(|capture| !capture.secret) else { return false };
        let (unique, old) = (scope.unique(), scope.get(&capture.name).map(|held| &held.value));
        let mut tested = self.observed.records.iter().filter(|record| record.phase == Phase::Request);
        tested.any(|change| new_id(capture, change, unique).is_some_and(|new| Some(&new) != old))
    }

    /// Returns the values with which a step of a teardown finds the thing that it did not find (404) under its old id, if the
    /// request under test gave it another one.
    pub(super) fn with_new_id(&self, step: &Step, scope: &Scope, sent: &Record) -> Option<Scope> {
        let is_unknown =
            sent.exchange.result.as_ref().is_ok_and(|response| matches!(response.status, 404 | 410));
        if !is_unknown || sent.phase != Phase::Teardown || sent.exchange.request.method != "DELETE" {
            return None;
        }
        let name = step.request.as_ref()?.names_in_path().filter(|name| scope.is_captured(name)).last()?;
        let faulty = &self.case.scenario.faulty;
        let capture =
            faulty.setup.iter().flat_map(|step| &step.capture).find(|capture| capture.name == name)?;
        let is_change = |record: &&Record| {
            let request = &record.exchange.request;
            record.phase == Phase::Request
                && matches!(request.method.as_str(), "PUT" | "PATCH")
                && request.url.path() == sent.exchange.request.url.path()
                && record.exchange.result.as_ref().is_ok_and(|response| (200..300).contains(&response.status))
        };
        let change = self.observed.records.iter().find(is_change)?;
        let old = &scope.get(name)?.value;
        let new = new_id(capture, change, scope.unique()).filter(|new| new != old)?;
        let mut renamed = scope.clone();
        renamed.capture(name, VariableValue::open(new));
        Some(renamed)
    }
}

/// Returns the id that a thing has after a change: as the response says, or as the request said, if it is a name of the run.
fn new_id(capture: &Capture, change: &Record, unique: &str) -> Option<Value> {
    let first = match &capture.part {
        Part::Body(pointer) => Some(pointer),
        Part::Header(_) => None,
    };
    let places: Vec<&Pointer> = first.into_iter().chain(&capture.otherwise).collect();
    let in_body = |body: &Value| places.iter().find_map(|place| place.find(body)).cloned();
    let is_id = |value: &Value| value.is_number() || value.as_str().is_some_and(|text| !text.is_empty());
    let response = change.exchange.result.as_ref().ok()?;
    if let Some(told) = response.document().value.as_ref().and_then(in_body) {
        return Some(told).filter(is_id);
    }
    let sent: Value = serde_json::from_slice(&change.exchange.request.body.as_ref()?.bytes).ok()?;
    let sent = in_body(&sent)?;
    sent.as_str().is_some_and(|text| text.contains(unique)).then_some(sent)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use failspec_base::{
        message::{Body, Exchange, Request, Response},
        secret::RedactedText,
    };
    use http::{HeaderMap, HeaderValue};
    use serde_json::json;

    use super::*;

    #[test]
    fn new_id_is_that_of_the_response_or_a_name_of_the_run() {
        let capture = Capture {
            name: "made".to_owned(),
            part: Part::Body(Pointer::from_steps(["name"])),
            otherwise: vec![Pointer::from_steps(["0", "name"])],
            location: false,
            resource_name: false,
            default: None,
            secret: false,
        };
        for (sent, answer, expected) in [
            (
                json!({ "name": "failspec-a-1/x" }),
                json!({ "name": "failspec-a-1/x" }),
                Some(json!("failspec-a-1/x")),
            ),
            // The server made another name of it, or has none to say.
            (json!({ "name": 7 }), json!({ "name": "7" }), Some(json!("7"))),
            (json!({ "name": "failspec-a-1-new" }), json!({}), Some(json!("failspec-a-1-new"))),
            // What is somebody else's, if the server does not say that it is this one.
            (json!({ "name": "other" }), json!({}), None),
            (json!({ "name": "" }), json!({ "name": "" }), None),
            (json!({ "size": 1 }), json!({}), None),
        ] {
            let mut request = Request::new("PATCH", "http://api.test/users/failspec-a-1".parse().unwrap());
            let text = sent.to_string();
            request.body = Some(Body { shown: RedactedText::from(text.as_str()), bytes: text.into() });
            let mut headers = HeaderMap::new();
            headers.insert("content-type", HeaderValue::from_static("application/json"));
            let change = Record {
                phase: Phase::Request,
                role: None,
                exchange: Exchange {
                    request,
                    result: Ok(Response::new(200, headers, answer.to_string())),
                    elapsed: Duration::ZERO,
                    connection: None,
                    resent: false,
                },
                rerun: None,
                completed: None,
                same_as: None,
            };
            assert_eq!(new_id(&capture, &change, "failspec-a-1"), expected, "{sent} {answer}");
        }
    }
}
