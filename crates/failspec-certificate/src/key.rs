//! Ed25519 keys (RFC 8032) that sign certificates, in the file formats that OpenSSL reads and writes.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use curve25519_dalek::edwards::CompressedEdwardsY;
use ring::{
    rand::{SecureRandom, SystemRandom},
    signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey},
};
use rustls::pki_types::{PrivatePkcs8KeyDer, SubjectPublicKeyInfoDer, pem::PemObject as _};
use sha2::{Digest, Sha256};

use failspec_base::{encoding::hex, secret::Secret};

/// The DER prefix of a PKCS#8 private key (RFC 5958, version 1). The 32 bytes of the Ed25519 key follow (RFC 8410,
/// section 7).
const PKCS8: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

/// The DER prefix of a SubjectPublicKeyInfo. The 32 bytes of the Ed25519 key follow (RFC 8410, section 4).
const SPKI: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// The length of an Ed25519 key, in bytes.
const LENGTH: usize = 32;

/// An error while reading or generating a key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The text is not a PEM file with a key of the expected kind.
    #[error("{origin} contains no {wanted} in PEM: {reason}")]
    NotPem {
        /// The origin of the text.
        origin: String,
        /// The expected kind of key.
        wanted: &'static str,
        /// The reason.
        reason: String,
    },
    /// The key is not a valid Ed25519 key, for example because it uses another algorithm.
    #[error("{origin} is not an Ed25519 key; no other algorithm is accepted")]
    Algorithm {
        /// The origin of the text.
        origin: String,
    },
    /// The key belongs to no private key alone: it is of small order, or not the one encoding of its point.
    #[error(
        "{origin} is a weak Ed25519 key: signatures that verify with it can be made without a private key"
    )]
    Weak {
        /// The origin of the text.
        origin: String,
    },
    /// The system provides no random numbers.
    #[error("the system provides no random numbers")]
    NoRandom,
}

/// A private key. It is never printed: `Debug` prints the id of its public key.
pub struct SigningKey {
    pair: Ed25519KeyPair,
}

impl SigningKey {
    /// Generates a private key and returns it as PEM (PKCS#8).
    ///
    /// # Errors
    /// Returns [`KeyError::NoRandom`] if the system provides no random numbers.
    pub fn generate() -> Result<Secret, KeyError> {
        let mut seed = [0; LENGTH];
        SystemRandom::new().fill(&mut seed).map_err(|_| KeyError::NoRandom)?;
        Ok(Secret::new(pem("PRIVATE KEY", &[&PKCS8[..], &seed].concat()), "a new key"))
    }

    /// Reads a private key from PEM (PKCS#8, not encrypted).
    ///
    /// # Errors
    /// Returns an error if the text is not such a key or if the key uses another algorithm. The error never quotes
    /// the text.
    pub fn from_pem(text: &Secret) -> Result<Self, KeyError> {
        let origin = || text.origin().to_owned();
        let der = PrivatePkcs8KeyDer::from_pem_slice(text.expose().as_bytes()).map_err(|error| {
            let reason = not_pem(&error);
            KeyError::NotPem { origin: origin(), wanted: "private key (PKCS#8, not encrypted)", reason }
        })?;
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der.secret_pkcs8_der());
        Ok(Self { pair: pair.map_err(|_| KeyError::Algorithm { origin: origin() })? })
    }

    /// Returns the public key that belongs to this private key.
    pub fn public(&self) -> PublicKey {
        let mut bytes = [0; LENGTH];
        bytes.copy_from_slice(self.pair.public_key().as_ref());
        PublicKey(bytes)
    }

    /// Signs a message. Returns the signature, 64 bytes.
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.pair.sign(message).as_ref().to_vec()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.public().id())
    }
}

/// A public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicKey([u8; LENGTH]);

impl PublicKey {
    /// Reads a public key from PEM (SubjectPublicKeyInfo). Errors contain `origin`, the origin of the text.
    ///
    /// # Errors
    /// Returns an error if the text is not such a key or if the key uses another algorithm.
    pub fn from_pem(text: &[u8], origin: &str) -> Result<Self, KeyError> {
        let der = SubjectPublicKeyInfoDer::from_pem_slice(text).map_err(|error| {
            let reason = not_pem(&error);
            KeyError::NotPem {
                origin: origin.to_owned(),
                wanted: "public key (SubjectPublicKeyInfo)",
                reason,
            }
        })?;
        Self::from_der(&der, origin)
    }

    /// Reads a public key from DER (SubjectPublicKeyInfo). Errors contain `origin`, the origin of the bytes.
    ///
    /// # Errors
    /// Returns an error if it is not exactly the encoding of an Ed25519 key, or if the key is weak.
    pub fn from_der(der: &[u8], origin: &str) -> Result<Self, KeyError> {
        let bytes = der.strip_prefix(&SPKI).and_then(|key| key.try_into().ok());
        let bytes: [u8; LENGTH] = bytes.ok_or_else(|| KeyError::Algorithm { origin: origin.to_owned() })?;
        if is_weak(&bytes) { Err(KeyError::Weak { origin: origin.to_owned() }) } else { Ok(Self(bytes)) }
    }

    /// Encodes the key as DER (SubjectPublicKeyInfo).
    pub fn to_der(self) -> Vec<u8> {
        [&SPKI[..], &self.0].concat()
    }

