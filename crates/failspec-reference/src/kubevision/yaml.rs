//! YAML as values: a library parses the syntax; the types follow the core schema of YAML 1.2.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Tag};
use serde_json::{Map, Number, Value};

/// The maximum nesting depth. Kubernetes objects are far less deep; anything deeper is not read.
const MAX_DEPTH: usize = 100;

/// The maximum weight of a text: the bytes of its strings, and one for every value. Aliases repeat the values that
/// they name, so a small text can expand to a huge value; a heavier text is not read. Values stored for anchors count
/// too. A body without aliases stays below the limit.
const MAX_WEIGHT: usize = 2 * 1024 * 1024;

/// Parses the documents of a stream. Empty documents are left out.
///
/// # Errors
/// A message about the syntax error, or about the reason why the text cannot be converted to values.
pub(super) fn read(text: &str) -> Result<Vec<Value>, String> {
    let mut reader = Reader::default();
    for event in Parser::new_from_str(text.strip_prefix('\u{feff}').unwrap_or(text)) {
        let (event, _) = event.map_err(|error| error.to_string())?;
        reader.take(event)?;
    }
    Ok(reader.documents)
}

/// A builder of values from events. It has a stack of its own, so that no nesting can overflow the call stack.
#[derive(Debug, Default)]
struct Reader {
    documents: Vec<Value>,
    open: Vec<Collection>,
    anchors: HashMap<usize, Value>,
    weight: usize,
}

/// A sequence or mapping that is not complete yet.
#[derive(Debug)]
struct Collection {
    anchor: usize,
    content: Content,
}

#[derive(Debug)]
enum Content {
    Sequence(Vec<Value>),
    /// A mapping, with the key of the next value.
    Mapping(Map<String, Value>, Option<String>),
}

impl Reader {
    fn take(&mut self, event: Event<'_>) -> Result<(), String> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                if self.wants_key() {
                    // A key of any type becomes a string, because the keys of an object are strings.
                    return self.key(text.into_owned());
                }
                let value = scalar(&text, style, tag.as_deref())?;
                self.value(value, anchor)
            }
            Event::Alias(anchor) => {
                let value =
                    self.anchors.get(&anchor).cloned().ok_or("an alias names what is not complete")?;
                if !self.wants_key() {
                    return self.value(value, 0);
                }
                match value {
                    Value::String(text) => self.key(text),
                    _ => Err("a key must be a text".to_owned()),
                }
            }
            Event::SequenceStart(anchor, _) => self.begin(anchor, Content::Sequence(Vec::new())),
            Event::MappingStart(anchor, _) => self.begin(anchor, Content::Mapping(Map::new(), None)),
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => Ok(()),
        }
    }

    fn wants_key(&self) -> bool {
        self.open.last().is_some_and(|collection| matches!(collection.content, Content::Mapping(_, None)))
    }

    fn key(&mut self, key: String) -> Result<(), String> {
        if let Some(Collection { content: Content::Mapping(members, waiting), .. }) = self.open.last_mut() {
            // YAML 1.2.2, 3.2.1.3: keys must be unique.
            if members.contains_key(&key) {
                return Err(format!("key {key:?} is there twice"));
            }
            *waiting = Some(key);
        }
        Ok(())
    }

    fn begin(&mut self, anchor: usize, content: Content) -> Result<(), String> {
        if self.wants_key() {
            return Err("a key must be a text".to_owned());
        }
        if self.open.len() >= MAX_DEPTH {
            return Err(format!("nested deeper than {MAX_DEPTH} levels"));
        }
        self.open.push(Collection { anchor, content });
        Ok(())
    }

    fn end(&mut self) -> Result<(), String> {
        let Some(Collection { anchor, content }) = self.open.pop() else {
            return Ok(());
        };
        let value = match content {
            Content::Sequence(items) => Value::Array(items),
            Content::Mapping(members, _) => Value::Object(members),
        };
        // Its parts were already weighed.
        self.place(value, anchor)
    }

    /// Adds a complete value.
    fn value(&mut self, value: Value, anchor: usize) -> Result<(), String> {
        let (weight, depth) = measure(&value);
        self.weigh(weight)?;
        if self.open.len() + depth > MAX_DEPTH {
            return Err(format!("nested deeper than {MAX_DEPTH} levels"));
        }
        self.place(value, anchor)
    }

    fn weigh(&mut self, weight: usize) -> Result<(), String> {
        self.weight += weight;
        if self.weight > MAX_WEIGHT {
            Err("too large once its aliases are replaced".to_owned())
        } else {
            Ok(())
        }
    }

    fn place(&mut self, value: Value, anchor: usize) -> Result<(), String> {
        if anchor > 0 {
            self.weigh(measure(&value).0)?;
            self.anchors.insert(anchor, value.clone());
        }
        match self.open.last_mut().map(|collection| &mut collection.content) {
            Some(Content::Sequence(items)) => items.push(value),
            Some(Content::Mapping(members, waiting)) => {
                if let Some(key) = waiting.take() {
                    members.insert(key, value);
                }
            }
            None if value.is_null() => {}
            None => self.documents.push(value),
        }
        Ok(())
    }
}

