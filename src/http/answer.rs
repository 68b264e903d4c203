//! What came back.

use std::{sync::OnceLock, time::Duration};

use bytes::Bytes;
use reqwest::header::HeaderMap;

use super::Document;

/// An answer, as observed.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers. Names are case-insensitive; values are raw bytes.
    pub headers: HeaderMap,
    /// The body after content decoding, as far as it arrived.
    pub body: Bytes,
    /// What went wrong while the body arrived.
    pub defect: Option<BodyDefect>,
    /// From sending until the head of the answer was there.
    pub first_byte: Duration,
    pub(super) document: OnceLock<Document>,
}

/// What went wrong while a body arrived. What had arrived until then is kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BodyDefect {
    /// The connection ended before the announced length or the last chunk.
    #[error("the body ended early: {0}")]
    EndedEarly(String),
}

impl Answer {
    /// Stand-in until the room is finished.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
    /// Stand-in until the room is finished.
    pub fn document(&self) -> &Document {
        self.document
            .get_or_init(|| Document { value: serde_json::from_slice(&self.body).ok(), defects: vec![] })
    }
    /// Stand-in until the room is finished.
    pub fn text_lossy(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }
}