    /// Encodes the key as PEM (SubjectPublicKeyInfo).
    pub fn to_pem(self) -> String {
        pem("PUBLIC KEY", &self.to_der())
    }

    /// Returns the id of the key in lists of keys: SHA-256 of its SubjectPublicKeyInfo, in hex.
    pub fn id(self) -> String {
        hex(&Sha256::digest(self.to_der()))
    }

    /// Returns true if `signature` was made over `message` with the private key that belongs to this public key.
    pub fn verifies(self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.0).verify(message, signature).is_ok()
    }
}

/// Returns true if the bytes are not what a private key gives: not a point of the curve or not its only encoding, or a
/// point outside the group of prime order. With a point of small order, anybody can make a signature that verifies.
fn is_weak(bytes: &[u8; LENGTH]) -> bool {
    let encoded = CompressedEdwardsY(*bytes);
    encoded
        .decompress()
        .is_none_or(|point| point.compress() != encoded || point.is_small_order() || !point.is_torsion_free())
}

/// Describes an error of the PEM parser, which itself only contains the kind of section that it searched for.
fn not_pem(error: &rustls::pki_types::pem::Error) -> String {
    match error {
        rustls::pki_types::pem::Error::NoItemsFound => "no PEM section of this kind".to_owned(),
        _ => "it is not well-formed".to_owned(),
    }
}

fn pem(label: &str, der: &[u8]) -> String {
    let mut text = format!("-----BEGIN {label}-----\n");
    let encoded = STANDARD.encode(der);
    let mut rest = encoded.as_str();
    while !rest.is_empty() {
        let (line, more) = rest.split_at(rest.len().min(64));
        text.push_str(line);
        text.push('\n');
        rest = more;
    }
    text + &format!("-----END {label}-----\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_signs_and_its_public_key_alone_verifies() {
        let (one, other) = (SigningKey::generate().unwrap(), SigningKey::generate().unwrap());
        let (one, other) = (SigningKey::from_pem(&one).unwrap(), SigningKey::from_pem(&other).unwrap());
        let signature = one.sign(b"text");
        assert!(one.public().verifies(b"text", &signature));
        assert!(!one.public().verifies(b"texT", &signature));
        assert!(!other.public().verifies(b"text", &signature));
        assert_eq!(PublicKey::from_pem(one.public().to_pem().as_bytes(), "x").unwrap(), one.public());
        assert_ne!(one.public().id(), other.public().id());
    }

    /// Points of small order in all encodings, and others that no private key gives. The list of the points is that of
    /// "Taming the many EdDSAs" (Chalkias, Garillot, Nikolaenko), table 1.
    const WEAK: [&str; 11] = [
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    ];

    #[test]
    fn security_weak_public_keys_are_refused() {
        let bytes = |hex: &str| -> Vec<u8> {
            (0..LENGTH).map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap()).collect()
        };
        for hex in WEAK {
            let der = [&SPKI[..], &bytes(hex)].concat();
            let read = [
                PublicKey::from_der(&der, "k"),
                PublicKey::from_pem(pem("PUBLIC KEY", &der).as_bytes(), "k"),
            ];
            for read in read {
                assert!(matches!(read, Err(KeyError::Weak { .. })), "{hex}: {read:?}");
            }
        }
        // A key plus a point of order 8: a valid point, but of no private key.
        let key = SigningKey::from_pem(&SigningKey::generate().unwrap()).unwrap().public();
        let point = |bytes: &[u8]| CompressedEdwardsY::from_slice(bytes).unwrap().decompress().unwrap();
        let mixed = (point(&key.0) + point(&bytes(WEAK[4]))).compress();
        assert!(PublicKey::from_der(&[&SPKI[..], &mixed.0].concat(), "k").is_err());
        // Harmless: every generated key, and the first key of RFC 8032, section 7.1.
        for _ in 0..20 {
            let key = SigningKey::from_pem(&SigningKey::generate().unwrap()).unwrap().public();
            assert_eq!(PublicKey::from_der(&key.to_der(), "k").unwrap(), key);
        }
        let known = bytes("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
        assert!(PublicKey::from_der(&[&SPKI[..], &known].concat(), "k").is_ok());
    }

    #[test]
    fn other_keys_and_other_files_are_refused_without_quoting_them() {
        let key = SigningKey::generate().unwrap();
        assert!(!format!("{key:?}").contains("BEGIN"));
        let shown = format!("{:?}", SigningKey::from_pem(&key).unwrap());
        assert!(!key.expose().contains(shown.trim_start_matches("SigningKey(").trim_end_matches(')')));
        for text in [
            "",
            "hunter2",
            "-----BEGIN PRIVATE KEY-----\nhunter2\n",
            "-----BEGIN EC PRIVATE KEY-----\nAA==\n-----END EC PRIVATE KEY-----\n",
        ] {
            let error = SigningKey::from_pem(&Secret::new(text, "k.pem")).unwrap_err().to_string();
            assert!(error.contains("k.pem") && !error.contains("hunter2"), "{error}");
        }
        let rsa = pem("PUBLIC KEY", &[0x30, 0x03, 0x02, 0x01, 0x00]);
        assert!(matches!(PublicKey::from_pem(rsa.as_bytes(), "k"), Err(KeyError::Algorithm { .. })));
    }
}
