//! The body is exactly one document of JSON, or of XML.

use failspec_base::message::{BodyError, BodyFormat, Document, Header, StreamFormat, StreamItem};
use failspec_pack::pack::{Envelope, Provenance};

use super::{
    definition::{Check, When},
    finding::Finding,
    response_view::{Item, Within},
    subject::Subject,
};

pub(super) static CHECK: Check = Check {
    id: "well-formed",
    summary: "the body arrives whole, and is exactly one well-formed document of JSON or XML, whichever the contract reads",
    source: "the contract documents an envelope in JSON or XML; RFC 8259 (unique keys: section 4; no byte order mark: \
section 8.1); XML 1.0, with namespaces",
    text: "The contract expects code, message or schema in a body of JSON or XML, but the body is not one such \
document: it is empty, HTML, cut off, followed by more bytes, not UTF-8, starts with a byte order mark, or \
has a key twice, of which one parser takes the first and another the last. Of errors in XML: it is no XML, or XML that is \
not well-formed, or that needs entities of its own. Of a stream, each line must be JSON, and the event that is the error. Until the body can be parsed, \
nothing else in it can be checked. If the contract says nothing of the body, it must still arrive: one that \
ends before its announced length, or that is not in the coding of Content-Encoding, is an error in every \
client.",
    when: When::RefusedInWords,
    run,
};

fn run(subject: &Subject<'_>) -> Vec<Finding> {
    let transfer = subject.response().defect.as_ref().filter(|defect| is_of_the_server(defect, subject));
    let Some(source) = reads_body(subject) else {
        // Whatever the contract says of the body: no client can read one that does not arrive.
        return transfer
            .map(|defect| {
                subject
                    .finding(
                        CHECK.id,
                        Provenance::Documented,
                        "a body that arrives whole",
                        defect.to_string(),
                    )
                    .saying(format!("the body cannot be read: {defect}"))
            })
            .into_iter()
            .collect();
    };
    let broken = subject.response().defect.iter().map(ToString::to_string);
    if subject.view.within != Within::Response {
        let wrong = broken.chain(of_items(subject));
        return wrong
            .map(|defect| {
                subject
                    .finding(CHECK.id, source, "items that are each one JSON document", &defect)
                    .saying(format!("the stream cannot be read: {defect}"))
            })
            .collect();
    }
    let formats = subject.failure.envelope.formats();
    let read = subject.response().document();
    // A body in the other format is read again in the one that it should have, for what is wrong with it.
    let again = match read.format {
        format if formats.allow(format) => None,
        BodyFormat::Xml => Some(Document::read(&subject.response().body)),
        BodyFormat::Json => Some(Document::read_xml(&subject.response().body, None)),
    };
    let defects = again.as_ref().unwrap_or(read).defects.iter().map(ToString::to_string);
    broken
        .chain(defects)
        .map(|defect| {
            let expected = format!("one {formats} document");
            subject
                .finding(CHECK.id, source, expected, &defect)
                .saying(format!("the body is not one well-formed {formats} document: {defect}"))
        })
        .collect()
}

/// Returns what is wrong with the items of a stream: each line must be JSON, and so must the event that is judged.
fn of_items(subject: &Subject<'_>) -> Option<String> {
    let Within::Stream(format) = subject.view.within else { return None };
    let is_judged = |item: &StreamItem| {
        format == StreamFormat::Ndjson
            || matches!(subject.view.item, Item::One(value) if std::ptr::eq(value, &raw const item.value))
    };
    let items = subject.response().items(format).iter().enumerate();
    let mut broken = items.filter(|(_, item)| is_judged(item) && !item.defects.is_empty());
    let (index, item) = broken.next()?;
    Some(format!("item {}: {}", index + 1, item.defects.first()?))
}

/// Returns false for a coding that the request itself asked for and that failspec cannot decode.
fn is_of_the_server(defect: &BodyError, subject: &Subject<'_>) -> bool {
    let is_accept = |header: &Header| header.name.eq_ignore_ascii_case("accept-encoding");
    let asked = subject.exchange.request.headers.iter().any(is_accept);
    !(asked && matches!(defect, BodyError::UnsupportedEncoding(_)))
}

/// Returns the source of the strongest rule that needs a body, if there is one.
fn reads_body(subject: &Subject<'_>) -> Option<Provenance> {
    let Envelope { schema, code, message, request_id, status, .. } = &subject.failure.envelope;
    let in_body = request_id.as_ref().filter(|ruled| ruled.rule.pointer.is_some());
    let sources = [
        schema.as_ref().map(|ruled| ruled.source),
        // A code in a header or in a text needs no document.
        code.as_ref().filter(|ruled| ruled.rule.in_body().next().is_some()).map(|ruled| ruled.source),
        message.as_ref().map(|ruled| ruled.source),
        status.as_ref().map(|ruled| ruled.source),
        in_body.map(|ruled| ruled.source),
    ];
    let own = subject.failure.rules.schema.iter().map(|ruled| ruled.source);
    let sources = sources.into_iter().flatten().chain(own);
    sources.reduce(|one, other| if one.is_binding() { one } else { other })
}
