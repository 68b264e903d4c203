//! Request templates into requests.

use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use sha2::{Digest, Sha256};

use failspec_base::{
    message::{Body, Header, Request},
    template::{RenderError, Rendered, Scope, Template},
};
use failspec_pack::{
    pack::{BodyTemplate, PathTemplate, RequestTemplate},
    target_config::{Carried, Target},
};

/// Everything but the unreserved characters of RFC 3986.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The longest body that is shown as it is, in bytes: 16 KiB.
const LONGEST_SHOWN: usize = 16 << 10;

/// Why a request cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// A hole without a value.
    #[error(transparent)]
    Fill(#[from] RenderError),
    /// URL parsing would ask for another resource.
    #[error("the path {0} cannot be sent as written: URL parsing rewrites it")]
    Rewritten(String),
    /// A response gave an address that packs may not ask, or none at all.
    #[error(
        "the address {0} is not on the target: packs send requests to no other host, and a relative address begins with `/`"
    )]
    Elsewhere(String),
    /// A value that would break out of its header.
    #[error("the header {0} would contain a line break")]
    HeaderBreaks(String),
}

/// What a scoped condition adds to a request.
#[derive(Debug, Clone, Default)]
pub struct Extra {
    /// Headers.
    pub headers: Vec<(String, String)>,
    /// Another base URL.
    pub url: Option<url::Url>,
}

/// The request that a template makes with these values.
///
/// # Errors
/// When a hole has no value, or a value cannot be sent where it stands.
pub fn build(
    template: &RequestTemplate,
    credential: Option<Carried>,
    scope: &Scope,
    target: &Target,
    extra: &Extra,
) -> Result<Request, BuildError> {
    let remapped = template.line.operation.as_ref().and_then(|name| target.operations.get(name));
    let (method, path) = match remapped {
        Some(operation) => (&operation.method, &operation.path),
        None => (&template.line.method, &*template.line.path),
    };
    let mut url = url(path, template, scope, &target.url, extra.url.as_ref().unwrap_or(&target.url))?;
    let mut headers = Vec::new();
    for (name, value) in &template.headers {
        let Rendered { sent, shown } = value.fill(scope)?;
        let shown = shown.unwrap_or_else(|| sent.clone());
        headers.push(Header { name: name.clone(), value: sent, shown });
    }
    for (name, value) in &extra.headers {
        headers.push(Header { name: name.clone(), value: value.clone(), shown: value.clone() });
    }
    // A header that the scenario writes itself is the fault that it is about.
    match credential {
        Some(Carried::Header(header)) if header.name.eq_ignore_ascii_case("cookie") => {
            add_cookie(&mut headers, header);
        }
        Some(Carried::Header(header)) if !has(&headers, &header.name) => headers.push(header),
        Some(Carried::Query { name, value, shown })
            if !template.query.iter().any(|(own, _)| *own == name) =>
        {
            url.add(&name, &value, &shown);
        }
        Some(Carried::Header(_) | Carried::Query { .. } | Carried::Connection) | None => {}
    }
    let body = template.body.as_ref().map(|body| fill_body(body, scope)).transpose()?;
    let media_type = match template.body.as_deref() {
        Some(BodyTemplate::Json(_)) => Some("application/json"),
        Some(BodyTemplate::Form(_)) => Some("application/x-www-form-urlencoded"),
        _ => None,
    };
    let suppressed = template.suppressed.iter().any(|name| name.eq_ignore_ascii_case("content-type"));
    if let Some(media_type) = media_type.filter(|_| !suppressed && !has(&headers, "content-type")) {
        headers.push(Header {
            name: "Content-Type".to_owned(),
            value: media_type.to_owned(),
            shown: media_type.to_owned(),
        });
    }
    if let Some(header) = headers.iter().find(|header| header.value.contains(['\r', '\n', '\0'])) {
        return Err(BuildError::HeaderBreaks(header.name.clone()));
    }
    Ok(Request { method: method.clone(), url: url.sent, shown_url: url.shown, headers, body })
}

/// Adds a cookie: all cookies are one header (RFC 6265, section 5.4). One that the scenario writes itself stays.
fn add_cookie(headers: &mut Vec<Header>, cookie: Header) {
    let Some(own) = headers.iter_mut().find(|header| header.name.eq_ignore_ascii_case("cookie")) else {
        return headers.push(cookie);
    };
    let name = |pair: &str| pair.split('=').next().unwrap_or_default().trim().to_owned();
    let wanted = name(&cookie.value);
    if own.value.split(';').all(|pair| name(pair) != wanted) {
        own.value = format!("{}; {}", own.value, cookie.value);
        own.shown = format!("{}; {}", own.shown, cookie.shown);
    }
}

