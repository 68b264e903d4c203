//! Responses, as observed.

use std::{
    borrow::Cow,
    sync::{Arc, OnceLock},
    time::Duration,
};

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderMap};

use super::{Document, MediaType, StreamFormat, StreamItem, standards::is_single_header};

/// A response, as observed.
#[derive(Debug, Clone)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The headers. Names are case-insensitive; values are raw bytes.
    pub headers: HeaderMap,
    /// The body after content decoding, as far as it arrived.
    pub body: Bytes,
    /// The error that occurred while the body arrived.
    pub defect: Option<BodyError>,
    /// Time from sending until the head of the response was complete.
    pub first_byte: Duration,
    /// The parsed body, shared by the copies of a response: values take many times the memory of their text.
    pub(super) document: OnceLock<Arc<Document>>,
    /// True for a stream of which reading stopped while more could follow.
    pub is_open: bool,
    /// The items of a stream, in each format.
    items: [OnceLock<Arc<Vec<StreamItem>>>; 2],
}

/// Error that occurred while a body arrived. The part that arrived before it is kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// The connection ended before the announced length or the last chunk.
    #[error("the body ended early: {0}")]
    EndedEarly(String),
    /// The body is not in the coding that `Content-Encoding` names. If no part of it could be decoded, the body is
    /// kept as it arrived.
    #[error("the body does not match Content-Encoding: {0}")]
    BadEncoding(String),
    /// `Content-Encoding` names a coding that this client never accepts by itself and cannot decode. The body is kept
    /// as it arrived. A request with such a coding in its own `Accept-Encoding` can get this error although the
    /// server is correct.
    #[error("the content coding {0:?} cannot be decoded here")]
    UnsupportedEncoding(String),
}

impl Response {
    /// Creates a response without any defect and with no delay: for tests, and for responses that are read from a
    /// recording.
    pub fn new(status: u16, headers: HeaderMap, body: impl Into<Bytes>) -> Self {
        Self {
            status,
            headers,
            body: body.into(),
            defect: None,
            first_byte: Duration::ZERO,
            document: OnceLock::new(),
            is_open: false,
            items: [OnceLock::new(), OnceLock::new()],
        }
    }

    /// Returns the value of the first header with this name, if it is UTF-8.
    pub fn header(&self, name: &str) -> Option<&str> {
        let value = self.headers.get(name)?;
        std::str::from_utf8(value.as_bytes()).ok()
    }

