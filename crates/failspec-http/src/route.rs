//! Where traffic goes: to the server of the URL, to another address, or through a proxy.

use std::{env, path::PathBuf};

use failspec_base::message::is_loopback;
use http::{Uri, header::HeaderValue, uri::Scheme};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use url::Url;

use super::ClientError;

/// The proxy of a client.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Proxy {
    /// That of `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`. Loopback addresses are always connected
    /// directly.
    #[default]
    Environment,
    /// None.
    None,
    /// This one, for every address: `http://`, `https://`, `socks5://` (names are looked up here) or `socks5h://` (names
    /// are looked up by the proxy). It may contain a user name and a password.
    Url(String),
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

/// The way of a request.
#[derive(Debug)]
pub(super) enum Route {
    /// Directly.
    Direct,
    /// To this address.
    To(ConnectTo),
    /// Through a proxy that forwards requests.
    Forward(ProxyServer),
    /// Through a tunnel that a proxy opens.
    Tunnel(ProxyServer),
    /// Through a SOCKS 5 proxy.
    Socks {
        proxy: ProxyServer,
        /// True if names are looked up here.
        resolves_locally: bool,
        credentials: Option<(String, String)>,
    },
}

/// A proxy.
#[derive(Debug)]
pub(super) struct ProxyServer {
    pub(super) uri: Uri,
    /// The value of `Proxy-Authorization`.
    pub(super) authorization: Option<HeaderValue>,
}

/// Chooses the way of each request.
#[derive(Debug)]
pub(super) struct Router {
    connect_to: Option<ConnectTo>,
    proxies: Option<Matcher>,
    /// True if loopback addresses are connected directly.
    spares_loopback: bool,
}

impl Router {
    /// # Errors
    /// If the URL of the proxy is not valid.
    pub(super) fn new(proxy: &Proxy, connect_to: Option<ConnectTo>) -> Result<Self, ClientError> {
        let proxies = match proxy {
            Proxy::None => None,
            Proxy::Url(url) => {
                check_proxy("the proxy", url)?;
                Some(Matcher::builder().all(url.as_str()).build())
            }
            Proxy::Environment => environment_proxies()?,
        };
        Ok(Self { connect_to, proxies, spares_loopback: *proxy == Proxy::Environment })
    }

    /// Returns the way to the server of a URL.
    pub(super) fn route(&self, uri: &Uri) -> Route {
        if let Some(to) = &self.connect_to {
            return Route::To(to.clone());
        }
        let Some(proxies) = &self.proxies else { return Route::Direct };
        let is_spared =
            self.spares_loopback && uri.to_string().parse::<Url>().is_ok_and(|url| is_loopback(&url));
        match proxies.intercept(uri).filter(|_| !is_spared) {
            Some(proxy) => through(&proxy, uri),
            None => Route::Direct,
        }
    }
}

fn through(proxy: &Intercept, uri: &Uri) -> Route {
    let server = ProxyServer { uri: proxy.uri().clone(), authorization: proxy.basic_auth().cloned() };
    match proxy.uri().scheme_str() {
        Some(scheme @ ("socks5" | "socks5h")) => Route::Socks {
            proxy: server,
            resolves_locally: scheme == "socks5",
            credentials: proxy.raw_auth().map(|(user, password)| (user.to_owned(), password.to_owned())),
        },
        _ if uri.scheme() == Some(&Scheme::HTTPS) => Route::Tunnel(server),
        _ => Route::Forward(server),
    }
}

/// The proxies of the environment; `None` if there are none.
fn environment_proxies() -> Result<Option<Matcher>, ClientError> {
    let mut any = false;
    for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        let Some(value) = env::var_os(name).filter(|value| !value.is_empty()) else { continue };
        // The library would ignore what it cannot read, and traffic would go elsewhere in silence.
        check_proxy(name, &value.to_string_lossy())?;
        any = true;
    }
    Ok(any.then(Matcher::from_env))
}

/// Checks the URL of a proxy. The scheme may be left out.
fn check_proxy(name: &str, value: &str) -> Result<(), ClientError> {
    let full = if value.contains("://") { value.to_owned() } else { format!("http://{value}") };
    let problem = match Url::parse(&full) {
        Err(error) => error.to_string(),
        Ok(url) if !matches!(url.scheme(), "http" | "https" | "socks5" | "socks5h") => {
            format!("the scheme {:?} is not supported", url.scheme())
        }
        Ok(url) if url.host().is_none() => "there is no host in it".to_owned(),
        Ok(_) => return Ok(()),
    };
    Err(ClientError::Proxy { name: name.to_owned(), problem })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(proxy: &Proxy, uri: &str) -> String {
        let router = Router::new(proxy, None).expect("a proxy");
        match router.route(&uri.parse().expect("a URI")) {
            Route::Direct => "direct".to_owned(),
            Route::To(to) => format!("{to:?}"),
            Route::Forward(proxy) => format!("forward {}", proxy.uri),
            Route::Tunnel(proxy) => format!("tunnel {}", proxy.uri),
            Route::Socks { proxy, resolves_locally, credentials } => {
                format!("socks {} {resolves_locally} {}", proxy.uri, credentials.is_some())
            }
        }
    }

    #[test]
    fn way_of_a_request() {
        let proxy = |url: &str| Proxy::Url(url.to_owned());
        for (proxy, uri, expected) in [
            (Proxy::None, "http://a.example/", "direct"),
            (proxy("http://p:3128"), "http://a.example/x", "forward http://p:3128/"),
            (proxy("p:3128"), "http://a.example/", "forward http://p:3128/"),
            (proxy("http://p:3128"), "https://a.example/", "tunnel http://p:3128/"),
            // A proxy that the target names is used for loopback, too.
            (proxy("http://p:3128"), "http://127.0.0.1:80/", "forward http://p:3128/"),
            (proxy("socks5://p:1080"), "http://a.example/", "socks socks5://p:1080/ true false"),
            (proxy("socks5h://u:w@p:1080"), "https://a.example/", "socks socks5h://p:1080/ false true"),
        ] {
            assert_eq!(way(&proxy, uri), expected, "{proxy:?} {uri}");
        }
    }

    #[test]
    fn unusable_proxies_are_refused() {
        for url in ["ftp://p:1", "http://", "socks4://p:1", "http://p:port"] {
            let refused = Router::new(&Proxy::Url(url.to_owned()), None).expect_err(url);
            assert!(matches!(refused, ClientError::Proxy { .. }), "{url}: {refused}");
        }
    }
}
