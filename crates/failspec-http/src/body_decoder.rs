//! Reads the body of a response: limits its size and decodes it according to its `Content-Encoding`.

use std::io::Write;

use bytes::{Bytes, BytesMut};
use flate2::write::{MultiGzDecoder, ZlibDecoder};
use hyper::header::{CONTENT_ENCODING, HeaderMap};

use super::{BodyError, Limits};

/// Maximum capacity, in bytes, that is reserved because of a `Content-Length`. The buffer grows as more data arrives.
const RESERVE: u64 = 64 * 1024;

/// The body became larger than [`Limits::body`].
#[derive(Debug)]
pub(super) struct TooLarge;

/// Collects and decodes a body.
pub(super) struct BodyDecoder {
    limit: usize,
    reserve: usize,
    /// The bytes as received; dropped as soon as some of them are decoded.
    raw: RawBuffer,
    coding: ContentCoding,
    defect: Option<BodyError>,
}

enum ContentCoding {
    Identity,
    Gzip(Box<MultiGzDecoder<BoundedWriter>>),
    Deflate(Box<ZlibDecoder<BoundedWriter>>),
    /// Decoding failed; contains the bytes decoded so far. The rest of the body is ignored.
    Broken(Vec<u8>),
}

impl BodyDecoder {
    /// Creates a decoder for the body that follows these headers. `announced` is its length in bytes, if known.
    pub(super) fn new(headers: &HeaderMap, announced: Option<u64>, limits: &Limits) -> Self {
        let limit = limits.body;
        let mut defect = None;
        let names = codings(headers);
        let coding = match names.as_slice() {
            [] => ContentCoding::Identity,
            // RFC 9110, section 8.4.1.3: x-gzip is equivalent to gzip.
            [name] if name == "gzip" || name == "x-gzip" => {
                ContentCoding::Gzip(Box::new(MultiGzDecoder::new(BoundedWriter::new(limit))))
            }
            // RFC 9110, section 8.4.1.2: "deflate" is the zlib format.
            [name] if name == "deflate" => {
                ContentCoding::Deflate(Box::new(ZlibDecoder::new(BoundedWriter::new(limit))))
            }
            _ => {
                defect = Some(BodyError::UnsupportedEncoding(names.join(", ")));
                ContentCoding::Identity
            }
        };
        let reserve = announced.unwrap_or(0).min(RESERVE) as usize;
        Self { limit, reserve, raw: RawBuffer::Nothing, coding, defect }
    }

    /// Adds the next chunk.
    ///
    /// # Errors
    /// If the body, as received or decoded, becomes larger than the limit.
    pub(super) fn push(&mut self, piece: Bytes) -> Result<(), TooLarge> {
        if piece.is_empty() {
            return Ok(());
        }
        let decoded = match &mut self.coding {
            ContentCoding::Identity => Ok(0),
            ContentCoding::Gzip(decoder) => {
                let written = decoder.write_all(&piece);
                written.map(|()| decoder.get_ref().bytes.len())
            }
            ContentCoding::Deflate(decoder) => {
                let written = decoder.write_all(&piece);
                written.map(|()| decoder.get_ref().bytes.len())
            }
            ContentCoding::Broken(_) => return Ok(()),
        };
        match decoded {
            Ok(0) => self.raw.push(piece, self.reserve, self.limit),
            Ok(_) => {
                self.raw = RawBuffer::Nothing;
                Ok(())
            }
            Err(error) => {
                self.raw.push(piece, self.reserve, self.limit)?;
                self.stop_decoding(error.to_string())
            }
        }
    }

    /// Returns true if decoding failed, so that the rest of the body need not be read.
    pub(super) fn is_broken(&self) -> bool {
        matches!(self.coding, ContentCoding::Broken(_))
    }

    /// Returns what is decoded so far.
    pub(super) fn so_far(&self) -> &[u8] {
        match &self.coding {
            ContentCoding::Identity => match &self.raw {
                RawBuffer::Nothing => &[],
                RawBuffer::One(piece) => piece,
                RawBuffer::Many(all) => all,
            },
            ContentCoding::Gzip(decoder) => &decoder.get_ref().bytes,
            ContentCoding::Deflate(decoder) => &decoder.get_ref().bytes,
            ContentCoding::Broken(decoded) => decoded,
        }
    }

