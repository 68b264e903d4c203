//! Identity of the servers: the addresses that requests were sent to, their `Server` headers and their public keys.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, PoisonError},
};

use hyper::header::{HeaderMap, SERVER};
use rustls::{
    pki_types::{CertificateDer, pem::PemObject as _},
    server::ParsedCertificate,
};
use sha2::{Digest, Sha256};
use url::Url;

use failspec_base::encoding::hex;

/// Maximum number of different values that are kept of each kind: a server may send any value in a header.
const MAX_COUNT: usize = 16;

/// Maximum length of a kept value, in characters.
const MAX_LEN: usize = 200;

/// The header in which an embedded reference implementation of failspec says who it is.
const REFERENCE_HEADER: &str = "failspec-reference";

/// The identity of all servers that responded at one address.
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
    /// True if a response said that it comes from an embedded reference implementation of failspec.
    pub reference: bool,
}

impl PeerIdentity {
    /// Adds the servers that another client saw at the same address.
    pub fn merge(&mut self, other: Self) {
        self.software.extend(other.software);
        self.public_keys.extend(other.public_keys);
        self.unclear |= other.unclear;
        self.reference |= other.reference;
    }
}

/// Servers by address: scheme, host and port, such as `https://api.example.com`.
pub type Peers = BTreeMap<String, PeerIdentity>;

/// Records the identity of the servers.
#[derive(Debug, Default)]
pub(super) struct PeerRecorder(Mutex<Noted>);

#[derive(Debug, Default)]
struct Noted {
    peers: Peers,
    /// Addresses and certificates that were seen before: most responses have the same one.
    known: Vec<(String, Vec<u8>)>,
}

impl PeerRecorder {
    /// Records that a request is sent to the address of `url`. Only a target file can name addresses: their number
    /// is bounded by its size.
    pub fn contact(&self, url: &Url) {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        noted.peers.entry(address(url)).or_default();
    }

    /// Records the server of a response from `url`: its `Server` headers and, over TLS, its certificate (DER).
    pub fn note(&self, url: &Url, headers: &HeaderMap, certificate: Option<&[u8]>) {
        // The value stays consistent if a thread panics.
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Noted { peers, known } = &mut *noted;
        let address = address(url);
        let peer = peers.entry(address.clone()).or_default();
        peer.reference |= headers.contains_key(REFERENCE_HEADER);
        for value in headers.get_all(SERVER) {
            let value: String = String::from_utf8_lossy(value.as_bytes()).chars().take(MAX_LEN).collect();
            if peer.software.len() < MAX_COUNT {
                peer.software.insert(value);
            }
        }
        if url.scheme() != "https" {
            return;
        }
        let Some(certificate) = certificate else {
            peer.unclear = true;
            return;
        };
        if known.iter().any(|(at, known)| *at == address && known == certificate) {
            return;
        }
        match public_key(certificate) {
            Some(key) if peer.public_keys.len() < MAX_COUNT => {
                known.push((address, certificate.to_vec()));
                peer.public_keys.insert(key);
            }
            _ => peer.unclear = true,
        }
    }

    pub fn peers(&self) -> Peers {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).peers.clone()
    }
}

/// Returns scheme, host and port of a URL; the default port is left out.
fn address(url: &Url) -> String {
    url[..url::Position::BeforePath].to_owned()
}

/// SHA-256 of the public key of a certificate, in hex.
fn public_key(certificate: &[u8]) -> Option<String> {
    let certificate = CertificateDer::from(certificate);
    let key = ParsedCertificate::try_from(&certificate).ok()?.subject_public_key_info();
    Some(hex(&Sha256::digest(&key)))
}

/// Returns SHA-256 of each certificate (DER) in a PEM text, in hex. Sections that cannot be read are left out: a client
/// refuses such a text.
pub fn certificate_digests(pem: &[u8]) -> Vec<String> {
    CertificateDer::pem_slice_iter(pem)
        .filter_map(Result::ok)
        .map(|certificate| hex(&Sha256::digest(&certificate)))
        .collect()
}
