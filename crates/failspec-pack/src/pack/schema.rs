//! JSON Schemas: the only module that uses the validator directly.

use std::{collections::BTreeSet, sync::Arc};

use jsonschema::{
    JsonType, PatternOptions, Retrieve, Uri, ValidationError, Validator,
    error::{TypeKind, ValidationErrorKind},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    budget::{self, MAX_STEPS},
    files::Texts,
    schema_cost::{MAX_UNFOLDED, SchemaCost, TooLarge},
};

/// The base URI of relative references in a pack's schemas; nothing is ever fetched from it.
pub(super) const BASE: &str = "pack:///";

/// The maximum length of a value or location that a message quotes, in bytes.
const MAX_QUOTE_LEN: usize = 300;

/// Maximum number of times that a pattern with look-around or back references steps back in one text: some milliseconds.
const MAX_BACKTRACKS: usize = 100_000;

/// Maximum size of all patterns of a schema together, in states. To compile that many takes a second.
const MAX_PATTERNS: u64 = 400_000;

/// Maximum number of steps of a validation whose errors are looked for: those of alternatives take memory, each its own.
const MAX_EXPLAINED: u64 = 200_000;

/// A compiled JSON Schema (2020-12 unless it specifies another version).
#[derive(Debug)]
pub struct Schema {
    /// The schema as written.
    pub value: Value,
    validator: Validator,
    /// The same schema with `format` as an assertion, if it has formats. By the specification `format` is an
    /// annotation, so this validator never decides whether a value fits.
    with_formats: Option<Validator>,
    /// The names of the properties that it declares at its top level.
    declared: BTreeSet<String>,
    /// How much work it demands.
    cost: SchemaCost,
}

/// An error that makes a schema unusable.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{}{message}", self.lead())]
pub struct SchemaError {
    /// JSON Pointer to the invalid part of the schema; empty for the whole schema.
    pub at: String,
    /// The description of the error.
    pub message: String,
}

impl SchemaError {
    fn lead(&self) -> String {
        if self.at.is_empty() { String::new() } else { format!("{}: ", self.at) }
    }

    fn of(error: &jsonschema::ValidationError<'_>) -> Self {
        let at = error.instance_path().as_str().to_owned();
        let text = error.to_string();
        // The library's message about its registry does not help the author of the `$ref`.
        let plain = text.split_once("retrieving it failed: ").map(|(_, why)| why.to_owned());
        let value = error.instance();
        let message = match at.rsplit('/').next() {
            // The meta-schema reports this with an `anyOf` that the author did not write.
            Some("type") if value.is_string() || value.is_array() => {
                format!("{value} is not a type; use array, boolean, integer, null, number, object or string")
            }
            Some("pattern") => format!("{value} is not a valid regular expression"),
            _ => plain.unwrap_or(text),
        };
        Self { at, message }
    }
}

/// A violation of a schema by a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaViolation {
    /// JSON Pointer to the value that is not valid.
    pub at: String,
    /// The description of the violation.
    pub message: String,
    /// The description without the value, which is the same for two responses that violate a rule in the same way.
    pub shape: String,
    /// True if only a `format` does not match, which is an annotation by the specification of JSON Schema.
    pub is_annotation: bool,
    /// The location of the violated keyword, if it is in a definition (`$defs`) that other schemas may refer to.
    pub rule: Option<String>,
    /// The name of the member that is `null` and must not be.
    pub null_member: Option<String>,
    /// The other type in which the value is written, if it is one that the schema means.
    pub written_as: Option<WrittenAs>,
}

/// A value that is the one that is meant, in another type of JSON: what writes it knows no types, or has others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WrittenAs {
    /// `"7"` for `7`.
    NumberAsText,
    /// `"true"` for `true`.
    BooleanAsText,
    /// `true` for `1`.
    NumberAsBoolean,
    /// `1` for `true`.
    BooleanAsNumber,
}

impl SchemaViolation {
    /// A violation by a value as a whole.
    pub(super) fn whole(message: String) -> Self {
        let (at, shape) = (String::new(), message.clone());
        Self { at, message, shape, is_annotation: false, rule: None, null_member: None, written_as: None }
    }
}

/// The files of a pack that schemas may refer to.
#[derive(Debug, Clone, Default)]
pub struct SchemaRegistry {
    texts: Arc<Texts>,
    /// The folder of the pack's schemas, such as `schemas/kubeglass/`.
    folder: String,
}

