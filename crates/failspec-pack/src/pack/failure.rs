//! A documented failure.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use failspec_base::syntax::{Decoder, Field, Fields, Location, MappingSchema, Node, NodeValue, ValueType};

use super::{
    envelope::{BodyRule, ENVELOPE, Envelope, LOCATION},
    pointer::Pointer,
    provenance::{Provenance, WORDS},
    rules::{self, CodeRule, HeaderRule, LEAKS, Part, Rules},
    schema::SchemaRegistry,
    status::StatusPattern,
    triggers::{NO_SERVER_ERROR_ID, SUCCESS_ID},
    validity::{self, Period},
};

/// A documented failure.
#[derive(Debug, Clone)]
pub struct Failure {
    /// Its name in the pack.
    pub id: String,
    /// The meaning of the failure, in the terms of the documentation.
    pub summary: String,
    /// The page or line that documents it.
    pub documentation: Option<String>,
    /// The origin of the statement that it exists.
    pub source: Provenance,
    /// The rules for its response.
    pub rules: Rules,
    /// The envelope of its response: the contract's, with overrides.
    pub envelope: Envelope,
    /// The documented advice to clients.
    pub retry: Option<Retry>,
    /// Causes that the documentation lists; each needs a scenario.
    pub causes: Vec<String>,
    /// The condition that its scenarios need.
    pub condition: Option<String>,
    /// Its tags, which all its scenarios have.
    pub tags: Vec<String>,
    /// The reason why no scenario tests it, if it is excluded.
    pub excluded: Option<String>,
    /// True if the documentation also allows an API to accept such a request. A rejection must still conform.
    pub refusal_optional: bool,
    /// The origin of the rule that its response reveals no internal details, if there is one.
    pub leaks_forbidden: Option<Provenance>,
    /// Pointer to what names the parameter or member that is wrong, if the documentation promises that.
    pub names: Option<Pointer>,
    /// The ids of the failures that it wins against, if a request has both faults.
    pub precedes: Vec<String>,
    /// Parts that differ between responses and are masked in snapshots.
    pub varies: Vec<Part>,
    /// The period in which it is documented.
    pub period: Period,
    /// Its location in the contract.
    pub place: Location,
}

/// The documented advice to clients about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Retry {
    /// The same request fails in the same way.
    Never,
    /// Only a corrected request can succeed.
    FixRequest,
    /// Log in again or refresh the token, then retry.
    RefreshCredentials,
    /// Fetch the resource again, then retry with its version.
    Refetch,
    /// Retry after the time that the response states.
    AfterDelay,
    /// Retry with increasing delays.
    Backoff,
}

impl Retry {
    /// Returns the word of the contract.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::FixRequest => "fix_request",
            Self::RefreshCredentials => "refresh_credentials",
            Self::Refetch => "refetch",
            Self::AfterDelay => "after_delay",
            Self::Backoff => "backoff",
        }
    }
}

pub(super) const RETRIES: &[&str] =
    &["never", "fix_request", "refresh_credentials", "refetch", "after_delay", "backoff"];

const REFUSAL: &[&str] = &["required", "optional"];

pub(super) static FAILURE: MappingSchema = MappingSchema {
    name: "failure",
    about: "a documented failure",
    fields: &[
        Field::required("id", ValueType::Name, "the name of the failure in the pack"),
        rules::STATUS,
        rules::CODE,
        rules::CODES,
        Field::required(
            "summary",
            ValueType::Text,
            "the meaning of the failure, in the words of the documentation",
        ),
        Field::optional("documentation", ValueType::Text, "the page or line that documents the failure"),
        Field::optional(
            "source",
            ValueType::Words(WORDS),
            "the origin of the statement that this failure exists (default: documented)",
        ),
        Field::optional(
            "causes",
            ValueType::List(&ValueType::Name),
            "the causes that the documentation lists; each needs a scenario",
        ),
        Field::optional(
            "retry",
            ValueType::Words(RETRIES),
            "what a client should do after the failure; omit if undocumented",
        ),
        rules::HEADERS,
        rules::OPTIONAL_HEADERS,
        rules::SCHEMA,
        rules::MATCH,
        Field::optional(
            "envelope",
            ValueType::MappingSchema(&ENVELOPE),
            "overrides of the contract's envelope; `null` removes a part",
        ),
        rules::RETRY_AFTER,
        Field::optional(
            "varies",
            ValueType::List(&ValueType::Either(&[
                ValueType::Pointer,
                ValueType::MappingSchema(&rules::RETRY_AFTER_LOCATION),
            ])),
            "parts that differ between responses, masked in snapshots: pointers, or { header }",
        ),
        Field::optional(
            "names",
            LOCATION,
            "pointer to what names the query parameter or member of the body that is wrong, in its own spelling: a text that \
             contains the name, a list or the keys of an object; `*` matches any item of a list",
        ),
        Field::optional(
            "precedes",
            ValueType::List(&ValueType::Name),
            "the failures that this one wins against where a request has both faults; omit what is not documented",
        ),
        rules::LEAKS_FIELD,
        Field::optional(
            "refusal",
            ValueType::Words(REFUSAL),
            "`optional`: accepting the request is only a warning, but steps of `then` must hold all the same; a \
             refusal must still conform (default: required)",
        ),
        Field::optional("condition", ValueType::Name, "the condition that the scenarios of the failure need"),
        Field::optional("excluded", ValueType::Text, "the reason why no scenario tests the failure"),
        Field::optional(
            "tags",
            ValueType::List(&ValueType::Name),
            "names by which a run selects cases (`--only tag=slow`): all scenarios of the failure have them",
        ),
        validity::SINCE,
        validity::UNTIL,
        Field::optional(
            "inferred",
            ValueType::MappingSchema(&rules::INFERRED),
            "inferred constraints (not documented): breaking one is a warning",
        ),
    ],
    also: &[],
};

