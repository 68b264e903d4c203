//! The requests of a pack's scenarios, each with the response that the scenario waits for.

use std::sync::Arc;

use failspec_engine::BuildError;
use failspec_pack::pack::{
    Capture, Control, Expect, Flow, Pack, Pointer, RequestTemplate, Row, Scenario, SchemaTemplate, Step,
    faulty_parts,
};
use serde_json::Value;

use super::{
    error_response::Addition,
    mock::UnplayedReason,
    pattern::{Pattern, PatternBuilder, Values},
    success_response::Wanted,
};

/// A request of a scenario, and the response to it.
pub struct Entry {
    /// The request.
    pub pattern: Pattern,
    /// The use that earlier requests made of the names in it.
    pub names: Names,
    /// The response.
    pub outcome: Arc<Outcome>,
}

/// The use that earlier requests made of a name that is made for a run, such as that of a new resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Names {
    /// Nothing: they are new, or what they name was deleted.
    New,
    /// They used them: what they name was created.
    Known,
}

impl Names {
    /// Returns what these steps did.
    fn after(steps: &[Step]) -> Self {
        match steps.iter().rev().find_map(|step| step.request.as_ref()) {
            Some(request) if request.line.method != "DELETE" => Self::Known,
            _ => Self::New,
        }
    }
}

/// A response to a request of a scenario.
pub enum Outcome {
    /// A documented failure, by its index.
    Failure(usize, Box<Addition>),
    /// A success.
    Success(Box<Wanted>),
}

/// Collects the requests of all scenarios, and the cases that the mock cannot play, with the reason.
pub struct Script<'p> {
    pack: &'p Pack,
    patterns: &'p PatternBuilder,
    /// The requests.
    pub entries: Vec<Entry>,
    /// The cases that cannot be played, by the name of the scenario.
    pub unplayed: Vec<(Arc<Scenario>, UnplayedReason)>,
}

impl<'p> Script<'p> {
    /// Reads all scenarios of a pack.
    pub fn read(pack: &'p Pack, patterns: &'p PatternBuilder) -> Self {
        let mut script = Self { pack, patterns, entries: Vec::new(), unplayed: Vec::new() };
        for scenario in &pack.scenarios {
            let mut reason = script.reason(scenario);
            let rows: Vec<Option<&Row>> = match scenario.rows.as_slice() {
                [] => vec![None],
                rows => rows.iter().map(Some).collect(),
            };
            for row in rows {
                if let Err(error) = script.case(scenario, row) {
                    reason = reason.or(Some(UnplayedReason::Request(error)));
                } else if reason.is_none() && script.is_like_its_control(scenario, row) {
                    reason = Some(UnplayedReason::LikeItsControl);
                }
            }
            script.unplayed.extend(reason.map(|reason| (Arc::clone(scenario), reason)));
        }
        script
    }

    /// Returns why a scenario cannot be played, as far as the scenario itself shows that.
    fn reason(&self, scenario: &Scenario) -> Option<UnplayedReason> {
        let expects_own_values = scenario
            .faulty
            .expected()
            .body
            .iter()
            .any(|(_, schema)| matches!(schema, SchemaTemplate::Holes(..)));
        // A `resend` that must succeed is the request that has just failed.
        let recovers = |step: &Step| step.resend && step.expect.failure.is_none() && step.until.is_none();
        if scenario.failure.is_none() {
            None
        } else if let Some(condition) = &scenario.condition {
            Some(UnplayedReason::Condition(condition.clone()))
        } else if scenario.faulty.repeat.is_some() {
            Some(UnplayedReason::Repeated)
        } else if scenario.concurrent.is_some() {
            Some(UnplayedReason::Concurrent)
        } else if scenario.later.is_some() {
            Some(UnplayedReason::Later)
        } else if scenario.slow_body.is_some() {
            Some(UnplayedReason::Slow)
        } else if scenario.faulty.at.is_some() {
            Some(UnplayedReason::Bulk)
        } else if scenario.then.iter().any(recovers) {
            Some(UnplayedReason::Recovers)
        } else if expects_own_values {
            Some(UnplayedReason::ExpectsOwnValues)
        } else {
            None
        }
    }

    /// Returns true if nothing in the request of a case differs from its control, and no request of its setup is the same.
    fn is_like_its_control(&self, scenario: &Scenario, row: Option<&Row>) -> bool {
        let Control::Flow(control) = &scenario.control else { return false };
        let pattern = |request: &RequestTemplate, role: Option<&str>| {
            self.patterns.pattern(request, role, row, Values::OfMock).ok()
        };
        let of = |flow: &Flow| pattern(&flow.request, flow.request.role.as_deref());
        let own = of(&scenario.faulty);
        let mut setup = scenario.faulty.setup.iter().filter_map(|step| step.request.as_ref());
        let is_named = own.as_ref().is_some_and(Pattern::has_unknown_values);
        scenario.failure.is_some()
            && own.is_some()
            && own == of(control)
            && !(is_named && Names::after(&scenario.faulty.setup) != Names::after(&control.setup))
            && !setup.any(|step| pattern(step, scenario.faulty.request.role.as_deref()) == own)
    }

