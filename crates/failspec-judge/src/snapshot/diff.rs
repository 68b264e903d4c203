//! The difference between two snapshots, for people.

use similar::{ChangeTag, TextDiff};

/// Returns the difference line by line: `-` was approved, `+` is new. Unchanged lines around it are kept.
pub fn diff(approved: &str, now: &str) -> String {
    let diff = TextDiff::from_lines(approved, now);
    let mut text = String::new();
    for group in diff.grouped_ops(3) {
        for operation in group {
            for change in diff.iter_changes(&operation) {
                let sign = match change.tag() {
                    ChangeTag::Delete => '-',
                    ChangeTag::Insert => '+',
                    ChangeTag::Equal => ' ',
                };
                text.push(sign);
                text.push_str(change.value().trim_end_matches('\n'));
                text.push('\n');
            }
        }
    }
    text
}
