//! The input of a check.

use failspec_base::message::{Exchange, Response};
use failspec_pack::pack::{Contract, Failure, Provenance, Scenario};

use super::{case_log::Observed, finding::Finding, identification::Identity, response_view::View};

/// The input of a check: one identified response, and everything else that happened in the case.
#[derive(Debug)]
pub struct Subject<'a> {
    /// The contract.
    pub contract: &'a Contract,
    /// The scenario.
    pub scenario: &'a Scenario,
    /// The failure under test.
    pub triggered: &'a Failure,
    /// The failure with the rules that apply to the response: the one under test, or the accepted alternative.
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
        let failure = match &identity {
            Identity::Triggered { alternative: Some(index), .. } => &contract.failures[*index],
            _ => triggered,
        };
        Some(Self { contract, scenario, triggered, failure, identity, exchange, view, observed })
    }

    /// Returns the response under test.
    pub fn response(&self) -> &'a Response {
        self.view.response
    }

    /// Returns how binding a rule of `source` is here: in an inferred scenario or for an inferred failure no rule is
    /// binding.
    pub fn weight(&self, source: Provenance) -> Provenance {
        source.weaken(self.failure.source).weaken(self.scenario.source)
    }

    /// Creates a finding about a rule of the contract.
    pub fn finding(
        &self,
        check: &'static str,
        source: Provenance,
        expected: impl Into<String>,
        actual: impl Into<String>,
    ) -> Finding {
        Finding::new(check, self.weight(source), expected, actual)
    }

    /// Returns true if the response correctly has no body to inspect.
    pub fn is_bare(&self) -> bool {
        self.view.is_bare(&self.failure.envelope)
    }
}
