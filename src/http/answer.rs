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
