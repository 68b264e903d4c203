//! Builds the report of an exchange: secrets masked, bodies truncated, with a `curl` command that reproduces it.

use failspec_base::{
    message::{Request, Response},
    secret::Mask,
};
use failspec_judge::{
    check::Record,
    report_model::{ExchangeReport, RequestReport, ResponseReport},
};

use super::judge::fractional_millis;

/// Maximum size of a body in a report, in bytes: 64 KiB.
pub(super) const MAX_BODY_LEN: usize = 64 << 10;

/// Builds the report of an exchange. Masks before truncating: a truncated secret would no longer be recognised.
pub(super) fn exchange_report(record: &Record, mask: &Mask) -> ExchangeReport {
    let exchange = &record.exchange;
    ExchangeReport {
        phase: record.phase,
        role: record.role.clone(),
        request: request_report(&exchange.request, mask),
        response: exchange.result.as_ref().ok().map(|response| response_report(response, mask)),
        error: exchange.result.as_ref().err().map(|error| mask.text(&error.to_string()).into_owned()),
        ms: fractional_millis(exchange.elapsed),
    }
}

fn request_report(request: &Request, mask: &Mask) -> RequestReport {
    let headers = request.headers.iter();
    RequestReport {
        method: request.method.clone(),
        url: mask.text(&request.shown_url).into_owned(),
        headers: headers.map(|header| (header.name.clone(), mask.text(&header.shown).into_owned())).collect(),
        body: request.body.as_ref().map(|body| mask.text(&body.shown).into_owned()),
        curl: mask.text(&curl(request)).into_owned(),
    }
}

fn response_report(response: &Response, mask: &Mask) -> ResponseReport {
    // Kept until the end of the run: reserve no more capacity than there are headers.
    let mut headers = Vec::with_capacity(response.headers.len());
    headers.extend(response.headers.iter().map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes());
        (mask.text(name.as_str()).into_owned(), mask.text(&value).into_owned())
    }));
    ResponseReport {
        status: response.status,
        headers,
        body: cut(mask.text(&response.text_lossy()).into_owned(), MAX_BODY_LEN),
        length: response.body.len() as u64,
    }
}

/// Truncates a text to at most `longest` bytes. Mask before: a truncated secret would no longer be recognised.
pub(super) fn cut(mut text: String, longest: usize) -> String {
    if text.len() > longest {
        let length = text.len();
        text.truncate(text.floor_char_boundary(longest));
        text.push_str(&format!("\n[cut: the first {longest} of {length} bytes]"));
    }
    text
}

/// A `curl` command that sends the request; credentials are shell variables.
fn curl(request: &Request) -> String {
    let mut line = "curl -i ".to_owned();
    if request.method != "GET" || request.body.is_some() {
        line.extend(["-X ", &request.method, " "]);
    }
    line.push_str(&quote(&request.shown_url));
    for header in &request.headers {
        line.extend([" -H ", &quote(&format!("{}: {}", header.name, header.shown))]);
    }
    if let Some(body) = &request.body {
        let is_text = std::str::from_utf8(&body.bytes).is_ok();
        match is_text && !body.shown.is_empty() {
            true => line.extend([" --data-binary ", &quote(&body.shown)]),
            false => line.extend([" --data-binary @body  # ", &body.shown]),
        }
    }
    line
}

/// Quotes a text for a POSIX shell; `[secret: role editor]` becomes the shell variable `${ROLE_EDITOR}`, which the
/// user sets.
fn quote(text: &str) -> String {
    if !text.contains(['\'', '[']) {
        return format!("'{text}'");
    }
    let mut quoted = String::from("'");
    let mut rest = text;
    while let Some(at) = rest.find("[secret: ") {
        let Some(end) = rest[at..].find(']') else { break };
        let name: String = rest[at + 9..at + end]
            .chars()
            .map(
                |character| {
                    if character.is_ascii_alphanumeric() { character.to_ascii_uppercase() } else { '_' }
                },
            )
            .collect();
        quoted.push_str(&rest[..at].replace('\'', r"'\''"));
        quoted.push_str(&format!("'\"${{{name}}}\"'"));
        rest = &rest[at + end + 1..];
    }
    quoted.push_str(&rest.replace('\'', r"'\''"));
    quoted.push('\'');
    // Remove an empty pair of quotes at the end.
    match quoted.strip_suffix("\"''") {
        Some(rest) => format!("{rest}\""),
        None => quoted,
    }
}

#[cfg(test)]
mod tests {
    use super::quote;

    #[test]
    fn credentials_become_variables_and_quotes_are_escaped() {
        assert_eq!(
            quote("Authorization: Bearer [secret: role editor]"),
            r#"'Authorization: Bearer '"${ROLE_EDITOR}""#
        );
        assert_eq!(quote("it's"), r"'it'\''s'");
    }
}
