//! Indentation that other YAML parsers tolerate.
//!
//! By YAML 1.2, the lines of a flow collection and of a quoted scalar are indented more than what is around them. The
//! most common parsers do not insist on that, and known documents rely on it. How far such a line is indented has no
//! meaning, so spaces before it change no value.

use saphyr_parser::Parser;

/// The maximum number of lines that are indented in one file.
const MAX_LINES: usize = 500;

/// The maximum number of bytes that are parsed again for this, in one file: 256 MiB.
const MAX_BYTES: usize = 256 << 20;

/// The indentation of a line that is indented too little: more than any block around it has.
const INDENTATION: usize = 200;

/// Returns the text with more indentation before each line that needs it; `None` if that does not make it well-formed.
pub(super) fn indented(text: &str) -> Option<String> {
    let mut lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
    let attempts = MAX_LINES.min(MAX_BYTES / text.len().max(1));
    for _ in 0..attempts {
        let whole = lines.join("\n");
        let Some(error) = Parser::new_from_str(&whole).find_map(Result::err) else { return Some(whole) };
        // Lines are counted from 1.
        let line = error.marker().line().checked_sub(1)?;
        let wrong = match error.info() {
            "invalid indentation" | "invalid indentation in flow construct" => line,
            // The place is where the scalar begins: all lines before the wrong one are lines of the scalar, too.
            "invalid indentation in quoted scalar" => {
                let is_short = |line: &String| !line.trim().is_empty() && indentation(line) < INDENTATION;
                line + 1 + lines.get(line + 1..)?.iter().position(is_short)?
            }
            _ => return None,
        };
        let wrong = lines.get_mut(wrong)?;
        if indentation(wrong) >= INDENTATION {
            return None;
        }
        wrong.insert_str(0, &" ".repeat(INDENTATION));
    }
    None
}

fn indentation(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::syntax::{Source, yaml};

    #[test]
    fn lines_of_flow_collections_and_quoted_text_need_no_indentation() {
        let read = |text: &str| yaml::read_foreign(&Source::new("t.yaml", text)).0.map(|node| node.to_json());
        for (text, value) in [
            ("a:\n  b: {\n    c: 1\n  }\n  d: 2\n", json!({"a": {"b": {"c": 1}, "d": 2}})),
            ("a:\n  b: [\n1,\n2\n]\n  d: 2\n", json!({"a": {"b": [1, 2], "d": 2}})),
            ("a:\n  b: \"one\n  two\n\n  three\"\n  d: 2\n", json!({"a": {"b": "one two\nthree", "d": 2}})),
            ("a:\n  b: 'one\ntwo'\n", json!({"a": {"b": "one two"}})),
        ] {
            assert_eq!(read(text), Some(value), "{text}");
        }
        // Anything else that is wrong stays wrong.
        for text in ["a:\n  b: {\n    c: 1\n  d: 2\n", "a: 1\n b: 2\n", "a: 'one\n", "a: [\n"] {
            assert_eq!(read(text), None, "{text}");
        }
        // Files of failspec itself are well-formed.
        assert!(yaml::parse(&Source::new("t.yaml", "a:\n  b: [\n1\n]\n")).is_err());
    }
}
