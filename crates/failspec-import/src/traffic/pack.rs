//! The contract and the scenarios of a recording.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use failspec_base::message::phrase;
use failspec_pack::pack::{
    Provenance, StatusPattern, Variable,
    writing::{
        Codes, Commented, Comments, ContractSource, ControlSource, FailureSource, OperationParts,
        OperationSource, Override, ParameterValue, Parameters, RequestSource, RequiresSource,
        ScenarioFileSource, ScenarioSource, SuccessSource, TriggerSource,
    },
};
use jiff::civil::Date;
use serde_json::Value;

use super::{
    collected::{Kept, NoFailures, Operation, TrafficCollector},
    envelope::detect,
    request::{Parts, replacing},
};
use crate::names::{Unique, slug};

/// The role of requests that carried credentials.
const ROLE: &str = "user";

/// Maximum length of a text of a failure that becomes its summary, in characters.
const MAX_SUMMARY: usize = 120;

/// A draft of a pack from recorded traffic.
#[derive(Debug)]
pub struct TrafficDraft {
    /// The contract.
    pub contract: Commented<ContractSource>,
    /// The scenarios.
    pub scenarios: Commented<ScenarioFileSource>,
    /// The things that a reader must know.
    pub notes: Vec<TrafficNote>,
    /// The request ids, codes and other parts of the envelope, each with where it was seen.
    pub envelope: Vec<(&'static str, String, String)>,
}

/// A thing that is missing in the draft, or was left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrafficNote {
    /// A failure has no scenario, because no request causes it for certain.
    NoScenario {
        /// Its id.
        failure: String,
        /// Its status.
        status: u16,
    },
    /// A scenario has no control: the recording has no success of its operation.
    NoControl {
        /// The name of the scenario.
        scenario: String,
        /// The operation.
        operation: String,
    },
    /// A scenario has no control: the success of its operation in the recording has the same request.
    SameRequest {
        /// The name of the scenario.
        scenario: String,
        /// The operation.
        operation: String,
    },
    /// A scenario writes, and removes nothing.
    NoTeardown {
        /// The name of the scenario.
        scenario: String,
    },
    /// Headers of requests that are not in the scenarios.
    HeadersLeftOut {
        /// Their names.
        names: Vec<String>,
    },
    /// Failures that were not looked at, because there are too many.
    TooMany {
        /// Their number.
        exchanges: u64,
    },
}

impl fmt::Display for TrafficNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoScenario { failure, status } => {
                write!(f, "{failure} has no scenario: no request causes HTTP {status} for certain")
            }
            Self::NoControl { scenario, operation } => {
                write!(
                    f,
                    "{scenario} proves nothing yet: the recording has no success of {operation} as its control"
                )
            }
            Self::SameRequest { scenario, operation } => write!(
                f,
                "{scenario} proves nothing yet: in the recording the same request to {operation} succeeded at another time"
            ),
            Self::NoTeardown { scenario } => write!(f, "{scenario} writes, and has no teardown yet"),
            Self::HeadersLeftOut { names } => {
                write!(f, "headers of the recording that no scenario sends: {}", names.join(", "))
            }
            Self::TooMany { exchanges } => write!(f, "{exchanges} more failures were not looked at"),
        }
    }
}

/// The failures of one status and code.
struct Group<'k> {
    id: String,
    status: u16,
    code: Option<Value>,
    all: Vec<&'k Kept>,
}

