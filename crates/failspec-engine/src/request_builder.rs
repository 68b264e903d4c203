//! Builds requests from request templates.

use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;
use sha2::{Digest, Sha256};

use failspec_base::{
    encoding::{form_encode, hex, percent_encode},
    message::{Body, BodyPause, Header, Request, StreamEnd},
    secret::{RedactedPart, RedactedText},
    template::{RenderError, Rendered, Scope, Template},
};
use failspec_pack::{
    pack::{BodyTemplate, PathTemplate, RequestTemplate},
    target_config::{Carried, Target},
};

use super::multipart::{boundary_of, multipart};

/// Maximum size of a body that is shown in full, in bytes: 16 KiB.
const MAX_SHOWN_LEN: usize = 16 << 10;

/// The reason why a request cannot be built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// A placeholder has no value.
    #[error(transparent)]
    Fill(#[from] RenderError),
    /// URL parsing would change the path, so that another resource would be requested.
    #[error("the path {0} cannot be sent as written: URL parsing rewrites it")]
    Rewritten(String),
    /// An address from a response is invalid or is not on the target; packs must not send requests to other hosts.
    #[error(
        "the address {0} is not on the target: packs send requests to no other host, and a relative address begins with `/`"
    )]
    Elsewhere(String),
    /// The value of a header contains a line break or a NUL.
    #[error("the header {0} would contain a line break")]
    HeaderBreaks(String),
}

/// Changes to a request by a scoped condition, and how long its response may take.
#[derive(Debug, Clone, Default)]
pub struct Extra {
    /// How long the response may take at least.
    pub first_byte: Option<Duration>,
    /// Additional headers.
    pub headers: Vec<Header>,
    /// The base URL that replaces that of the target.
    pub url: Option<url::Url>,
    /// How far the response is read if it is a stream.
    pub stream: Option<StreamEnd>,
    /// The pause while the body is sent.
    pub pause: Option<BodyPause>,
}

/// Builds a request from a template with the values of `scope`.
///
/// # Errors
/// If a placeholder has no value, or a value cannot be sent at its location.
pub fn build(
    template: &RequestTemplate,
    credential: Option<Carried>,
    scope: &Scope,
    target: &Target,
    extra: &Extra,
) -> Result<Request, BuildError> {
    scope.begin_request();
    let remapped = template.line.operation.as_ref().and_then(|name| target.operations.get(name));
    let (method, path) = match remapped {
        Some(operation) => (&operation.method, &operation.path),
        None => (&template.line.method, &*template.line.path),
    };
    let mut url = url(path, template, scope, &target.url, extra.url.as_ref().unwrap_or(&target.url))?;
    let mut headers = Vec::new();
    let mut suppressed = template.suppressed.clone();
    for (name, value) in &template.headers {
        if value.is_null(scope) {
            suppressed.push(name.clone());
            continue;
        }
        let value = value.fill(scope)?;
        let shown = value.shown();
        headers.push(Header { name: name.clone(), value: value.sent, shown });
    }
    let is_suppressed =
        |name: &str| suppressed.iter().any(|suppressed| suppressed.eq_ignore_ascii_case(name));
    headers.extend(extra.headers.iter().filter(|header| !is_suppressed(&header.name)).cloned());
    // A header that the scenario sets itself is not overwritten, and one that it leaves out is not added: either is the
    // fault under test.
    let mut carry = |header: Header| {
        if is_suppressed(&header.name) {
        } else if header.name.eq_ignore_ascii_case("cookie") {
            add_cookie(&mut headers, header);
        } else if !has(&headers, &header.name) {
            headers.push(header);
        }
    };
    match credential {
        Some(Carried::Header(header)) => carry(header),
        Some(Carried::Headers(headers)) => headers.into_iter().for_each(&mut carry),
        Some(Carried::Query { name, value, shown })
            if !template.query.iter().any(|(own, _)| *own == name)
                && !template.suppressed_query.contains(&name) =>
        {
            url.add(&name, &value, shown);
        }
        Some(Carried::Query { .. } | Carried::Connection) | None => {}
    }
    // Those of the target come last: what a scenario or a role says itself counts.
    target.headers.iter().cloned().for_each(&mut carry);
    let body = template.body.as_ref().map(|body| fill_body(body, scope)).transpose()?;
    let media_type = match template.body.as_deref() {
        Some(BodyTemplate::Json(_)) => Some("application/json".to_owned()),
        Some(BodyTemplate::Form(_)) => Some("application/x-www-form-urlencoded".to_owned()),
        Some(BodyTemplate::File { media_type, .. }) => media_type.clone(),
        Some(BodyTemplate::Multipart(_)) => {
            let boundary = body.as_ref().and_then(|body| boundary_of(&body.bytes));
            boundary.map(|boundary| format!("multipart/form-data; boundary={boundary}"))
        }
        Some(BodyTemplate::Text(_) | BodyTemplate::Bytes(_)) | None => None,
    };
    let is_free = !is_suppressed("content-type") && !has(&headers, "content-type");
    if let Some(media_type) = media_type.filter(|_| is_free) {
        headers.push(Header::open("Content-Type", media_type));
    }
    if let Some(header) = headers.iter().find(|header| header.value.contains(['\r', '\n', '\0'])) {
        return Err(BuildError::HeaderBreaks(header.name.clone()));
    }
    Ok(Request {
        method: method.clone(),
        url: url.sent,
        shown_url: url.shown,
        headers,
        suppressed,
        body,
        trace: None,
        first_byte: extra.first_byte,
        stream: extra.stream.clone(),
        own_connection: false,
        pause: extra.pause,
    })
}

