//! The statements of a refusal about the values of a request: which member is missing, and what another must be. It is read in the common
//! styles of frameworks: of pydantic, problem details, JSON Schema, Django REST framework, LoopBack, serde.

use std::sync::LazyLock;

use failspec_pack::openapi::typical_text;
use regex::Regex;
use serde_json::{Value, json};

/// Maximum depth of a refusal that is read.
const MAX_DEPTH: usize = 6;

/// Maximum number of hints of one refusal.
const MAX_HINTS: usize = 12;

/// Maximum length of a message that is read, in bytes.
const MAX_MESSAGE_LEN: usize = 2_000;

/// Maximum number of values that are read from one message.
const MAX_VALUES: usize = 100;

/// Keys under which a refusal says what is wrong.
const MESSAGES: [&str; 10] =
    ["msg", "message", "messages", "detail", "details", "error", "errors", "reason", "description", "title"];

/// Keys under which it says where.
const PLACES: [&str; 14] = [
    "loc",
    "field",
    "name",
    "path",
    "pointer",
    "param",
    "parameter",
    "property",
    "instancePath",
    "instance_path",
    "attribute",
    "member",
    "source",
    "argument",
];

/// Keys under which it lists the values that it would take.
const VALUES: [&str; 8] =
    ["expected", "allowedValues", "allowed_values", "allowed", "enum", "choices", "permitted", "options"];

/// The statement of a refusal about one member.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Hint {
    /// The names of the members that lead to it, as far as the refusal says.
    pub path: Vec<String>,
    pub wish: Wish,
}

/// The form that a member must have.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Wish {
    /// It is missing.
    Required,
    /// One of these values.
    OneOf(Vec<Value>),
    /// A value of this form.
    Of(Form),
}

/// A form of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Integer,
    Number,
    Boolean,
    Text,
    List,
    Object,
    /// A text that is typical of members with this name.
    Typical(&'static str),
}

/// Words of a message that say of which form a value must be, those that say most first.
const FORMS: [(&str, Form); 22] = [
    ("timezone", Form::Typical("timezone")),
    ("time zone", Form::Typical("timezone")),
    ("cron", Form::Typical("cron")),
    ("email", Form::Typical("email")),
    ("e-mail", Form::Typical("email")),
    ("uuid", Form::Typical("uuid")),
    ("url", Form::Typical("url")),
    ("uri", Form::Typical("url")),
    ("datetime", Form::Typical("datetime")),
    ("date-time", Form::Typical("datetime")),
    ("timestamp", Form::Typical("datetime")),
    ("date", Form::Typical("date")),
    ("hostname", Form::Typical("hostname")),
    ("ip address", Form::Typical("ip")),
    ("integer", Form::Integer),
    ("number", Form::Number),
    ("float", Form::Number),
    ("boolean", Form::Boolean),
    ("string", Form::Text),
    ("array", Form::List),
    ("list", Form::List),
    ("object", Form::Object),
];

/// Returns what a refusal says of the members of a request. `known` has the names of the members that were sent.
pub(super) fn hints(body: &[u8], known: &[String]) -> Vec<Hint> {
    let mut said: Vec<(Vec<String>, String, Vec<Value>)> = Vec::new();
    match serde_json::from_slice::<Value>(body) {
        Ok(value) => read(&value, &[], 0, &mut said),
        Err(_) => said.push((Vec::new(), String::from_utf8_lossy(body).into_owned(), Vec::new())),
    }
    let mut found: Vec<Hint> = Vec::new();
    for (path, message, values) in said {
        let message: String = message.chars().take(MAX_MESSAGE_LEN).collect();
        for hint in interpret(&path, &message, values, known) {
            let is_known = found.iter().any(|other| other.path.last() == hint.path.last());
            if !is_known && found.len() < MAX_HINTS {
                found.push(hint);
            }
        }
    }
    found
}

/// Returns a value that is what a member must be. A value of the run's own keeps things apart that a name identifies.
pub(super) fn value_of(name: &str, wish: &Wish) -> Value {
    match wish {
        Wish::OneOf(values) => values.first().cloned().unwrap_or_default(),
        Wish::Of(Form::Integer) => 1.into(),
        Wish::Of(Form::Number) => json!(1.5),
        Wish::Of(Form::Boolean) => true.into(),
        Wish::Of(Form::List) => json!([]),
        Wish::Of(Form::Object) => json!({}),
        Wish::Of(Form::Typical("email")) => "${unique}@example.com".into(),
        Wish::Of(Form::Typical(form)) => typical_text(form).unwrap_or("failspec").into(),
        Wish::Required | Wish::Of(Form::Text) => text_of(name),
    }
}

