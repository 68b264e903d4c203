//! The servers that a run spoke to, and what the configuration of a target changes: what a certificate must say.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Via;

/// The servers that a run spoke to, and what the target changes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TestEnvironment {
    /// Every address that requests were sent to, that of the target first.
    pub servers: Vec<ServerReport>,
    /// The changes that the target makes.
    #[serde(default, skip_serializing_if = "TargetChanges::is_empty")]
    pub changes: TargetChanges,
}

/// An address that requests were sent to, and the servers that responded there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServerReport {
    /// Scheme, host and port: `https://api.example.com`.
    pub address: String,
    /// The destination of the traffic, if it is not this address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<Via>,
    /// The values of the response header `Server`.
    pub software: Vec<String>,
    /// SHA-256 of the public keys (SubjectPublicKeyInfo) of the certificates that were presented, in hex.
    pub public_keys: Vec<String>,
    /// True if a certificate could not be read, or there were too many different ones.
    pub unclear: bool,
    /// True if a response said that it comes from an embedded reference implementation of failspec.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reference: bool,
}

/// The changes of the configuration of a target to the requests of a pack, or to whom they are sent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TargetChanges {
    /// SHA-256 of the certificates (DER) that are trusted in addition to those of the system, in hex.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub authorities: Vec<String>,
    /// Operations with another method or path than in the pack.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub operations: Vec<OperationReport>,
    /// The names of the headers of all requests.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<String>,
    /// Roles whose credentials a program prints.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub commands: Vec<CommandReport>,
    /// Conditions that the target creates.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<ConditionReport>,
}

impl TargetChanges {
    /// Returns true if the target changes nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// An operation with another method or path than in the pack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OperationReport {
    /// Its name in the contract.
    pub name: String,
    /// `METHOD /path/{parameter}`, as the target writes it.
    pub request: String,
}

impl fmt::Display for OperationReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is {}", self.name, self.request)
    }
}

/// A role whose credentials a program prints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CommandReport {
    /// The role.
    pub role: String,
    /// The program, without its arguments: one of them may be a secret.
    pub program: String,
}

impl fmt::Display for CommandReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the credentials of {} are printed by {}", self.role, self.program)
    }
}

/// A condition that the target creates.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConditionReport {
    /// Its name in the contract.
    pub name: String,
    /// The requests that begin and end it, as the target writes them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requests: Vec<String>,
    /// The programs that begin and end it, without their arguments: one of them may be a secret.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub commands: Vec<String>,
    /// The address that the request under test is sent to instead of the target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The names of the headers that are added to the request under test.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<String>,
    /// The variables that have another value in the request under test.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variables: Vec<String>,
}

impl fmt::Display for ConditionReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = self.requests.clone();
        parts.extend(self.commands.iter().map(|program| format!("command {program}")));
        parts.extend(self.address.as_ref().map(|address| format!("the request goes to {address}")));
        for (what, names) in [("header", &self.headers), ("variable", &self.variables)] {
            parts.extend(names.iter().map(|name| format!("{what} {name}")));
        }
        write!(f, "{}: {}", self.name, parts.join(", "))
    }
}
