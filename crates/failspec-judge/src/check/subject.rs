//! The input of a check.

use failspec_base::message::{Exchange, Response};
use failspec_pack::{
    openapi::{self, ResponseStatus},
    pack::{Contract, Control, Failure, Provenance, RequestTemplate, Scenario},
};

use super::{
    case_log::{Observed, Phase},
    finding::Finding,
    identification::{Identity, identifies_by_more_than_status},
    response_view::View,
    severity::{Claim, Route, Sources},
};

/// The input of a check: one identified response, and everything else that happened in the case.
#[derive(Debug)]
pub struct Subject<'a> {
    /// The contract.
    pub contract: &'a Contract,
    /// The scenario.
    pub scenario: &'a Scenario,
    /// The failure under test.
    pub triggered: &'a Failure,
    /// Its index in the contract.
    pub triggered_index: usize,
    /// The failure that should have come: the one under test, or the accepted alternative that the response is.
    pub expected: &'a Failure,
    /// The failure with the rules that apply to the response: the expected one, or the other documented failure that
    /// the response is.
    pub failure: &'a Failure,
    /// The identification of the response.
    pub identity: Identity,
    /// The exchange under test.
    pub exchange: &'a Exchange,
    /// The response under test.
    pub view: View<'a>,
    /// Everything that happened in the case.
    pub observed: &'a Observed,
}

impl<'a> Subject<'a> {
    /// Creates the subject of a case, if a failure is under test and its judged exchange has a response.
    pub fn new(contract: &'a Contract, scenario: &'a Scenario, observed: &'a Observed) -> Option<Self> {
        let exchange = &observed.records.get(observed.judged)?.exchange;
        let response = exchange.result.as_ref().ok()?;
        let view = View::new(response, observed.pick.as_ref()).to(&exchange.request.method);
        let triggered_index = scenario.failure?;
        let identity =
            observed.identity.get_or_init(|| Identity::of(view, contract, triggered_index)).clone();
        let triggered = &contract.failures[triggered_index];
        let expected = match &identity {
            Identity::Triggered { alternative: Some(index), .. } => &contract.failures[*index],
            _ => triggered,
        };
        let failure = match &identity {
            Identity::Other(index) => &contract.failures[*index],
            _ => expected,
        };
        Some(Self {
            contract,
            scenario,
            triggered,
            triggered_index,
            expected,
            failure,
            identity,
            exchange,
            view,
            observed,
        })
    }

