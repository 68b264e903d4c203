//! Comparison of a contract with an OpenAPI document.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use serde_json::Value;

use failspec_pack::{
    openapi::{Api, Bundle, Operation, Response, ResponseStatus},
    pack::{Contract, Envelope, Failure, Pointer, Provenance, StatusPattern},
};

use failspec_diff::{Comparison, Difference};

use super::documented_pointers;
use super::operations::{Operations, shape};

/// Maximum number of operations that a message names.
const MAX_NAMED: usize = 3;

/// Compares a contract with an OpenAPI document: the statuses, the codes and the envelope of errors. If the contract
/// itself names a document (`before`) that is the publisher's, the errors that operations declare are compared, too. If
/// it says which operations the publisher names, these are compared with the document. `label` is the pack's name with
/// its version, `file` the name of the document.
pub fn drift_openapi(
    label: &str,
    contract: &Contract,
    before: Option<&Api>,
    api: &Api,
    file: &str,
) -> Comparison {
    let mut comparison = Comparison::new(format!("{label} against {file}"));
    let drift = Drift { contract, api, file, errors: errors(api) };
    comparison.group("declared, but not in the contract", true, drift.new_in_document());
    comparison.group("in the contract, but not declared", true, drift.gone_from_document());
    comparison.group("different envelope", true, drift.envelopes());
    // A document of our own says nothing about what the publisher declared before.
    if let Some(before) = before.filter(|_| contract.openapi_source.is_none_or(Provenance::is_binding)) {
        comparison.group("operations declare different errors", true, drift.operations(before));
    }
    if contract.operations.values().any(|line| line.sources.is_stated) {
        let operations = Operations { contract, api, file };
        comparison.group("different success", true, operations.successes());
        comparison.group("operations", true, operations.differences());
        comparison.group("inferred operations that are not declared either", false, operations.inferred());
        let others = operations.others();
        if others > 0 {
            comparison.notes.push(format!("declared operations that are not in the contract: {others}"));
        }
    }
    comparison
}

/// A declared error: the operation and the response.
type Declared<'a> = (String, &'a Response);

struct Drift<'a> {
    contract: &'a Contract,
    api: &'a Api,
    file: &'a str,
    errors: Vec<Declared<'a>>,
}

fn errors(api: &Api) -> Vec<Declared<'_>> {
    let all =
        api.operations.iter().flat_map(|it| it.responses.iter().map(move |response| (it.name(), response)));
    all.filter(|(_, response)| response.status.may_be_failure()).collect()
}

