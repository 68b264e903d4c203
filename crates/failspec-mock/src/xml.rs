//! XML bodies, from values at paths such as `/Error/Code`.

use std::fmt::Write as _;

use serde_json::{Map, Value};

/// Maximum index of an element that is written, so that those before it are written too.
const MAX_INDEX: usize = 100;

/// Writes the elements of an object: a member is an element with this local name (`Error[2]` the second of them), and
/// `Error@lang` an attribute of it. `namespace` is that of the root element.
pub fn write_xml(body: &Value, namespace: Option<&str>) -> String {
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let nothing = Map::new();
    let members = body.as_object().filter(|members| !members.is_empty());
    match members {
        Some(members) => elements(&mut text, members, namespace),
        None => {
            elements(&mut text, &Map::from_iter([("Error".to_owned(), Value::Object(nothing))]), namespace)
        }
    }
    text
}

fn elements(text: &mut String, members: &Map<String, Value>, namespace: Option<&str>) {
    let mut written: Vec<&str> = Vec::new();
    for key in members.keys() {
        let element = key.split_once('@').map_or(key.as_str(), |(element, _)| element);
        if written.contains(&element) {
            continue;
        }
        written.push(element);
        let (name, index) = element.split_once('[').unwrap_or((element, ""));
        let index = index.trim_end_matches(']').parse::<usize>().unwrap_or(1).min(MAX_INDEX);
        // Those before it stand in the file already, or are empty.
        let before =
            members.keys().filter(|other| other.as_str() != element && other.split('[').next() == Some(name));
        for _ in before.count() + 1..index {
            let _ = write!(text, "<{name}/>");
        }
        let _ = write!(text, "<{name}");
        if let Some(namespace) = namespace {
            let _ = write!(text, " xmlns=\"{}\"", escaped(namespace));
        }
        for (key, value) in members {
            if let Some((_, attribute)) = key.split_once('@').filter(|(own, _)| *own == element) {
                let _ = write!(text, " {attribute}=\"{}\"", escaped(&plain(value)));
            }
        }
        match members.get(element) {
            Some(Value::Object(inner)) => {
                text.push('>');
                elements(text, inner, None);
            }
            Some(value) => {
                text.push('>');
                text.push_str(&escaped(&plain(value)));
            }
            None => text.push('>'),
        }
        let _ = write!(text, "</{name}>");
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        value => value.to_string(),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn elements_have_their_names_attributes_and_places() {
        for (body, namespace, expected) in [
            (
                json!({"Error": {"Code": "NoSuchKey", "Message": "a < b & \"c\""}}),
                None,
                "<Error><Code>NoSuchKey</Code><Message>a &lt; b &amp; &quot;c&quot;</Message></Error>",
            ),
            (
                json!({"E@lang": "en", "E": {"A": 1}}),
                Some("urn:x"),
                "<E xmlns=\"urn:x\" lang=\"en\"><A>1</A></E>",
            ),
            (json!({"E": {"A[2]": "b", "A[*]": "c"}}), None, "<E><A>b</A><A>c</A></E>"),
            (json!({"E": {"A[3]": "c"}}), None, "<E><A/><A/><A>c</A></E>"),
            (json!({}), None, "<Error></Error>"),
        ] {
            let written = write_xml(&body, namespace);
            assert_eq!(written.lines().nth(1), Some(expected), "{body}");
        }
    }
}
