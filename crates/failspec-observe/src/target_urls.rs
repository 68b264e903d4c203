//! The base URLs of a target: which recorded requests belong to it.

use url::Url;

/// The relation of a request to the target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Belongs {
    /// It goes to the base URL with this index.
    To(usize),
    /// It goes to the host of a base URL, and not below its path.
    OtherPath,
    /// It goes to another host.
    OtherHost,
}

/// Returns the relation of a request to base URLs, by host, port and path.
pub(crate) fn belongs(url: &Url, bases: &[Url]) -> Belongs {
    let is_same_host = |base: &Url| {
        base.host_str() == url.host_str() && base.port_or_known_default() == url.port_or_known_default()
    };
    let is_below = |base: &Url| {
        let path = base.path().trim_end_matches('/');
        let rest = url.path().strip_prefix(path);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let fitting = bases.iter().enumerate().filter(|(_, base)| is_same_host(base));
    match fitting.clone().filter(|(_, base)| is_below(base)).max_by_key(|(_, base)| base.path().len()) {
        Some((index, _)) => Belongs::To(index),
        None if fitting.count() > 0 => Belongs::OtherPath,
        None => Belongs::OtherHost,
    }
}

/// Returns the index of the base URL that a request belongs to, by host, port and path.
pub fn base_of(url: &Url, bases: &[Url]) -> Option<usize> {
    match belongs(url, bases) {
        Belongs::To(at) => Some(at),
        Belongs::OtherPath | Belongs::OtherHost => None,
    }
}

/// Returns the host of a request as reports name it, with its port if that is not the usual one.
pub(crate) fn host(url: &Url) -> String {
    match (url.host_str(), url.port()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (Some(host), None) => host.to_owned(),
        (None, _) => format!("{}:", url.scheme()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_belong_to_the_host_and_path_of_a_base_url() {
        let bases: Vec<Url> = ["https://api.test/v1/", "http://127.0.0.1:8080", "https://api.test/v1/admin"]
            .iter()
            .map(|url| Url::parse(url).expect("a URL"))
            .collect();
        for (url, expected) in [
            ("https://api.test/v1/notes", Belongs::To(0)),
            ("https://API.test:443/v1", Belongs::To(0)),
            ("https://api.test/v1/admin/users", Belongs::To(2)),
            ("https://api.test/v1/administrators", Belongs::To(0)),
            ("https://api.test/v10/notes", Belongs::OtherPath),
            ("https://api.test/", Belongs::OtherPath),
            ("http://127.0.0.1:8080/anything?x=1", Belongs::To(1)),
            ("http://127.0.0.1:8081/", Belongs::OtherHost),
            ("https://cdn.test/v1/notes", Belongs::OtherHost),
            ("https://api.test.evil.test/v1/notes", Belongs::OtherHost),
            ("http://api.test/v1/notes", Belongs::OtherHost),
        ] {
            assert_eq!(belongs(&Url::parse(url).expect("a URL"), &bases), expected, "{url}");
        }
    }
}
