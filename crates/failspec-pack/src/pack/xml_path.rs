//! Paths in XML bodies: `{ xml: /Error/Code }`.

use serde_json::Value;

use failspec_base::{
    message::XML_NAMESPACE,
    syntax::{Decoder, Field, Fields, MappingSchema, Node, ValueType},
};

use super::pointer::Pointer;

pub(super) static XML_PATH: MappingSchema = MappingSchema {
    name: "XML path",
    about: "a location in an XML body",
    fields: &[XML, NAMESPACE],
    also: &[],
};

pub(super) const XML: Field = Field::optional(
    "xml",
    ValueType::Text,
    "path in an XML body, of local names: `/Error/Code`, the second one `/Errors/Error[2]`, any of them \
     `/Errors/Error[*]/Code`, an attribute `/Error@lang`",
);

pub(super) const NAMESPACE: Field = Field::optional(
    "namespace",
    ValueType::Text,
    "with `xml`: the namespace that the root element must have (default: any)",
);

/// The requirements of a path in XML, beyond the names of its steps.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(super) struct XmlPath {
    /// The namespace of the root element.
    pub(super) namespace: Option<String>,
}

impl XmlPath {
    /// Returns true if the root element of a document, whose key is `root`, has the namespace.
    pub(super) fn is_of(&self, value: &Value, root: &str) -> bool {
        self.namespace.as_ref().is_none_or(|namespace| {
            value.get(format!("{root}@{XML_NAMESPACE}")).and_then(Value::as_str) == Some(namespace)
        })
    }
}

/// Returns true if `key` is one of the elements (or one of their attributes) that a step with `[*]` stands for.
pub(super) fn is_one_of(key: &str, step: &str) -> bool {
    let Some((name, rest)) = step.split_once(EACH) else { return key == step };
    let number = key.strip_prefix(name).and_then(|key| key.strip_suffix(rest));
    number.is_some_and(|number| {
        let digits = number.strip_prefix('[').and_then(|number| number.strip_suffix(']'));
        number.is_empty()
            || digits.is_some_and(|it| !it.is_empty() && it.bytes().all(|byte| byte.is_ascii_digit()))
    })
}

/// The index of every element with a name.
pub(super) const EACH: &str = "[*]";

impl Pointer {
    /// Reads `xml` and `namespace` of a mapping.
    pub(super) fn read_xml(fields: &Fields<'_>, reader: &Decoder) -> Option<Self> {
        let node = fields.get("xml")?;
        let text = reader.text(node)?;
        if let Err(hint) = check(text) {
            reader.error_hint(node.span, format!("`{}` is not a path in XML", text.escape_debug()), hint);
            return None;
        }
        let namespace = match fields.get("namespace") {
            Some(node) => Some(reader.text(node)?.to_owned()),
            None => None,
        };
        Some(Self::in_xml(text.to_owned(), XmlPath { namespace }))
    }

    /// Reads a pointer, in which `*` stands for every item of a list, or a path in XML.
    pub(super) fn read_location(node: &Node, reader: &Decoder) -> Option<Self> {
        if node.as_map().is_none() {
            return Self::read_of_each(node, reader);
        }
        let fields = reader.fields(node, &XML_PATH)?;
        if !fields.has("xml") {
            reader.error_hint(node.span, "`xml` is missing", "write `{ xml: /Error/Message }`");
        }
        Self::read_xml(&fields, reader)
    }
}

