//! Decoding of request bodies.
//!
//! A field that is null counts as absent, and unknown fields are ignored. Decoding reports an invalid field and
//! continues with a default, so that one response lists every invalid field.

use std::{net::IpAddr, ops::RangeInclusive};

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{
    BODY_LIMIT,
    ids::{self, Kind},
    problems::Problems,
};
use crate::{Request, json_body, names, store};

/// A JSON object that was sent.
#[derive(Debug, Default)]
pub(super) struct Body {
    fields: Map<String, Value>,
    /// The problems found so far.
    pub problems: Problems,
    /// True if there is no object to read from. Then only this is reported, and no field is reported as missing.
    unusable: bool,
}

impl Body {
    /// Decodes the body of a request that must have one.
    pub(super) fn of(request: &Request) -> Self {
        let mut body = Self::default();
        match json_body::object(&request.body, BODY_LIMIT) {
            Ok(fields) => body.fields = fields,
            Err(unusable) => {
                body.problems.add("body", sentence(&unusable.to_string()));
                body.unusable = true;
            }
        }
        body
    }

    /// Creates the body of one item of a batch.
    pub(super) fn of_item(fields: Map<String, Value>) -> Self {
        Self { fields, ..Self::default() }
    }

    /// Returns a field, if it is present and not null.
    pub(super) fn get(&self, field: &str) -> Option<&Value> {
        self.fields.get(field).filter(|value| !value.is_null())
    }

    /// Reports a problem with a field.
    pub(super) fn tell(&mut self, field: &str, text: impl Into<String>) {
        if !self.unusable {
            self.problems.add(field, text);
        }
    }

    /// Returns a field, if it is present and `read` accepts it; `title` is its name in messages.
    fn required<T>(
        &mut self,
        (field, title): (&str, &str),
        rule: &str,
        read: impl Fn(&Value) -> Option<T>,
    ) -> Option<T> {
        match self.get(field).map(read) {
            Some(Some(value)) => return Some(value),
            Some(None) => self.tell(field, rule),
            None => self.tell(field, format!("{title} is required")),
        }
        None
    }

    /// Returns an optional string.
    pub(super) fn optional_text(&mut self, field: &str) -> Option<String> {
        let sent = self.get(field)?.as_str().map(str::to_owned);
        if sent.is_none() {
            self.tell(field, format!("{field} must be a text"));
        }
        sent
    }

    /// Returns the name of a new resource: an RFC 1123 label, so that a name cannot look like an id.
    pub(super) fn name(&mut self) -> String {
        let rule = "Name must be 1 to 63 lower-case letters, digits and dashes";
        let read = |sent: &Value| {
            sent.as_str().filter(|name| names::is_label(name, names::LABEL)).map(str::to_owned)
        };
        self.required(("name", "Name"), rule, read)
            .unwrap_or_else(|| format!("unnamed-{}", store::hex_digits(8)))
    }

    /// Returns the address of a baseboard management controller (BMC).
    pub(super) fn bmc_address(&mut self) -> String {
        let read =
            |sent: &Value| sent.as_str().filter(|text| text.parse::<IpAddr>().is_ok()).map(str::to_owned);
        self.required(("bmcAddress", "BMC address"), "Invalid BMC address format", read).unwrap_or_default()
    }

    /// Returns a number of GPUs.
    pub(super) fn gpus(&mut self, range: RangeInclusive<u64>, rule: &str) -> u64 {
        let read = |sent: &Value| sent.as_u64().filter(|gpus| range.contains(gpus));
        self.required(("gpus", "Number of GPUs"), rule, read).unwrap_or(1)
    }

    /// Returns the id or name of another resource.
    pub(super) fn reference(&mut self, field: &str, title: &str, kind: Kind) -> String {
        let read =
            |sent: &Value| sent.as_str().filter(|text| ids::is_well_formed(kind, text)).map(str::to_owned);
        self.required((field, title), &format!("Invalid {} id", kind.noun()), read).unwrap_or_default()
    }

    /// Returns an optional time.
    pub(super) fn time(&mut self, field: &str) -> Option<Timestamp> {
        let time = self.get(field)?.as_str().and_then(rfc3339);
        if time.is_none() {
            self.tell(field, format!("{field} must be a date and time (RFC 3339)"));
        }
        time
    }
}

/// Parses a time with date, `T`, seconds and offset (RFC 3339, 5.6). The parser on its own would accept more: a space
/// instead of the `T`, or an offset without its colon.
fn rfc3339(text: &str) -> Option<Timestamp> {
    let bytes = text.as_bytes();
    let separated = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')]
        .iter()
        .all(|(at, separator)| bytes.get(*at).is_some_and(|byte| byte.eq_ignore_ascii_case(separator)));
    let zone = text.get(19..)?.trim_start_matches(|byte: char| byte == '.' || byte.is_ascii_digit());
    let offset = zone.eq_ignore_ascii_case("z")
        || zone.len() == 6 && zone.starts_with(['+', '-']) && zone.as_bytes()[3] == b':';
    if separated && offset { text.parse().ok() } else { None }
}

/// Capitalizes the first letter, as in the texts of the documentation.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