/// Returns a text for a member of which only the name is known.
fn text_of(name: &str) -> Value {
    const NAMES: [&str; 9] =
        ["name", "title", "slug", "key", "id", "username", "login", "identifier", "label"];
    let last = name.to_ascii_lowercase();
    let is_name = NAMES.iter().any(|own| last == *own || last.ends_with(&format!("_{own}")));
    match typical_text(name) {
        _ if last.ends_with("email") => "${unique}@example.com".into(),
        Some(text) => text.into(),
        None if is_name => "${unique}".into(),
        None => "failspec".into(),
    }
}

/// Collects the messages of a refusal, each with the place that it is about and the values that stand beside it.
fn read(value: &Value, at: &[String], depth: usize, said: &mut Vec<(Vec<String>, String, Vec<Value>)>) {
    if depth > MAX_DEPTH || said.len() > MAX_HINTS * 4 {
        return;
    }
    match value {
        Value::String(text) => said.push((at.to_vec(), text.clone(), Vec::new())),
        Value::Array(items) => items.iter().for_each(|item| read(item, at, depth + 1, said)),
        Value::Object(entries) => {
            let place = PLACES.iter().find_map(|key| place(entries.get(*key)?));
            let values = values_of(value);
            let here = place.as_deref().unwrap_or(at);
            for (key, inner) in entries {
                let is_message = MESSAGES.contains(&key.as_str());
                match inner {
                    Value::String(text) if is_message => {
                        said.push((here.to_vec(), text.clone(), values.clone()))
                    }
                    _ if is_message => read(inner, here, depth + 1, said),
                    // A member of the request, with what is said of it.
                    Value::Array(_) | Value::String(_)
                        if place.is_none() && !PLACES.contains(&key.as_str()) =>
                    {
                        let own: Vec<String> = at.iter().cloned().chain([key.clone()]).collect();
                        read(inner, &own, depth + 1, said);
                    }
                    Value::Object(_) if place.is_none() => {
                        let own: Vec<String> = at.iter().cloned().chain([key.clone()]).collect();
                        read(inner, &own, depth + 1, said);
                    }
                    _ => {}
                }
            }
        }
        _ => {}
    }
}

/// Reads a place: a list of names and indexes, a pointer, or a path with dots.
fn place(value: &Value) -> Option<Vec<String>> {
    let steps: Vec<String> = match value {
        Value::Array(steps) => steps.iter().filter_map(|step| step.as_str().map(str::to_owned)).collect(),
        Value::String(text) => {
            text.split(['/', '.', '[', ']', '#']).filter(|it| !it.is_empty()).map(str::to_owned).collect()
        }
        Value::Object(entries) => return place(entries.get("pointer").or_else(|| entries.get("parameter"))?),
        _ => return None,
    };
    let is_name = |step: &String| !step.bytes().all(|byte| byte.is_ascii_digit()) && step != "$";
    let mut steps: Vec<String> = steps.into_iter().filter(is_name).collect();
    if steps.first().is_some_and(|first| ["body", "query", "data"].contains(&first.as_str()))
        && steps.len() > 1
    {
        steps.remove(0);
    }
    (!steps.is_empty()).then_some(steps)
}

/// Returns the values that an object lists as those that would be taken, at most two objects deep.
fn values_of(value: &Value) -> Vec<Value> {
    let inner = ["ctx", "params", "info", "context"].iter().filter_map(|key| value.get(*key));
    let listed = std::iter::once(value).chain(inner).find_map(|object| {
        VALUES.iter().find_map(|key| match object.get(*key)? {
            Value::Array(items) => {
                Some(items.iter().filter(|it| !it.is_null() && !it.is_object()).cloned().collect())
            }
            Value::String(text) => Some(quoted(text)),
            _ => None,
        })
    });
    listed.unwrap_or_default()
}

/// Reads what a message says of a member. If it does not say of which, it is one that it names, and that was sent.
fn interpret(path: &[String], message: &str, values: Vec<Value>, known: &[String]) -> Vec<Hint> {
    let lower = message.to_ascii_lowercase();
    let values = if values.is_empty() { allowed_values(message) } else { values };
    let is_required =
        ["required", "missing", "mandatory", "must be provided", "must be set", "must be specified"]
            .iter()
            .any(|word| lower.contains(word));
    if is_required && values.is_empty() {
        let named = missing_names(message);
        // What a place says is the object that lacks the member, or the member itself.
        return match (named.as_slice(), path) {
            ([], []) => known_in(message, known).into_iter().map(|name| required(vec![name])).collect(),
            ([], path) => vec![required(path.to_vec())],
            (named, path) => {
                let own = |name: &String| match path.last() {
                    Some(last) if last == name => path.to_vec(),
                    Some(last) if !known.contains(last) => vec![name.clone()],
                    _ => path.iter().cloned().chain([name.clone()]).collect(),
                };
                named.iter().map(own).map(required).collect()
            }
        };
    }
    let places: Vec<Vec<String>> = match path {
        [] => known_in(message, known).into_iter().take(1).map(|name| vec![name]).collect(),
        path => vec![path.to_vec()],
    };
    let wish = match values.is_empty() {
        false => Some(Wish::OneOf(values)),
        true => form(&lower).map(Wish::Of),
    };
    let wish = |path| Some(Hint { path, wish: wish.clone()? });
    places.into_iter().filter_map(wish).collect()
}

