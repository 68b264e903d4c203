//! The failures that an OpenAPI document declares.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::names::{Unique, slug};
use failspec_base::message::phrase;
use failspec_pack::{
    openapi::{Api, Operation, ResponseStatus},
    pack::{
        Provenance, StatusPattern,
        writing::{Demand, EnvelopeSource, FailureSource},
    },
};

use super::{
    error_envelope::{ErrorEnvelope, json},
    fault_kind::FaultKind,
};

/// The failures that a document declares, and combined failures for faults with several possible statuses.
#[derive(Debug)]
pub(super) struct FailureCatalog<'a> {
    file: &'a str,
    shape: Option<&'a ErrorEnvelope>,
    names: Unique,
    /// The statuses with which all errors have the common envelope.
    shaped: BTreeSet<u16>,
    /// The declared failures, by status.
    by_status: BTreeMap<u16, Vec<FailureSource>>,
    /// The combined failures, by their statuses and the name of the kind of fault.
    combined: BTreeMap<(Vec<u16>, &'static str), FailureSource>,
    /// The failure of faults whose refusal is not declared.
    undeclared: Option<FailureSource>,
}

/// The failure that a scenario triggers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trigger {
    /// The id of the failure.
    pub failure: String,
}

impl<'a> FailureCatalog<'a> {
    /// Collects the failures of a document. `file` is the name of its file.
    pub fn new(api: &Api, file: &'a str, shape: Option<&'a ErrorEnvelope>) -> Self {
        let mut catalogue = Self {
            file,
            shape,
            names: Unique::default(),
            shaped: BTreeSet::new(),
            by_status: BTreeMap::new(),
            combined: BTreeMap::new(),
            undeclared: None,
        };
        let mut statuses: BTreeMap<u16, Vec<&failspec_pack::openapi::Response>> = BTreeMap::new();
        for response in api.operations.iter().flat_map(|operation| &operation.responses) {
            if let ResponseStatus::Exactly(status) = response.status
                && status >= 400
            {
                statuses.entry(status).or_default().push(response);
            }
        }
        let is_shaped = |response: &&failspec_pack::openapi::Response| {
            shape.is_some_and(|shape| shape.fits(response, &api.bundle))
        };
        let shaped = statuses.iter().filter(|(_, responses)| responses.iter().all(&is_shaped));
        catalogue.shaped = shaped.map(|(status, _)| *status).collect();
        let codes: BTreeMap<u16, Vec<Value>> =
            statuses.iter().map(|(status, responses)| (*status, codes(responses, api))).collect();
        for (status, responses) in statuses {
            let own = &codes[&status];
            // A list of codes that several statuses share does not say which code belongs to which status.
            let shared = own.len() > 1 && codes.iter().any(|(other, codes)| *other != status && codes == own);
            catalogue.add(status, &responses, if shared { &[] } else { own });
        }
        // A server that does not know a method at all says 501 (RFC 9110, section 15.6.2). Where the document says nothing
        // of the body, that is the same failure.
        let has_body =
            catalogue.shaped.contains(&405) || codes.get(&405).is_some_and(|codes| !codes.is_empty());
        let failures = catalogue.by_status.get_mut(&405).filter(|_| !has_body && !codes.contains_key(&501));
        for failure in failures.into_iter().flatten() {
            failure.status = vec![405, 501].into();
        }
        catalogue
    }

    fn add(&mut self, status: u16, responses: &[&failspec_pack::openapi::Response], codes: &[Value]) {
        let mut words: BTreeMap<&str, usize> = BTreeMap::new();
        for response in responses.iter().filter(|it| !it.description.trim().is_empty()) {
            *words.entry(response.description.as_str()).or_default() += 1;
        }
        let most = words.into_iter().max_by_key(|(_, count)| *count).map(|(text, _)| text);
        let reason = phrase(status);
        let summary = most.or(reason).unwrap_or("An error").split_whitespace().collect::<Vec<_>>().join(" ");
        let documentation = responses.first().map(|it| self.link(&it.pointer));
        let envelope = self.other_envelope(self.shaped.contains(&status));
        let plain = reason.map_or_else(|| format!("http_{status}"), slug);
        let failure = |id: String, code: Option<Value>| FailureSource {
            id,
            status: vec![status].into(),
            codes: if code.is_some() && codes.len() > 1 { codes.to_vec() } else { Vec::new() },
            code,
            summary: summary.chars().take(200).collect(),
            documentation: documentation.clone(),
            envelope: envelope.clone(),
            ..FailureSource::default()
        };
        let with_codes = !codes.is_empty() && self.shape.is_some_and(|shape| shape.code.is_some());
        let failures = if with_codes && self.shaped_code(status) {
            let names = &mut self.names;
            let ids: Vec<String> = codes
                .iter()
                .map(|code| {
                    let text = code.as_str().map_or_else(|| format!("code_{code}"), slug);
                    names.name(&text, &status.to_string())
                })
                .collect();
            ids.into_iter().zip(codes).map(|(id, code)| failure(id, Some(code.clone()))).collect()
        } else {
            let id = self.names.name(&plain, &status.to_string());
            vec![failure(id, None)]
        };
        self.by_status.insert(status, failures);
    }

