//! Values that a schema forbids, each for one reason.

use serde_json::{Map, Value, json};

use failspec_pack::openapi::Bundle;

use super::{
    pattern_length::{lengths, without_most},
    unusual_values::{
        BEYOND_FLOAT, BEYOND_FLOAT_TEXT, WITHOUT_OFFSET, beyond_float, bounds, unusual, unusual_counts,
        unusual_texts,
    },
    value_generator::{ValueGenerator, kind},
};

/// An invalid value and the kind of its fault.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct InvalidValue {
    /// The kind of fault as in names of scenarios: `missing`, `wrong_type`.
    pub what: &'static str,
    /// The value. `None`: the value is missing.
    pub value: Option<Value>,
    /// True if the specification does not require the API to reject it: `format` is an annotation by default.
    pub doubtful: bool,
    /// True if the schema allows it, and it is only unusual: servers often break on it.
    pub allowed: bool,
    /// True if most servers accept it.
    pub tolerated: bool,
    /// True if the words of the document tell other values, so that a refusal is no surprise.
    pub against_words: bool,
}

impl InvalidValue {
    pub fn sure(what: &'static str, value: impl Into<Value>) -> Self {
        Self {
            what,
            value: Some(value.into()),
            doubtful: false,
            allowed: false,
            tolerated: false,
            against_words: false,
        }
    }

    pub fn unusual(what: &'static str, value: impl Into<Value>) -> Self {
        Self { allowed: true, ..Self::sure(what, value) }
    }

    /// A value that most servers accept.
    pub fn tolerated(self) -> Self {
        Self { tolerated: true, ..self }
    }

