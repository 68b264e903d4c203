//! The envelope around the signed payload: DSSE v1 (<https://github.com/secure-systems-lab/dsse>).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};

use super::key::{PublicKey, SigningKey};

/// The type of the payload: an in-toto statement.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// Maximum size of an envelope that is read, in bytes. A certificate has some hundred kilobytes.
pub const MAX_SIZE: usize = 16 << 20;

/// A payload and its signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Envelope {
    /// The media type of the payload. The signature covers it, too.
    #[serde(rename = "payloadType")]
    payload_type: String,
    /// The payload in base64.
    payload: String,
    /// The signatures: exactly one.
    signatures: Vec<Signature>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Signature {
    /// The id of the key (see [`PublicKey::id`]): a hint, not a proof.
    keyid: String,
    /// The signature in base64.
    sig: String,
}

/// The decoded content of an envelope. Nothing in it is trusted yet.
#[derive(Debug, Clone)]
pub(super) struct Sealed {
    /// The exact bytes that were signed.
    pub payload: Vec<u8>,
    signature: Vec<u8>,
    /// The id of the key, as the envelope gives it.
    pub key_id: String,
}

/// An error in an envelope.
#[derive(Debug, thiserror::Error)]
pub enum EnvelopeError {
    /// The envelope is too large.
    #[error("it is larger than the maximum of {MAX_SIZE} bytes")]
    TooLarge,
    /// The text is not a DSSE envelope.
    #[error("it is not a DSSE envelope: {0}")]
    NotAnEnvelope(String),
    /// The payload is not an in-toto statement.
    #[error("its payload type is `{0}`; only `{PAYLOAD_TYPE}` is supported")]
    PayloadType(String),
    /// The envelope has no signature, or several.
    #[error("it has {0} signatures; a certificate has exactly one")]
    Signatures(usize),
    /// A field is not standard base64 with padding.
    #[error("its {0} is not valid base64 (RFC 4648, section 4, with padding)")]
    Base64(&'static str),
}

/// Encodes the bytes that are signed: the pre-authentication encoding (PAE) of DSSE, "Signature Definition".
pub fn pae(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut bytes = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len()).into_bytes();
    bytes.extend_from_slice(payload);
    bytes
}

impl Envelope {
    /// Signs a payload.
    pub(super) fn sign(payload: &[u8], key: &SigningKey) -> Self {
        let signature = key.sign(&pae(PAYLOAD_TYPE, payload));
        Self {
            payload_type: PAYLOAD_TYPE.to_owned(),
            payload: STANDARD.encode(payload),
            signatures: vec![Signature { keyid: key.public().id(), sig: STANDARD.encode(signature) }],
        }
    }

    /// Serializes the envelope as JSON, with a line break at the end.
    ///
    /// # Errors
    /// Does not fail in practice: the envelope contains nothing that JSON cannot represent.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    /// Decodes an envelope. Only the form that failspec writes is accepted.
    pub(super) fn open(text: &[u8]) -> Result<Sealed, EnvelopeError> {
        if text.len() > MAX_SIZE {
            return Err(EnvelopeError::TooLarge);
        }
        let envelope: Self =
            serde_json::from_slice(text).map_err(|error| EnvelopeError::NotAnEnvelope(error.to_string()))?;
        if envelope.payload_type != PAYLOAD_TYPE {
            return Err(EnvelopeError::PayloadType(envelope.payload_type));
        }
        let [signature] = envelope.signatures.as_slice() else {
            return Err(EnvelopeError::Signatures(envelope.signatures.len()));
        };
        let decoded = |text: &str, what| STANDARD.decode(text).map_err(|_| EnvelopeError::Base64(what));
        Ok(Sealed {
            payload: decoded(&envelope.payload, "payload")?,
            signature: decoded(&signature.sig, "signature")?,
            key_id: signature.keyid.clone(),
        })
    }
}

impl Sealed {
    /// Returns true if the envelope names `key` and exactly these bytes were signed with its private key.
    pub fn is_signed_by(&self, key: PublicKey) -> bool {
        self.key_id == key.id() && key.verifies(&pae(PAYLOAD_TYPE, &self.payload), &self.signature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_signed_is_what_the_specification_shows() {
        // The example of the specification ("protocol.md", test vector).
        assert_eq!(
            pae("http://example.com/HelloWorld", b"hello world"),
            b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
        );
    }

    #[test]
    fn one_form_is_read() {
        let key = SigningKey::from_pem(&SigningKey::generate().unwrap()).unwrap();
        let text = Envelope::sign(b"{}", &key).to_json().unwrap();
        assert!(Envelope::open(text.as_bytes()).unwrap().is_signed_by(key.public()));
        let refused = [
            text.replace("\"payload\"", "\"payload\": \"e30=\", \"payload\""),
            text.replace("\"signatures\"", "\"extra\": 1, \"signatures\""),
            text.replace("in-toto+json", "other+json"),
            text.replace("e30=", "e30"),
            text.replace("e30=", "e3-_"),
            text.replace("e30=", "e30=\\n"),
            text.replace("e30=", "e31="),
            text.replace("\"signatures\": [", "\"signatures\": [{\"keyid\": \"\", \"sig\": \"\"},"),
            text[..text.len() / 2].to_owned(),
        ];
        for text in refused {
            assert!(Envelope::open(text.as_bytes()).is_err(), "{text}");
        }
        assert!(matches!(Envelope::open(&vec![b' '; MAX_SIZE + 1]), Err(EnvelopeError::TooLarge)));
    }
}
