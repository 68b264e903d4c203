//! Which bodies a report shows.

use failspec_judge::report_model::{CaseReport, ExchangeReport, Outcome, RunReport};

/// Which bodies a report shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BodyPolicy {
    /// None: responses may hold what must not leave the house.
    None,
    /// Those of scenarios with violations, waived ones too.
    Violations,
    /// All.
    #[default]
    All,
}

/// Takes the bodies out that are not to be shown: of requests, of responses, of command lines, and of differences from
/// approved responses. What a violation quotes of a response stays: without it nobody would know what is wrong.
pub fn withhold(report: &mut RunReport, bodies: BodyPolicy) {
    for case in &mut report.cases {
        let keep = match bodies {
            BodyPolicy::All => true,
            BodyPolicy::Violations => matches!(case.outcome, Outcome::Failed | Outcome::Waived),
            BodyPolicy::None => false,
        };
        if !keep {
            without_bodies(case);
        }
    }
}

fn without_bodies(case: &mut CaseReport) {
    if let Some(snapshot) = &mut case.snapshot {
        // It is a picture of the body, line by line.
        snapshot.diff = None;
    }
    for ExchangeReport { request, response, .. } in &mut case.exchanges {
        if let Some(body) = &mut request.body {
            *body = told(body.len() as u64);
            // The body is the last part of a command line. The first place that could begin it is good enough: a header
            // that holds these words loses its end, and no body stays.
            if let Some(at) = request.curl.find(" --data-binary ") {
                request.curl.truncate(at);
                request.curl.push_str(" --data-binary @body  # left out of this report");
            }
        }
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
