//! Redaction of recorded exchanges: by position, where credentials are, and by value, wherever else they occur.

use std::{
    cell::RefCell,
    collections::{BTreeMap, HashSet},
    fmt::Write as _,
};

use failspec_base::{
    encoding::percent_decode,
    secret::{Mask, RedactedPart, RedactedText},
};
use failspec_pack::pack::Pointer;
use serde_json::Value;

use crate::{
    exchange::{RecordedBody, RecordedExchange, RecordedRequest, RecordedResponse},
    secret_names::SecretNames,
};

/// Maximum number of values that are searched for in all exchanges. A value beyond that is masked at its position, and in
/// its own exchange.
const MAX_VALUES: usize = 1000;

/// Maximum depth to which a JSON body is searched for names of credentials; below it, everything is replaced.
const MAX_DEPTH: usize = 100;

/// Finds the credentials of exchanges, and redacts what a report shows of them.
pub struct Redactor {
    names: SecretNames,
    /// Locations of credentials in responses, by the contract.
    pointers: Vec<Pointer>,
    /// The secrets of the target, and those that were found.
    mask: Mask,
    /// The secrets of the target alone.
    declared: Vec<failspec_base::secret::Secret>,
    known: HashSet<String>,
}

/// A text of a request or a response, in which a credential was found.
struct Found<'f> {
    values: &'f RefCell<Vec<(String, String)>>,
}

impl Found<'_> {
    /// Notes a credential, and returns what stands for it.
    fn secret(&self, value: &str, origin: String) -> RedactedText {
        if value.is_empty() {
            return RedactedText::from("");
        }
        let text = RedactedText::secret(origin.as_str());
        self.values.borrow_mut().push((value.to_owned(), origin));
        text
    }
}

/// The parts that a report shows of an exchange.
pub(crate) struct Shown {
    pub url: RedactedText,
    pub request_headers: Vec<(String, RedactedText)>,
    pub request_body: Option<RedactedText>,
    pub response_headers: Vec<(String, String)>,
    pub response_body: String,
    /// Masks the credentials of this exchange and of all others.
    pub mask: Mask,
}

impl Redactor {
    /// Creates the redactor for a target: its secrets are masked, and the values of the parts that it names.
    pub fn new(
        names: SecretNames,
        pointers: Vec<Pointer>,
        secrets: Vec<failspec_base::secret::Secret>,
    ) -> Self {
        let mask = Mask::new();
        secrets.iter().for_each(|secret| mask.add(secret));
        Self { names, pointers, mask, declared: secrets, known: HashSet::new() }
    }

    /// Returns the mask with all secrets that are known so far.
    pub fn mask(&self) -> &Mask {
        &self.mask
    }

    /// Notes the credentials in the headers and the URL of a request, which other exchanges may repeat.
    pub fn note(&mut self, request: &RecordedRequest) {
        if self.known.len() >= MAX_VALUES {
            return;
        }
        let values = RefCell::default();
        let found = Found { values: &values };
        for (name, value) in request.headers.iter().filter(|(name, _)| self.names.is_header(name)) {
            header(name, value, &found);
        }
        if request.url.contains(['?', '@']) {
            self.url(&request.url, &found);
        }
        self.keep(values.into_inner());
    }

    fn keep(&mut self, values: Vec<(String, String)>) {
        for (value, origin) in values {
            if value.len() < Mask::MIN_LEN || self.known.len() >= MAX_VALUES || self.known.contains(&value) {
                continue;
            }
            self.mask.add_value(&value, &origin);
            self.known.insert(value);
        }
    }

    /// Returns what a report may show of an exchange.
    pub(crate) fn show(&mut self, exchange: &RecordedExchange) -> Shown {
        let values = RefCell::default();
        let found = Found { values: &values };
        let request = &exchange.request;
        let url = self.url(&request.url, &found);
        let request_headers = self.headers(&request.headers, &found);
        let request_body = (!request.body.is_empty())
            .then(|| self.body(&request.body, request.header("content-type"), &found, &[]));
        let (mut response_headers, mut response_body) = (Vec::new(), RedactedText::from(""));
        if let Some(response) = &exchange.response {
            response_headers = self.headers(&response.headers, &found);
            if let RecordedBody::Whole(bytes) = &response.body {
                response_body = self.body(bytes, response.header("content-type"), &found, &self.pointers);
            }
        }
        let values = values.into_inner();
        // Everything of this exchange is masked in it, also where there are too many values to be searched for elsewhere.
        let mask = Mask::new();
        self.declared.iter().for_each(|secret| mask.add(secret));
        values.iter().for_each(|(value, origin)| mask.add_value(value, origin));
        self.keep(values);
        let both = |text: RedactedText| self.mask.redact(&mask.redact(&text));
        let plain = |text: RedactedText| both(text).to_string();
        let all = |headers: Vec<(String, RedactedText)>| -> Vec<(String, RedactedText)> {
            headers
                .into_iter()
                .map(|(name, value)| (self.mask.text(&name).into_owned(), both(value)))
                .collect()
        };
        Shown {
            url: both(url),
            request_headers: all(request_headers),
            request_body: request_body.map(both),
            response_headers: all(response_headers)
                .into_iter()
                .map(|(n, value)| (n, value.to_string()))
                .collect(),
            response_body: plain(response_body),
            mask,
        }
    }

