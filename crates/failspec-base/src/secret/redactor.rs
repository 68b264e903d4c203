//! Removes all secrets of a run from text.

use std::{
    borrow::Cow,
    collections::HashSet,
    fmt,
    hash::{Hash, Hasher},
    ops::Range,
    sync::{Arc, OnceLock, PoisonError, RwLock},
};

use aho_corasick::AhoCorasick;
use serde_json::{Map, Value};

use super::{
    RedactedPart, RedactedText, Secret,
    encodings::patterns,
    escape_decoding::{DecodedText, EscapeSyntax},
};

/// All secrets of a run that are known so far.
///
/// Shared by all parts of a run; a login adds secrets while the run is in progress. Each text is searched for every
/// secret literally, in hexadecimal digits, in base64 (both alphabets, also inside of something larger that was
/// encoded, and twice), and in any of these with percent, form, JSON, HTML or JSON Pointer escapes, also with escapes of
/// escapes. Each match is replaced by `[secret: <label>]`. A search takes time that is linear in the text, regardless of the number of secrets.
#[derive(Default)]
pub struct Mask {
    known: RwLock<Known>,
}

/// The secrets at one moment.
#[derive(Default)]
struct Known {
    values: HashSet<ByValue>,
    /// Replaced whenever a secret is added, so that a search holds the lock only for a clone. The last group is the one
    /// that grows; each of the others is at most half as large as the one before it, so that there are few.
    groups: Arc<Vec<Arc<Group>>>,
}

/// A secret that is equal to another one with the same value, whatever its origin is.
struct ByValue(Secret);

impl PartialEq for ByValue {
    fn eq(&self, other: &Self) -> bool {
        self.0.expose() == other.0.expose()
    }
}

impl Eq for ByValue {}

impl Hash for ByValue {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.expose().hash(state);
    }
}

/// Number of secrets in a group that still grows: nearly no run knows more.
const GROUP: usize = 16;

/// Some secrets, and the automaton that finds them.
#[derive(Default)]
struct Group {
    secrets: Vec<(Secret, Arc<Placeholder>)>,
    search: OnceLock<Option<Automaton>>,
}

/// Number of bytes of a pattern that the automaton has states for. What follows is compared, so that a long secret costs
/// no more than a short one.
const HEAD: usize = 128;

/// One automaton with all patterns of a group.
struct Automaton {
    /// `None` if the patterns are too large for it (some GiB): then the whole text is masked.
    automaton: Option<AhoCorasick>,
    /// The patterns, in the order of the automaton.
    patterns: Vec<Pattern>,
}

/// A form of a secret.
struct Pattern {
    placeholder: Arc<Placeholder>,
    /// All of it, if it is longer than what the automaton finds.
    long: Option<Vec<u8>>,
}

/// An occurrence of a secret in a text.
struct Match {
    place: Range<usize>,
    placeholder: Arc<Placeholder>,
}

/// The replacement of a secret: as data, and as text.
struct Placeholder {
    part: RedactedPart,
    text: String,
}

impl Mask {
    /// Minimum length of a secret that is searched for, in bytes. Shorter ones (`admin`, `1234`) occur by chance in
    /// harmless text, and masking those occurrences would reveal more about the secrets than it hides.
    pub const MIN_LEN: usize = 8;

    /// Creates a mask without secrets.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a secret, which is masked from now on; its origin is the label.
    pub fn add(&self, secret: &Secret) {
        if secret.expose().len() < Self::MIN_LEN {
            return;
        }
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if !known.values.insert(ByValue(secret.clone())) {
            return;
        }
        let part = secret.placeholder();
        let placeholder = Placeholder { text: part.to_string(), part };
        let mut groups = Vec::clone(&known.groups);
        let mut secrets = match groups.pop_if(|last| last.secrets.len() < GROUP) {
            Some(last) => last.secrets.clone(),
            None => Vec::new(),
        };
        secrets.push((secret.clone(), Arc::new(placeholder)));
        while secrets.len() >= GROUP
            && let Some(before) = groups.pop_if(|before| before.secrets.len() <= secrets.len())
        {
            secrets.extend(before.secrets.iter().cloned());
        }
        groups.push(Arc::new(Group { secrets, search: OnceLock::new() }));
        known.groups = Arc::new(groups);
    }

