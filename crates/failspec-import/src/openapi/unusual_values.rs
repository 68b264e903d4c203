//! Values that a schema usually allows, and on which servers often break.

use serde_json::{Map, Value, json};

use failspec_pack::openapi::told_of;

use super::{
    invalid_value::{InvalidValue, core},
    value_generator::{LONG_WITHIN, UNIQUE_WITHIN, ValueGenerator, is_integer_text, kind},
};

/// The kind of a number that is larger than any that a floating-point number holds.
pub(super) const BEYOND_FLOAT: &str = "beyond_float";

/// Such a number, in JSON and in texts: parsers make infinity of it, which no integer is.
pub(super) const BEYOND_FLOAT_TEXT: &str = "1e400";

/// The kind of a time that says no offset from UTC. RFC 3339 wants one, and many servers take it for theirs: to refuse it and to take it
/// are both fine. A comparison with a time that has one breaks in many languages.
pub(super) const WITHOUT_OFFSET: &str = "without_offset";

/// Generates a number for an address that no floating-point number holds, if the schema sets no bound. No value of JSON is the number
/// itself.
pub(super) fn beyond_float(entries: &Map<String, Value>) -> Option<InvalidValue> {
    let is_free =
        ["enum", "const", "maximum", "exclusiveMaximum"].iter().all(|key| !entries.contains_key(*key));
    (is_free && kind(entries) == Some("number"))
        .then(|| InvalidValue::unusual(BEYOND_FLOAT, 1e300).tolerated())
}

/// Generates values that a schema usually allows, and on which servers often break.
pub(super) fn unusual(entries: &Map<String, Value>) -> Vec<InvalidValue> {
    let is_free =
        ["enum", "const", "maximum", "exclusiveMaximum"].iter().all(|key| !entries.contains_key(*key));
    match kind(entries) {
        // A number without a fraction is often kept as an integer.
        Some(kind @ ("integer" | "number")) if is_free => {
            // What is written with an exponent is an integer, too, and more than any type for one holds.
            let huge = if kind == "number" { "huge" } else { "huge_integer" };
            let huge = InvalidValue::unusual(huge, 1e300).tolerated();
            let has_least = ["minimum", "exclusiveMinimum"].iter().any(|key| entries.contains_key(*key));
            let least = InvalidValue::unusual("least_of_64_bits", i64::MIN).tolerated();
            // More than a signed integer of 64 bits holds, which is what most languages and databases have; the bounds of
            // that, which a floating-point number rounds; and more than an ordinary column of a database holds.
            [
                InvalidValue::unusual("beyond_64_bits", u64::MAX),
                InvalidValue::unusual("most_of_64_bits", i64::MAX).tolerated(),
                InvalidValue::unusual("beyond_32_bits", 1_i64 << 31).tolerated(),
            ]
            .into_iter()
            .chain((!has_least).then_some(least))
            .chain([huge])
            .collect()
        }
        // More than any integer of 64 bits holds, and more than a signed one does.
        Some("string") if is_free && is_integer_text(entries) => [
            ("beyond_64_bits", "99999999999999999999"),
            ("most_of_64_bits", "9223372036854775808"),
            ("beyond_32_bits", "2147483648"),
        ]
        .map(|(what, number)| InvalidValue::unusual(what, number).tolerated())
        .to_vec(),
        // Times that have an offset and no time in UTC that most languages can hold.
        Some("string") if is_free && entries.get("format").and_then(Value::as_str) == Some("date-time") => {
            let times = ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"];
            let mut times = times.map(|time| InvalidValue::unusual("date_out_of_range", time)).to_vec();
            times.push(InvalidValue::unusual(WITHOUT_OFFSET, "2025-01-01T00:00:00"));
            times.into_iter().map(InvalidValue::tolerated).collect()
        }
        // What a valid request leaves empty, since nothing says what belongs into it.
        Some("object") if is_free && is_any_object(entries) => {
            vec![InvalidValue::unusual("filled_object", json!({ "failspec": 1 })).tolerated()]
        }
        _ => Vec::new(),
    }
}

/// Returns true if a schema says nothing about the members of an object.
fn is_any_object(entries: &Map<String, Value>) -> bool {
    const KEYS: [&str; 9] = [
        "properties",
        "patternProperties",
        "propertyNames",
        "required",
        "dependentRequired",
        "unevaluatedProperties",
        "oneOf",
        "anyOf",
        "allOf",
    ];
    let is_any = |values: &Value| *values == true || values.as_object().is_some_and(Map::is_empty);
    KEYS.iter().all(|key| !entries.contains_key(*key))
        && entries.get("additionalProperties").is_none_or(is_any)
}

/// Generates numbers for an address that a schema often allows although the server divides by them, or counts back.
pub(super) fn unusual_counts(
    sampler: &ValueGenerator<'_>,
    schema: &Value,
    entries: &Map<String, Value>,
) -> Vec<InvalidValue> {
    let counts = [("zero", 0), ("negative", -1), ("beyond_the_end", 1_000_000)]
        .into_iter()
        .filter(|_| kind(entries) == Some("integer"));
    let allowed = counts.filter(|(_, count)| sampler.is_allowed(schema, &json!(count)));
    allowed.map(|(what, count)| InvalidValue::unusual(what, count).tolerated()).collect()
}

