//! The report formats, and a validator for each of them.

use std::sync::LazyLock;

use serde_json::Value;

/// A report format.
pub struct Format {
    /// Its name in `--report NAME=PATH`.
    pub name: &'static str,
    /// Returns the errors in a report of this format; empty if it is valid.
    pub mistakes: fn(&str) -> Vec<String>,
}

/// All report formats.
pub const FORMATS: &[Format] = &[
    Format { name: "json", mistakes: json_mistakes },
    Format { name: "junit", mistakes: junit_mistakes },
    Format { name: "html", mistakes: html_mistakes },
    Format { name: "markdown", mistakes: raw },
    Format { name: "github", mistakes: raw },
];

static SCHEMA: LazyLock<jsonschema::Validator> = LazyLock::new(|| {
    let schema = failspec::cli::schema(failspec::cli::SchemaFormat::Report);
    jsonschema::validator_for(&schema).expect("the schema of the report")
});

fn json_mistakes(text: &str) -> Vec<String> {
    match serde_json::from_str::<Value>(text) {
        Err(error) => vec![format!("not JSON: {error}")],
        Ok(report) => SCHEMA.iter_errors(&report).map(|error| error.to_string()).collect(),
    }
}

fn junit_mistakes(text: &str) -> Vec<String> {
    let mut found = raw(text);
    match quick_junit::Report::deserialize_from_str(text) {
        Err(error) => found.push(format!("not JUnit: {error}")),
        Ok(report) if report.tests == 0 => found.push("a JUnit report of no tests".to_owned()),
        Ok(_) => {}
    }
    found
}

fn html_mistakes(page: &str) -> Vec<String> {
    let mut found = raw(page);
    for broken in ["<script>alert", "<img src=x"] {
        if page.contains(broken) {
            found.push(format!("the page holds {broken}"));
        }
    }
    if !page.trim_end().ends_with("</html>") {
        found.push("the page has no end".to_owned());
    }
    found
}

/// Finds characters that could control the display of a text.
fn raw(text: &str) -> Vec<String> {
    let obeyed = |c: char| {
        (c.is_control() && !matches!(c, '\n' | '\t'))
            || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().find(|c| obeyed(*c)).map(|c| format!("{c:?} as it is")).into_iter().collect()
}
