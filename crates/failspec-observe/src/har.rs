//! Entries of HAR 1.2, as browsers, proxies and test tools write them.
//!
//! Members that begin with `_` are extensions; those that say that nothing was sent over the network are read. Wrong
//! numbers of sizes are common (−1 for what is not known), so sizes are only compared where they can be right.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use serde::{Deserialize, Deserializer, de::IgnoredAny};

use failspec_base::message::MediaType;

use crate::exchange::{RecordedBody, RecordedExchange, RecordedRequest, RecordedResponse};

/// An entry of `log.entries`.
#[derive(Debug, Deserialize)]
pub(crate) struct HarEntry {
    #[serde(rename = "startedDateTime", default)]
    started: Option<String>,
    #[serde(default)]
    time: Option<f64>,
    request: HarRequest,
    #[serde(default)]
    response: Option<HarResponse>,
    #[serde(rename = "_fromCache", default)]
    from_cache: Option<IgnoredAny>,
    #[serde(rename = "_servedFromCache", default)]
    served_from_cache: Option<bool>,
    #[serde(rename = "_webSocketMessages", default)]
    messages: Option<IgnoredAny>,
    #[serde(rename = "_resourceType", default)]
    resource_type: Option<String>,
}

#[derive(Debug, Deserialize)]
struct HarRequest {
    method: String,
    url: String,
    #[serde(default, deserialize_with = "or_default")]
    headers: Vec<HarHeader>,
    #[serde(rename = "postData", default)]
    post_data: Option<HarPostData>,
}

#[derive(Debug, Deserialize)]
struct HarResponse {
    #[serde(default)]
    status: Option<f64>,
    #[serde(default, deserialize_with = "or_default")]
    headers: Vec<HarHeader>,
    #[serde(default)]
    content: Option<HarContent>,
}

#[derive(Debug, Deserialize)]
struct HarHeader {
    name: String,
    #[serde(default, deserialize_with = "or_default")]
    value: String,
}

#[derive(Debug, Deserialize)]
struct HarPostData {
    #[serde(default)]
    text: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    params: Vec<HarParameter>,
    /// Not of HAR, but written for bodies that are not text.
    #[serde(alias = "_encoding", default)]
    encoding: Option<String>,
}

#[derive(Debug, Deserialize)]
struct HarParameter {
    name: String,
    #[serde(default)]
    value: Option<String>,
    #[serde(rename = "fileName", default)]
    file_name: Option<String>,
    #[serde(rename = "contentType", default)]
    content_type: Option<String>,
}

#[derive(Debug, Deserialize)]
struct HarContent {
    #[serde(default)]
    size: Option<f64>,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    encoding: Option<String>,
    /// Playwright writes bodies into files of their own on request.
    #[serde(rename = "_file", default)]
    file: Option<String>,
}

/// Reads `null` as the default: recorders write it for what they do not know.
fn or_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

impl HarEntry {
    /// Converts the entry with this number.
    pub(crate) fn into_exchange(self, entry: u64) -> RecordedExchange {
        let is_socket = self.resource_type.as_deref() == Some("websocket");
        RecordedExchange {
            entry,
            started: self.started,
            ms: self.time.filter(|ms| ms.is_finite() && *ms >= 0.0).unwrap_or_default(),
            is_cached: self.from_cache.is_some() || self.served_from_cache == Some(true),
            is_upgraded: self.messages.is_some() || is_socket,
            request: self.request.into_request(),
            response: self.response.and_then(HarResponse::into_response),
        }
    }
}

impl HarRequest {
    fn into_request(self) -> RecordedRequest {
        let headers = headers(self.headers);
        let boundary = multipart_boundary(&headers);
        let body = self.post_data.map(|data| data.into_body(boundary.as_deref())).unwrap_or_default();
        RecordedRequest { method: self.method, url: self.url, headers, body }
    }
}

impl HarPostData {
    /// Returns the body; `boundary` is that of a multipart body.
    fn into_body(self, boundary: Option<&str>) -> Bytes {
        let text = self.text.unwrap_or_default();
        if self.encoding.as_deref() == Some("base64") {
            return decoded(&text).unwrap_or_default();
        }
        if let Some(boundary) = boundary.filter(|_| text.is_empty() && !self.params.is_empty()) {
            return multipart(&self.params, boundary);
        }
        // A form without its text has no files.
        if text.is_empty() && !self.params.is_empty() {
            let mut form = url::form_urlencoded::Serializer::new(String::new());
            for parameter in self.params.iter().filter(|parameter| parameter.file_name.is_none()) {
                form.append_pair(&parameter.name, parameter.value.as_deref().unwrap_or_default());
            }
            return form.finish().into();
        }
        text.into()
    }
}

