//! `${env:NAME}` in `failspec.toml`.

use crate::{
    document::{Node, NodeValue, Reader},
    secret::Secret,
    template::Template,
};

/// Where `${env:NAME}` takes its values from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Environment {
    /// The environment of the process.
    Process,
    /// Nowhere: the target is not the one that is used, so its secrets need not be there.
    Unused,
}

/// What becomes of holes that are not `${env:…}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Others {
    /// They are mistakes.
    Refused,
    /// They stay, for a template to fill; what comes from the environment is escaped.
    Kept,
}

impl Environment {
    /// A text with its `${env:NAME}` replaced; the empty value of a declared secret is a mistake, never a skip.
    pub(super) fn text(self, node: &Node, reader: &Reader) -> Option<String> {
        let text = self.replace(reader.text(node)?, Others::Refused, node, reader)?;
        if text.is_empty() {
            reader.error(node.span, "this is empty");
            return None;
        }
        Some(text)
    }

    /// A text with its `${env:NAME}` replaced, as a template of what other holes it has.
    pub(super) fn template(self, node: &Node, reader: &Reader) -> Option<Template> {
        let text = self.escaped(reader.text(node)?, node, reader)?;
        match Template::parse(&text) {
            Ok(template) => Some(template),
            Err(error) => {
                reader.error(node.span, error.to_string());
                None
            }
        }
    }

    /// The source of a template with its `${env:NAME}` replaced.
    pub(super) fn escaped(self, text: &str, node: &Node, reader: &Reader) -> Option<String> {
        self.replace(text, Others::Kept, node, reader)
    }

    /// The values that `${env:NAME}` stands for in all texts of a node: what comes from the environment is taken for
    /// a secret, wherever in the file it is used.
    pub(super) fn secrets(self, node: &Node, label: &str) -> Vec<Secret> {
        if self == Self::Unused {
            return Vec::new();
        }
        match &node.value {
            NodeValue::Text(text) => text
                .split("${env:")
                .skip(1)
                .filter_map(|rest| std::env::var(rest.split_once('}')?.0).ok())
                .map(|value| Secret::new(value, label))
                .collect(),
            NodeValue::List(items) => items.iter().flat_map(|item| self.secrets(item, label)).collect(),
            NodeValue::Map(entries) => entries
                .iter()
                // An address is shown like that of the target itself.
                .filter(|entry| entry.key != "url")
                .flat_map(|entry| self.secrets(&entry.value, label))
                .collect(),
            _ => Vec::new(),
        }
    }

    fn replace(self, text: &str, others: Others, node: &Node, reader: &Reader) -> Option<String> {
        let mut rest = text;
        let mut text = String::new();
        while let Some(at) = rest.find("${") {
            text.push_str(&rest[..at]);
            let hole = &rest[at + 2..];
            let Some((name, after)) = hole.split_once('}') else {
                reader.error(node.span, "`${` is never closed");
                return None;
            };
            match (name.strip_prefix("env:"), others) {
                (Some(variable), Others::Refused) => text.push_str(&self.value(variable, node, reader)?),
                (Some(variable), Others::Kept) => {
                    text.push_str(&self.value(variable, node, reader)?.replace("${", "$${"));
                }
                (None, Others::Kept) => text.push_str(&rest[at..at + 3 + name.len()]),
                (None, Others::Refused) => {
                    let title = format!("`${{{name}}}` means nothing here");
                    reader.error_hint(node.span, title, "write `${env:NAME}`");
                    return None;
                }
            }
            rest = after;
        }
        text.push_str(rest);
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
