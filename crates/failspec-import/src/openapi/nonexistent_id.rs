//! Ids of resources that do not exist, so that a request for one of them cannot change anything.

use regex_syntax::hir::{Class, Hir, HirKind};
use serde_json::Value;

use super::{
    invalid_value::core,
    value_generator::{LIKE_UNIQUE, ValueGenerator, is_integer_text, kind, seeded_hash},
};
use failspec_base::encoding::percent_encode;

/// Minimum number of possible values, in bits, for which a random value is unlikely to exist. Nine digits are 30
/// bits.
const ENOUGH: f64 = 28.0;

/// The number of repetitions that is generated if the pattern allows it.
const TIMES: u32 = 9;

/// Maximum nesting depth of a regular expression.
const MAX_DEPTH: usize = 50;

/// A number that is unlikely to be an id and that fits into a signed 32-bit integer.
pub(super) const NO_SUCH_NUMBER: i64 = 987_654_321;

/// A UUID that is unlikely to be an id, for places where a template has none.
pub(super) const NO_SUCH_UUID: &str = "f5a1c0de-9b7e-4d63-8a42-1c6e0d9b8f37";

/// Another one.
pub(super) const OTHER_NO_SUCH_UUID: &str = "f5a1c0de-9b7e-4d63-8a42-1c6e0d9b8f38";

/// An id that is unlikely to exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NoSuchId {
    /// The id as it stands in a path.
    pub text: String,
    /// True if nobody but the run has it: what a request creates under it may be removed.
    pub is_own: bool,
}

impl NoSuchId {
    /// An id that nobody but the run has.
    pub fn own(text: impl Into<String>) -> Self {
        Self { text: text.into(), is_own: true }
    }

    /// A UUID that is new in each run.
    pub fn uuid() -> Self {
        Self::own("${uuid}")
    }
}

/// Generates an id for a path that a schema allows and that is unlikely to exist. Examples and defaults are not used,
/// because they may exist. Returns `None` if there are so few possible values that each one may exist.
///
/// `purpose` selects among several: what one operation creates under its id is not found by another one.
pub(super) fn nothing(
    sampler: &ValueGenerator<'_>,
    schema: &Value,
    name: &str,
    purpose: Purpose<'_>,
) -> Option<NoSuchId> {
    let inner = core(&sampler.declared.api.bundle, schema);
    if inner.get("enum").is_some() || inner.get("const").is_some() {
        return None;
    }
    let kind = inner.as_object().and_then(kind);
    if matches!(kind, Some("integer" | "number")) {
        let most = inner.get("maximum").and_then(Value::as_f64).unwrap_or(f64::MAX);
        let least = inner.get("minimum").and_then(Value::as_f64).unwrap_or(0.0);
        let few = most - least < ENOUGH.exp2();
        let is_allowed = |number: i64| !few && sampler.is_allowed(schema, &number.into());
        let by_chance = purpose.may_create.then(|| random_number(sampler.seed, purpose.operation));
        let by_chance = by_chance.filter(|number| is_allowed(*number));
        let fixed = || Some(NO_SUCH_NUMBER).filter(|number| is_allowed(*number));
        let is_own = by_chance.is_some();
        return by_chance.or_else(fixed).map(|number| NoSuchId { text: number.to_string(), is_own });
    }
    if !matches!(kind, Some("string") | None) {
        return None;
    }
    if inner.as_object().is_some_and(is_integer_text) {
        let number = match purpose.may_create {
            true => random_number(sampler.seed, purpose.operation),
            false => NO_SUCH_NUMBER,
        };
        let is_allowed = sampler.is_allowed(schema, &number.to_string().into());
        return is_allowed.then(|| NoSuchId { text: number.to_string(), is_own: purpose.may_create });
    }
    match inner.get("format").and_then(Value::as_str) {
        Some("uuid") => return Some(NoSuchId::uuid()),
        Some("date" | "date-time" | "time" | "duration" | "ipv4" | "ipv6" | "boolean") => return None,
        _ => {}
    }
    if sampler.is_allowed(schema, &format!("no-such-{LIKE_UNIQUE}").into()) {
        return Some(NoSuchId::own("no-such-${unique}"));
    }
    let hir = match inner.get("pattern").and_then(Value::as_str) {
        Some(pattern) => regex_syntax::parse(pattern).ok()?,
        None => {
            let most = inner.get("maxLength").and_then(Value::as_u64)?.min(24);
            regex_syntax::parse(&format!("[a-z0-9]{{{most}}}")).ok()?
        }
    };
    let mut dice = Rng::new(sampler.seed, &format!("{name}{}", purpose.operation));
    let (text, bits) = by_chance(&hir, &mut dice, 0)?;
    (bits >= ENOUGH && sampler.is_allowed(schema, &text.as_str().into()))
        .then(|| NoSuchId::own(percent_encode(&text)))
}

