//! The input of a check.

use failspec_base::message::{Exchange, Response};
use failspec_pack::pack::{Contract, Failure, Provenance, Scenario};

use super::{
    case_log::Observed,
    finding::Finding,
    identification::{Identity, identifies_by_more_than_status},
    response_view::View,
    severity::{Claim, Sources},
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
    /// Creates the subject of a case, if its judged exchange has a response.
    pub fn new(contract: &'a Contract, scenario: &'a Scenario, observed: &'a Observed) -> Option<Self> {
        let exchange = &observed.records.get(observed.judged)?.exchange;
        let response = exchange.result.as_ref().ok()?;
        let view = View::new(response, observed.pick.as_ref()).to(&exchange.request.method);
        let identity = Identity::of(view, contract, scenario.failure);
        let triggered = &contract.failures[scenario.failure];
        let expected = match &identity {
            Identity::Triggered { alternative: Some(index), .. } => &contract.failures[*index],
            _ => triggered,
        };
        let failure = match &identity {
            Identity::Other(index) => &contract.failures[*index],
            _ => expected,
        };
        Some(Self { contract, scenario, triggered, expected, failure, identity, exchange, view, observed })
    }

    /// Returns the response under test.
    pub fn response(&self) -> &'a Response {
        self.view.response
    }

    /// Returns the source of a finding about a rule for the response itself.
    pub fn weight(&self, rule: Provenance) -> Provenance {
        let claim = if self.is_recognized() { Claim::Recognized } else { Claim::Assumed };
        let (failure, scenario) = (self.failure.source, self.scenario.source);
        Sources { rule, failure, scenario, claim }.of_finding()
    }

    /// Returns true if more than its status says that the response is a documented failure.
    pub fn is_recognized(&self) -> bool {
        match &self.identity {
            Identity::Triggered { by_status_alone, .. } => {
                !by_status_alone && !self.is_bare() && identifies_by_more_than_status(self.failure)
            }
            Identity::Other(_) => !self.is_bare() && identifies_by_more_than_status(self.failure),
            _ => false,
        }
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
        let (failure, scenario) = (self.expected.source, self.scenario.source);
        let source = Sources { rule, failure, scenario, claim: Claim::Cause }.of_finding();
        Finding::new(check, source, expected, actual)
    }

    /// Returns true if the response correctly has no body to inspect.
    pub fn is_bare(&self) -> bool {
        self.view.is_bare(&self.failure.envelope)
    }
}
