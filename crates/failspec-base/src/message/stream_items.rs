//! The items of a body that is a stream: events of an event stream, or lines of JSON.

use serde_json::Value;

use super::{Defect, Document};

/// The format of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StreamFormat {
    /// Server-sent events (`text/event-stream`).
    Sse,
    /// A JSON document on each line.
    Ndjson,
}

/// An item of a stream.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamItem {
    /// The name of the event; that of an event without one is `message`. Lines have none.
    pub event: String,
    /// The data as JSON; as text, if it is no JSON.
    pub value: Value,
    /// The reasons why the data is not exactly one JSON document.
    pub defects: Vec<Defect>,
}

/// Maximum number of items that are read of a stream. The size of a body is limited as well.
const MAX_ITEMS: usize = 20_000;

/// The name of an event that names none.
const UNNAMED: &str = "message";

impl StreamItem {
    fn new(event: &str, data: &str) -> Self {
        let Document { value, defects, .. } = Document::read(data.as_bytes());
        Self { event: event.to_owned(), value: value.unwrap_or_else(|| data.into()), defects }
    }
}

impl StreamFormat {
    /// Returns the items of a stream as far as they are complete. `is_open` is true if more may follow: then a last line
    /// without an end is none yet.
    ///
    /// Events are read as browsers read them: an event ends with an empty line, and without one it is none. Comments and
    /// events without data are none either.
    pub fn items(self, body: &[u8], is_open: bool) -> Vec<StreamItem> {
        let text = String::from_utf8_lossy(body);
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        match self {
            Self::Sse => events(text),
            Self::Ndjson => {
                let complete = if is_open { text.rfind('\n').map_or(0, |end| end + 1) } else { text.len() };
                let lines = text[..complete].split('\n').map(|line| line.trim_matches(['\r', ' ', '\t']));
                let lines = lines.filter(|line| !line.is_empty());
                lines.take(MAX_ITEMS).map(|line| StreamItem::new("", line)).collect()
            }
        }
    }
}

/// Reads events as the HTML standard says (section 9.2.6).
fn events(text: &str) -> Vec<StreamItem> {
    let mut items = Vec::new();
    let (mut event, mut data) = (String::new(), None::<String>);
    let mut rest = text;
    // A line ends with CR, LF or both; a last line without an end is not complete.
    while let Some(end) = rest.find(['\r', '\n']) {
        let line = &rest[..end];
        rest = rest[end..].strip_prefix("\r\n").unwrap_or(&rest[end + 1..]);
        if line.is_empty() {
            if let Some(data) = data.take() {
                let name = if event.is_empty() { UNNAMED } else { &event };
                items.push(StreamItem::new(name, &data));
                if items.len() == MAX_ITEMS {
                    break;
                }
            }
            event.clear();
            continue;
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut event),
            "data" => match &mut data {
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
                None => data = Some(value.to_owned()),
            },
            _ => {}
        }
    }
    items
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(format: StreamFormat, text: &str, is_open: bool) -> Vec<(String, Value, bool)> {
        let items = format.items(text.as_bytes(), is_open).into_iter();
        items.map(|item| (item.event, item.value, item.defects.is_empty())).collect()
    }

    #[test]
    fn events_are_those_that_a_browser_dispatches() {
        let one = |event: &str, value: Value, is_json| vec![(event.to_owned(), value, is_json)];
        for (text, expected) in [
            ("data: {\"a\":1}\n\n", one("message", json!({"a": 1}), true)),
            ("\u{feff}event: error\r\ndata:{\"a\":1}\r\n\r\n", one("error", json!({"a": 1}), true)),
            ("event: error\rdata: 1\r\r", one("error", json!(1), true)),
            ("id: 7\n: comment\nretry: 1\ndata: [\ndata: 1]\n\n", one("message", json!([1]), true)),
            ("data: [DONE]\n\n", one("message", json!("[DONE]"), false)),
            ("data\n\n", one("message", json!(""), false)),
            ("data: 1\n", vec![]),
            ("data: 1", vec![]),
            ("event: error\n\n", vec![]),
            (": ping\n\n\n", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(read(StreamFormat::Sse, text, false), expected, "{text:?}");
        }
        let two = "event: a\ndata: 1\n\ndata: 2\n\n";
        assert_eq!(
            read(StreamFormat::Sse, two, true),
            [("a".to_owned(), json!(1), true), ("message".to_owned(), json!(2), true)]
        );
    }

    #[test]
    fn lines_are_documents() {
        let lines = "{\"a\":1}\r\n\n  2 \n{\n3";
        let value = |value: Value, is_json| (String::new(), value, is_json);
        let complete = vec![value(json!({"a": 1}), true), value(json!(2), true), value(json!("{"), false)];
        assert_eq!(read(StreamFormat::Ndjson, lines, true), complete);
        let all = [complete, vec![value(json!(3), true)]].concat();
        assert_eq!(read(StreamFormat::Ndjson, lines, false), all);
    }

    #[test]
    fn endless_streams_are_bounded() {
        let text = "data: 1\n\n".repeat(MAX_ITEMS + 10);
        assert_eq!(StreamFormat::Sse.items(text.as_bytes(), false).len(), MAX_ITEMS);
    }
}