    /// Returns the exchange as it may be written to a recording: credentials are replaced in place.
    pub fn redact(&mut self, exchange: &RecordedExchange) -> RecordedExchange {
        let shown = self.show(exchange);
        let text = |headers: Vec<(String, RedactedText)>| -> Vec<(String, String)> {
            headers.into_iter().map(|(name, value)| (name, value.to_string())).collect()
        };
        let response = exchange.response.as_ref().map(|response| RecordedResponse {
            status: response.status,
            headers: shown.response_headers,
            body: match &response.body {
                RecordedBody::Whole(bytes) if std::str::from_utf8(bytes).is_err() => RecordedBody::Absent,
                RecordedBody::Whole(_) => RecordedBody::Whole(shown.response_body.into()),
                other => other.clone(),
            },
        });
        RecordedExchange {
            request: RecordedRequest {
                method: exchange.request.method.clone(),
                url: shown.url.to_string(),
                headers: text(shown.request_headers),
                body: shown.request_body.map(|body| body.to_string().into()).unwrap_or_default(),
            },
            response,
            ..exchange.clone()
        }
    }

    fn headers(&self, headers: &[(String, String)], found: &Found<'_>) -> Vec<(String, RedactedText)> {
        let shown = headers.iter().map(|(name, value)| {
            let is_address =
                ["location", "referer", "content-location"].contains(&name.to_ascii_lowercase().as_str());
            let value = match self.names.is_header(name) {
                true => header(name, value, found),
                false if is_address => self.url(value, found),
                false => RedactedText::from(value.as_str()),
            };
            (name.clone(), value)
        });
        shown.collect()
    }

    /// Returns a URL without credentials: those of a user, of known parameters, and all of a fragment.
    fn url(&self, url: &str, found: &Found<'_>) -> RedactedText {
        let (url, fragment) =
            url.split_once('#').map_or((url, None), |(url, fragment)| (url, Some(fragment)));
        let (before, query) = url.split_once('?').map_or((url, None), |(url, query)| (url, Some(query)));
        let mut shown = RedactedText::default();
        let authority = before.split_once("://").and_then(|(scheme, rest)| {
            let end = rest.find('/').unwrap_or(rest.len());
            let at = rest[..end].rfind('@')?;
            Some((scheme, &rest[..at], &rest[at..]))
        });
        match authority {
            Some((scheme, user, rest)) => {
                shown.push_str(&format!("{scheme}://"));
                let password = user.split_once(':').map_or(user, |(_, password)| password);
                shown.append(found.secret(password, "the user of the URL".to_owned()));
                shown.push_str(rest);
            }
            None => shown.push_str(before),
        }
        if let Some(query) = query {
            shown.push_str("?");
            self.form(query, found, &mut shown);
        }
        if let Some(fragment) = fragment.filter(|fragment| !fragment.is_empty()) {
            shown.push_str("#");
            // Tokens come in fragments, too: their values are searched for by themselves.
            self.form(fragment, found, &mut RedactedText::default());
            shown.append(found.secret(fragment, "the fragment of the URL".to_owned()));
        }
        shown
    }

    fn form(&self, form: &str, found: &Found<'_>, shown: &mut RedactedText) {
        for (index, pair) in form.split('&').enumerate() {
            if index > 0 {
                shown.push_str("&");
            }
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let decoded = percent_decode(name).into_owned();
            if self.names.is_parameter(&decoded) && !value.is_empty() {
                shown.push_str(&format!("{name}="));
                // What is encoded is searched for in all its forms, if it is known in the clear.
                let plain = percent_decode(value).into_owned();
                shown.append(found.secret(&plain, format!("the parameter {decoded}")));
                if plain != value {
                    found.secret(value, format!("the parameter {decoded}"));
                }
            } else {
                shown.push_str(pair);
            }
        }
    }

    fn body(
        &self,
        bytes: &[u8],
        media_type: Option<&str>,
        found: &Found<'_>,
        pointers: &[Pointer],
    ) -> RedactedText {
        let media_type = media_type.unwrap_or_default().to_ascii_lowercase();
        let withheld = || RedactedText::from(RedactedPart::Withheld { withheld: bytes.len() as u64 });
        let Ok(text) = std::str::from_utf8(bytes) else { return withheld() };
        // The parts of a multipart body have names, too, and files.
        if media_type.starts_with("multipart/") {
            return withheld();
        }
        if media_type.starts_with("application/x-www-form-urlencoded") {
            let mut shown = RedactedText::default();
            self.form(text, found, &mut shown);
            return shown;
        }
        if !text.trim_start().starts_with(['{', '[']) {
            return RedactedText::from(text);
        }
        let Ok(mut value) = serde_json::from_str::<Value>(text) else { return RedactedText::from(text) };
        let mut marks = BTreeMap::new();
        for pointer in pointers {
            if let Some(credential) = pointer.find(&value).and_then(Value::as_str) {
                let credential = credential.to_owned();
                found.secret(&credential, "the response".to_owned());
                replace_text(&mut value, &credential, &mut marks, "the response");
            }
        }
        self.members(&mut value, found, &mut marks, 0);
        match marks.is_empty() {
            true => RedactedText::from(text),
            // Compact, as nearly all bodies are: whitespace tells nothing.
            false => with_marks(&value.to_string(), &marks),
        }
    }

