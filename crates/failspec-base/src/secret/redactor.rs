//! The one place that knows every secret of a run and takes them out of text.

use std::{
    borrow::Cow,
    fmt,
    ops::Range,
    sync::{Arc, OnceLock, PoisonError, RwLock},
};

use aho_corasick::AhoCorasick;
use serde_json::{Map, Value};

use super::{
    Secret,
    encodings::patterns,
    escape_decoding::{DecodedText, EscapeSyntax},
};

/// Every secret of a run that is known so far.
///
/// Shared by all parts of a run; a login adds to it while the run goes on. Each text is searched for every
/// secret as it stands, in hexadecimal digits, in base64 (both alphabets, also inside of something larger
/// that was encoded), and in any of these with percent, form, JSON, HTML or
/// JSON Pointer escapes. What is found becomes
/// `[secret: <label>]`. A search takes time that is linear in the text, whatever the number of secrets.
#[derive(Default)]
pub struct Mask {
    /// Replaced whenever a secret is added, so that a search holds the lock for no longer than a clone.
    known: RwLock<Arc<RegisteredSecret>>,
}

/// The secrets at one moment, and what is needed for finding them.
#[derive(Default)]
struct RegisteredSecret {
    secrets: Vec<(Secret, Arc<str>)>,
    search: OnceLock<Option<Automaton>>,
}

/// All patterns of all secrets in one automaton.
struct Automaton {
    /// `None` when the patterns are too large for it (some GiB): then nothing is shown at all.
    automaton: Option<AhoCorasick>,
    /// For each pattern the placeholder of its secret.
    placeholders: Vec<Arc<str>>,
}

/// A secret in a text.
struct Match {
    place: Range<usize>,
    placeholder: Arc<str>,
}

impl Mask {
    /// The length in bytes from which a secret is searched for. Shorter ones (`admin`, `1234`) are found by
    /// chance in harmless text, and masking that would tell more about them than it hides.
    pub const SHORTEST: usize = 8;

    /// A mask that knows no secret.
    pub fn new() -> Self {
        Self::default()
    }

    /// From now on takes out this secret; its origin is the label.
    pub fn add(&self, secret: &Secret) {
        if secret.expose().len() < Self::SHORTEST {
            return;
        }
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.secrets.iter().any(|(other, _)| other.expose() == secret.expose()) {
            return;
        }
        let mut secrets = known.secrets.clone();
        secrets.push((secret.clone(), secret.placeholder().into()));
        *known = Arc::new(RegisteredSecret { secrets, search: OnceLock::new() });
    }

    /// From now on takes out this value. The first label of a value stays.
    pub fn add_value(&self, value: &str, label: &str) {
        self.add(&Secret::new(value, label));
    }

    /// Whether no secret is known that is long enough to be searched for.
    pub fn is_empty(&self) -> bool {
        self.known().secrets.is_empty()
    }

    /// `text` without any known secret. Borrowed when there is none in it.
    pub fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match self.bytes(text.as_bytes()) {
            Cow::Borrowed(_) => Cow::Borrowed(text),
            // Hits begin and end between characters, so that nothing is lost here.
            Cow::Owned(bytes) => Cow::Owned(match String::from_utf8(bytes) {
                Ok(text) => text,
                Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
            }),
        }
    }

    /// `bytes` without any known secret. Borrowed when there is none in it.
    pub fn bytes<'t>(&self, bytes: &'t [u8]) -> Cow<'t, [u8]> {
        let known = self.known();
        let Some(search) = known.search() else {
            return Cow::Borrowed(bytes);
        };
        let hits = search.hits(bytes);
        if hits.is_empty() {
            return Cow::Borrowed(bytes);
        }
        let mut masked = Vec::with_capacity(bytes.len());
        let mut done = 0;
        for hit in hits {
            masked.extend_from_slice(&bytes[done..hit.place.start]);
            masked.extend_from_slice(hit.placeholder.as_bytes());
            done = hit.place.end;
        }
        masked.extend_from_slice(&bytes[done..]);
        Cow::Owned(masked)
    }

    /// `value` without any known secret in its strings, keys and numbers. A number that is a secret becomes
    /// a string.
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

    fn known(&self) -> Arc<RegisteredSecret> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl RegisteredSecret {
    /// Built when it is first needed: a login adds several secrets before anything is shown.
    fn search(&self) -> Option<&Automaton> {
        self.search.get_or_init(|| Automaton::for_secrets(&self.secrets)).as_ref()
    }
}

impl Automaton {
    fn for_secrets(secrets: &[(Secret, Arc<str>)]) -> Option<Self> {
        let mut all = Vec::new();
        let mut placeholders = Vec::new();
        for (secret, placeholder) in secrets {
            for pattern in patterns(secret.expose()) {
                all.push(pattern);
                placeholders.push(placeholder.clone());
            }
        }
        if all.is_empty() {
            return None;
        }
        Some(Self { automaton: AhoCorasick::new(all).ok(), placeholders })
    }

    /// All places in `text` that hold a secret, in order, without overlaps.
    fn hits(&self, text: &[u8]) -> Vec<Match> {
        let mut hits = Vec::new();
        self.find(text, &mut hits, |place| place);
        for kind in EscapeSyntax::ALL {
            if let Some(view) = DecodedText::of(text, kind) {
                self.find(&view.bytes, &mut hits, |place| view.source(place));
            }
        }
        // The view of one kind can cut through what another kind sees; both are hidden together.
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

    /// Overlapping hits are searched for, because secrets can overlap: with the first one alone masked, a
    /// part of the second would stay. They are joined as they are found, so that a text of one repeated
    /// character does not give a hit for each of its bytes.
    fn find(&self, text: &[u8], hits: &mut Vec<Match>, source: impl Fn(Range<usize>) -> Range<usize>) {
        let first = hits.len();
        let Some(automaton) = &self.automaton else {
            let placeholder = self.placeholders[0].clone();
            hits.push(Match { place: source(0..text.len()), placeholder });
            return;
        };
        for found in automaton.find_overlapping_iter(text) {
            let mut place = source(found.range());
            let mut placeholder = &self.placeholders[found.pattern().as_usize()];
            let joined;
            // They come in the order of their ends.
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
        let known = self.known();
        f.debug_list().entries(known.secrets.iter().map(|(secret, _)| secret)).finish()
    }
}