    /// Ends the body, which is complete or ended early for `reason`. Returns its bytes and what is wrong with it.
    ///
    /// # Errors
    /// If the body becomes larger than the limit.
    pub(super) fn finish(mut self, reason: Option<String>) -> Result<(Bytes, Option<BodyError>), TooLarge> {
        let empty = matches!(self.raw, RawBuffer::Nothing);
        let finished = match &mut self.coding {
            ContentCoding::Identity | ContentCoding::Broken(_) => Ok(()),
            // A response to HEAD, a 204 or a 304 may name a coding and has no body to decode.
            ContentCoding::Gzip(decoder) if empty && decoder.get_ref().bytes.is_empty() => Ok(()),
            ContentCoding::Deflate(decoder) if empty && decoder.get_ref().bytes.is_empty() => Ok(()),
            ContentCoding::Gzip(decoder) if reason.is_none() => decoder.try_finish(),
            ContentCoding::Deflate(decoder) if reason.is_none() => decoder.try_finish(),
            // Flush what has been decoded so far.
            ContentCoding::Gzip(decoder) => decoder.flush().or(Ok(())),
            ContentCoding::Deflate(decoder) => decoder.flush().or(Ok(())),
        };
        if let Err(error) = finished {
            self.stop_decoding(error.to_string())?;
        }
        if let Some(reason) = reason {
            self.defect = Some(BodyError::EndedEarly(reason));
        } else if empty && matches!(self.coding, ContentCoding::Identity) {
            self.defect = None;
        }
        let decoded = match self.coding {
            ContentCoding::Identity => Vec::new(),
            ContentCoding::Gzip(mut decoder) => decoder.get_mut().take()?,
            ContentCoding::Deflate(mut decoder) => decoder.get_mut().take()?,
            ContentCoding::Broken(decoded) => decoded,
        };
        let body = if decoded.is_empty() { self.raw.into_bytes() } else { decoded.into() };
        Ok((body, self.defect))
    }

    /// Stops after a decoding error: keeps the decoded bytes, or the received bytes if none were decoded.
    fn stop_decoding(&mut self, reason: String) -> Result<(), TooLarge> {
        let decoded = match std::mem::replace(&mut self.coding, ContentCoding::Identity) {
            ContentCoding::Gzip(mut decoder) => {
                let _ = decoder.flush(); // It has already failed; this yields the bytes decoded before.
                decoder.get_mut().take()?
            }
            ContentCoding::Deflate(mut decoder) => {
                let _ = decoder.flush();
                decoder.get_mut().take()?
            }
            ContentCoding::Identity | ContentCoding::Broken(_) => Vec::new(),
        };
        self.defect = Some(BodyError::BadEncoding(reason));
        if !decoded.is_empty() {
            self.raw = RawBuffer::Nothing;
            self.coding = ContentCoding::Broken(decoded);
        }
        Ok(())
    }
}

/// Returns the content codings in the order in which they were applied, in lower case, without `identity`.
fn codings(headers: &HeaderMap) -> Vec<String> {
    let mut names = Vec::new();
    for value in headers.get_all(CONTENT_ENCODING) {
        for name in String::from_utf8_lossy(value.as_bytes()).split(',') {
            let name = name.trim().to_ascii_lowercase();
            if !name.is_empty() && name != "identity" {
                names.push(name);
            }
        }
    }
    names
}

/// Bytes as received. A body that arrives in one chunk is never copied; others are copied once.
enum RawBuffer {
    Nothing,
    One(Bytes),
    Many(BytesMut),
}

impl RawBuffer {
    fn push(&mut self, piece: Bytes, reserve: usize, limit: usize) -> Result<(), TooLarge> {
        *self = match std::mem::replace(self, Self::Nothing) {
            Self::Nothing if piece.len() > limit => return Err(TooLarge),
            Self::Nothing => Self::One(piece),
            Self::One(first) => {
                let size = first.len() + piece.len();
                if size > limit {
                    return Err(TooLarge);
                }
                let mut all = BytesMut::with_capacity(size.max(reserve));
                all.extend_from_slice(&first);
                all.extend_from_slice(&piece);
                Self::Many(all)
            }
            Self::Many(mut all) => {
                if all.len() + piece.len() > limit {
                    return Err(TooLarge);
                }
                all.extend_from_slice(&piece);
                Self::Many(all)
            }
        };
        Ok(())
    }

    fn into_bytes(self) -> Bytes {
        match self {
            Self::Nothing => Bytes::new(),
            Self::One(piece) => piece,
            Self::Many(all) => all.freeze(),
        }
    }
}

/// A buffer for decoded bytes. It rejects bytes beyond the limit, which also stops the decoder.
struct BoundedWriter {
    bytes: Vec<u8>,
    limit: usize,
    full: bool,
}

impl BoundedWriter {
    fn new(limit: usize) -> Self {
        Self { bytes: Vec::new(), limit, full: false }
    }

    fn take(&mut self) -> Result<Vec<u8>, TooLarge> {
        if self.full { Err(TooLarge) } else { Ok(std::mem::take(&mut self.bytes)) }
    }
}

impl Write for BoundedWriter {
    fn write(&mut self, decoded: &[u8]) -> std::io::Result<usize> {
        if decoded.len() > self.limit - self.bytes.len() {
            self.full = true;
            return Err(std::io::Error::other("the body is too large"));
        }
        self.bytes.extend_from_slice(decoded);
        Ok(decoded.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
