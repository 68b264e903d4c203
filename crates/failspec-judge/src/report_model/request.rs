//! A request in a report, and the command line that sends it again.

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize, Serializer};

use failspec_base::secret::{RedactedPart, RedactedText, RedactedView};

/// A request.
// Its parts are data; [`RequestReport::curl`] makes a command line of them.
#[derive(Debug, Clone, Deserialize)]
pub struct RequestReport {
    /// The method.
    pub method: String,
    /// The URL.
    pub url: RedactedText,
    /// Headers in order.
    pub headers: Vec<(String, RedactedText)>,
    /// The body.
    pub body: Option<RedactedText>,
}

/// A request.
// In a JSON report it has its command line, for the people who read it. The line is not read back.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RequestReport")]
struct WrittenRequest<'t> {
    /// The method.
    method: &'t str,
    /// The URL.
    url: &'t RedactedText,
    /// Headers in order.
    headers: &'t [(String, RedactedText)],
    /// The body.
    body: Option<&'t RedactedText>,
    /// A command line that sends it, with shell variables for credentials.
    #[schemars(with = "String")]
    curl: CurlCommand<'t>,
}

impl Serialize for RequestReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { method, url, headers, body } = self;
        WrittenRequest { method, url, headers, body: body.as_ref(), curl: self.curl() }.serialize(serializer)
    }
}

impl JsonSchema for RequestReport {
    fn schema_name() -> Cow<'static, str> {
        WrittenRequest::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        WrittenRequest::json_schema(generator)
    }
}

/// A command line for a POSIX shell that sends a request. Credentials are shell variables, which the user sets; a body
/// that the report does not contain is a file.
#[derive(Debug, Clone, Copy)]
pub struct CurlCommand<'t>(&'t RequestReport);

impl Serialize for CurlCommand<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for CurlCommand<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut is_first = true;
        self.each(|word| {
            let separator = if std::mem::take(&mut is_first) { "" } else { " " };
            write!(f, "{separator}{word}")
        })
    }
}

impl CurlCommand<'_> {
    /// Returns the parts between which the line may be broken: the command, and each option with its argument.
    pub fn words(&self) -> Vec<String> {
        let mut words = Vec::new();
        // Nothing fails here.
        let _ = self.each(|word| {
            words.push(word.to_string());
            Ok(())
        });
        words
    }

    /// Calls `word` with each part. Nothing is collected: a report has thousands of such lines.
    fn each(&self, mut word: impl FnMut(fmt::Arguments<'_>) -> fmt::Result) -> fmt::Result {
        let RequestReport { method, url, headers, body } = self.0;
        let expanded = expands(url);
        // Without `-g`, curl would send `/[1-3]` as three requests.
        let globs_off = if expanded { " -g" } else { "" };
        // A report that is read back may say anything: no part of it becomes another option, or another command.
        match method.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            true if method == "GET" && body.is_none() => word(format_args!("curl -i{globs_off}"))?,
            true => word(format_args!("curl -i{globs_off} -X {method}"))?,
            false => {
                let method = Quoted { before: &[], text: &method.as_str().into() }.to_string();
                word(format_args!("curl -i{globs_off} -X {method}"))?;
            }
        }
        let quoted = Quoted { before: &[], text: url };
        match begins_with_dash(url) {
            true => word(format_args!("--url {quoted}"))?,
            false => word(format_args!("{quoted}"))?,
        }
        // What begins with `@` is no header, and for curl the name of a file.
        for (name, value) in headers.iter().filter(|(name, _)| !name.starts_with('@')) {
            // curl sends no header for `Name:`, and an empty one for `Name;`.
            let before: &[&str] = if value.is_empty() { &[name, ";"] } else { &[name, ": "] };
            word(format_args!("-H {}", Quoted { before, text: value }))?;
        }
        let Some(body) = body else { return Ok(()) };
        if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
            // curl would add the type of a form.
            word(format_args!("-H 'Content-Type:'"))?;
        }
        let mut missing = Vec::new();
        body.for_each(|part| {
            if let RedactedView::Replaced(
                part @ (RedactedPart::Omitted { .. } | RedactedPart::Withheld { .. }),
            ) = part
            {
                missing.push(part.to_string());
            }
        });
        match missing.is_empty() {
            // As it is: `--data-binary` would take a body that begins with `@` for the name of a file, and send that.
            true => word(format_args!("--data-raw {}", Quoted { before: &[], text: body })),
            false => word(format_args!("--data-binary @body  # {}", missing.join(", "))),
        }
    }
}

/// Returns true if curl would take a part of the URL for a pattern.
fn expands(url: &RedactedText) -> bool {
    let mut found = false;
    url.for_each(|part| {
        found |= matches!(part, RedactedView::Text(text) if text.contains(['[', ']', '{', '}']))
    });
    found
}

