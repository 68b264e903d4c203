//! The requests without which most cases of a run could not be judged: whoever reads the report must know first that it says little,
//! and why.

use std::{cmp::Reverse, collections::BTreeMap, fmt};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{CaseReport, Outcome, Reason};

/// Maximum number of requests that are named.
const MAX_NAMED: usize = 3;

/// Minimum share of the cases of a run that lack a request which is named: one in ten.
const MIN_SHARE: usize = 10;

/// A request of a case that did not get what it needs, so that the case could not be judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Obstacle {
    /// The operation, or method and redacted URL.
    pub request: String,
    /// The status of the response; absent if none came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The beginning of its body.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub said: String,
}

/// The cases of a run that could not be judged, if they are more than half of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Undecided {
    /// The number of cases that could not be judged.
    pub cases: usize,
    /// The number of cases that were run.
    pub of: usize,
    /// The requests that most of them lack, the most frequent first.
    pub obstacles: Vec<FrequentObstacle>,
}

/// A request that several cases lack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FrequentObstacle {
    /// The request, with one of its responses.
    #[serde(flatten)]
    pub obstacle: Obstacle,
    /// The number of cases that could not be judged without it.
    pub cases: usize,
}

impl Undecided {
    /// Finds what most cases could not be judged without; `None` if at least half of them were judged.
    pub fn of(cases: &[CaseReport]) -> Option<Self> {
        let was_run = |case: &&CaseReport| !matches!(case.outcome, Outcome::Skipped | Outcome::NotApplicable);
        let of = cases.iter().filter(was_run).count();
        let undecided = || cases.iter().filter(|case| case.outcome == Outcome::Inconclusive);
        let count = undecided().count();
        if count * 2 <= of {
            return None;
        }
        let mut known: BTreeMap<(String, Option<u16>), FrequentObstacle> = BTreeMap::new();
        for obstacle in undecided().filter_map(obstacle_of) {
            let key = (obstacle.request.clone(), obstacle.status);
            known.entry(key).or_insert(FrequentObstacle { obstacle, cases: 0 }).cases += 1;
        }
        let mut obstacles: Vec<FrequentObstacle> = known.into_values().collect();
        obstacles.sort_by_key(|it| Reverse(it.cases));
        // One of a few cases is no cause of so many.
        obstacles.retain(|it| it.cases * MIN_SHARE >= of);
        obstacles.truncate(MAX_NAMED);
        (!obstacles.is_empty()).then_some(Self { cases: count, of, obstacles })
    }
}

fn obstacle_of(case: &CaseReport) -> Option<Obstacle> {
    let without_response =
        |operation: &String| Obstacle { request: operation.clone(), status: None, said: String::new() };
    case.obstacle.as_deref().cloned().or_else(|| match case.reason.as_ref()? {
        Reason::LeavesBehind { operation } | Reason::TimesOut { operation } => {
            Some(without_response(operation))
        }
        _ => None,
    })
}

impl fmt::Display for Undecided {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} cases could not be judged: ", grouped(self.cases), grouped(self.of))?;
        for (number, FrequentObstacle { obstacle, cases }) in self.obstacles.iter().enumerate() {
            let separator = if number > 0 { "; " } else { "" };
            write!(f, "{separator}{}", obstacle.request)?;
            match obstacle.status {
                Some(status) if obstacle.said.is_empty() => write!(f, " got HTTP {status}")?,
                Some(status) => write!(f, " got HTTP {status} ({})", obstacle.said)?,
                None => {}
            }
            write!(f, " in {} of them", grouped(*cases))?;
        }
        Ok(())
    }
}

/// Returns a number with commas between its thousands.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.char_indices() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_requests_that_most_cases_lack_are_one_sentence() {
        let one = |request: &str, status, said: &str, cases| FrequentObstacle {
            obstacle: Obstacle { request: request.to_owned(), status, said: said.to_owned() },
            cases,
        };
        let said = Undecided {
            cases: 1_924,
            of: 2_256,
            obstacles: vec![
                one("POST /memos", Some(400), "no", 1_735),
                one("DELETE /users/{id}", None, "", 12),
            ],
        };
        assert_eq!(
            said.to_string(),
            "1,924 of 2,256 cases could not be judged: POST /memos got HTTP 400 (no) in 1,735 of them; DELETE /users/{id} in 12 of them"
        );
        for (number, expected) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(number), expected);
        }
    }
}
