//! Values that a schema forbids, each for one reason.

use serde_json::{Map, Value, json};

use failspec_pack::openapi::Bundle;

use super::value_generator::{ValueGenerator, kind};

/// What is wrong with a value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct InvalidValue {
    /// In a word, as names of scenarios have it: `missing`, `wrong_type`.
    pub what: &'static str,
    /// The value; `None`: it is not there at all.
    pub value: Option<Value>,
    /// Whether the specification leaves it to the API to refuse it: `format` is an annotation by default.
    pub doubtful: bool,
}

impl InvalidValue {
    fn sure(what: &'static str, value: impl Into<Value>) -> Self {
        Self { what, value: Some(value.into()), doubtful: false }
    }
}

/// The schema that says what a value is, behind references, and behind `null` as the only alternative to it: that is how
/// FastAPI and others write what may be left out.
pub(super) fn core<'s>(bundle: &'s Bundle, schema: &'s Value) -> &'s Value {
    let mut schema = bundle.resolve(schema);
    for _ in 0..LONGEST_CHAIN {
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

/// How many alternatives to nothing are looked behind.
const LONGEST_CHAIN: usize = 8;

/// The flaws that a value of this schema can have as JSON, as far as the schema really forbids them.
pub(super) fn of_json(sampler: &ValueGenerator<'_>, schema: &Value) -> Vec<InvalidValue> {
    at_depth(sampler, schema, 0)
}

/// How deep in lists of lists flaws are put.
const DEEPEST: usize = 2;

/// The longest list that is made to be too long.
const LONGEST_LIST: u64 = 1_000;

fn at_depth(sampler: &ValueGenerator<'_>, schema: &Value, depth: usize) -> Vec<InvalidValue> {
    let resolved = core(&sampler.declared.api.bundle, schema);
    let Some(entries) = resolved.as_object() else { return Vec::new() };
    let mut flaws = vec![InvalidValue::sure("wrong_type", of_another_type(kind(entries)))];
    flaws.extend(beyond(entries));
    if kind(entries) == Some("array") && depth < DEEPEST {
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

/// What can be wrong with a list because of its items.
fn of_items(sampler: &ValueGenerator<'_>, entries: &Map<String, Value>, depth: usize) -> Vec<InvalidValue> {
    let any = Value::Bool(true);
    let schema = entries.get("items").unwrap_or(&any);
    let Some(item) = sampler.value(schema, "item") else { return Vec::new() };
    let count = |key: &str| entries.get(key).and_then(Value::as_u64);
    let fewest = count("minItems").unwrap_or(0).clamp(1, 20);
    let list = |count: u64| (0..count).map(|_| item.clone()).collect::<Vec<Value>>();
    let mut flaws = Vec::new();
    // Items that are all the same are wrong in one more way where they have to differ. That alone is no flaw: whoever reads
    // a list as a set, as frameworks do that write `uniqueItems`, takes it.
    let differ = entries.get("uniqueItems") == Some(&Value::Bool(true));
    if let Some(most) = count("maxItems").filter(|most| !differ && *most <= LONGEST_LIST) {
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

/// The flaws that it can have as text, in a path, a query or a header: a number is one if it reads as one.
pub(super) fn of_text(sampler: &ValueGenerator<'_>, schema: &Value) -> Vec<(InvalidValue, String)> {
    let resolved = core(&sampler.declared.api.bundle, schema);
    let Some(entries) = resolved.as_object() else { return Vec::new() };
    // A list of one is written like its only item.
    let of_items = entries.get("items").filter(|_| kind(entries) == Some("array"));
    let items = of_items.and_then(|items| core(&sampler.declared.api.bundle, items).as_object());
    let entries = items.unwrap_or(entries);
    let mut flaws = beyond(entries);
    // Every value is a text of some kind: only of other types there is a wrong one.
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
        // An empty text is often the same as none at all.
        (refused && !text.is_empty()).then_some((flaw, text))
    });
    texts.collect()
}

/// A value of a type that nobody takes for the one that is wanted: numbers are read from texts, and texts are made of
/// numbers.
fn of_another_type(kind: Option<&str>) -> Value {
    match kind {
        Some("string") => json!({ "failspec": "no text" }),
        Some("object") => "failspec-is-no-object".into(),
        Some("array") => "failspec-is-no-list".into(),
        Some("boolean") => "failspec-is-no-boolean".into(),
        _ => "failspec-is-no-number".into(),
    }
}

/// Values of the right type beyond what is allowed.
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
    // The next value beyond that is nothing else: a whole one, or a multiple.
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
    // What is too large to be exact would not be written as a whole number.
    flaws.retain(|flaw| kind != Some("integer") || !flaw.value.as_ref().is_some_and(Value::is_f64));
    if let Some(unit) = number("multipleOf") {
        let from = number("minimum").unwrap_or(0.0);
        // Of whole numbers the next one, so that nothing else is wrong with it.
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