/// Returns true if curl would take the URL for an option: its first part is text that begins with a dash.
fn begins_with_dash(url: &RedactedText) -> bool {
    let mut first = None;
    url.for_each(|part| {
        let dash = matches!(part, RedactedView::Text(text) if text.starts_with('-'));
        first.get_or_insert(dash);
    });
    first.unwrap_or(false)
}

/// A text, with a prefix, quoted for a POSIX shell.
struct Quoted<'t> {
    before: &'t [&'t str],
    text: &'t RedactedText,
}

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        quote(f, self.before, self.text)
    }
}

impl RequestReport {
    /// Returns a command line that sends the request.
    pub fn curl(&self) -> CurlCommand<'_> {
        CurlCommand(self)
    }

    /// Removes the body, but keeps its length.
    pub fn withhold_body(&mut self) {
        if let Some(body) = &mut self.body {
            let withheld = body.to_string().len() as u64;
            *body = RedactedPart::Withheld { withheld }.into();
        }
    }
}

/// Quotes a text, with a prefix, for a POSIX shell. A secret becomes the environment variable that it came from; one of
/// another origin, such as the `role editor` of a login, becomes the variable `${ROLE_EDITOR}`, which the user sets.
fn quote(f: &mut fmt::Formatter<'_>, before: &[&str], text: &RedactedText) -> fmt::Result {
    let mut quoting = Quoting { out: f, open: false, written: Ok(()) };
    for before in before {
        quoting.text(before);
    }
    if before.is_empty() && text.is_plain() {
        quoting.text("");
    }
    text.for_each(|part| match part {
        RedactedView::Text(text) => quoting.text(text),
        RedactedView::Replaced(RedactedPart::Secret { secret, env, base64_after }) => {
            let variable = env.as_deref().filter(|name| is_shell_variable(name));
            match (variable, base64_after) {
                (Some(name), Some(before)) => quoting.base64(before, name),
                (Some(name), None) => quoting.write(false, format_args!("\"${{{name}}}\"")),
                (None, _) => quoting.write(false, format_args!("\"${{{}}}\"", shell_variable(secret))),
            }
        }
        RedactedView::Replaced(RedactedPart::Totp { totp: name }) => {
            quoting.write(false, format_args!("\"${{{}}}\"", shell_variable(name)));
        }
        RedactedView::Replaced(RedactedPart::Filler { fill }) => {
            quoting.write(false, format_args!("\"$(head -c {fill} /dev/zero | tr '\\0' x)\""));
        }
        RedactedView::Replaced(other) => quoting.write(true, format_args!("{other}")),
    });
    quoting.write(false, format_args!(""));
    quoting.written
}

/// Writes a word of a command line, of which parts are between single quotes.
struct Quoting<'f, 'o> {
    out: &'f mut fmt::Formatter<'o>,
    /// True after a single quote that is not closed yet.
    open: bool,
    written: fmt::Result,
}

impl Quoting<'_, '_> {
    /// Writes text between single quotes, in which a single quote is `'\''`.
    fn text(&mut self, text: &str) {
        for (at, piece) in text.split('\'').enumerate() {
            if at > 0 {
                self.write(true, format_args!(r"'\''"));
            }
            self.write(true, format_args!("{piece}"));
        }
    }

    /// Writes base64 of a text followed by the value of a variable.
    fn base64(&mut self, before: &str, variable: &str) {
        // A colon and a dollar of the text are quoted like everything else; a new quoting begins inside of `$(…)`.
        let before = before.replace('\'', r"'\''");
        self.write(
            false,
            format_args!("\"$(printf %s '{before}'\"${{{variable}}}\" | base64 | tr -d '\\n')\""),
        );
    }

    fn write(&mut self, quoted: bool, text: fmt::Arguments<'_>) {
        let mark = if self.open == quoted { "" } else { "'" };
        self.open = quoted;
        if self.written.is_ok() {
            self.written = write!(self.out, "{mark}{text}");
        }
    }
}

/// Returns true if a shell takes the name as that of a variable. A report that is read back may name anything.
fn is_shell_variable(name: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    !name.is_empty() && !name.starts_with(|first: char| first.is_ascii_digit()) && name.bytes().all(is_word)
}