/// Measures the weight and the depth of a value. No value is deeper than [`MAX_DEPTH`], so recursion is safe.
fn measure(value: &Value) -> (usize, usize) {
    let sum = |(weight, depth): (usize, usize), part: &Value| {
        let (more, deeper) = measure(part);
        (weight + more, depth.max(deeper + 1))
    };
    match value {
        Value::String(text) => (1 + text.len(), 0),
        Value::Array(items) => items.iter().fold((1, 1), sum),
        Value::Object(members) => {
            let names: usize = members.keys().map(String::len).sum();
            members.values().fold((1 + names, 1), sum)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => (1, 0),
    }
}

/// Converts a scalar (YAML 1.2.2, 10.3). Only plain scalars can be anything other than strings, and a tag can declare
/// them as strings too.
fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Result<Value, String> {
    let is_text = tag.is_some_and(|tag| !tag.is_yaml_core_schema() || tag.suffix == "str");
    if style != ScalarStyle::Plain || is_text {
        return Ok(Value::String(text.to_owned()));
    }
    Ok(match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => match number(text)? {
            Some(number) => Value::Number(number),
            None => Value::String(text.to_owned()),
        },
    })
}

/// Parses a plain scalar as a number, if it is one.
fn number(text: &str) -> Result<Option<Number>, String> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if [".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN"].contains(&unsigned) {
        return Err(format!("{text} has no place in a Kubernetes object"));
    }
    for (prefix, base) in [("0x", 16), ("0o", 8)] {
        if let Some(digits) = text.strip_prefix(prefix)
            && digits.chars().all(|digit| digit.is_digit(base))
        {
            return Ok(u64::from_str_radix(digits, base).ok().map(Number::from));
        }
    }
    let begins = unsigned.starts_with(|first: char| first.is_ascii_digit() || first == '.');
    if !begins || !text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte)) {
        return Ok(None);
    }
    let whole = text.strip_prefix('+').unwrap_or(text);
    if let Ok(number) = whole.parse::<i64>() {
        return Ok(Some(number.into()));
    }
    if let Ok(number) = whole.parse::<u64>() {
        return Ok(Some(number.into()));
    }
    match text.parse::<f64>() {
        Ok(number) => Number::from_f64(number).map(Some).ok_or_else(|| format!("{text} is too large")),
        Err(_) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::read;
    use serde_json::{Value, json};

    fn one(text: &str) -> Value {
        let mut documents = read(text).unwrap_or_else(|error| panic!("{text:?}: {error}"));
        assert_eq!(documents.len(), 1, "{text:?}");
        documents.remove(0)
    }

    #[test]
    fn types_are_those_of_the_core_schema() {
        let text = "[1, -2, +3, 0x1F, 0o17, 1.5, .5, 1e3, 1.2.3, 1-2, -, yes, 'true', true, ~, !!str 7, 18446744073709551615, '']";
        let values = json!([
            1,
            -2,
            3,
            31,
            15,
            1.5,
            0.5,
            1000.0,
            "1.2.3",
            "1-2",
            "-",
            "yes",
            "true",
            true,
            null,
            "7",
            18_446_744_073_709_551_615_u64,
            ""
        ]);
        assert_eq!(one(&text.replace(" -,", " \"-\",")), values);
        assert_eq!(one(r#"{"a": [1, {"b": null}], "1": "x"}"#), json!({ "a": [1, { "b": null }], "1": "x" }));
        assert_eq!(one("1: x\ntrue: |\n  a\n  b\n"), json!({ "1": "x", "true": "a\nb\n" }));
        assert_eq!(one("a: &x {k: v}\nb: *x\n"), json!({ "a": { "k": "v" }, "b": { "k": "v" } }));
        assert_eq!(one("\u{feff}a: b"), json!({ "a": "b" }));
    }

    #[test]
    fn streams_have_any_number_of_documents() {
        for (text, count) in
            [("", 0), ("# nothing", 0), ("---\n", 0), ("---\na: 1\n---\n", 1), ("a: 1\n---\nb: 2", 2)]
        {
            assert_eq!(read(text).map(|documents| documents.len()), Ok(count), "{text:?}");
        }
    }

    #[test]
    fn what_cannot_be_parsed_is_refused() {
        let deep = "[".repeat(5000);
        let deep_block = "- ".repeat(5000);
        let bomb = format!("a0: &a0 [{}]\n", ["x"; 10].join(", "))
            + &(1..10)
                .map(|level| {
                    format!("a{level}: &a{level} [{}]\n", vec![format!("*a{}", level - 1); 10].join(", "))
                })
                .collect::<String>();
        let nest = (0..90).map(|level| format!("&a{level} [")).collect::<String>()
            + &"x, ".repeat(100_000)
            + &"]".repeat(90);
        let texts = [
            "metadata: {name: [unclosed",
            "metadata:\n\tname: tab\n",
            "a: 1\na: 2",
            "a: *nowhere",
            "a: &a [*a]",
            "{a: b",
            "a: b: c",
            "\"unclosed",
            "? [a]\n: b",
            "a: .nan",
            "- a\nb: c",
            "key: @reserved",
            deep.as_str(),
            deep_block.as_str(),
            bomb.as_str(),
            nest.as_str(),
        ];
        for text in texts {
            assert!(read(text).is_err(), "{:?}", &text[..text.len().min(40)]);
        }
    }
}
