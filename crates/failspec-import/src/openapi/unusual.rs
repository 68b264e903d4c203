//! Requests that the document allows and on which servers often break: free texts, members that the document does not name.

use serde_json::{Value, json};

use crate::names::slug;
use failspec_pack::openapi::{Operation, Parameter, ParameterLocation};

pub(super) use failspec_pack::openapi::snake;

use super::{
    fault_kind::FaultKind,
    faults::Fault,
    generate::Generator,
    invalid_value::{InvalidValue, MAX_TEXT_LEN, core},
    path_values::text,
    query_languages::{is_opaque, wrong_operands, wrong_texts},
    request_spec::{Body, put},
    unusual_values::has_told,
    valid_request::{ValidRequest, holds, json_body, list_of},
    value_generator::{is_integer_text, kind},
};

/// Maximum number of operations that are asked for any text in a header of one name.
const MAX_ASKED_HEADERS: usize = 3;

/// Words in names of query parameters with which a request that only reads has an effect.
const EFFECTS: [&str; 26] = [
    "recheck",
    "recalculate",
    "recompute",
    "refresh",
    "reload",
    "reset",
    "rebuild",
    "reindex",
    "resync",
    "restart",
    "retry",
    "delete",
    "remove",
    "purge",
    "clear",
    "flush",
    "truncate",
    "drop",
    "stop",
    "shutdown",
    "cancel",
    "revoke",
    "trigger",
    "execute",
    "invalidate",
    "expire",
];

/// Returns true if the name of a query parameter of a request that only reads says that it makes the server do something.
pub(super) fn has_effect(operation: &Operation, parameter: &Parameter) -> bool {
    let name = snake(&parameter.name);
    operation.is_safe()
        && parameter.place == ParameterLocation::Query
        && !parameter.required
        && name.split('_').any(|word| EFFECTS.contains(&word))
}

