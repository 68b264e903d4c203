//! The body of a response while it arrives: bounded, and decoded as its `BodyDecoder-Encoding` says.

use std::io::Write;

use bytes::{Bytes, BytesMut};
use flate2::write::{MultiGzDecoder, ZlibDecoder};
use hyper::header::{CONTENT_ENCODING, HeaderMap};

use super::{BodyError, Limits};

/// The most that is reserved because a `BodyDecoder-Length` announces it. More grows as it arrives.
const RESERVE: u64 = 64 * 1024;

/// The body became larger than [`Limits::body`].
#[derive(Debug)]
pub(super) struct TooLarge;

/// Collects a body.
pub(super) struct BodyDecoder {
    limit: usize,
    reserve: usize,
    /// What arrived; dropped as soon as something of it is decoded.
    raw: RawBuffer,
    coding: ContentCoding,
    defect: Option<BodyError>,
}

enum ContentCoding {
    Identity,
    Gzip(Box<MultiGzDecoder<BoundedWriter>>),
    Deflate(Box<ZlibDecoder<BoundedWriter>>),
    /// What is decoded will not grow any more; the rest of what arrives is of no use.
    Broken(Vec<u8>),
}

impl BodyDecoder {
    /// A body that is going to arrive behind these headers. `announced` is its length, if that is known.
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

    /// Takes the next piece.
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

    /// Whether the rest of the body can be left unread.
    pub(super) fn is_broken(&self) -> bool {
        matches!(self.coding, ContentCoding::Broken(_))
    }

    /// The body is complete, or ended early for `reason`.
    pub(super) fn finish(mut self, reason: Option<String>) -> Result<(Bytes, Option<BodyError>), TooLarge> {
        let empty = matches!(self.raw, RawBuffer::Nothing);
        let finished = match &mut self.coding {
            ContentCoding::Identity | ContentCoding::Broken(_) => Ok(()),
            // A response to HEAD, a 204 or a 304 may name a coding and has no body to decode.
            ContentCoding::Gzip(decoder) if empty && decoder.get_ref().bytes.is_empty() => Ok(()),
            ContentCoding::Deflate(decoder) if empty && decoder.get_ref().bytes.is_empty() => Ok(()),
            ContentCoding::Gzip(decoder) if reason.is_none() => decoder.try_finish(),
            ContentCoding::Deflate(decoder) if reason.is_none() => decoder.try_finish(),
            // Brings out what is decoded already.
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

    /// The decoder failed: keep what it had, or else what arrived.
    fn stop_decoding(&mut self, reason: String) -> Result<(), TooLarge> {
        let decoded = match std::mem::replace(&mut self.coding, ContentCoding::Identity) {
            ContentCoding::Gzip(mut decoder) => {
                let _ = decoder.flush(); // It failed already; this is for what it decoded before that.
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

/// The content codings in the order in which they were applied, in lower case, without `identity`.
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

/// Bytes as they arrived. A body that comes in one piece is never copied; others are copied once.
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

/// Where decoded bytes go. It refuses what goes beyond the limit, which also stops the decoder.
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