/// Generates texts that a schema allows where it says nothing about them: with a character that databases refuse, with
/// letters beyond ASCII, longer than a column. Each has a name of the run in it, so that what they create is known again.
pub(super) fn unusual_texts(
    sampler: &ValueGenerator<'_>,
    schema: &Value,
    entries: &Map<String, Value>,
) -> Vec<InvalidValue> {
    let is_free = ["enum", "const", "format"].iter().all(|key| !entries.contains_key(*key));
    if kind(entries) != Some("string") || !is_free {
        return Vec::new();
    }
    // What a pattern wants at the beginning, or nothing where there is no place for a name.
    let valid = sampler.value(schema, "text");
    let valid = valid.as_ref().and_then(Value::as_str).filter(|text| !text.contains("${"));
    let begins = [Some(UNIQUE_WITHIN.to_string()), valid.map(str::to_owned), Some("a".to_owned())];
    let endings = [
        ("with_nul", "\u{0}".to_owned()),
        ("beyond_ascii", " \u{e9}\u{65e5}\u{1f600}".to_owned()),
        // What is put into an address, or the path of a file.
        ("with_slash", "/a b%2".to_owned()),
        ("long", LONG_WITHIN.to_string()),
    ];
    let empty = sampler.is_allowed(schema, &"".into());
    let empty = empty.then(|| InvalidValue::unusual("empty_text", "").tolerated());
    let texts = endings.into_iter().filter_map(|(what, ending)| {
        let texts = begins.iter().flatten().map(|begin| Value::from(format!("{begin}{ending}")));
        let text = texts.into_iter().find(|text| sampler.is_allowed(schema, text))?;
        Some(InvalidValue::unusual(what, text).tolerated())
    });
    let against_words = has_told(sampler, schema);
    texts.chain(empty).map(|text| InvalidValue { against_words, ..text }).collect()
}

/// Returns true if the words of the document tell the values of a text, or of the items of a list: they are no schema, and an API
/// takes no others all the same.
pub(super) fn has_told(sampler: &ValueGenerator<'_>, schema: &Value) -> bool {
    let bundle = &sampler.declared.api.bundle;
    let inner = core(bundle, schema);
    let items = inner.get("items").map(|items| core(bundle, items));
    [Some(schema), Some(inner), items].into_iter().flatten().any(|it| told_of(it).next().is_some())
}

/// Generates the bounds of a number, which are within it.
pub(super) fn bounds(
    sampler: &ValueGenerator<'_>,
    schema: &Value,
    entries: &Map<String, Value>,
) -> Vec<InvalidValue> {
    let bound = |what, key: &str| {
        let bound = entries.get(key).filter(|bound| bound.is_i64() && sampler.is_allowed(schema, bound));
        bound.map(|bound| InvalidValue::unusual(what, bound.clone()).tolerated())
    };
    let is_number = matches!(kind(entries), Some("integer" | "number")) && !entries.contains_key("enum");
    [bound("at_minimum", "minimum"), bound("at_maximum", "maximum")]
        .into_iter()
        .flatten()
        .filter(|_| is_number)
        .collect()
}

#[cfg(test)]
mod tests {
    use failspec_pack::openapi::{Api, Declared, Operation};
    use serde_json::json;

    use super::*;
    use crate::openapi::{invalid_value::of_json, valid_request::json_body};

    #[test]
    fn a_text_whose_values_words_tell_may_be_refused() {
        for (property, is_against_words) in [
            (json!({ "type": "string" }), false),
            (json!({ "type": "string", "description": "Its name, at most a line" }), false),
            (json!({ "type": "string", "description": "Supports `RS256` and `ES256`." }), true),
            (json!({ "type": ["string", "null"], "description": "One of: asc, desc." }), true),
        ] {
            let schema = json!({ "type": "object", "required": ["one"], "properties": { "one": property } });
            let body = json!({ "content": { "application/json": { "schema": schema } } });
            let post = json!({ "requestBody": body, "responses": { "200": { "description": "ok" } } });
            let document = json!({
                "openapi": "3.1.0", "info": { "title": "t", "version": "1" }, "paths": { "/a": { "post": post } }
            });
            let declared = Declared::new(Api::parse("openapi.json", &document.to_string()).unwrap());
            let operation: &Operation = &declared.api.operations[0];
            let schema = json_body(operation).unwrap().schema.as_ref().unwrap();
            let one = &core(&declared.api.bundle, schema)["properties"]["one"];
            let sampler = ValueGenerator { declared: &declared, seed: 1 };
            let texts = of_json(&sampler, one);
            let texts = texts.iter().filter(|it| ["beyond_ascii", "empty_text"].contains(&it.what));
            let found: Vec<bool> = texts.map(|it| it.against_words).collect();
            assert_eq!(found, [is_against_words; 2], "{property}");
        }
    }
}
