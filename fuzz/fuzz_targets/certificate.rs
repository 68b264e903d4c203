//! Any bytes as a certificate, and as what somebody signed.
#![no_main]

use base64::{Engine as _, engine::general_purpose::STANDARD};
use failspec_base::secret::Secret;
use failspec_certificate::{Certificate, PAYLOAD_TYPE, SigningKey, VerifyOptions, pae};
use libfuzzer_sys::fuzz_target;

/// A key of this target alone: the first one of RFC 8032, section 7.1.
const KEY: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
-----END PRIVATE KEY-----
";

fuzz_target!(|bytes: &[u8]| {
    let key = SigningKey::from_pem(&Secret::new(KEY, "key")).expect("a key");
    let (id, signature) = (key.public().id(), STANDARD.encode(key.sign(&pae(PAYLOAD_TYPE, bytes))));
    let payload = STANDARD.encode(bytes);
    let envelope = format!(
        "{{\"payloadType\":\"{PAYLOAD_TYPE}\",\"payload\":\"{payload}\",\"signatures\":[{{\"keyid\":\"{id}\",\"sig\":\"{signature}\"}}]}}"
    );
    for text in [bytes, envelope.as_bytes()] {
        match Certificate::read(text) {
            // Without its packs and its report, nothing is a pass.
            Ok(certificate) => {
                let now = jiff::Timestamp::UNIX_EPOCH;
                assert!(!certificate.verify(b"{}", &[], &VerifyOptions::default(), now).is_pass());
            }
            Err(mistake) => assert!(!mistake.to_string().is_empty()),
        }
    }
});
