//! Messages about `failspec.toml` quote its lines, and its lines may hold credentials.

use std::sync::Arc;

use failspec_base::syntax::{Diagnostics, Node, NodeValue, Source, Span};

/// Keys below which every text may be a credential.
const HOLDERS: &[&str] = &["roles", "headers", "json", "variables"];

/// The same messages over a text in which every possible credential is blanked out, byte for byte.
pub(super) fn redact(mut diagnostics: Diagnostics, source: &Arc<Source>, node: Option<&Node>) -> Diagnostics {
    let mut text = source.text().as_bytes().to_vec();
    match node {
        Some(node) => blank_credentials(node, false, &mut text),
        None => blank_values(&mut text),
    }
    // Blanks are ASCII and cover whole texts, so that what was UTF-8 still is.
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
            // A reference to the environment is no secret, and seeing it is what helps.
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

/// Where the text is no TOML, everything behind a `=` may be a value.
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
