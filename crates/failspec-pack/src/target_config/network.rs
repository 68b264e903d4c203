//! The way of the traffic to a target.

use std::path::Path;

use failspec_base::{
    message::{ConnectTo, Proxy},
    secret::Secret,
    syntax::{Decoder, Fields, Node},
};

use super::Environment;

/// The way of the traffic to a target, if not to the address in its URL.
#[derive(Debug, Clone, Default)]
pub struct Network {
    /// The address that is connected to in place of that of each URL.
    pub connect_to: Option<ConnectTo>,
    /// The proxy.
    pub proxy: Proxy,
}

impl Network {
    /// Reads `connect_to` and `proxy`.
    pub(super) fn read(
        fields: &Fields<'_>,
        reader: &Decoder,
        environment: Environment,
        folder: &Path,
    ) -> Self {
        let connect_to = fields.get("connect_to");
        let proxy = fields.get("proxy");
        if let (Some(_), Some(proxy)) = (connect_to, proxy) {
            reader.error_hint(
                proxy.span,
                "a target has either `connect_to` or `proxy`",
                "with `connect_to`, no proxy is used",
            );
        }
        Self {
            connect_to: connect_to.and_then(|node| read_connect_to(node, reader, environment, folder)),
            proxy: proxy.and_then(|node| read_proxy(node, reader, environment)).unwrap_or_default(),
        }
    }
}

fn read_connect_to(
    node: &Node,
    reader: &Decoder,
    environment: Environment,
    folder: &Path,
) -> Option<ConnectTo> {
    let text = environment.text(node, reader)?;
    match ConnectTo::parse(&text) {
        Some(ConnectTo::UnixSocket(path)) => Some(ConnectTo::UnixSocket(folder.join(path))),
        Some(address) => Some(address),
        None if environment == Environment::Unused => None,
        None => {
            reader.error_hint(
                node.span,
                "this is no address to connect to",
                "write a host and a port (`10.0.0.7:8443`, `[::1]:8443`) or `unix:/run/api.sock`",
            );
            None
        }
    }
}

fn read_proxy(node: &Node, reader: &Decoder, environment: Environment) -> Option<Proxy> {
    let text = environment.text(node, reader)?;
    if text == "none" {
        return Some(Proxy::None);
    }
    if environment == Environment::Unused {
        return None;
    }
    if let Some(problem) = Proxy::problem(&text) {
        reader.error_hint(
            node.span,
            format!("the proxy cannot be used: {problem}"),
            "write it like `http://proxy.internal:3128`, or `none`",
        );
        return None;
    }
    Some(Proxy::Url(Secret::new(text, "proxy")))
}
