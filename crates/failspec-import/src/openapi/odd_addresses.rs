//! Values in addresses on which servers break, or which they take for another value.

use serde_json::Value;

use crate::names::slug;
use failspec_base::encoding::percent_encode;
use failspec_pack::{
    openapi::{Operation, Parameter, ParameterLocation},
    pack::PathTemplate,
};

use super::{
    effects::only_reads, fault_kind::FaultKind, faults::Fault, generate::Generator, invalid_value::core,
    nonexistent_id::NoSuchId, unusual::has_effect, valid_request::ValidRequest, value_generator::kind,
};

/// A text with a byte that is no UTF-8, as it stands in an address.
const NOT_UTF8: &str = "failspec%FF";

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
                ParameterLocation::Path => &[("not_utf8", NOT_UTF8), ONE_SEGMENT[0], ONE_SEGMENT[1]],
                ParameterLocation::Query => &[("not_utf8", NOT_UTF8)],
                ParameterLocation::Header | ParameterLocation::Cookie => continue,
            };
            for (what, text) in texts {
                let mut faulty = right.ask.clone();
                match parameter.place {
                    ParameterLocation::Path => {
                        let instead = [(parameter.name.as_str(), (*text).to_owned())];
                        faulty.path = self.paths.fill(operation, &right.around.made, &instead).path;
                    }
                    // A value of the query would be encoded once more.
                    _ => {
                        faulty.query.retain(|(name, _)| *name != parameter.name);
                        faulty.path.push_str(&format!("?{}={text}", percent_encode(&parameter.name)));
                    }
                }
                if PathTemplate::parse(&faulty.path).is_err() {
                    continue;
                }
                let name = format!("{}_{what}", slug(&parameter.name));
                let fault = Fault::new(FaultKind::Unusual, name, parameter.pointer.clone(), faulty);
                faults.push(Fault { tolerated: true, ..fault.of_kind(what, &parameter.name) });
            }
        }
    }

    /// Returns true if the document says nothing of the text that a parameter takes.
    fn takes_any_text(&self, parameter: &Parameter) -> bool {
        let any = Value::Bool(true);
        let schema = parameter.schema.as_ref().unwrap_or(&any);
        let entries = core(&self.declared.api.bundle, schema).as_object();
        let is_text = entries.is_none_or(|entries| matches!(kind(entries), Some("string") | None));
        let texts = ["failspec\u{fffd}", "failspec/failspec", "../.."];
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
                let own = own_text(what, value, &operation.method);
                // It must not be too long, too.
                let own = own
                    .filter(|own| what == "too_long" || max_len.is_none_or(|max_len| own.len() <= max_len));
                Some(own.map_or(as_it_is, NoSuchId::own))
            }
        }
    }

    fn max_len(&self, schema: &Value) -> Option<usize> {
        let max_len = core(&self.declared.api.bundle, schema).get("maxLength")?.as_u64()?;
        usize::try_from(max_len).ok()
    }
}

/// Returns a text with the same fault as a value that a schema of texts forbids, and that only requests of this method have in
/// this run; `None` if there is no place for one.
fn own_text(what: &str, value: &str, method: &str) -> Option<String> {
    let method = method.to_ascii_lowercase();
    match what {
        _ if value.starts_with("failspec") => Some(format!("{value}-{method}")),
        // The number of letters counts, and what they are does not.
        "too_long" if value.len() > MIN_OWN_LEN && value.bytes().all(|byte| byte == b'x') => {
            let own = format!("{method}-failspec-{value}");
            Some(own.chars().take(value.len()).collect())
        }
        "against_pattern" if value == "~" => Some(format!("~failspec-{method}")),
        _ => None,
    }
}

/// Number of characters from which on a text that begins with the name of a method and `-fails` is nobody else's.
const MIN_OWN_LEN: usize = 10;

#[cfg(test)]
mod tests {
    use super::own_text;

    #[test]
    fn own_text_has_the_same_fault_and_differs_by_method() {
        for (what, value, expected) in [
            ("wrong_type", "failspec-is-no-value", Some("failspec-is-no-value-put")),
            ("wrong_format", "failspec is no uuid", Some("failspec is no uuid-put")),
            ("too_long", "xxxxxxxxxxx", Some("put-failspe")),
            ("too_long", "xxxxxxxxxxxxxxxxxxxxxx", Some("put-failspec-xxxxxxxxx")),
            ("against_pattern", "~", Some("~failspec-put")),
            // There is no place for a name.
            ("against_pattern", "~~~", None),
            ("too_long", "xxx", None),
            ("above_maximum", "101", None),
        ] {
            assert_eq!(own_text(what, value, "PUT").as_deref(), expected, "{what} {value}");
        }
    }
}
