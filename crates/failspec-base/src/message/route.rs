//! The way of the traffic to a target, if not to the address in its URL.

use std::path::PathBuf;

use url::Url;

use crate::secret::Secret;

/// The proxy of a client.
#[derive(Debug, Clone, Default)]
pub enum Proxy {
    /// That of `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`. Loopback addresses are always connected
    /// directly.
    #[default]
    Environment,
    /// None.
    None,
    /// This one, for every address: `http://`, `https://`, `socks5://` (names are looked up here) or `socks5h://` (names
    /// are looked up by the proxy). It may contain a user name and a password.
    Url(Secret),
}

/// The address that is connected to in place of that of the URL. `Host` and the name in the certificate remain those of
/// the URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConnectTo {
    /// A host and a port.
    Address {
        /// A name or an address, without brackets.
        host: String,
        /// The port.
        port: u16,
    },
    /// A Unix socket.
    UnixSocket(PathBuf),
}

impl ConnectTo {
    /// Parses `host:port` or `unix:PATH`.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(path) = text.strip_prefix("unix:").filter(|path| !path.is_empty()) {
            return Some(Self::UnixSocket(path.into()));
        }
        let (host, port) = text.rsplit_once(':')?;
        let host = match host.strip_prefix('[') {
            Some(rest) => rest.strip_suffix(']').filter(|address| address.contains(':'))?,
            None => Some(host).filter(|host| !host.contains(':'))?,
        };
        let is_host = !host.is_empty() && !host.contains(['/', '@', '?', '#', ' ']);
        Some(Self::Address { host: host.to_owned(), port: port.parse().ok()? }).filter(|_| is_host)
    }
}

impl Proxy {
    /// Describes what is wrong with the URL of a proxy; `None` if it can be used. The scheme may be left out. The text
    /// quotes nothing of the URL, which may contain a password.
    pub fn problem(url: &str) -> Option<String> {
        let full = if url.contains("://") { url.to_owned() } else { format!("http://{url}") };
        match Url::parse(&full) {
            Err(error) => Some(format!("it is not a URL ({error})")),
            Ok(url) if !matches!(url.scheme(), "http" | "https" | "socks5" | "socks5h") => {
                Some("its scheme must be http, https, socks5 or socks5h".to_owned())
            }
            Ok(url) if url.host_str().is_none_or(str::is_empty) => Some("there is no host in it".to_owned()),
            Ok(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_to_connect_to() {
        let address = |host: &str, port| Some(ConnectTo::Address { host: host.to_owned(), port });
        for (text, expected) in [
            ("10.0.0.7:8443", address("10.0.0.7", 8443)),
            ("node-1.internal:80", address("node-1.internal", 80)),
            ("[::1]:8443", address("::1", 8443)),
            ("unix:/run/api.sock", Some(ConnectTo::UnixSocket("/run/api.sock".into()))),
            ("unix:api.sock", Some(ConnectTo::UnixSocket("api.sock".into()))),
            ("unix:", None),
            ("::1:8443", None),
            ("10.0.0.7", None),
            ("10.0.0.7:", None),
            ("10.0.0.7:65536", None),
            (":80", None),
            ("http://10.0.0.7:80", None),
            ("user@host:80", None),
        ] {
            assert_eq!(ConnectTo::parse(text), expected, "{text}");
        }
    }

    #[test]
    fn problem_of_a_proxy() {
        for url in ["http://p:3128", "p:3128", "https://u:w@p", "socks5://p:1080", "socks5h://p"] {
            assert_eq!(Proxy::problem(url), None, "{url}");
        }
        for url in ["ftp://p:1", "http://", "socks4://p:1", "http://u:hunter2@p:port"] {
            let problem = Proxy::problem(url).expect(url);
            assert!(!problem.contains("hunter2"), "{problem}");
        }
    }
}
