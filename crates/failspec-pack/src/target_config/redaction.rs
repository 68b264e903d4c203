//! Redaction of messages about `failspec.toml`: they quote its lines, which may contain credentials.

use std::sync::Arc;

use failspec_base::syntax::{Diagnostics, Entry, Node, NodeValue, Source, Span};

use super::config::TARGET;

/// Keys under which every text may be a credential.
const HOLDERS: &[&str] = &["roles", "headers", "json", "variables"];

/// Returns the same messages for a text in which every possible credential is masked, byte for byte.
pub(super) fn redact(mut diagnostics: Diagnostics, source: &Arc<Source>, node: Option<&Node>) -> Diagnostics {
    let mut text = source.text().as_bytes().to_vec();
    match node {
        Some(node) => {
            blank_credentials(node, false, &mut text);
            blank_unknown(node, &mut text);
        }
        None => blank_values(&mut text),
    }
    // The mask is ASCII and covers whole texts, so the result is still UTF-8.
    let redacted = Source::new(source.name(), String::from_utf8_lossy(&text));
    for diagnostic in &mut diagnostics.0 {
        if let Some(place) = &mut diagnostic.place {
            place.source = Arc::clone(&redacted);
        }
    }
    diagnostics
}

fn blank_credentials(node: &Node, inside: bool, text: &mut [u8]) {
    match &node.value {
        NodeValue::Text(value) => {
            // A reference to the environment is not secret, and showing it helps.
            let is_reference = value.contains("${env:");
            // A URL with a user, a query or a fragment, which may hold a key.
            let has_more = value.contains("://") && value.contains(['@', '?', '#']);
            if (inside && !is_reference) || has_more {
                blank(node.span, text);
            }
        }
        NodeValue::List(items) => items.iter().for_each(|item| blank_credentials(item, inside, text)),
        NodeValue::Map(entries) => {
            for entry in entries {
                let inside = inside || HOLDERS.contains(&entry.key.as_str());
                blank_credentials(&entry.value, inside, text);
            }
        }
        _ => {}
    }
}

/// Masks the values of a target that have no place there: what is under a key with a typing error may be a credential, and
/// so may what is no address where one must be.
fn blank_unknown(node: &Node, text: &mut [u8]) {
    let targets = entries(node).iter().filter(|entry| entry.key == "target");
    for entry in targets.flat_map(|targets| entries(&targets.value)).flat_map(|target| entries(&target.value))
    {
        let is_known = TARGET.keys().any(|field| field.name == entry.key);
        let is_address = |value: &str| value.contains("://") || value.contains("${env:");
        let is_wrong = match &entry.value.value {
            NodeValue::Text(value) => match entry.key.as_str() {
                "url" | "proxy" => !is_address(value),
                "connect_to" => !value.contains(':'),
                "hosts" => true,
                _ => false,
            },
            _ => false,
        };
        if !is_known || is_wrong {
            blank_credentials(&entry.value, true, text);
        }
    }
}

fn entries(node: &Node) -> &[Entry] {
    match &node.value {
        NodeValue::Map(entries) => entries,
        _ => &[],
    }
}

fn blank(span: Span, text: &mut [u8]) {
    let end = (span.end as usize).min(text.len());
    for byte in text.iter_mut().take(end).skip(span.start as usize) {
        if *byte != b'\n' {
            *byte = b'*';
        }
    }
}

/// Masks all values of a text that is not TOML: everything after a `=` may be a value, and so may a line without one, which
/// is no heading.
fn blank_values(text: &mut [u8]) {
    for line in text.split_mut(|byte| *byte == b'\n') {
        let is_heading = line.trim_ascii_start().starts_with(b"[");
        let value = match line.iter().position(|byte| *byte == b'=') {
            Some(at) => at + 1,
            None if is_heading => line.len(),
            None => 0,
        };
        line[value..].iter_mut().filter(|byte| !matches!(**byte, b' ' | b'\r')).for_each(|byte| *byte = b'*');
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::Config;
    use super::*;

    #[test]
    fn security_no_message_quotes_what_may_be_a_credential() {
        for lines in [
            "passwrod = \"hunter2hunter2\"",
            "url = \"hunter2hunter2\"",
            "url = \"https://api.test/?key=hunter2hunter2\"",
            "url = \"https://api.test/#hunter2hunter2\"",
            "url = \"https://joe:hunter2hunter2@api.test\"",
            "hosts = \"hunter2hunter2\"",
            "connect_to = \"hunter2hunter2\"",
            "roles.r = \"hunter2hunter2\"",
            "roles.r = { berer = [\"hunter2hunter2\"] }",
            "roles.r = { bearer = \"hunter2hunter2 }",
            "roles.r = { bearer = \"\"\"\nhunter2hunter2\n }",
        ] {
            let text = format!("[target.t]\n{lines}\n");
            let read = Config::read(&Source::new("failspec.toml", text), Some("t"), Path::new("."));
            let said = read.expect_err(lines).to_string();
            assert!(!said.contains("hunter2") && said.contains("failspec.toml:"), "{said}");
        }
        // Harmless: what is no credential is quoted, because that helps.
        let text = "[target.t]\nurl = \"ftp://api.test\"\ntimeouts = { conect = \"1s\" }\n";
        let said = Config::read(&Source::new("failspec.toml", text), Some("t"), Path::new("."));
        let said = said.expect_err("an error").to_string();
        assert!(said.contains("ftp://api.test") || said.contains("conect"), "{said}");
    }
}
