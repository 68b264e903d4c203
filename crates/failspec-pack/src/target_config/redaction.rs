//! Redaction of messages about `failspec.toml`: they quote its lines, which may contain credentials.

use std::sync::Arc;

use failspec_base::syntax::{Diagnostics, Node, NodeValue, Source, Span};

/// Keys under which every text may be a credential.
const HOLDERS: &[&str] = &["roles", "headers", "json", "variables"];

/// Returns the same messages for a text in which every possible credential is masked, byte for byte.
pub(super) fn redact(mut diagnostics: Diagnostics, source: &Arc<Source>, node: Option<&Node>) -> Diagnostics {
    let mut text = source.text().as_bytes().to_vec();
    match node {
        Some(node) => blank_credentials(node, false, &mut text),
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
            let has_user = value.contains("://") && value.contains('@');
            if (inside && !is_reference) || has_user {
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

fn blank(span: Span, text: &mut [u8]) {
    let end = (span.end as usize).min(text.len());
    for byte in text.iter_mut().take(end).skip(span.start as usize) {
        if *byte != b'\n' {
            *byte = b'*';
        }
    }
}

/// Masks all values of a text that is not TOML: everything after a `=` may be a value.
fn blank_values(text: &mut [u8]) {
    let mut value = false;
    for byte in text {
        match *byte {
            b'\n' => value = false,
            b'=' if !value => value = true,
            b' ' => {}
            _ if value => *byte = b'*',
            _ => {}
        }
    }
}
