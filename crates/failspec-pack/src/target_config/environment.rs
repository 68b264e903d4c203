//! `${env:NAME}` in `failspec.toml`.

use serde_json::Value;

use failspec_base::{
    message::Header,
    secret::{RedactedPart, RedactedText, Secret},
    syntax::{Decoder, Node, NodeValue},
    template::{JsonTemplate, Template, VariableValue},
};

/// The source of the values of `${env:NAME}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Environment {
    /// The environment of the process.
    Process,
    /// No source: the target is not the one that is used, so its secrets need not exist.
    Unused,
}

/// The handling of placeholders other than `${env:…}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Others {
    /// Reported as errors.
    Refused,
    /// Kept, for a template to fill in; values from the environment are escaped.
    Kept,
}

impl Environment {
    /// Returns a text with its `${env:NAME}` replaced. The empty value of a declared secret is an error, never a
    /// reason to skip.
    pub(super) fn text(self, node: &Node, reader: &Decoder) -> Option<String> {
        let text = self.replace(reader.text(node)?, Others::Refused, node, reader)?;
        if text.is_empty() {
            reader.error(node.span, "this is empty");
            return None;
        }
        Some(text)
    }

    /// Returns a header with the `${env:NAME}` of its value replaced. They are shown as secrets by their position, because
    /// a short one cannot be searched for.
    pub(super) fn header(self, name: &str, node: &Node, reader: &Decoder) -> Option<Header> {
        let value = self.text(node, reader)?;
        let mut written = reader.text(node)?;
        let mut shown = RedactedText::default();
        while let Some((before, rest)) = written.split_once("${")
            && let Some((variable, after)) = rest.split_once('}')
        {
            shown.push_str(before);
            let env = variable.strip_prefix("env:").map(str::to_owned);
            shown.push(RedactedPart::Secret { secret: variable.to_owned(), env, base64_after: None });
            written = after;
        }
        shown.push_str(written);
        Some(Header { name: name.to_owned(), value, shown })
    }

    /// Returns the text with its `${env:NAME}` replaced.
    pub(super) fn replaced(self, text: &str, node: &Node, reader: &Decoder) -> Option<String> {
        self.replace(text, Others::Refused, node, reader)
    }

    /// Returns a JSON value with `${env:NAME}` replaced in its texts.
    pub(super) fn json(self, node: &Node, reader: &Decoder) -> Option<Value> {
        self.json_of(node, |text| self.replaced(text, node, reader))
    }

    /// Returns a JSON value with templates as its texts, and with their `${env:NAME}` replaced.
    pub(super) fn json_template(self, node: &Node, reader: &Decoder) -> Option<JsonTemplate> {
        let value = self.json_of(node, |text| self.escaped(text, node, reader))?;
        match JsonTemplate::parse(&value) {
            Ok(template) => Some(template),
            Err(error) => {
                reader.error(node.span, error.to_string());
                None
            }
        }
    }

    /// Returns a text with its `${env:NAME}` replaced, as a template with its other placeholders.
    pub(super) fn template(self, node: &Node, reader: &Decoder) -> Option<Template> {
        let text = self.escaped(reader.text(node)?, node, reader)?;
        match Template::parse(&text) {
            Ok(template) => Some(template),
            Err(error) => {
                reader.error(node.span, error.to_string());
                None
            }
        }
    }

    /// Returns the source of a template with its `${env:NAME}` replaced.
    pub(super) fn escaped(self, text: &str, node: &Node, reader: &Decoder) -> Option<String> {
        self.replace(text, Others::Kept, node, reader)
    }

    /// Returns the value of a variable; it is a secret if any part of it is from the environment.
    pub(super) fn held(self, node: &Node, reader: &Decoder) -> Option<VariableValue> {
        let value = self.json(node, reader)?;
        Some(if node.to_json().to_string().contains("${env:") {
            VariableValue::secret(value).with_env(only_variable(node))
        } else {
            VariableValue::open(value)
        })
    }

