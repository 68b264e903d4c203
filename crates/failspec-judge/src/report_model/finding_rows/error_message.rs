//! The messages of errors of the server: two that differ only in what was sent come from one place in its code.

use std::collections::{BTreeSet, HashMap, HashSet};

use failspec_base::encoding::percent_decode;
use serde_json::Value;

use super::{
    causes::Cause,
    deviation::{Deviation, Kind},
    families::{UNREADABLE, is_read},
};

/// Members of a body in which errors have their message, the one that says most first (RFC 9457, and what frameworks use).
const MEMBERS: [&str; 7] =
    ["detail", "message", "error_description", "error_message", "msg", "error", "title"];

/// Maximum length of a message that is compared, in bytes: a longer one is a page or a stack trace.
const MAX_MESSAGE_LEN: usize = 4096;

/// Maximum length of the code of an error that is compared, in bytes.
const MAX_CODE_LEN: usize = 80;

/// Stands for the name of the parameter at fault.
const NAME: &str = "\u{1}";

/// Minimum number of words of a sentence that tells what went wrong.
const MIN_WORDS: usize = 3;

/// Sentences, in lower case, that servers have for whatever goes wrong.
const GENERAL: [&str; 8] = [
    "internal server error",
    "internal error",
    "server error",
    "something went wrong",
    "unexpected error",
    "unknown error",
    "unhandled exception",
    "error occurred",
];

/// The words of a server about an error, without what varies.
pub(super) type Sentence = String;

/// The text in front of the colon with which a message begins, and the status of the response.
type Heading = (u16, String);

/// A heading that names the parameter at fault, without its name, and the kind of fault; empty for faults that a server cannot
/// read.
type Naming<'a> = (Heading, &'a str);

/// The messages with which a server says for several faults that it could not read what was sent.
#[derive(Debug, Default)]
pub(super) struct Messages<'a> {
    /// The headings of messages of the reader of bodies.
    of_bodies: HashSet<Heading>,
    /// The headings of messages of the reader of parameters, each said of several parameters.
    of_parameters: HashSet<Naming<'a>>,
}

impl<'a> Messages<'a> {
    pub fn of(broken: &[&Deviation<'a>]) -> Self {
        let mut of_bodies: HashSet<Heading> = HashSet::new();
        // A text for whatever goes wrong tells no cause.
        let mut general: HashSet<Heading> = HashSet::new();
        let mut named: HashMap<Naming<'a>, BTreeSet<&str>> = HashMap::new();
        for deviation in broken.iter().copied() {
            let fault = deviation.breaking_fault();
            if let Some(heading) = heading(deviation) {
                match fault {
                    Some((UNREADABLE, false, _)) => of_bodies.insert(heading),
                    Some((kind, false, _)) if is_read(kind) => false,
                    _ => general.insert(heading),
                };
            }
            if let Some((naming, name)) = naming(deviation) {
                named.entry(naming).or_default().insert(name);
            }
        }
        of_bodies.retain(|heading| !general.contains(heading));
        let named = named.into_iter().filter(|(_, names)| names.len() > 1);
        Self { of_bodies, of_parameters: named.map(|(naming, _)| naming).collect() }
    }

    /// Returns the cause of an error whose message tells it.
    pub fn cause(&self, deviation: &Deviation<'a>) -> Option<Cause<'a>> {
        if deviation.kind != Kind::ServerError {
            return None;
        }
        if let Some((kind, false, status)) = deviation.breaking_fault()
            && (kind == UNREADABLE || is_read(kind))
            && heading(deviation).is_some_and(|heading| self.of_bodies.contains(&heading))
        {
            return Some(Cause::ServerErrorByFault((UNREADABLE, false, status)));
        }
        let (naming, _) = naming(deviation).filter(|(naming, _)| self.of_parameters.contains(naming))?;
        let ((status, heading), kind) = naming;
        Some(Cause::ServerErrorNaming(status, heading, kind))
    }
}

/// Returns how the message of the error begins that a fault in a body brought: the text in front of its first colon, which says
/// who speaks, if another one follows. One word alone, which is often the name of a class of errors, says too little.
fn heading(deviation: &Deviation<'_>) -> Option<Heading> {
    let (status, sentences) = sentences(deviation, None)?;
    let words = |text: &str| text.split_whitespace().count();
    let length = if words(sentences.first()?) > 1 { 1 } else { 2 };
    (sentences.len() > length).then(|| (status, sentences[..length].join(": ")))
}

/// The words in which a server says what went wrong.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct SaidReason {
    pub status: u16,
    pub sentence: Sentence,
    /// True if a code in the body stands in front of them: with that, they tell one cause.
    pub has_code: bool,
}

/// Returns the status of an error and the end of its message, from the last sentence that is long enough to tell what went wrong, without
/// values that were sent; `None` if no other sentence in front of it says who speaks, and for a text that a server has for whatever
/// goes wrong.
pub(super) fn reason(deviation: &Deviation<'_>) -> Option<SaidReason> {
    let exchange = deviation.exchange.filter(|_| deviation.is_tested())?;
    let response = exchange.response.as_ref()?;
    let message = message(&response.body)?;
    let code = code(&response.body);
    let message = match &code {
        Some(code) => format!("{code}: {message}"),
        None => message,
    };
    let url = exchange.request.url.to_string();
    let url = percent_decode(&url);
    let body = exchange.request.body.as_ref().map(ToString::to_string).unwrap_or_default();
    let is_sent = |value: &str| value.is_empty() || url.contains(value) || body.contains(value);
    let constant = without_values(&message, None, is_sent);
    let sentences: Vec<String> = constant
        .split(": ")
        .flat_map(|sentence| sentence.split(" - "))
        .map(|sentence| {
            let is_number = |word: &&str| word.bytes().any(|byte| byte.is_ascii_digit());
            let words = sentence.split_whitespace().filter(|word| !is_number(word) || !is_sent(word));
            words.collect::<Vec<_>>().join(" ")
        })
        .collect();
    // Beside a code, two words say enough: `SQLITE_MISMATCH: datatype mismatch`.
    let fewest = if code.is_some() { MIN_WORDS - 1 } else { MIN_WORDS };
    let place = sentences.iter().rposition(|part| part.split_whitespace().count() >= fewest)?;
    let reason = sentences[place].to_lowercase();
    let is_general = place == 0 || GENERAL.iter().any(|general| reason.contains(general));
    (!is_general).then(|| {
        let words = sentences[place..].join(": ");
        let sentence = code.as_ref().map_or_else(|| words.clone(), |code| format!("{code}: {words}"));
        SaidReason { status: response.status, sentence, has_code: code.is_some() }
    })
}

/// Returns how the message of the error begins that a fault in a parameter brought, up to the name of that, the kind of fault,
/// and the name.
fn naming<'a>(deviation: &Deviation<'a>) -> Option<(Naming<'a>, &'a str)> {
    let (kind, in_parameter, _) = deviation.breaking_fault()?;
    let name = deviation.parameter().filter(|_| in_parameter)?;
    let (status, sentences) = sentences(deviation, Some(name))?;
    let length = 1 + sentences.iter().position(|sentence| sentence.contains(NAME))?;
    // What the whole message says does not depend on the kind of fault.
    let is_whole = sentences.len() == length;
    let heading = sentences[..length].join(": ");
    Some((((status, heading), if is_whole || is_read(kind) { "" } else { kind }), name))
}

