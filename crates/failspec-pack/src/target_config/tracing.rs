//! Ways from a finding to the server's own logs: the headers of traces, and links to a log viewer.

use failspec_base::{
    encoding::percent_encode,
    message::is_token,
    syntax::{Decoder, Field, Fields, Node, ValueType},
};

use super::Environment;

/// The placeholders of `log_url`.
const PLACEHOLDERS: [&str; 3] = ["request_id", "trace_id", "case"];

/// The way from a finding to the server's own logs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tracing {
    /// True if every request carries `traceparent`, with one trace for each case.
    pub traceparent: bool,
    /// The header that carries the name of the case.
    pub case_header: Option<String>,
    /// The address of the logs of a request.
    pub log_url: Option<LogUrl>,
}

impl Default for Tracing {
    fn default() -> Self {
        Self { traceparent: true, case_header: None, log_url: None }
    }
}

/// The address of the logs of a request, with placeholders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogUrl(String);

/// The keys of a target that [`Tracing`] reads.
pub(super) const TRACEPARENT: Field = Field::optional(
    "traceparent",
    ValueType::Bool,
    "whether every request carries `traceparent`, with one trace for each case (default: true)",
);
/// The header with the name of the case.
pub(super) const CASE_HEADER: Field = Field::optional(
    "case_header",
    ValueType::Text,
    "a header that carries the name of the case in every request, such as `X-Test-Case`",
);
/// The address of the logs.
pub(super) const LOG_URL: Field = Field::optional(
    "log_url",
    ValueType::Text,
    "the address of the logs of a request, which reports link to: `https://logs.example.com/{request_id}`, also with \
     `{trace_id}` and `{case}`",
);

impl Tracing {
    /// Reads the keys.
    pub(super) fn read(fields: &Fields<'_>, reader: &Decoder, environment: Environment) -> Self {
        let case_header = fields.get("case_header").and_then(|node| {
            let name = reader.text(node)?;
            if !is_token(name) {
                reader.error(node.span, "this is not a header name");
                return None;
            }
            Some(name.to_owned())
        });
        Self {
            traceparent: fields.get("traceparent").and_then(|node| reader.bool(node)).unwrap_or(true),
            case_header,
            log_url: fields.get("log_url").and_then(|node| LogUrl::read(node, reader, environment)),
        }
    }
}

impl LogUrl {
    fn read(node: &Node, reader: &Decoder, environment: Environment) -> Option<Self> {
        let text = reader.text(node)?;
        if environment == Environment::Unused {
            return None;
        }
        if !["http://", "https://"].iter().any(|scheme| text.starts_with(scheme))
            || text.contains(char::is_whitespace)
        {
            reader.error(node.span, "this is not an address that begins with http:// or https://");
            return None;
        }
        let mut rest = text;
        let mut known = 0;
        while let Some(at) = rest.find('{') {
            let inner = &rest[at + 1..];
            let name = inner.split('}').next().unwrap_or_default();
            if !inner.contains('}') || !PLACEHOLDERS.contains(&name) {
                let hint = "use `{request_id}`, `{trace_id}` and `{case}`";
                reader.error_hint(node.span, format!("`{{{name}` is no placeholder of `log_url`"), hint);
                return None;
            }
            known += 1;
            rest = &inner[name.len() + 1..];
        }
        if known == 0 {
            let hint = "put `{request_id}` or `{trace_id}` where the id belongs";
            reader.error_hint(node.span, "every request would have the same address", hint);
            return None;
        }
        Some(Self(text.to_owned()))
    }

    /// Returns the address for a request; `None` if it needs an id that there is none of. Whatever a server sent as an
    /// id stays one part of the address.
    pub fn of(&self, request_id: Option<&str>, trace_id: Option<&str>, case: &str) -> Option<String> {
        let mut url = self.0.clone();
        for (name, value) in PLACEHOLDERS.into_iter().zip([request_id, trace_id, Some(case)]) {
            let placeholder = format!("{{{name}}}");
            if url.contains(&placeholder) {
                url = url.replace(&placeholder, &percent_encode(value?));
            }
        }
        Some(url)
    }
}

#[cfg(test)]
mod tests {
    use super::LogUrl;

    #[test]
    fn an_address_is_filled_in_and_what_a_server_sends_stays_one_part_of_it() {
        let url = LogUrl("https://logs/{request_id}?t={trace_id}&c={case}".to_owned());
        let case = "a::b::c";
        assert_eq!(url.of(Some("r1"), Some("t1"), case).unwrap(), "https://logs/r1?t=t1&c=a%3A%3Ab%3A%3Ac");
        assert_eq!(
            url.of(Some("../x?{trace_id}#<"), Some("t1"), case).unwrap(),
            "https://logs/..%2Fx%3F%7Btrace_id%7D%23%3C?t=t1&c=a%3A%3Ab%3A%3Ac"
        );
        assert_eq!(url.of(None, Some("t1"), case), None, "no id, no link");
        assert_eq!(
            LogUrl("https://logs/{trace_id}".to_owned()).of(None, Some("t"), case).unwrap(),
            "https://logs/t"
        );
    }
}
