//! Findings about a run as a whole.

use std::collections::{HashMap, hash_map::Entry};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use failspec_pack::target_config::glob;

use super::{CaseReport, WaiverReport};
use crate::check::Finding;

/// A finding about the run as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RunFinding {
    /// The id of the rule (`failspec explain` knows it).
    pub check: String,
    /// The finding, in one sentence.
    pub message: String,
    /// The cases that it concerns.
    pub cases: Vec<String>,
    /// True for a violation, false for a warning.
    pub violation: bool,
}

/// Returns findings about request ids that several cases got, one finding for each id.
pub fn reused_request_ids(cases: &[&CaseReport]) -> Vec<RunFinding> {
    // Nearly every id has only one owner: lists are created only for the others.
    let mut first: HashMap<&str, &CaseReport> = HashMap::with_capacity(cases.len());
    let mut owners: HashMap<&str, Vec<&CaseReport>> = HashMap::new();
    for case in cases {
        for id in &case.request_ids {
            match first.entry(id) {
                Entry::Vacant(vacant) => drop(vacant.insert(case)),
                Entry::Occupied(first) => owners.entry(id).or_insert_with(|| vec![first.get()]).push(case),
            }
        }
    }
    drop(first);
    let mut reused: Vec<_> = owners.into_iter().collect();
    // The order of a hash map differs each time; reports must be the same for the same responses.
    reused.sort_by_key(|(_, owners)| owners[0].index);
    reused
        .into_iter()
        .map(|(id, owners)| RunFinding {
            check: "request-id-reused".to_owned(),
            message: format!("the request id {id} was returned for requests of {} cases", owners.len()),
            cases: owners.iter().map(|case| case.name.to_string()).collect(),
            violation: true,
        })
        .collect()
}

/// Returns findings about waivers that have expired or no longer match anything; only a full run can judge this.
pub fn waiver_findings(waivers: &[WaiverReport], cases: &[CaseReport]) -> Vec<RunFinding> {
    waivers
        .iter()
        .filter_map(|waiver| {
            let (check, what) = if waiver.expired {
                ("waiver-expired", format!("expired on {}", waiver.expires))
            } else {
                let is_named = |case: &&CaseReport| glob(&waiver.scenario, &case.name);
                // A part of a finding that combines several is broken, even if the others are not waived.
                let has_part =
                    |finding: &Finding| finding.details.iter().any(|detail| detail.check == waiver.check);
                let breaks = |case: &CaseReport| {
                    let mut waived = case.waived.iter().map(|waived| &waived.finding);
                    waived.any(|finding| finding.check == waiver.check || has_part(finding))
                        || case.violations.iter().any(has_part)
                };
                let named: Vec<&CaseReport> = cases.iter().filter(is_named).collect();
                if named.iter().any(|case| breaks(case) || !case.outcome.is_judged()) {
                    // What was not judged may still break it.
                    return None;
                }
                let what = match named.is_empty() {
                    true => "matches no case: correct the name of the scenario or remove the waiver",
                    false => "no longer matches a violation: remove it",
                };
                ("waiver-stale", what.to_owned())
            };
            Some(RunFinding {
                check: check.to_owned(),
                message: format!(
                    "the waiver at {} ({} · {}) {what}",
                    waiver.place, waiver.scenario, waiver.check
                ),
                cases: Vec::new(),
                violation: true,
            })
        })
        .collect()
}
