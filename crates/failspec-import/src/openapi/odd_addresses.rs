//! Values in addresses on which servers break, or which they take for another value.

use serde_json::{Value, json};

use crate::names::slug;
use failspec_base::{encoding::percent_encode, template::oversized_text};
use failspec_pack::{
    openapi::{Operation, Parameter, ParameterLocation},
    pack::PathTemplate,
};

use super::{
    effects::only_reads, fault_kind::FaultKind, faults::Fault, generate::Generator, invalid_value::core,
    nonexistent_id::NoSuchId, path_values::parameter, pattern_length::without_most, request_spec::put,
    unknown_ids::innermost, unusual::has_effect, valid_request::ValidRequest, value_generator::kind,
};

/// A text with a byte that is no UTF-8, as it stands in an address.
const NOT_UTF8: &str = "failspec%FF";

/// Texts with a `%` that begins no byte (RFC 3986, section 2.1), as they stand in an address: cut off, alone, and with other letters.
/// Any part of a server may refuse them.
const MALFORMED_ESCAPES: [(&str, &str); 3] =
    [("cut_off", "failspec%F"), ("alone", "failspec%"), ("wrong", "failspec%zz")];

/// The kind of fault of such a text.
const MALFORMED_ESCAPE: &str = "malformed_escape";

/// A text of a blank alone, which is an id like any other (RFC 3986, section 2.1). A server that trims it reads the path of the
/// collection, or looks for what has no id.
const BLANK: (&str, &str) = ("blank", "%20");

/// Texts for a parameter of a path that are one segment as they stand in an address (RFC 3986, section 2.2), each with its kind. A
/// server that decodes them before it finds the route comes to another one.
const ONE_SEGMENT: [(&str, &str); 2] =
    [("encoded_slash", "failspec%2Ffailspec"), ("encoded_parent", "..%2F..")];

/// Returns true for a kind of text that many routers decode before they find the route, so that the document may speak of another
/// operation than the one that answers.
pub(super) fn may_be_another_route(kind: &str) -> bool {
    ONE_SEGMENT.iter().any(|(known, _)| *known == kind)
}

