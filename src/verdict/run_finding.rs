//! What only the whole run can see.

use std::collections::{HashMap, hash_map::Entry};

use serde::{Deserialize, Serialize};

use crate::target::glob;

use super::{TrialReport, WaiverReport};

/// Something that no single trial shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RunFinding {
    /// The id of the rule (`failspec explain` knows it).
    pub check: String,
    /// What was found.
    pub message: String,
    /// The trials that it is about.
    pub trials: Vec<String>,
    /// Whether it is a violation (and not a warning).
    pub violation: bool,
}

/// Request ids that several trials got, one finding for each id.
pub fn reused_request_ids(trials: &[&TrialReport]) -> Vec<RunFinding> {
    // Nearly every id has one owner alone: lists are made for the others.
    let mut first: HashMap<&str, &TrialReport> = HashMap::with_capacity(trials.len());
    let mut owners: HashMap<&str, Vec<&TrialReport>> = HashMap::new();
    for trial in trials {
        for id in &trial.request_ids {
            match first.entry(id) {
                Entry::Vacant(vacant) => drop(vacant.insert(trial)),
                Entry::Occupied(first) => owners.entry(id).or_insert_with(|| vec![first.get()]).push(trial),
            }
        }
    }
    drop(first);
    let mut reused: Vec<_> = owners.into_iter().collect();
    // Hash order is another one every time; reports are the same for the same answers.
    reused.sort_by_key(|(_, owners)| owners[0].index);
    reused
        .into_iter()
        .map(|(id, owners)| RunFinding {
            check: "request-id-reused".to_owned(),
            message: format!("the request id {id} was given to requests of {} scenarios", owners.len()),
            trials: owners.iter().map(|trial| trial.name.to_string()).collect(),
            violation: true,
        })
        .collect()
}

/// Waivers that have expired or match nothing any more; to be judged in a full run only.
pub fn waiver_findings(waivers: &[WaiverReport], trials: &[TrialReport]) -> Vec<RunFinding> {
    waivers
        .iter()
        .filter_map(|waiver| {
            let (check, what) = if waiver.expired {
                ("waiver-expired", format!("expired on {}", waiver.expires))
            } else {
                let breaks = |trial: &TrialReport| {
                    trial.waived.iter().any(|waived| waived.finding.check == waiver.check)
                        && glob(&waiver.scenario, &trial.name)
                };
                if trials.iter().any(breaks) {
                    return None;
                }
                ("waiver-stale", "matches nothing that still breaks its check: remove it".to_owned())
            };
            Some(RunFinding {
                check: check.to_owned(),
                message: format!(
                    "the waiver at {} ({} · {}) {what}",
                    waiver.place, waiver.scenario, waiver.check
                ),
                trials: Vec::new(),
                violation: true,
            })
        })
        .collect()
}