    /// Adds a value, which is masked from now on. The first label of a value is kept.
    pub fn add_value(&self, value: &str, label: &str) {
        self.add(&Secret::new(value, label));
    }

    /// Returns true if no secret is known that is long enough to be searched for.
    pub fn is_empty(&self) -> bool {
        self.groups().is_empty()
    }

    /// Returns `text` without any known secret. Borrowed if it contains none.
    pub fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match self.bytes(text.as_bytes()) {
            Cow::Borrowed(_) => Cow::Borrowed(text),
            // Matches begin and end at character boundaries, so that nothing is lost here.
            Cow::Owned(bytes) => Cow::Owned(match String::from_utf8(bytes) {
                Ok(text) => text,
                Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
            }),
        }
    }

    /// Returns `bytes` without any known secret. Borrowed if they contain none.
    pub fn bytes<'t>(&self, bytes: &'t [u8]) -> Cow<'t, [u8]> {
        let hits = self.hits(bytes);
        if hits.is_empty() {
            return Cow::Borrowed(bytes);
        }
        let mut masked = Vec::with_capacity(bytes.len());
        let mut done = 0;
        for hit in hits {
            masked.extend_from_slice(&bytes[done..hit.place.start]);
            masked.extend_from_slice(hit.placeholder.text.as_bytes());
            done = hit.place.end;
        }
        masked.extend_from_slice(&bytes[done..]);
        Cow::Owned(masked)
    }

    /// Returns `text` without any known secret, and with the replaced ones as data.
    pub fn redact(&self, text: &RedactedText) -> RedactedText {
        if self.is_empty() {
            return text.clone();
        }
        text.map_text(|text| {
            let (mut redacted, mut done) = (RedactedText::default(), 0);
            // Matches begin and end at character boundaries.
            for hit in self.hits(text.as_bytes()) {
                redacted.push_str(text.get(done..hit.place.start).unwrap_or_default());
                redacted.push(hit.placeholder.part.clone());
                done = hit.place.end;
            }
            redacted.push_str(text.get(done..).unwrap_or_default());
            redacted
        })
    }

    /// Returns `value` without any known secret in its strings, keys and numbers. A number that is a secret becomes a
    /// string.
    pub fn json(&self, value: &Value) -> Value {
        if self.is_empty() {
            return value.clone();
        }
        match value {
            Value::Null | Value::Bool(_) => value.clone(),
            Value::Number(number) => match self.text(&number.to_string()) {
                Cow::Borrowed(_) => value.clone(),
                Cow::Owned(masked) => Value::String(masked),
            },
            Value::String(text) => Value::String(self.text(text).into_owned()),
            Value::Array(items) => items.iter().map(|item| self.json(item)).collect(),
            Value::Object(members) => {
                let masked =
                    members.iter().map(|(key, value)| (self.text(key).into_owned(), self.json(value)));
                Value::Object(Map::from_iter(masked))
            }
        }
    }

    fn groups(&self) -> Arc<Vec<Arc<Group>>> {
        Arc::clone(&self.known.read().unwrap_or_else(PoisonError::into_inner).groups)
    }

    /// Returns all ranges of `text` that contain a secret, in order, without overlaps.
    fn hits(&self, text: &[u8]) -> Vec<Match> {
        let groups = self.groups();
        let mut hits = Vec::new();
        if groups.is_empty() {
            return hits;
        }
        let mut find = |text: &[u8], source: Source<'_>| {
            groups
                .iter()
                .filter_map(|group| group.search())
                .for_each(|search| search.find(text, &mut hits, source));
        };
        each_decoded_form(text, &[], &mut find, &|place| place);
        // A match in one decoded form can overlap a match in another; overlapping matches are masked together.
        hits.sort_by_key(|hit| (hit.place.start, std::cmp::Reverse(hit.place.end)));
        hits.dedup_by(|next, last| {
            let overlaps = next.place.start < last.place.end;
            if overlaps {
                last.place.end = last.place.end.max(next.place.end);
            }
            overlaps
        });
        hits
    }
}

impl Group {
    /// Returns the automaton. It is built on first use: a login adds several secrets before anything is shown.
    fn search(&self) -> Option<&Automaton> {
        self.search.get_or_init(|| Automaton::for_secrets(&self.secrets)).as_ref()
    }
}

