//! Texts that a regular expression matches.

use regex_syntax::hir::{Class, Hir, HirKind};

/// Maximum nesting depth of an expression.
const MAX_DEPTH: usize = 50;

/// Maximum length of a text of repetitions, in bytes: they may be nested.
const MAX_LEN: usize = 64 << 10;

/// Returns a text that a regular expression matches: the first alternatives, and the fewest repetitions with
/// which it is not empty. Its first group
/// is `group`, if that is given. `None` if the expression is not valid or matches no text, or only a very long one; a group may not fit.
pub fn text_matching(pattern: &str, group: Option<&str>) -> Option<String> {
    let hir = regex_syntax::parse(pattern).ok()?;
    let shortest = matching(&hir, group, 0, 0)?;
    // A value that a pattern allows to be empty is rarely meant to be.
    match shortest.is_empty() {
        true => matching(&hir, group, 0, 1).or(Some(shortest)),
        false => Some(shortest),
    }
}

/// `fewest` is how often at least a part is made that may be left out.
fn matching(hir: &Hir, group: Option<&str>, depth: usize, fewest: u32) -> Option<String> {
    if depth > MAX_DEPTH {
        return None;
    }
    let inner = |hir: &Hir| matching(hir, group, depth + 1, fewest);
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Some(String::new()),
        HirKind::Literal(literal) => String::from_utf8(literal.0.to_vec()).ok(),
        HirKind::Class(Class::Unicode(class)) => {
            let ranges = class.ranges().iter();
            let readable = ranges.clone().map(|range| range.start()).find(char::is_ascii_alphanumeric);
            let within = class.ranges().iter().find(|it| it.start() <= 'a' && it.end() >= 'a').map(|_| 'a');
            readable.or(within).or_else(|| class.ranges().first().map(|it| it.start())).map(String::from)
        }
        HirKind::Class(Class::Bytes(class)) => {
            class.ranges().first().map(|it| char::from(it.start()).to_string())
        }
        HirKind::Repetition(repetition) => {
            let least = repetition.min.max(fewest).min(repetition.max.unwrap_or(u32::MAX));
            let times = usize::try_from(least).ok()?;
            // What may be absent is: it need not be made.
            let once = if times == 0 { String::new() } else { inner(&repetition.sub)? };
            (once.len().checked_mul(times)? <= MAX_LEN).then(|| once.repeat(times))
        }
        HirKind::Capture(capture) => match group.filter(|_| capture.index == 1) {
            Some(group) => Some(group.to_owned()),
            None => inner(&capture.sub),
        },
        HirKind::Concat(parts) => parts.iter().map(inner).collect(),
        HirKind::Alternation(parts) => parts.iter().find_map(inner),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_matches_its_pattern() {
        for (pattern, group, expected) in [
            ("^[a-z]{3}-[0-9]+$", None, Some("aaa-0")),
            ("(?i)^basic ", None, Some("BASIC ")),
            (r"^\[(E[0-9]+)\]", Some("E42"), Some("[E42]")),
            ("one|two", None, Some("one")),
            ("[^:]+$", None, Some("a")),
            // What may be empty is rarely meant to be.
            ("^[0-9]*(,[0-9]+)*$", None, Some("0,0")),
            ("a?", None, Some("a")),
            ("^$", None, Some("")),
            ("a?b", None, Some("b")),
            ("(", None, None),
            ("((a{1000}){1000}){1000}", None, None),
        ] {
            assert_eq!(text_matching(pattern, group).as_deref(), expected, "{pattern}");
        }
    }
}
