//! Verification of certificates.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use failspec_base::{encoding::hex, message::is_loopback};
use failspec_judge::report_model::{
    CheckLevelReport, FORMAT, Outcome, PackReport, RunReport, Summary, Verdict, VerdictInput, is_cut_short,
};
use failspec_pack::pack::{Pack, case_names};

use super::{
    certificate::{Certificate, statement},
    key::PublicKey,
    operator_input::OperatorInput,
    predicate::CertifiedPack,
    programme::{FORBIDDABLE, Forbidden, Programme},
    requirement::{Requirement, RequirementOutcome},
};

/// Maximum clock skew: the clock of the signer may be ahead by this much.
const CLOCK: SignedDuration = SignedDuration::from_mins(5);

/// Requirements for a certificate in addition to its own consistency.
#[derive(Debug, Clone, Default)]
pub struct VerifyOptions<'a> {
    /// The key that must have signed it.
    pub public_key: Option<PublicKey>,
    /// The programme that must accept it.
    pub programme: Option<&'a Programme>,
    /// The maximum age of its run.
    pub max_age: Option<SignedDuration>,
    /// The nonce that it must contain.
    pub nonce: Option<&'a str>,
}

/// The result of verifying a certificate.
#[derive(Debug, Clone, Default)]
pub struct Verification {
    /// The problems because of which verification fails. Empty if the certificate is consistent.
    pub problems: Vec<String>,
    /// Violations of the run, and requirements that were not met and that no approved erratum excuses. If there are
    /// any, the certificate is not a pass.
    pub unmet: Vec<String>,
    /// Requirements that were not met but that an approved erratum excuses: requirement and reason.
    pub excused: Vec<(String, String)>,
    /// The owner of the key, if the key is trusted.
    pub signer: Option<String>,
}

impl Verification {
    /// Returns true if the certificate is consistent and a pass.
    pub fn is_pass(&self) -> bool {
        self.problems.is_empty() && self.unmet.is_empty()
    }
}

impl Certificate {
    /// Returns true if exactly this content was signed with the private key of the public key in it. What is in a
    /// certificate of which this is not true was written by anybody.
    pub fn is_intact(&self) -> bool {
        self.sealed.is_signed_by(self.signer)
    }

    /// Verifies a certificate against its report and its packs, at the time `now`.
    ///
    /// All problems are reported, not only the first. But if the signature does not match, nothing else is looked at;
    /// and a report with another digest is not parsed.
    pub fn verify(
        &self,
        report: &[u8],
        packs: &[Arc<Pack>],
        questions: &VerifyOptions<'_>,
        now: Timestamp,
    ) -> Verification {
        let mut done = Verification::default();
        self.verify_signer(questions, &mut done);
        if !self.is_intact() {
            return done;
        }
        self.verify_times(questions, now, &mut done.problems);
        if let Some(nonce) = questions.nonce
            && self.statement.predicate.nonce.as_deref() != Some(nonce)
        {
            done.problems
                .push("it does not contain the requested nonce: it may be an older certificate".to_owned());
        }
        self.verify_contents(report, packs, &mut done);
        if let Some(programme) = questions.programme {
            self.verify_programme(programme, &mut done);
        }
        self.verify_result(questions.programme, &mut done);
        done
    }

    fn verify_signer(&self, questions: &VerifyOptions<'_>, done: &mut Verification) {
        if !self.is_intact() {
            let problem = "the signature does not match its content and key: something was changed";
            done.problems.push(problem.to_owned());
            return;
        }
        if let Some(key) = questions.public_key {
            match key == self.signer {
                true => done.signer = Some("the key that you gave".to_owned()),
                false => done.problems.push(format!(
                    "it is signed with the key {}, not with the one that you gave ({})",
                    self.signer.id(),
                    key.id()
                )),
            }
        }
    }

