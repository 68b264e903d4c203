//! The predicate of a certificate: the result of a run.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use failspec_judge::report_model::{
    CheckLevelReport, ErratumReport, FeatureReport, ServerReport, TargetChanges, Via,
};

use super::{requirement::Requirement, statement::Subject};

/// The type of the predicate. It has all fields of `https://in-toto.io/attestation/test-result/v0.1` with the same
/// meaning, and more.
pub const PREDICATE_TYPE: &str = "https://failspec.dev/attestation/conformance/v1";

/// The predicate of a certificate: the result of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Predicate {
    /// `PASSED`, `WARNED` (passed, with warnings) or `FAILED` (of test-result/v0.1).
    pub result: TestResult,
    /// The contracts and packs that the run tested against (of test-result/v0.1).
    pub configuration: Vec<Subject>,
    /// The cases that passed without a warning (of test-result/v0.1).
    #[serde(rename = "passedTests")]
    pub passed_tests: Vec<String>,
    /// The cases that passed with warnings (of test-result/v0.1).
    #[serde(rename = "warnedTests")]
    pub warned_tests: Vec<String>,
    /// The cases that did not pass: failed, waived, inconclusive or skipped (of test-result/v0.1).
    #[serde(rename = "failedTests")]
    pub failed_tests: Vec<String>,
    /// The profile: `core`, `full`, or one of the contract.
    pub profile: String,
    /// The packs of the run.
    pub packs: Vec<CertifiedPack>,
    /// Violations of documented rules that only the whole run shows; a pass has none.
    pub run_violations: Vec<String>,
    /// The tested product, as stated by the operator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<Product>,
    /// The tested artifact, as stated by the operator.
    pub artifact: Option<Artifact>,
    /// The program that ran the scenarios.
    pub failspec: Binary,
    /// The start of the run, RFC 3339 in UTC.
    pub started: String,
    /// The end of the run, RFC 3339 in UTC.
    pub finished: String,
    /// The time at which the certificate was issued, RFC 3339 in UTC.
    pub issued: String,
    /// The end of the certificate's validity, RFC 3339 in UTC.
    pub valid_until: String,
    /// The nonce of the party that requested the certificate. It proves that the certificate is not an older one.
    pub nonce: Option<String>,
    /// The signer.
    pub signer: Signer,
}

/// The product that was tested. Nothing proves it but the word of the signer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Product {
    /// Its name.
    pub name: String,
    /// Its version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// The result of a run, in the terms of test-result/v0.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum TestResult {
    /// Every requirement was met.
    Passed,
    /// Every requirement was met, with warnings about undocumented rules.
    Warned,
    /// A requirement was not met, or a documented rule was broken.
    Failed,
}

impl TestResult {
    /// Returns true if the result is a pass.
    pub fn is_pass(self) -> bool {
        self != Self::Failed
    }

    /// Returns the result as certificates write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "PASSED",
            Self::Warned => "WARNED",
            Self::Failed => "FAILED",
        }
    }
}

/// One pack of the run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CertifiedPack {
    /// Its name, with the requested version: `kubeadapt@2026-03`.
    pub name: String,
    /// The date of the documentation.
    pub as_of: Option<String>,
    /// The address of the documentation.
    pub documentation: Option<String>,
    /// The target.
    pub target: TargetIdentity,
    /// Checks whose severity the target changed, with the reasons.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub check_levels: Vec<CheckLevelReport>,
    /// The optional parts of the API, and whether the product has them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub features: Vec<FeatureReport>,
    /// The outcome of each documented failure and cause, in the order of the contract.
    pub requirements: Vec<Requirement>,
    /// Contradictions and gaps in the documentation.
    pub errata: Vec<ErratumReport>,
}

/// The target, as far as the run could identify it, and every other server that the run spoke to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TargetIdentity {
    /// The base URL.
    pub url: String,
    /// True if it is on the machine of the run.
    pub loopback: bool,
    /// The destination of its traffic, if it is not the address in the URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<Via>,
    /// The software that the server reports: the values of the header `Server`.
    pub software: Vec<String>,
    /// SHA-256 of the public keys (SubjectPublicKeyInfo) that the server proved to have, in hex. Empty without TLS.
    pub public_keys: Vec<String>,
    /// True if the TLS key is unknown for some responses.
    pub unclear: bool,
    /// Every other address that requests were sent to: of logins, of conditions, of the readiness check.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_servers: Vec<ServerReport>,
    /// The changes of the target to the requests of the pack, or to whom they are sent.
    #[serde(default, skip_serializing_if = "TargetChanges::is_empty")]
    pub changes: TargetChanges,
}

impl TargetIdentity {
    /// Returns true if a condition sends the request under test to another address than that of the target, so that
    /// the product itself did not respond to it.
    pub fn is_judged_elsewhere(&self) -> bool {
        let own = origin(&self.url);
        self.changes.conditions.iter().any(|it| it.address.is_some() && it.address != own)
    }

    /// Iterates over the ways of the traffic that do not lead to the address in the URL.
    pub fn ways(&self) -> impl Iterator<Item = &Via> {
        self.via.iter().chain(self.other_servers.iter().filter_map(|server| server.via.as_ref()))
    }
}

/// Returns scheme, host and port of a URL.
pub(super) fn origin(url: &str) -> Option<String> {
    let url = url::Url::parse(url).ok()?;
    Some(url[..url::Position::BeforePath].to_owned())
}

/// The tested artifact, as stated by the operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Artifact {
    /// The digest of the software that the target runs, `sha256:` and hex.
    pub digest: Option<String>,
    /// The commit that it was built from.
    pub commit: Option<String>,
}

/// The program that ran the scenarios.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Binary {
    /// The version of failspec.
    pub version: String,
    /// SHA-256 of its file, in hex, if the file could be read.
    pub sha256: Option<String>,
}

/// The signer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Signer {
    /// The public key: SubjectPublicKeyInfo (DER) in base64.
    pub public_key: String,
}
