//! A request to a path that the document does not have.

use failspec_pack::{openapi::Operation, pack::fault_kind};
use wildmatch::WildMatch;

use super::{
    fixtures::Fixtures,
    generate::{Generator, is_never_sent},
    request_spec::RequestSpec,
    scenario::{Control, Goal, Question, Scenario},
};

/// The path that is asked for.
const NO_SUCH_PATH: &str = "/failspec-no-such-path";

impl Generator<'_> {
    /// Generates one request to a path that the document does not have, with the credentials of an operation: routers and what is in
    /// front of them read it for all operations.
    pub(super) fn path_that_does_not_exist(&mut self) {
        let api = &self.declared.api;
        let is_skipped = |glob: &WildMatch| glob.matches(&format!("GET {NO_SUCH_PATH}"));
        // A path of one parameter alone has every path.
        let is_declared = self.declared.operation("GET", NO_SUCH_PATH).is_some();
        if is_declared || self.scenarios.is_empty() || self.skip.iter().any(is_skipped) {
            return;
        }
        let may_be_sent = |it: &&Operation| {
            it.elsewhere.is_none() && it.method == "GET" && !is_never_sent(it) && !self.skips(it)
        };
        let mut reading: Vec<&Operation> = api.operations.iter().filter(may_be_sent).collect();
        reading.sort_by_key(|it| {
            let has_own_role = self.scheme_roles.of_operation(it).is_some();
            (!self.sends_credentials(it), has_own_role, it.parameters.iter().any(|it| it.required))
        });
        let Some(first) = reading.first().copied() else { return };
        let Ok(right) = self.unsent(first) else { return };
        let faulty = RequestSpec { path: NO_SUCH_PATH.to_owned(), query: Vec::new(), ..right.ask };
        self.scenarios.push(Scenario {
            name: self.names.name(fault_kind::NO_SUCH_PATH, ""),
            question: Question::UnknownId,
            goal: Goal::NoServerError,
            rule: self.catalogue.link("/paths"),
            fault: fault_kind::NO_SUCH_PATH.to_owned(),
            part: None,
            inferred: true,
            around: Fixtures::default(),
            faulty,
            capture: Vec::new(),
            control: Control::None("the request has no fault"),
            control_capture: Vec::new(),
            then: Vec::new(),
        });
    }
}