    /// Replaces the values of members that are credentials by marks, which become placeholders in the text.
    fn members(
        &self,
        value: &mut Value,
        found: &Found<'_>,
        marks: &mut BTreeMap<String, String>,
        depth: usize,
    ) {
        if depth > MAX_DEPTH {
            *value = Value::Null;
            return;
        }
        match value {
            Value::Array(items) => {
                items.iter_mut().for_each(|item| self.members(item, found, marks, depth + 1))
            }
            Value::Object(members) => {
                for (name, member) in members.iter_mut() {
                    let origin = format!("the member {name}");
                    match member {
                        Value::String(text) if self.names.is_member(name) && !text.is_empty() => {
                            found.secret(text, origin.clone());
                            *text = mark(marks, &origin);
                        }
                        Value::Number(_) if self.names.is_member(name) => {
                            *member = Value::String(mark(marks, &origin));
                        }
                        other => self.members(other, found, marks, depth + 1),
                    }
                }
            }
            _ => {}
        }
    }
}

/// Returns a text that occurs nowhere else, and notes what it stands for.
fn mark(marks: &mut BTreeMap<String, String>, origin: &str) -> String {
    // A private-use character, so that no body is likely to have it; a body that has it shows a placeholder too many.
    let mark = format!("\u{f8ff}{}\u{f8ff}", marks.len());
    marks.insert(mark.clone(), origin.to_owned());
    mark
}

fn replace_text(value: &mut Value, credential: &str, marks: &mut BTreeMap<String, String>, origin: &str) {
    match value {
        Value::String(text) if text == credential => *text = mark(marks, origin),
        Value::Array(items) => {
            items.iter_mut().for_each(|item| replace_text(item, credential, marks, origin))
        }
        Value::Object(members) => {
            members.values_mut().for_each(|member| replace_text(member, credential, marks, origin));
        }
        _ => {}
    }
}

fn with_marks(text: &str, marks: &BTreeMap<String, String>) -> RedactedText {
    let mut shown = RedactedText::default();
    for (index, part) in text.split('\u{f8ff}').enumerate() {
        let mark = (index % 2 == 1).then(|| format!("\u{f8ff}{part}\u{f8ff}"));
        match mark.and_then(|mark| marks.get(&mark)) {
            Some(origin) => shown.append(RedactedText::secret(origin.as_str())),
            None => shown.push_str(part),
        }
    }
    shown
}

/// Returns the value of a header without its credentials: the scheme of `Authorization` and the names of cookies are kept.
fn header(name: &str, value: &str, found: &Found<'_>) -> RedactedText {
    let origin = format!("the header {name}");
    if name.eq_ignore_ascii_case("cookie") {
        let mut shown = RedactedText::default();
        for (index, cookie) in value.split(';').map(str::trim).enumerate() {
            let separator = if index > 0 { "; " } else { "" };
            match cookie.split_once('=') {
                Some((cookie, value)) => {
                    shown.push_str(&format!("{separator}{cookie}="));
                    shown.append(found.secret(value, format!("the cookie {cookie}")));
                }
                None => {
                    shown.push_str(separator);
                    shown.append(found.secret(cookie, origin.clone()));
                }
            }
        }
        return shown;
    }
    if name.eq_ignore_ascii_case("set-cookie") {
        let (cookie, attributes) = value.split_once(';').map_or((value, None), |(c, rest)| (c, Some(rest)));
        let (cookie, value) = cookie.split_once('=').unwrap_or(("", cookie));
        let mut shown = RedactedText::from(format!("{cookie}="));
        shown.append(found.secret(value.trim(), format!("the cookie {cookie}")));
        if let Some(attributes) = attributes {
            let mut text = String::new();
            let _ = write!(text, ";{attributes}");
            shown.push_str(&text);
        }
        return shown;
    }
    let is_authorization = name.to_ascii_lowercase().ends_with("authorization");
    match value.split_once(' ').filter(|(scheme, _)| is_authorization && scheme.len() <= 20) {
        Some((scheme, credential)) => {
            let mut shown = RedactedText::from(format!("{scheme} "));
            shown.append(found.secret(credential.trim(), origin));
            shown
        }
        None => found.secret(value, origin),
    }
}
