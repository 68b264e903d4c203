//! Parts of a scenario that are a matter of time: slow bodies, requests at once, jobs.

use std::time::Duration;

use failspec_base::{
    message::BodyPause,
    syntax::{Decoder, Field, Fields, MappingSchema, ValueType},
};

use super::{concurrent::Concurrent, later::Later, read_context::ReadContext, request_flow::Flow};

pub(super) static SLOW_BODY: MappingSchema = MappingSchema {
    name: "slow body",
    about: "a pause while the body of a request is sent, or the end of it",
    fields: &[
        Field::required("pause", ValueType::Duration, "the length of the pause (at most 10m)"),
        Field::optional(
            "after",
            ValueType::Count,
            "the number of bytes that are sent before it (default 0); at least the last one comes after it",
        ),
        Field::optional(
            "cut",
            ValueType::Bool,
            "true if the rest is never sent: after the pause, the sending side is closed, as by a client that was cut off",
        ),
    ],
    also: &[],
};

/// The longest pause while a body is sent.
const MAX_PAUSE: Duration = Duration::from_secs(600);

/// Reads the pause while the body is sent.
pub(super) fn slow_body(fields: &Fields<'_>, faulty: &Flow, reader: &Decoder) -> Option<BodyPause> {
    let entry = fields.entry("slow_body")?;
    let own = reader.fields(&entry.value, &SLOW_BODY)?;
    if faulty.request.body.is_none() {
        reader.error_hint(
            entry.key_span,
            "the request has no body to send slowly",
            "give it a body, such as `json`",
        );
    }
    if fields.has("concurrent") {
        reader.error_hint(
            entry.key_span,
            "`slow_body` beside `concurrent` says nothing",
            "remove one of the two",
        );
    }
    let node = own.get("pause")?;
    let pause = reader.duration(node)?;
    if pause.is_zero() || pause > MAX_PAUSE {
        reader.error_hint(
            node.span,
            "`pause` is out of range",
            "write a time span of up to ten minutes, such as 40s",
        );
    }
    let after = match own.get("after") {
        Some(node) => usize::try_from(reader.count(node)?).unwrap_or(usize::MAX),
        None => 0,
    };
    let cut = own.get("cut").and_then(|node| reader.bool(node)).unwrap_or(false);
    Some(BodyPause { after, pause, cut })
}

/// Reads what else is sent at the same time, and the job that is started. Both are about a single request.
pub(super) fn in_time(
    fields: &Fields<'_>,
    names: &ReadContext<'_>,
    faulty: &Flow,
) -> (Option<Box<Concurrent>>, Option<Box<Later>>) {
    for (key, others) in [
        ("concurrent", &["later", "repeat", "at", "indistinguishable_from"][..]),
        ("later", &["repeat", "at", "indistinguishable_from"]),
    ] {
        let Some(entry) = fields.entry(key) else { continue };
        if !fields.has("triggers") {
            let hint = "name the failure under `triggers`";
            names.reader.error_hint(
                entry.key_span,
                format!("`{key}` is about a failure, and none is named"),
                hint,
            );
        }
        for other in others.iter().filter(|other| fields.has(other)) {
            let title = format!("`{other}` beside `{key}` says nothing");
            names.reader.error_hint(entry.key_span, title, "remove one of the two");
        }
    }
    let concurrent = fields.get("concurrent").and_then(|node| Concurrent::read(node, names, &faulty.request));
    let later = fields.get("later").and_then(|node| Later::read(node, names));
    (concurrent.map(Box::new), later.map(Box::new))
}