fn required(path: Vec<String>) -> Hint {
    Hint { path, wish: Wish::Required }
}

/// Returns the names of these members that a message has as words.
fn known_in(message: &str, known: &[String]) -> Vec<String> {
    known.iter().filter(|name| super::optional_members::has_word(message, name)).cloned().collect()
}

/// Returns the form that a message in lower case demands.
fn form(message: &str) -> Option<Form> {
    let demands = ["must be", "should be", "expected", "not a valid", "invalid", "not of type", "is not a"];
    let demands = demands.iter().any(|words| message.contains(words));
    FORMS.iter().find(|(word, _)| demands && message.contains(word)).map(|(_, form)| *form)
}

/// Returns the names of members that a message says are missing.
fn missing_names(message: &str) -> Vec<String> {
    static MISSING: LazyLock<Vec<Regex>> = LazyLock::new(|| {
        [
            r#"(?i)missing (?:required )?(?:field|property|parameter|key|argument|member|attribute)s?:? [`'"]?([A-Za-z_][\w.-]*)"#,
            r#"[`'"]([A-Za-z_][\w.-]*)[`'"] (?i:is|was|are|must|field|property|parameter)\b"#,
            r#"(?i)(?:field|property|parameter|key|member|attribute) [`'"]?([A-Za-z_][\w.-]*)[`'"]? (?:is|was|must be)"#,
            r#"(?i)required (?:field|property|parameter|key|member|attribute)s?:? [`'"]([A-Za-z_][\w.-]*)"#,
            r#"^([a-z_][A-Za-z0-9_]*) (?i:is required|is missing|must be (?:set|provided|specified)|is mandatory)"#,
        ]
        .iter()
        .filter_map(|pattern| Regex::new(pattern).ok())
        .collect()
    });
    let found = MISSING.iter().flat_map(|pattern| pattern.captures_iter(message));
    let mut names: Vec<String> = Vec::new();
    for name in found.filter_map(|captures| Some(captures.get(1)?.as_str().to_owned())) {
        let is_word = ["field", "this", "value", "it", "property", "parameter", "which", "that"];
        if !names.contains(&name) && !is_word.contains(&name.to_ascii_lowercase().as_str()) {
            names.push(name);
        }
    }
    names
}

/// Words after which a message lists the values that would be taken.
const LISTS: [&str; 14] = [
    "must be one of",
    "should be one of",
    "is not one of",
    "one of:",
    "one of",
    "permitted:",
    "allowed values are",
    "allowed values",
    "allowed:",
    "valid values are",
    "valid values",
    "valid choices are",
    "supported values",
    "input should be",
];

/// Returns the values that a message lists as those that would be taken.
fn allowed_values(message: &str) -> Vec<Value> {
    let lower = message.to_ascii_lowercase();
    if lower.len() != message.len() {
        return Vec::new();
    }
    let Some((marker, at)) = LISTS.iter().find_map(|marker| Some((*marker, lower.find(marker)?))) else {
        return Vec::new();
    };
    let rest = message[at + marker.len()..].trim_start_matches([' ', ':']);
    let values = quoted(rest);
    if !values.is_empty() || marker == "input should be" {
        return values;
    }
    // Without quotes, the list ends with the sentence.
    let end = rest.find(['.', ';', '\n', ')', ']', '}']).unwrap_or(rest.len());
    let list = rest[..end].trim_start_matches(['[', '(', '{']).replace(" or ", ",").replace(" and ", ",");
    let items = list.split([',', '|']).map(str::trim);
    let is_value = |item: &&str| {
        !item.is_empty()
            && item.len() <= 40
            && item.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.:/+".contains(&byte))
    };
    let items: Vec<&str> = items.filter(|item| !item.is_empty()).collect();
    if items.len() < 2 || !items.iter().all(is_value) {
        return Vec::new();
    }
    items.into_iter().take(MAX_VALUES).map(read_value).collect()
}

