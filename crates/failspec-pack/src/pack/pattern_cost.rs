//! The cost of matching a regular expression.

use regex_syntax::ast::{Ast, RepetitionKind, RepetitionRange, parse::Parser};

/// Maximum length of a text that a pattern with look-around or back references is matched against, in bytes: such a
/// pattern is matched by trying, and the cost of a try grows with the text.
const MAX_TRIED_LEN: usize = 4 << 10;

/// Number of states of an automaton that cost as much as one step of a schema.
const STATES_PER_STEP: u64 = 16;

/// The cost of matching a pattern, which grows with the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PatternCost {
    /// Number of characters and classes, each as often as its repetitions demand.
    size: u64,
    /// True if the pattern is matched by trying.
    is_tried: bool,
}

impl PatternCost {
    /// Reads a pattern.
    pub fn of(pattern: &str) -> Self {
        match Parser::new().parse(pattern) {
            Ok(ast) if is_counted(&ast) => Self { size: 3, is_tried: false },
            Ok(ast) => Self { size: size(&ast), is_tried: false },
            Err(_) => Self { size: pattern.len() as u64, is_tried: true },
        }
    }

    /// Returns the size of the compiled pattern, in states.
    pub const fn size(self) -> u64 {
        self.size
    }

    /// Returns true if it is matched by trying.
    pub const fn is_tried(self) -> bool {
        self.is_tried
    }

    /// Returns the number of steps that matching a text takes at most; `None` if nothing bounds it.
    pub fn steps(self, text: &str) -> Option<u64> {
        if self.is_tried && text.len() > MAX_TRIED_LEN {
            return None;
        }
        // In the worst case each character is compared with every state that is active, and a text activates no more
        // states than it has characters.
        let len = text.len() as u64;
        Some(1 + len.saturating_mul(self.size.min(len)) / STATES_PER_STEP)
    }
}

/// Returns true for `^[a-z]{1,1000}$`: the validator counts characters, and compiles nothing.
fn is_counted(ast: &Ast) -> bool {
    let Ast::Concat(parts) = ast else { return false };
    let [Ast::Assertion(_), Ast::Repetition(repetition), Ast::Assertion(_)] = parts.asts.as_slice() else {
        return false;
    };
    matches!(*repetition.ast, Ast::ClassBracketed(_) | Ast::ClassPerl(_) | Ast::Dot(_) | Ast::Literal(_))
}

/// Returns the number of states. The parser bounds the nesting.
fn size(ast: &Ast) -> u64 {
    match ast {
        Ast::Repetition(repetition) => {
            let times = match &repetition.op.kind {
                RepetitionKind::Range(
                    RepetitionRange::Exactly(most)
                    | RepetitionRange::AtLeast(most)
                    | RepetitionRange::Bounded(_, most),
                ) => u64::from(*most).max(1),
                _ => 1,
            };
            size(&repetition.ast).saturating_mul(times)
        }
        Ast::Group(group) => size(&group.ast),
        Ast::Alternation(parts) => parts.asts.iter().map(size).fold(0, u64::saturating_add),
        Ast::Concat(parts) => parts.asts.iter().map(size).fold(0, u64::saturating_add),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cost_of_a_pattern_grows_with_its_repetitions() {
        for (pattern, expected) in [
            ("abc", 3),
            ("^[a-z]{1,63}$", 3),
            ("^[a-z]{1,63}[0-9]$", 66),
            ("([a-z]{1,10}-){3}", 33),
            ("(a|bc)+", 3),
            ("((a{1000}){1000}){1000}", 1_000_000_000),
        ] {
            assert_eq!(
                PatternCost::of(pattern),
                PatternCost { size: expected, is_tried: false },
                "{pattern}"
            );
        }
    }

    #[test]
    fn a_pattern_that_is_tried_is_matched_against_short_texts_alone() {
        for pattern in [r"^(?=.*\d)(?=.*[a-z]).{8,}$", r"^(a+)+\1$"] {
            let cost = PatternCost::of(pattern);
            assert!(cost.steps(&"a".repeat(MAX_TRIED_LEN)).is_some(), "{pattern}");
            assert_eq!(cost.steps(&"a".repeat(MAX_TRIED_LEN + 1)), None, "{pattern}");
        }
    }

    #[test]
    fn usual_patterns_cost_little() {
        let uuid = PatternCost::of("^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$");
        assert!(uuid.steps("9b2d7c1e-52d1-4b3a-9f40-1c2a3b4d5e6f").is_some_and(|steps| steps < 100));
        let text = PatternCost::of(r"^\S.*\S$");
        assert!(text.steps(&"a".repeat(1 << 20)).is_some_and(|steps| steps < 1_000_000));
    }
}
