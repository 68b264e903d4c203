//! The statements of a certificate, in words: for `failspec verify` and `failspec certify`.

use std::path::Path;

use jiff::Timestamp;

use failspec_certificate::{CertifiedPack, Requirement, RequirementOutcome};
use failspec_judge::report_model::ServerReport;
use failspec_report::certificate::{CertificateSummary, Confidence, ListOfIssues};

use super::verify::Verified;

/// Returns what was certified, by whom and when, and what is wrong. Of a certificate whose signature does not match,
/// only that.
pub(super) fn summary(path: &Path, verified: &Verified) -> CertificateSummary {
    let mut summary = CertificateSummary::default();
    summary.fact("certificate", path.display().to_string());
    if verified.certificate.is_intact() {
        facts(&mut summary, verified);
        lists(&mut summary, verified);
    }
    let verification = &verified.verification;
    let mut list = |title, items: &[String]| {
        summary.lists.push(ListOfIssues { title, confidence: Confidence::Bad, items: items.to_vec() });
    };
    list("required, and not met", &verification.unmet);
    list("problems", &verification.problems);
    let is_trusted = verification.signer.is_some();
    let problems = verification.problems.len();
    let (confidence, verdict, explanation) = match (problems, verification.is_pass(), is_trusted) {
        (0, true, true) => (Confidence::Good, "verified", String::new()),
        (0, true, false) => {
            let hint = ", but the key is not trusted; give --public-key or --programme";
            (Confidence::Open, "consistent", hint.to_owned())
        }
        (0, false, _) => {
            (Confidence::Bad, "not passed", ": consistent, but requirements are not met".to_owned())
        }
        (1, ..) => (Confidence::Bad, "verification failed", " (1 problem)".to_owned()),
        (count, ..) => (Confidence::Bad, "verification failed", format!(" ({count} problems)")),
    };
    summary.confidence = confidence;
    summary.verdict = verdict.to_owned();
    summary.explanation = explanation;
    summary
}

fn facts(summary: &mut CertificateSummary, verified: &Verified) {
    let Verified { certificate, verification } = verified;
    let predicate = &certificate.statement.predicate;
    if let Some(product) = &predicate.product {
        let version = product.version.iter().map(|version| format!(" {version}")).collect::<String>();
        summary.fact("product", format!("{}{version} (as stated by the operator)", product.name));
    }
    for pack in &predicate.packs {
        let as_of = pack.as_of.as_ref().map_or_else(String::new, |day| format!(", docs as of {day}"));
        summary.fact("pack", format!("{}{as_of}", pack.name));
        for (name, value) in target_facts(pack) {
            summary.fact(name, value);
        }
    }
    let is_required = |it: &Requirement| it.required && it.outcome != RequirementOutcome::NotApplicable;
    let required = || certificate.requirements().filter(|(_, it)| is_required(it));
    let met = required().filter(|(_, it)| it.outcome == RequirementOutcome::Passed).count();
    let (required, result) = (required().count(), predicate.result.as_str());
    let profile = format!("{}: {met} of {required} requirements, {result}", predicate.profile);
    summary.fact("profile", profile);
    if let Some(artifact) = &predicate.artifact {
        let parts: Vec<&str> =
            [&artifact.digest, &artifact.commit].into_iter().flatten().map(String::as_str).collect();
        summary.fact("artifact", format!("{} (as stated by the operator)", parts.join(" · ")));
    }
    let (started, finished) = (second(&predicate.started), second(&predicate.finished));
    summary.fact("run", format!("{started} to {finished} (failspec {})", predicate.failspec.version));
    summary.fact("valid until", second(&predicate.valid_until));
    if let Some(nonce) = &predicate.nonce {
        summary.fact("nonce", nonce);
    }
    let whose = verification.signer.as_deref().unwrap_or("an unknown key");
    summary.fact("signed by", format!("{whose} · key {}", certificate.signer.id()));
    for subject in certificate.statement.subject.iter().skip(1) {
        summary.fact("", format!("{} sha256:{}", subject.name, subject.digest.sha256));
    }
}

fn lists(summary: &mut CertificateSummary, verified: &Verified) {
    let Verified { certificate, verification } = verified;
    let beside =
        certificate.requirements().filter(|(_, it)| !it.required && it.outcome != RequirementOutcome::Passed);
    let beside = beside.map(|(pack, it)| format!("{pack}: {} ({})", it.id, it.outcome.as_str()));
    summary.lists.push(ListOfIssues {
        title: "not required, and not met",
        confidence: Confidence::Good,
        items: beside.collect(),
    });
    let excused = verification.excused.iter().map(|(name, reason)| format!("{name}: {reason}"));
    summary.lists.push(ListOfIssues {
        title: "not met, and excused by the programme",
        confidence: Confidence::Open,
        items: excused.collect(),
    });
}

/// Returns the server that was certified, every other one that the run spoke to, and what the target changes.
pub(super) fn target_facts(pack: &CertifiedPack) -> Vec<(&'static str, String)> {
    let target = &pack.target;
    let here = if target.loopback { " · on the machine of the run" } else { "" };
    let mut facts = vec![("target", format!("{}{}{here}", target.url, software(&target.software)))];
    facts.extend(target.via.iter().map(|via| ("", format!("the traffic went via {via}"))));
    facts.extend(keys(&target.public_keys));
    match (target.unclear, target.public_keys.len()) {
        (true, _) => facts.push(("", "some responses came without a readable TLS key".to_owned())),
        (false, 0) => facts.push(("", "no TLS: only the operator states which server responded".to_owned())),
        (false, 1) => {}
        (false, _) => facts.push(("", "its connections had different TLS keys".to_owned())),
    }
    for server in &target.other_servers {
        facts.extend(server_facts(server));
    }
    for condition in &target.changes.conditions {
        facts.push(("condition", condition.to_string()));
    }
    if target.is_judged_elsewhere() {
        let warning = "not the target itself responded under such a condition, but another address";
        facts.push(("", warning.to_owned()));
    }
    facts.extend(target.changes.operations.iter().map(|it| ("operation", it.to_string())));
    facts.extend(target.changes.headers.iter().map(|name| ("header", format!("{name} in all requests"))));
    facts.extend(target.changes.commands.iter().map(|it| ("command", it.to_string())));
    for authority in &target.changes.authorities {
        facts.push(("authority", format!("also trusted: the certificate sha256:{authority}")));
    }
    facts.extend(pack.features.iter().map(|feature| ("feature", feature.to_string())));
    facts.extend(pack.check_levels.iter().map(|level| ("check", level.to_string())));
    facts
}

fn server_facts(server: &ServerReport) -> Vec<(&'static str, String)> {
    let tls = if server.address.starts_with("https:") { "" } else { " · no TLS" };
    let mut facts = vec![("also sent", format!("to {}{}{tls}", server.address, software(&server.software)))];
    facts.extend(server.via.iter().map(|via| ("", format!("the traffic went via {via}"))));
    facts.extend(keys(&server.public_keys));
    if server.unclear {
        facts.push(("", "some responses came without a readable TLS key".to_owned()));
    }
    facts
}

fn software(software: &[String]) -> String {
    if software.is_empty() { String::new() } else { format!(" · {}", software.join(", ")) }
}

fn keys(keys: &[String]) -> impl Iterator<Item = (&'static str, String)> {
    keys.iter().map(|key| ("", format!("TLS public key sha256:{key}")))
}

/// Formats a time without fractions of a second.
fn second(time: &str) -> String {
    match time.parse::<Timestamp>() {
        Ok(time) => time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
        Err(_) => time.to_owned(),
    }
}
