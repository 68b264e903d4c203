//! Exchanges in reports of failspec: the JSON report, and the lines of `ndjson`.

use bytes::Bytes;
use failspec_base::secret::RedactedText;
use serde::{Deserialize, Deserializer, de};

use crate::exchange::{RecordedBody, RecordedExchange, RecordedRequest, RecordedResponse};

/// A case, of which only the exchanges matter.
#[derive(Debug, Deserialize)]
pub(crate) struct OwnCase {
    #[serde(default)]
    pub(crate) exchanges: Vec<OwnExchange>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct OwnExchange {
    request: OwnRequest,
    #[serde(default)]
    response: Option<OwnResponse>,
    #[serde(default)]
    ms: f64,
    /// The case in whose report the same exchange stands.
    #[serde(default)]
    pub(crate) same_as: Option<String>,
}

#[derive(Debug, Deserialize)]
struct OwnRequest {
    method: String,
    url: Shown,
    #[serde(default)]
    headers: Vec<(String, Shown)>,
    #[serde(default)]
    body: Option<Shown>,
}

#[derive(Debug, Deserialize)]
struct OwnResponse {
    status: u16,
    #[serde(default)]
    headers: Vec<(String, String)>,
    #[serde(default)]
    body: String,
    #[serde(default)]
    length: u64,
}

/// A text as a report shows it: what is masked stays masked.
#[derive(Debug, Default)]
struct Shown(String);

impl<'de> Deserialize<'de> for Shown {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Shown;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a text or the list of its parts")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Shown, E> {
                Ok(Shown(text.to_owned()))
            }

            fn visit_string<E: de::Error>(self, text: String) -> Result<Shown, E> {
                Ok(Shown(text))
            }

            fn visit_seq<A: de::SeqAccess<'de>>(self, parts: A) -> Result<Shown, A::Error> {
                let parts = Deserialize::deserialize(de::value::SeqAccessDeserializer::new(parts))?;
                Ok(Shown(RedactedText::Parts(parts).to_string()))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

impl OwnExchange {
    /// Converts the exchange with this number.
    pub(crate) fn into_exchange(self, entry: u64) -> RecordedExchange {
        let request = RecordedRequest {
            method: self.request.method,
            url: self.request.url.0,
            headers: self.request.headers.into_iter().map(|(name, value)| (name, value.0)).collect(),
            body: self.request.body.map(|body| Bytes::from(body.0)).unwrap_or_default(),
        };
        let response = self.response.map(|response| {
            // Longer bodies are cut, and `--report-bodies` leaves bodies out. A body that contains a masked secret has another
            // length than the one that was received, so the length alone tells nothing.
            let is_cut = response.length > MAX_REPORTED_BODY_LEN;
            let is_absent = response.body.is_empty() && response.length > 0;
            let body = match (is_absent, is_cut) {
                (true, _) => RecordedBody::Absent,
                (false, true) => RecordedBody::Truncated,
                (false, false) => RecordedBody::Whole(response.body.into()),
            };
            RecordedResponse { status: response.status, headers: response.headers, body }
        });
        RecordedExchange { entry, ms: self.ms, request, response, ..RecordedExchange::default() }
    }
}

/// Length up to which a report has a body whole, in bytes.
const MAX_REPORTED_BODY_LEN: u64 = 64 << 10;