impl SchemaRegistry {
    /// Creates a registry of the schemas of the pack `name` from its files.
    pub fn new(texts: Arc<Texts>, name: &str) -> Self {
        Self { texts, folder: format!("schemas/{name}/") }
    }

    /// Returns the text of a schema file.
    pub fn text(&self, file: &str) -> Option<&str> {
        self.texts.get(&self.path(file)).map(|text| &**text)
    }

    /// Returns the path of a schema file among the files of the pack.
    pub fn path(&self, file: &str) -> String {
        format!("{}{file}", self.folder)
    }

    /// Returns the names of all schema files.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.texts
            .keys()
            .filter_map(|path| path.strip_prefix(&self.folder))
            .filter(|name| name.ends_with(".json"))
    }
}

impl Retrieve for SchemaRegistry {
    fn retrieve(&self, uri: &Uri<String>) -> Result<Value, Box<dyn std::error::Error + Send + Sync>> {
        let text = uri.as_str();
        let Some(file) = text.strip_prefix(BASE) else {
            return Err(format!(
                "`{text}` would have to be fetched; a schema may refer only to files of its pack"
            )
            .into());
        };
        let found = self.text(file).ok_or_else(|| format!("the pack has no schema file `{file}`"))?;
        Ok(serde_json::from_str(found)?)
    }
}

impl Schema {
    /// Compiles a schema; `$ref`s may refer to files of the pack, never to the network.
    ///
    /// # Errors
    /// Fails if the value is not a schema, or if a reference cannot be resolved.
    pub fn compile(value: Value, library: &SchemaRegistry) -> Result<Self, SchemaError> {
        let cost = SchemaCost::of(&value, library);
        if cost.patterns > MAX_PATTERNS {
            let message = format!(
                "its patterns have {} states together, more than {MAX_PATTERNS}: use smaller repetitions, or `maxLength`",
                cost.patterns
            );
            return Err(SchemaError { at: String::new(), message });
        }
        let build = |formats: bool| {
            let options = jsonschema::options();
            // Of a number, they say how it is stored; of a text, that it is one.
            let options = ["int32", "uint32", "int64", "uint64"]
                .into_iter()
                .fold(options, |options, format| options.with_format(format, is_integer));
            options
                .with_base_uri(format!("{BASE}inline"))
                .with_retriever(library.clone())
                .with_pattern_options(PatternOptions::fancy_regex().backtrack_limit(MAX_BACKTRACKS))
                .should_validate_formats(formats)
                .build(&value)
                .map_err(|error| SchemaError::of(&error))
        };
        let validator = build(false)?;
        let with_formats = if may_have_formats(&value) { Some(build(true)?) } else { None };
        let mut declared = BTreeSet::new();
        if cost.too_large.is_none() {
            declared_properties(&value, &value, library, &mut declared, 0);
        }
        Ok(Self { value, validator, with_formats, declared, cost })
    }

    /// Returns why nothing can be validated with the schema, if it applies its parts too often.
    pub fn excess(&self) -> Option<String> {
        let TooLarge { at, unfolded } = self.too_large()?;
        Some(format!("`{at}` applies {unfolded} of its parts to every value, more than {MAX_UNFOLDED}"))
    }

    /// Returns the part that is applied to one value too often, if there is one: nothing can be validated with it.
    pub(super) const fn too_large(&self) -> Option<&TooLarge> {
        self.cost.too_large.as_ref()
    }

    /// Takes the steps of validating `value` from the budget; `None` if it does not suffice.
    fn take_steps(&self, value: &Value) -> Option<u64> {
        let mut steps = None;
        budget::take(|left| {
            steps = self.cost.steps(value, left);
            steps
        });
        steps
    }

    /// Returns the violations of the schema in `value`, at most 20; those of formats only if there are no others. There
    /// is one if the [budget] does not suffice to look for them.
    pub fn misfits(&self, value: &Value) -> Vec<SchemaViolation> {
        let whole = |message: String| vec![SchemaViolation::whole(message)];
        let Some(steps) = self.take_steps(value) else {
            return whole(format!("to validate it takes more than {MAX_STEPS} steps"));
        };
        let (validator, is_annotation) = match &self.with_formats {
            _ if !self.validator.is_valid(value) => (&self.validator, false),
            Some(with_formats) if !with_formats.is_valid(value) => (with_formats, true),
            _ => return Vec::new(),
        };
        if steps > MAX_EXPLAINED {
            return whole(format!("it is not valid (to find out why takes more than {MAX_EXPLAINED} steps)"));
        }
        validator
            .iter_errors(value)
            .take(20)
            .inspect(note_unfinished)
            .map(|error| SchemaViolation {
                at: place(error.instance_path().as_str()),
                message: message(&error),
                shape: shape(&error),
                is_annotation,
                rule: Some(place(error.schema_path().as_str())).filter(|rule| rule.starts_with("/$defs/")),
                null_member: null_member(&error),
                written_as: written_as(&error),
            })
            .collect()
    }

