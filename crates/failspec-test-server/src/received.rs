//! A request, as the server received it.

use std::io;

use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncReadExt as _};

/// The longest body that a test sends, in bytes.
const MAX_BODY: usize = 256 << 20;

/// A request as received by the server.
#[derive(Debug, Clone)]
pub struct Received {
    /// The method.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// The header lines, in order.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// Its number among all requests to the server, from 0.
    pub number: usize,
    /// True if the client presented a certificate.
    pub has_client_certificate: bool,
}

impl Received {
    /// Returns the value of the first header line with this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// Returns method, path and query: `GET /things?a=b`.
    pub fn line(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// Returns path and query apart; the query is empty if there is none.
    pub fn path_and_query(&self) -> (&str, &str) {
        self.path.split_once('?').unwrap_or((&self.path, ""))
    }

    /// Reads the head of the next request; `None` if the client has closed the connection, or if it is not HTTP.
    pub(crate) async fn read_head(reader: &mut (impl AsyncBufRead + Unpin)) -> Option<Self> {
        let first = read_line(reader).await?;
        let mut parts = first.split_whitespace();
        let (method, path) = (parts.next()?.to_owned(), parts.next()?.to_owned());
        let mut headers = Vec::new();
        loop {
            let line = read_line(reader).await?;
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(':')?;
            headers.push((name.to_owned(), value.trim().to_owned()));
        }
        Some(Self { method, path, headers, body: Vec::new(), number: 0, has_client_certificate: false })
    }

    /// Reads the body that the head announces.
    pub(crate) async fn read_body(&mut self, reader: &mut (impl AsyncBufRead + Unpin)) -> io::Result<()> {
        if self.header("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked")) {
            loop {
                let line = read_line(reader).await.ok_or(io::ErrorKind::UnexpectedEof)?;
                let size = line.split(';').next().unwrap_or_default().trim();
                let length = usize::from_str_radix(size, 16).map_err(io::Error::other)?;
                let start = self.body.len();
                self.body.resize((start + length).min(MAX_BODY), 0);
                reader.read_exact(&mut self.body[start..]).await?;
                read_line(reader).await.ok_or(io::ErrorKind::UnexpectedEof)?;
                if length == 0 {
                    return Ok(());
                }
            }
        }
        let length = self.header("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
        self.body = vec![0; length.min(MAX_BODY)];
        reader.read_exact(&mut self.body).await.map(drop)
    }
}

/// Reads a line without its end.
async fn read_line(reader: &mut (impl AsyncBufRead + Unpin)) -> Option<String> {
    let mut line = Vec::new();
    reader.read_until(b'\n', &mut line).await.ok().filter(|read| *read > 0)?;
    Some(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned())
}