/// Checks the syntax of a path; returns a hint if it is wrong.
fn check(text: &str) -> Result<(), String> {
    let example = || "write the local names of the elements from the root on: `/Error/Code`".to_owned();
    let steps = text.strip_prefix('/').ok_or_else(example)?;
    let last = steps.split('/').count();
    for (index, step) in steps.split('/').enumerate() {
        if let Some(attribute) = step.strip_prefix('@') {
            let element = steps.split('/').nth(index.saturating_sub(1)).unwrap_or_default();
            return Err(format!("an attribute stands beside its element: `{element}@{attribute}`"));
        }
        let (element, attribute) = match step.split_once('@') {
            Some((element, attribute)) => (element, Some(attribute)),
            None => (step, None),
        };
        if attribute.is_some() && index + 1 < last {
            return Err("an attribute is the end of a path".to_owned());
        }
        if element.contains(':') || attribute.is_some_and(|attribute| attribute.contains(':')) {
            return Err("write local names, without prefixes; `namespace` gives the one of the root element"
                .to_owned());
        }
        let (name, is_indexed) = match element.split_once('[') {
            Some((name, index)) => {
                let index = index.strip_suffix(']').ok_or_else(example)?;
                let number = index.parse::<usize>().ok();
                if index != "*" && number.is_none_or(|number| number < 2 || number.to_string() != index) {
                    return Err(
                        "elements count from 1, the first one has no index: `Error`, `Error[2]`, `Error[*]`"
                            .to_owned(),
                    );
                }
                (name, true)
            }
            None => (element, false),
        };
        let is_text =
            name == failspec_base::message::XML_TEXT && !is_indexed && index + 1 == last && index > 0;
        let is_name = |name: &str| {
            !name.is_empty()
                && !name
                    .contains([' ', '\t', '\n', '*', '~', '(', ')', '[', ']', '@', '{', '}', '$', '<', '&'])
        };
        if !(is_text || is_name(name) && attribute.is_none_or(is_name)) {
            return Err(example());
        }
        if index == 0 && is_indexed {
            return Err("a document has one root element".to_owned());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_path_is_names_from_the_root_on() {
        for path in [
            "/Error",
            "/Error/Code",
            "/e/f[2]/g",
            "/e/f[*]/g",
            "/e@a",
            "/e/f@a",
            "/e/f[*]@a",
            "/e/text()",
            "/é/f-g.h_1",
            "/e@xmlns",
        ] {
            assert_eq!(check(path), Ok(()), "{path}");
        }
        for path in [
            "",
            "/",
            "Error",
            "/Error/",
            "//Error",
            "/Error/@a",
            "/e@a/f",
            "/s:Envelope",
            "/e[2]",
            "/e/f[1]",
            "/e/f[0]",
            "/e/f[x]",
            "/e/f[2",
            "/e/*",
            "/text()",
            "/e/text()/f",
            "/e f",
            "/${x}",
            "/e@",
            "/e/f[02]",
        ] {
            assert!(check(path).is_err(), "{path}");
        }
    }

    #[test]
    fn every_element_of_a_name_is_one_of_them() {
        for (key, step, is_one) in [
            ("Error", "Error", true),
            ("Error[2]", "Error", false),
            ("Error", "Error[*]", true),
            ("Error[12]", "Error[*]", true),
            ("Errors", "Error[*]", false),
            ("Error@a", "Error[*]", false),
            ("Error[2]@a", "Error[*]@a", true),
            ("Error@a", "Error[*]@a", true),
            ("Error[]", "Error[*]", false),
        ] {
            assert_eq!(is_one_of(key, step), is_one, "{key} {step}");
        }
    }

    #[test]
    fn values_are_found_and_changed_in_xml() {
        let body = json!({
            "Errors@xmlns": "urn:x",
            "Errors": {"Error": {"Code": "A"}, "Error[2]": {"Code": "B"}, "Error[3]": "C"},
        });
        let path = |text: &str, namespace: Option<&str>| {
            Pointer::in_xml(text.to_owned(), XmlPath { namespace: namespace.map(str::to_owned) })
        };
        let all = |pointer: &Pointer| {
            let mut seen = Vec::new();
            pointer.find_first(&body, &mut |found| {
                seen.push(found.clone());
                false
            });
            seen
        };
        assert_eq!(all(&path("/Errors/Error/Code", None)), [json!("A")]);
        assert_eq!(all(&path("/Errors/Error[*]/Code", None)), [json!("A"), json!("B")]);
        assert_eq!(all(&path("/Errors/Error[*]/Code", Some("urn:x"))).len(), 2);
        assert_eq!(all(&path("/Errors/Error[*]/Code", Some("urn:y"))), [] as [Value; 0]);
        assert_eq!(path("/Errors/Error[2]/Code", None).find(&body), Some(&json!("B")));
        assert_eq!(path("/Errors/Error[2]/Code", Some("urn:y")).find(&body), None);
        let mut changed = body.clone();
        path("/Errors/Error[*]/Code", None).change_each(&mut changed, &mut |value| *value = json!("-"));
        assert_eq!(changed["Errors"]["Error[2]"]["Code"], json!("-"));
        assert_eq!(changed["Errors"]["Error[3]"], json!("C"));
    }
}
