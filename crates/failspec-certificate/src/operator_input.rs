//! The parts of a certificate that are not in the report.

use jiff::Timestamp;

use super::{
    key::PublicKey,
    predicate::{Artifact, Binary, Predicate},
};

/// The fields that the operator supplies: the rest of a certificate follows from the report and the packs.
#[derive(Debug, Clone)]
pub struct OperatorInput {
    /// The profile.
    pub profile: String,
    /// What was tested.
    pub artifact: Option<Artifact>,
    /// The nonce of the party that requested the certificate.
    pub nonce: Option<String>,
    /// The program that ran.
    pub binary: Binary,
    /// When the certificate was made.
    pub issued: Timestamp,
    /// The end of its validity.
    pub valid_until: Timestamp,
    /// The key that signs.
    pub signer: PublicKey,
}

impl OperatorInput {
    /// The claims of a predicate; `None` if a time or the key cannot be read.
    pub(super) fn of(predicate: &Predicate, signer: PublicKey) -> Option<Self> {
        Some(Self {
            profile: predicate.profile.clone(),
            artifact: predicate.artifact.clone(),
            nonce: predicate.nonce.clone(),
            binary: predicate.failspec.clone(),
            issued: predicate.issued.parse().ok()?,
            valid_until: predicate.valid_until.parse().ok()?,
            signer,
        })
    }
}
