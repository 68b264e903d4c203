//! XML as it is judged: an element is a member, as in a JSON object.

use serde_json::{Map, Value};

/// Reason why a text is not one well-formed XML document (XML 1.0, with namespaces), or is one that is not read.
///
/// Lines and columns count from 1, columns in bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum XmlDefect {
    /// The text violates the grammar. Nothing was parsed.
    #[error("the body is not XML: {reason} at line {line} column {column}")]
    NotXml {
        /// The line at which parsing ended.
        line: usize,
        /// The column at which parsing ended.
        column: usize,
        /// The token that the parser expected or found.
        reason: String,
    },
    /// A document type declaration with declarations inside. They can define entities that grow without a limit, so
    /// nothing was parsed.
    #[error(
        "the body declares a document type with entities or elements of its own, which failspec does not read"
    )]
    DocumentType,
    /// An entity other than the five of XML. Nothing was parsed.
    #[error("the body refers to the entity &{name};, which XML does not define")]
    UnknownEntity {
        /// The name; only its length, if it is long.
        name: String,
    },
    /// An encoding other than UTF-8. XML allows it, and this reader does not know it. Nothing was parsed.
    #[error("the body is XML in {encoding}")]
    Encoding {
        /// The name of the encoding.
        encoding: String,
    },
    /// The nesting is too deep. Nothing was parsed.
    #[error("the XML is nested more than {limit} levels deep")]
    TooDeep {
        /// The maximum number of levels.
        limit: usize,
    },
    /// The body has too many elements and attributes. Nothing was parsed.
    #[error("the XML contains more than {limit} elements and attributes")]
    TooManyParts {
        /// The maximum number of both together.
        limit: usize,
    },
    /// An element has too many attributes. Nothing was parsed.
    #[error("an element of the XML has more than {limit} attributes")]
    TooManyAttributes {
        /// The maximum number of attributes of one element.
        limit: usize,
    },
}

impl XmlDefect {
    /// Returns true for a document that may be right, and that this reader does not know.
    pub fn is_unread(&self) -> bool {
        matches!(self, Self::Encoding { .. })
    }
}

/// The member with the text of an element that also has elements.
pub const XML_TEXT: &str = "text()";

/// The attribute that holds the namespace of an element, if it is not that of the element around it.
pub const XML_NAMESPACE: &str = "xmlns";

/// An element that is read, as members: its elements under their local names (`Code`, a second one `Code[2]`), their
/// attributes beside them (`Code@lang`).
#[derive(Debug, Default)]
pub(super) struct XmlElement {
    /// The name under which the element stands.
    pub(super) key: String,
    /// The attributes, by local name.
    pub(super) attributes: Vec<(String, String)>,
    /// The namespace.
    pub(super) namespace: Vec<u8>,
    /// The elements inside.
    pub(super) members: Map<String, Value>,
    /// The text, without that of the elements inside.
    pub(super) text: String,
    /// How many elements inside have a name.
    pub(super) counts: std::collections::HashMap<String, usize>,
}

impl XmlElement {
    /// Returns the key of the next element inside that has this local name.
    pub(super) fn next_key(&mut self, local: &str) -> String {
        let count = self.counts.entry(local.to_owned()).or_default();
        *count += 1;
        if *count == 1 { local.to_owned() } else { format!("{local}[{count}]") }
    }

    /// Adds an element that has ended. The order of attributes says nothing, so they are sorted.
    pub(super) fn add(&mut self, mut element: Self) {
        if element.namespace != self.namespace {
            let namespace = String::from_utf8_lossy(&element.namespace).into_owned();
            element.attributes.push((XML_NAMESPACE.to_owned(), namespace));
        }
        element.attributes.sort();
        let mut attributes: Map<String, Value> = Map::new();
        for (name, value) in element.attributes {
            let same = |key: &str| attributes.contains_key(key);
            let first = format!("{}@{name}", element.key);
            // `type` and `xsi:type` have one local name.
            let key = match same(&first) {
                false => first,
                true => (2_usize..)
                    .map(|number| format!("{first}[{number}]"))
                    .find(|key| !same(key))
                    .unwrap_or_default(),
            };
            attributes.insert(key, value.into());
        }
        self.members.extend(attributes);
        let value = if element.members.is_empty() {
            Value::String(element.text)
        } else {
            // White space between elements says nothing.
            if !element.text.trim().is_empty() {
                element.members.insert(XML_TEXT.to_owned(), element.text.trim().into());
            }
            Value::Object(element.members)
        };
        self.members.insert(element.key, value);
    }
}