    fn verify_times(&self, questions: &VerifyOptions<'_>, now: Timestamp, problems: &mut Vec<String>) {
        let predicate = &self.statement.predicate;
        let read = |text: &str| text.parse::<Timestamp>().ok();
        let times = [&predicate.started, &predicate.finished, &predicate.issued, &predicate.valid_until];
        let [Some(started), Some(finished), Some(issued), Some(valid_until)] = times.map(|text| read(text))
        else {
            problems.push("its times cannot be parsed".to_owned());
            return;
        };
        if !(started <= finished && finished <= issued && issued < valid_until) {
            problems.push("its times are not in order: started, finished, issued, valid until".to_owned());
        }
        if issued > now.saturating_add(CLOCK).unwrap_or(now) {
            problems.push(format!("it was issued in the future: {issued}"));
        }
        if valid_until < now {
            problems.push(format!("it expired on {valid_until}"));
        }
        let programme = questions.programme.and_then(|programme| programme.max_age);
        for age in [questions.max_age, programme].into_iter().flatten() {
            if now.duration_since(finished) > age {
                let days = age.as_hours() / 24;
                problems.push(format!("its run ended on {finished}, more than {days} days ago"));
            }
        }
    }

    /// Verifies the digests, and that the predicate follows from the report and the packs.
    fn verify_contents(&self, bytes: &[u8], packs: &[Arc<Pack>], done: &mut Verification) {
        let signed = self.statement.subject.first().map_or("", |subject| subject.digest.sha256.as_str());
        let digest = hex(&Sha256::digest(bytes));
        if digest != signed {
            done.problems
                .push(format!("the report is not the one of the certificate: its SHA-256 is {digest}"));
            return;
        }
        let report = match serde_json::from_slice::<RunReport>(bytes) {
            Ok(report) if report.format == FORMAT => report,
            Ok(report) => {
                let format = report.format;
                done.problems
                    .push(format!("the report has format {format}, but this failspec reads format {FORMAT}"));
                return;
            }
            Err(error) => {
                done.problems.push(format!("the report cannot be read: {error}"));
                return;
            }
        };
        let Some(claims) = OperatorInput::of(&self.statement.predicate, self.signer) else { return };
        let name = self.statement.subject.first().map_or("", |subject| subject.name.as_str());
        match statement(name, bytes, &report, packs, &claims) {
            Ok(again) => {
                let said = serde_json::from_slice::<Value>(&self.sealed.payload).unwrap_or_default();
                let again = serde_json::to_value(&again).unwrap_or_default();
                differences("", &again, &said, &mut done.problems);
            }
            Err(error) => done.problems.push(error.to_string()),
        }
        done.problems.extend(inconsistencies(&report, packs));
        let version = &self.statement.predicate.failspec.version;
        if report.failspec != *version {
            let made = &report.failspec;
            done.problems.push(format!("the report was made with failspec {made}, not with {version}"));
        }
    }

    fn verify_programme(&self, programme: &Programme, done: &mut Verification) {
        let predicate = &self.statement.predicate;
        let id = self.signer.id();
        match (programme.keys.get(&id), programme.revoked.get(&id)) {
            (_, Some(reason)) => done.problems.push(format!("its key was revoked: {reason}")),
            (Some(name), None) => done.signer = Some(name.clone()),
            (None, None) => done.problems.push(format!("{} does not trust its key {id}", programme.name)),
        }
        let mut refuse = |fits: bool, problem: String| {
            if !fits {
                done.problems.push(problem);
            }
        };
        let profile = &predicate.profile;
        refuse(programme.profiles.contains(profile), format!("{} has no profile {profile}", programme.name));
        let version = &predicate.failspec.version;
        refuse(
            programme.versions.is_empty() || programme.versions.contains(version),
            format!("{} does not accept failspec {version}", programme.name),
        );
        let binary = predicate.failspec.sha256.as_deref().unwrap_or("unknown");
        refuse(
            programme.binaries.is_empty() || programme.binaries.iter().any(|known| known == binary),
            format!("{} does not accept the failspec binary with the digest {binary}", programme.name),
        );
        for pack in &predicate.packs {
            let subject = format!("pack:{}", pack.name);
            let digest = self.statement.subject.iter().find(|it| it.name == subject);
            let digest = digest.map_or("", |subject| subject.digest.sha256.as_str());
            let accepted =
                programme.packs.get(&pack.name).is_some_and(|known| known.iter().any(|it| it == digest));
            let problem =
                format!("{} does not accept the pack {} with the digest {digest}", programme.name, pack.name);
            refuse(accepted, problem);
            let needed = programme.features.get(&pack.name).into_iter().flatten();
            for feature in needed {
                let own = pack.features.iter().find(|own| own.name == *feature);
                let problem = format!(
                    "{} needs the feature {feature} of {}, which the product does not have",
                    programme.name, pack.name
                );
                refuse(own.is_some_and(|own| !own.is_absent()), problem);
            }
            let forbidden = &programme.forbidden;
            for (word, found) in forbidden.iter().flat_map(|what| rests_on(*what, pack, &programme.addresses))
            {
                refuse(false, format!("{} forbids {word}: {}: {found}", programme.name, pack.name));
            }
        }
        let times = (predicate.issued.parse::<Timestamp>(), predicate.valid_until.parse::<Timestamp>());
        if let (Ok(issued), Ok(until), Some(longest)) = (times.0, times.1, programme.max_validity) {
            let days = longest.as_hours() / 24;
            let problem = format!("it is valid for longer than {} allows: {days} days", programme.name);
            refuse(until.duration_since(issued) <= longest, problem);
        }
    }