    /// Returns true if `value` is valid; `format` is not looked at. False if the [budget] does not suffice.
    pub fn fits(&self, value: &Value) -> bool {
        self.is_valid(&self.validator, value)
    }

    /// Returns true if `value` is valid and its formats are right too: for what is sent, and for what a scenario itself
    /// expects of a step. False if the [budget] does not suffice.
    pub fn fits_with_formats(&self, value: &Value) -> bool {
        self.is_valid(self.with_formats.as_ref().unwrap_or(&self.validator), value)
    }

    fn is_valid(&self, validator: &Validator, value: &Value) -> bool {
        let Some(steps) = self.take_steps(value) else { return false };
        let is_valid = validator.is_valid(value);
        if !is_valid && self.cost.has_tried_patterns && steps <= MAX_EXPLAINED {
            validator.iter_errors(value).for_each(|error| note_unfinished(&error));
        }
        is_valid
    }

    /// Returns true if `value` contains nothing that the schema declares: an object with none of its properties, or
    /// another value if the schema has no rule besides properties.
    pub fn is_vacuous_for(&self, value: &Value) -> bool {
        match value {
            Value::Object(entries) => {
                !self.declared.is_empty() && !entries.keys().any(|key| self.declared.contains(key))
            }
            // If a schema declares only properties, a value that cannot have any is valid, because no other rule
            // applies.
            _ => {
                const OTHERS: [&str; 9] =
                    ["type", "enum", "const", "anyOf", "oneOf", "allOf", "$ref", "items", "prefixItems"];
                !self.declared.is_empty() && !OTHERS.iter().any(|key| self.value.get(key).is_some())
            }
        }
    }

    /// Returns the properties that the schema declares at its top level.
    pub fn declared(&self) -> impl Iterator<Item = &str> {
        self.declared.iter().map(String::as_str)
    }
}

/// Takes note of a pattern that stepped back too often: if the text fits is not known.
fn note_unfinished(error: &ValidationError<'_>) {
    use ValidationErrorKind::{BacktrackLimitExceeded, RegexEngineFailure};
    if matches!(error.kind(), BacktrackLimitExceeded { .. } | RegexEngineFailure { .. }) {
        budget::exceed();
    }
}

/// Returns the error message. The value is quoted completely or not at all: it may be megabytes long, and secrets are
/// removed from messages later, so a truncated value could end in the first half of a secret.
fn message(error: &ValidationError<'_>) -> String {
    let whole = error.to_string();
    if whole.len() <= MAX_QUOTE_LEN {
        return whole;
    }
    let without = error.masked_with("the value").to_string();
    if without.len() <= MAX_QUOTE_LEN {
        return format!("{without} (the value has {} bytes)", error.instance().to_string().len());
    }
    // Some messages list the keys of the value.
    format!("the value violates `{}` (the full message has {} bytes)", error.kind().keyword(), without.len())
}

/// Returns the error message without the value and without the indexes of list items.
fn shape(error: &ValidationError<'_>) -> String {
    let pointer = error.instance_path();
    let steps = pointer.as_str().split('/').skip(1);
    let steps = steps.map(|step| if step.bytes().all(|byte| byte.is_ascii_digit()) { "*" } else { step });
    let at: String = steps.flat_map(|step| ["/", step]).collect();
    let said = error.masked_with("the value").to_string();
    let said = if said.len() <= MAX_QUOTE_LEN { said } else { error.kind().keyword().to_owned() };
    let at = if at.is_empty() { "the body".to_owned() } else { place(&at) };
    format!("{at}: {said}")
}

/// Returns the name of the member that is `null`, if that is what is wrong.
fn null_member(error: &ValidationError<'_>) -> Option<String> {
    let pointer = error.instance_path();
    let last = pointer.as_str().rsplit('/').find(|step| !step.bytes().all(|byte| byte.is_ascii_digit()));
    last.filter(|name| error.instance().is_null() && name.len() <= MAX_QUOTE_LEN).map(str::to_owned)
}