    /// Returns the values of all lines of a header, in their order. Bytes that are not UTF-8 are replaced by U+FFFD.
    pub fn header_lines(&self, name: &str) -> Vec<Cow<'_, str>> {
        let lines = self.headers.get_all(name).iter();
        lines.map(|value| String::from_utf8_lossy(value.as_bytes())).collect()
    }

    /// Returns the value of a header, with all its lines combined as RFC 9110, section 5.2 says: a list in several
    /// lines is the same as the list in one line. A line that occurs twice counts once. Of a header that can have
    /// only one value ([`is_single_header`]) the first line counts.
    pub fn combined_header(&self, name: &str) -> Option<Cow<'_, str>> {
        let mut lines = self.headers.get_all(name).iter();
        let first = lines.next()?;
        // Nearly every header has one line: nothing is copied for it.
        if is_single_header(name) || lines.all(|line| line == first) {
            return Some(String::from_utf8_lossy(first.as_bytes()));
        }
        let mut distinct: Vec<Cow<'_, str>> = Vec::new();
        for line in self.header_lines(name) {
            if !distinct.contains(&line) {
                distinct.push(line);
            }
        }
        Some(Cow::Owned(distinct.join(", ")))
    }

    /// Returns all headers as text, in the order in which they arrived (those with the same name together). Bytes
    /// that are not UTF-8 are replaced by U+FFFD.
    pub fn headers_text(&self) -> impl Iterator<Item = (&str, Cow<'_, str>)> {
        self.headers.iter().map(|(name, value)| (name.as_str(), String::from_utf8_lossy(value.as_bytes())))
    }

    /// Returns the media type; `None` if there is no `Content-Type`, if it is malformed, or if there are several that
    /// differ.
    pub fn media_type(&self) -> Option<MediaType> {
        let mut values = self.headers.get_all(CONTENT_TYPE).iter();
        let first = values.next()?;
        if values.any(|other| other != first) {
            return None;
        }
        MediaType::parse(std::str::from_utf8(first.as_bytes()).ok()?)
    }

    /// Returns the body parsed as one document of JSON, or of XML. It is parsed once, on first use.
    ///
    /// JSON and well-formed XML are read regardless of the media type; HTML pages are neither. A body that is broken is
    /// XML if its media type says so.
    pub fn document(&self) -> &Document {
        self.document.get_or_init(|| Arc::new(self.parse()))
    }

    fn parse(&self) -> Document {
        let media_type = self.media_type();
        let says_xml = media_type.as_ref().is_some_and(MediaType::is_xml);
        let is_json = || {
            // No JSON begins with what all XML begins with.
            let mut letters =
                self.body.iter().filter(|byte| !matches!(byte, 0 | 0xbb | 0xbf | 0xef | 0xfe | 0xff));
            letters.find(|byte| !byte.is_ascii_whitespace()).is_some_and(|first| *first != b'<')
        };
        if self.body.is_empty() || is_json() {
            return Document::read(&self.body);
        }
        let charset = media_type.as_ref().and_then(|it| it.parameter("charset"));
        match media_type.as_ref() {
            Some(other) if other.is_json() || other.is_html() => Document::read(&self.body),
            _ => {
                let document = Document::read_xml(&self.body, charset);
                if says_xml || (document.defects.is_empty() && !document.is_page()) {
                    document
                } else {
                    Document::read(&self.body)
                }
            }
        }
    }

    /// Returns the items of a body that is a stream, regardless of its media type. It is parsed once, on first use.
    pub fn items(&self, format: StreamFormat) -> &[StreamItem] {
        let cell = &self.items[usize::from(format == StreamFormat::Ndjson)];
        cell.get_or_init(|| Arc::new(format.items(&self.body, self.is_open)))
    }

    /// Returns the body as text; bytes that are not UTF-8 are replaced by U+FFFD.
    pub fn text_lossy(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    fn with_types(types: &[&'static str]) -> Response {
        let mut headers = HeaderMap::new();
        for value in types {
            headers.append(CONTENT_TYPE, HeaderValue::from_static(value));
        }
        Response::new(400, headers, "{}")
    }

    #[test]
    fn several_content_types_must_agree() {
        assert!(with_types(&[]).media_type().is_none());
        assert!(with_types(&["text/html", "text/html"]).media_type().is_some());
        assert!(with_types(&["text/html", "application/json"]).media_type().is_none());
    }

    #[test]
    fn lines_of_a_list_are_one_list_and_of_a_single_value_the_first_counts() {
        for (name, lines, combined) in [
            ("allow", &["GET", "HEAD"][..], Some("GET, HEAD")),
            ("allow", &["GET"], Some("GET")),
            ("allow", &["GET", "GET"], Some("GET")),
            ("x-quota", &["a, b", "c"], Some("a, b, c")),
            ("retry-after", &["5", "7"], Some("5")),
            ("content-type", &["text/html", "text/plain"], Some("text/html")),
            ("set-cookie", &["a=1", "b=2"], Some("a=1")),
            ("vary", &[], None),
        ] {
            let mut response = with_types(&[]);
            for line in lines {
                response.headers.append(name, HeaderValue::from_static(line));
            }
            assert_eq!(response.combined_header(name).as_deref(), combined, "{name}: {lines:?}");
            assert_eq!(response.header_lines(name), lines, "{name}");
        }
    }

    #[test]
    fn a_header_is_text_or_nothing() {
        let mut response = with_types(&["text/html"]);
        assert_eq!(response.header("content-type"), Some("text/html"));
        assert_eq!(response.header("Content-Type"), Some("text/html"));
        let latin = HeaderValue::from_bytes(b"caf\xe9").expect("obs-text is allowed");
        response.headers.insert(CONTENT_TYPE, latin);
        assert_eq!(response.header("Content-Type"), None);
        assert_eq!(response.headers_text().next(), Some(("content-type", "caf\u{fffd}".into())));
    }

    #[test]
    fn the_document_survives_a_clone() {
        let response = with_types(&[]);
        assert!(response.document().defects.is_empty());
        assert_eq!(response.clone().document().value, Some(serde_json::json!({})));
    }
}