    /// Verifies that all requirements were met, except those that the programme excuses.
    fn verify_result(&self, programme: Option<&Programme>, done: &mut Verification) {
        let predicate = &self.statement.predicate;
        done.unmet.extend(predicate.run_violations.iter().cloned());
        let mut any = false;
        for (pack, requirement) in self.requirements().filter(|(_, requirement)| requirement.required) {
            any |= requirement.outcome != RequirementOutcome::NotApplicable;
            if !requirement.outcome.is_unmet() {
                continue;
            }
            let approved = programme.into_iter().flat_map(|programme| &programme.errata);
            let mut approved = approved.filter(|it| it.pack == pack && it.requirement == requirement.id);
            let name = format!("{pack}: {}", requirement.id);
            match approved.next() {
                Some(erratum) => done.excused.push((name, erratum.reason.clone())),
                None => done.unmet.push(told(&name, requirement)),
            }
        }
        if !any {
            let text = "the profile requires nothing that is applicable, so there is nothing to pass";
            done.unmet.push(text.to_owned());
        }
    }
}

/// Returns what a certified pack rests on and a programme forbids, each with the word for it.
fn rests_on(what: Forbidden, pack: &CertifiedPack, accepted: &[String]) -> Vec<(&'static str, String)> {
    let (target, changes) = (&pack.target, &pack.target.changes);
    let others = || target.other_servers.iter().map(|server| server.address.clone());
    // The address of a condition, too: its cases may not have run.
    let conditions = || changes.conditions.iter().filter_map(|condition| condition.address.clone());
    let all = || std::iter::once(target.url.clone()).chain(others()).chain(conditions());
    let is_local = |url: &String| url::Url::parse(url).is_ok_and(|url| is_loopback(&url));
    let found: Vec<String> = match what {
        Forbidden::Loopback => all().filter(is_local).collect(),
        Forbidden::PlainHttp => all().filter(|url| !url.starts_with("https:")).collect(),
        Forbidden::OtherAddresses => {
            let own = super::predicate::origin(&target.url);
            let other = |url: &String| Some(url) != own.as_ref() && !accepted.contains(url);
            others().chain(conditions()).filter(other).collect()
        }
        Forbidden::Proxy => target.ways().map(ToString::to_string).collect(),
        Forbidden::Authorities => changes.authorities.iter().map(|it| format!("sha256:{it}")).collect(),
        Forbidden::Operations => changes.operations.iter().map(ToString::to_string).collect(),
        Forbidden::Conditions => changes.conditions.iter().map(ToString::to_string).collect(),
        Forbidden::Commands => {
            let conditions = changes.conditions.iter().filter(|condition| !condition.commands.is_empty());
            let of_roles = changes.commands.iter().map(ToString::to_string);
            of_roles.chain(conditions.map(ToString::to_string)).collect()
        }
        Forbidden::CheckLevels => {
            let lenient = pack.check_levels.iter().filter(|level| CheckLevelReport::is_lenient(level));
            lenient.map(ToString::to_string).collect()
        }
    };
    let found: BTreeSet<String> = found.into_iter().collect();
    let word = FORBIDDABLE.iter().find(|(known, ..)| *known == what).map_or("", |(_, word, _)| word);
    found.into_iter().map(|found| (word, found)).collect()
}

fn told(name: &str, requirement: &Requirement) -> String {
    let why = requirement.why.as_ref().map_or_else(String::new, |why| format!(": {why}"));
    format!("{name} ({}{why})", requirement.outcome.as_str())
}

/// Maximum number of inconsistencies that are listed.
const MAX_COUNT: usize = 12;

