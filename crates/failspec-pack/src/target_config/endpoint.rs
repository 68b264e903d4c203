//! Addresses of requests that are not part of a scenario: of a login, of a condition, and of the readiness check.

use url::Url;

use crate::pack::kept;
use failspec_base::syntax::{Decoder, Node};

use super::environment::Environment;

/// A path under the target's URL, or an absolute URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    goes: Goes,
    /// The address as written in the file, for all output: the value of `${env:NAME}` may be a secret, and one that
    /// is too short to be found in a text.
    pub shown: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Goes {
    Below(String),
    To(Url),
}

impl Address {
    /// Reads `METHOD /path` or `METHOD URL`; returns the method and the address.
    pub(super) fn with_method(
        node: &Node,
        reader: &Decoder,
        environment: Environment,
    ) -> Option<(String, Self)> {
        let text = reader.text(node)?;
        let is_method = |method: &str| {
            !method.is_empty() && method.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'-')
        };
        let Some((method, address)) = text.split_once(' ').filter(|(method, _)| is_method(method)) else {
            reader.error_hint(
                node.span,
                "this is not a request",
                "write `METHOD /path`, or `METHOD https://host/path`",
            );
            return None;
        };
        Some((method.to_owned(), Self::read(address.trim(), node, reader, environment)?))
    }

    /// Reads a path or a URL. No message quotes a value from the environment.
    pub(super) fn read(
        written: &str,
        node: &Node,
        reader: &Decoder,
        environment: Environment,
    ) -> Option<Self> {
        let text = environment.replaced(written, node, reader)?;
        let goes = match environment {
            // The values of its variables are not known, so it cannot be checked.
            Environment::Unused => Goes::Below("/".to_owned()),
            Environment::Process => match goes(&text) {
                Ok(goes) => goes,
                Err(mistake) => {
                    reader.error_hint(node.span, mistake.0, mistake.1);
                    return None;
                }
            },
        };
        Some(Self { goes, shown: written.to_owned() })
    }

    /// Returns the address on a target.
    ///
    /// # Errors
    /// Fails if the result is not a URL.
    pub fn on(&self, target: &Url) -> Result<Url, String> {
        match &self.goes {
            Goes::To(url) => Ok(url.clone()),
            Goes::Below(path) => Url::parse(&format!("{}{path}", target.as_str().trim_end_matches('/')))
                .map_err(|error| format!("{}: {error}", self.shown)),
        }
    }
}

/// Parses an address. Returns an error and a hint if it is not a path or a URL, or if URL parsing would change it.
fn goes(text: &str) -> Result<Goes, (&'static str, &'static str)> {
    const REWRITTEN: (&str, &str) = (
        "URL parsing changes this address, so the request would go to another resource",
        "write it without `.` and `..` segments and without `#…`; percent-encode what a URL cannot contain",
    );
    if text.starts_with('/') {
        return kept(text).map(|()| Goes::Below(text.to_owned())).map_err(|_| REWRITTEN);
    }
    let Some((_, behind)) = text.split_once("://") else {
        return Err(("this is neither a path nor a URL", "write `/path`, or `https://host/path`"));
    };
    let Ok(url) = Url::parse(text) else {
        return Err(("this is not a URL", "write it like `https://auth.example.com/token`"));
    };
    if !matches!(url.scheme(), "http" | "https") {
        return Err(("an address must use http or https", "write `https://host/path`"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(("a URL must not contain credentials", "send them in a header or in the body"));
    }
    if url.fragment().is_some() {
        return Err(REWRITTEN);
    }
    match behind.find(['/', '?']).map(|at| &behind[at..]).filter(|path| path.starts_with('/')) {
        Some(path) if kept(path).is_err() => Err(REWRITTEN),
        _ => Ok(Goes::To(url)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_goes_where_it_says_or_is_refused() {
        let target = Url::parse("http://host:81/base/").unwrap();
        let on =
            |text: &str| Some(Address { goes: goes(text).ok()?, shown: String::new() }.on(&target).unwrap());
        for (text, goes_to) in [
            ("/login?a=b", "http://host:81/base/login?a=b"),
            ("https://auth.example.com/token", "https://auth.example.com/token"),
            ("https://auth.example.com", "https://auth.example.com/"),
            ("https://auth.example.com?x=1", "https://auth.example.com/?x=1"),
        ] {
            assert_eq!(on(text).map(String::from).as_deref(), Some(goes_to));
        }
        for text in [
            "/a/../b",
            "/a/%2e/b",
            "/a#b",
            "/a b",
            "/a\\b",
            "login",
            "",
            "ftp://host/x",
            "https://host/a/../b",
            "https://host/a#b",
            "https://host:99999/",
            "https://joe:word@host/",
            "https:///..",
        ] {
            assert_eq!(on(text), None, "{text}");
        }
    }
}
