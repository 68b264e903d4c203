//! A response as a contract describes it: the locations of its code, message and request id.

use std::{borrow::Cow, sync::Arc};

use serde_json::Value;

use failspec_base::message::{BodyFormat, Response, StreamFormat, StreamItem};
use failspec_pack::pack::{BodyRule, CodePart, CodePlace, Envelope, Failure, Part, Place, Pointer, Schema};

/// Maximum length of a value that messages quote, in bytes.
const MAX_SHOWN_LEN: usize = 300;

/// The part of a response that is judged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Item<'a> {
    /// The whole response.
    Whole,
    /// This item of a bulk response.
    One(&'a Value),
    /// No single item was selected; the number of items that matched.
    Unpicked(usize),
}

/// The selector of the part of a response that is judged, with all placeholders replaced.
#[derive(Debug, Clone)]
pub struct Pick {
    /// Its place.
    pub place: Place,
    /// The schemas that the item must match.
    pub filter: Vec<(Pointer, Arc<Schema>)>,
}

/// The kind of place that the part of a response that is judged has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Within {
    /// The response itself, or an item of a list in it.
    Response,
    /// A stream: the item is a document of its own.
    Stream(StreamFormat),
    /// A value that is judged as a document of its own.
    Value,
}

/// A response as a contract describes it.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// The response.
    pub response: &'a Response,
    /// The item that is judged.
    pub item: Item<'a>,
    /// True if the method was HEAD: the response never has a body (RFC 9110, section 9.3.2).
    pub head: bool,
    /// The kind of place that the item has.
    pub within: Within,
}

impl Pick {
    /// Returns the kind of its place.
    pub fn within(&self) -> Within {
        match &self.place {
            Place::List(_) => Within::Response,
            Place::Stream { format, .. } => Within::Stream(*format),
            Place::Value(_) => Within::Value,
        }
    }

    /// Returns all items that the response has, whether or not they match; `None` if it has no such list.
    pub fn items<'b>(&self, response: &'b Response) -> Option<Vec<&'b Value>> {
        let body = response.document().value.as_ref();
        match &self.place {
            Place::List(pointer) => Some(pointer.find(body?)?.as_array()?.iter().collect()),
            Place::Stream { format, .. } => {
                Some(response.items(*format).iter().map(|item| &item.value).collect())
            }
            // `null` says that there is no error.
            Place::Value(pointer) => {
                Some(pointer.find(body?).into_iter().filter(|value| !value.is_null()).collect())
            }
        }
    }

    /// Returns the item of `response` that matches.
    pub fn from<'b>(&self, response: &'b Response) -> Item<'b> {
        if let Place::Stream { format, event, .. } = &self.place {
            let first = self.first(response.items(*format), event.as_deref());
            return first.map_or(Item::Unpicked(0), |item| Item::One(&item.value));
        }
        let Some(items) = self.items(response) else {
            return Item::Unpicked(0);
        };
        let mut fitting = items.into_iter().filter(|item| fits(item, &self.filter));
        match (fitting.next(), fitting.count()) {
            (Some(item), 0) => Item::One(item),
            (Some(_), more) => Item::Unpicked(more + 1),
            (None, _) => Item::Unpicked(0),
        }
    }
}

impl Pick {
    /// Returns the first item of a stream that matches: what follows an error belongs to no request.
    pub fn first<'i>(&self, items: &'i [StreamItem], event: Option<&str>) -> Option<&'i StreamItem> {
        let mut own = items.iter().filter(|item| event.is_none_or(|event| item.event == event));
        own.find(|item| fits(&item.value, &self.filter))
    }
}

/// Returns true if `value` matches all of the schemas at their locations.
pub fn fits(value: &Value, matches: &[(Pointer, Arc<Schema>)]) -> bool {
    matches.iter().all(|(pointer, schema)| pointer.find(value).is_some_and(|value| schema.fits(value)))
}

impl<'a> View<'a> {
    /// Creates the view of a response, or of one item of it if `pick` is given.
    pub fn new(response: &'a Response, pick: Option<&Pick>) -> Self {
        let item = pick.map_or(Item::Whole, |pick| pick.from(response));
        let within = pick.map_or(Within::Response, Pick::within);
        Self { response, item, head: false, within }
    }

