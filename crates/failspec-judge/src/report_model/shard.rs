//! Shards: several runs that divide the cases of one run among them.

use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use failspec_pack::target_config::{Target, Waiver};

use super::RunFinding;

/// Shard K of N of a run, written `K/N`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Shard {
    /// The number of the shard, from 1.
    pub number: u32,
    /// Number of shards.
    pub of: u32,
}

/// Error for a text that is not a valid shard.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a valid shard: write K/N with K from 1 to N, such as 2/3")]
pub struct ShardError(String);

impl Shard {
    /// Returns true if a case belongs to this shard.
    ///
    /// Only its name decides: a scenario that is added or removed moves no other one, and shards need not know of
    /// each other. The digest distributes names that differ in one letter, and is the same on every machine.
    pub fn holds(&self, case: &str) -> bool {
        let digest = Sha256::digest(case.as_bytes());
        let number = digest.iter().take(8).fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
        number % u64::from(self.of.max(1)) + 1 == u64::from(self.number)
    }
}

impl FromStr for Shard {
    type Err = ShardError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || ShardError(text.to_owned());
        let (number, of) = text.split_once('/').ok_or_else(wrong)?;
        // `parse` would accept a sign.
        let read = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok());
        let (Some(Some(number)), Some(Some(of))) = (read(number), read(of)) else { return Err(wrong()) };
        if number == 0 || number > of { Err(wrong()) } else { Ok(Self { number, of }) }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

/// The part of a shard's report that `failspec merge` needs to judge the whole run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ShardReport {
    /// The number of the shard, from 1.
    pub number: u32,
    /// Number of shards.
    pub of: u32,
    /// Options that affect the verdict; the same for all shards.
    pub options: Vec<String>,
    /// The things that the target provides and declares, by pack; the same for all shards.
    #[serde(default)]
    pub target_config: Vec<TargetConfigReport>,
    /// Number of selected cases of all shards.
    #[serde(default)]
    pub selected: usize,
    /// The waivers, expired ones included: only the whole run shows which of them are stale.
    pub waivers: Vec<WaiverReport>,
    /// Approved responses that belong to no scenario: findings about the whole run.
    pub unreferenced: Vec<RunFinding>,
}

impl ShardReport {
    /// Returns the shard.
    pub fn shard(&self) -> Shard {
        Shard { number: self.number, of: self.of }
    }
}

/// The things that a target provides to one pack and declares about it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TargetConfigReport {
    /// The names of its roles.
    pub roles: Vec<String>,
    /// The names of its variables; each shard may have values of its own.
    pub variables: Vec<String>,
    /// The names of its conditions.
    pub conditions: Vec<String>,
    /// Failures that are out of reach, with the reasons.
    pub out_of_reach: Vec<String>,
    /// Operations with another method or path.
    pub operations: Vec<String>,
    /// Features that the product is said to have or not to have.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub features: Vec<String>,
}

impl TargetConfigReport {
    /// Creates the report of a target.
    pub fn of(target: &Target) -> Self {
        Self {
            roles: target.roles.keys().cloned().collect(),
            variables: target.variables.keys().cloned().collect(),
            conditions: target.conditions.keys().cloned().collect(),
            out_of_reach: target
                .out_of_reach
                .iter()
                .map(|entry| format!("{}: {}", entry.failures.join(", "), entry.reason))
                .collect(),
            operations: target
                .operations
                .iter()
                .map(|(name, operation)| format!("{name}: {} {}", operation.method, operation.path.written))
                .collect(),
            features: target.features.iter().map(|(name, has)| format!("{name}: {has}")).collect(),
        }
    }
}

/// A waiver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WaiverReport {
    /// A glob of case names.
    pub scenario: String,
    /// The check.
    pub check: String,
    /// The last day on which it is valid.
    pub expires: String,
    /// True if that day was over when the run started.
    pub expired: bool,
    /// File and line.
    pub place: String,
}

impl WaiverReport {
    /// Creates the report of a waiver on the day `today`.
    pub fn of(waiver: &Waiver, today: jiff::civil::Date) -> Self {
        Self {
            scenario: waiver.scenario.clone(),
            check: waiver.check.clone(),
            expires: waiver.expires.to_string(),
            expired: !waiver.holds_on(today),
            place: waiver.place.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_are_written_k_of_n() {
        assert_eq!("2/3".parse(), Ok(Shard { number: 2, of: 3 }));
        assert_eq!("1/1".parse(), Ok(Shard { number: 1, of: 1 }));
        for wrong in
            ["", "2", "0/3", "4/3", "a/3", "2/", "/3", "1/2/3", "+1/3", "-1/3", "1/99999999999", " 1/2"]
        {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn every_case_is_in_exactly_one_shard_and_stays_there() {
        for of in 1..=7 {
            let shards: Vec<Shard> = (1..=of).map(|number| Shard { number, of }).collect();
            for case in (0..200).map(|number| format!("pack::failure::scenario_{number}")) {
                assert_eq!(shards.iter().filter(|shard| shard.holds(&case)).count(), 1, "{case} of {of}");
            }
        }
        // A constant of the format: jobs that run different builds must agree on it.
        let first = Shard { number: 1, of: 3 };
        let held: Vec<bool> = ["d", "e", "f"].iter().map(|name| first.holds(name)).collect();
        assert_eq!(held, [false, false, true]);
    }
}
