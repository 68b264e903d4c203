//! A body parsed as exactly one document.

use serde_json::Value;

use super::XmlDefect;

/// A body parsed as one document: the value, if one could be parsed, and all defects of the text.
#[derive(Debug, Clone, Default)]
pub struct Document {
    /// The value. Of duplicate keys the last one is kept, as in most parsers. Of XML it is an object, in which each
    /// element is a member.
    pub value: Option<Value>,
    /// The reasons why the text is not exactly one well-formed document.
    pub defects: Vec<Defect>,
    /// The format in which the body was read.
    pub format: BodyFormat,
    /// Texts that are no part of the value: comments and processing instructions of XML.
    pub asides: Vec<String>,
}

/// The format of a body.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum BodyFormat {
    /// JSON (RFC 8259), and everything that is neither.
    #[default]
    Json,
    /// XML 1.0.
    Xml,
}

impl Document {
    /// Returns true if the body was read as XML.
    pub fn is_xml(&self) -> bool {
        self.format == BodyFormat::Xml
    }
}

/// Reason why a text is not exactly one well-formed JSON document (RFC 8259).
///
/// Lines and columns count from 1, columns in bytes. A byte order mark at the front is not counted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Defect {
    /// The body is empty or contains only white space.
    #[error("the body is empty")]
    Empty,
    /// A byte order mark. RFC 8259, section 8.1: "implementations MUST NOT add a byte order mark". The rest was
    /// parsed.
    #[error("the body begins with a byte order mark")]
    ByteOrderMark,
    /// UTF-16. RFC 8259, section 8.1, requires UTF-8. Nothing was parsed.
    #[error("the body is UTF-16, not UTF-8")]
    Utf16,
    /// Bytes that are not UTF-8. RFC 8259, section 8.1, requires UTF-8. The rest was parsed, with U+FFFD in place of
    /// these bytes.
    #[error("the body is not UTF-8 at byte {offset}")]
    NotUtf8 {
        /// Offset of the first such byte, from 0.
        offset: usize,
    },
    /// The text violates the grammar. Nothing was parsed.
    #[error("the body is not JSON: {reason} at line {line} column {column}")]
    NotJson {
        /// The line at which parsing ended.
        line: usize,
        /// The column at which parsing ended.
        column: usize,
        /// The token that the parser expected or found.
        reason: String,
    },
    /// The document is followed by something other than white space. The document was parsed.
    #[error("the body continues after the end of the JSON document at line {line} column {column}")]
    TrailingBytes {
        /// The line at which the surplus begins.
        line: usize,
        /// The column at which the surplus begins.
        column: usize,
    },
    /// A duplicate key. RFC 8259, section 4: names within an object should be unique; how software handles duplicates
    /// "is unpredictable". The last member was kept.
    #[error("the key at {pointer} appears more than once")]
    DuplicateKey {
        /// JSON Pointer (RFC 6901) of the member; for keys longer than 200 bytes it contains only the length.
        pointer: String,
    },
    /// The nesting is too deep. RFC 8259, section 9, permits a parser to limit the depth. Nothing was parsed.
    #[error("the JSON is nested more than {limit} levels deep")]
    TooDeep {
        /// The maximum number of levels.
        limit: usize,
    },
    /// The body has too many values. RFC 8259, section 9, permits a parser to limit the size. Nothing was parsed.
    #[error("the JSON contains more than {limit} values")]
    TooManyValues {
        /// The maximum number of values.
        limit: usize,
    },
    /// A number beyond the range of a double (RFC 8259, section 6: "indicates potential interoperability problems").
    /// Nothing was parsed.
    #[error("the body contains a number that is out of range at line {line} column {column}")]
    NumberTooLarge {
        /// The line of the number.
        line: usize,
        /// The column of the number.
        column: usize,
    },
    /// Half of a surrogate pair in an escape (RFC 8259, section 8.2: "unpredictable"). Nothing was parsed.
    #[error("the body contains half of a surrogate pair at line {line} column {column}")]
    LoneSurrogate {
        /// The line of the escape.
        line: usize,
        /// The column of the escape.
        column: usize,
    },
    /// A defect of XML.
    #[error(transparent)]
    Xml(#[from] XmlDefect),
}

impl Defect {
    /// Returns true for a document that may be right, in an encoding that failspec does not read.
    pub fn is_unread(&self) -> bool {
        matches!(self, Self::Xml(defect) if defect.is_unread())
    }
}