impl HarResponse {
    /// Converts it; a status of 0 or less means that there was no response.
    fn into_response(self) -> Option<RecordedResponse> {
        let status = self.status.filter(|status| *status >= 1.0)?;
        // What is no status of HTTP is named later.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it saturates")]
        let status = status as u16;
        let headers = headers(self.headers);
        let body = self.content.map_or(RecordedBody::Absent, HarContent::into_body);
        Some(RecordedResponse { status, headers, body })
    }
}

impl HarContent {
    fn into_body(self) -> RecordedBody {
        let size = self.size.filter(|size| *size >= 0.0);
        let Some(text) = self.text.filter(|_| self.file.is_none()) else {
            // Recorders leave `text` out of an empty body.
            let is_empty = size == Some(0.0) && self.file.is_none();
            return if is_empty { RecordedBody::default() } else { RecordedBody::Absent };
        };
        let (bytes, is_text) = match self.encoding.as_deref().filter(|encoding| !encoding.is_empty()) {
            None => (Bytes::from(text), true),
            Some("base64") => match decoded(&text) {
                Some(bytes) => (bytes, false),
                None => return RecordedBody::Truncated,
            },
            Some(_) => return RecordedBody::Encoded,
        };
        if bytes.is_empty() && size.is_some_and(|size| size > 0.0) {
            return RecordedBody::Absent;
        }
        // A text was decoded from its character set; in UTF-8 it may be longer than what was sent, never much shorter.
        #[expect(clippy::cast_precision_loss, reason = "bodies are far below 2^53 bytes")]
        let length = bytes.len() as f64;
        let is_cut = size.is_some_and(|size| if is_text { length * 2.0 < size } else { length < size });
        if is_cut { RecordedBody::Truncated } else { RecordedBody::Whole(bytes) }
    }
}

/// Returns the boundary of a multipart body, as the header of the request tells it.
fn multipart_boundary(headers: &[(String, String)]) -> Option<String> {
    let (_, value) = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"))?;
    let media_type = MediaType::parse(value).filter(|it| it.essence().starts_with("multipart/"))?;
    media_type.parameter("boundary").map(str::to_owned)
}

/// Writes the parts of a multipart body of which the recording has no text (RFC 7578). A file is a part with its name; its content
/// is empty if the recorder left it out, as most do.
fn multipart(parts: &[HarParameter], boundary: &str) -> Bytes {
    // RFC 7578, section 4.2: what would end the name is percent-encoded, as browsers do.
    let quoted = |name: &str| name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A");
    let mut text = String::new();
    for part in parts {
        let name = quoted(&part.name);
        text += &format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"");
        if let Some(file) = &part.file_name {
            text += &format!("; filename=\"{}\"", quoted(file));
        }
        if let Some(media_type) = part.content_type.as_deref().filter(|it| !it.is_empty()) {
            text += &format!("\r\nContent-Type: {}", quoted(media_type));
        }
        text += &format!("\r\n\r\n{}\r\n", part.value.as_deref().unwrap_or_default());
    }
    text += &format!("--{boundary}--\r\n");
    text.into()
}

/// Decodes base64, also with line breaks.
fn decoded(text: &str) -> Option<Bytes> {
    match STANDARD.decode(text) {
        Ok(bytes) => Some(bytes.into()),
        Err(_) => {
            let compact: String = text.split_ascii_whitespace().collect();
            STANDARD.decode(compact).ok().map(Bytes::from)
        }
    }
}

/// Returns the headers without those of HTTP/2 that are none. Chromium writes several lines of one header as one value
/// with line breaks.
fn headers(headers: Vec<HarHeader>) -> Vec<(String, String)> {
    let mut lines = Vec::with_capacity(headers.len());
    for HarHeader { name, value } in headers {
        if name.starts_with(':') {
            continue;
        }
        match value.contains('\n') {
            false => lines.push((name, value)),
            true => lines
                .extend(value.split('\n').map(|line| (name.clone(), line.trim_end_matches('\r').to_owned()))),
        }
    }
    lines
}