/// Returns the texts in quotes, each read as the value that it is.
fn quoted(text: &str) -> Vec<Value> {
    static QUOTED: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r#"'([^'"]{1,60})'|"([^'"]{1,60})"|`([^`]{1,60})`"#).ok());
    let found = QUOTED.iter().flat_map(|pattern| pattern.captures_iter(text));
    let group = |captures: &regex::Captures<'_>| {
        (1..=3).find_map(|group| captures.get(group)).map(|found| found.as_str().to_owned())
    };
    found.filter_map(|captures| group(&captures)).take(MAX_VALUES).map(Value::from).collect()
}

/// Reads a value without quotes: a number, a boolean, or a text.
fn read_value(text: &str) -> Value {
    match serde_json::from_str::<Value>(text) {
        Ok(value) if value.is_number() || value.is_boolean() => value,
        _ => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one_of(values: &[&str]) -> Wish {
        Wish::OneOf(values.iter().map(|value| Value::from(*value)).collect())
    }

    #[test]
    fn hints_are_read_in_the_styles_of_frameworks() {
        let known = ["name", "kind", "size", "owner", "zone"].map(str::to_owned);
        for (said, path, wish) in [
            // pydantic 2, 1
            (
                r#"{"detail":[{"type":"enum","loc":["body","kind"],"msg":"Input should be 'wide' or 'narrow'","ctx":{"expected":"'wide' or 'narrow'"}}]}"#,
                "kind",
                one_of(&["wide", "narrow"]),
            ),
            (
                r#"{"detail":[{"loc":["body","kind"],"msg":"value is not a valid enumeration member; permitted: 'wide', 'narrow'","type":"type_error.enum","ctx":{"enum_values":["wide","narrow"]}}]}"#,
                "kind",
                one_of(&["wide", "narrow"]),
            ),
            (
                r#"{"detail":[{"type":"missing","loc":["body","owner","email"],"msg":"Field required"}]}"#,
                "owner.email",
                Wish::Required,
            ),
            (
                r#"{"detail":[{"type":"int_parsing","loc":["body","size"],"msg":"Input should be a valid integer, unable to parse string as an integer"}]}"#,
                "size",
                Wish::Of(Form::Integer),
            ),
            // Problem details
            (
                r##"{"type":"about:blank","status":422,"errors":[{"pointer":"#/zone","detail":"must be a valid time zone"}]}"##,
                "zone",
                Wish::Of(Form::Typical("timezone")),
            ),
            // JSON Schema
            (r#"{"message":"'mode' is a required property"}"#, "mode", Wish::Required),
            (
                r#"{"errors":[{"instancePath":"/kind","message":"must be equal to one of the allowed values","params":{"allowedValues":["wide","narrow"]}}]}"#,
                "kind",
                one_of(&["wide", "narrow"]),
            ),
            (
                r#"{"errors":[{"instancePath":"","message":"must have required property 'mode'","params":{"missingProperty":"mode"}}]}"#,
                "mode",
                Wish::Required,
            ),
            // Django REST framework
            (
                r#"{"kind":["\"failspec\" is not a valid choice."],"mode":["This field is required."]}"#,
                "mode",
                Wish::Required,
            ),
            (r#"{"zone":["Enter a valid timezone: invalid"]}"#, "zone", Wish::Of(Form::Typical("timezone"))),
            // LoopBack
            (
                r#"{"error":{"statusCode":422,"name":"UnprocessableEntityError","details":[{"path":"","code":"required","message":"must have required property 'mode'","info":{"missingProperty":"mode"}}]}}"#,
                "mode",
                Wish::Required,
            ),
            // Others
            (r#"{"error":"kind must be one of: wide, narrow"}"#, "kind", one_of(&["wide", "narrow"])),
            (r#"{"message":"missing field `mode` at line 1 column 17"}"#, "mode", Wish::Required),
            ("mode is required", "mode", Wish::Required),
            (r#"{"error":{"message":"Invalid email for owner"}}"#, "owner", Wish::Of(Form::Typical("email"))),
        ] {
            let found = hints(said.as_bytes(), &known);
            let path: Vec<String> = path.split('.').map(str::to_owned).collect();
            assert!(found.contains(&Hint { path, wish }), "{said}: {found:?}");
        }
    }

    #[test]
    fn a_refusal_that_says_nothing_of_a_member_gives_no_hint() {
        let known = ["name", "kind"].map(str::to_owned);
        for said in [
            "",
            "null",
            "[]",
            r#"{"error":"bad request"}"#,
            r#"{"code":7,"message":"no"}"#,
            r#"{"message":"a thing with this name exists"}"#,
            r#"{"message":"one of the things is broken"}"#,
        ] {
            assert_eq!(hints(said.as_bytes(), &known), [], "{said}");
        }
    }
}