/// Returns the type in which a value is written that the schema means in another one, if that is what is wrong.
fn written_as(error: &ValidationError<'_>) -> Option<WrittenAs> {
    let ValidationErrorKind::Type { kind } = error.kind() else { return None };
    let wants = |wanted: JsonType| match kind {
        TypeKind::Single(one) => *one == wanted,
        TypeKind::Multiple(several) => several.contains(wanted),
    };
    let wants_number = wants(JsonType::Number) || wants(JsonType::Integer);
    match error.instance().as_ref() {
        Value::String(text) if wants_number && is_number(text) => Some(WrittenAs::NumberAsText),
        Value::String(text) if wants(JsonType::Boolean) && matches!(text.as_str(), "true" | "false") => {
            Some(WrittenAs::BooleanAsText)
        }
        Value::Bool(_) if wants_number => Some(WrittenAs::NumberAsBoolean),
        Value::Number(number) if wants(JsonType::Boolean) && matches!(number.as_u64(), Some(0 | 1)) => {
            Some(WrittenAs::BooleanAsNumber)
        }
        _ => None,
    }
}

/// Returns true if a text is a number as JSON writes it.
fn is_number(text: &str) -> bool {
    text.starts_with(|c: char| c == '-' || c.is_ascii_digit())
        && serde_json::from_str::<Value>(text).is_ok_and(|it| it.is_number())
}

/// Returns a location in a body for messages; the keys in it may be as long as the body.
fn place(pointer: &str) -> String {
    if pointer.len() <= MAX_QUOTE_LEN {
        return pointer.to_owned();
    }
    format!("(a location with a name of {} bytes)", pointer.len())
}

/// Returns true if a text is an integer, of whatever size.
fn is_integer(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns true if a schema may have formats: it names one, or refers to another file.
fn may_have_formats(schema: &Value) -> bool {
    match schema {
        Value::Object(members) => members.iter().any(|(key, value)| {
            let is_file = || value.as_str().is_some_and(|reference| !reference.starts_with('#'));
            key == "format" || (key == "$ref" && is_file()) || may_have_formats(value)
        }),
        Value::Array(items) => items.iter().any(may_have_formats),
        _ => false,
    }
}

/// Collects the property names that a schema declares for its top level, through references and combinations.
fn declared_properties(
    schema: &Value,
    root: &Value,
    library: &SchemaRegistry,
    declared: &mut BTreeSet<String>,
    depth: usize,
) {
    // References can be circular, and schemas are not nested this deeply on purpose.
    if depth > 16 {
        return;
    }
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        declared.extend(properties.keys().cloned());
    }
    for key in ["allOf", "anyOf", "oneOf"] {
        for part in schema.get(key).and_then(Value::as_array).into_iter().flatten() {
            declared_properties(part, root, library, declared, depth + 1);
        }
    }
    for key in ["then", "else"] {
        if let Some(part) = schema.get(key) {
            declared_properties(part, root, library, declared, depth + 1);
        }
    }
    let Some(reference) = schema.get("$ref").and_then(Value::as_str) else {
        return;
    };
    let (file, pointer) = reference.split_once('#').unwrap_or((reference, ""));
    if file.is_empty() {
        if let Some(target) = root.pointer(pointer) {
            declared_properties(target, root, library, declared, depth + 1);
        }
    } else if let Some(other) = library.text(file).and_then(|text| serde_json::from_str::<Value>(text).ok())
        && let Some(target) = other.pointer(pointer)
    {
        declared_properties(target, &other, library, declared, depth + 1);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Schema, SchemaRegistry};

    #[test]
    fn a_text_with_the_format_of_an_integer_is_one_of_whatever_size() {
        for (format, value, expected) in [
            ("uint64", json!("7"), true),
            ("int64", json!("-7"), true),
            ("uint64", json!("99999999999999999999"), true),
            ("uint64", json!("failspec is no uint64"), false),
            ("int32", json!("1.5"), false),
            ("int32", json!(""), false),
            // Of a number, the format says how it is stored.
            ("int64", json!(7), true),
            ("date", json!("7"), false),
            ("unknown", json!("x"), true),
        ] {
            let schema = json!({ "format": format });
            let schema = Schema::compile(schema, &SchemaRegistry::default()).unwrap();
            assert_eq!(schema.fits_with_formats(&value), expected, "{format} {value}");
            assert!(schema.fits(&value), "a format is only an annotation");
        }
    }
}
