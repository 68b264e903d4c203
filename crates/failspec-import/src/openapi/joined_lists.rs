//! Values of parameters that are lists of several items: in one text (`bbox=1,2,3,4`), or with the name before each of them
//! (`bbox=1&bbox=2`).

use serde_json::{Map, Value};

use crate::names::slug;
use failspec_base::encoding::percent_encode;
use failspec_pack::openapi::{Operation, Parameter, ParameterLocation};

use super::{
    fault_kind::FaultKind,
    faults::Fault,
    generate::Generator,
    invalid_value::{InvalidValue, core, of_text},
    path_values::text,
    unusual_values::BEYOND_FLOAT,
    valid_request::ValidRequest,
    value_generator::{ValueGenerator, kind},
};

/// The character between items until they are written with the name before each of them, for private use.
const NEXT_ITEM: char = '\u{e0f2}';

/// Maximum length of a list of which one too long is generated.
const MAX_LEN: u64 = 100;

/// Returns the schema of a list with more items than one, without a demand that they differ; `None` for anything else.
pub(super) fn list_of_several<'s>(
    sampler: &'s ValueGenerator<'_>,
    schema: &'s Value,
) -> Option<&'s Map<String, Value>> {
    let entries = core(&sampler.declared.api.bundle, schema).as_object()?;
    let fewest = entries.get("minItems").and_then(Value::as_u64)?;
    let is_several = kind(entries) == Some("array") && (2..=MAX_LEN).contains(&fewest);
    (is_several && entries.get("uniqueItems") != Some(&Value::Bool(true))).then_some(entries)
}

impl Generator<'_> {
    /// Adds requests with a list of several items in the query that has the name before each of them. One that is required is in no
    /// valid request either.
    pub(super) fn repeated_lists(
        &mut self,
        operation: &Operation,
        parameter: &Parameter,
        right: &ValidRequest,
        faults: &mut Vec<Fault>,
    ) {
        let Some(schema) = &parameter.schema else { return };
        if list_of_several(&self.sampler, schema).is_none() {
            return;
        }
        if parameter.required || parameter.place != ParameterLocation::Query || right.ask.path.contains('?') {
            let why = "a list of several items is sent as repeated parameters, which is not supported";
            return self.leave_out(why, operation, &format!("values of {}", parameter.name));
        }
        let name = percent_encode(&parameter.name).to_string();
        for (flaw, whole) in of_joined(&self.sampler, schema, NEXT_ITEM) {
            let items = whole.split(NEXT_ITEM).map(|item| format!("{name}={}", percent_encode(item)));
            let query = items.collect::<Vec<String>>().join("&");
            let mut faulty = right.ask.clone();
            faulty.query.retain(|(known, _)| *known != parameter.name);
            faulty.path.push_str(&format!("?{query}"));
            let class = if flaw.allowed { FaultKind::Unusual } else { FaultKind::Invalid };
            let what = format!("{}_{}", slug(&parameter.name), flaw.what);
            let fault = Fault::new(class, what, parameter.pointer.clone(), faulty);
            faults.push(Fault {
                inferred: flaw.doubtful,
                tolerated: flaw.tolerated,
                ..fault.of_kind(flaw.what, &parameter.name)
            });
        }
    }
}

/// Generates lists as texts: with one wrong or unusual item, with one item too few or too many, and with as many as are allowed.
pub(super) fn of_joined(
    sampler: &ValueGenerator<'_>,
    schema: &Value,
    separator: char,
) -> Vec<(InvalidValue, String)> {
    let Some(entries) = list_of_several(sampler, schema) else { return Vec::new() };
    let any = Value::Bool(true);
    let items = entries.get("items").unwrap_or(&any);
    let Some(item) = sampler.value(items, "item").map(|item| text(&item)) else { return Vec::new() };
    if item.is_empty() || item.contains(separator) {
        return Vec::new();
    }
    let count = |key: &str| entries.get(key).and_then(Value::as_u64);
    let fewest = count("minItems").unwrap_or(1);
    let most = count("maxItems").filter(|most| (fewest..MAX_LEN).contains(most));
    let joined = |count: u64, last: Option<&str>| {
        let valid = (0..count).map(|_| item.as_str());
        valid.chain(last).collect::<Vec<&str>>().join(&separator.to_string())
    };
    let mut found = vec![(InvalidValue::sure("too_few_items", ""), joined(fewest - 1, None))];
    if let Some(most) = most {
        found.push((InvalidValue::sure("too_many_items", ""), joined(most + 1, None)));
        // The longest one that is documented.
        found.extend((most > fewest).then(|| (InvalidValue::unusual("at_maximum", ""), joined(most, None))));
    }
    let of_item = of_text(sampler, items).into_iter().filter(|(_, text)| !text.contains(separator));
    found.extend(of_item.map(|(flaw, text)| {
        let whole = match flaw.what {
            // It is the lower bound of a box, which a server computes with, and not only compares.
            BEYOND_FLOAT => format!("{text}{separator}{}", joined(fewest - 1, None)),
            _ => joined(fewest - 1, Some(&text)),
        };
        (flaw, whole)
    }));
    found
}

#[cfg(test)]
mod tests {
    use failspec_pack::openapi::{Api, Declared};
    use serde_json::json;

    use super::*;

    #[test]
    fn one_item_or_their_number_is_wrong() {
        let document = json!({ "openapi": "3.1.0", "info": { "title": "t", "version": "1" }, "paths": {} });
        let declared = Declared::new(Api::parse("a.json", &document.to_string()).unwrap());
        let sampler = ValueGenerator { declared: &declared, seed: 1 };
        let of = |schema: Value| {
            let found = of_joined(&sampler, &schema, ',').into_iter();
            found.map(|(flaw, text)| (flaw.what, flaw.allowed, text)).collect::<Vec<_>>()
        };
        let found = of(
            json!({ "type": "array", "minItems": 4, "maxItems": 6, "items": { "type": "number", "const": 3 } }),
        );
        let counted = |what, allowed, count: usize| (what, allowed, vec!["3"; count].join(","));
        for expected in [
            counted("too_few_items", false, 3),
            counted("too_many_items", false, 7),
            counted("at_maximum", true, 6),
        ] {
            assert!(found.contains(&expected), "{expected:?}: {found:?}");
        }
        let found = of(json!({ "type": "array", "minItems": 2, "items": { "type": "number" } }));
        let is_beyond = |(what, allowed, text): &(&str, bool, String)| {
            *what == BEYOND_FLOAT && *allowed && text.starts_with("1e400,")
        };
        assert!(found.iter().any(is_beyond), "{found:?}");
        let found =
            of(json!({ "type": "array", "minItems": 2, "items": { "type": "integer", "enum": [5] } }));
        assert!(found.iter().any(|(_, allowed, text)| !allowed && text.starts_with("5,")), "{found:?}");
        // One item is written like that item, and of items that differ each needs another value.
        for other in [
            json!({ "type": "array", "items": { "type": "integer" } }),
            json!({ "type": "array", "minItems": 2, "uniqueItems": true, "items": { "type": "integer" } }),
            json!({ "type": "integer" }),
        ] {
            assert_eq!(of(other.clone()), [], "{other}");
        }
    }
}
