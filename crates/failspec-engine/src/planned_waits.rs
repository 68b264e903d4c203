//! Waits that are known before a run starts. They are announced, so that a waiting run does not appear to hang.

use std::{sync::Arc, time::Duration};

use failspec_base::template::Scope;
use failspec_judge::report_model::PlannedWait;
use failspec_pack::pack::{Step, Wait, WaitFor};

use super::{
    plan::{Case, Plan},
    session::variables,
    steps::MAX_WAIT,
};

/// Returns the waits of the cases that will run, in the order of the plan. A wait that depends on a response counts
/// as the maximum that the scenario allows.
pub(super) fn planned_waits(plan: &Plan) -> Vec<PlannedWait> {
    let scope = Scope::new(Arc::new(variables(&plan.pack, &plan.target)), String::new());
    let able = plan.cases.iter().filter(|case| case.skip.is_none());
    able.filter_map(|case| {
        // A documented deadline that is longer than usual is a wait too.
        let deadline =
            case.scenario.first_byte.filter(|first_byte| *first_byte > plan.target.limits.first_byte);
        let pause = case.scenario.slow_body.map(|slow| slow.pause);
        let deadline = deadline.max(pause);
        let longest = match (longest_wait(case, &scope), deadline) {
            (None, None) => return None,
            (wait, deadline) => wait.unwrap_or_default().saturating_add(deadline.unwrap_or_default()),
        };
        Some(PlannedWait {
            case: case.name.to_string(),
            at_most_seconds: longest.as_secs_f64().ceil() as u64,
            from_response: waits(case).any(|(_, wait)| matches!(wait, WaitFor::RetryAfter)),
        })
    })
    .collect()
}

fn waits(case: &Case) -> impl Iterator<Item = (&Step, &WaitFor)> {
    case.scenario.steps().filter_map(|(_, step)| Some((step, step.wait.as_ref()?)))
}

/// Returns the sum of all waits of a case; `None` if it has none.
fn longest_wait(case: &Case, scope: &Scope) -> Option<Duration> {
    let spans = waits(case).map(|(step, wait)| {
        let bound = match wait {
            WaitFor::Time(wait) => Some(wait),
            WaitFor::RetryAfter => step.at_most.as_ref(),
        };
        // A duration from a capture or a row is not known yet; no wait is longer than this.
        bound.and_then(|bound| span(bound, scope)).map_or(MAX_WAIT, |bound| bound.min(MAX_WAIT))
    });
    spans.reduce(Duration::saturating_add)
}

fn span(wait: &Wait, scope: &Scope) -> Option<Duration> {
    failspec_base::syntax::parse_duration(&wait.0.fill(scope).ok()?.sent)
}
