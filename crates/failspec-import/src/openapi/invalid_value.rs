//! Values that a schema forbids, each for one reason.

use serde_json::{Map, Value, json};

use failspec_pack::openapi::Bundle;

use super::value_generator::{ValueGenerator, kind};

/// An invalid value and the kind of its fault.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct InvalidValue {
    /// The kind of fault as in names of scenarios: `missing`, `wrong_type`.
    pub what: &'static str,
    /// The value. `None`: the value is missing.
    pub value: Option<Value>,
    /// True if the specification does not require the API to reject it: `format` is an annotation by default.
    pub doubtful: bool,
}

impl InvalidValue {
    fn sure(what: &'static str, value: impl Into<Value>) -> Self {
        Self { what, value: Some(value.into()), doubtful: false }
    }
}

/// Resolves a schema to the one that describes the value: follows references, and unwraps combinations of a single
/// schema and `null`. FastAPI and others write optional values in this form.
pub(super) fn core<'s>(bundle: &'s Bundle, schema: &'s Value) -> &'s Value {
    let mut schema = bundle.resolve(schema);
    for _ in 0..MAX_CHAIN_LEN {
        let Some(entries) = schema.as_object().filter(|entries| kind(entries).is_none()) else { break };
        let is_null = |it: &&Value| it.get("type").and_then(Value::as_str) == Some("null");
        let lists = ["anyOf", "oneOf", "allOf"].iter().filter_map(|key| entries.get(*key)?.as_array());
        let lists: Vec<&Vec<Value>> = lists.collect();
        let [alternatives] = lists.as_slice() else { break };
        let mut others = alternatives.iter().filter(|it| !is_null(it));
        let (Some(only), None) = (others.next(), others.next()) else { break };
        schema = bundle.resolve(only);
    }
    schema
}

/// Maximum number of nested combinations that are unwrapped.
const MAX_CHAIN_LEN: usize = 8;

/// Generates the invalid JSON values for a schema, one for each kind of fault. Values that the schema allows are left
/// out.
pub(super) fn of_json(sampler: &ValueGenerator<'_>, schema: &Value) -> Vec<InvalidValue> {
    at_depth(sampler, schema, 0)
}

/// Maximum depth in nested lists at which faults are placed.
const MAX_DEPTH: usize = 2;

/// Maximum `maxItems` for which a list that is too long is generated.
const MAX_LIST_LEN: u64 = 1_000;

fn at_depth(sampler: &ValueGenerator<'_>, schema: &Value, depth: usize) -> Vec<InvalidValue> {
    let resolved = core(&sampler.declared.api.bundle, schema);
    let Some(entries) = resolved.as_object() else { return Vec::new() };
    let mut flaws = vec![InvalidValue::sure("wrong_type", of_another_type(kind(entries)))];
    flaws.extend(beyond(entries));
    if kind(entries) == Some("array") && depth < MAX_DEPTH {
        flaws.extend(of_items(sampler, entries, depth));
    }
    let has_required = entries.get("required").and_then(Value::as_array).is_some_and(|it| !it.is_empty());
    if !has_required && entries.get("minProperties").and_then(Value::as_u64).is_some_and(|fewest| fewest > 0)
    {
        flaws.push(InvalidValue::sure("too_few_properties", json!({})));
    }
    flaws.retain(|flaw| flaw.value.as_ref().is_some_and(|value| !sampler.is_allowed(schema, value)));
    flaws
}

/// Generates lists that are invalid because of their items.
fn of_items(sampler: &ValueGenerator<'_>, entries: &Map<String, Value>, depth: usize) -> Vec<InvalidValue> {
    let any = Value::Bool(true);
    let schema = entries.get("items").unwrap_or(&any);
    let Some(item) = sampler.value(schema, "item") else { return Vec::new() };
    let count = |key: &str| entries.get(key).and_then(Value::as_u64);
    let fewest = count("minItems").unwrap_or(0).clamp(1, 20);
    let list = |count: u64| (0..count).map(|_| item.clone()).collect::<Vec<Value>>();
    let mut flaws = Vec::new();
    // If items must be unique, equal items are a second fault. A violation of `uniqueItems` is not generated:
    // frameworks that write `uniqueItems` read the list as a set and accept it.
    let differ = entries.get("uniqueItems") == Some(&Value::Bool(true));
    if let Some(most) = count("maxItems").filter(|most| !differ && *most <= MAX_LIST_LEN) {
        flaws.push(InvalidValue::sure("too_many_items", list(most + 1)));
    }
    let wrong = at_depth(sampler, schema, depth + 1).into_iter().find(|flaw| !flaw.doubtful);
    if let Some(wrong) = wrong.and_then(|flaw| flaw.value).filter(|_| !differ || fewest == 1) {
        let mut items = list(fewest - 1);
        items.push(wrong);
        flaws.push(InvalidValue::sure("wrong_item", items));
    }
    flaws
}