/// Adds a cookie to the `Cookie` header: all cookies are sent in one header (RFC 6265, section 5.4). A cookie of the
/// same name that the scenario sets itself is not changed.
fn add_cookie(headers: &mut Vec<Header>, cookie: Header) {
    let Some(own) = headers.iter_mut().find(|header| header.name.eq_ignore_ascii_case("cookie")) else {
        return headers.push(cookie);
    };
    let name = |pair: &str| pair.split('=').next().unwrap_or_default().trim().to_owned();
    let wanted = name(&cookie.value);
    if own.value.split(';').all(|pair| name(pair) != wanted) {
        own.value = format!("{}; {}", own.value, cookie.value);
        own.shown.push_str("; ");
        own.shown.append(cookie.shown);
    }
}

struct Address {
    sent: url::Url,
    shown: RedactedText,
}

impl Address {
    /// Adds a query parameter; `shown` is its value in reports.
    fn add(&mut self, name: &str, value: &str, shown: RedactedText) {
        let separator = if self.sent.query().is_some() { '&' } else { '?' };
        let (name, value) = (percent_encode(name), percent_encode(value));
        let query = self.sent.query().map_or_else(String::new, |query| format!("{query}&"));
        self.sent.set_query(Some(&format!("{query}{name}={value}")));
        self.shown.push_str(&format!("{separator}{name}="));
        self.shown.append(shown);
    }
}

/// Builds the URL of a request. `own` is the target's base URL, `base` is the base URL of this request: a condition
/// may replace it.
fn url(
    path: &PathTemplate,
    template: &RequestTemplate,
    scope: &Scope,
    own: &url::Url,
    base: &url::Url,
) -> Result<Address, BuildError> {
    let is_address = path.is_address();
    let mut path = path.fill(&template.path, scope)?;
    let mut root = base.as_str().trim_end_matches('/').to_owned();
    if is_address {
        path.sent = path_of_address(&path.sent, own)
            .ok_or_else(|| BuildError::Elsewhere(path.shown().to_string()))?;
        root = base.origin().ascii_serialization();
    }
    let mut whole = Rendered::plain(root);
    match &path.shown {
        Some(shown) => whole.push_redacted(&path.sent, shown.clone()),
        None => whole.push(&path.sent),
    }
    let mut separator = if path.sent.contains('?') { "&" } else { "?" };
    for (name, value) in template.query.iter().filter(|(_, value)| !value.is_null(scope)) {
        let value = value.fill(scope)?;
        for part in [separator, &percent_encode(name), "="] {
            whole.push(part);
        }
        match &value.shown {
            Some(shown) => whole.push_redacted(
                &percent_encode(&value.sent),
                shown.map_text(|text| percent_encode(text).into()),
            ),
            None => whole.push(&percent_encode(&value.sent)),
        }
        separator = "&";
    }
    match parse(&whole.sent, base) {
        Some(url) => Ok(Address { sent: url, shown: whole.shown() }),
        None => Err(BuildError::Rewritten(path.shown().to_string())),
    }
}

/// Parses a URL; returns `None` if the parser would change how it is written.
fn parse(written: &str, base: &url::Url) -> Option<url::Url> {
    // The part after the authority of `base` is parsed relative to it: parsing the host name takes by far the most
    // time.
    let below = written.strip_prefix(&base[..url::Position::BeforePath]);
    let url = below.and_then(|below| base.join(below).ok()).filter(|url| url.as_str() == written);
    // A path that begins with `//` would be parsed as an authority.
    url.or_else(|| url::Url::parse(written).ok().filter(|url| url.as_str() == written))
}

/// Extracts path and query of an address from a response. The address is parsed like a `Location` header.
///
/// Returns `None` if the address is not on the target: credentials and bodies are never sent to another host.
fn path_of_address(address: &str, own: &url::Url) -> Option<String> {
    let url = url::Url::parse(address).or_else(|error| match address.starts_with('/') {
        true => own.join(address),
        false => Err(error),
    });
    let url = url.ok().filter(|url| url.origin() == own.origin())?;
    Some(url[url::Position::BeforePath..url::Position::AfterQuery].to_owned())
}

