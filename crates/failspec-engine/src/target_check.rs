//! Checks what a target provides for a pack, with as few and as harmless requests as possible.

use std::sync::Arc;

use failspec_judge::check::View;
use failspec_pack::pack::{Control, Flow, RequestTemplate};

use super::{
    Plan, RunOptions,
    cancel::interrupt,
    error::RunError,
    request_builder::{Extra, build},
    run::session,
    session::Session,
};

/// The result of checking a target.
#[derive(Debug)]
pub struct TargetCheck {
    /// The reason why no requests can be sent to it, if so.
    pub unreachable: Option<String>,
    /// The result for each role of the contract, in the order of their names.
    pub roles: Vec<(String, RoleCheck)>,
}

/// The result for one role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RoleCheck {
    /// A request that must succeed did; contains its method and URL.
    Works(String),
    /// The request or the login was rejected; contains the reason.
    Refused(String),
    /// The target provides the role, but could not be reached, so nothing was sent.
    Given,
    /// The target provides the role, but no safe request without a setup uses it, so nothing was sent.
    Untried,
    /// The target does not provide the role.
    Missing,
}

/// Checks that the target responds, and sends a request that must succeed as each role. Only safe requests (RFC 9110,
/// section 9.2.1) and the requests of logins are sent.
///
/// # Errors
/// The same as for [`super::run`].
pub async fn check_target(plan: &Plan, options: &RunOptions) -> Result<TargetCheck, RunError> {
    let (_interrupter, interrupt) = interrupt();
    let session = session(plan, options, &Arc::default(), &interrupt, &Arc::default())?;
    let mut check = TargetCheck { unreachable: None, roles: Vec::new() };
    check.unreachable = match session.wait_until_ready().await {
        Err(reason) => Some(reason),
        Ok(()) => session.probe(&plan.cases).await,
    };
    for name in plan.pack.contract.roles.keys() {
        let state = match plan.target.roles.contains_key(name) {
            false => RoleCheck::Missing,
            true if check.unreachable.is_some() => RoleCheck::Given,
            true => session.try_role(name, plan).await,
        };
        check.roles.push((name.clone(), state));
    }
    Ok(check)
}

impl Session {
    async fn try_role(&self, role: &str, plan: &Plan) -> RoleCheck {
        let credential = match self.credential(role).await {
            Ok(credential) => credential,
            Err(reason) => return RoleCheck::Refused(self.mask.text(&reason).into_owned()),
        };
        let scope = self.scope();
        let mut requests = plan.cases.iter().filter_map(|case| match &case.scenario.control {
            Control::Flow(flow) => fit_for_trying(flow, role),
            _ => None,
        });
        let built = requests.find_map(|request| {
            build(request, Some(credential.clone()), &scope, &self.target, &Extra::default()).ok()
        });
        let Some(request) = built else { return RoleCheck::Untried };
        let line = super::case_runner::line(&request);
        match self.clients.send(request, Some(role)).await.result {
            Ok(response) if self.succeeded(View::new(&response, None)) => RoleCheck::Works(line),
            Ok(response) => {
                let said = self.describe(View::new(&response, None));
                RoleCheck::Refused(self.mask.text(&format!("{line} got {said}")).into_owned())
            }
            Err(error) => RoleCheck::Refused(format!("{line}: {error}")),
        }
    }
}

/// Returns the request of a control if it needs no setup, is safe and is sent as this role.
fn fit_for_trying<'c>(flow: &'c Flow, role: &str) -> Option<&'c RequestTemplate> {
    let request = &flow.request;
    let alone = flow.setup.is_empty() && request.is_safe();
    (alone && request.role.as_deref() == Some(role)).then_some(request)
}