    /// Returns the same view, of a response to a request with this method.
    #[must_use]
    pub fn to(self, method: &str) -> Self {
        Self { head: method == "HEAD", ..self }
    }

    /// Returns true if there is correctly no body to inspect. A response to HEAD has none, nor has one with a status
    /// that forbids it. If the documentation promises none, it may be empty or something other than JSON (or XML, if errors
    /// are XML); a body that claims to be JSON is checked as JSON. If the documentation says that there is none, an empty one is right.
    pub fn is_bare(&self, envelope: &Envelope) -> bool {
        let has_none = self.head || matches!(self.response.status, 100..200 | 204 | 205 | 304);
        let is_empty = self.response.defect.is_none() && self.response.body.is_empty();
        match envelope.body {
            _ if has_none => return true,
            BodyRule::Required => return false,
            BodyRule::Empty => return is_empty,
            BodyRule::Optional => {}
        }
        let formats = envelope.formats();
        let media_type = self.response.media_type();
        let says_format = media_type.is_some_and(|media_type| {
            media_type.is_json() && formats.allow(BodyFormat::Json)
                || media_type.is_xml() && formats.allow(BodyFormat::Xml)
        });
        // A word or a number is JSON only by chance: `404 page not found` begins with a JSON number.
        let is_document = matches!(self.body(), Some(Value::Object(_) | Value::Array(_)))
            && (self.within != Within::Response || formats.allow(self.response.document().format));
        is_empty || (self.response.defect.is_none() && !(says_format || is_document))
    }

