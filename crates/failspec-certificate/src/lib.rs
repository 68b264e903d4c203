//! Certificates: a verdict that others can check.
//!
//! A certificate is a DSSE envelope ([`Envelope`]) with one Ed25519 signature around an in-toto [`Statement`]. Its
//! subjects are digests of the report of the run, of each contract and of each pack; its [`Predicate`] says for which
//! [profile](required) the run is a pass, and the outcome of each requirement.
//!
//! Nothing in a certificate is trusted because it is signed: [`Certificate::verify`] derives the predicate again from
//! the report and the packs, and compares. Not proven is only that the signer ran what the report says.

mod certificate;
mod dsse;
mod key;
mod operator_input;
mod predicate;
mod profile;
mod programme;
mod requirement;
mod statement;
mod validity;
mod verification;

pub mod badge;

pub use certificate::{Certificate, CertificateError, is_loopback, sign};
pub use dsse::{Envelope, EnvelopeError, PAYLOAD_TYPE, pae};
pub use key::{KeyError, PublicKey, SigningKey};
pub use operator_input::OperatorInput;
pub use predicate::{
    Artifact, Binary, CertifiedPack, PREDICATE_TYPE, Predicate, Signer, TargetIdentity, TestResult,
};
pub use profile::{ProfileError, required};
pub use programme::{PROGRAMME, Programme, ProgrammeError};
pub use requirement::{Requirement, RequirementOutcome};
pub use statement::{STATEMENT_TYPE, Statement, StatementError, Subject};
pub use validity::parse_days;
pub use verification::{Verification, VerifyOptions};