    /// Returns true if the value is what it is meant to be: forbidden, or only unusual. What is meant as unusual and is
    /// forbidden by its format (`int32`) is doubtful.
    fn fits(&mut self, is_allowed: bool) -> bool {
        if self.what == WITHOUT_OFFSET {
            return true;
        }
        if self.allowed && !is_allowed {
            // One such number that a format forbids says enough; that a bound of a type is no multiple is another fault.
            if matches!(self.what, "most_of_64_bits" | "least_of_64_bits" | "beyond_32_bits" | "huge_integer")
            {
                return false;
            }
            (self.allowed, self.doubtful) = (false, true);
        }
        self.allowed == is_allowed
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
    flaws.extend(beyond(sampler, entries));
    if kind(entries) == Some("array") && depth < MAX_DEPTH {
        flaws.extend(of_items(sampler, entries, depth));
    }
    let has_required = entries.get("required").and_then(Value::as_array).is_some_and(|it| !it.is_empty());
    if !has_required && entries.get("minProperties").and_then(Value::as_u64).is_some_and(|fewest| fewest > 0)
    {
        flaws.push(InvalidValue::sure("too_few_properties", json!({})));
    }
    flaws.extend(of_map(sampler, entries));
    flaws.extend(of_alternatives(sampler, entries));
    flaws.extend(unusual(entries));
    flaws.extend(unusual_texts(sampler, schema, entries));
    flaws.extend(bounds(sampler, schema, entries));
    flaws.extend(convertible(sampler, schema, entries));
    flaws.retain_mut(|flaw| {
        let is_allowed = flaw.value.as_ref().is_none_or(|value| sampler.is_allowed(schema, value));
        flaw.fits(is_allowed)
    });
    flaws
}

/// Generates maps with a value that is not what their values must be.
fn of_map(sampler: &ValueGenerator<'_>, entries: &Map<String, Value>) -> Vec<InvalidValue> {
    let requires = entries.get("required").and_then(Value::as_array).is_some_and(|it| !it.is_empty());
    let values = entries.get("additionalProperties").filter(|it| it.is_object() && !requires);
    let Some(values) = values else { return Vec::new() };
    let inner = core(&sampler.declared.api.bundle, values).as_object().and_then(kind);
    let null = (!sampler.is_allowed(values, &Value::Null)).then(|| ("map_value_null", Value::Null));
    let wrong = inner.map(|inner| ("map_value_of_wrong_type", of_another_type(Some(inner))));
    null.into_iter()
        .chain(wrong)
        // Servers take maps for free ones, and keep what is in them.
        .map(|(what, value)| InvalidValue::sure(what, json!({ "failspec": value })).tolerated())
        .collect()
}

/// Generates objects that are none, or two at once, of the alternatives of which a schema wants exactly one.
fn of_alternatives(sampler: &ValueGenerator<'_>, entries: &Map<String, Value>) -> Vec<InvalidValue> {
    let branches = entries.get("oneOf").and_then(Value::as_array).into_iter().flatten();
    let made = branches.filter_map(|branch| sampler.value(branch, "one")?.as_object().cloned());
    let made: Vec<Map<String, Value>> = made.take(2).collect();
    let [one, other] = made.as_slice() else { return Vec::new() };
    let both: Map<String, Value> = one.clone().into_iter().chain(other.clone()).collect();
    vec![
        InvalidValue::sure("no_alternative", json!({})),
        InvalidValue::sure("two_alternatives", Value::Object(both)),
    ]
}

/// Generates values that a schema forbids and that many servers convert to what it wants.
fn convertible(
    sampler: &ValueGenerator<'_>,
    schema: &Value,
    entries: &Map<String, Value>,
) -> Vec<InvalidValue> {
    if entries.contains_key("enum") || entries.contains_key("const") {
        return Vec::new();
    }
    let doubtful =
        |what, value: Value| InvalidValue { doubtful: true, ..InvalidValue::sure(what, value).tolerated() };
    let number = || sampler.value(schema, "number").filter(Value::is_number);
    match kind(entries) {
        Some("integer") => {
            let value = number();
            let fraction = value.as_ref().and_then(Value::as_i64).filter(|value| value.abs() < 1 << 50);
            let fraction = fraction.map(|value| doubtful("fraction", json!(value as f64 + 0.5)));
            let text = value.map(|value| doubtful("number_as_text", value.to_string().into()));
            fraction.into_iter().chain(text).collect()
        }
        Some("number") => {
            number().map(|value| doubtful("number_as_text", value.to_string().into())).into_iter().collect()
        }
        Some("boolean") => vec![doubtful("boolean_as_text", "true".into())],
        Some("string") => vec![doubtful("number_for_text", 7.into())],
        _ => Vec::new(),
    }
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
    // If items must be unique, equal items are a second fault. For that itself see `list_items`.
    let differ = entries.get("uniqueItems") == Some(&Value::Bool(true));
    if let Some(most) = count("maxItems").filter(|most| !differ && *most <= MAX_LIST_LEN) {
        flaws.push(InvalidValue::sure("too_many_items", list(most + 1)));
    }
    let wrong = at_depth(sampler, schema, depth + 1).into_iter().find(|flaw| !flaw.doubtful && !flaw.allowed);
    if let Some(wrong) = wrong.and_then(|flaw| flaw.value).filter(|_| !differ || fewest == 1) {
        let mut items = list(fewest - 1);
        items.push(wrong);
        flaws.push(InvalidValue::sure("wrong_item", items));
    }
    // Of what the items may be, what servers break on most often.
    let unusual = at_depth(sampler, schema, depth + 1).into_iter();
    let unusual = unusual.filter(|flaw| flaw.allowed && matches!(flaw.what, "beyond_64_bits" | "with_nul"));
    for flaw in unusual.filter(|_| !differ || fewest == 1) {
        let mut items = list(fewest - 1);
        items.extend(flaw.value.clone());
        flaws.push(InvalidValue { value: Some(items.into()), ..flaw });
    }
    if !sampler.is_allowed(schema, &Value::Null) && (!differ || fewest == 1) {
        let mut items = list(fewest - 1);
        items.push(Value::Null);
        flaws.push(InvalidValue::sure("null_item", items));
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
    // One item of several that must be there would be another fault.
    if items.is_some() && entries.get("minItems").and_then(Value::as_u64).is_some_and(|fewest| fewest > 1) {
        return Vec::new();
    }
    let entries = items.unwrap_or(entries);
    let mut flaws = beyond(sampler, entries);
    // Addresses and headers stay below what proxies refuse.
    flaws.retain(|flaw| {
        flaw.value.as_ref().and_then(Value::as_str).is_none_or(|text| text.len() <= MAX_TEXT_LEN)
    });
    // Every value is a valid text, so only other types can have a value of the wrong type.
    if matches!(kind(entries), Some("integer" | "number" | "boolean")) && !entries.contains_key("enum") {
        flaws.insert(0, InvalidValue::sure("wrong_type", "failspec-is-no-value"));
    }
    flaws.extend(unusual(entries));
    let item = Value::Object(entries.clone());
    flaws.extend(bounds(sampler, &item, entries));
    flaws.extend(unusual_counts(sampler, &item, entries));
    // What is a text already is not converted.
    let converted = convertible(sampler, &item, entries);
    flaws.extend(converted.into_iter().filter(|flaw| flaw.what == "fraction"));
    flaws.extend(beyond_float(entries));
    let texts = flaws.into_iter().filter_map(|mut flaw| {
        let text = match flaw.value.as_ref()? {
            _ if flaw.what == BEYOND_FLOAT => BEYOND_FLOAT_TEXT.to_owned(),
            Value::String(text) => text.clone(),
            value @ (Value::Number(_) | Value::Bool(_)) => value.to_string(),
            _ => return None,
        };
        // What no value of JSON is, is allowed where the value in its place is.
        let read = match flaw.what {
            BEYOND_FLOAT => flaw.value.clone(),
            _ => serde_json::from_str::<Value>(&text).ok(),
        };
        let read = read.filter(|value| value.is_number() || value.is_boolean());
        let mut readings: Vec<Value> = read.into_iter().chain([Value::from(text.as_str())]).collect();
        let lists: Vec<Value> = readings.iter().map(|value| json!([value])).collect();
        readings.extend(lists);
        let is_allowed = readings.iter().any(|value| sampler.is_allowed(schema, value));
        // An empty text is often treated as a missing value.
        (flaw.fits(is_allowed) && !text.is_empty()).then_some((flaw, text))
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

/// Maximum length of a text in an address or a header, in bytes.
pub(super) const MAX_TEXT_LEN: usize = 2_000;

/// Returns a text of this length that breaks only these rules: it keeps the pattern and the format, if one can be found
/// that does.
fn only_against(
    sampler: &ValueGenerator<'_>,
    entries: &Map<String, Value>,
    rules: &[&str],
    length: usize,
) -> String {
    let plain = "x".repeat(length);
    let mut others = entries.clone();
    others.retain(|key, _| !rules.contains(&key.as_str()));
    // Only the pattern and the format say more about a text than its length.
    if !others.contains_key("pattern") && !others.contains_key("format") {
        return plain;
    }
    let schema = Value::Object(others);
    let of_length = |text: &str| -> Option<String> {
        let (first, last) = (text.chars().next()?, text.chars().last()?);
        let grown = |filler: char, at_end: bool| -> String {
            let missing: String =
                std::iter::repeat_n(filler, length.saturating_sub(text.chars().count())).collect();
            if at_end { format!("{text}{missing}") } else { format!("{missing}{text}") }
        };
        let cut: String = text.chars().take(length).collect();
        [grown(last, true), grown(first, false), cut]
            .into_iter()
            .find(|text| text.chars().count() == length && sampler.is_allowed(&schema, &text.as_str().into()))
    };
    let given = sampler.value(&schema, "text");
    let valid = given.as_ref().and_then(Value::as_str).filter(|text| !text.contains("${"));
    let repeated = ["a", "A", "0", "x"].map(|one| one.repeat(length));
    let repeated =
        || repeated.iter().find(|text| sampler.is_allowed(&schema, &text.as_str().into())).cloned();
    valid.and_then(of_length).or_else(repeated).unwrap_or(plain)
}

/// Generates texts that are too short or too long for a pattern with a length in it, where no other rule says what the length
/// is. A text that is empty is the one that servers break on most.
fn against_length_of_pattern(
    sampler: &ValueGenerator<'_>,
    entries: &Map<String, Value>,
) -> Vec<InvalidValue> {
    let pattern = entries.get("pattern").and_then(Value::as_str);
    let Some((pattern, lengths)) = pattern.and_then(|pattern| Some((pattern, lengths(pattern)?))) else {
        return Vec::new();
    };
    let is_short = lengths.fewest > 0 && !entries.contains_key("minLength");
    let short = is_short.then(|| InvalidValue::sure("too_short", ""));
    let most = lengths.most.filter(|most| *most < 100_000 && !entries.contains_key("maxLength"));
    let long = most.zip(without_most(pattern)).map(|(most, longer)| {
        let mut others = entries.clone();
        others.insert("pattern".to_owned(), longer.into());
        InvalidValue::sure("too_long", only_against(sampler, &others, &[], most + 1))
    });
    short.into_iter().chain(long).collect()
}

/// Generates values of the right type that violate other constraints.
fn beyond(sampler: &ValueGenerator<'_>, entries: &Map<String, Value>) -> Vec<InvalidValue> {
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
    // A step that is seen in single precision, too, which `format: float` allows.
    let is_single = entries.get("format").and_then(Value::as_str) == Some("float");
    let step = |bound: f64| if is_single { (bound.abs() * 1e-3).max(1.0) } else { 1.0 };
    if let Some(least) = number("minimum").or(number("exclusiveMinimum")) {
        let out = match (unit, number("minimum")) {
            (Some(unit), Some(least)) => ((least / unit).ceil() - 1.0) * unit,
            (Some(unit), None) => (least / unit).floor() * unit,
            (None, Some(least)) => least - step(least),
            (None, None) if is_single => least - step(least),
            (None, None) => least,
        };
        flaws.push(InvalidValue::sure("below_minimum", written(out)));
    }
    if let Some(most) = number("maximum").or(number("exclusiveMaximum")) {
        let out = match (unit, number("maximum")) {
            (Some(unit), Some(most)) => ((most / unit).floor() + 1.0) * unit,
            (Some(unit), None) => (most / unit).ceil() * unit,
            (None, Some(most)) => most + step(most),
            (None, None) if is_single => most + step(most),
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
        let length = usize::try_from(fewest).unwrap_or(1) - 1;
        flaws.push(InvalidValue::sure("too_short", only_against(sampler, entries, &["minLength"], length)));
    }
    if let Some(most) = count("maxLength").filter(|most| *most < 100_000) {
        let length = usize::try_from(most).unwrap_or_default() + 1;
        flaws.push(InvalidValue::sure("too_long", only_against(sampler, entries, &["maxLength"], length)));
    }
    flaws.extend(against_length_of_pattern(sampler, entries));
    if entries.contains_key("pattern") {
        let (fewest, most) = (count("minLength").unwrap_or(1).min(1_000), count("maxLength"));
        let length = fewest.max(1).min(most.unwrap_or(u64::MAX));
        flaws.push(InvalidValue::sure("against_pattern", "~".repeat(usize::try_from(length).unwrap_or(1))));
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
