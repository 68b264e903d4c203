//! The requests that a run would send, in their order, without sending anything.

use std::{collections::HashMap, sync::Arc};

use failspec_base::{
    message::Request,
    secret::RedactedText,
    template::{RenderError, Scope, VariableValue},
};
use failspec_judge::{check::Phase, report_model::RequestReport};
use failspec_pack::pack::{Control, Flow, RequestTemplate, Step};

use super::{
    plan::{Case, Plan},
    request_builder::{BuildError, Extra, build},
    session::variables,
};

/// A case of a dry run.
#[derive(Debug)]
pub struct PlannedCase<'p> {
    /// The case.
    pub case: &'p Case,
    /// Its requests in their order; none if it would be skipped.
    pub requests: Vec<PlannedRequest<'p>>,
}

/// A request that a run would send.
#[derive(Debug)]
pub struct PlannedRequest<'p> {
    /// The part of the case.
    pub phase: Phase,
    /// The role whose credentials would be sent.
    pub role: Option<&'p str>,
    /// How often it would be sent at most, as written.
    pub times: Option<String>,
    /// The request, or the reason why it could not be built.
    pub request: Result<RequestReport, BuildError>,
    /// The names of the values that only a response gives: each stands in the request as `~name~`.
    pub captured: Vec<String>,
}

impl Plan {
    /// Returns the requests of all cases, in the order in which a run with one job sends them. What a run adds depending on
    /// responses is not among them: logins, health checks, and a request that is sent once more.
    pub fn dry_run(&self) -> impl Iterator<Item = PlannedCase<'_>> {
        let variables = Arc::new(variables(&self.pack, &self.target));
        let is_global = |case: &&Case| self.is_under_global_condition(case);
        let ordinary = self.cases.iter().filter(move |case| !is_global(case));
        let last = self.cases.iter().filter(is_global);
        ordinary.chain(last).enumerate().map(move |(at, case)| {
            let requests = match case.skip {
                Some(_) => Vec::new(),
                None => Dry::new(self, case, &variables, at).requests(),
            };
            PlannedCase { case, requests }
        })
    }
}

/// One case while its requests are collected.
struct Dry<'p> {
    plan: &'p Plan,
    case: &'p Case,
    scope: Scope,
    requests: Vec<PlannedRequest<'p>>,
}

impl<'p> Dry<'p> {
    fn new(
        plan: &'p Plan,
        case: &'p Case,
        variables: &Arc<HashMap<String, VariableValue>>,
        at: usize,
    ) -> Self {
        let mut scope = Scope::new(Arc::clone(variables), format!("failspec-dryrun-{at}"));
        for (name, value) in case.row().into_iter().flat_map(|row| &row.values) {
            scope.set(name.clone(), VariableValue::open(value.clone()));
        }
        Self { plan, case, scope, requests: Vec::new() }
    }

    fn requests(mut self) -> Vec<PlannedRequest<'p>> {
        let scenario = &self.case.scenario;
        if let Control::Flow(control) = &scenario.control {
            self.flow(control, Phase::ControlSetup, Phase::Control);
            self.steps(&scenario.teardown, Phase::ControlTeardown, control.request.role.as_deref());
        }
        self.flow(&scenario.faulty, Phase::Setup, Phase::Request);
        let role = scenario.faulty.request.role.as_deref();
        for other in scenario.concurrent.iter().flat_map(|concurrent| &concurrent.others) {
            self.add(Phase::Concurrent, other, other.role.as_deref(), None);
        }
        if let Some(later) = &scenario.later {
            self.steps(std::slice::from_ref(&later.poll), Phase::Request, role);
        }
        if let Some(other) = &scenario.indistinguishable_from {
            self.add(Phase::Comparison, &other.request, other.request.role.as_deref(), None);
        }
        self.steps(&scenario.then, Phase::Then, role);
        self.steps(&scenario.teardown, Phase::Teardown, role);
        self.requests
    }

    fn flow(&mut self, flow: &'p Flow, setup: Phase, phase: Phase) {
        let role = flow.request.role.as_deref();
        self.steps(&flow.setup, setup, role);
        let times = flow.repeat.as_ref().map(|repeat| match repeat.times.fill(&self.scope) {
            Ok(times) => times.shown().to_string(),
            Err(error) => format!("({error})"),
        });
        self.add(phase, &flow.request, role, times);
    }

    fn steps(&mut self, steps: &'p [Step], phase: Phase, own_role: Option<&'p str>) {
        for step in steps {
            let Some(request) = &step.request else { continue };
            let phase = if step.resend { Phase::Resend } else { phase };
            let role = if step.inherits_role { own_role } else { request.role.as_deref() };
            self.add(phase, request, role, None);
        }
    }

    fn add(
        &mut self,
        phase: Phase,
        template: &'p RequestTemplate,
        role: Option<&'p str>,
        times: Option<String>,
    ) {
        let mut scope = self.scope.clone();
        let mut captured = Vec::new();
        let credential = role
            .and_then(|role| Some((role, self.plan.target.roles.get(role)?)))
            .map(|(role, known)| known.credential.carried(role));
        // A value that only a response gives is shown by its name, in characters that no address escapes.
        let request = loop {
            match build(template, credential.clone(), &scope, &self.plan.target, &Extra::default()) {
                Err(BuildError::Fill(RenderError::Missing(name))) if !captured.contains(&name) => {
                    scope.set(name.clone(), VariableValue::open(format!("~{name}~")));
                    captured.push(name);
                }
                built => break built,
            }
        };
        let request = request.map(shown);
        self.requests.push(PlannedRequest { phase, role, times, request, captured });
    }
}

/// Returns a request as it may be shown.
fn shown(request: Request) -> RequestReport {
    let body: Option<RedactedText> = request.body.map(|body| body.shown);
    RequestReport {
        method: request.method,
        url: request.shown_url,
        headers: request.headers.into_iter().map(|header| (header.name, header.shown)).collect(),
        body,
    }
}
