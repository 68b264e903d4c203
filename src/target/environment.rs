//! `${env:NAME}` in `failspec.toml`.

use crate::document::{Node, Reader};

/// Where `${env:NAME}` takes its values from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Environment {
    /// The environment of the process.
    Process,
    /// Nowhere: the target is not the one that is used, so its secrets need not be there.
    Unused,
}

impl Environment {
    /// A text with its `${env:NAME}` replaced; the empty value of a declared secret is a mistake, never a skip.
    pub(super) fn text(self, node: &Node, reader: &Reader) -> Option<String> {
        let mut rest = reader.text(node)?;
        let mut text = String::new();
        while let Some(at) = rest.find("${") {
            text.push_str(&rest[..at]);
            let hole = &rest[at + 2..];
            let Some((name, after)) = hole.split_once('}') else {
                reader.error(node.span, "`${` is never closed");
                return None;
            };
            let Some(name) = name.strip_prefix("env:") else {
                reader.error_hint(
                    node.span,
                    format!("`${{{name}}}` means nothing here"),
                    "write `${env:NAME}`",
                );
                return None;
            };
            text.push_str(&self.value(name, node, reader)?);
            rest = after;
        }
        text.push_str(rest);
        if text.is_empty() {
            reader.error(node.span, "this is empty");
            return None;
        }
        Some(text)
    }

    fn value(self, name: &str, node: &Node, reader: &Reader) -> Option<String> {
        if self == Self::Unused {
            return Some(String::from("unused"));
        }
        let value = std::env::var(name).ok().filter(|value| !value.is_empty());
        if value.is_none() {
            reader.error_hint(
                node.span,
                format!("the environment variable `{name}` is not set or empty"),
                "set it, or take what needs it out of the target: a missing secret must not shrink a run",
            );
        }
        value
    }
}
