//! Parses a [`Document`] in one pass, duplicate keys included.

use std::{
    borrow::Cow,
    cell::{Cell, RefCell},
    fmt,
};

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value, map::Entry};

use super::{Defect, Document};

/// Maximum nesting depth of `serde_json`, which keeps its recursion from overflowing the stack.
const DEPTH: usize = 127;

/// Maximum number of defects listed: a body with a million duplicates must not produce a list of a million.
const MAX_DEFECTS: usize = 20;

/// Maximum length of a key that is reported, in bytes: keys can be as long as the body.
const MAX_KEY_LEN: usize = 200;

/// Maximum number of values that are parsed: 8 MiB of `[],[],…` would take hundreds of MiB in memory. Lists that a
/// control reads may be large; a response with more values than this is not parsed.
const MAX_VALUES: usize = 200_000;

/// Text of the error for too many values, by which [`defect_of`] recognises it.
const TOO_MANY: &str = "too many values";

impl Document {
    /// Parses `bytes` as exactly one JSON document (RFC 8259) and lists all defects, at most 20.
    pub fn read(bytes: &[u8]) -> Self {
        let mut document = Self::default();
        if is_utf16(bytes) {
            document.defects.push(Defect::Utf16);
            return document;
        }
        let bytes = match bytes.strip_prefix(b"\xef\xbb\xbf") {
            Some(rest) => {
                document.defects.push(Defect::ByteOrderMark);
                rest
            }
            None => bytes,
        };
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => Cow::Borrowed(text),
            Err(error) => {
                let offset = error.valid_up_to();
                document.defects.push(Defect::NotUtf8 { offset });
                String::from_utf8_lossy(bytes)
            }
        };
        if text.trim_matches([' ', '\t', '\n', '\r']).is_empty() {
            document.defects.push(Defect::Empty);
            return document;
        }
        document.read_text(&text);
        document
    }

    fn read_text(&mut self, text: &str) {
        let mut parser = serde_json::Deserializer::from_str(text);
        let defects = RefCell::new(std::mem::take(&mut self.defects));
        let left = Cell::new(MAX_VALUES);
        let seed = Reader { path: &Path::Root, defects: &defects, left: &left };
        let read = seed.deserialize(&mut parser);
        self.defects = defects.into_inner();
        match read {
            Ok(value) => {
                self.value = Some(value);
                if let Err(error) = parser.end() {
                    let (line, column) = (error.line(), error.column());
                    self.defects.push(Defect::TrailingBytes { line, column });
                }
            }
            Err(error) => self.defects.push(defect_of(&error)),
        }
    }
}

/// Returns true if this is UTF-16: by its byte order mark, or because one of the first two bytes is ASCII and the
/// other is zero. (No JSON text in UTF-8 has a zero byte among its first two.)
fn is_utf16(bytes: &[u8]) -> bool {
    match bytes {
        [0xfe, 0xff, ..] | [0xff, 0xfe, ..] => true,
        [0, second, ..] => second.is_ascii() && *second != 0,
        [first, 0, ..] => first.is_ascii(),
        _ => false,
    }
}

/// Returns the defect that an error of `serde_json` describes. `serde_json` distinguishes kinds of errors only by
/// their texts; a test guards each of them.
fn defect_of(error: &serde_json::Error) -> Defect {
    let (line, column) = (error.line(), error.column());
    let text = error.to_string();
    let place = format!(" at line {line} column {column}");
    let reason = text.strip_suffix(&place).unwrap_or(&text);
    match reason {
        TOO_MANY => Defect::TooManyValues { limit: MAX_VALUES },
        "recursion limit exceeded" => Defect::TooDeep { limit: DEPTH },
        "number out of range" => Defect::NumberTooLarge { line, column },
        "lone leading surrogate in hex escape" | "unexpected end of hex escape" => {
            Defect::LoneSurrogate { line, column }
        }
        _ => Defect::NotJson { line, column, reason: reason.to_owned() },
    }
}

/// Position of the reader. It is kept on the stack of the recursion; a pointer is written out only when a defect is
/// reported.
enum Path<'a> {
    Root,
    Key { parent: &'a Path<'a>, key: &'a str },
    Index { parent: &'a Path<'a>, index: usize },
}

impl Path<'_> {
    fn write(&self, pointer: &mut String) {
        match self {
            Self::Root => {}
            Self::Key { parent, key } => {
                parent.write(pointer);
                pointer.push('/');
                // A key is reported in full or not at all: a secret in it is masked later, and a part of a secret
                // would not be.
                if key.len() > MAX_KEY_LEN {
                    pointer.push_str(&format!("({} bytes)", key.len()));
                    return;
                }
                for c in key.chars() {
                    match c {
                        '~' => pointer.push_str("~0"),
                        '/' => pointer.push_str("~1"),
                        c => pointer.push(c),
                    }
                }
            }
            Self::Index { parent, index } => {
                parent.write(pointer);
                pointer.push('/');
                pointer.push_str(&index.to_string());
            }
        }
    }

    fn pointer(&self) -> String {
        let mut pointer = String::new();
        self.write(&mut pointer);
        pointer
    }
}

/// Parses one value and records its duplicate keys.
#[derive(Clone, Copy)]
struct Reader<'a> {
    path: &'a Path<'a>,
    defects: &'a RefCell<Vec<Defect>>,
    /// Number of values that may still be parsed.
    left: &'a Cell<usize>,
}

impl Reader<'_> {
    fn note_duplicate(&self, key: &str) {
        let mut defects = self.defects.borrow_mut();
        if defects.len() < MAX_DEFECTS {
            let pointer = Path::Key { parent: self.path, key }.pointer();
            let defect = Defect::DuplicateKey { pointer };
            // Three members with one name are one defect.
            if !defects.contains(&defect) {
                defects.push(defect);
            }
        }
    }
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        let left = self.left.get().checked_sub(1).ok_or_else(|| D::Error::custom(TOO_MANY))?;
        self.left.set(left);
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        loop {
            let path = Path::Index { parent: self.path, index: array.len() };
            match items.next_element_seed(Reader { path: &path, ..self })? {
                Some(item) => array.push(item),
                None => return Ok(Value::Array(array)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = members.next_key::<String>()? {
            let path = Path::Key { parent: self.path, key: &key };
            let value = members.next_value_seed(Reader { path: &path, ..self })?;
            match object.entry(key) {
                Entry::Vacant(entry) => {
                    entry.insert(value);
                }
                Entry::Occupied(mut entry) => {
                    self.note_duplicate(entry.key());
                    entry.insert(value);
                }
            }
        }
        Ok(Value::Object(object))
    }
}
