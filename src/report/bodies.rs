//! Which bodies a report shows.

use crate::verdict::{ExchangeReport, Outcome, RunReport, TrialReport};

/// Which bodies a report shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Bodies {
    /// None: answers may hold what must not leave the house.
    None,
    /// Those of scenarios with violations, waived ones too.
    Violations,
    /// All.
    #[default]
    All,
}

/// Takes the bodies out that are not to be shown: of requests, of answers, of command lines, and of differences from
/// approved answers. What a violation quotes of an answer stays: without it nobody would know what is wrong.
pub fn withhold(report: &mut RunReport, bodies: Bodies) {
    for trial in &mut report.scenarios {
        let keep = match bodies {
            Bodies::All => true,
            Bodies::Violations => matches!(trial.outcome, Outcome::Failed | Outcome::Waived),
            Bodies::None => false,
        };
        if !keep {
            without_bodies(trial);
        }
    }
}

fn without_bodies(trial: &mut TrialReport) {
    if let Some(snapshot) = &mut trial.snapshot {
        // It is a picture of the body, line by line.
        snapshot.diff = None;
    }
    for ExchangeReport { request, answer, .. } in &mut trial.exchanges {
        if let Some(body) = &mut request.body {
            *body = told(body.len() as u64);
            // The body is the last part of a command line. The first place that could begin it is good enough: a header
            // that holds these words loses its end, and no body stays.
            if let Some(at) = request.curl.find(" --data-binary ") {
                request.curl.truncate(at);
                request.curl.push_str(" --data-binary @body  # left out of this report");
            }
        }
        if let Some(answer) = answer
            && !answer.body.is_empty()
        {
            answer.body = told(answer.length);
        }
    }
}

fn told(length: u64) -> String {
    format!("[left out of this report: {length} bytes]")
}