impl Generator<'_> {
    /// Adds requests to an operation that only reads with texts in its address that no value of a parameter expresses: a byte that
    /// is no UTF-8, and a `/` that separates nothing.
    pub(super) fn odd_addresses(
        &mut self,
        operation: &Operation,
        right: &ValidRequest,
        faults: &mut Vec<Fault>,
    ) {
        if !only_reads(operation) {
            return;
        }
        for parameter in &operation.parameters {
            let is_sent = !parameter.json
                && !self.is_credential(operation, parameter)
                && (!has_effect(operation, parameter) || self.paths.given(&parameter.name).is_some());
            if !is_sent || !self.takes_any_text(parameter) {
                continue;
            }
            let texts: &[(&str, &str)] = match parameter.place {
                ParameterLocation::Path => &[("not_utf8", NOT_UTF8), ONE_SEGMENT[0], ONE_SEGMENT[1], BLANK],
                ParameterLocation::Query => &[("not_utf8", NOT_UTF8)],
                ParameterLocation::Header | ParameterLocation::Cookie => continue,
            };
            for (what, text) in texts {
                faults.extend(self.as_it_stands(operation, parameter, right, (what, what), text));
            }
            for (form, text) in MALFORMED_ESCAPES {
                let what = format!("{form}_escape");
                let names = (MALFORMED_ESCAPE, what.as_str());
                faults.extend(self.as_it_stands(operation, parameter, right, names, text));
            }
        }
    }

    /// Returns the valid request with a text in its address as it stands there; `None` if it cannot be sent so. `names` are the kind of
    /// the fault, and what it is called.
    fn as_it_stands(
        &mut self,
        operation: &Operation,
        parameter: &Parameter,
        right: &ValidRequest,
        names: (&str, &str),
        text: &str,
    ) -> Option<Fault> {
        let mut faulty = right.ask.clone();
        match parameter.place {
            ParameterLocation::Path => {
                let instead = [(parameter.name.as_str(), text.to_owned())];
                faulty.path = self.fill_without_others(operation, right, &instead)?.path;
            }
            // A value of the query would be encoded once more.
            _ => {
                faulty.query.retain(|(name, _)| *name != parameter.name);
                faulty.path.push_str(&format!("?{}={text}", percent_encode(&parameter.name)));
            }
        }
        PathTemplate::parse(&faulty.path).ok()?;
        let name = format!("{}_{}", slug(&parameter.name), names.1);
        let fault = Fault::new(FaultKind::Unusual, name, parameter.pointer.clone(), faulty);
        Some(Fault { tolerated: true, ..fault.of_kind(names.0, &parameter.name) })
    }

    /// Adds the request of an operation that only reads for an id in the form of the API's own, with a number that needs more than
    /// 64 bits: `a99999999999999999999` for `a17`. The form is that of what the run created, or of the author's example.
    pub(super) fn oversized_ids(
        &mut self,
        operation: &Operation,
        right: &ValidRequest,
        faults: &mut Vec<Fault>,
    ) {
        if !only_reads(operation) {
            return;
        }
        let made = innermost(&operation.path).and_then(|(item, name)| {
            let capture = right.around.made.get(&item)?;
            Some((parameter(operation, name)?, format!("${{oversized({capture})}}")))
        });
        let placed = |it: &&Parameter| {
            matches!(it.place, ParameterLocation::Path | ParameterLocation::Query) && !it.json
        };
        let shown =
            operation.parameters.iter().filter(placed).filter_map(|it| Some((it, self.oversized(it)?)));
        let shown: Vec<(&Parameter, String)> = shown.collect();
        let is_shown = |name: &str| made.as_ref().is_none_or(|(made, _)| made.name != name);
        for (parameter, id) in shown.into_iter().filter(|(it, _)| is_shown(&it.name)).chain(made.clone()) {
            let any = Value::Bool(true);
            let schema = parameter.schema.as_ref().unwrap_or(&any);
            // What is no text gets the bounds of numbers already.
            let entries = core(&self.declared.api.bundle, schema).as_object();
            let is_text = entries.is_none_or(|entries| matches!(kind(entries), Some("string") | None));
            let is_allowed = self.sampler.is_allowed(schema, &"a99999999999999999999".into());
            let is_sent = !self.is_credential(operation, parameter)
                && (!has_effect(operation, parameter) || self.paths.given(&parameter.name).is_some());
            if !is_text || !is_sent || id.starts_with('$') && !is_allowed {
                continue;
            }
            let mut faulty = right.ask.clone();
            match parameter.place {
                ParameterLocation::Path => {
                    let instead = [(parameter.name.as_str(), id)];
                    faulty.path = self.paths.fill(operation, &right.around.made, &instead).path;
                }
                _ => put(&mut faulty, parameter, Some(&id)),
            }
            let name = format!("{}_oversized_id", slug(&parameter.name));
            let fault = Fault::new(FaultKind::Unusual, name, parameter.pointer.clone(), faulty);
            faults.push(Fault { tolerated: true, ..fault.of_kind("oversized_id", &parameter.name) });
        }
    }

    /// Returns the author's example of an id with a number at its end and letters before it, with a number that needs more than
    /// 64 bits; none if the document forbids that.
    fn oversized(&self, parameter: &Parameter) -> Option<String> {
        let schema = parameter.schema.as_ref().map(|schema| core(&self.declared.api.bundle, schema));
        let in_schema = ["example", "default"].into_iter().filter_map(|key| schema?.get(key));
        let example = parameter.examples.iter().chain(in_schema).find_map(Value::as_str)?;
        let stem = example.trim_end_matches(|letter: char| letter.is_ascii_digit());
        let is_id = stem.len() < example.len()
            && !stem.is_empty()
            && stem.bytes().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'-'));
        let id = is_id.then(|| oversized_text(example))?;
        schema.is_none_or(|schema| self.sampler.is_allowed(schema, &id.as_str().into())).then_some(id)
    }

    /// Returns true if the document says nothing of the text that a parameter takes.
    fn takes_any_text(&self, parameter: &Parameter) -> bool {
        let any = Value::Bool(true);
        let schema = parameter.schema.as_ref().unwrap_or(&any);
        let entries = core(&self.declared.api.bundle, schema).as_object();
        let is_text = entries.is_none_or(|entries| matches!(kind(entries), Some("string") | None));
        let texts = ["failspec\u{fffd}", "failspec/failspec", "../..", " "];
        is_text && texts.iter().all(|text| self.sampler.is_allowed(schema, &(*text).into()))
    }

    /// Returns a value that the schema of a path parameter forbids as it is sent to an operation. One that changes something must
    /// touch nothing that is there, and what it creates must not be found by another operation. `None` if that cannot be.
    pub(super) fn for_path(
        &self,
        operation: &Operation,
        parameter: &Parameter,
        what: &str,
        value: &str,
    ) -> Option<NoSuchId> {
        let as_it_is = NoSuchId { text: value.to_owned(), is_own: false };
        match what {
            _ if operation.is_safe() => Some(as_it_is),
            // A server that cuts the fraction off finds what has the number before it.
            "fraction" => {
                let nothing = self.paths.nothing(operation, parameter)?;
                nothing.text.parse::<i64>().ok()?;
                Some(NoSuchId { text: format!("{}.5", nothing.text), ..nothing })
            }
            _ => {
                let max_len = parameter.schema.as_ref().and_then(|schema| self.max_len(schema));
                let mut own = own_texts(what, value, &operation.method).into_iter();
                // It must not be too long, too.
                let own = own.find(|own| match what {
                    "too_long" => self.breaks_only_length(parameter, own),
                    _ => max_len.is_none_or(|max_len| own.len() <= max_len),
                });
                Some(own.map_or(as_it_is, NoSuchId::own))
            }
        }
    }

    /// Returns true if a text that is too long for a parameter has the letters that its pattern wants.
    fn breaks_only_length(&self, parameter: &Parameter, text: &str) -> bool {
        let schema = parameter.schema.as_ref().map(|schema| core(&self.declared.api.bundle, schema));
        let pattern = schema.and_then(|schema| schema.get("pattern")?.as_str());
        pattern.is_none_or(|pattern| {
            let longer = without_most(pattern).unwrap_or_else(|| pattern.to_owned());
            self.sampler.is_allowed(&json!({ "type": "string", "pattern": longer }), &text.into())
        })
    }

    fn max_len(&self, schema: &Value) -> Option<usize> {
        let max_len = core(&self.declared.api.bundle, schema).get("maxLength")?.as_u64()?;
        usize::try_from(max_len).ok()
    }
}

