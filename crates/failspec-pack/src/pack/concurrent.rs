//! Requests that are sent at the same time.

use failspec_base::syntax::{Field, Fields, MappingSchema, Node, ValueType};

use super::{
    read_context::ReadContext,
    request::{self, RequestPatch, RequestTemplate},
};

/// Requests that are sent at the same time as the request under test, and how many of all succeed.
#[derive(Debug, Clone)]
pub struct Concurrent {
    /// The other requests: copies, or others.
    pub others: Vec<RequestTemplate>,
    /// The number of requests that succeed, of all; each other one gets the failure under test.
    pub succeed: usize,
    /// True if as many fail when the requests are processed one after the other.
    pub refused_in_turn: bool,
}

pub(super) static CONCURRENT: MappingSchema = MappingSchema {
    name: "requests at once",
    about: "requests that are sent at the same time as the request under test, each on a connection of its own",
    fields: &[
        Field::optional(
            "times",
            ValueType::Count,
            "how often the request is sent at once (2 to 20, default 2)",
        ),
        Field::optional(
            "others",
            ValueType::List(&ValueType::MappingSchema(&OTHER)),
            "in place of copies: overrides of the request, one for each other request",
        ),
        Field::optional(
            "succeed",
            ValueType::Count,
            "how many of all requests succeed (default 1); each other one gets the failure",
        ),
        Field::optional(
            "in_turn",
            ValueType::Words(IN_TURN),
            "`refused`: as many fail when the requests are processed one after the other, so more successes are a violation; \
             `succeeds` (default): they may all succeed then, and more successes show nothing",
        ),
    ],
    also: &[],
};

pub(super) static OTHER: MappingSchema = MappingSchema {
    name: "other request",
    about: "what is different in another request that is sent at the same time",
    fields: &[],
    also: request::KEYS,
};

const IN_TURN: &[&str] = &["succeeds", "refused"];

/// The largest number of requests that are sent at once: this is no test of load.
const MAX_AT_ONCE: usize = 20;

impl Concurrent {
    pub(super) fn read(node: &Node, names: &ReadContext<'_>, own: &RequestTemplate) -> Option<Self> {
        let reader = names.reader;
        let fields = reader.fields(node, &CONCURRENT)?;
        let others = Self::read_others(&fields, names, own)?;
        let all = others.len() + 1;
        if !(2..=MAX_AT_ONCE).contains(&all) {
            let title = format!("{all} requests cannot be sent at once");
            reader.error_hint(node.span, title, format!("send 2 to {MAX_AT_ONCE}"));
        }
        let succeed = match fields.get("succeed") {
            Some(node) => reader.count(node)? as usize,
            None => 1,
        };
        if succeed >= all {
            let hint = "one of the requests must get the failure under test";
            reader.error_hint(node.span, format!("of {all} requests, {succeed} cannot succeed"), hint);
        }
        let word = fields.get("in_turn").and_then(|node| reader.word(node, IN_TURN));
        Some(Self { others, succeed, refused_in_turn: word == Some(1) })
    }

    fn read_others(
        fields: &Fields<'_>,
        names: &ReadContext<'_>,
        own: &RequestTemplate,
    ) -> Option<Vec<RequestTemplate>> {
        let reader = names.reader;
        let times = fields.get("times");
        let Some(others) = fields.get("others") else {
            let times = match times {
                Some(node) => reader.count(node)? as usize,
                None => 2,
            };
            // The number is checked by the caller.
            return Some(vec![own.clone(); times.clamp(1, MAX_AT_ONCE + 1) - 1]);
        };
        if let Some(entry) = fields.entry("times").filter(|_| times.is_some()) {
            let hint = "list all other requests, or give `times` alone";
            reader.error_hint(entry.key_span, "`others` says which requests are sent", hint);
        }
        let other = |node: &Node| {
            let fields = reader.fields(node, &OTHER)?;
            Some(own.with(&RequestPatch::read(&fields, names)))
        };
        reader.list(others).iter().map(other).collect()
    }
}
