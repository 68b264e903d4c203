//! Workflow commands: lines of a log that the runner executes.

use std::borrow::Cow;

use failspec_base::sanitize::visible;

/// Severity of an annotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    Error,
    Warning,
    Notice,
}

/// Returns one annotation as a line. `place` is a file and a line in the checkout.
pub(crate) fn command(
    level: Level,
    title: &str,
    place: Option<(&str, Option<&str>)>,
    message: &str,
) -> String {
    let word = match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Notice => "notice",
    };
    let mut properties = Vec::new();
    if let Some((file, line)) = place {
        properties.push(format!("file={}", property(file)));
        properties.extend(line.map(|line| format!("line={}", property(line))));
    }
    properties.push(format!("title={}", property(title)));
    format!("::{word} {}::{}\n", properties.join(","), data(message))
}

/// Escapes the message of a command.
fn data(text: &str) -> String {
    visible(text.trim_end()).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes the value of a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// Returns text in which the runner finds no command. The runner executes every line of a log that begins with `::`,
/// also after spaces, and every `##[`: a server could write such a line into its response. If there is one, commands
/// are disabled around the text until `token` occurs again, which cannot be predicted.
pub fn inert<'t>(text: &'t str, token: &str) -> Cow<'t, str> {
    let obeyed = |line: &str| line.contains("::") || line.contains("##[");
    if text.lines().any(|line| obeyed(line) && is_command(line)) {
        let end = if text.ends_with('\n') { "" } else { "\n" };
        return Cow::Owned(format!("::stop-commands::{token}\n{text}{end}::{token}::\n"));
    }
    Cow::Borrowed(text)
}

fn is_command(line: &str) -> bool {
    // Colour codes precede a text, and the runner ignores them.
    let mut rest = line.trim_start();
    while let Some((_, after)) = rest.strip_prefix('\u{1b}').and_then(|code| code.split_once('m')) {
        rest = after.trim_start();
    }
    rest.starts_with("::") || line.contains("##[")
}

#[cfg(test)]
mod tests {
    use super::{Level, command, inert};

    #[test]
    fn nothing_in_an_annotation_is_a_command_or_a_property() {
        assert_eq!(
            command(Level::Error, "a,b:c", Some(("x,y.yaml", Some("6"))), "100%\r\n::error::no\u{202e}"),
            "::error file=x%2Cy.yaml,line=6,title=a%2Cb%3Ac::100%25\\u{d}%0A::error::no\\u{202e}\n"
        );
    }

    #[test]
    fn a_log_with_a_command_in_it_is_switched_off() {
        assert_eq!(inert("kubeglass::conflict\n", "t"), "kubeglass::conflict\n");
        assert_eq!(inert("a\n  ::add-mask::b\n", "t"), "::stop-commands::t\na\n  ::add-mask::b\n::t::\n");
        assert_eq!(inert("a\u{1b}\n\u{1b}[31m::x", "t").lines().next(), Some("::stop-commands::t"));
        assert_eq!(inert("x ##[error]", "t").lines().last(), Some("::t::"));
    }
}
