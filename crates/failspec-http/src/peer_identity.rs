//! Identity of the responding servers: their `Server` headers and their public keys.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

use hyper::header::{HeaderMap, SERVER};
use rustls::{pki_types::CertificateDer, server::ParsedCertificate};
use sha2::{Digest, Sha256};

use failspec_base::encoding::hex;

/// Maximum number of different values that are kept of each kind: a server may send any value in a header.
const MAX_COUNT: usize = 16;

/// Maximum length of a kept value, in characters.
const MAX_LEN: usize = 200;

/// The identity of all servers that responded to a client.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PeerIdentity {
    /// The values of `Server` (RFC 9110, section 10.2.4), sorted.
    pub software: BTreeSet<String>,
    /// SHA-256 of the public keys (SubjectPublicKeyInfo) of the certificates that were presented, in hex, sorted. Empty
    /// without TLS.
    pub public_keys: BTreeSet<String>,
    /// True if the certificate of a response over TLS could not be read, or if there were too many different
    /// certificates.
    pub unclear: bool,
}

/// Records the identity of responding servers.
#[derive(Debug, Default)]
pub(super) struct PeerRecorder(Mutex<Noted>);

#[derive(Debug, Default)]
struct Noted {
    answerer: PeerIdentity,
    /// Certificates that were seen before: most responses have the same one.
    known: Vec<Vec<u8>>,
}

impl PeerRecorder {
    /// Records the server of a response: its `Server` headers and, over TLS (`secure`), its certificate (DER).
    pub fn note(&self, headers: &HeaderMap, certificate: Option<&[u8]>, secure: bool) {
        // The value stays consistent if a thread panics.
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Noted { answerer, known } = &mut *noted;
        for value in headers.get_all(SERVER) {
            let value: String = String::from_utf8_lossy(value.as_bytes()).chars().take(MAX_LEN).collect();
            if answerer.software.len() < MAX_COUNT {
                answerer.software.insert(value);
            }
        }
        if !secure {
            return;
        }
        let Some(certificate) = certificate else {
            answerer.unclear = true;
            return;
        };
        if known.iter().any(|known| known == certificate) {
            return;
        }
        match public_key(certificate) {
            Some(key) if known.len() < MAX_COUNT => {
                known.push(certificate.to_vec());
                answerer.public_keys.insert(key);
            }
            _ => answerer.unclear = true,
        }
    }

    pub fn answerer(&self) -> PeerIdentity {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).answerer.clone()
    }
}

/// SHA-256 of the public key of a certificate, in hex.
fn public_key(certificate: &[u8]) -> Option<String> {
    let certificate = CertificateDer::from(certificate);
    let key = ParsedCertificate::try_from(&certificate).ok()?.subject_public_key_info();
    Some(hex(&Sha256::digest(&key)))
}
