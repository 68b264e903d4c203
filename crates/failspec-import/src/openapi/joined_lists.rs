//! Values of parameters that are lists of several items in one text: `bbox=1,2,3,4`.

use serde_json::{Map, Value};

use super::{
    invalid_value::{InvalidValue, core, of_text},
    path_values::text,
    value_generator::{ValueGenerator, kind},
};

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
        let whole = joined(fewest - 1, Some(&text));
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
