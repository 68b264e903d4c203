//! The signed content: an in-toto Statement v1 (<https://github.com/in-toto/attestation>).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::predicate::{PREDICATE_TYPE, Predicate};

/// The type of in-toto statements.
pub const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";

/// A predicate about subjects that are identified by their digests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
    /// The predicate about the subjects.
    pub predicate: Predicate,
}

/// A subject of a statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    /// Its name: the file name of the report, `contract:PACK`, `pack:PACK`.
    pub name: String,
    /// Its digest.
    pub digest: Digests,
}

/// The digest of a subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Digests {
    /// SHA-256, in lower-case hex.
    pub sha256: String,
}

impl Subject {
    /// Creates a subject from its name and its SHA-256 digest, in lower-case hex.
    pub fn new(name: impl Into<String>, sha256: impl Into<String>) -> Self {
        Self { name: name.into(), digest: Digests { sha256: sha256.into() } }
    }
}

/// An error in the payload of a certificate.
#[derive(Debug, thiserror::Error)]
pub enum StatementError {
    /// The payload is not JSON with the fields of a statement.
    #[error("its payload is not a statement: {0}")]
    Form(String),
    /// The statement has another type.
    #[error("its payload has the type `{0}`; only `{STATEMENT_TYPE}` is supported")]
    Kind(String),
    /// The predicate has another type or version.
    #[error(
        "its predicate has the type `{0}`; only `{PREDICATE_TYPE}` is supported: use the failspec that created it"
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

    /// Parses a payload. Unknown fields are rejected, because a later version may give them a meaning that matters.
    pub(super) fn read(payload: &[u8]) -> Result<Self, StatementError> {
        // The types are checked first: in another version, any other field may look invalid.
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