pub(super) fn some(operations: &[String]) -> String {
    let shown = operations.iter().take(MAX_NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    match operations.len() {
        0..=MAX_NAMED => shown,
        more => format!("{shown} and {} more", more - MAX_NAMED),
    }
}

fn shown(code: &Value) -> String {
    code.as_str().map_or_else(|| code.to_string(), str::to_owned)
}

impl Drift<'_> {
    /// Returns the codes that the schemas of a response list at the code pointer of the contract.
    fn codes(&self, response: &Response) -> Vec<Value> {
        let code = self.contract.envelope.code.as_ref();
        let Some(pointer) = code.and_then(|code| code.rule.pointer()) else { return Vec::new() };
        let schemas = response.content.iter().filter_map(|content| content.schema.as_ref());
        let found = schemas.filter_map(|schema| property(schema, pointer, &self.api.bundle));
        let values = found.flat_map(|property| {
            let listed = property.get("enum").and_then(Value::as_array).cloned().unwrap_or_default();
            listed.into_iter().chain(property.get("const").cloned())
        });
        values.filter(|value| !value.is_null()).collect()
    }

    fn difference(
        &self,
        kind: &'static str,
        subject: impl Into<String>,
        message: impl Into<String>,
    ) -> Difference {
        let mut difference = Difference::new(kind, subject, message);
        difference.file = Some(self.file.to_owned());
        difference
    }

    fn new_in_document(&self) -> Vec<Difference> {
        let mut statuses: BTreeMap<u16, Vec<String>> = BTreeMap::new();
        let mut codes: Vec<(Value, Vec<String>)> = Vec::new();
        for (operation, response) in &self.errors {
            if let ResponseStatus::Exactly(status) = response.status
                && !self.contract.failures.iter().any(|it| !it.is_any_refusal() && it.allows_status(status))
            {
                statuses.entry(status).or_default().push(operation.clone());
            }
            for code in self.codes(response) {
                if self.contract.failures.iter().any(|failure| failure.accepts(&code)) {
                    continue;
                }
                match codes.iter_mut().find(|(known, _)| *known == code) {
                    Some((_, operations)) => operations.push(operation.clone()),
                    None => codes.push((code, vec![operation.clone()])),
                }
            }
        }
        let statuses = statuses.into_iter().map(|(status, operations)| {
            let message = format!("HTTP {status} is declared at {}", some(&operations));
            self.difference("failure-documented", status.to_string(), message)
        });
        let codes = codes.iter().map(|(code, operations)| {
            let message = format!("the code {} is declared at {}", shown(code), some(operations));
            self.difference("failure-documented", shown(code), message)
        });
        statuses.chain(codes).collect()
    }

    fn gone_from_document(&self) -> Vec<Difference> {
        // Published or inferred failures cannot be missing from this document.
        let own = self.contract.failures.iter().filter(|it| it.source == Provenance::Documented);
        own.filter_map(|failure| Some((failure, self.missing(failure)?)))
            .map(|(failure, what)| {
                let place = &failure.place;
                let message = format!("{}: {what}", failure.id);
                Difference::new("failure-gone", &failure.id, message).at(place.source.name(), place.line())
            })
            .collect()
    }

    /// Returns the part of a failure that the document does not declare.
    fn missing(&self, failure: &Failure) -> Option<String> {
        let declared: Vec<&Declared<'_>> = self
            .errors
            .iter()
            .filter(|(_, response)| match response.status {
                ResponseStatus::Exactly(status) => failure.allows_status(status),
                ResponseStatus::Class(hundreds) => {
                    failure.statuses().iter().any(|it| it.overlaps(StatusPattern::Class(hundreds)))
                }
                ResponseStatus::Default => true,
            })
            .collect();
        if declared.is_empty() {
            // A failure with a success status is declared as a success. And no existing operation declares that its
            // method does not exist.
            let elsewhere = failure
                .statuses()
                .iter()
                .all(|it| it.is_below(400) && self.is_declared(*it) || *it == StatusPattern::Exactly(405));
            return (!elsewhere).then(|| "its status is not declared".to_owned());
        }
        let code = failure.code()?;
        let lists: Vec<Vec<Value>> = declared.iter().map(|(_, response)| self.codes(response)).collect();
        // A response without a list of codes may have any code.
        let listed = lists.iter().all(|codes| !codes.is_empty());
        let known = lists.iter().flatten().any(|listed| failure.accepts(listed));
        (listed && !known).then(|| format!("the code {} is in no declared list of codes", shown(code)))
    }

    /// Returns true if an operation declares a response of this status.
    fn is_declared(&self, status: StatusPattern) -> bool {
        let mut responses = self.api.operations.iter().flat_map(|operation| &operation.responses);
        responses.any(|response| match response.status {
            ResponseStatus::Exactly(declared) => status.matches(declared),
            ResponseStatus::Class(hundreds) => status.overlaps(StatusPattern::Class(hundreds)),
            ResponseStatus::Default => true,
        })
    }

    /// Reports codes of another JSON type than those of the contract.
    fn code_types(&self) -> Option<Difference> {
        let pointer = self.contract.envelope.code.as_ref()?.rule.pointer()?;
        let codes: Vec<&Value> = self.contract.failures.iter().filter_map(Failure::code).collect();
        let is_text = !codes.is_empty() && codes.iter().all(|code| code.is_string());
        let is_number = !codes.is_empty() && codes.iter().all(|code| code.is_number());
        let other = |schema: &Value| {
            let properties = property(schema, pointer, &self.api.bundle);
            let declared = properties.and_then(|it| it.get("type")).and_then(Value::as_str)?;
            let is_other = is_text && matches!(declared, "integer" | "number" | "boolean")
                || is_number && declared == "string";
            is_other.then(|| declared.to_owned())
        };
        let mut types = BTreeSet::new();
        let mut operations = Vec::new();
        for (operation, response) in &self.errors {
            let schemas = response.content.iter().filter_map(|content| content.schema.as_ref());
            let found: Vec<String> = schemas.filter_map(other).collect();
            if !found.is_empty() {
                operations.push(format!("{operation} {}", response.status));
                types.extend(found);
            }
        }
        let types = types.into_iter().collect::<Vec<_>>().join(" or ");
        let own = if is_text { "texts" } else { "numbers" };
        (!operations.is_empty()).then(|| {
            let message = format!(
                "the code at {} is declared as {types} for {}, and the contract has {own}",
                pointer.as_str(),
                some(&operations)
            );
            self.difference("envelope-changed", "code", message)
        })
    }

    /// Reports the parts that the contract documents for every error and that declared errors do not have.
    fn envelopes(&self) -> Vec<Difference> {
        let envelope: &Envelope = &self.contract.envelope;
        let mut found = Vec::new();
        for (part, pointer) in documented_pointers(envelope) {
            let lacking: Vec<String> = self
                .errors
                .iter()
                .filter(|(_, response)| self.is_of_envelope(response))
                .filter(|(_, response)| self.lacks_property(response, pointer))
                .map(|(operation, response)| format!("{operation} {}", response.status))
                .collect();
            if !lacking.is_empty() {
                let message = format!("no {part} at {} is declared for {}", pointer.as_str(), some(&lacking));
                found.push(self.difference("envelope-changed", part, message));
            }
        }
        found.extend(self.code_types());
        found
    }

    /// Returns true if errors of this status have the envelope of the contract.
    fn is_of_envelope(&self, response: &Response) -> bool {
        let ResponseStatus::Exactly(status) = response.status else { return true };
        let own = self.contract.failures.iter().filter(|failure| failure.allows_status(status));
        let mut codes = own.map(|failure| failure.envelope.code.is_some()).peekable();
        codes.peek().is_none() || codes.any(|has| has)
    }

    /// Returns true if a response declares JSON with properties, but not the property at `pointer`.
    fn lacks_property(&self, response: &Response, pointer: &Pointer) -> bool {
        let schemas = response.content.iter().filter(|it| it.is_json()).filter_map(|it| it.schema.as_ref());
        let declaring: Vec<&Value> =
            schemas.filter(|it| declares_properties(it, &self.api.bundle, 0)).collect();
        !declaring.is_empty() && declaring.iter().all(|it| property(it, pointer, &self.api.bundle).is_none())
    }

    fn operations(&self, before: &Api) -> Vec<Difference> {
        let mut found = Vec::new();
        for old in &before.operations {
            let name = old.name();
            let is_same = |new: &Operation| new.method == old.method && shape(&new.path) == shape(&old.path);
            let Some(new) = self.api.operations.iter().find(|new| is_same(new)) else {
                found.push(self.difference("operation-removed", &name, format!("{name} was removed")));
                continue;
            };
            let statuses = |responses: &[Response]| -> BTreeSet<String> {
                responses
                    .iter()
                    .filter(|it| it.status.may_be_failure())
                    .map(|it| it.status.to_string())
                    .collect()
            };
            let (had, has) = (statuses(&old.responses), statuses(&new.responses));
            let list = |statuses: Vec<&String>| {
                statuses.into_iter().map(String::as_str).collect::<Vec<_>>().join(", ")
            };
            let (gone, more) = (list(had.difference(&has).collect()), list(has.difference(&had).collect()));
            let message = match (gone.is_empty(), more.is_empty()) {
                (true, true) => continue,
                (false, true) => format!("{name} no longer declares {gone}"),
                (true, false) => format!("{name} now also declares {more}"),
                (false, false) => format!("{name} now declares {more} instead of {gone}"),
            };
            found.push(self.difference("status-changed", name, message));
        }
        let key = |it: &Operation| (it.method.clone(), shape(&it.path));
        let known: BTreeSet<(String, String)> = before.operations.iter().map(key).collect();
        let new = self.api.operations.iter().filter(|it| !known.contains(&key(it))).map(Operation::name);
        found.extend(new.map(|name| self.difference("operation-added", &name, format!("{name} is new"))));
        found
    }
}

