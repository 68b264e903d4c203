//! The reason of an outcome.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use failspec_pack::pack::ProofGap;

use super::{Observation, Outcome, RequirementKind};

/// The reason of an outcome, where it is neither simply passed nor failed. [`fmt::Display`] writes it as a sentence.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Reason {
    /// A signal stopped the run before or during the case.
    Interrupted,
    /// The time of the run was up before the case was judged.
    OutOfTime,
    /// Another case had failed, and the first failure ended the run.
    CaseFailed,
    /// The run was stopped before the case could be judged; its diagnosis has the cause.
    RunStopped,
    /// The target does not provide what the case requires.
    MissingRequirements {
        /// The missing requirements, roles first.
        requirements: Vec<Requirement>,
    },
    /// The product does not have the optional part of the API that the case belongs to.
    FeatureAbsent {
        /// The feature.
        feature: String,
        /// The probe that told so, and the response to it, in words.
        probe: String,
    },
    /// The target is read-only, and the case sends a request that may change something.
    ReadOnly,
    /// The violations are waived.
    Waived {
        /// The reason that the waiver gives.
        reason: String,
    },
    /// The scenario proves nothing, whatever the response is.
    Unproven {
        /// The reason.
        gap: ProofGap,
    },
    /// The response was not the failure under test.
    OtherResponse {
        /// The response.
        response: Observation,
    },
    /// The server sent bytes that belong to no response: a response of the case may belong to another request.
    InDoubt,
    /// The checks of the case would take more steps than a case may take.
    TooCostly {
        /// The number of steps that it may take.
        steps: u64,
    },
    /// Every request that carried the credentials of a role was refused.
    RoleRefused {
        /// The role.
        role: String,
        /// The status of the refusals.
        status: u16,
    },
    /// The credentials of a role, which the API had accepted, were refused from some case on.
    RoleLost {
        /// The role.
        role: String,
        /// The status of the refusals.
        status: u16,
    },
    /// The control got the failure although the condition that causes it had not begun.
    ConditionInForce {
        /// The condition.
        condition: String,
    },
    /// The API refused the control, whose values an import made up from the OpenAPI document.
    MadeUpValues(Box<MadeUpValues>),
    /// It ran several times, with different outcomes.
    Unstable {
        /// The outcomes, in the order of the runs.
        outcomes: Vec<Outcome>,
    },
    /// Something that this operation created could not be removed, or it did not remove what it should: no more is created.
    LeavesBehind {
        /// The operation.
        operation: String,
    },
    /// Several requests to this operation got no response in time: it is not called again.
    TimesOut {
        /// The operation.
        operation: String,
    },
    /// The case, or a step of it, could not be judged.
    Unjudged {
        /// The cause in words.
        cause: String,
    },
}

/// A request without a fault that was refused although nothing is wrong with it but, perhaps, its values.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct MadeUpValues {
    /// Method and redacted URL of the request.
    pub request: String,
    /// The response of the API, in words.
    pub response: String,
    /// The names of the parameters and of the members of the body.
    pub names: Vec<String>,
}

/// The reason why a case, or a request of it, was sent twice. The report is that of the second run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Rerun {
    /// The API refused the body until optional members were added to it, or left out.
    MembersAdded,
    /// The API refused the request until optional parameters were added to its query.
    ParametersAdded,
    /// The API refused values that were made up until those of one of its own lists took their place.
    ListedValue,
    /// The API refused a text that another thing has until one of its own took its place.
    OwnText,
    /// The API refused to create what the case needs: it read a thing that was there already.
    ExistingThing,
    /// The API was overloaded (503) when a setup, a control or a teardown was sent.
    Overloaded,
    /// A connection that was used before ended without a response to a request that changes nothing. That request alone
    /// was sent again.
    RequestResent,
    /// A response was 401 in the middle of the run: the role logged in again, and that request alone was sent again.
    LoginRenewed,
    /// The API did not know yet what a request of the case had just created (404). The next request was sent again
    /// until it did.
    CreationAwaited,
    /// The control had been sent for another case. It was sent again before the case was called a violation.
    ControlConfirmed,
    /// The first run used what the setup of another case had made. The second one made its own.
    OwnThings,
    /// The first run used what an earlier case had changed. The second one used what nobody had changed.
    UnchangedThings,
    /// The first run contradicts an id that another case may have created or removed. The second one ran alone.
    RanAlone,
    /// More of the requests that were sent at once succeeded than should: perhaps they were processed one after the other.
    NoOverlap,
    /// A connection was lost without a response.
    ConnectionLost,
    /// The server sent bytes that belong to no response: a response of the first run may have belonged to another
    /// request.
    SurplusBytes,
}

impl fmt::Display for Rerun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Overloaded => "sent a request again: the API was overloaded (503)",
            Self::MembersAdded => "added optional members to a body that the API refused as it was, or left some out",
            Self::ParametersAdded => "added optional parameters to a query that the API refused without them",
            Self::ListedValue => "took a value from a list of the API in place of one that it refused",
            Self::OwnText => "sent a text of its own in place of one that another thing has",
            Self::ExistingThing => "used a thing that was there already: the API refused to create one",
            Self::RequestResent => {
                "sent a request twice: the connection, which was used before, ended without a response"
            }
            Self::LoginRenewed => "sent a request twice: its role had to log in again (401)",
            Self::CreationAwaited => {
                "sent a request again until the API knew what it had just created (404 before)"
            }
            Self::ControlConfirmed => {
                "sent the control again, which had been sent for another case, before a violation was reported"
            }
            Self::OwnThings => "ran twice: the first run used what the setup of another case had made",
            Self::UnchangedThings => "ran twice: an earlier case had changed what the first run used",
            Self::NoOverlap => {
                "ran again: requests that were sent at once were perhaps processed one after the other"
            }
            Self::RanAlone => {
                "ran twice: in the first run another case may have created or removed the same id"
            }
            Self::ConnectionLost => "ran twice: the connection was lost in the first run",
            Self::SurplusBytes => {
                "ran twice: the server sent bytes that belong to no response in the first run"
            }
        })
    }
}

