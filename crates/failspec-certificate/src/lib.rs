//! Certificates: signed results of runs that others can verify.
//!
//! A certificate is a DSSE envelope ([`Envelope`]) with one Ed25519 signature around an in-toto [`Statement`]. Its
//! subjects are the report of the run, each contract and each pack, with their digests. Its [`Predicate`] contains
//! the [profile](required), the result for this profile and the outcome of each requirement.
//!
//! A signature is not a reason to trust the content: [`Certificate::verify`] derives the predicate again from the
//! report and the packs, and compares. The only unproven part is that the signer really made the run that the report
//! describes.

mod certificate;
mod dsse;
mod key;
mod key_file;
mod operator_input;
mod predicate;
mod profile;
mod programme;
mod requirement;
mod statement;
mod validity;
mod verification;

pub mod badge;

pub use certificate::{Certificate, CertificateError, finished_at, sign};
pub use dsse::{Envelope, EnvelopeError, MAX_SIZE, PAYLOAD_TYPE, pae};
pub use key::{KeyError, PublicKey, SigningKey};
pub use key_file::{MAX_KEY_SIZE, TrustFile, TrustFileError, read_trust_file};
pub use operator_input::OperatorInput;
pub use predicate::{
    Artifact, Binary, CertifiedPack, PREDICATE_TYPE, Predicate, Product, Signer, TargetIdentity, TestResult,
};
pub use profile::{ProfileError, required};
pub use programme::{FORBIDDABLE, Forbidden, PROGRAMME, Programme, ProgrammeError};
pub use requirement::{Requirement, RequirementOutcome};
pub use statement::{STATEMENT_TYPE, Statement, StatementError, Subject};
pub use validity::parse_days;
pub use verification::{Verification, VerifyOptions};
