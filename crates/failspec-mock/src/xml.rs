//! Bodies in XML: members as elements, as a contract reads them.

use failspec_base::message::Document;
use serde_json::{Map, Value};

/// Writes members as XML: `Code` as an element, `Code@lang` as an attribute, `text()` as text.
pub fn xml_of(members: &Value, namespace: Option<&str>) -> String {
    let mut text = String::new();
    if let Value::Object(root) = members {
        // A document has one root element.
        let elements = root.iter().filter(|(key, _)| !key.contains('@')).take(1);
        elements.for_each(|(key, value)| element(&mut text, key, value, root, namespace));
    }
    text
}

/// Returns the members of a body that is XML.
pub fn members_of(text: &str) -> Option<Value> {
    if text.starts_with('<') { Document::read_xml(text.as_bytes(), None).value } else { None }
}

fn element(
    text: &mut String,
    key: &str,
    value: &Value,
    beside: &Map<String, Value>,
    namespace: Option<&str>,
) {
    // `Error[2]`, or any of several: each is an element of that name.
    let name = key.split('[').next().unwrap_or_default();
    text.push_str(&format!("<{name}"));
    if let Some(namespace) = namespace {
        text.push_str(&format!(" xmlns=\"{}\"", escaped(namespace)));
    }
    for (other, value) in beside {
        let attribute = other.strip_prefix(key).and_then(|rest| rest.strip_prefix('@'));
        if let Some(attribute) = attribute.filter(|it| *it != "xmlns") {
            text.push_str(&format!(" {attribute}=\"{}\"", escaped(&scalar(value))));
        }
    }
    text.push('>');
    match value {
        Value::Object(members) => {
            for (key, value) in members.iter().filter(|(key, _)| !key.contains('@')) {
                match key.as_str() {
                    "text()" => text.push_str(&escaped(&scalar(value))),
                    _ => element(text, key, value, members, None),
                }
            }
        }
        other => text.push_str(&escaped(&scalar(other))),
    }
    text.push_str(&format!("</{name}>"));
}

fn scalar(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn members_are_the_same_when_they_are_read() {
        let members =
            json!({"e@a": "1", "e": {"f": "<&\">", "f[2]": "2", "g@b": "x", "g": {"h": "", "text()": "t"}}});
        let text = xml_of(&members, None);
        assert_eq!(members_of(&text), Some(members), "{text}");
        let text = xml_of(&json!({"e": {"f": 1}}), Some("urn:x"));
        assert_eq!(members_of(&text), Some(json!({"e@xmlns": "urn:x", "e": {"f": "1"}})));
        assert_eq!(members_of("no xml"), None);
    }
}