/// Returns the status of an error and the parts of its message between colons, without what varies: values in quotes, and words
/// with digits.
fn sentences(deviation: &Deviation<'_>, name: Option<&str>) -> Option<(u16, Vec<String>)> {
    let response = deviation.exchange.filter(|_| deviation.is_tested())?.response.as_ref()?;
    let message = message(&response.body)?;
    let constant = without_values(&message, name, |_| true);
    let sentences = constant.split(": ").map(|sentence| {
        let words =
            sentence.split_whitespace().filter(|word| !word.bytes().any(|byte| byte.is_ascii_digit()));
        words.collect::<Vec<_>>().join(" ")
    });
    Some((response.status, sentences.collect()))
}

/// Returns the code of an error that is a name: `SQLITE_CONSTRAINT_UNIQUE`.
fn code(body: &str) -> Option<String> {
    const NAMES: [&str; 3] = ["code", "errorCode", "error_code"];
    let body: Value = serde_json::from_str(body).ok()?;
    let folders = [Some(&body), body.get("error")];
    let mut codes =
        folders.into_iter().flatten().flat_map(|folder| NAMES.iter().filter_map(|name| folder.get(*name)));
    let is_name = |code: &&str| {
        code.len() <= MAX_CODE_LEN
            && code.bytes().any(|it| it.is_ascii_alphabetic())
            && code.bytes().all(|it| it.is_ascii_alphanumeric() || matches!(it, b'_' | b'-' | b'.'))
    };
    codes.find_map(|code| code.as_str().filter(is_name)).map(str::to_owned)
}

/// Returns the message of an error; `None` for a page.
fn message(body: &str) -> Option<String> {
    let body = body.trim();
    let text = match serde_json::from_str::<Value>(body) {
        Ok(Value::Object(members)) => {
            let text = |member: &&str| match members.get(*member)? {
                Value::String(text) => Some(text.clone()),
                Value::Object(inner) => inner.get("message").and_then(Value::as_str).map(str::to_owned),
                _ => None,
            };
            MEMBERS.iter().find_map(text)?
        }
        Ok(Value::String(text)) => text,
        Ok(_) => return None,
        Err(_) => body.to_owned(),
    };
    let is_page = text.starts_with('<') || text.len() > MAX_MESSAGE_LEN;
    (!is_page).then_some(text)
}

/// Returns a text with a mark in place of a name, and without those texts in quotes that are a value.
fn without_values(text: &str, name: Option<&str>, is_value: impl Fn(&str) -> bool) -> String {
    let mut constant = String::with_capacity(text.len());
    let mut rest = text;
    let mut previous = ' ';
    while let Some(first) = rest.chars().next() {
        let is_in_word = previous.is_alphanumeric() || previous == '_';
        let named = name.filter(|_| !is_in_word).and_then(|name| rest.strip_prefix(name));
        let named =
            named.filter(|after| !after.starts_with(|next: char| next.is_alphanumeric() || next == '_'));
        let quoted = matches!(first, '\'' | '"' | '`') && !is_in_word;
        let quoted = quoted.then(|| rest[1..].split_once(first)).flatten();
        let quoted = quoted.filter(|(value, _)| Some(*value) == name || is_value(value));
        (previous, rest) = match (named, quoted) {
            (Some(after), _) => {
                constant.push_str(NAME);
                (' ', after)
            }
            (None, Some((value, after))) => {
                if Some(value) == name {
                    constant.push_str(NAME);
                }
                (first, after)
            }
            (None, None) => {
                constant.push(first);
                (first, &rest[first.len_utf8()..])
            }
        };
    }
    constant
}