/// Returns texts with the same fault as a value that a schema of texts forbids, and that only requests of this method have in
/// this run, the best first; none if there is no place for one.
fn own_texts(what: &str, value: &str, method: &str) -> Vec<String> {
    let method = method.to_ascii_lowercase();
    match what {
        _ if value.starts_with("failspec") => vec![format!("{value}-{method}")],
        // The number of letters counts, and what they are does not, unless a pattern wants letters or digits alone.
        "too_long" if value.len() > MIN_OWN_LEN && is_one_letter(value) => {
            let digits: String = method.bytes().map(|byte| byte.to_string()).collect();
            let begins = [format!("{method}-failspec-"), format!("{method}failspec"), digits];
            let of_length =
                |begin: String| -> String { begin.chars().chain(value.chars()).take(value.len()).collect() };
            begins.into_iter().map(of_length).collect()
        }
        "against_pattern" if value == "~" => vec![format!("~failspec-{method}")],
        _ => Vec::new(),
    }
}

fn is_one_letter(text: &str) -> bool {
    let first = text.as_bytes().first();
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() && Some(&byte) == first)
}

/// Number of characters from which on a text that begins with the name of a method and `-fails` is nobody else's.
const MIN_OWN_LEN: usize = 10;

#[cfg(test)]
mod tests {
    use super::own_texts;

    #[test]
    fn own_texts_have_the_same_fault_and_differ_by_method() {
        for (what, value, expected) in [
            ("wrong_type", "failspec-is-no-value", Some("failspec-is-no-value-put")),
            ("wrong_format", "failspec is no uuid", Some("failspec is no uuid-put")),
            ("too_long", "xxxxxxxxxxx", Some("put-failspe")),
            ("too_long", "xxxxxxxxxxxxxxxxxxxxxx", Some("put-failspec-xxxxxxxxx")),
            ("too_long", "aaaaaaaaaaaaaaa", Some("put-failspec-aa")),
            // Letters that a pattern wants.
            ("too_long", "aaaaaaaaaaaaaaa-1", None),
            ("against_pattern", "~", Some("~failspec-put")),
            // There is no place for a name.
            ("against_pattern", "~~~", None),
            ("too_long", "xxx", None),
            ("above_maximum", "101", None),
        ] {
            let own = own_texts(what, value, "PUT");
            assert_eq!(own.first().map(String::as_str), expected, "{what} {value}");
        }
        // For patterns of letters and digits, and of digits alone.
        let others = ["put-failspec-", "putfailspec00", "1121171160000"];
        assert_eq!(own_texts("too_long", "0000000000000", "PUT"), others);
    }
}