/// Maximum nesting depth of combinations (`allOf`, `anyOf`, `oneOf`).
const MAX_DEPTH: usize = 12;

/// Collects the schemas that may describe an object: the schema itself and those that it combines.
fn parts<'s>(schema: &'s Value, bundle: &'s Bundle, depth: usize) -> Vec<&'s Value> {
    let schema = bundle.resolve(schema);
    let mut all = vec![schema];
    if depth < MAX_DEPTH {
        let lists = ["allOf", "anyOf", "oneOf"].into_iter().filter_map(|key| schema.get(key)?.as_array());
        all.extend(lists.flatten().flat_map(|part| parts(part, bundle, depth + 1)));
    }
    all
}

pub(super) fn declares_properties(schema: &Value, bundle: &Bundle, depth: usize) -> bool {
    parts(schema, bundle, depth).iter().any(|part| part.get("properties").is_some())
}

/// Finds the schema of the value at a pointer. `*` and numbers are items of lists.
pub(super) fn property<'s>(schema: &'s Value, pointer: &Pointer, bundle: &'s Bundle) -> Option<&'s Value> {
    let steps: Vec<Cow<'_, str>> = pointer.steps().collect();
    at_steps(schema, &steps, bundle)
}

fn at_steps<'s>(schema: &'s Value, steps: &[Cow<'_, str>], bundle: &'s Bundle) -> Option<&'s Value> {
    let Some((step, rest)) = steps.split_first() else { return Some(bundle.resolve(schema)) };
    // Of several combined schemas, the one in which the whole pointer leads to a value.
    parts(schema, bundle, 0).into_iter().find_map(|part| {
        let is_item = step == "*" || step.bytes().all(|it| it.is_ascii_digit());
        let inner = part.get("properties").and_then(|properties| properties.get(&**step));
        at_steps(inner.or_else(|| part.get("items").filter(|_| is_item))?, rest, bundle)
    })
}

#[cfg(test)]
mod tests {
    use failspec_pack::openapi::Api;
    use serde_json::json;

    use super::*;

    #[test]
    fn pointers_lead_through_combinations_and_lists() {
        let document = json!({ "openapi": "3.1.0", "info": { "title": "t", "version": "1" }, "paths": {} });
        let api = Api::parse("openapi.json", &document.to_string()).unwrap();
        let schema = json!({
            "oneOf": [
                { "properties": { "error": { "type": "string" } } },
                { "properties": { "error": { "properties": { "": { "const": 1 }, "a/b": { "const": 2 } } } } },
                { "properties": { "errors": { "items": { "properties": { "code": { "const": 3 } } } } } },
            ]
        });
        for (pointer, found) in [
            ("/error/", Some(1)),
            ("/error/a~1b", Some(2)),
            ("/errors/*/code", Some(3)),
            ("/errors/0/code", Some(3)),
            ("/errors/code", None),
            ("/error/b", None),
        ] {
            let found = found.map(|value| json!({ "const": value }));
            let pointer = Pointer::parse(pointer).unwrap();
            assert_eq!(property(&schema, &pointer, &api.bundle), found.as_ref(), "{pointer}");
        }
    }
}