    /// Returns a link to a location in the document among the files of the pack.
    pub fn link(&self, pointer: &str) -> String {
        match self.file.rsplit_once('/') {
            // The pointer is into another file and begins with the name of that file.
            Some((folder, _)) if !pointer.is_empty() && !pointer.starts_with('/') => {
                format!("{folder}/{pointer}")
            }
            _ => format!("{}#{pointer}", self.file),
        }
    }

    /// Returns the envelope of a failure whose responses do not have the common one.
    fn other_envelope(&self, has_common: bool) -> Option<EnvelopeSource> {
        self.shape.filter(|_| !has_common).map(|shape| shape.envelope.nothing_of_it())
    }

    /// Returns true if errors of this status have their code where the envelope has it.
    fn shaped_code(&self, status: u16) -> bool {
        self.shaped.contains(&status) && self.shape.is_some_and(|shape| shape.envelope.code.is_some())
    }

    /// Returns the failure that a kind of fault triggers at an operation.
    ///
    /// # Errors
    /// Returns the reason if no failure can be expected.
    pub fn trigger(&mut self, operation: &Operation, class: FaultKind) -> Result<Trigger, String> {
        if class == FaultKind::ZeroId {
            return Ok(self.undeclared());
        }
        let declares =
            |status: &u16| operation.responses.iter().any(|it| it.status == ResponseStatus::Exactly(*status));
        if class.is_about_roles() && !(class == FaultKind::Denied && declares(&403)) {
            // That the operation is guarded says only that somebody may not call it. Who is another tenant says the user of
            // the import.
            let inferred = match class {
                FaultKind::Denied => true,
                FaultKind::DeniedForUnknown => !declares(&403),
                _ => false,
            };
            let class = if inferred { FaultKind::Denied } else { class };
            let documentation = Some(self.link(&operation.pointer) + "/security");
            return Ok(self.combine(class.statuses().to_vec(), inferred, documentation, class));
        }
        let mut declared: Vec<u16> = class.statuses().iter().copied().filter(declares).collect();
        // 501 alone says what a server cannot do on some system, and nothing of other methods.
        if class == FaultKind::Method && !declares(&405) {
            declared.clear();
        }
        if declared.is_empty() && class == FaultKind::Credentials && declares(&403) {
            declared.push(403);
        }
        // Nobody has shown that the resource is there: not to find it is right, too.
        if class == FaultKind::CredentialsForUnknown {
            declared = if declared.is_empty() { Vec::new() } else { vec![401, 403, 404] };
        }
        if class == FaultKind::Denied {
            declared = vec![403];
        }
        // An API that looks up a resource by such a value finds none: 404 is correct, declared or not.
        if class == FaultKind::InvalidPath && !declared.is_empty() && !declared.contains(&404) {
            declared.push(404);
        }
        let class_of = operation
            .responses
            .iter()
            .find(|it| matches!(it.status, ResponseStatus::Class(4) | ResponseStatus::Default));
        // A range or `default` also declares the other statuses of the kind of fault. Unknown ids are excluded: no
        // API reports a resource that never existed as gone.
        if class_of.is_some()
            && !declared.is_empty()
            && !matches!(class, FaultKind::Unknown | FaultKind::Denied)
        {
            declared.extend_from_slice(class.statuses());
            declared.sort_unstable();
            declared.dedup();
        }
        if let [status] = declared.as_slice() {
            let failures = self.by_status.get(status).map(Vec::as_slice).unwrap_or_default();
            let likely =
                failures.iter().find(|failure| class.words().iter().any(|word| failure.id.contains(word)));
            if let Some(failure) = likely.or_else(|| failures.first()) {
                return Ok(Trigger { failure: failure.id.clone() });
            }
        }
        let (statuses, inferred, documentation) = if !declared.is_empty() {
            (declared, false, None)
        } else if class == FaultKind::Credentials && operation.is_guarded() {
            (vec![401, 403], false, Some(self.link(&operation.pointer) + "/security"))
        } else if class == FaultKind::CredentialsForUnknown && operation.is_guarded() {
            (vec![401, 403, 404], false, Some(self.link(&operation.pointer) + "/security"))
        } else if let Some(response) = class_of {
            let mut statuses = class.statuses().to_vec();
            // `default` covers both ways to refuse it: a server that looks at no media type cannot read the body.
            if class == FaultKind::MediaType {
                statuses.extend([400, 422]);
            }
            (statuses, true, Some(self.link(&response.pointer)))
        } else if matches!(class, FaultKind::Accept | FaultKind::TooLarge) {
            // A server may ignore what a client accepts (RFC 9110, section 12.4.1), and may take bodies of any size.
            let wanted: Vec<String> = class.statuses().iter().map(ToString::to_string).collect();
            return Err(format!("the operation declares no HTTP {}", wanted.join(" or ")));
        } else {
            return Ok(self.undeclared());
        };
        Ok(self.combine(statuses, inferred, documentation, class))
    }