    fn case(&mut self, scenario: &Arc<Scenario>, row: Option<&Row>) -> Result<(), BuildError> {
        let faulty = &scenario.faulty;
        let role = faulty.request.role.as_deref();
        if let Control::Flow(control) = &scenario.control {
            self.steps(&control.setup, control.request.role.as_deref(), row, Names::New)?;
            let outcome = expected(control.expected(), wanted(control.expected(), &control.capture));
            self.add(&control.request, None, row, Names::after(&control.setup), outcome)?;
            self.steps(&scenario.teardown, control.request.role.as_deref(), row, Names::Known)?;
        }
        self.steps(&faulty.setup, role, row, Names::New)?;
        let outcome = || match scenario.failure {
            Some(failure) if is_in_request(scenario) => {
                let own = addition(scenario, row);
                Outcome::Failure(failure, Box::new(own))
            }
            Some(_) => Outcome::Success(Box::default()),
            None => expected(faulty.expected(), wanted(faulty.expected(), &faulty.capture)),
        };
        let names = Names::after(&faulty.setup);
        self.add(&faulty.request, None, row, names, outcome())?;
        if let Some(other) = &scenario.indistinguishable_from {
            self.add(&other.request, None, row, names, outcome())?;
        }
        self.steps(&scenario.then, role, row, Names::Known)?;
        self.steps(&scenario.teardown, role, row, Names::Known)
    }

    fn steps(
        &mut self,
        steps: &[Step],
        role: Option<&str>,
        row: Option<&Row>,
        before: Names,
    ) -> Result<(), BuildError> {
        for (index, step) in steps.iter().enumerate().filter(|(_, step)| !step.resend) {
            let Some(request) = &step.request else { continue };
            let role = if step.inherits_role { role } else { request.role.as_deref() };
            let expect = step.until.as_ref().unwrap_or(&step.expect);
            let outcome = expected(expect, wanted(expect, &step.capture));
            let names = if index == 0 { before } else { Names::after(&steps[..index]) };
            self.add(request, Some(role), row, names, outcome)?;
        }
        Ok(())
    }

    fn add(
        &mut self,
        request: &RequestTemplate,
        role: Option<Option<&str>>,
        row: Option<&Row>,
        names: Names,
        outcome: Outcome,
    ) -> Result<(), BuildError> {
        let role = role.unwrap_or(request.role.as_deref());
        let outcome = Arc::new(outcome);
        for values in [Values::OfMock, Values::Any] {
            let pattern = self.patterns.pattern(request, role, row, values)?;
            if self.entries.last().is_none_or(|last| last.pattern != pattern) {
                self.entries.push(Entry { pattern, names, outcome: Arc::clone(&outcome) });
            }
        }
        Ok(())
    }

    /// Returns the pack.
    pub fn pack(&self) -> &Pack {
        self.pack
    }
}

/// Returns true if the request of a scenario fails because of what it says, and not because of when or how it comes.
fn is_in_request(scenario: &Scenario) -> bool {
    scenario.condition.is_none()
        && scenario.faulty.repeat.is_none()
        && scenario.concurrent.is_none()
        && scenario.later.is_none()
        && scenario.slow_body.is_none()
}

/// Returns what a scenario adds to the response of its failure.
pub fn addition(scenario: &Scenario, row: Option<&Row>) -> Addition {
    let parts = faulty_parts(&scenario.faulty.request, &scenario.control, row);
    let expect = scenario.faulty.expected();
    Addition {
        names: parts.iter().map(|part| part.name().into_owned()).collect(),
        body: constants(&expect.body),
        headers: expect.headers.clone(),
    }
}

fn expected(expect: &Expect, wanted: Wanted) -> Outcome {
    match expect.failure {
        Some(failure) => {
            let Wanted { body, headers, .. } = wanted;
            Outcome::Failure(failure, Box::new(Addition { names: Vec::new(), body, headers }))
        }
        None => Outcome::Success(Box::new(wanted)),
    }
}

fn wanted(expect: &Expect, captures: &[Capture]) -> Wanted {
    Wanted {
        status: expect.status.first().copied(),
        body: constants(&expect.body),
        headers: expect.headers.clone(),
        captures: captures.to_vec(),
    }
}

fn constants(body: &[(Pointer, SchemaTemplate)]) -> Vec<(Pointer, Value)> {
    let constant = |(pointer, schema): &(Pointer, SchemaTemplate)| match schema {
        SchemaTemplate::Constant(schema) => Some((pointer.clone(), schema.value.clone())),
        SchemaTemplate::Holes(..) => None,
    };
    body.iter().filter_map(constant).collect()
}