    /// Returns the response under test.
    pub fn response(&self) -> &'a Response {
        self.view.response
    }

    /// Returns the source of a finding about a rule for the response itself.
    pub fn weight(&self, rule: Provenance) -> Provenance {
        let claim = if self.is_recognized() { Claim::Recognized } else { Claim::Assumed };
        let (failure, scenario) = (self.failure.source, self.scenario.source);
        Sources { rule, failure, scenario, claim, route: self.route() }.of_finding()
    }

    /// Returns true if more than its status says that the response is a documented failure.
    pub fn is_recognized(&self) -> bool {
        match &self.identity {
            Identity::Triggered { by_status_alone, .. } => {
                !by_status_alone && !self.is_wordless() && identifies_by_more_than_status(self.failure)
            }
            Identity::Other(_) => !self.is_wordless() && identifies_by_more_than_status(self.failure),
            _ => false,
        }
    }

    /// Returns what is known of the route of the request under test: an inferred one is verified once a control or a
    /// setup on it succeeded, or the request itself.
    fn route(&self) -> Route {
        let line = &self.scenario.faulty.request.line;
        if line.source.is_binding() || self.identity == Identity::Success {
            return Route::Verified;
        }
        // A fault in the method is a matter of the same route.
        let is_same = |request: &RequestTemplate| request.line.path.written == line.path.written;
        let control = match &self.scenario.control {
            Control::Flow(flow) => is_same(&flow.request),
            Control::Impossible(_) | Control::Missing => false,
        };
        // A control that got the failure under test was recognised as that: the API responds there too.
        let was_sent = self.observed.of(Phase::Control).next().is_some();
        let mut setups = self.scenario.faulty.setup.iter().filter_map(|step| step.request.as_ref());
        // A case with a setup or a control that did not succeed is inconclusive and has no subject.
        if (control && was_sent) || setups.any(is_same) { Route::Verified } else { Route::Unverified }
    }

    /// Returns true if the route of the request is documented, or a request to it succeeded on this target.
    pub fn is_on_verified_route(&self) -> bool {
        self.route() == Route::Verified
    }

    /// Returns true if the request went to an inferred route on which nothing succeeded, and its response was not
    /// recognised as a documented failure: then it shows nothing.
    pub fn is_unverified(&self) -> bool {
        self.route() == Route::Unverified && !self.is_recognized()
    }

    /// Creates a finding about a rule of the contract for the response.
    pub fn finding(
        &self,
        check: &'static str,
        source: Provenance,
        expected: impl Into<String>,
        actual: impl Into<String>,
    ) -> Finding {
        Finding::new(check, self.weight(source), expected, actual)
    }

    /// Creates a finding about the statement that this fault causes this failure.
    pub fn cause_finding(
        &self,
        check: &'static str,
        rule: Provenance,
        expected: impl Into<String>,
        actual: impl Into<String>,
    ) -> Finding {
        let scenario = if self.is_declared_refusal() { Provenance::Inferred } else { self.scenario.source };
        let failure = self.expected.source;
        let source =
            Sources { rule, failure, scenario, claim: Claim::Cause, route: self.route() }.of_finding();
        Finding::new(check, source, expected, actual)
    }

    /// Returns true if the OpenAPI document is the only source of the scenario and declares this refusal too: it lists
    /// the refusals of an operation, but does not say which fault gets which.
    fn is_declared_refusal(&self) -> bool {
        let status = self.response().status;
        let is_declared = || self.declared_status().is_some_and(|status| status != ResponseStatus::Default);
        // An id that does not exist may have a form that the API refuses, and the document does not tell.
        let is_form_of_id = matches!(status, 400 | 422) && self.expected.allows_status(404);
        let is_refusal = (400..500).contains(&status) && (is_declared() || is_form_of_id);
        self.is_unknown_method() || self.is_of_document() && (is_refusal || self.is_hidden())
    }

    /// Returns true if a role may not make the request that another one may, and the API hides from it what is there (RFC
    /// 9110, section 15.5.4) or, where several refusals will do, refuses it in a way of its own: nothing is shown.
    fn is_hidden(&self) -> bool {
        let status = self.response().status;
        let role = self.scenario.faulty.request.role.as_deref();
        let is_about_roles = match &self.scenario.control {
            Control::Flow(control) => role.is_some() && control.request.role.as_deref() != role,
            Control::Impossible(_) | Control::Missing => false,
        };
        let is_refusal = status == 404 || (400..500).contains(&status) && self.expected.allows_status(404);
        is_about_roles && is_refusal && self.expected.allows_status(403)
    }

    /// Returns true if the OpenAPI document alone says that a method is refused with 405, and the server does not know the
    /// method at all: 501 (RFC 9110, section 15.6.2).
    fn is_unknown_method(&self) -> bool {
        self.response().status == 501 && self.expected.allows_status(405) && self.is_of_document()
    }

    fn is_of_document(&self) -> bool {
        is_of_document(self.contract, self.scenario)
    }

    /// Returns the status under which the OpenAPI document declares the response.
    fn declared_status(&self) -> Option<ResponseStatus> {
        let against = self.observed.against.as_ref()?;
        let request = &self.exchange.request;
        let operation = against.operation(&request.method, request.url.path())?;
        let declared = openapi::Response::of(&operation.responses, self.response().status)?;
        Some(declared.status)
    }

    /// Returns true if the response is none that the contract lists, and the OpenAPI document declares another media
    /// type than the envelope's for everything that it does not list: then the envelope does not bind it. Nor does it bind
    /// the response of a server that does not know the method.
    pub(super) fn is_outside_envelope(&self) -> bool {
        if self.is_unknown_method() {
            return true;
        }
        let Some(media_type) = &self.triggered.envelope.media_type else { return false };
        let against = self.observed.against.as_ref();
        let request = &self.exchange.request;
        let operation = against.and_then(|it| it.operation(&request.method, request.url.path()));
        let responses = operation.map(|operation| operation.responses.as_slice()).unwrap_or_default();
        let declared = openapi::Response::of(responses, self.response().status);
        let is_unlisted = matches!(self.identity, Identity::Unidentified | Identity::Undocumented(_))
            && !self.expected.allows_status(self.response().status);
        is_unlisted
            && declared.is_some_and(|declared| {
                let has = |text: &str| declared.content.iter().any(|it| it.closeness(text).is_some());
                let actual = self.response().header("content-type").unwrap_or_default();
                declared.status == ResponseStatus::Default && !media_type.rule.iter().any(has) && has(actual)
            })
    }

    /// Returns true if the response is the failure of the second fault of the request, and the documentation does not say
    /// which of the two comes: nobody is to blame.
    pub fn is_unordered_second_fault(&self) -> bool {
        let second = self.scenario.second_fault.filter(|second| !second.is_preceded);
        second.is_some_and(|second| {
            let other = &self.contract.failures[second.failure];
            // Without a body, the status is all that can tell.
            let by_status = || {
                self.identity == Identity::Unidentified
                    && self.view.is_bare(&other.envelope)
                    && other.allows_status(self.response().status)
            };
            self.identity == Identity::Other(second.failure) || by_status()
        })
    }

    /// Returns true if the response has nothing but its status: no body to inspect, and no code elsewhere.
    pub fn is_wordless(&self) -> bool {
        self.is_bare()
            && (!self.view.has_code_outside_json(&self.failure.envelope)
                || self.view.code_of(self.failure).is_none())
    }

    /// Returns true if the response correctly has no body to inspect.
    pub fn is_bare(&self) -> bool {
        self.view.is_bare(&self.failure.envelope)
    }
}