struct Address {
    sent: url::Url,
    shown: String,
}

impl Address {
    /// Adds a query parameter of which `shown` may be shown.
    fn add(&mut self, name: &str, value: &str, shown: &str) {
        let separator = if self.sent.query().is_some() { '&' } else { '?' };
        let name: String = utf8_percent_encode(name, COMPONENT).collect();
        let value: String = utf8_percent_encode(value, COMPONENT).collect();
        let query = self.sent.query().map_or_else(String::new, |query| format!("{query}&"));
        self.sent.set_query(Some(&format!("{query}{name}={value}")));
        self.shown.push_str(&format!("{separator}{name}={shown}"));
    }
}

/// `own` is the target's base URL, `base` the one that is asked: a condition may bring another.
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
        path.sent = path_of_address(&path.sent, own).ok_or(BuildError::Elsewhere(path.shown().clone()))?;
        root = base.origin().ascii_serialization();
    }
    let mut sent = path.sent.clone();
    let mut shown = path.shown().clone();
    for (name, value) in &template.query {
        let value = value.fill(scope)?;
        let separator = if sent.contains('?') { '&' } else { '?' };
        let name: String = utf8_percent_encode(name, COMPONENT).collect();
        let encoded: String = utf8_percent_encode(&value.sent, COMPONENT).collect();
        shown.push_str(&format!("{separator}{name}={}", value.shown.as_deref().unwrap_or(&encoded)));
        sent.push_str(&format!("{separator}{name}={encoded}"));
    }
    match parse(&format!("{root}{sent}"), base) {
        Some(url) => Ok(Address { sent: url, shown: format!("{root}{shown}") }),
        None => Err(BuildError::Rewritten(path.shown().clone())),
    }
}

/// The URL that is written exactly like this; `None` if there is none.
fn parse(written: &str, base: &url::Url) -> Option<url::Url> {
    // What follows the authority of `base` is read below it: the name of a host is by far the most work.
    let below = written.strip_prefix(&base[..url::Position::BeforePath]);
    let url = below.and_then(|below| base.join(below).ok()).filter(|url| url.as_str() == written);
    // A path that begins with `//` would be read as another authority.
    url.or_else(|| url::Url::parse(written).ok().filter(|url| url.as_str() == written))
}

/// Path and query of an address that a response gave, read as every client reads a `Location`.
///
/// `None` where it is not of the target: credentials and bodies go to nobody else, whatever a response says.
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
            Rendered { sent: bytes(&value.sent), shown: value.shown.as_ref().map(bytes) }
        }
        BodyTemplate::Text(template) => {
            let text = template.fill(scope)?;
            Rendered { sent: text.sent.into_bytes(), shown: text.shown.map(String::into_bytes) }
        }
        BodyTemplate::Form(fields) => form(fields, scope)?,
        BodyTemplate::Bytes(bytes) => Rendered::plain(bytes.clone()),
    };
    let visible = filled.shown.as_ref().unwrap_or(&filled.sent);
    let shown = match std::str::from_utf8(visible) {
        Ok(text) if text.len() <= LONGEST_SHOWN => text.to_owned(),
        _ => digest(&filled.sent),
    };
    Ok(Body { bytes: Bytes::from(filled.sent), shown })
}

fn bytes(value: &Value) -> Vec<u8> {
    value.to_string().into_bytes()
}

fn form(fields: &[(String, Template)], scope: &Scope) -> Result<Rendered<Vec<u8>>, BuildError> {
    let mut sent = url::form_urlencoded::Serializer::new(String::new());
    let mut shown = url::form_urlencoded::Serializer::new(String::new());
    let mut masked = false;
    for (name, value) in fields {
        let value = value.fill(scope)?;
        masked |= value.shown.is_some();
        shown.append_pair(name, value.shown());
        sent.append_pair(name, &value.sent);
    }
    Ok(Rendered { sent: sent.finish().into_bytes(), shown: masked.then(|| shown.finish().into_bytes()) })
}

/// Length and digest stand for what is too long to show or is no text.
fn digest(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    let hex: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("[{} bytes, sha256:{hex}…]", bytes.len())
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