    /// Returns the failure of a fault whose refusal the operation does not declare: any refusal will do.
    fn undeclared(&mut self) -> Trigger {
        let (names, file) = (&mut self.names, self.file);
        let failure = self.undeclared.get_or_insert_with(|| FailureSource {
            id: names.name("undeclared_refusal", "4xx"),
            status: vec![StatusPattern::Class(4), StatusPattern::Exactly(501)].into(),
            summary: "The request breaks the document, which declares no response to that".to_owned(),
            source: Some(Provenance::Inferred),
            envelope: self.shape.map(|shape| shape.envelope.nothing_of_it()),
            documentation: Some(file.to_owned()),
            ..FailureSource::default()
        });
        Trigger { failure: failure.id.clone() }
    }

    fn combine(
        &mut self,
        mut statuses: Vec<u16>,
        inferred: bool,
        documentation: Option<String>,
        class: FaultKind,
    ) -> Trigger {
        statuses.sort_unstable();
        let key = (statuses.clone(), class.name());
        let envelope = self.other_envelope(statuses.iter().all(|status| self.shaped.contains(status)));
        // If each of the statuses has its own codes, any of these codes is accepted.
        let own =
            |status: &u16| self.by_status.get(status).into_iter().flatten().filter_map(|it| it.code.clone());
        let all_have_codes = statuses.iter().all(|status| own(status).next().is_some());
        let mut codes: Vec<Value> = statuses.iter().filter(|_| all_have_codes).flat_map(own).collect();
        codes.dedup();
        let names = &mut self.names;
        let file = self.file;
        // The id depends only on the statuses, so that the contract of an earlier import contains it.
        let told = statuses.iter().map(ToString::to_string).collect::<Vec<_>>().join("_");
        let mut usual = class.statuses().to_vec();
        usual.sort_unstable();
        let is_usual =
            statuses == usual || matches!(class, FaultKind::Credentials | FaultKind::CredentialsForUnknown);
        let id = if is_usual { class.name().to_owned() } else { format!("{}_{told}", class.name()) };
        let failure = self.combined.entry(key).or_insert_with(|| FailureSource {
            id: names.name(&id, &told),
            status: statuses.into(),
            code: codes.first().cloned(),
            codes: if codes.len() > 1 { codes } else { Vec::new() },
            summary: class.summary().to_owned(),
            source: inferred.then_some(Provenance::Inferred),
            envelope,
            documentation: Some(documentation.unwrap_or_else(|| file.to_owned())),
            // A success that changes nothing harms nobody.
            refusal: (class == FaultKind::NotYoursToChange).then_some(Demand::Optional),
            ..FailureSource::default()
        });
        Trigger { failure: failure.id.clone() }
    }

    /// Returns all failures. A failure that is not in `used`, because no scenario triggers it, is excluded with the
    /// reason.
    pub fn finish(self, blocked: &BTreeMap<u16, String>, used: &BTreeSet<&str>) -> Vec<FailureSource> {
        let combined = self.combined.into_values();
        let combined: Vec<FailureSource> =
            combined.filter(|failure| used.contains(failure.id.as_str())).collect();
        let within = |failure: &FailureSource| {
            combined.iter().find(|it| failure.status.0.iter().all(|status| it.status.0.contains(status)))
        };
        let mut failures: Vec<FailureSource> = Vec::new();
        for mut failure in self.by_status.into_values().flatten() {
            if !used.contains(failure.id.as_str()) {
                let status = failure.status.0.first().and_then(|it| it.exactly()).unwrap_or_default();
                let sibling = !failure.codes.is_empty();
                failure.excluded = Some(match (within(&failure), blocked.get(&status)) {
                    (Some(other), _) => format!("the scenarios of {} accept this failure too", other.id),
                    (None, _) if sibling => "the document does not say which fault has this code".to_owned(),
                    (None, Some(reason)) => reason.clone(),
                    (None, None) => why_not(status).to_owned(),
                });
            }
            failures.push(failure);
        }
        failures.extend(combined);
        failures.extend(self.undeclared.filter(|failure| used.contains(failure.id.as_str())));
        failures
    }
}

/// Returns the reason why the document does not show how to trigger a status.
fn why_not(status: u16) -> &'static str {
    match status {
        403 => "the document does not describe permissions: --denied-role names a role without permission",
        409 | 412 => "the document does not describe the conflict: a scenario must create it first",
        429 => "the document does not state the rate limit",
        500..600 => "a server error: no request should cause it",
        _ => "the document does not say which request causes it",
    }
}

fn codes(responses: &[&failspec_pack::openapi::Response], api: &Api) -> Vec<Value> {
    let mut all: Vec<Value> = Vec::new();
    for response in responses {
        let Some(schema) = json(response).and_then(|it| it.schema.as_ref()) else { return Vec::new() };
        let codes = ErrorEnvelope::codes(schema, &api.bundle);
        if codes.is_empty() {
            return Vec::new();
        }
        all.extend(codes.into_iter().filter(|code| !all.contains(code)).collect::<Vec<_>>());
    }
    all
}