/// A requirement of a contract by name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Requirement {
    /// The kind.
    pub kind: RequirementKind,
    /// The name in the contract.
    pub name: String,
}

impl Reason {
    /// Returns true if the run was stopped in order before the case was judged: its time was up, or another case had
    /// failed.
    pub fn is_stop(&self) -> bool {
        matches!(self, Self::OutOfTime | Self::CaseFailed)
    }

    /// Returns true if the run ended before the case was judged.
    pub fn is_cancellation(&self) -> bool {
        self.is_stop() || matches!(self, Self::Interrupted)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Interrupted => f.write_str("interrupted"),
            Self::Unstable { outcomes } => {
                let words: Vec<&str> = outcomes.iter().map(|outcome| outcome.as_str()).collect();
                write!(f, "{} runs gave different outcomes: {}", outcomes.len(), words.join(", "))
            }
            Self::CaseFailed => f.write_str("another case had failed before (`--fail-fast`)"),
            Self::OutOfTime => f.write_str("the time of the run was up before the case was judged (`--max-time`)"),
            Self::RunStopped => f.write_str("nothing can be judged: see the diagnosis"),
            Self::MissingRequirements { requirements } => {
                let parts = [RequirementKind::Role, RequirementKind::Variable, RequirementKind::Condition]
                    .into_iter()
                    .filter_map(|kind| names_of(kind, requirements))
                    .collect::<Vec<_>>();
                write!(f, "the target does not provide {}", parts.join(" and "))
            }
            Self::FeatureAbsent { feature, probe } => {
                write!(f, "the product does not have the feature {feature} ({probe})")
            }
            Self::ReadOnly => f.write_str("the target is read-only, and the case may change something"),
            Self::Waived { reason } => f.write_str(reason),
            Self::Unproven { gap } => f.write_str(match gap {
                ProofGap::NoControl => {
                    "it proves nothing: the scenario has neither a control nor a reason for having none"
                }
                ProofGap::ControlExpectsFailure => {
                    "it proves nothing: the control, which has no fault, expects this failure"
                }
            }),
            Self::OtherResponse { response } => write!(f, "the response was {response}"),
            Self::InDoubt => f.write_str(
                "the server sent bytes that belong to no response, so a response may belong to another request",
            ),
            Self::TooCostly { steps } => write!(
                f,
                "to check the responses takes more than {} million steps: a schema of the contract, or a pattern in \
                 it, multiplies the work",
                steps / 1_000_000
            ),
            Self::RoleRefused { role, status } => write!(
                f,
                "every request with the credentials of the role {role} was refused (HTTP {status}): \
                 are they right for this target?"
            ),
            Self::RoleLost { role, status } => write!(
                f,
                "the API no longer accepted the credentials of the role {role} (HTTP {status}), whatever was asked"
            ),
            Self::ConditionInForce { condition } => write!(
                f,
                "the control got the failure before the condition {condition} began: is it in force already?"
            ),
            Self::MadeUpValues(refused) => {
                let MadeUpValues { request, response, names } = &**refused;
                write!(
                    f,
                    "the request without a fault got {response} ({request}), and its values are made up: {} may have to \
                     be values of the target (`import openapi --value {}=…`)",
                    names.join(", "),
                    names.first().map(String::as_str).unwrap_or_default()
                )
            }
            Self::LeavesBehind { operation } => write!(
                f,
                "{operation} left several things behind that the run had created, and removed none: no more is created"
            ),
            Self::TimesOut { operation } => {
                write!(f, "several requests to {operation} got no response in time: it is not called again")
            }
            Self::Unjudged { cause } => f.write_str(cause),
        }
    }
}

/// Returns the missing names of a kind, as `the role admin, auditor`; `None` if nothing of the kind is missing.
fn names_of(kind: RequirementKind, requirements: &[Requirement]) -> Option<String> {
    let names: Vec<&str> =
        requirements.iter().filter(|it| it.kind == kind).map(|it| it.name.as_str()).collect();
    (!names.is_empty()).then(|| format!("the {} {}", kind.as_str(), names.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reason_displays_missing_requirements_by_kind() {
        let requirement = |kind, name: &str| Requirement { kind, name: name.to_owned() };
        for (requirements, text) in [
            (vec![requirement(RequirementKind::Role, "admin")], "the target does not provide the role admin"),
            (
                vec![
                    requirement(RequirementKind::Condition, "down"),
                    requirement(RequirementKind::Role, "admin"),
                    requirement(RequirementKind::Role, "editor"),
                ],
                "the target does not provide the role admin, editor and the condition down",
            ),
        ] {
            assert_eq!(Reason::MissingRequirements { requirements }.to_string(), text);
        }
    }
}
