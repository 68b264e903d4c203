//! Creation and parsing of certificates.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use failspec_base::{encoding::hex, message::is_loopback};
use failspec_judge::report_model::{CaseReport, CheckLevelReport, Outcome, PackReport, RunReport, Verdict};
use failspec_pack::pack::Pack;

use super::{
    dsse::{Envelope, EnvelopeError, Sealed},
    key::{KeyError, PublicKey, SigningKey},
    operator_input::OperatorInput,
    predicate::{CertifiedPack, Predicate, Signer, TargetIdentity, TestResult, origin},
    profile::{ProfileError, required},
    requirement::{RequirementOutcome, requirements},
    statement::{Statement, StatementError, Subject},
    verification::VerifyOptions,
};

/// A certificate that was read. Nothing in it is trusted yet (see [`Self::verify`]).
#[derive(Debug, Clone)]
pub struct Certificate {
    pub(super) sealed: Sealed,
    /// The statement that the signature covers.
    pub statement: Statement,
    /// The key of the signer, as the certificate itself names it.
    pub signer: PublicKey,
}

/// An error while reading or creating a certificate.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// The envelope is invalid.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    /// The statement is invalid.
    #[error(transparent)]
    Statement(#[from] StatementError),
    /// The public key in the certificate is invalid.
    #[error("its public key is not base64 (RFC 4648, section 4, with padding)")]
    Signer,
    /// The public key cannot be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A contract has no such profile.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// The report covers a pack that was not found.
    #[error("the report covers the pack {0}, which was not found")]
    Pack(String),
    /// The report has recorded traffic.
    #[error("the report has recorded traffic: what was only seen proves nothing, and is never certified")]
    Observation,
    /// The certificate would not be confirmed by [`Certificate::verify`].
    #[error("it would not verify: {}", .0.join("; "))]
    NotVerifiable(Vec<String>),
    /// The certificate cannot be written as JSON.
    #[error("it cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

impl Certificate {
    /// Reads a certificate.
    ///
    /// # Errors
    /// Returns an error that names the invalid part if the text is not a certificate of failspec or has another
    /// version.
    pub fn read(text: &[u8]) -> Result<Self, CertificateError> {
        let sealed = Envelope::open(text)?;
        // The statement is parsed from exactly the bytes that were signed, not from an earlier decoding of them.
        let statement = Statement::read(&sealed.payload)?;
        let der = STANDARD.decode(&statement.predicate.signer.public_key);
        let signer = PublicKey::from_der(&der.map_err(|_| CertificateError::Signer)?, "its public key")?;
        Ok(Self { sealed, statement, signer })
    }

    /// Iterates over the requirements and their outcomes, each with the name of its pack.
    pub fn requirements(&self) -> impl Iterator<Item = (&str, &super::Requirement)> {
        self.statement.predicate.packs.iter().flat_map(|pack| {
            pack.requirements.iter().map(move |requirement| (pack.name.as_str(), requirement))
        })
    }
}

/// Creates a certificate of a run. `bytes` is the content of the report's file, `name` the name of that file.
///
/// The certificate was verified: a result that [`Certificate::verify`] would contradict is never signed.
///
/// # Errors
/// Returns an error if a contract has no such profile, if a pack of the report is not among `packs`, or if the
/// certificate would not verify.
pub fn sign(
    name: &str,
    bytes: &[u8],
    report: &RunReport,
    packs: &[Arc<Pack>],
    claims: &OperatorInput,
    key: &SigningKey,
) -> Result<(Envelope, Predicate), CertificateError> {
    if !report.recordings.is_empty() {
        return Err(CertificateError::Observation);
    }
    let statement = statement(name, bytes, report, packs, claims)?;
    let payload = serde_json::to_vec(&statement)?;
    let envelope = Envelope::sign(&payload, key);
    let certificate = Certificate::read(envelope.to_json()?.as_bytes())?;
    let options = VerifyOptions { public_key: Some(key.public()), ..VerifyOptions::default() };
    let verification = certificate.verify(bytes, packs, &options, claims.issued);
    if !verification.problems.is_empty() {
        return Err(CertificateError::NotVerifiable(verification.problems));
    }
    if verification.is_pass() != statement.predicate.result.is_pass() {
        let said = statement.predicate.result.as_str();
        return Err(CertificateError::NotVerifiable(vec![format!("its result is not {said}")]));
    }
    Ok((envelope, statement.predicate))
}

/// Derives the statement from a report, its packs and the operator's input. Verification derives it again and
/// compares.
pub(super) fn statement(
    name: &str,
    bytes: &[u8],
    report: &RunReport,
    packs: &[Arc<Pack>],
    claims: &OperatorInput,
) -> Result<Statement, CertificateError> {
    let mut configuration = Vec::new();
    let mut certified = Vec::new();
    for part in &report.packs {
        let label = part.header.label();
        let pack = packs.iter().find(|pack| pack.label() == label);
        let pack = pack.ok_or_else(|| CertificateError::Pack(label.clone()))?;
        configuration.push(Subject::new(format!("contract:{label}"), contract_digest(pack)));
        configuration.push(Subject::new(format!("pack:{label}"), &pack.digest));
        let required = required(pack, &claims.profile)?;
        let cases: Vec<&CaseReport> =
            report.cases.iter().filter(|case| *case.pack == *part.header.name).collect();
        certified.push(CertifiedPack {
            name: label,
            as_of: part.header.as_of.clone(),
            documentation: part.header.documentation.clone(),
            target: identity(part),
            check_levels: part.header.check_levels.clone(),
            features: part.features.clone(),
            requirements: requirements(pack, &required, &cases, &part.coverage, &part.features),
            errata: part.errata.clone(),
        });
    }
    let mut subject = vec![Subject::new(name, hex(&Sha256::digest(bytes)))];
    subject.extend(configuration.iter().cloned());
    Ok(Statement::new(subject, predicate(report, configuration, certified, claims)))
}

fn predicate(
    report: &RunReport,
    configuration: Vec<Subject>,
    packs: Vec<CertifiedPack>,
    claims: &OperatorInput,
) -> Predicate {
    let names = |fits: &dyn Fn(&CaseReport) -> bool| -> Vec<String> {
        report.cases.iter().filter(|case| fits(case)).map(|case| case.name.to_string()).collect()
    };
    let passed = |case: &CaseReport| case.outcome == Outcome::Passed;
    // The failure was not seen, so the test has not passed; no documented rule was broken either.
    let unconfirmed = |case: &CaseReport| case.outcome == Outcome::Unconfirmed;
    let warned_tests = names(&|case| (passed(case) && !case.warnings.is_empty()) || unconfirmed(case));
    // Nothing of it was sent: neither a pass nor a failure.
    let inapplicable = |case: &CaseReport| case.outcome == Outcome::NotApplicable;
    let run_violations = run_violations(report);
    let required = || packs.iter().flat_map(|pack| &pack.requirements).filter(|it| it.required);
    // A profile of which nothing was required proves nothing.
    let fails = required().all(|requirement| requirement.outcome == RequirementOutcome::NotApplicable)
        || required().any(|requirement| requirement.outcome.is_unmet())
        || !run_violations.is_empty();
    // A check that is off, or that only warns, is no pass without a remark.
    let is_lenient = packs.iter().flat_map(|pack| &pack.check_levels).any(CheckLevelReport::is_lenient)
        // Nor is a response that the product itself did not give; `core` requires none under a condition.
        || (claims.profile != "core" && packs.iter().any(|pack| pack.target.is_judged_elsewhere()));
    Predicate {
        result: match (fails, warned_tests.is_empty() && !is_lenient) {
            (true, _) => TestResult::Failed,
            (false, true) => TestResult::Passed,
            (false, false) => TestResult::Warned,
        },
        configuration,
        passed_tests: names(&|case| passed(case) && case.warnings.is_empty()),
        warned_tests,
        failed_tests: names(&|case| !passed(case) && !unconfirmed(case) && !inapplicable(case)),
        profile: claims.profile.clone(),
        packs,
        run_violations,
        product: claims.product.clone(),
        artifact: claims.artifact.clone(),
        failspec: claims.binary.clone(),
        started: report.started.clone(),
        finished: finished(report).unwrap_or_else(|| report.started.clone()),
        issued: claims.issued.to_string(),
        valid_until: claims.valid_until.to_string(),
        nonce: claims.nonce.clone(),
        signer: Signer { public_key: STANDARD.encode(claims.signer.to_der()) },
    }
}

/// Collects violations that belong to no single requirement, and reasons why a run is not complete.
fn run_violations(report: &RunReport) -> Vec<String> {
    let found = report.run_findings.iter().filter(|finding| finding.violation);
    let mut all: Vec<String> =
        found.map(|finding| format!("{}: {}", finding.check, finding.message)).collect();
    all.extend(report.diagnosis.clone());
    if report.verdict == Verdict::Interrupted {
        all.push("the run was interrupted".to_owned());
    }
    if !report.recordings.is_empty() {
        all.push("the report has recorded traffic, which was only seen".to_owned());
    }
    if report.shard.is_some() || !report.selectors.is_empty() {
        all.push("the run did not cover all scenarios".to_owned());
    }
    if report.reference || report.packs.iter().any(|pack| pack.header.reference) {
        all.push("the run tested an embedded reference implementation".to_owned());
    }
    if report.is_of_mock() {
        all.push("the run tested a mock of a contract".to_owned());
    }
    if report.packs.iter().any(|pack| pack.header.insecure) {
        all.push("the TLS certificate of the target was not verified".to_owned());
    }
    let environments = report.packs.iter().filter_map(|pack| pack.environment.as_ref());
    let references =
        environments.flat_map(|environment| &environment.servers).filter(|server| server.reference);
    all.extend(references.map(|server| {
        format!("at {} responded an embedded reference implementation of failspec", server.address)
    }));
    all
}

/// Returns the end of a run; `None` if its start cannot be parsed.
pub fn finished_at(report: &RunReport) -> Option<Timestamp> {
    let started: Timestamp = report.started.parse().ok()?;
    let took = SignedDuration::from_millis(i64::try_from(report.duration_ms).ok()?);
    started.checked_add(took).ok()
}

fn finished(report: &RunReport) -> Option<String> {
    Some(finished_at(report)?.to_string())
}

fn identity(pack: &PackReport) -> TargetIdentity {
    let url = pack.header.target.clone();
    let parsed = url::Url::parse(&url).ok();
    let own = origin(&url);
    let environment = pack.environment.clone().unwrap_or_default();
    let (server, other_servers): (Vec<_>, Vec<_>) =
        environment.servers.into_iter().partition(|server| Some(&server.address) == own.as_ref());
    let server = server.into_iter().next();
    let secure = parsed.as_ref().is_some_and(|url| url.scheme() == "https");
    TargetIdentity {
        url,
        loopback: parsed.as_ref().is_some_and(is_loopback),
        via: pack.header.via.clone(),
        unclear: secure
            && server.as_ref().is_none_or(|server| server.unclear || server.public_keys.is_empty()),
        software: server.as_ref().map(|server| server.software.clone()).unwrap_or_default(),
        public_keys: server.map(|server| server.public_keys).unwrap_or_default(),
        other_servers,
        changes: environment.changes,
    }
}

/// Computes SHA-256 of the contract file, in hex.
fn contract_digest(pack: &Pack) -> String {
    hex(&Sha256::digest(pack.contract.place.source.text()))
}
