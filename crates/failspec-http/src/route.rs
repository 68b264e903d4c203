//! The way of the traffic: to the server of the URL, to another address, or through a proxy.

use std::env;

use failspec_base::message::{ConnectTo, Proxy, is_loopback};
use http::{Uri, header::HeaderValue, uri::Scheme};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use url::Url;

use super::ClientError;

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
                check_proxy("the proxy", url.expose())?;
                Some(Matcher::builder().all(url.expose()).build())
            }
            Proxy::Environment => environment_proxies()?,
        };
        Ok(Self { connect_to, proxies, spares_loopback: matches!(proxy, Proxy::Environment) })
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

/// Checks the URL of a proxy.
fn check_proxy(name: &str, value: &str) -> Result<(), ClientError> {
    match Proxy::problem(value) {
        None => Ok(()),
        Some(problem) => Err(ClientError::Proxy { name: name.to_owned(), problem }),
    }
}

/// The way of the traffic to a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// To the address in the URL.
    Direct,
    /// To another address.
    To(ConnectTo),
    /// Through this proxy; the URL is without a user.
    Proxy(String),
}

/// Returns where the traffic to the server of a URL goes with these settings.
///
/// # Errors
/// If the URL of the proxy is not valid.
pub fn way(proxy: &Proxy, connect_to: Option<&ConnectTo>, url: &Url) -> Result<Way, ClientError> {
    let router = Router::new(proxy, connect_to.cloned())?;
    let Ok(uri) = url.as_str().parse() else { return Ok(Way::Direct) };
    Ok(match router.route(&uri) {
        Route::Direct => Way::Direct,
        Route::To(to) => Way::To(to),
        Route::Forward(proxy) | Route::Tunnel(proxy) | Route::Socks { proxy, .. } => {
            let scheme = proxy.uri.scheme_str().unwrap_or("http");
            let authority = proxy.uri.authority().map_or("", |authority| authority.as_str());
            // The library keeps the user elsewhere; to be sure.
            let address = authority.rsplit('@').next().unwrap_or_default();
            Way::Proxy(format!("{scheme}://{address}"))
        }
    })
}

#[cfg(test)]
mod tests {
    use failspec_base::secret::Secret;

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
        let proxy = |url: &str| Proxy::Url(Secret::new(url, "proxy"));
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
    fn way_names_no_user() {
        let proxy = Proxy::Url(Secret::new("http://joe:hunter2@p:3128", "proxy"));
        for url in ["http://a.example/", "https://a.example/"] {
            let way = super::way(&proxy, None, &url.parse().expect("a URL")).expect("a way");
            assert_eq!(way, Way::Proxy("http://p:3128".to_owned()));
        }
    }

    #[test]
    fn unusable_proxies_are_refused() {
        for url in ["ftp://p:1", "http://", "socks4://p:1", "http://p:port"] {
            let refused = Router::new(&Proxy::Url(Secret::new(url, "proxy")), None).expect_err(url);
            assert!(matches!(refused, ClientError::Proxy { .. }), "{url}: {refused}");
        }
    }
}