/// Reads `leaks`, or the same in the block of what is inferred.
fn leaks(fields: &Fields<'_>, reader: &Decoder) -> Option<Provenance> {
    let is_forbidden = |node: &Node| reader.word(node, LEAKS).is_some();
    let documented = fields.get("leaks").filter(|node| is_forbidden(node)).map(|_| Provenance::Documented);
    let inferred = fields.get("inferred").and_then(|node| node.get("leaks"));
    let inferred = inferred.filter(|node| is_forbidden(node)).map(|_| Provenance::Inferred);
    documented.or(inferred)
}

impl Failure {
    pub(super) fn read(
        node: &Node,
        envelope: &Envelope,
        reader: &Decoder,
        library: &SchemaRegistry,
    ) -> Option<Self> {
        let fields = reader.fields(node, &FAILURE)?;
        let text = |key: &str| fields.get(key).and_then(|node| reader.text(node)).map(str::to_owned);
        let source =
            fields.get("source").map_or(Provenance::Documented, |node| Provenance::read(node, reader));
        let mut rules = Rules::default();
        rules.add(&fields, reader, library, source);
        if let Some(node) = fields.get("codes") {
            rules.add_codes(node, reader);
        }
        let mut envelope = match fields.get("envelope") {
            Some(node) => envelope.with(node, reader, library, source),
            None => envelope.clone(),
        };
        if let Some(node) = fields.get("inferred") {
            envelope = rules.add_ours(node, envelope, reader, library);
        }
        let id_node = fields.get("id")?;
        let id = reader.text(id_node).filter(|id| reader.check_name(id, id_node.span))?.to_owned();
        let is_given = fields.has("status") || fields.get("inferred").is_some_and(has_status);
        if rules.status.is_none() && !is_given {
            reader.error_hint(
                id_node.span,
                format!("`{id}` has no status"),
                "give `status`, or `inferred: { status: … }` if the documentation names none",
            );
        }
        if [SUCCESS_ID, NO_SERVER_ERROR_ID].contains(&id.as_str()) {
            let hint = "give another id: cases whose request has no fault have this name";
            reader.error_hint(id_node.span, format!("`{id}` is no name of a failure"), hint);
        }
        if envelope.body == BodyRule::Empty {
            refuse_parts_of_a_body(&rules, &envelope, reader, id_node);
        }
        let causes = fields.get("causes").map(|node| read_names(node, reader)).unwrap_or_default();
        let retry = fields.get("retry").and_then(|node| reader.word(node, RETRIES)).map(|index| {
            use Retry::{AfterDelay, Backoff, FixRequest, Never, Refetch, RefreshCredentials};
            [Never, FixRequest, RefreshCredentials, Refetch, AfterDelay, Backoff][index]
        });
        Some(Self {
            id,
            summary: text("summary").unwrap_or_default(),
            documentation: text("documentation"),
            source,
            rules,
            envelope,
            retry,
            causes,
            condition: text("condition"),
            tags: fields.get("tags").map(|node| read_names(node, reader)).unwrap_or_default(),
            excluded: fields.get("excluded").and_then(|node| reader.reason(node)),
            refusal_optional: fields.get("refusal").and_then(|node| reader.word(node, REFUSAL)) == Some(1),
            leaks_forbidden: leaks(&fields, reader),
            names: fields.get("names").and_then(|node| Pointer::read_location(node, reader)),
            precedes: fields.get("precedes").map(|node| read_names(node, reader)).unwrap_or_default(),
            varies: fields.get("varies").map(|node| read_varies(node, reader)).unwrap_or_default(),
            period: Period::read(&fields, reader),
            place: reader.place(id_node.span),
        })
    }

    /// Returns the statuses that its response may have.
    pub fn statuses(&self) -> &[StatusPattern] {
        self.rules.status.as_ref().map(|ruled| ruled.rule.as_slice()).unwrap_or_default()
    }

