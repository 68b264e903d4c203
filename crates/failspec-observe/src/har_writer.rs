//! Writes recorded exchanges as HAR 1.2, entry by entry.

use std::io::{self, Write};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::exchange::{RecordedBody, RecordedExchange, RecordedRequest, RecordedResponse};

/// A HAR file that grows with each exchange. Without [`Self::finish`] it is cut.
#[derive(Debug)]
pub struct HarWriter<W: Write> {
    out: W,
    is_empty: bool,
}

impl<W: Write> HarWriter<W> {
    /// Begins a file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn new(mut out: W) -> io::Result<Self> {
        let creator = json!({ "name": "failspec", "version": env!("CARGO_PKG_VERSION") });
        write!(out, "{{\"log\":{{\"version\":\"1.2\",\"creator\":{creator},\"pages\":[],\"entries\":[")?;
        Ok(Self { out, is_empty: true })
    }

    /// Writes an exchange, as it is: see [`Redactor::redact`](crate::Redactor::redact).
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&mut self, exchange: &RecordedExchange) -> io::Result<()> {
        let separator = if std::mem::take(&mut self.is_empty) { "\n" } else { ",\n" };
        let mut text = separator.as_bytes().to_vec();
        serde_json::to_writer(&mut text, &entry(exchange))?;
        self.out.write_all(&text)
    }

    /// Ends the file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finish(mut self) -> io::Result<()> {
        self.out.write_all(b"\n]}}\n")?;
        self.out.flush()
    }
}

fn entry(exchange: &RecordedExchange) -> Value {
    json!({
        "startedDateTime": exchange.started.as_deref().unwrap_or("1970-01-01T00:00:00Z"),
        "time": exchange.ms,
        "request": request(&exchange.request),
        "response": response(exchange.response.as_ref()),
        "cache": {},
        "timings": { "send": 0, "wait": exchange.ms, "receive": 0 },
    })
}

fn headers(headers: &[(String, String)]) -> Vec<Value> {
    headers.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect()
}

fn request(request: &RecordedRequest) -> Value {
    let query = request.url.split('#').next().and_then(|url| url.split_once('?')).map(|(_, query)| query);
    let query: Vec<Value> = query
        .into_iter()
        .flat_map(|query| query.split('&'))
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            json!({ "name": name, "value": value })
        })
        .collect();
    let mut written = json!({
        "method": request.method,
        "url": request.url,
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": headers(&request.headers),
        "queryString": query,
        "headersSize": -1,
        "bodySize": request.body.len(),
    });
    if !request.body.is_empty() {
        let mime = request.header("content-type").unwrap_or_default();
        written["postData"] = match std::str::from_utf8(&request.body) {
            Ok(text) => json!({ "mimeType": mime, "text": text }),
            Err(_) => {
                json!({ "mimeType": mime, "text": STANDARD.encode(&request.body), "_encoding": "base64" })
            }
        };
    }
    written
}

fn response(response: Option<&RecordedResponse>) -> Value {
    let Some(response) = response else {
        return json!({
            "status": 0, "statusText": "", "httpVersion": "unknown", "cookies": [], "headers": [],
            "content": { "size": 0, "mimeType": "" }, "redirectURL": "", "headersSize": -1, "bodySize": -1,
        });
    };
    let mime = response.header("content-type").unwrap_or_default();
    let content = match &response.body {
        RecordedBody::Whole(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => json!({ "size": bytes.len(), "mimeType": mime, "text": text }),
            Err(_) => {
                json!({ "size": bytes.len(), "mimeType": mime, "text": STANDARD.encode(bytes), "encoding": "base64" })
            }
        },
        // Without a text it is absent for every reader.
        _ => json!({ "size": -1, "mimeType": mime }),
    };
    json!({
        "status": response.status,
        "statusText": "",
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": headers(&response.headers),
        "content": content,
        "redirectURL": response.header("location").unwrap_or_default(),
        "headersSize": -1,
        "bodySize": -1,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read;

    #[test]
    fn har_writer_writes_what_the_reader_reads() {
        let exchange = |body: RecordedBody| RecordedExchange {
            started: Some("2026-11-20T10:00:00Z".to_owned()),
            ms: 1.5,
            request: RecordedRequest {
                method: "POST".to_owned(),
                url: "https://api.test/notes?a=1".to_owned(),
                headers: vec![("Content-Type".to_owned(), "text/plain".to_owned())],
                body: b"\xff\x00".as_slice().into(),
            },
            response: Some(RecordedResponse {
                status: 404,
                headers: vec![("Set-Cookie".to_owned(), "a=1".to_owned())],
                body,
            }),
            ..RecordedExchange::default()
        };
        let all = [
            exchange(RecordedBody::Whole("no \"such\" thing\n".into())),
            exchange(RecordedBody::Whole(b"\xfe\x00".as_slice().into())),
            exchange(RecordedBody::Absent),
            exchange(RecordedBody::default()),
            RecordedExchange { response: None, ..exchange(RecordedBody::Absent) },
        ];
        let mut text = Vec::new();
        let mut writer = HarWriter::new(&mut text).expect("memory can be written");
        for exchange in &all {
            writer.write(exchange).expect("memory can be written");
        }
        writer.finish().expect("memory can be written");
        let mut again = Vec::new();
        read("a.har", text.as_slice(), &mut |exchange| again.push(exchange)).expect("it is a HAR file");
        assert_eq!(again.len(), all.len());
        for (index, (one, other)) in all.iter().zip(&again).enumerate() {
            assert_eq!(other.entry, index as u64 + 1);
            assert_eq!((&one.request.url, &one.request.body), (&other.request.url, &other.request.body));
            let body = |it: &RecordedExchange| it.response.as_ref().map(|it| (it.status, it.body.clone()));
            assert_eq!(body(one), body(other));
        }
    }
}