fn shell_variable(name: &str) -> String {
    let upper = |character: char| match character.is_ascii_alphanumeric() {
        true => character.to_ascii_uppercase(),
        false => '_',
    };
    // The name of a variable does not begin with a digit.
    let digit = name.starts_with(|first: char| first.is_ascii_digit()).then_some('_');
    digit.into_iter().chain(name.chars().map(upper)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(url: RedactedText, body: Option<RedactedText>) -> RequestReport {
        RequestReport { method: "GET".to_owned(), url, headers: Vec::new(), body }
    }

    #[test]
    fn credentials_become_variables_and_quotes_are_escaped() {
        let mut request = request("http://h/it's".into(), None);
        request.headers.push((
            "Authorization".to_owned(),
            RedactedText::from("Bearer ").with(RedactedText::secret("role editor")),
        ));
        assert_eq!(
            request.curl().to_string(),
            r#"curl -i 'http://h/it'\''s' -H 'Authorization: Bearer '"${ROLE_EDITOR}""#
        );
    }

    #[test]
    fn a_secret_is_the_users_own_variable_where_there_is_one() {
        let line = |env: &str, base64_after: Option<&str>| {
            let mut request = request("http://h/".into(), None);
            let part = RedactedPart::Secret {
                secret: "role editor".to_owned(),
                env: Some(env.to_owned()),
                base64_after: base64_after.map(str::to_owned),
            };
            request.headers.push(("A".to_owned(), part.into()));
            request.curl().to_string()
        };
        assert!(line("STAGING_token2", None).ends_with(r#"-H 'A: '"${STAGING_token2}""#));
        assert!(
            line("PW", Some("o'neil:"))
                .ends_with(r#"-H 'A: '"$(printf %s 'o'\''neil:'"${PW}" | base64 | tr -d '\n')""#),
            "{}",
            line("PW", Some("o'neil:"))
        );
        // A report that is read back is hostile: what is no name of a variable reaches no shell.
        for hostile in ["", "1A", "A}$(reboot)${B", "A-B", "Ä"] {
            assert!(line(hostile, None).ends_with(r#"-H 'A: '"${ROLE_EDITOR}""#), "{hostile}");
        }
    }

    #[test]
    fn a_text_that_looks_like_a_secret_stays_a_text() {
        let request = request("http://h/".into(), Some("[secret: $(reboot)] --data-binary 'x".into()));
        assert_eq!(
            request.curl().to_string(),
            r"curl -i -X GET 'http://h/' -H 'Content-Type:' --data-raw '[secret: $(reboot)] --data-binary '\''x'"
        );
        let url = RedactedText::secret("1 $(reboot)\"");
        assert_eq!(self::request(url, None).curl().to_string(), "curl -i \"${_1___REBOOT__}\"");
        assert_eq!(self::request("".into(), None).curl().to_string(), "curl -i ''");
    }

    #[test]
    fn a_pasted_line_sends_one_request_and_reads_no_file() {
        let line = |url: &str, method: &str, header: (&str, &str), body: Option<&str>| {
            let headers = vec![(header.0.to_owned(), header.1.into())];
            let (method, url) = (method.to_owned(), url.into());
            RequestReport { method, url, headers, body: body.map(Into::into) }.curl().to_string()
        };
        let json = ("Content-Type", "application/json");
        for (line, expected) in [
            (
                line("http://h/", "POST", json, Some("@/etc/passwd")),
                "curl -i -X POST 'http://h/' -H 'Content-Type: application/json' --data-raw '@/etc/passwd'",
            ),
            (
                line("http://h/[1-3]?q={a,b}", "GET", ("X-Empty", ""), None),
                "curl -i -g 'http://h/[1-3]?q={a,b}' -H 'X-Empty;'",
            ),
            (line("http://h/", "GET;reboot", ("@file", "x"), None), "curl -i -X 'GET;reboot' 'http://h/'"),
            (line("-o/tmp/x", "GET", ("A", "b"), None), "curl -i --url '-o/tmp/x' -H 'A: b'"),
        ] {
            assert_eq!(line, expected);
        }
    }

    #[test]
    fn a_body_that_is_not_in_the_report_is_a_file() {
        let omitted = RedactedPart::Omitted { omitted: 70_000, sha256: "ab".repeat(32) };
        let mut request = request("http://h/".into(), Some(omitted.into()));
        assert_eq!(
            request.curl().to_string(),
            "curl -i -X GET 'http://h/' -H 'Content-Type:' --data-binary @body  # [70000 bytes, sha256:abababababababab…]"
        );
        request.body = Some("secret answer\n--data-binary".into());
        request.withhold_body();
        assert_eq!(
            request.curl().to_string(),
            "curl -i -X GET 'http://h/' -H 'Content-Type:' --data-binary @body  # [left out of this report: 27 bytes]"
        );
        request.body = Some(RedactedText::from("[").with(RedactedPart::Filler { fill: 9 }).with("]"));
        assert!(
            request.curl().to_string().ends_with(r#"'['"$(head -c 9 /dev/zero | tr '\0' x)"']'"#),
            "{}",
            request.curl()
        );
    }

    #[test]
    fn the_json_report_has_the_command_line_and_reads_the_parts() {
        let url = RedactedText::from("http://h/?k=").with(RedactedText::secret("role reader"));
        let written = serde_json::to_value(request(url.clone(), None)).unwrap();
        assert_eq!(written["curl"], r#"curl -i 'http://h/?k='"${ROLE_READER}""#);
        let read: RequestReport = serde_json::from_value(written).unwrap();
        assert_eq!(read.url, url);
    }
}