fn differences(at: &str, wanted: &Value, said: &Value, problems: &mut Vec<String>) {
    if problems.len() >= MAX_COUNT || wanted == said {
        return;
    }
    match (wanted, said) {
        (Value::Object(wanted), Value::Object(said)) => {
            let names: BTreeSet<&String> = wanted.keys().chain(said.keys()).collect();
            for name in names {
                let [wanted, said] = [wanted.get(name), said.get(name)].map(|it| it.unwrap_or(&Value::Null));
                differences(&format!("{at}/{name}"), wanted, said, problems);
            }
        }
        (Value::Array(wanted), Value::Array(said)) if wanted.len() == said.len() => {
            for (index, (wanted, said)) in wanted.iter().zip(said).enumerate() {
                differences(&format!("{at}/{index}"), wanted, said, problems);
            }
        }
        _ => {
            let short = |value: &Value| value.to_string().chars().take(90).collect::<String>();
            problems.push(format!(
                "{at} is {} in the certificate, but {} according to the report and the packs",
                short(said),
                short(wanted)
            ));
        }
    }
}

/// Finds contradictions in a report, and cases of the packs that are missing in it.
fn inconsistencies(report: &RunReport, packs: &[Arc<Pack>]) -> Vec<String> {
    let mut found = Vec::new();
    for part in &report.packs {
        let label = part.header.label();
        let Some(pack) = packs.iter().find(|pack| pack.label() == label) else { continue };
        if part.header.digest != pack.digest {
            found.push(format!(
                "the report was made with a different {label}: its digest is {}",
                part.header.digest
            ));
        }
        let names: BTreeSet<String> = case_names(pack).map(|(name, ..)| name).collect();
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        for case in report.cases.iter().filter(|case| *case.pack == *pack.name) {
            *seen.entry(&case.name).or_default() += 1;
            if !case.is_consistent() {
                found.push(format!("the report contradicts itself about {}", case.name));
            }
        }
        found.extend(not_applicable_without_reason(report, part, pack));
        found.extend(
            names
                .iter()
                .filter(|name| !seen.contains_key(name.as_str()))
                .map(|name| format!("the report has no case {name}")),
        );
        found.extend(
            seen.iter().filter(|(name, count)| **count > 1 || !names.contains(**name)).map(
                |(name, count)| format!("the report has the case {name} {count} times, unlike the pack"),
            ),
        );
    }
    let known: BTreeSet<&str> = report.packs.iter().map(|part| part.header.name.as_str()).collect();
    found.extend(
        report
            .cases
            .iter()
            .filter(|case| !known.contains(&*case.pack))
            .map(|case| format!("the report has the case {} of a pack that it does not cover", case.name)),
    );
    if report.reference != report.packs.iter().any(|part| part.header.reference) {
        found.push("the report contradicts itself about having tested a reference implementation".to_owned());
    }
    let verdict = verdict(report);
    if report.verdict != verdict {
        let said = report.verdict.as_str();
        found.push(format!(
            "the report calls itself `{said}`, but from its cases follows `{}`",
            verdict.as_str()
        ));
    }
    found.truncate(MAX_COUNT);
    found
}

/// Finds cases that the report calls not applicable although they belong to no feature that the product does not have.
fn not_applicable_without_reason(report: &RunReport, part: &PackReport, pack: &Pack) -> Vec<String> {
    let is_absent =
        |name: &str| part.features.iter().any(|feature| feature.name == name && feature.is_absent());
    let excused: BTreeSet<String> = case_names(pack)
        .filter(|(_, scenario, _)| {
            pack.contract.features_of(scenario).any(|feature| is_absent(&feature.name))
        })
        .map(|(name, ..)| name)
        .collect();
    let cases = report.cases.iter().filter(|case| *case.pack == *pack.name);
    let cases = cases.filter(|case| case.outcome == Outcome::NotApplicable && !excused.contains(&*case.name));
    cases.map(|case| format!("{} belongs to no feature that the product does not have", case.name)).collect()
}

/// Returns the verdict that follows from the cases and the findings of a report. An interruption shows nowhere else.
fn verdict(report: &RunReport) -> Verdict {
    let summary = Summary::of(&report.cases, report.packs.iter().map(|pack| &pack.coverage));
    summary.verdict(VerdictInput {
        interrupted: report.verdict == Verdict::Interrupted,
        stopped: report.diagnosis.is_some(),
        violation: report.run_findings.iter().any(|finding| finding.violation),
        missing: report.packs.iter().any(|pack| !pack.coverage.missing().is_empty())
            || is_cut_short(&report.cases),
    })
}
