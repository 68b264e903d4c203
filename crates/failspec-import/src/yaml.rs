//! Formatting of values as YAML that is parsed as the same values.

use serde_json::Value;

/// Formats a text as a scalar: plain if it is unambiguous, else quoted.
pub(super) fn text(text: &str) -> String {
    let words = text.split(' ').all(|word| !word.is_empty());
    let plain = words
        && text.starts_with(|it: char| it.is_ascii_alphabetic() || it == '/')
        && text.chars().all(|it| it.is_alphanumeric() || " _-./(),+;".contains(it))
        && !["true", "false", "null", "yes", "no", "on", "off", "y", "n"]
            .contains(&text.to_ascii_lowercase().as_str());
    if plain {
        return text.to_owned();
    }
    quoted(text)
}

/// Formats a text in double quotes. YAML can read the escapes of JSON.
pub(super) fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// Formats a value within braces or brackets. A comma would end a plain scalar there.
pub(super) fn within(value: &Value) -> String {
    match value {
        Value::String(value) if !value.contains(',') => text(value),
        _ => value.to_string(),
    }
}

/// Formats a text as a comment. It is always one line of at most 300 characters.
pub(super) fn comment(text: &str) -> String {
    let line: String = text.chars().map(|it| if it.is_control() { ' ' } else { it }).take(300).collect();
    format!("# {}", line.trim())
}

#[cfg(test)]
mod tests {
    use failspec_base::syntax::{Source, yaml};

    use super::*;

    #[test]
    fn whatever_is_written_reads_back() {
        let texts = [
            "Resource not found",
            "yes",
            "a: b",
            "a #b",
            "- a",
            "404",
            "1.10",
            "${x}",
            "\"quoted\"",
            "it's",
            "é, ü",
            "{a}",
            "[b]",
            "*c",
            "&d",
            "!e",
            "|",
            ">",
            "%f",
            "@g",
            "`h`",
            "",
            " ",
            "a\u{7f}b",
            "/a/b",
            "null",
            "a  b",
        ];
        for written in texts {
            let source = Source::new(
                "test.yaml",
                format!("key: {}\nlist: [{}]\n", text(written), within(&written.into())),
            );
            let node = yaml::parse(&source).unwrap_or_else(|mistakes| panic!("{}", mistakes.render(false)));
            assert_eq!(node.to_json()["key"], Value::from(written));
            assert_eq!(node.to_json()["list"][0], Value::from(written));
        }
    }
}