fn fill_body(body: &BodyTemplate, scope: &Scope) -> Result<Body, BuildError> {
    let filled: Rendered<Vec<u8>> = match body {
        BodyTemplate::Json(template) => {
            let value = template.fill(scope)?;
            Rendered { sent: bytes(&value.sent), shown: value.shown }
        }
        BodyTemplate::Text(template) => {
            let text = template.fill(scope)?;
            Rendered { sent: text.sent.into_bytes(), shown: text.shown }
        }
        BodyTemplate::Form(fields) => form(fields, scope)?,
        BodyTemplate::Bytes(bytes) => Rendered::plain(bytes.clone()),
        BodyTemplate::Multipart(parts) => multipart(parts, scope)?,
        BodyTemplate::File { file, .. } => Rendered::plain(file.bytes.to_vec()),
    };
    let shown = match (filled.shown, std::str::from_utf8(&filled.sent)) {
        (Some(shown), _) if shown.to_string().len() <= MAX_SHOWN_LEN => shown,
        (None, Ok(text)) if text.len() <= MAX_SHOWN_LEN => RedactedText::from(text),
        _ => omitted(&filled.sent).into(),
    };
    Ok(Body { bytes: Bytes::from(filled.sent), shown })
}

fn bytes(value: &Value) -> Vec<u8> {
    value.to_string().into_bytes()
}

fn form(fields: &[(String, Template)], scope: &Scope) -> Result<Rendered<Vec<u8>>, BuildError> {
    let mut form = Rendered::plain(String::new());
    let fields = fields.iter().filter(|(_, value)| !value.is_null(scope));
    for (at, (name, value)) in fields.enumerate() {
        let value = value.fill(scope)?;
        form.push(&format!("{}{}=", if at == 0 { "" } else { "&" }, form_encode(name)));
        match &value.shown {
            Some(shown) => {
                form.push_redacted(
                    &form_encode(&value.sent),
                    shown.map_text(|text| form_encode(text).into()),
                );
            }
            None => form.push(&form_encode(&value.sent)),
        }
    }
    Ok(Rendered { sent: form.sent.into_bytes(), shown: form.shown })
}

/// Describes a body by its length and digest, if it is too long to show or is not text.
pub(super) fn omitted(bytes: &[u8]) -> RedactedPart {
    RedactedPart::Omitted { omitted: bytes.len() as u64, sha256: hex(&Sha256::digest(bytes)) }
}

fn has(headers: &[Header], name: &str) -> bool {
    headers.iter().any(|header| header.name.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_as_it_is_written_or_none() {
        for base in
            ["http://127.0.0.1:8080", "https://api.example.com/v1/", "http://[::1]/", "http://1.2.3.4/x?y=z"]
        {
            let base = url::Url::parse(base).unwrap();
            let root = &base[..url::Position::BeforePath];
            let elsewhere = "https://elsewhere.example.com".to_owned();
            for root in [root.to_owned(), format!("{root}/v1"), elsewhere] {
                for path in
                    ["/", "/a", "/a/b?c=d&e=%20", "//", "//evil.example.com/x", "/a//b", "/?", "/a?b=/../c"]
                {
                    let written = format!("{root}{path}");
                    let url = parse(&written, &base).unwrap_or_else(|| panic!("{written}"));
                    assert_eq!(url, url::Url::parse(&written).unwrap());
                    assert_eq!(url.host_str(), url::Url::parse(&root).unwrap().host_str(), "{written}");
                }
                for path in ["", "/a/../b", "/a/%2e/b", "/a b", "/é", "/a\\b", "/a\tb", ":80/"] {
                    let written = format!("{root}{path}");
                    let same = url::Url::parse(&written).ok().filter(|url| url.as_str() == written);
                    assert_eq!(parse(&written, &base), same, "{written}");
                }
            }
        }
    }

    #[test]
    fn an_address_is_asked_only_of_the_target() {
        let own = url::Url::parse("https://registry.example.com/base").unwrap();
        for (address, path) in [
            ("https://registry.example.com/v2/u?s=1", Some("/v2/u?s=1")),
            ("https://registry.example.com:443/v2/u#top", Some("/v2/u")),
            ("/v2/u?s=a%3D", Some("/v2/u?s=a%3D")),
            ("/", Some("/")),
            ("http://registry.example.com/v2/u", None),
            ("https://registry.example.com:8443/v2/u", None),
            ("https://evil.example.com/v2/u", None),
            ("https://registry.example.com@evil.example.com/v2/u", None),
            ("//evil.example.com/v2/u", None),
            ("/\\evil.example.com/v2/u", None),
            ("v2/u", None),
            ("file:///etc/passwd", None),
            ("", None),
        ] {
            assert_eq!(path_of_address(address, &own).as_deref(), path, "{address}");
        }
    }
}
