//! Optional parts of an API, which a product may leave out.

use failspec_base::syntax::{Entry, Field, Location, MappingSchema, ValueType};

use super::{
    Contract, Scenario,
    read_context::ReadContext,
    request::{self, RequestPatch, RequestTemplate},
    status::{STATUSES, StatusPattern},
    step::check_parameters,
};

/// An optional part of an API: a product may leave it out, and is then not judged by it.
#[derive(Debug, Clone)]
pub struct Feature {
    /// Its name.
    pub name: String,
    /// The abilities of a product with it.
    pub about: String,
    /// The safe request whose response tells whether a product has it.
    pub probe: RequestTemplate,
    /// The statuses of that response that tell that a product does not have it.
    pub absent: Vec<StatusPattern>,
    /// The failures that belong to it, by id.
    pub failures: Vec<String>,
    /// The operations that belong to it, by name: scenarios that send one of them belong to it as well.
    pub operations: Vec<String>,
    /// The location of its declaration.
    pub place: Location,
}

pub(super) static FEATURE: MappingSchema = MappingSchema {
    name: "feature",
    about: "an optional part of the API: failures and operations that a product without it need not have",
    fields: &[
        Field::required(
            "about",
            ValueType::Text,
            "what a product with it can do, and where it is documented as optional",
        ),
        Field::required(
            "probe",
            ValueType::MappingSchema(&PROBE),
            "a safe request whose response tells whether a product has it: a success, or one of `absent`. Any other \
             response tells nothing, and the cases run",
        ),
        Field::optional(
            "absent",
            STATUSES,
            "the statuses of that response that tell that a product does not have it (default: 404 and 501)",
        ),
        Field::optional("failures", ValueType::List(&ValueType::Text), "the failures that belong to it"),
        Field::optional(
            "operations",
            ValueType::List(&ValueType::Text),
            "the operations that belong to it; scenarios that send one of them belong to it as well",
        ),
    ],
    also: &[],
};

pub(super) static PROBE: MappingSchema = MappingSchema {
    name: "probe",
    about: "a safe request whose response tells whether a product has a feature",
    fields: &[],
    also: request::KEYS,
};

/// The statuses by which a product without a feature responds to its probe, unless the contract says otherwise.
const ABSENT: [StatusPattern; 2] = [StatusPattern::Exactly(404), StatusPattern::Exactly(501)];

impl Feature {
    /// Reads one entry of `features`.
    pub(super) fn read(entry: &Entry, names: &ReadContext<'_>) -> Option<Self> {
        let (reader, contract) = (names.reader, names.contract);
        let fields = reader.fields(&entry.value, &FEATURE)?;
        let list = |key: &str| fields.get(key).map(|node| reader.list(node)).unwrap_or_default();
        let mut failures = Vec::new();
        for node in list("failures") {
            let Some(id) = reader.text(node) else { continue };
            let known = || contract.failures.iter().chain(&contract.not_in_force).map(|failure| &*failure.id);
            if known().any(|known| known == id) {
                failures.push(id.to_owned());
            } else {
                reader.unknown(node.span, "failure", id, known());
            }
        }
        let mut operations = Vec::new();
        for node in list("operations") {
            let Some(name) = reader.text(node) else { continue };
            if contract.operations.contains_key(name) {
                operations.push(name.to_owned());
            } else {
                reader.unknown(node.span, "operation", name, contract.operations.keys().map(String::as_str));
            }
        }
        if list("failures").is_empty() && list("operations").is_empty() {
            reader.error_hint(
                entry.value.span,
                format!("nothing belongs to the feature `{}`", entry.key),
                "list its `failures`, its `operations` or both",
            );
        }
        let probe = fields.get("probe")?;
        let request_fields = reader.fields(probe, &PROBE)?;
        let patch = RequestPatch::read(&request_fields, names);
        if !request_fields.has("request") {
            reader.error_hint(probe.span, "`request` is missing", "give `request: GET /path`");
        }
        let request = patch.into_request()?;
        check_parameters(&request, names, probe);
        if !request.is_safe() {
            let hint = "use GET, HEAD or OPTIONS";
            reader.error_hint(probe.span, "a probe must not change anything", hint);
        }
        let absent = match fields.get("absent") {
            Some(node) => StatusPattern::read_all(node, reader, "404"),
            None => ABSENT.to_vec(),
        };
        // A success would tell both.
        let is_success = |status: &StatusPattern| {
            matches!(status, StatusPattern::Class(2) | StatusPattern::Exactly(200..300))
        };
        if let (Some(node), true) = (fields.get("absent"), absent.iter().any(is_success)) {
            let hint = "a product that has the feature responds with a success";
            reader.error_hint(node.span, "a success cannot tell that a product lacks the feature", hint);
        }
        Some(Self {
            name: entry.key.clone(),
            about: fields.get("about").and_then(|node| reader.text(node)).unwrap_or_default().to_owned(),
            probe: request,
            absent,
            failures,
            operations,
            place: reader.place(entry.key_span),
        })
    }

    /// Returns true if a scenario belongs to the feature: its failure does, or an operation that it sends.
    pub fn has(&self, scenario: &Scenario, contract: &Contract) -> bool {
        let failure = scenario.failure.map(|index| &contract.failures[index].id);
        failure.is_some_and(|id| self.failures.contains(id))
            || scenario.requests().any(|request| {
                request.line.operation.as_ref().is_some_and(|name| self.operations.contains(name))
            })
    }
}

impl Contract {
    /// Returns the features that a scenario belongs to, in the order of the contract.
    pub fn features_of(&self, scenario: &Scenario) -> impl Iterator<Item = &Feature> {
        self.features.iter().filter(move |feature| feature.has(scenario, self))
    }
}
