//! Properties of methods, headers, names and hosts that standards define.

use std::net::IpAddr;

use url::{Host, Url};

/// Returns true if a text is a token (RFC 9110, section 5.6.2): the name of a method, a header, a cookie, a parameter.
pub fn is_token(text: &str) -> bool {
    let is_tchar = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(is_tchar)
}

/// Returns true if a method is safe: it asks for no change (RFC 9110, section 9.2.1). Methods are case-sensitive.
pub fn is_safe(method: &str) -> bool {
    matches!(method, "GET" | "HEAD" | "OPTIONS" | "TRACE")
}

/// Returns true if a request with this method may be sent again after a lost connection (RFC 9110, section 9.2.2).
pub fn is_idempotent(method: &str) -> bool {
    is_safe(method) || matches!(method, "PUT" | "DELETE")
}

/// Response headers that are no list, so that a second line of the same name contradicts the first or repeats it
/// (RFC 9110, section 5.3). `Set-Cookie` is no list either, but may be sent several times (RFC 9110, section 5.3).
const SINGLE_HEADERS: &[&str] = &[
    "age",
    "content-length",
    "content-location",
    "content-range",
    "content-type",
    "date",
    "etag",
    "expires",
    "last-modified",
    "location",
    "retry-after",
    "server",
];

/// Returns true if a header of a response has one value and not a list of values, so that its lines must not be
/// combined. Names are case-insensitive.
pub fn is_single_header(name: &str) -> bool {
    must_be_single(name) || name.eq_ignore_ascii_case("set-cookie")
}

/// Returns true if a response must not have this header twice (RFC 9110, section 5.3). Names are case-insensitive.
pub fn must_be_single(name: &str) -> bool {
    SINGLE_HEADERS.iter().any(|single| single.eq_ignore_ascii_case(name))
}

/// Returns true if a URL leads to this machine: a loopback address, the unspecified address, or a name that RFC 6761,
/// section 6.3 reserves for it.
pub fn is_loopback(url: &Url) -> bool {
    let is_local = |address: IpAddr| {
        let address = address.to_canonical();
        address.is_loopback() || address.is_unspecified()
    };
    match url.host() {
        Some(Host::Ipv4(address)) => is_local(address.into()),
        Some(Host::Ipv6(address)) => is_local(address.into()),
        Some(Host::Domain(name)) => {
            // The parser of URLs converts only the names of special schemes to lower case.
            let name = name.trim_end_matches('.').to_ascii_lowercase();
            name == "localhost" || name.ends_with(".localhost")
        }
        None => false,
    }
}