/// Generates invalid values as texts, for a path, a query or a header. A text that can be read as a number counts as
/// a number.
pub(super) fn of_text(sampler: &ValueGenerator<'_>, schema: &Value) -> Vec<(InvalidValue, String)> {
    let resolved = core(&sampler.declared.api.bundle, schema);
    let Some(entries) = resolved.as_object() else { return Vec::new() };
    // A list with one item is written like that item.
    let of_items = entries.get("items").filter(|_| kind(entries) == Some("array"));
    let items = of_items.and_then(|items| core(&sampler.declared.api.bundle, items).as_object());
    let entries = items.unwrap_or(entries);
    let mut flaws = beyond(entries);
    // Every value is a valid text, so only other types can have a value of the wrong type.
    if matches!(kind(entries), Some("integer" | "number" | "boolean")) && !entries.contains_key("enum") {
        flaws.insert(0, InvalidValue::sure("wrong_type", "failspec-is-no-value"));
    }
    let texts = flaws.into_iter().filter_map(|flaw| {
        let text = match flaw.value.as_ref()? {
            Value::String(text) => text.clone(),
            value @ (Value::Number(_) | Value::Bool(_)) => value.to_string(),
            _ => return None,
        };
        let read =
            serde_json::from_str::<Value>(&text).ok().filter(|value| value.is_number() || value.is_boolean());
        let mut readings: Vec<Value> = read.into_iter().chain([Value::from(text.as_str())]).collect();
        let lists: Vec<Value> = readings.iter().map(|value| json!([value])).collect();
        readings.extend(lists);
        let refused = readings.iter().all(|value| !sampler.is_allowed(schema, value));
        // An empty text is often treated as a missing value.
        (refused && !text.is_empty()).then_some((flaw, text))
    });
    texts.collect()
}

/// Returns a value of a type that APIs do not convert to the expected one. (They read numbers from texts, and convert
/// numbers to texts.)
fn of_another_type(kind: Option<&str>) -> Value {
    match kind {
        Some("string") => json!({ "failspec": "no text" }),
        Some("object") => "failspec-is-no-object".into(),
        Some("array") => "failspec-is-no-list".into(),
        Some("boolean") => "failspec-is-no-boolean".into(),
        _ => "failspec-is-no-number".into(),
    }
}

/// Generates values of the right type that violate other constraints.
fn beyond(entries: &Map<String, Value>) -> Vec<InvalidValue> {
    let mut flaws = Vec::new();
    let number = |key: &str| entries.get(key).and_then(Value::as_f64);
    let count = |key: &str| entries.get(key).and_then(Value::as_u64);
    let kind = kind(entries);
    if entries.contains_key("enum") || entries.contains_key("const") {
        let value = match kind {
            Some("integer" | "number") => json!(-987_654_321),
            _ => "failspec-no-such-value".into(),
        };
        flaws.push(InvalidValue::sure("not_in_enum", value));
        return flaws;
    }
    let written = |value: f64| match value.fract() == 0.0 && value.abs() < 9e15 {
        true => json!(value as i64),
        false => json!(value),
    };
    // The next value out of range must have no other fault: it is an integer, or a multiple.
    let unit = number("multipleOf").filter(|unit| *unit > 0.0).or((kind == Some("integer")).then_some(1.0));
    if let Some(least) = number("minimum").or(number("exclusiveMinimum")) {
        let out = match (unit, number("minimum")) {
            (Some(unit), Some(least)) => ((least / unit).ceil() - 1.0) * unit,
            (Some(unit), None) => (least / unit).floor() * unit,
            (None, Some(least)) => least - 1.0,
            (None, None) => least,
        };
        flaws.push(InvalidValue::sure("below_minimum", written(out)));
    }
    if let Some(most) = number("maximum").or(number("exclusiveMaximum")) {
        let out = match (unit, number("maximum")) {
            (Some(unit), Some(most)) => ((most / unit).floor() + 1.0) * unit,
            (Some(unit), None) => (most / unit).ceil() * unit,
            (None, Some(most)) => most + 1.0,
            (None, None) => most,
        };
        flaws.push(InvalidValue::sure("above_maximum", written(out)));
    }
    // Integers that are too large to be exact would be written as floating-point numbers.
    flaws.retain(|flaw| kind != Some("integer") || !flaw.value.as_ref().is_some_and(Value::is_f64));
    if let Some(unit) = number("multipleOf") {
        let from = number("minimum").unwrap_or(0.0);
        // For integers the next one, so that it has no other fault.
        let beside = if kind == Some("integer") { 1.0 } else { unit / 2.0 };
        flaws.push(InvalidValue::sure("no_multiple", written((from / unit).ceil() * unit + beside)));
    }
    if let Some(fewest) = count("minLength").filter(|fewest| *fewest > 0 && *fewest < 10_000) {
        let text = "x".repeat(usize::try_from(fewest).unwrap_or(1) - 1);
        flaws.push(InvalidValue::sure("too_short", text));
    }
    if let Some(most) = count("maxLength").filter(|most| *most < 100_000) {
        flaws.push(InvalidValue::sure("too_long", "x".repeat(usize::try_from(most).unwrap_or_default() + 1)));
    }
    if entries.contains_key("pattern") {
        let fewest = usize::try_from(count("minLength").unwrap_or(1).min(1_000)).unwrap_or(1);
        flaws.push(InvalidValue::sure("against_pattern", "~".repeat(fewest.max(1))));
    }
    if let Some(format) = entries.get("format").and_then(Value::as_str)
        && kind == Some("string")
    {
        let what = InvalidValue::sure("wrong_format", format!("failspec is no {format}"));
        flaws.push(InvalidValue { doubtful: true, ..what });
    }
    if count("minItems").is_some_and(|fewest| fewest > 0) {
        flaws.push(InvalidValue::sure("too_few_items", json!([])));
    }
    flaws
}
