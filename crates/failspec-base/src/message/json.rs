//! A body read as exactly one JSON document.

use serde_json::Value;

/// A body read as JSON: the value, if one could be read, and everything that is wrong with the text.
#[derive(Debug, Clone, Default)]
pub struct Document {
    /// The value; of duplicate keys the last one, as most parsers have it.
    pub value: Option<Value>,
    /// What keeps the text from being exactly one well-formed JSON document.
    pub defects: Vec<Defect>,
}

/// One reason why a text is not exactly one well-formed JSON document (RFC 8259).
///
/// Lines and columns count from 1, columns in bytes. A byte order mark at the front is not counted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Defect {
    /// Nothing there, or white space only.
    #[error("the body is empty")]
    Empty,
    /// RFC 8259, section 8.1: "implementations MUST NOT add a byte order mark". The rest was read.
    #[error("the body begins with a byte order mark")]
    ByteOrderMark,
    /// RFC 8259, section 8.1, wants UTF-8. Nothing was read.
    #[error("the body is UTF-16, not UTF-8")]
    Utf16,
    /// RFC 8259, section 8.1, wants UTF-8. The rest was read, with U+FFFD for what is not UTF-8.
    #[error("the body is not UTF-8 at byte {offset}")]
    NotUtf8 {
        /// Where the first such byte is, from 0.
        offset: usize,
    },
    /// The text breaks the grammar. Nothing was read.
    #[error("the body is not JSON: {reason} at line {line} column {column}")]
    NotJson {
        /// The line where reading ended.
        line: usize,
        /// The column where reading ended.
        column: usize,
        /// What the parser missed or found.
        reason: String,
    },
    /// There is a document, and something other than white space behind it. The document was read.
    #[error("the body continues after the end of the JSON document at line {line} column {column}")]
    TrailingBytes {
        /// The line where the surplus begins.
        line: usize,
        /// The column where the surplus begins.
        column: usize,
    },
    /// RFC 8259, section 4: names within an object should be unique; what a reader makes of others "is
    /// unpredictable". The last member was kept.
    #[error("the key at {pointer} appears more than once")]
    DuplicateKey {
        /// JSON Pointer (RFC 6901) of the member; of keys beyond 200 bytes it gives the length alone.
        pointer: String,
    },
    /// RFC 8259, section 9, lets a reader limit the depth. Nothing was read.
    #[error("the JSON is nested more than {limit} levels deep")]
    TooDeep {
        /// The most levels that are read.
        limit: usize,
    },
    /// RFC 8259, section 9, lets a reader limit the size. Nothing was read.
    #[error("the JSON contains more than {limit} values")]
    TooManyValues {
        /// The most values that are read.
        limit: usize,
    },
    /// A number beyond the range of a double (RFC 8259, section 6: "indicates potential interoperability
    /// problems"). Nothing was read.
    #[error("the body contains a number that is out of range at line {line} column {column}")]
    NumberTooLarge {
        /// The line of the number.
        line: usize,
        /// The column of the number.
        column: usize,
    },
    /// Half of a surrogate pair in an escape (RFC 8259, section 8.2: "unpredictable"). Nothing was read.
    #[error("the body contains half of a surrogate pair at line {line} column {column}")]
    LoneSurrogate {
        /// The line of the escape.
        line: usize,
        /// The column of the escape.
        column: usize,
    },
}
