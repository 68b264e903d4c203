//! Lengths that the pattern of a text sets: `^[a-z]{1,9}$` wants one letter at least, and takes nine.

use std::convert::Infallible;

use regex_syntax::{
    ast::{self, Ast, RepetitionKind, RepetitionRange},
    hir::{Hir, HirKind},
};

/// Maximum nesting depth of a regular expression.
const MAX_DEPTH: usize = 50;

/// Lengths of the shortest and the longest text that a pattern matches as a whole, in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lengths {
    pub fewest: usize,
    /// `None`: there is no longest one.
    pub most: Option<usize>,
}

/// Returns the lengths of the texts that a pattern matches; `None` for one that cannot be parsed here, such as one with
/// look-around. Whether a longer text is forbidden depends on what the pattern says of its beginning and its end.
pub(super) fn lengths(pattern: &str) -> Option<Lengths> {
    of(&regex_syntax::parse(pattern).ok()?, 0)
}

// The properties of a parsed pattern count bytes, and the schemas of JSON count characters.
fn of(hir: &Hir, depth: usize) -> Option<Lengths> {
    if depth > MAX_DEPTH {
        return None;
    }
    let exactly = |count| Lengths { fewest: count, most: Some(count) };
    Some(match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => exactly(0),
        HirKind::Literal(literal) => exactly(std::str::from_utf8(&literal.0).ok()?.chars().count()),
        HirKind::Class(_) => exactly(1),
        HirKind::Repetition(repetition) => {
            let inner = of(&repetition.sub, depth + 1)?;
            let times = |count: u32| usize::try_from(count).unwrap_or(usize::MAX);
            let most = repetition.max.zip(inner.most);
            Lengths {
                fewest: inner.fewest.saturating_mul(times(repetition.min)),
                most: most.map(|(max, most)| most.saturating_mul(times(max))),
            }
        }
        HirKind::Capture(capture) => of(&capture.sub, depth + 1)?,
        HirKind::Concat(parts) => {
            let add = |sum: Lengths, part: Lengths| Lengths {
                fewest: sum.fewest.saturating_add(part.fewest),
                most: sum.most.zip(part.most).map(|(sum, most)| sum.saturating_add(most)),
            };
            let parts = parts.iter().map(|part| of(part, depth + 1));
            parts.collect::<Option<Vec<Lengths>>>()?.into_iter().fold(exactly(0), add)
        }
        HirKind::Alternation(parts) => {
            let parts = parts.iter().map(|part| of(part, depth + 1)).collect::<Option<Vec<Lengths>>>()?;
            Lengths {
                fewest: parts.iter().map(|part| part.fewest).min()?,
                most: parts.iter().map(|part| part.most).collect::<Option<Vec<usize>>>()?.into_iter().max(),
            }
        }
    })
}

/// Returns a pattern in which what is repeated up to some number of times may be repeated more often: a text that is too long
/// for the pattern, and has no other fault, matches it. `None` if there is nothing of that kind.
pub(super) fn without_most(pattern: &str) -> Option<String> {
    let parsed = ast::parse::Parser::new().parse(pattern).ok()?;
    let Ok(mut counts) = ast::visit(&parsed, Counts::default());
    // From the end on, so that what comes before stays at its place.
    counts.sort_unstable_by_key(|count| std::cmp::Reverse(count.start));
    let mut whole = pattern.to_owned();
    let mut before = usize::MAX;
    for Count { start, end, fewest } in &counts {
        if *end <= before {
            whole.replace_range(*start..*end, &format!("{{{fewest},}}"));
            before = *start;
        }
    }
    (!counts.is_empty()).then_some(whole)
}

/// A number of repetitions with a most, and its place in the pattern.
struct Count {
    start: usize,
    end: usize,
    fewest: u32,
}

#[derive(Default)]
struct Counts(Vec<Count>);

impl ast::Visitor for Counts {
    type Output = Vec<Count>;
    type Err = Infallible;

    fn finish(self) -> Result<Vec<Count>, Infallible> {
        Ok(self.0)
    }

    fn visit_post(&mut self, ast: &Ast) -> Result<(), Infallible> {
        let Ast::Repetition(repetition) = ast else { return Ok(()) };
        let fewest = match repetition.op.kind {
            RepetitionKind::Range(RepetitionRange::Exactly(fewest) | RepetitionRange::Bounded(fewest, _)) => {
                fewest
            }
            _ => return Ok(()),
        };
        let span = repetition.op.span;
        self.0.push(Count { start: span.start.offset, end: span.end.offset, fewest });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_those_of_the_shortest_and_the_longest_text() {
        for (pattern, expected) in [
            ("^.{1,512}$", Some((1, Some(512)))),
            ("^[a-z]{1,9}-[0-9]{2}$", Some((4, Some(12)))),
            ("^[a-z]*$", Some((0, None))),
            ("^(a|bcd)+$", Some((1, None))),
            ("^(a|bcd)$", Some((1, Some(3)))),
            // Letters count, and not bytes.
            ("^\u{e9}{3}$", Some((3, Some(3)))),
            ("^(?=a).{1,9}$", None),
        ] {
            let found = lengths(pattern).map(|lengths| (lengths.fewest, lengths.most));
            assert_eq!(found, expected, "{pattern}");
        }
    }

    #[test]
    fn without_most_lets_texts_be_longer() {
        for (pattern, expected) in [
            ("^.{1,512}$", Some("^.{1,}$")),
            ("^[a-z]{1,9}-([0-9]{2})$", Some("^[a-z]{1,}-([0-9]{2,})$")),
            ("^(a{1,2}b){3}$", Some("^(a{1,}b){3,}$")),
            ("^[a-z]+$", None),
            ("^a{2,}$", None),
            ("(", None),
        ] {
            assert_eq!(without_most(pattern).as_deref(), expected, "{pattern}");
        }
    }
}