impl TrafficCollector {
    /// Drafts a pack. `source` names the recording.
    ///
    /// # Errors
    /// When the recording has no failure of the API.
    pub fn into_draft(self, name: &str, as_of: Date, source: &str) -> Result<TrafficDraft, NoFailures> {
        let collected = self.checked()?;
        let envelope = detect(&collected.failures);
        let code = envelope.code.as_ref().map(|(pointer, _)| pointer.clone());
        let groups = groups(&collected.failures, |body| code.as_ref()?.find(body).cloned());
        let mut draft = Builder::new(&collected);
        let scenarios = groups.iter().filter_map(|group| draft.scenario(group)).collect();
        let mut comments = Comments::default();
        comments.head(format!(
            "The failures that were seen in {source}. It is a draft: what was seen is not what is"
        ));
        comments.head(
            "documented. Compare each failure with the documentation, and remove its `source: inferred`.",
        );
        comments.head("yaml-language-server: $schema=../contract.schema.json");
        let shown = envelope.source(&mut comments);
        let contract = ContractSource {
            name: name.to_owned(),
            as_of,
            documentation: Some(format!("a recording: {source}")),
            success: vec![SuccessSource {
                status: vec![StatusPattern::Class(2)].into(),
                matches: Vec::new(),
            }]
            .into(),
            envelope: shown,
            codes: Some(Codes::Open),
            requires: draft.requires(),
            operations: draft.operations(),
            failures: groups.iter().map(|group| failure(group, &envelope, &collected)).collect(),
            ..ContractSource::default()
        };
        let mut head = Comments::default();
        for line in [
            "Drafted from recorded traffic. Each scenario sends the shortest request that got the failure, and as its",
            "control a request of the same operation that succeeded. Check that the two differ in one fault only.",
            "yaml-language-server: $schema=../../schemas/scenario.schema.json",
        ] {
            head.head(line);
        }
        let parts = [
            ("code", &envelope.code),
            ("message", &envelope.message),
            ("request id", &envelope.request_id),
            ("status", &envelope.status),
        ];
        let seen = parts.into_iter().filter_map(|(part, found)| {
            let (pointer, seen) = found.as_ref()?;
            Some((part, pointer.to_string(), seen.clone()))
        });
        Ok(TrafficDraft {
            contract: Commented { value: contract, comments },
            scenarios: Commented {
                value: ScenarioFileSource {
                    contract: name.to_owned(),
                    scenarios,
                    ..ScenarioFileSource::default()
                },
                comments: head,
            },
            envelope: seen.collect(),
            notes: draft.into_notes(),
        })
    }
}

/// Returns the failures by status and code, the most frequent first.
fn groups(failures: &[Kept], code_of: impl Fn(&Value) -> Option<Value>) -> Vec<Group<'_>> {
    let mut found: BTreeMap<(u16, Option<String>), Group<'_>> = BTreeMap::new();
    for kept in failures {
        let code = kept.body.as_ref().and_then(&code_of).filter(|code| code.is_string() || code.is_number());
        let key = (kept.status, code.as_ref().map(ToString::to_string));
        let group = found.entry(key).or_insert_with(|| Group {
            id: String::new(),
            status: kept.status,
            code,
            all: Vec::new(),
        });
        group.all.push(kept);
    }
    let mut names = Unique::default();
    let mut groups: Vec<Group<'_>> = found.into_values().collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.all.iter().map(|kept| kept.count).sum::<u64>()));
    for group in &mut groups {
        let of_status = || slug(phrase(group.status).unwrap_or("failure"));
        let name = match &group.code {
            Some(Value::String(code)) if !slug(code).is_empty() => slug(code),
            Some(code) if !code.is_string() => format!("{}_{}", of_status(), slug(&code.to_string())),
            _ => of_status(),
        };
        group.id = names.name(&name, &group.status.to_string());
    }
    groups
}

fn failure(
    group: &Group<'_>,
    envelope: &crate::envelope::DraftEnvelope,
    collected: &TrafficCollector,
) -> FailureSource {
    let count: u64 = group.all.iter().map(|kept| kept.count).sum();
    let texts: BTreeSet<&str> = group
        .all
        .iter()
        .filter_map(|kept| envelope.message.as_ref()?.0.find(kept.body.as_ref()?)?.as_str())
        .collect();
    // A text that differs says what was wrong each time.
    let text = texts.first().filter(|_| texts.len() == 1).map(|text| collected.redactor.mask().text(text));
    let text = text.map(|text| text.chars().take(MAX_SUMMARY).collect::<String>());
    let text = text.unwrap_or_else(|| phrase(group.status).unwrap_or("A failure").to_owned());
    FailureSource {
        id: group.id.clone(),
        status: vec![StatusPattern::Exactly(group.status)].into(),
        code: group.code.clone(),
        summary: format!("{text} (seen {count} ×)"),
        source: Some(Provenance::Inferred),
        // Failures without the body of the others have none of its parts.
        envelope: group.all.iter().all(|kept| kept.body.is_none()).then(|| envelope.nothing_of_it()),
        ..FailureSource::default()
    }
}