/// Maps a range of a decoded form to the text that was sent.
type Source<'s> = &'s dyn Fn(Range<usize>) -> Range<usize>;

/// Calls `find` with the text and with each form of it that results from decoding escapes: of any kind, of any two kinds
/// (a query in HTML, JSON in JSON), and of one kind three times (JSON in JSON in JSON, as logs have it). `source` maps a
/// range of what `find` gets to the text that was sent.
fn each_decoded_form(
    text: &[u8],
    decoded: &[EscapeSyntax],
    find: &mut dyn FnMut(&[u8], Source<'_>),
    source: Source<'_>,
) {
    find(text, source);
    for kind in EscapeSyntax::ALL {
        let is_next = match decoded {
            [] | [_] => true,
            [first, second] => kind == *first && kind == *second,
            _ => false,
        };
        if is_next && let Some(view) = DecodedText::of(text, kind) {
            let decoded = [decoded, &[kind]].concat();
            each_decoded_form(&view.bytes, &decoded, find, &|place| source(view.source(place)));
        }
    }
}

/// Returns the last boundary of a character in `text` that is not after `at`.
fn boundary(text: &[u8], at: usize) -> usize {
    let is_boundary = |at: &usize| text.get(*at).is_none_or(|byte| byte & 0xc0 != 0x80);
    (0..=at.min(text.len())).rev().find(is_boundary).unwrap_or_default()
}

impl Automaton {
    fn for_secrets(secrets: &[(Secret, Arc<Placeholder>)]) -> Option<Self> {
        let mut heads = Vec::new();
        let mut all = Vec::new();
        for (secret, placeholder) in secrets {
            for pattern in patterns(secret.expose()) {
                let placeholder = Arc::clone(placeholder);
                let head = boundary(&pattern, HEAD);
                heads.push(pattern[..head].to_vec());
                all.push(Pattern { placeholder, long: (head < pattern.len()).then_some(pattern) });
            }
        }
        if all.is_empty() {
            return None;
        }
        Some(Self { automaton: AhoCorasick::new(heads).ok(), patterns: all })
    }

    /// Adds the matches in `text` to `hits`.
    ///
    /// Overlapping matches are searched for, because secrets can overlap: if only the first one were masked, a part
    /// of the second would remain. They are joined as they are found, so that a text of one repeated character does
    /// not produce a match for each of its bytes.
    ///
    /// Of a long secret, what follows its first bytes is masked as far as it is the secret: a text that was cut has only
    /// a part of it.
    fn find(&self, text: &[u8], hits: &mut Vec<Match>, source: Source<'_>) {
        let first = hits.len();
        let Some(automaton) = &self.automaton else {
            let placeholder = Arc::clone(&self.patterns[0].placeholder);
            hits.push(Match { place: source(0..text.len()), placeholder });
            return;
        };
        let mut covered = 0;
        for found in automaton.find_overlapping_iter(text) {
            let pattern = &self.patterns[found.pattern().as_usize()];
            let mut range = found.range();
            if let Some(long) = &pattern.long {
                // What is masked already is not compared again: no text takes more than linear time.
                let from = range.end.max(covered.min(range.start + long.len()));
                let rest = text[from..].iter().zip(&long[from - range.start..]);
                let end = from + rest.take_while(|(one, other)| one == other).count();
                range.end = boundary(text, end).max(range.end);
            }
            covered = covered.max(range.end);
            let mut place = source(range);
            let mut placeholder = &pattern.placeholder;
            let joined;
            // Matches come in the order of their ends.
            while hits.len() > first
                && let Some(last) = hits.pop_if(|last| place.start < last.place.end)
            {
                if last.place.start <= place.start {
                    joined = last.placeholder;
                    place.start = last.place.start;
                    place.end = place.end.max(last.place.end);
                    placeholder = &joined;
                    break;
                }
                place.end = place.end.max(last.place.end);
            }
            hits.push(Match { place, placeholder: placeholder.clone() });
        }
    }
}

impl fmt::Debug for Mask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let groups = self.groups();
        let secrets = groups.iter().flat_map(|group| &group.secrets);
        f.debug_list().entries(secrets.map(|(secret, _)| secret)).finish()
    }
}