    /// Returns true if it stands for any refusal: a class of statuses (and 501) and nothing else says what it is, and that
    /// is only inferred. Such a failure is not documented: it identifies no response, and needs no coverage.
    pub fn is_any_refusal(&self) -> bool {
        self.rules.code.is_none()
            && self.rules.matches.is_empty()
            && !self.source.is_binding()
            && self.statuses().iter().all(|status| status.exactly().is_none_or(|status| status == 501))
            && self.statuses().iter().any(|status| status.exactly().is_none())
    }

    /// Returns true if its response may have this status.
    pub fn allows_status(&self, status: u16) -> bool {
        self.statuses().iter().any(|pattern| pattern.matches(status))
    }

    /// Returns true if no response can be told to be one of the two failures and not the other: they share a status,
    /// their own codes are the same, or none has one, what their bodies must match is the same, and no header has one constant
    /// for one and another for the other.
    pub fn is_indistinguishable_from(&self, other: &Self) -> bool {
        let shares_status =
            self.statuses().iter().any(|it| other.statuses().iter().any(|own| own.overlaps(*it)));
        let same_code = self.code() == other.code();
        let matches = |failure: &Self| -> Vec<(String, Value)> {
            let matches = failure.rules.matches.iter().map(|ruled| &ruled.rule);
            matches.map(|(pointer, schema)| (pointer.to_string(), schema.value.clone())).collect()
        };
        let differs = |rule: &HeaderRule| {
            let same = other.constant_headers().find(|theirs| theirs.name.eq_ignore_ascii_case(&rule.name));
            same.is_some_and(|theirs| theirs.schema != rule.schema)
        };
        let has_own_header = self.constant_headers().any(differs);
        shares_status && same_code && matches(self) == matches(other) && !has_own_header
    }

    /// Returns the documented headers that have one value only: `{ const: GateNoApp }`. They tell failures apart.
    pub fn constant_headers(&self) -> impl Iterator<Item = &HeaderRule> {
        let documented = self.rules.headers.iter().filter(|ruled| ruled.source.is_binding());
        documented.map(|ruled| &ruled.rule).filter(|rule| rule.schema.get("const").is_some())
    }

    /// Returns its own code, if it has one.
    pub fn code(&self) -> Option<&Value> {
        match &self.rules.code.as_ref()?.rule {
            CodeRule::Exactly(code) => Some(code),
            CodeRule::Any => None,
        }
    }

    /// Returns true if `code` is its own code.
    pub fn has_code(&self, code: &Value) -> bool {
        self.code().is_some_and(|own| same_code(own, code))
    }

    /// Returns true if the documentation allows `code`: its own code or one of `codes`.
    pub fn accepts(&self, code: &Value) -> bool {
        self.has_code(code) || self.rules.codes.iter().any(|known| same_code(known, code))
    }
}

/// Returns true if two codes are the same. Numbers are compared by their value: JSON does not distinguish `1` and
/// `1.0`.
pub fn same_code(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            let mixed = one.is_f64() != other.is_f64();
            one == other || (mixed && one.as_f64().is_some_and(|one| other.as_f64() == Some(one)))
        }
        _ => one == other,
    }
}

/// Returns true if an `inferred` block has a status, right or wrong.
fn has_status(inferred: &Node) -> bool {
    inferred.as_map().is_some_and(|entries| entries.iter().any(|entry| entry.key == "status"))
}

/// Reports rules about the body of a failure whose body must be empty.
fn refuse_parts_of_a_body(rules: &Rules, envelope: &Envelope, reader: &Decoder, id: &Node) {
    let waits = || rules.retry_after.iter().flat_map(|ruled| &ruled.rule);
    let parts = [
        // A code in a header needs no body.
        ("code", rules.code.is_some() && envelope.code.is_none()),
        ("schema", !rules.schema.is_empty()),
        ("match", !rules.matches.is_empty()),
        ("retry_after", waits().any(|location| matches!(location.part, Part::Body(_)))),
    ];
    for (key, _) in parts.iter().filter(|(_, is_there)| *is_there) {
        let title = format!("`{key}` describes a body, but `body: empty` forbids one");
        reader.error_hint(id.span, title, "remove one of the two");
    }
}

fn read_names(node: &Node, reader: &Decoder) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for item in reader.list(node) {
        let Some(name) = reader.text(item).filter(|name| reader.check_name(name, item.span)) else {
            continue;
        };
        if names.iter().any(|known| known == name) {
            reader.error(item.span, format!("`{name}` appears twice"));
        }
        names.push(name.to_owned());
    }
    names
}

fn read_varies(node: &Node, reader: &Decoder) -> Vec<Part> {
    reader
        .items(node)
        .iter()
        .filter_map(|item| match &item.value {
            NodeValue::Map(_) => Part::read(&reader.fields(item, &rules::RETRY_AFTER_LOCATION)?, reader),
            _ => Pointer::read(item, reader).map(Part::Body),
        })
        .collect()
}