/// Builds scenarios, and notes what they need.
struct Builder<'c> {
    collected: &'c TrafficCollector,
    operations: BTreeMap<Operation, String>,
    names: Unique,
    scenarios: Unique,
    has_role: bool,
    variables: BTreeMap<String, Variable>,
    left_out: BTreeSet<String>,
    notes: Vec<TrafficNote>,
}

impl<'c> Builder<'c> {
    fn new(collected: &'c TrafficCollector) -> Self {
        Self {
            collected,
            operations: BTreeMap::new(),
            names: Unique::default(),
            scenarios: Unique::default(),
            has_role: false,
            variables: BTreeMap::new(),
            left_out: BTreeSet::new(),
            notes: Vec::new(),
        }
    }

    /// Returns the scenario of a failure: its shortest request, one with a control first.
    fn scenario(&mut self, group: &Group<'_>) -> Option<(String, ScenarioSource)> {
        if group.status >= 500 || group.status == 429 {
            let note = TrafficNote::NoScenario { failure: group.id.clone(), status: group.status };
            self.notes.push(note);
            return None;
        }
        let names = &self.collected.names;
        // A success of the same operation is a control, unless its request is the same.
        let rank = |kept: &&&Kept| {
            let of = |request| Parts::of(request, &kept.operation, names);
            let success = self.collected.successes.get(&kept.operation);
            let place = match success {
                Some(success) if !of(&success.request).is_same_request(&of(&kept.request)) => 0,
                Some(_) => 1,
                None => 2,
            };
            (place, kept.request.url.len() + kept.request.body.len())
        };
        let kept = *group.all.iter().min_by_key(rank)?;
        let parts = Parts::of(&kept.request, &kept.operation, names);
        let name = self.scenarios.name(&group.id, "");
        let control = self.collected.successes.get(&kept.operation);
        let of_control = control.map(|control| Parts::of(&control.request, &kept.operation, names));
        let is_same = of_control.as_ref().is_some_and(|own| own.is_same_request(&parts));
        let of_control = of_control.filter(|_| !is_same);
        self.needs(&parts);
        of_control.iter().for_each(|parts| self.needs(parts));
        let mut request = self.request(&kept.operation, &parts);
        let control =
            of_control.map(|own| Box::new(self.control(&kept.operation, &parts, &own, &mut request)));
        let shown = format!("{} {}", kept.operation.method, kept.operation.pattern);
        if is_same {
            self.notes.push(TrafficNote::SameRequest { scenario: name.clone(), operation: shown });
        } else if control.is_none() {
            self.notes.push(TrafficNote::NoControl { scenario: name.clone(), operation: shown });
        } else if !matches!(kept.operation.method.as_str(), "GET" | "HEAD" | "OPTIONS") {
            self.notes.push(TrafficNote::NoTeardown { scenario: name.clone() });
        }
        let scenario = ScenarioSource {
            triggers: Some(TriggerSource::of(&group.id)),
            source: Some(Provenance::Inferred),
            request,
            control,
            ..ScenarioSource::default()
        };
        Some((name, scenario))
    }

    fn needs(&mut self, parts: &Parts) {
        self.has_role |= parts.has_credentials;
        for name in &parts.variables {
            let about = format!("a value of `{name}` that works; the recording has one");
            self.variables.entry(name.clone()).or_insert(Variable { about, default: None });
        }
        self.left_out.extend(parts.left_out.iter().cloned());
    }

    fn request(&mut self, operation: &Operation, parts: &Parts) -> RequestSource {
        RequestSource {
            line: Some(self.operation(operation)),
            role: parts.has_credentials.then(|| Override::Set(ROLE.to_owned())),
            path: path(&parts.path),
            query: parts.query.iter().cloned().collect(),
            headers: parts.headers.iter().cloned().collect(),
            body: parts.body.clone(),
        }
    }