/// The operation that is asked for an id that does not exist.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Purpose<'o> {
    /// Its name; empty for a reference in a body.
    pub operation: &'o str,
    /// True if a server may create what has the id, and another operation could then find it.
    pub may_create: bool,
}

/// Returns one of 2²⁸ numbers that fit into a signed 32-bit integer, and none of which is [`NO_SUCH_NUMBER`].
fn random_number(seed: u64, name: &str) -> i64 {
    (1 << 30) + i64::try_from(Rng::new(seed, name).roll(1 << 28)).unwrap_or_default()
}

/// A pseudo-random number generator. The same seed and name give the same numbers.
struct Rng(u64);

impl Rng {
    fn new(seed: u64, name: &str) -> Self {
        Self(seeded_hash(seed, name) | 1)
    }

    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap_or_default() % sides.max(1)
    }
}

/// Generates a random text that a regular expression matches. Also returns the number of possible texts, in bits.
fn by_chance(hir: &Hir, dice: &mut Rng, depth: usize) -> Option<(String, f64)> {
    if depth > MAX_DEPTH {
        return None;
    }
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Some((String::new(), 0.0)),
        HirKind::Literal(literal) => Some((String::from_utf8(literal.0.to_vec()).ok()?, 0.0)),
        HirKind::Class(Class::Unicode(class)) => {
            let plain = ('0'..='9').chain('a'..='z').chain('A'..='Z');
            let within =
                |it: &char| class.ranges().iter().any(|range| (range.start()..=range.end()).contains(it));
            let plain: Vec<char> = plain.filter(within).collect();
            let bits = f64::from(u32::try_from(plain.len().max(1)).ok()?).log2();
            let chosen = plain.get(dice.roll(plain.len())).copied();
            Some((chosen.or_else(|| class.ranges().first().map(|it| it.start()))?.to_string(), bits))
        }
        HirKind::Class(Class::Bytes(_)) => None,
        HirKind::Repetition(repetition) => {
            let times = repetition.min.max(TIMES).min(repetition.max.unwrap_or(u32::MAX)).min(200);
            let parts = (0..times).map(|_| by_chance(&repetition.sub, dice, depth + 1));
            parts.collect::<Option<Vec<_>>>().map(joined)
        }
        HirKind::Capture(capture) => by_chance(&capture.sub, dice, depth + 1),
        HirKind::Concat(parts) => {
            let parts = parts.iter().map(|part| by_chance(part, dice, depth + 1));
            parts.collect::<Option<Vec<_>>>().map(joined)
        }
        HirKind::Alternation(parts) => by_chance(parts.get(dice.roll(parts.len()))?, dice, depth + 1),
    }
}

fn joined(parts: Vec<(String, f64)>) -> (String, f64) {
    let bits = parts.iter().map(|(_, bits)| bits).sum();
    (parts.into_iter().map(|(text, _)| text).collect(), bits)
}