    /// Returns the whole body, if it is JSON or XML.
    ///
    /// An item of a stream, and the error of a job, is the body of the error.
    pub fn body(&self) -> Option<&'a Value> {
        match (self.within, self.item) {
            (Within::Response, _) => self.response.document().value.as_ref(),
            (_, Item::One(item)) => Some(item),
            (_, Item::Whole | Item::Unpicked(_)) => None,
        }
    }

    /// Returns true if the response is a stream in which nothing was selected.
    pub fn is_quiet_stream(&self) -> bool {
        matches!((self.within, self.item), (Within::Stream(_), Item::Unpicked(0)))
    }

    /// Returns the value with code, message and `match`: the item, or the whole body.
    pub fn judged(&self) -> Option<&'a Value> {
        match self.item {
            Item::Whole => self.body(),
            Item::One(item) => Some(item),
            Item::Unpicked(_) => None,
        }
    }

    /// Returns the value in which a part of the envelope is looked up: none for a pointer into JSON in XML, and the other way
    /// round.
    fn judged_for(&self, pointer: &Pointer) -> Option<&'a Value> {
        self.judged().filter(|_| self.is_of_format(pointer))
    }

    /// Returns the whole body in which a part of the envelope is looked up.
    pub(super) fn body_for(&self, pointer: &Pointer) -> Option<&'a Value> {
        self.body().filter(|_| self.is_of_format(pointer))
    }

    /// Returns true if the body has the format that a pointer is for.
    pub(super) fn is_of_format(&self, pointer: &Pointer) -> bool {
        let in_stream = matches!(self.within, Within::Stream(_));
        pointer.is_xml() == (!in_stream && self.response.document().is_xml())
    }

    /// Returns true if a response may have its code although its body has nothing to inspect: in a header, or in a text
    /// that is not JSON.
    pub fn has_code_outside_json(&self, envelope: &Envelope) -> bool {
        let Some(location) = envelope.code.as_ref().map(|code| &code.rule) else { return false };
        let has_text = || !self.head && !matches!(self.response.status, 100..200 | 204 | 205 | 304);
        matches!(self.item, Item::Whole) && (location.is_in_header() || location.is_in_text() && has_text())
    }

    /// Returns the code; of several, the first.
    pub fn code(&self, envelope: &Envelope) -> Option<Cow<'a, Value>> {
        self.first_code(envelope, |_| true)
    }

    /// Returns the code that is relevant to `failure`: of several its own, else one that it accepts, else the first.
    pub fn code_of(&self, failure: &Failure) -> Option<Cow<'a, Value>> {
        let envelope = &failure.envelope;
        let first = self.code(envelope)?;
        if failure.has_code(&first) || envelope.code.as_ref()?.rule.is_single() {
            return Some(first);
        }
        self.first_code(envelope, |code| failure.has_code(code))
            .or_else(|| self.first_code(envelope, |code| failure.accepts(code)))
            .or(Some(first))
    }

    /// Returns the first code that `wanted` accepts at the first place that has one.
    fn first_code(
        &self,
        envelope: &Envelope,
        mut wanted: impl FnMut(&Value) -> bool,
    ) -> Option<Cow<'a, Value>> {
        let location = &envelope.code.as_ref()?.rule;
        let is_only = location.places().len() == 1;
        for place in location.places() {
            let mut has_one = false;
            let found = self.code_at(place, &mut |code| {
                // `null` is no code, and another place may have one.
                let counts = is_only || !code.is_null();
                has_one |= counts;
                counts && wanted(code)
            });
            if found.is_some() || has_one {
                return found;
            }
        }
        // A success has no code either, and is no error because of it.
        let absent = location.absent().filter(|_| self.response.status >= 400);
        absent.filter(|code| wanted(code)).map(|code| Cow::Owned(code.clone()))
    }

    /// Returns the first code at a place that `wanted` accepts.
    fn code_at(&self, place: &CodePlace, wanted: &mut dyn FnMut(&Value) -> bool) -> Option<Cow<'a, Value>> {
        let mut in_text =
            |text: &str| place.codes_of(text).into_iter().find(|code| wanted(code)).map(Cow::Owned);
        match &place.part {
            CodePart::Body(pointer) if place.is_whole_value() => {
                pointer.find_first(self.judged_for(pointer)?, &mut |code| wanted(code)).map(Cow::Borrowed)
            }
            CodePart::Body(pointer) => {
                let mut found = None;
                pointer.find_first(self.judged_for(pointer)?, &mut |value| {
                    found = value.as_str().and_then(&mut in_text);
                    found.is_some()
                });
                found
            }
            // A header and a text are those of the whole response.
            _ if !matches!(self.item, Item::Whole) => None,
            CodePart::Header { name, .. } => in_text(&self.response.combined_header(name)?),
            CodePart::Text => in_text(&self.response.text_lossy()),
        }
    }

    /// Returns the message for people; of several, the first.
    pub fn message(&self, envelope: &Envelope) -> Option<&'a Value> {
        self.message_that(envelope, |_| true)
    }

    /// Returns the first message for people that `wanted` accepts.
    pub(super) fn message_that(
        &self,
        envelope: &Envelope,
        wanted: impl Fn(&Value) -> bool,
    ) -> Option<&'a Value> {
        let pointer = &envelope.message.as_ref()?.rule;
        pointer.find_first(self.judged_for(pointer)?, &mut |message| wanted(message))
    }

    /// Returns the request id, from the body or else from the header.
    pub fn request_id(&self, envelope: &Envelope) -> Option<String> {
        let rule = &envelope.request_id.as_ref()?.rule;
        let in_body =
            rule.pointer.as_ref().and_then(|pointer| pointer.find(self.body_for(pointer)?)?.as_str());
        let in_header = rule.header.as_ref().and_then(|name| self.response.combined_header(name));
        let id = in_body.map(Cow::Borrowed).or(in_header)?;
        (!id.is_empty()).then(|| id.into_owned())
    }

    /// Returns a part of the response as JSON: a header is text.
    pub fn part(&self, part: &Part) -> Option<Value> {
        match part {
            Part::Header(name) => self.response.combined_header(name).map(Value::from),
            Part::Body(pointer) => pointer.find(self.body()?).cloned(),
        }
    }
}

/// Formats a value for a sentence: JSON, or only its size if it is long.
pub fn show(value: &Value) -> String {
    match value {
        // Megabytes of text are not escaped only to find that they are too long.
        Value::String(text) if text.len() > MAX_SHOWN_LEN => size(text),
        _ => quote(&value.to_string()),
    }
}

/// Returns a text of a response as messages quote it: whole, or else only its size. Secrets are removed from messages
/// later, and a text that is cut here could end in the first half of one.
pub(super) fn quote(text: &str) -> String {
    if text.len() <= MAX_SHOWN_LEN { text.to_owned() } else { size(text) }
}

fn size(text: &str) -> String {
    format!("a value of {} bytes", text.len())
}
