//! The reactions of the server to a request.

use std::{
    fmt,
    io::{self, Write},
    sync::Arc,
    time::Duration,
};

use serde_json::Value;
use tokio::{io::AsyncWriteExt as _, runtime::Handle};

use crate::stream::Stream;

/// The longest time for which one write waits for the client. No client of the tests waits longer.
const WRITE_TIMEOUT: Duration = Duration::from_secs(20);

/// The reaction of the server to a request.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The header lines, without `Content-Length`, which the server adds if it is not among them.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    pub(crate) action: Action,
}

type Script = dyn Fn(&mut Connection<'_>) -> io::Result<()> + Send + Sync;

#[derive(Clone)]
pub(crate) enum Action {
    Respond,
    /// Responds, and sends these bytes after a pause.
    RespondAndSend(Duration, Vec<u8>),
    Write(Arc<Script>),
    Close,
    Hang(Duration),
}

impl fmt::Debug for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Respond => "Respond",
            Self::RespondAndSend(..) => "RespondAndSend",
            Self::Write(_) => "Write",
            Self::Close => "Close",
            Self::Hang(_) => "Hang",
        })
    }
}

impl Reply {
    /// Creates a response.
    pub fn new(status: u16, media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let headers = vec![("Content-Type".to_owned(), media_type.to_owned())];
        Self { status, headers, body: body.into(), action: Action::Respond }
    }

    /// Creates a response with a JSON body: a value, or a text that is JSON or pretends to be.
    pub fn json(status: u16, body: impl fmt::Display) -> Self {
        Self::new(status, "application/json", body.to_string())
    }

    /// Creates a response with an HTML page.
    pub fn html(status: u16, body: &str) -> Self {
        Self::new(status, "text/html", body)
    }

    fn acting(action: Action) -> Self {
        Self { status: 0, headers: Vec::new(), body: Vec::new(), action }
    }

    /// Closes the connection without a response.
    pub fn close() -> Self {
        Self::acting(Action::Close)
    }

    /// Closes the connection after this time, without a response.
    pub fn hang(time: Duration) -> Self {
        Self::acting(Action::Hang(time))
    }

    /// Writes what the closure writes, byte for byte, and closes the connection.
    pub fn writing(write: impl Fn(&mut Connection<'_>) -> io::Result<()> + Send + Sync + 'static) -> Self {
        Self::acting(Action::Write(Arc::new(write)))
    }

    /// Sends bytes that belong to no response after this one and a pause, and keeps the connection open.
    pub fn followed_by(self, pause: Duration, surplus: impl Into<Vec<u8>>) -> Self {
        Self { action: Action::RespondAndSend(pause, surplus.into()), ..self }
    }

    /// Sets a header; an empty value removes it.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        if value.is_empty() { self } else { self.add(name, value) }
    }

    /// Adds a header line.
    pub fn add(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sets the status.
    pub fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// Sets the body.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Returns the body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Modifies the JSON body.
    ///
    /// # Panics
    /// If the body is not JSON.
    pub fn edit(mut self, change: impl FnOnce(&mut Value)) -> Self {
        let mut value: Value = serde_json::from_slice(&self.body).expect("a JSON body");
        change(&mut value);
        self.body = value.to_string().into_bytes();
        self
    }

    /// Sets a member of the JSON body.
    ///
    /// # Panics
    /// If the body is no JSON object.
    pub fn set(self, key: &str, value: Value) -> Self {
        self.edit(|body| body[key] = value)
    }

    /// Removes a member of the JSON body.
    ///
    /// # Panics
    /// If the body is not JSON.
    pub fn unset(self, key: &str) -> Self {
        self.edit(|body| drop(body.as_object_mut().and_then(|body| body.remove(key))))
    }

    /// Returns the response as it is sent to a request other than HEAD.
    pub fn bytes(&self) -> Vec<u8> {
        self.bytes_for("GET")
    }

    pub(crate) fn bytes_for(&self, method: &str) -> Vec<u8> {
        let has_no_body = matches!(self.status, 100..=199 | 204);
        let mut head = format!("HTTP/1.1 {} Something\r\n", self.status);
        let has_length = self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-length"));
        if !has_no_body && !has_length {
            head.push_str(&format!("Content-Length: {}\r\n", self.body.len()));
        }
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        let mut bytes = head.into_bytes();
        if !has_no_body && self.status != 304 && method != "HEAD" {
            bytes.extend(&self.body);
        }
        bytes
    }
}

/// The connection to which a reply writes.
pub struct Connection<'s> {
    pub(crate) stream: &'s mut Stream,
    pub(crate) runtime: Handle,
}

impl Connection<'_> {
    /// Makes closing the connection a reset. The error that it returns ends the connection without a shutdown.
    ///
    /// # Errors
    /// Always.
    pub fn reset(&self) -> io::Result<()> {
        self.stream.reset_on_close()?;
        Err(io::ErrorKind::ConnectionReset.into())
    }
}

impl Write for Connection<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.runtime.block_on(async {
            let written = async {
                let written = self.stream.write(bytes).await?;
                // With TLS, what was written waits for more otherwise.
                self.stream.flush().await.map(|()| written)
            };
            tokio::time::timeout(WRITE_TIMEOUT, written).await?
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