/// Returns true if the OpenAPI document is the only source of a scenario: its main file, or one that lies beside it or below it.
pub fn is_of_document(contract: &Contract, scenario: &Scenario) -> bool {
    let Some(document) = &contract.openapi else { return false };
    let rule = scenario.documentation.as_deref().and_then(|rule| rule.split_once('#'));
    rule.is_some_and(|(file, _)| is_file_of(&document.path, file))
}

/// Returns true if a rule of this file is one of the document at a path among the files of a pack. A document of several files has a
/// folder of its own beside the contract.
fn is_file_of(document: &str, file: &str) -> bool {
    // `schemas/shop/openapi/main.yaml`: the folder of the contract is none of the document.
    let document = document.splitn(3, '/').nth(2).unwrap_or(document);
    let (folder, main) = document.rsplit_once('/').unwrap_or(("", document));
    file == main || !folder.is_empty() && file.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::is_file_of;

    #[test]
    fn a_document_has_the_files_of_its_folder() {
        for (document, file, expected) in [
            ("schemas/pets/openapi.yaml", "openapi.yaml", true),
            ("schemas/pets/openapi.yaml", "openapi/pets.yaml", false),
            ("schemas/pets/openapi.yaml", "handbook.md", false),
            ("schemas/pets/openapi.yaml", "", false),
            ("schemas/pets/openapi/write.yaml", "write.yaml", true),
            ("schemas/pets/openapi/write.yaml", "openapi/write.yaml", true),
            ("schemas/pets/openapi/write.yaml", "openapi/write/users/uid.yaml", true),
            ("schemas/pets/openapi/write.yaml", "openapi2/write.yaml", false),
            ("schemas/pets/openapi/write.yaml", "handbook.md", false),
        ] {
            assert_eq!(is_file_of(document, file), expected, "{document} {file}");
        }
    }
}
