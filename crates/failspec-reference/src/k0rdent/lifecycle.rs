//! The state machine of a server, and the asynchronous jobs that drive it.
//!
//! `registered` –inspect→ `inspecting` → `available` –provision→ `provisioning` → `provisioned` –decommission→
//! `decommissioned`. The site names the states; where it does not say which jobs are allowed in a state, this is this
//! project's own choice. A server with a running job accepts no other job.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{
    Body, Call, Code, Failure, K0rdent, Outcome, Problems, Success,
    ids::{self, Kind},
    quirks, reply, servers,
};
use crate::store::{Expected, Resource, Work};

/// The duration of a job.
const DURATION: SignedDuration = SignedDuration::from_millis(50);

/// Every state, in the order of a server's life cycle.
pub(super) const STATES: [&str; 6] =
    ["registered", "inspecting", "available", "provisioning", "provisioned", "decommissioned"];

/// An action on a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    Inspect,
    Provision,
    Decommission,
}

impl Action {
    /// The states in which the action is allowed.
    fn allowed_in(self) -> &'static [&'static str] {
        match self {
            Self::Inspect => &["registered", "available"],
            Self::Provision => &["available"],
            Self::Decommission => &["available", "provisioned"],
        }
    }

    /// The state while the action runs; `None` if the state does not change.
    fn during(self) -> Option<&'static str> {
        match self {
            Self::Inspect => Some("inspecting"),
            Self::Provision => Some("provisioning"),
            Self::Decommission => None,
        }
    }

    /// The state after the action.
    fn after(self) -> &'static str {
        match self {
            Self::Inspect => "available",
            Self::Provision => "provisioned",
            Self::Decommission => "decommissioned",
        }
    }

    fn kind(self) -> &'static str {
        match self {
            Self::Inspect => "server.inspect",
            Self::Provision => "server.provision",
            Self::Decommission => "server.decommission",
        }
    }
}

impl K0rdent {
    /// Starts a job: "Use 202 Accepted for all async operations."
    pub(super) fn start_work(&self, call: &Call<'_>, id: &str, action: Action) -> Outcome {
        // Provisioning wants a body; the other actions ignore one.
        let mut body = if action == Action::Provision { Body::of(call.request) } else { Body::default() };
        ids::check(Kind::Server, id, &mut body.problems);
        let image = body.optional_text("osImage");
        self.admit(call, body.problems)?;
        self.sound()?;
        let server = self.find(Kind::Server, call.organisation(), id)?;
        let (server, workflow) = self.begin(&server, action, image)?;
        Ok(Success::accepted(servers::show(self, &server), workflow))
    }

    /// Begins a job on a server in one step: of two concurrent requests only one can find the server idle.
    pub(super) fn begin(
        &self,
        server: &Resource,
        action: Action,
        image: Option<String>,
    ) -> Result<(Resource, String), Failure> {
        let now = self.store.clock.now();
        let work = Work {
            id: Kind::Workflow.new_id(),
            kind: action.kind(),
            scope: server.key.scope.clone(),
            subject: server.body["id"].as_str().unwrap_or_default().to_owned(),
            started: now,
            finishes: now.checked_add(DURATION).unwrap_or(now),
        };
        let id = work.id.clone();
        self.works.begin(work);
        let begun = self.store.resources.try_update(&server.key, Expected::Any, |body| {
            let state = self.state_of(body);
            let allowed = !self.is_busy(body) && action.allowed_in().contains(&state.as_str());
            if !allowed && !self.quirks.is_on(quirks::ANY_TRANSITION) {
                return Err(refused(&state, action));
            }
            self.reach_bmc()?;
            let mut next = body.clone();
            next["state"] = json!(action.during().unwrap_or(&state));
            next["nextState"] = json!(action.after());
            next["workflowId"] = json!(id);
            if let Some(image) = image {
                next["osImage"] = json!(image);
            }
            Ok(next)
        });
        match begun {
            Ok(server) => Ok((server, id)),
            Err(failure) => {
                self.works.withdraw(&id);
                Err(failure)
            }
        }
    }

    fn is_busy(&self, server: &Value) -> bool {
        let work = server["workflowId"].as_str().and_then(|id| self.works.get(id));
        work.is_some_and(|work| !self.is_finished(&work))
    }

    fn is_finished(&self, work: &Work) -> bool {
        work.is_finished(self.store.clock.now())
    }

    /// The current state of a server: a finished job has had its effect.
    pub(super) fn state_of(&self, server: &Value) -> String {
        let ended = server["nextState"].as_str().filter(|_| !self.is_busy(server));
        ended.or(server["state"].as_str()).unwrap_or_default().to_owned()
    }

    pub(super) fn get_workflow(&self, call: &Call<'_>, id: &str) -> Outcome {
        let mut problems = Problems::default();
        ids::check(Kind::Workflow, id, &mut problems);
        self.admit(call, problems)?;
        self.sound()?;
        let work = self.works.get(id).filter(|work| work.scope == call.organisation());
        let work = work.ok_or_else(|| Kind::Workflow.absent())?;
        let finished = self.is_finished(&work);
        Ok(Success::ok(json!({
            "id": work.id,
            "type": work.kind,
            "status": if finished { "completed" } else { "running" },
            "serverId": work.subject,
            "startedAt": reply::timestamp(work.started),
            "finishedAt": finished.then(|| reply::timestamp(work.finishes)),
        })))
    }
}

/// Creates the error for a forbidden transition: "409 Conflict for invalid state transitions (e.g., provisioning an
/// already-provisioned server)".
fn refused(state: &str, action: Action) -> Failure {
    let target = action.during().unwrap_or(action.after());
    Failure::new(Code::InvalidStateTransition, format!("Cannot transition server from {state} to {target}"))
        .with_details(json!({ "currentState": state, "targetState": target }))
}
