//! The envelope around what is signed: DSSE v1 (<https://github.com/secure-systems-lab/dsse>).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};

use super::key::{PublicKey, SigningKey};

/// The type of the payload: an in-toto statement.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// The largest envelope that is read, in bytes: a certificate is some hundred kilobytes.
pub const LARGEST: usize = 16 << 20;

/// A payload and its signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Envelope {
    /// What the payload is; part of what is signed.
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

/// The content of an envelope, before anything of it is trusted.
#[derive(Debug, Clone)]
pub(super) struct Sealed {
    /// The exact bytes that were signed.
    pub payload: Vec<u8>,
    signature: Vec<u8>,
    /// The key that it names.
    pub key_id: String,
}

/// Why an envelope cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum EnvelopeError {
    /// It is too large.
    #[error("it is larger than the maximum of {LARGEST} bytes")]
    TooLarge,
    /// It is not a DSSE envelope.
    #[error("it is not a DSSE envelope: {0}")]
    NotAnEnvelope(String),
    /// Its payload is not a statement.
    #[error("its payload type is `{0}`; only `{PAYLOAD_TYPE}` is supported")]
    PayloadType(String),
    /// It has no signature, or several.
    #[error("it has {0} signatures; a certificate has exactly one")]
    Signatures(usize),
    /// Something is not in standard base64 with padding.
    #[error("its {0} is not valid base64 (RFC 4648, section 4, with padding)")]
    Base64(&'static str),
}

/// The bytes that are signed (DSSE, "Signature Definition": PAE).
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

    /// As JSON, with a line break at the end.
    ///
    /// # Errors
    /// Never in practice: there is nothing in it that JSON cannot hold.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    /// Opens an envelope. Only the form that failspec writes is read.
    pub(super) fn open(text: &[u8]) -> Result<Sealed, EnvelopeError> {
        if text.len() > LARGEST {
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
    /// Whether it was signed with the private key of `key`, over exactly these bytes.
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
        assert!(matches!(Envelope::open(&vec![b' '; LARGEST + 1]), Err(EnvelopeError::TooLarge)));
    }
}
