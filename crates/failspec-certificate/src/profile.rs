//! The requirements of a profile.

use std::collections::BTreeSet;

use failspec_pack::pack::{BUILT_IN, Pack};

use super::requirement::source;

/// The requirements of a profile for an API with a contract. The set is fixed by the contract: the same contract and
/// scenarios give the same set.
#[derive(Debug, Clone)]
pub struct RequiredSet {
    /// The ids of required failures, and of required causes as `failure/cause`.
    pub ids: BTreeSet<String>,
    /// True if cases that need a condition are ignored.
    pub without_conditions: bool,
}

impl RequiredSet {
    /// Returns true if this failure or cause is required.
    pub fn holds(&self, id: &str) -> bool {
        self.ids.contains(id)
    }
}

/// The error for a profile that a pack does not have.
#[derive(Debug, thiserror::Error)]
#[error("{pack} has no profile `{profile}`; it has {known}")]
pub struct ProfileError {
    /// The pack.
    pub pack: String,
    /// The requested profile.
    pub profile: String,
    /// The known profiles.
    pub known: String,
}

/// Determines the requirements of a profile. `core` requires all failures that a request can trigger without a
/// condition; `full` also requires those that need a condition; any other profile requires the failures that the
/// contract lists under its name. Inferred and excluded failures are never required.
///
/// # Errors
/// Returns an error if the contract has no such profile.
pub fn required(pack: &Pack, profile: &str) -> Result<RequiredSet, ProfileError> {
    let contract = &pack.contract;
    if !BUILT_IN.contains(&profile) {
        let found = contract.profiles.iter().find(|it| it.name == profile).ok_or_else(|| {
            let own = contract.profiles.iter().map(|it| it.name.as_str());
            let known: Vec<&str> = BUILT_IN.into_iter().chain(own).collect();
            ProfileError { pack: pack.label(), profile: profile.to_owned(), known: known.join(", ") }
        })?;
        let ids = found.required.iter().cloned().collect();
        return Ok(RequiredSet { ids, without_conditions: false });
    }
    let without_conditions = profile == "core";
    let mut ids = BTreeSet::new();
    for (index, failure) in contract.failures.iter().enumerate() {
        if failure.excluded.is_some() || (without_conditions && failure.condition.is_some()) {
            continue;
        }
        let causes = failure.causes.iter().enumerate().map(|(at, cause)| (Some(at), Some(cause)));
        for (at, cause) in std::iter::once((None, None)).chain(causes) {
            let mut own = pack
                .scenarios
                .iter()
                .filter(|it| it.failure == Some(index) && (at.is_none() || it.cause == at));
            let can_be_shown = !without_conditions || own.any(|scenario| scenario.condition.is_none());
            if can_be_shown && source(pack, index, at).is_binding() {
                ids.insert(
                    cause.map_or_else(|| failure.id.clone(), |cause| format!("{}/{cause}", failure.id)),
                );
            }
        }
    }
    Ok(RequiredSet { ids, without_conditions })
}
