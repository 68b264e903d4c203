//! The difference between two snapshots, for people.

use std::iter::repeat_n;

use similar::{ChangeTag, TextDiff};

/// Number of unchanged lines that are kept before and after a change.
const CONTEXT: usize = 3;

/// Maximum number of lines, of both snapshots together, between which the shortest difference is looked for: the time
/// that it takes grows with their square.
const MAX_LINES: usize = 4_000;

/// Returns the difference line by line: `-` was approved, `+` is new. Unchanged lines around it are kept.
pub fn diff(approved: &str, now: &str) -> String {
    let (before, after): (Vec<&str>, Vec<&str>) = (approved.lines().collect(), now.lines().collect());
    let first = before.iter().zip(&after).take_while(|(before, after)| before == after).count();
    let rest = before[first..].iter().rev().zip(after[first..].iter().rev());
    let last = rest.take_while(|(before, after)| before == after).count();
    let (old, new) = (&before[first..before.len() - last], &after[first..after.len() - last]);
    let mut text = String::new();
    if old.len() + new.len() > MAX_LINES {
        // In between, everything counts as changed.
        let (start, end) = (&before[first.saturating_sub(CONTEXT)..first], &after[after.len() - last..]);
        let signs =
            repeat_n(' ', start.len()).chain(repeat_n('-', old.len())).chain(repeat_n('+', new.len()));
        let lines = start.iter().chain(old).chain(new).chain(end.iter().take(CONTEXT));
        signs.chain(repeat_n(' ', CONTEXT)).zip(lines).for_each(|(sign, line)| push(&mut text, sign, line));
        return text;
    }
    let diff = TextDiff::from_lines(approved, now);
    for group in diff.grouped_ops(CONTEXT) {
        for operation in group {
            for change in diff.iter_changes(&operation) {
                let sign = match change.tag() {
                    ChangeTag::Delete => '-',
                    ChangeTag::Insert => '+',
                    ChangeTag::Equal => ' ',
                };
                push(&mut text, sign, change.value().trim_end_matches('\n'));
            }
        }
    }
    text
}

fn push(text: &mut String, sign: char, line: &str) {
    text.push(sign);
    text.push_str(line);
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(lines: impl Iterator<Item = usize>) -> String {
        lines.map(|line| format!("line {line}\n")).collect()
    }

    #[test]
    fn the_unchanged_lines_around_a_change_are_kept() {
        let text = diff(&lines(0..100), &lines((0..50).chain(60..100)));
        assert!(text.starts_with(" line 47\n line 48\n line 49\n-line 50\n"), "{text}");
        assert!(text.ends_with("-line 59\n line 60\n line 61\n line 62\n"), "{text}");
    }

    #[test]
    fn security_a_difference_of_many_lines_is_not_looked_for() {
        let (approved, now) = (lines((0..10).chain(1_000..200_000)), lines((0..10).chain(300_000..500_000)));
        let text = diff(&format!("{approved}end"), &format!("{now}end"));
        assert!(text.starts_with(" line 7\n line 8\n line 9\n-line 1000\n"));
        assert!(text.ends_with("+line 499999\n end\n"));
        // A small change of a long snapshot is shown as it is.
        let text = diff(&approved, &approved.replace("line 5000\n", "line x\n"));
        assert!(text.starts_with(" line 4997\n") && text.lines().count() == 8, "{text}");
    }
}
