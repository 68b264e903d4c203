//! Steps: requests in addition to the one under test.

use serde_json::Value;

use failspec_base::syntax::{Decoder, Node};

use super::{
    super::{
        Part, Pointer,
        step::{CAPTURE, STEP},
    },
    expect::ExpectSource,
    file_value::{FileValue, Tree},
    mappings::file_mappings,
    request::RequestSource,
};

file_mappings! {
    /// A request in a setup, a teardown, or after the failure.
    #[derive(Default)]
    block struct StepSource: STEP, {
        /// The wait before the request: `retry_after`, a time span or a placeholder.
        wait: Option<String> = "wait",
        /// The longest wait that a response may demand.
        at_most: Option<String> = "at_most",
        /// True if the step sends the scenario's own request again.
        resend: bool = "resend",
        /// The request.
        request: RequestSource = [flat],
        /// Values taken from the response.
        capture: Vec<(String, CaptureSource)> = ["capture" inline],
        /// The expected response.
        expect: Option<ExpectSource> = "expect",
        /// The response that ends the repetition of the request.
        until: Option<ExpectSource> = "until",
        /// The maximum time that `until` may take.
        within: Option<String> = "within",
    }
}

/// A value taken from a response.
#[derive(Debug, Clone, PartialEq)]
pub struct CaptureSource {
    /// Its location.
    pub part: Part,
    /// Other locations in the body, in order; the first one with a value is used.
    pub otherwise: Vec<Pointer>,
    /// True if the last segment of the header `Location` is used if no location has a value.
    pub location: bool,
    /// True if a value may be the name of a resource, of which the last segment is the id.
    pub resource_name: bool,
    /// The value if nothing is there.
    pub default: Option<String>,
    /// True if it must never be shown.
    pub secret: bool,
}

impl From<Part> for CaptureSource {
    fn from(part: Part) -> Self {
        Self {
            part,
            otherwise: Vec::new(),
            location: false,
            resource_name: false,
            default: None,
            secret: false,
        }
    }
}

impl FileValue for CaptureSource {
    fn tree(&self) -> Tree {
        let mut capture = match &self.part {
            Part::Body(pointer) if *self == Self::from(self.part.clone()) => return pointer.tree(),
            Part::Body(pointer) => serde_json::json!({ "body": pointer.as_str() }),
            Part::Header(name) => serde_json::json!({ "header": name }),
        };
        if !self.otherwise.is_empty() {
            capture["or"] = self.otherwise.iter().map(Pointer::as_str).collect();
        }
        if let Some(default) = &self.default {
            capture["default"] = default.as_str().into();
        }
        let flags =
            [("location", self.location), ("resource_name", self.resource_name), ("secret", self.secret)];
        for (key, _) in flags.iter().filter(|(_, set)| *set) {
            capture[*key] = Value::Bool(true);
        }
        Tree::Inline(capture)
    }

    fn read(node: &Node, reader: &Decoder) -> Option<Self> {
        if node.as_map().is_none() {
            return Some(Part::Body(Pointer::read_of_each(node, reader)?).into());
        }
        let fields = reader.fields(node, &CAPTURE)?;
        let part = match (fields.get("header"), fields.get("body")) {
            (Some(node), None) => Part::Header(reader.text(node)?.to_owned()),
            (None, Some(node)) => Part::Body(Pointer::read_of_each(node, reader)?),
            _ => {
                reader.error(node.span, "a capture is from a header or from the body");
                return None;
            }
        };
        let flag = |key: &str| fields.get(key).map_or(Some(false), |node| reader.bool(node));
        let others = fields.get("or").map(|node| reader.list(node)).unwrap_or_default();
        let otherwise =
            others.iter().map(|node| Pointer::read_of_each(node, reader)).collect::<Option<_>>()?;
        let default = fields.get("default").map(|node| reader.text(node).map(str::to_owned));
        let default = default.map_or(Some(None), |text| text.map(Some))?;
        let (location, resource_name, secret) = (flag("location")?, flag("resource_name")?, flag("secret")?);
        Some(Self { part, otherwise, location, resource_name, default, secret })
    }
}
