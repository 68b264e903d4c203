//! What a certificate says that no report shows.

use jiff::Timestamp;

use super::{
    key::PublicKey,
    predicate::{Artifact, Binary, Predicate},
};

/// What the operator says, and when: the rest of a certificate follows from the report and the packs.
#[derive(Debug, Clone)]
pub struct Claims {
    /// What was to be shown.
    pub profile: String,
    /// What was tested.
    pub artifact: Option<Artifact>,
    /// What whoever asked for the certificate gave.
    pub nonce: Option<String>,
    /// The program that ran.
    pub binary: Binary,
    /// When the certificate was made.
    pub issued: Timestamp,
    /// Until when it may be relied on.
    pub valid_until: Timestamp,
    /// The key that signs.
    pub signer: PublicKey,
}

impl Claims {
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
