//! The parts of a certificate that do not come from the report.

use jiff::Timestamp;

use super::{
    key::PublicKey,
    predicate::{Artifact, Binary, Predicate, Product},
};

/// The fields that the operator supplies. All others are derived from the report and the packs.
#[derive(Debug, Clone)]
pub struct OperatorInput {
    /// The profile.
    pub profile: String,
    /// The tested product.
    pub product: Option<Product>,
    /// The tested artifact.
    pub artifact: Option<Artifact>,
    /// The nonce of the party that requested the certificate.
    pub nonce: Option<String>,
    /// The program that ran the scenarios.
    pub binary: Binary,
    /// The time at which the certificate is issued.
    pub issued: Timestamp,
    /// The end of the certificate's validity.
    pub valid_until: Timestamp,
    /// The public key of the signer.
    pub signer: PublicKey,
}

impl OperatorInput {
    /// Extracts the operator's input from a predicate. Returns `None` if one of the times cannot be parsed.
    pub(super) fn of(predicate: &Predicate, signer: PublicKey) -> Option<Self> {
        Some(Self {
            profile: predicate.profile.clone(),
            product: predicate.product.clone(),
            artifact: predicate.artifact.clone(),
            nonce: predicate.nonce.clone(),
            binary: predicate.failspec.clone(),
            issued: predicate.issued.parse().ok()?,
            valid_until: predicate.valid_until.parse().ok()?,
            signer,
        })
    }
}