    /// Returns the changes of the control: the parts of the request that succeeded. Ids in its path become variables.
    fn control(
        &mut self,
        operation: &Operation,
        faulty: &Parts,
        own: &Parts,
        request: &mut RequestSource,
    ) -> ControlSource {
        let role = match (faulty.has_credentials, own.has_credentials) {
            (false, true) => Some(Override::Set(ROLE.to_owned())),
            (true, false) => Some(Override::Removed),
            _ => None,
        };
        let of_path: Vec<String> = own
            .path
            .iter()
            .enumerate()
            .map(|(at, value)| {
                let name = variable_of(operation, at);
                let about = format!(
                    "the id of a thing that is there, for {} {}",
                    operation.method, operation.pattern
                );
                let known = self.variables.entry(name.clone());
                known.or_insert_with(|| Variable { about, default: Some(Value::String(value.clone())) });
                format!("${{{name}}}")
            })
            .collect();
        // Where both have the same id, the fault is elsewhere.
        let is_same = faulty.path == own.path;
        if is_same {
            request.path = path(&of_path);
        }
        let body = match (&faulty.body, &own.body) {
            (one, other) if one == other => None,
            (_, Some(body)) => Some(body.clone()),
            (_, None) => Some(failspec_pack::pack::writing::BodySource::Removed),
        };
        let changes = RequestSource {
            line: None,
            role,
            path: if is_same { Parameters::default() } else { path(&of_path) },
            query: replacing(&own.query, &faulty.query),
            headers: replacing(&own.headers, &faulty.headers),
            body,
        };
        ControlSource { request: changes, ..ControlSource::default() }
    }

    fn operation(&mut self, operation: &Operation) -> String {
        if let Some(name) = self.operations.get(operation) {
            return name.clone();
        }
        let words = format!("{} {}", operation.method.to_ascii_lowercase(), operation.pattern);
        let name = self.names.name(&slug(&words), "");
        self.operations.insert(operation.clone(), name.clone());
        name
    }

    fn operations(&self) -> Vec<(String, OperationSource)> {
        let all = self.operations.iter().map(|(operation, name)| {
            let request = format!("{} {}", operation.method, numbered(&operation.pattern));
            let parts =
                OperationParts { request, source: Some(Provenance::Inferred), ..OperationParts::default() };
            (name.clone(), OperationSource(parts))
        });
        all.collect()
    }

    fn requires(&self) -> Option<RequiresSource> {
        let roles = self
            .has_role
            .then(|| (ROLE.to_owned(), "may do what the client of the recording did".to_owned()));
        let requires = RequiresSource {
            roles: roles.into_iter().collect(),
            variables: self.variables.clone().into_iter().collect(),
            ..RequiresSource::default()
        };
        (requires != RequiresSource::default()).then_some(requires)
    }

    fn into_notes(self) -> Vec<TrafficNote> {
        let mut notes = self.notes;
        if !self.left_out.is_empty() {
            notes.push(TrafficNote::HeadersLeftOut { names: self.left_out.into_iter().collect() });
        }
        if self.collected.left_out > 0 {
            notes.push(TrafficNote::TooMany { exchanges: self.collected.left_out });
        }
        notes
    }
}

/// Returns the name of the parameter of a path at a place: `id`, `id2`.
fn parameter(at: usize) -> String {
    if at == 0 { "id".to_owned() } else { format!("id{}", at + 1) }
}

/// Returns a path whose parameters have names of their own.
fn numbered(pattern: &str) -> String {
    let mut at = 0;
    let segments = pattern.split('/').map(|segment| match segment {
        "{id}" => {
            let name = parameter(at);
            at += 1;
            format!("{{{name}}}")
        }
        // What looks like a placeholder is text here.
        other => other.replace(['{', '}'], ""),
    });
    segments.collect::<Vec<_>>().join("/")
}

fn path(values: &[String]) -> Parameters {
    let named = values
        .iter()
        .enumerate()
        .map(|(at, value)| (parameter(at), ParameterValue::One(Value::String(value.clone()))));
    Parameters::Named(named.collect())
}

/// Returns the variable for an id in a path: `notes_id` for the first of `/notes/{id}`.
fn variable_of(operation: &Operation, at: usize) -> String {
    let mut before = "";
    let mut number = 0;
    for segment in operation.pattern.split('/') {
        if segment == "{id}" {
            if number == at {
                break;
            }
            number += 1;
        } else {
            before = segment;
        }
    }
    let of = slug(before);
    if of.is_empty() { parameter(at) } else { format!("{of}_{}", parameter(at)) }
}
