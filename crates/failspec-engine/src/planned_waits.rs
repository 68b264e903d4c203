//! The waits that a run knows of before it begins, so that nobody takes a waiting run for a hanging one.

use std::{sync::Arc, time::Duration};

use failspec_base::template::Scope;
use failspec_judge::report_model::PlannedWait;
use failspec_pack::pack::{Step, Wait, WaitFor};

use super::{
    plan::{Case, Plan},
    session::variables,
    steps::LONGEST_WAIT,
};

/// The waits of the cases that will run, in the order of the plan. Those that a response asks for count with the
/// longest that the scenario allows.
pub(super) fn planned_waits(plan: &Plan) -> Vec<PlannedWait> {
    let scope = Scope::new(Arc::new(variables(&plan.pack, &plan.target)), String::new());
    let able = plan.cases.iter().filter(|case| case.skip.is_none());
    able.filter_map(|case| {
        let longest = longest_wait(case, &scope)?;
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

/// All waits of a case after each other; `None` where it has none.
fn longest_wait(case: &Case, scope: &Scope) -> Option<Duration> {
    let spans = waits(case).map(|(step, wait)| {
        let bound = match wait {
            WaitFor::Time(wait) => Some(wait),
            WaitFor::RetryAfter => step.at_most.as_ref(),
        };
        // What only a capture or a row tells is not known yet; no wait is longer than this.
        bound.and_then(|bound| span(bound, scope)).map_or(LONGEST_WAIT, |bound| bound.min(LONGEST_WAIT))
    });
    spans.reduce(Duration::saturating_add)
}

fn span(wait: &Wait, scope: &Scope) -> Option<Duration> {
    failspec_base::syntax::parse_duration(&wait.0.fill(scope).ok()?.sent)
}
