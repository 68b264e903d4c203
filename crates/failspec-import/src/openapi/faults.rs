//! Faults of a request to an operation.

use super::{
    body::{BadBody, Members, bad_bodies},
    crud::fold,
    fault_kind::FaultKind,
    generate::{Generator, declares},
    invalid_value::{core, of_text},
    joined_lists::of_joined,
    multipart::{Field, bad_forms},
    path_values::names,
    reach::Reach,
    request_spec::{Body, RequestSpec, put},
    unknown_ids::is_id_without_minimum,
    unusual::has_effect,
    valid_request::{ValidRequest, body_of, holds, json_body},
    value_generator::kind,
};
use serde_json::{Map, Value};

use crate::names::slug;
use failspec_base::encoding::percent_encode;
use failspec_pack::{
    openapi::{Operation, ParameterLocation},
    pack::{
        fault_kind::{ALTERNATIVE, MISSING, ZERO_ID},
        writing::StepSource,
    },
};

/// Number of operations from which on a fault in a schema that several of them share is not asked in all of them.
const MANY_OPERATIONS: usize = 60;

/// Maximum number of operations in which it is.
const MAX_ASKED_PARTS: usize = 3;

/// A fault that becomes a scenario.
pub(super) struct Fault {
    pub class: FaultKind,
    pub what: String,
    /// The kind of fault, the same in other operations.
    pub kind: String,
    /// The part of the request that it is in: the name of a member or a parameter.
    pub part: Option<String>,
    /// The location of the rule that it violates.
    pub rule: String,
    pub faulty: RequestSpec,
    pub inferred: bool,
    /// True if most servers accept it, and do what it says.
    pub tolerated: bool,
    /// True if the words of the document tell other values: that it is refused is no surprise.
    pub against_words: bool,
    /// True if its path has an id that nobody but the run has: what it creates there may be removed.
    pub names_own: bool,
    /// The number of objects and lists of the body that it is within.
    pub depth: usize,
    /// Steps that it needs beside those of the valid request: their setup comes last, and their teardown first.
    pub setup: Vec<StepSource>,
    pub teardown: Vec<StepSource>,
}

impl Fault {
    pub fn new(class: FaultKind, what: String, rule: String, faulty: RequestSpec) -> Self {
        let kind = what.clone();
        Self {
            class,
            what,
            kind,
            part: None,
            rule,
            faulty,
            inferred: false,
            tolerated: false,
            against_words: false,
            names_own: false,
            depth: 0,
            setup: Vec::new(),
            teardown: Vec::new(),
        }
    }

    /// Returns true if a refusal says that the document leaves out what the API accepts. What databases and languages cannot
    /// hold is refused for good reasons.
    pub fn should_be_accepted(&self) -> bool {
        const KINDS: [&str; 13] = [
            "allowed_null",
            "documented_value",
            "beyond_ascii",
            "zero",
            "negative",
            "further_member",
            "free_text",
            "empty_text",
            "at_minimum",
            "at_maximum",
            ALTERNATIVE,
            "without_optional_body",
            "without_optional_member",
        ];
        self.class == FaultKind::Unusual && !self.against_words && KINDS.contains(&self.kind.as_str())
    }

    /// Says what kind of fault it is, whatever the part of the request that it is in.
    pub fn of_kind(self, kind: &str, part: &str) -> Self {
        let part = Some(part.to_owned()).filter(|part| !part.is_empty());
        Self { kind: kind.to_owned(), part, ..self }
    }
}