impl Generator<'_> {
    /// Generates requests that the document allows and on which servers often break.
    pub(super) fn unusual(&mut self, operation: &Operation, right: &ValidRequest, faults: &mut Vec<Fault>) {
        self.equal_bounds(operation, right, faults);
        self.unknown_references(operation, right, faults);
        self.odd_lists(operation, right, faults);
        self.documented_values(operation, right, faults);
        self.left_out_members(operation, right, faults);
        self.other_alternatives(operation, right, faults);
    }

    /// Returns texts for a parameter that takes any: servers often read more into them than the document says, and databases
    /// refuse some of their characters.
    pub(super) fn free_texts(
        &mut self,
        operation: &Operation,
        parameter: &Parameter,
        schema: &Value,
    ) -> Vec<(InvalidValue, String)> {
        let bundle = &self.sampler.declared.api.bundle;
        let whole = core(bundle, schema);
        // A list with one item is written like that item.
        let items = list_of(whole).map(|items| core(bundle, items));
        let entries = items.unwrap_or(whole).as_object();
        // An integer is no text, though it is written as one.
        if entries.is_some_and(is_integer_text) {
            return Vec::new();
        }
        let kind = entries.and_then(kind);
        // An object in a query is a filter, whose parts have names of their own.
        let is_filter = kind == Some("object") && parameter.place == ParameterLocation::Query;
        if !matches!(kind, Some("string") | None) && !is_filter {
            return Vec::new();
        }
        // What most operations have, one function reads for all of them.
        let asked = self.asked_parameters.entry(parameter.name.clone()).or_default();
        *asked += 1;
        if parameter.place == ParameterLocation::Header && *asked > MAX_ASKED_HEADERS {
            return Vec::new();
        }
        let is_opaque = is_opaque(&parameter.name);
        let takes = |(_, text): &(&'static str, String)| {
            let value = if items.is_some() { json!([text]) } else { text.as_str().into() };
            is_filter || self.sampler.is_allowed(schema, &value)
        };
        let of_language =
            wrong_texts(operation, parameter).iter().map(|(what, text)| (*what, (*text).to_owned()));
        let operands = wrong_operands(&self.sampler, operation, parameter);
        let taken = free_texts_of(parameter.place).into_iter().chain(of_language).chain(operands);
        let taken = taken.filter(takes);
        // What only the API makes may be refused.
        let is_id = parameter.place == ParameterLocation::Path || is_opaque;
        let name = |what| match what {
            "free_text" if is_opaque => "opaque_text",
            "beyond_ascii" if is_id => "id_beyond_ascii",
            what => what,
        };
        let against_words = has_told(&self.sampler, schema);
        taken
            .map(|(what, text)| {
                let flaw = InvalidValue::unusual(name(what), text.as_str()).tolerated();
                (InvalidValue { against_words, ..flaw }, text)
            })
            .collect()
    }

    /// Adds the valid request with an optional parameter of the query that it has not: with the author's example, or with a value
    /// that the document lists.
    pub(super) fn as_documented(
        &self,
        operation: &Operation,
        parameter: &Parameter,
        right: &ValidRequest,
        faults: &mut Vec<Fault>,
    ) {
        let is_optional = !parameter.required && parameter.place == ParameterLocation::Query;
        let schema = parameter.schema.as_ref().map(|schema| core(&self.sampler.declared.api.bundle, schema));
        let has = |key: &str| schema.is_some_and(|schema| schema.get(key).is_some());
        let is_given =
            !parameter.examples.is_empty() || ["example", "examples", "enum", "default"].into_iter().any(has);
        let is_plain = schema
            .and_then(Value::as_object)
            .and_then(kind)
            .is_some_and(|kind| matches!(kind, "boolean" | "integer"));
        if !is_optional || !operation.is_safe() || is_opaque(&parameter.name) || !(is_given || is_plain) {
            return;
        }
        // Of a list, the document gives all of it, and one item is a list as well.
        let is_list = schema.is_some_and(|schema| list_of(schema).is_some());
        let lists = ["default", "example"].into_iter().filter_map(|key| schema?.get(key)?.as_array());
        let first = lists.flatten().next().map(text).filter(|_| is_list);
        let is_chosen = schema.and_then(list_of).is_some_and(|items| items.get("enum").is_some());
        if is_list && first.is_none() && !is_chosen && parameter.examples.is_empty() {
            return;
        }
        let valid = first.or_else(|| self.valid(parameter).ok());
        let Some(value) = valid.filter(|value| holds(parameter, value)) else { return };
        let mut ask = right.ask.clone();
        put(&mut ask, parameter, Some(&value));
        if ask != right.ask {
            let (what, rule) =
                (format!("{}_documented_value", slug(&parameter.name)), parameter.pointer.clone());
            let fault =
                Fault::new(FaultKind::Unusual, what, rule, ask).of_kind("documented_value", &parameter.name);
            faults.push(Fault { tolerated: true, ..fault });
        }
    }

    /// Returns an empty text for a parameter of the query. Many servers take it for one that is absent, and others break.
    pub(super) fn empty_value(
        &self,
        parameter: &Parameter,
        schema: &Value,
    ) -> Option<(InvalidValue, String)> {
        let schema = core(&self.sampler.declared.api.bundle, schema);
        let is_list = list_of(schema).is_some();
        // One that is required is asked for it only because of a pattern, which some servers do not look at then.
        let is_asked = !parameter.required || schema.get("pattern").is_some();
        if parameter.place != ParameterLocation::Query || !is_asked || is_list {
            return None;
        }
        Some((InvalidValue::unusual("empty_value", "").tolerated(), String::new()))
    }

    /// Returns the schema and the value of the JSON body of a valid request.
    pub(super) fn json_body_of<'b>(
        &self,
        operation: &'b Operation,
        right: &'b ValidRequest,
    ) -> Option<(&'b Value, &'b Value)> {
        let schema = json_body(operation)?.schema.as_ref()?;
        Some((schema, right.body.as_ref()?))
    }

    pub(super) fn unusual_body(
        &self,
        operation: &Operation,
        right: &ValidRequest,
        body: &Value,
        bad: &Value,
        what: String,
    ) -> Fault {
        let mut faulty = right.ask.clone();
        faulty.body = Some(Body::Json(self.linked(bad, body, &right.around.made)));
        let rule = format!("{}/requestBody", operation.pointer);
        Fault::new(FaultKind::Unusual, what, rule, faulty)
    }
}

/// Returns the texts that a parameter at a place is tried with if it takes any.
fn free_texts_of(place: ParameterLocation) -> Vec<(&'static str, String)> {
    let plain = ("free_text", "failspec-is-no-value".to_owned());
    let characters = [
        ("with_nul", "failspec\0".to_owned()),
        ("beyond_ascii", "failspec \u{e9}\u{65e5}\u{1f600}".to_owned()),
        // More than a name of a file or a key has.
        ("long_text", "failspec".repeat(MAX_TEXT_LEN / 10)),
        // An id of an API may be a number although the document calls it a text.
        ("many_digits", "99999999999999999999".to_owned()),
    ];
    match place {
        // Quotes and brackets that nothing closes break languages that a server builds of the text.
        ParameterLocation::Query => {
            let unbalanced = ("unbalanced", "failspec'\"([{%\\".to_owned());
            [plain].into_iter().chain(characters).chain([unbalanced]).collect()
        }
        ParameterLocation::Header => vec![plain],
        // An id that does not exist is asked for anyway.
        ParameterLocation::Path => characters.to_vec(),
        ParameterLocation::Cookie => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_split_into_words() {
        for (name, expected) in
            [("recheckAll", "recheck_all"), ("Force-Reset", "force_reset"), ("a_b", "a_b")]
        {
            assert_eq!(snake(name), expected);
        }
    }
}
