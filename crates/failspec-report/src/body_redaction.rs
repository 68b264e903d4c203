//! Selection of the bodies that a report shows.

use std::{collections::HashSet, sync::Arc};

use failspec_judge::report_model::{CaseReport, ExchangeReport, Outcome, RunReport};

/// Selection of the bodies that a report shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BodyPolicy {
    /// No bodies: responses may contain confidential data.
    None,
    /// Bodies of cases with violations, including waived ones.
    Violations,
    /// All bodies.
    #[default]
    All,
}

/// Removes the bodies that are not to be shown: of requests, of responses, of command lines, and of differences from
/// approved responses. Quotations of a response in violations are kept: without them it would be unclear what is
/// wrong.
pub fn withhold(report: &mut RunReport, bodies: BodyPolicy) {
    let mut withheld: HashSet<Arc<str>> = HashSet::new();
    for case in &mut report.cases {
        if withhold_case(case, bodies) {
            withheld.insert(Arc::clone(&case.name));
        }
    }
    if !withheld.is_empty() {
        // It quotes one of several cases.
        let obstacles = report.undecided.iter_mut().flat_map(|undecided| &mut undecided.obstacles);
        obstacles.for_each(|it| it.obstacle.said.clear());
    }
    for group in report.finding_groups.iter_mut().filter(|group| withheld.contains(group.example.as_str())) {
        if let Some(response) = &mut group.response {
            response.body.clear();
        }
    }
}

/// Removes the bodies of one case that are not to be shown. Returns true if it did.
pub fn withhold_case(case: &mut CaseReport, bodies: BodyPolicy) -> bool {
    let keep = match bodies {
        BodyPolicy::All => true,
        BodyPolicy::Violations => {
            matches!(case.outcome, Outcome::Failed | Outcome::Unstable | Outcome::Waived)
        }
        BodyPolicy::None => false,
    };
    if !keep {
        without_bodies(case);
    }
    !keep
}

fn without_bodies(case: &mut CaseReport) {
    if let Some(obstacle) = &mut case.obstacle {
        obstacle.said.clear();
    }
    if let Some(snapshot) = &mut case.snapshot {
        // The difference shows the body, line by line.
        snapshot.diff = None;
    }
    for ExchangeReport { request, response, .. } in &mut case.exchanges {
        request.withhold_body();
        if let Some(response) = response
            && !response.body.is_empty()
        {
            response.body = told(response.length);
        }
    }
}

fn told(length: u64) -> String {
    format!("[left out of this report: {length} bytes]")
}
