//! What is signed: an in-toto Statement v1 (<https://github.com/in-toto/attestation>).

use serde::{Deserialize, Serialize};

use super::predicate::{PREDICATE_TYPE, Predicate};

/// The type of statements.
pub const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";

/// A predicate about things that are known by their digests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// [`STATEMENT_TYPE`].
    #[serde(rename = "_type")]
    kind: String,
    /// The report, then each contract and each pack.
    pub subject: Vec<Subject>,
    /// [`PREDICATE_TYPE`].
    #[serde(rename = "predicateType")]
    predicate_type: String,
    /// What is said of them.
    pub predicate: Predicate,
}

/// A thing that a statement is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Subject {
    /// What it is: the file name of the report, `contract:PACK`, `pack:PACK`.
    pub name: String,
    /// Its digest.
    pub digest: Digests,
}

/// The digest of a thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Digests {
    /// SHA-256, in lower-case hex.
    pub sha256: String,
}

impl Subject {
    /// A thing and its digest.
    pub fn new(name: impl Into<String>, sha256: impl Into<String>) -> Self {
        Self { name: name.into(), digest: Digests { sha256: sha256.into() } }
    }
}

/// Why a payload is no statement that is understood.
#[derive(Debug, thiserror::Error)]
pub enum StatementError {
    /// It is no JSON of the right form.
    #[error("its payload is no statement: {0}")]
    Form(String),
    /// It is another kind of statement.
    #[error("its payload is a `{0}`; only `{STATEMENT_TYPE}` is understood")]
    Kind(String),
    /// It says something of another kind, or in another version.
    #[error(
        "its predicate is `{0}`; only `{PREDICATE_TYPE}` is understood: use the failspec that it was made with"
    )]
    PredicateType(String),
}

impl Statement {
    pub(super) fn new(subject: Vec<Subject>, predicate: Predicate) -> Self {
        Self {
            kind: STATEMENT_TYPE.to_owned(),
            subject,
            predicate_type: PREDICATE_TYPE.to_owned(),
            predicate,
        }
    }

    /// Reads a payload. What is not known is refused: a later version may give it a meaning that matters.
    pub(super) fn read(payload: &[u8]) -> Result<Self, StatementError> {
        // Before all else: in another version anything else may look wrong.
        #[derive(Deserialize)]
        struct Types {
            #[serde(rename = "_type")]
            kind: String,
            #[serde(rename = "predicateType")]
            predicate_type: String,
        }
        let form = |error: serde_json::Error| StatementError::Form(error.to_string());
        let types: Types = serde_json::from_slice(payload).map_err(form)?;
        if types.kind != STATEMENT_TYPE {
            return Err(StatementError::Kind(types.kind));
        }
        if types.predicate_type != PREDICATE_TYPE {
            return Err(StatementError::PredicateType(types.predicate_type));
        }
        serde_json::from_slice(payload).map_err(form)
    }
}
