//! The servers of a document, and those of single paths and operations.

use serde_json::Value;

use super::at::At;

/// The servers of a document.
#[derive(Debug)]
pub(super) struct Servers {
    /// Their URLs, without a `/` at the end; without servers, the specification says `/`.
    urls: Vec<String>,
    /// True if the document has servers.
    are_declared: bool,
}

/// The place of an operation with servers of its own.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// It is below a server of the document, with this path before its own.
    Below(String),
    /// It is on another server.
    Elsewhere(String),
}

impl Servers {
    pub fn of(root: &At<'_>) -> Self {
        let urls = all(root.get("servers").as_ref());
        let are_declared = !urls.is_empty();
        Self { urls: if are_declared { urls } else { vec![String::new()] }, are_declared }
    }

    /// Returns the place of an operation: the first of its servers that is below one of the document counts.
    pub fn place(&self, own: Option<&At<'_>>) -> Place {
        let own = all(own);
        let Some(first) = own.first() else { return Place::Below(String::new()) };
        let below =
            own.iter().flat_map(|url| self.urls.iter().filter_map(|server| self.path_below(url, server)));
        let shortest = below.min_by_key(String::len);
        shortest.map_or_else(|| Place::Elsewhere(first.clone()), Place::Below)
    }

    /// Returns the path of `url` below `server`.
    fn path_below(&self, url: &str, server: &str) -> Option<String> {
        let (host, path) = split(url);
        let (server_host, server_path) = split(server);
        // A relative URL is on the host of the document. A document without servers does not name the host: it may be
        // the one of its operations.
        let is_same = match (host, server_host) {
            (Some(host), Some(server)) => host.eq_ignore_ascii_case(server),
            (Some(_), None) => !self.are_declared,
            (None, _) => true,
        };
        let rest = path.strip_prefix(server_path).filter(|_| is_same)?;
        (rest.is_empty() || rest.starts_with('/')).then(|| rest.to_owned())
    }
}

/// Returns the host of a URL, if it has one, and its path.
fn split(url: &str) -> (Option<&str>, &str) {
    match url.split_once("://") {
        Some((_, rest)) => {
            let end = rest.find('/').unwrap_or(rest.len());
            (Some(&rest[..end]), &rest[end..])
        }
        None => (None, url),
    }
}

/// Returns the URLs of a list of servers, without a `/` at the end.
fn all(servers: Option<&At<'_>>) -> Vec<String> {
    let urls = servers.into_iter().flat_map(At::items).filter_map(|at| address(at.value));
    urls.map(|url| url.trim_end_matches('/').to_owned()).collect()
}

/// Returns the URL of a server, with the default values of its variables filled in.
pub(super) fn address(server: &Value) -> Option<String> {
    let mut address = server.get("url")?.as_str()?.to_owned();
    for (name, variable) in server.get("variables").and_then(Value::as_object).into_iter().flatten() {
        if let Some(default) = variable.get("default").and_then(Value::as_str) {
            address = address.replace(&format!("{{{name}}}"), default);
        }
    }
    Some(address)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn operations_are_placed_below_the_servers_of_the_document() {
        let below = |path: &str| Place::Below(path.to_owned());
        let elsewhere = |url: &str| Place::Elsewhere(url.to_owned());
        for (servers, own, place) in [
            (json!(["https://a.example/v1"]), json!([]), below("")),
            (json!(["https://a.example/v1"]), json!(["https://a.example/v1/"]), below("")),
            (json!(["https://a.example/v1"]), json!(["https://a.example/v1/files"]), below("/files")),
            (json!(["https://a.example/v1"]), json!(["/v1/files"]), below("/files")),
            (
                json!(["https://a.example/v1"]),
                json!(["https://a.example/v10"]),
                elsewhere("https://a.example/v10"),
            ),
            (
                json!(["https://a.example/v1"]),
                json!(["https://b.example/v1"]),
                elsewhere("https://b.example/v1"),
            ),
            (
                json!(["https://a.example/v1", "https://b.example/v1"]),
                json!(["https://c.example", "https://b.example/v1"]),
                below(""),
            ),
            (json!([]), json!(["https://a.example/v2"]), below("/v2")),
            (json!([]), json!(["/v2"]), below("/v2")),
            (json!(["/v1"]), json!(["https://a.example/v1"]), elsewhere("https://a.example/v1")),
        ] {
            let list = |urls: &Value| -> Vec<Value> {
                urls.as_array().unwrap().iter().map(|url| json!({ "url": url })).collect()
            };
            let root = json!({ "servers": list(&servers), "own": list(&own) });
            let at = At { file: 0, value: &root, pointer: String::new() };
            assert_eq!(Servers::of(&at).place(at.get("own").as_ref()), place, "{servers} {own}");
        }
    }
}
