//! The statements of a refusal about the values of a request: which member is missing, and what another must be. It is read in the common
//! styles of frameworks: of pydantic, problem details, JSON Schema (ajv), Django REST framework, LoopBack, serde, Joi, zod, Spring and
//! Jackson, the validator of Go.

use failspec_pack::openapi::typical_text;
use serde_json::{Value, json};

use super::{
    refusal_members::{either_of, missing_names},
    refusal_names::names_in,
    refusal_values::{allowed_values, quoted},
};

/// Maximum depth of a refusal that is read.
const MAX_DEPTH: usize = 6;

/// Maximum number of hints of one refusal.
const MAX_HINTS: usize = 12;

/// Maximum length of a message that is read, in bytes.
const MAX_MESSAGE_LEN: usize = 2_000;

/// Keys under which a refusal says what is wrong.
const MESSAGES: [&str; 19] = [
    "msg",
    "message",
    "messages",
    "detail",
    "details",
    "error",
    "errors",
    "reason",
    "description",
    "title",
    "defaultMessage",
    "issues",
    "fieldErrors",
    "field_errors",
    "formErrors",
    "validationErrors",
    "validation_errors",
    "violations",
    "subErrors",
];

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
const VALUES: [&str; 14] = [
    "expected",
    "allowedValues",
    "allowed_values",
    "allowed",
    "enum",
    "enum_values",
    "choices",
    "permitted",
    "options",
    "valids",
    "values",
    "acceptedValues",
    "accepted_values",
    "validValues",
];

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
const FORMS: [(&str, Form); 23] = [
    ("password", Form::Typical("password")),
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

/// Words of a message that say that a member must be there.
const REQUIRED: [&str; 6] =
    ["required", "missing", "mandatory", "must be provided", "must be set", "must be specified"];

/// Returns true if a message in lower case says that a member must not be empty, or nothing at all.
fn is_nothing_refused(message: &str) -> bool {
    const REFUSALS: [&str; 6] =
        ["cannot be ", "can't be ", "can not be ", "must not be ", "may not be ", "should not be "];
    let mut refused = REFUSALS.iter().filter_map(|words| message.split_once(words));
    refused.any(|(_, rest)| ["empty", "blank", "null", "undefined"].iter().any(|it| rest.starts_with(it)))
}

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
            let is_known = found.iter().any(|other| is_same(other.path.last(), hint.path.last()));
            if !is_known && found.len() < MAX_HINTS {
                found.push(hint);
            }
        }
    }
    found
}

/// Returns the names of members of which a refusal says that one is enough.
pub(super) fn either_in(body: &[u8]) -> Vec<String> {
    let mut said: Vec<(Vec<String>, String, Vec<Value>)> = Vec::new();
    match serde_json::from_slice::<Value>(body) {
        Ok(value) => read(&value, &[], 0, &mut said),
        Err(_) => said.push((Vec::new(), String::from_utf8_lossy(body).into_owned(), Vec::new())),
    }
    let found = said.iter().map(|(_, message, _)| either_of(message));
    found.into_iter().find(|names| !names.is_empty()).unwrap_or_default()
}

/// Returns true if two names are the same, in whatever case: a refusal may have that of a language.
fn is_same(one: Option<&String>, other: Option<&String>) -> bool {
    one.zip(other).is_some_and(|(one, other)| one.eq_ignore_ascii_case(other))
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
        Wish::Of(Form::Typical("password")) => STRONG_PASSWORD.into(),
        Wish::Of(Form::Typical("email")) => "${unique}@example.com".into(),
        Wish::Of(Form::Typical(form)) => typical_text(form).unwrap_or("failspec").into(),
        Wish::Required | Wish::Of(Form::Text) => text_of(name),
    }
}

/// A password of all kinds of letters, as those ask for it that refuse a simple one.
const STRONG_PASSWORD: &str = "Failspec-2024-strong!";

/// Returns a text for a member of which only the name is known.
fn text_of(name: &str) -> Value {
    match typical_text(name) {
        _ if name.to_ascii_lowercase().ends_with("email") => "${unique}@example.com".into(),
        Some(text) => text.into(),
        // An API may know a thing by any text: two things of the run with one would be the same.
        None => "${unique}".into(),
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
            let place = PLACES.iter().find_map(|key| place_at(key, entries));
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

/// Reads the place that an object of a refusal has under a key. What is called alike and is none is left out: the class of an error, and
/// the path of the request.
fn place_at(key: &str, entries: &serde_json::Map<String, Value>) -> Option<Vec<String>> {
    let value = entries.get(key)?;
    let is_of_request = || ["timestamp", "status", "method"].iter().any(|other| entries.contains_key(*other));
    let is_class = || {
        value.as_str().is_some_and(|text| {
            ["Error", "Exception"].iter().any(|end| text.ends_with(end)) || text.contains(' ')
        })
    };
    match key {
        "path" if is_of_request() => None,
        "name" if is_class() => None,
        _ => place(value),
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
    let is_required = REQUIRED.iter().any(|words| lower.contains(words)) || is_nothing_refused(&lower);
    // One of them is enough, and perhaps more are too many.
    if let ([first, ..], true) = (either_of(message).as_slice(), values.is_empty() || path.is_empty()) {
        return vec![required(vec![first.clone()])];
    }
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

/// Returns the names of these members that a message has, in its order.
fn known_in(message: &str, known: &[String]) -> Vec<String> {
    names_in(message, known).into_iter().cloned().collect()
}

/// Returns the form that a message in lower case demands.
fn form(message: &str) -> Option<Form> {
    let demands = [
        "must be",
        "must contain",
        "should be",
        "expected",
        "not a valid",
        "invalid",
        "not of type",
        "is not a",
    ];
    let demands = demands.iter().any(|words| message.contains(words));
    FORMS.iter().find(|(word, _)| demands && message.contains(word)).map(|(_, form)| *form)
}

#[cfg(test)]
mod tests;
