//! Content codings of bodies that are judged; what passes through stays as it is.

use std::io::Read as _;

use bytes::Bytes;
use failspec_observe::RecordedBody;
use flate2::read::{MultiGzDecoder, ZlibDecoder};

/// Returns the body as it is judged: decoded, up to `limit` bytes.
pub(crate) fn decoded(bytes: Bytes, coding: Option<&str>, limit: usize) -> RecordedBody {
    let coding = coding.map(|coding| coding.trim().to_ascii_lowercase()).unwrap_or_default();
    if bytes.is_empty() {
        return RecordedBody::Whole(bytes);
    }
    let mut plain = Vec::new();
    let most = limit as u64 + 1;
    let read = match coding.as_str() {
        "" | "identity" => return RecordedBody::Whole(bytes),
        "gzip" | "x-gzip" => MultiGzDecoder::new(bytes.as_ref()).take(most).read_to_end(&mut plain),
        "deflate" => ZlibDecoder::new(bytes.as_ref()).take(most).read_to_end(&mut plain),
        _ => return RecordedBody::Encoded,
    };
    match read {
        Ok(length) if length > limit => RecordedBody::TooLarge,
        Ok(_) => RecordedBody::Whole(plain.into()),
        Err(_) => RecordedBody::Encoded,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    #[test]
    fn bodies_are_decoded_up_to_a_limit() {
        let mut zip = GzEncoder::new(Vec::new(), Compression::fast());
        zip.write_all(b"hello").expect("memory can be written");
        let zipped = Bytes::from(zip.finish().expect("memory can be written"));
        let whole = || RecordedBody::Whole("hello".into());
        for (bytes, coding, limit, expected) in [
            (Bytes::from("hello"), None, 100, whole()),
            (Bytes::from("hello"), Some("identity"), 100, whole()),
            (zipped.clone(), Some("GZIP"), 100, whole()),
            (zipped.clone(), Some("gzip"), 4, RecordedBody::TooLarge),
            (zipped.slice(..10), Some("gzip"), 100, RecordedBody::Encoded),
            (Bytes::from("hello"), Some("br"), 100, RecordedBody::Encoded),
            (Bytes::new(), Some("br"), 100, RecordedBody::Whole(Bytes::new())),
        ] {
            assert_eq!(decoded(bytes, coding, limit), expected, "{coding:?} {limit}");
        }
    }
}