    /// Returns the values of `${env:NAME}` in all texts of a node. A value from the environment is treated as a
    /// secret, wherever in the file it is used. Names of users and servers are not secret: the user of `basic`, the
    /// host of an address.
    pub(super) fn secrets(self, node: &Node, label: &str) -> Vec<Secret> {
        match &node.value {
            NodeValue::List(items) => items.iter().flat_map(|item| self.secrets(item, label)).collect(),
            NodeValue::Map(entries) => entries
                .iter()
                .flat_map(|entry| match (entry.key.as_str(), entry.value.as_text()) {
                    ("user", Some(_)) => Vec::new(),
                    ("url", Some(address)) => self.values(behind_host(address), label),
                    ("request", Some(line)) => {
                        let address = line.split_once(' ').map_or(line, |(_, address)| address.trim());
                        self.values(behind_host(address), label)
                    }
                    ("headers" | "json" | "form" | "variables", _) => self.all_values(&entry.value, label),
                    _ => self.secrets(&entry.value, label),
                })
                .collect(),
            _ => self.all_values(node, label),
        }
    }

    /// Returns the values in all texts of a node, under any key.
    fn all_values(self, node: &Node, label: &str) -> Vec<Secret> {
        match &node.value {
            NodeValue::Text(text) => self.values(text, label),
            NodeValue::List(items) => items.iter().flat_map(|item| self.all_values(item, label)).collect(),
            NodeValue::Map(entries) => {
                entries.iter().flat_map(|entry| self.all_values(&entry.value, label)).collect()
            }
            _ => Vec::new(),
        }
    }

    fn values(self, text: &str, label: &str) -> Vec<Secret> {
        if self == Self::Unused {
            return Vec::new();
        }
        text.split("${env:")
            .skip(1)
            .filter_map(|rest| {
                let variable = rest.split_once('}')?.0;
                Some(Secret::new(std::env::var(variable).ok()?, label).with_env(Some(variable)))
            })
            .collect()
    }

    fn json_of(self, node: &Node, text: impl Fn(&str) -> Option<String> + Copy) -> Option<Value> {
        Some(match &node.value {
            NodeValue::Text(written) => Value::String(text(written)?),
            NodeValue::List(items) => {
                Value::Array(items.iter().map(|item| self.json_of(item, text)).collect::<Option<_>>()?)
            }
            NodeValue::Map(entries) => Value::Object(
                entries
                    .iter()
                    .map(|entry| Some((entry.key.clone(), self.json_of(&entry.value, text)?)))
                    .collect::<Option<_>>()?,
            ),
            _ => node.to_json(),
        })
    }

    fn replace(self, text: &str, others: Others, node: &Node, reader: &Decoder) -> Option<String> {
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
                    text.push_str(&Template::escape(&self.value(variable, node, reader)?));
                }
                (None, Others::Kept) => text.push_str(&rest[at..at + 3 + name.len()]),
                (None, Others::Refused) => {
                    let title = format!("`${{{name}}}` is not allowed here");
                    reader.error_hint(node.span, title, "write `${env:NAME}`");
                    return None;
                }
            }
            rest = after;
        }
        text.push_str(rest);
        Some(text)
    }

    fn value(self, name: &str, node: &Node, reader: &Decoder) -> Option<String> {
        if self == Self::Unused {
            return Some(String::from("unused"));
        }
        let value = std::env::var(name).ok().filter(|value| !value.is_empty());
        if value.is_none() {
            reader.error_hint(
                node.span,
                format!("the environment variable `{name}` is not set or empty"),
                "set it, or remove what needs it from the target: no case is skipped because a variable is not set",
            );
        }
        value
    }
}

/// Returns the name of the environment variable, if a text consists of it alone.
pub(super) fn only_variable(node: &Node) -> Option<&str> {
    let name = node.as_text()?.strip_prefix("${env:")?.strip_suffix('}')?;
    (!name.contains('}')).then_some(name)
}

/// Returns the part of an address after the host. The host is shown, because it identifies the server. A variable at
/// the very beginning is assumed to contain scheme and host.
fn behind_host(address: &str) -> &str {
    let host = address.split_once("://").map_or(address, |(_, host)| host);
    host.find(['/', '?', '#']).map_or("", |at| &host[at..])
}

#[cfg(test)]
mod tests {
    use super::behind_host;

    #[test]
    fn a_host_is_no_secret_and_what_follows_is() {
        for (address, secret) in [
            ("/login/${env:A}", "/login/${env:A}"),
            ("${env:A}/login?key=${env:B}", "/login?key=${env:B}"),
            ("https://${env:A}.example.com:81/${env:B}", "/${env:B}"),
            ("https://${env:A}?key=${env:B}", "?key=${env:B}"),
            ("${env:A}", ""),
        ] {
            assert_eq!(behind_host(address), secret);
        }
    }
}