impl Generator<'_> {
    /// Generates all requests with exactly one fault.
    pub(super) fn faults(&mut self, operation: &Operation, right: &ValidRequest) -> Vec<Fault> {
        let mut faults = Vec::new();
        self.parameters(operation, right, &mut faults);
        self.bodies(operation, right, &mut faults);
        self.lone_member(operation, right, &mut faults);
        // What is made of the next ones can be removed, and of odd texts not always: if that stays, no more is made.
        self.negotiation(operation, right, &mut faults);
        self.odd_headers(operation, right, &mut faults);
        self.odd_bodies(operation, right, &mut faults);
        self.strangers(operation, right, &mut faults);
        self.unknown(operation, right, &mut faults);
        self.unusual(operation, right, &mut faults);
        self.odd_addresses(operation, right, &mut faults);
        self.oversized_ids(operation, right, &mut faults);
        self.read_only_members(operation, right, &mut faults);
        self.odd_new_names(operation, right, &mut faults);
        faults
    }

    fn parameters(&mut self, operation: &Operation, right: &ValidRequest, faults: &mut Vec<Fault>) {
        for parameter in &operation.parameters {
            let own = slug(&parameter.name);
            let in_path = parameter.place == ParameterLocation::Path;
            let is_credential = self.is_credential(operation, parameter);
            if parameter.required && !in_path {
                let mut faulty = right.ask.clone();
                put(&mut faulty, parameter, None);
                if is_credential {
                    faulty.absent.push((parameter.place, parameter.name.clone()));
                }
                let what = format!("without_{own}");
                let fault = Fault::new(FaultKind::Invalid, what, parameter.pointer.clone(), faulty);
                faults.push(fault.of_kind(MISSING, &parameter.name));
            }
            if is_credential {
                let why = "a wrong value of what carries the credentials is a wrong credential";
                self.leave_out(why, operation, &format!("values of {}", parameter.name));
                continue;
            }
            if has_effect(operation, parameter) && self.paths.given(&parameter.name).is_none() {
                let why =
                    "its name says that a request that only reads does something with it (--value sets it)";
                self.leave_out(why, operation, &format!("values of {}", parameter.name));
                continue;
            }
            if parameter.json {
                self.json_parameter(operation, parameter, right, faults);
                continue;
            }
            let Some(schema) = &parameter.schema else { continue };
            self.as_documented(operation, parameter, right, faults);
            let mut flaws = of_text(&self.sampler, schema);
            match parameter.separator {
                Some(separator) => flaws.extend(of_joined(&self.sampler, schema, separator)),
                None => self.repeated_lists(operation, parameter, right, faults),
            }
            flaws.extend(self.free_texts(operation, parameter, schema));
            let empty = self.empty_value(parameter, schema);
            flaws.extend(empty.filter(|_| flaws.iter().all(|(_, text)| !text.is_empty())));
            flaws.extend(self.odd_counts(parameter, schema));
            for (flaw, value) in flaws {
                // An unusual id may be one that exists: it is only read.
                let is_bound_of_type = matches!(
                    flaw.what,
                    "beyond_64_bits" | "most_of_64_bits" | "least_of_64_bits" | "huge_integer"
                );
                let may_exist = in_path && flaw.allowed && !is_bound_of_type;
                if !holds(parameter, &value) || may_exist && !operation.is_safe() {
                    continue;
                }
                let mut faulty = right.ask.clone();
                let mut names_own = false;
                if in_path {
                    let Some(named) = self.for_path(operation, parameter, flaw.what, &value) else {
                        continue;
                    };
                    names_own = named.is_own;
                    let instead = percent_encode(&named.text).to_string();
                    let instead = [(parameter.name.as_str(), instead)];
                    let Some(filled) = self.fill_without_others(operation, right, &instead) else {
                        continue;
                    };
                    faulty.path = filled.path;
                } else {
                    put(&mut faulty, parameter, Some(&value));
                }
                let is_zero_id = in_path && flaw.what == "zero" && is_id_without_minimum(parameter);
                let class = match in_path {
                    _ if is_zero_id => FaultKind::ZeroId,
                    _ if flaw.allowed => FaultKind::Unusual,
                    true => FaultKind::InvalidPath,
                    false => FaultKind::Invalid,
                };
                let what = format!("{own}_{}", flaw.what);
                faults.push(Fault {
                    inferred: flaw.doubtful,
                    tolerated: flaw.tolerated,
                    against_words: flaw.against_words,
                    names_own,
                    ..Fault::new(class, what, parameter.pointer.clone(), faulty)
                        .of_kind(if is_zero_id { ZERO_ID } else { flaw.what }, &parameter.name)
                });
            }
        }
    }

    fn bodies(&mut self, operation: &Operation, right: &ValidRequest, faults: &mut Vec<Fault>) {
        let rule = format!("{}/requestBody", operation.pointer);
        if operation.body_required {
            let mut faulty = right.ask.clone();
            faulty.body = None;
            faulty.headers.retain(|(name, _)| name != "Content-Type");
            let is_json = right.body.is_some();
            if is_json {
                // The fault is the missing body, not a missing media type.
                let told = right.ask.headers.iter().find(|(name, _)| name == "Content-Type");
                let told = told.map_or("application/json", |(_, value)| value).to_owned();
                faulty.headers.push(("Content-Type".to_owned(), told));
            }
            // If the media type is missing, too, some APIs report that first.
            let inferred =
                !is_json && FaultKind::MediaType.statuses().iter().any(|status| declares(operation, *status));
            faults.push(Fault {
                inferred,
                ..Fault::new(FaultKind::Invalid, "without_body".to_owned(), rule.clone(), faulty)
            });
        }
        if !operation.body_required && right.ask.body.is_some() {
            let mut faulty = right.ask.clone();
            faulty.body = None;
            faulty.headers.retain(|(name, _)| name != "Content-Type");
            let what = "without_optional_body".to_owned();
            let fault = Fault::new(FaultKind::Unusual, what, rule.clone(), faulty);
            faults.push(Fault { tolerated: true, ..fault });
        }
        if let Some(Body::Form(fields) | Body::Parts(fields)) = &right.ask.body {
            return self.forms(operation, right, fields, faults);
        }
        let Some(value) = &right.body else { return };
        let Some(content) = json_body(operation) else { return };
        let mut faulty = right.ask.clone();
        faulty.body = Some(Body::Text("{\"failspec\": ".to_owned()));
        if faulty.headers.iter().all(|(name, _)| name != "Content-Type") {
            faulty.headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
        }
        let what = "malformed_json".to_owned();
        faults.push(Fault::new(FaultKind::Malformed, what, rule.clone(), faulty));
        let Some(schema) = &content.schema else { return };
        let (mut more, mut of_others) = (0, 0);
        let mut all: Vec<(Value, BadBody)> =
            bad_bodies(&self.sampler, schema, value).into_iter().map(|bad| (value.clone(), bad)).collect();
        let mut others = self.bad_alternatives(operation, right);
        others
            .retain(|(_, bad)| !all.iter().any(|(_, own)| (&own.place, own.what) == (&bad.place, bad.what)));
        all.extend(others);
        for (value, bad) in all {
            let value = &value;
            // What an API knows by its name could not be removed under another one.
            let is_empty = bad.what == "empty_text";
            let has_name = right.reach == Reach::Own || is_empty;
            let is_renamed = has_name && bad.allowed && bad.renames(value);
            // An empty id names nothing.
            let is_reference = self.creators.refers(&bad.place, &Value::Object(Map::new()));
            // Neither does what the API does not list: that it is refused is right.
            let is_listed = self.lists.has(&bad.place);
            // What a creation that says 200 makes is known to be new by its own texts alone.
            let is_unknown = is_empty && operation.method == "POST" && !declares(operation, 201);
            // Nothing of the run is in what it would create.
            let is_nameless =
                bad.what.ends_with("_alone") && right.reach == Reach::Fresh && !declares(operation, 201);
            if is_renamed || is_unknown || is_nameless || is_empty && is_reference {
                continue;
            }
            if self.is_asked_elsewhere(&bad) {
                more += 1;
                continue;
            }
            if self.may_be_id_of_others(operation, &bad) {
                of_others += 1;
                continue;
            }
            let mut faulty = right.ask.clone();
            if bad.body.is_null() {
                // `json: null` in a scenario would be no body at all.
                faulty.body = Some(Body::Text("null".to_owned()));
                if faulty.headers.iter().all(|(name, _)| name != "Content-Type") {
                    faulty.headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
                }
            } else {
                faulty.body = Some(Body::Json(self.linked(&bad.body, value, &right.around.made)));
            }
            // Many servers take it for a body that is absent.
            let is_absent = bad.body.is_null() && !operation.body_required;
            let place = if bad.place.is_empty() { "body" } else { &bad.place };
            let what = format!("{}_{}", slug(place), bad.what);
            let class = match bad.allowed {
                // It names nothing that is there, whatever else is unusual about it.
                true if !right.foreign_body && is_reference || is_listed => FaultKind::UnknownReference,
                true => FaultKind::Unusual,
                false => FaultKind::Invalid,
            };
            faults.push(Fault {
                inferred: bad.doubtful || is_absent,
                tolerated: bad.tolerated || is_absent,
                against_words: bad.against_words,
                depth: bad.depth,
                ..Fault::new(class, what, rule.clone(), faulty).of_kind(bad.kind(), &bad.place)
            });
        }
        if of_others > 0 {
            let why = "it may be the id of a thing that the run did not create, and a server may change that";
            self.leave_out(why, operation, &format!("{of_others} values of its own id"));
        }
        if more > 0 {
            let why = "other operations are asked for the same fault in the schema that they share";
            self.leave_out(why, operation, &format!("{more} of them"));
        }
    }

    /// Returns true if a body has a number that somebody's thing may have as the id of what it is about: many servers take a creation
    /// with a known id for a change, and some believe the body and not the path, even while they refuse that the two differ.
    fn may_be_id_of_others(&self, operation: &Operation, bad: &BadBody) -> bool {
        let creator = self.creators.of_collection(operation).map(|creator| creator.parameter);
        let own: Vec<String> = names(&operation.path).into_iter().chain(creator).map(fold).collect();
        // A name is a text, and no thing of others is called 7.
        let schema = json_body(operation).and_then(|content| content.schema.as_ref());
        let is_text = |name: &str| {
            let bundle = &self.declared.api.bundle;
            let members = schema.map(|schema| Members::of(bundle, schema, 0).properties).unwrap_or_default();
            let own = members.into_iter().find(|(own, _)| own == name);
            own.is_some_and(|(_, own)| core(bundle, &own).as_object().and_then(kind) == Some("string"))
        };
        let is_same = |name: &str| {
            ["id", "pk"].contains(&fold(name).as_str()) || own.contains(&fold(name)) && !is_text(name)
        };
        is_same(&bad.place) && bad.body.get(&bad.place).is_some_and(may_be_number)
    }

    /// Returns true if a fault in a shared schema has been asked in other operations of a large API, of which one function reads
    /// it for all.
    fn is_asked_elsewhere(&mut self, bad: &BadBody) -> bool {
        let is_large = self.declared.api.operations.len() >= MANY_OPERATIONS;
        let Some(shared) = bad.shared.as_ref().filter(|_| is_large) else { return false };
        let times = self.asked_parts.entry(shared.clone()).or_default();
        *times += 1;
        *times > MAX_ASKED_PARTS
    }

    fn forms(&self, operation: &Operation, right: &ValidRequest, fields: &[Field], faults: &mut Vec<Fault>) {
        let schema = body_of(operation).and_then(|content| content.schema.as_ref());
        for bad in schema.map(|schema| bad_forms(&self.sampler, schema, fields)).unwrap_or_default() {
            let mut faulty = right.ask.clone();
            faulty.body = Some(match &right.ask.body {
                Some(Body::Parts(_)) => Body::Parts(bad.fields),
                _ => Body::Form(bad.fields),
            });
            let what = format!("{}_{}", slug(&bad.name), bad.what);
            let rule = format!("{}/requestBody", operation.pointer);
            let class = if bad.allowed { FaultKind::Unusual } else { FaultKind::Invalid };
            let fault = Fault::new(class, what, rule, faulty).of_kind(bad.what, &bad.name);
            faults.push(Fault { inferred: bad.doubtful, against_words: bad.against_words, ..fault });
        }
    }
}

/// Returns true if a server may take a value for a number that an id can be.
fn may_be_number(value: &Value) -> bool {
    /// Ids beyond it are no numbers that things get.
    const MOST: f64 = 2_147_483_647.0;
    let number = match value {
        Value::Bool(_) => Some(1.0),
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse::<f64>().ok(),
        _ => None,
    };
    number.is_some_and(|number| number.abs() <= MOST)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::may_be_number;

    #[test]
    fn what_a_server_may_read_as_a_small_number_may_be_an_id() {
        for (value, expected) in [
            (json!(2), true),
            (json!(-1), true),
            (json!(2.5), true),
            (json!("2"), true),
            (json!(true), true),
            (json!(2_147_483_648_u64), false),
            (json!("failspec"), false),
            (json!(""), false),
            (json!(null), false),
            (json!([2]), false),
        ] {
            assert_eq!(may_be_number(&value), expected, "{value}");
        }
    }
}
