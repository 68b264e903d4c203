//! Parses TOML into the same nodes as YAML.

use std::sync::Arc;

use ::toml::{
    Spanned,
    de::{DeTable, DeValue},
};
use serde_json::Number;

use super::{Diagnostic, Diagnostics, Entry, Location, Node, NodeValue, Source, Span, diagnostic::MAX_KEPT};

/// Parses one TOML document.
///
/// # Errors
/// Every syntax error, with its location.
pub fn parse(source: &Arc<Source>) -> Result<Node, Diagnostics> {
    let (table, errors) = DeTable::parse_recoverable(source.text());
    if !errors.is_empty() {
        let place = |span: Span| Location { source: Arc::clone(source), span };
        return Err(Diagnostics(
            errors
                .into_iter()
                .take(MAX_KEPT)
                .map(|error| {
                    let span =
                        error.span().map_or(Span::default(), |range| Span::new(range.start, range.end));
                    Diagnostic::error(place(span), "this is not well-formed TOML").label(error.message())
                })
                .collect(),
        ));
    }
    let span = Span::new(table.span().start, table.span().end);
    Ok(Node { span, value: map(table.get_ref()) })
}

fn map(table: &DeTable<'_>) -> NodeValue {
    let mut entries: Vec<Entry> = table
        .iter()
        .map(|(key, value)| Entry {
            key: key.get_ref().to_string(),
            key_span: Span::new(key.span().start, key.span().end),
            value: node(value),
        })
        .collect();
    // The parser sorts its tables by name; messages and listings use the order of the file.
    entries.sort_by_key(|entry| entry.key_span.start);
    NodeValue::Map(entries)
}

fn node(value: &Spanned<DeValue<'_>>) -> Node {
    let span = Span::new(value.span().start, value.span().end);
    let value = match value.get_ref() {
        DeValue::String(text) => NodeValue::Text(text.to_string()),
        DeValue::Boolean(value) => NodeValue::Bool(*value),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix()).map_or_else(
            |_| NodeValue::Text(number.as_str().to_owned()),
            |number| NodeValue::Number(number.into()),
        ),
        DeValue::Float(number) => number
            .as_str()
            .parse()
            .ok()
            .and_then(Number::from_f64)
            .map_or_else(|| NodeValue::Text(number.as_str().to_owned()), NodeValue::Number),
        // A TOML date becomes a date of the file formats of failspec: text of the form 2027-01-31.
        DeValue::Datetime(date) => NodeValue::Text(date.to_string()),
        DeValue::Array(items) => NodeValue::List(items.iter().map(node).collect()),
        DeValue::Table(table) => map(table),
    };
    Node { span, value }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn tables_become_mappings_with_places() {
        let source =
            Source::new("failspec.toml", "b = 1\n[target.staging]\nurl = \"http://x\"\nuntil = 2027-01-31\n");
        let node = parse(&source).unwrap();
        assert_eq!(
            node.to_json(),
            json!({"b": 1, "target": {"staging": {"url": "http://x", "until": "2027-01-31"}}})
        );
        let url =
            node.get("target").and_then(|node| node.get("staging")).and_then(|node| node.get("url")).unwrap();
        let place = Location { source, span: url.span };
        assert_eq!(place.line_column(), (3, 7));
    }

    #[test]
    fn syntax_errors_have_a_place() {
        let error = parse(&Source::new("failspec.toml", "a = 1\nb = \n")).unwrap_err();
        assert!(error.render(false).contains("failspec.toml:2"), "{error}");
    }
}
