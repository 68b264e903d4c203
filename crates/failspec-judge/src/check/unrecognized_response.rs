//! A response that fits nothing that is documented: one finding instead of one for each rule.

use failspec_base::message::Response;
use failspec_pack::pack::Envelope;

use super::{body_status, response_view::Item};
use super::{
    bulk_item, code, declared_headers, declared_schema, declared_vacuous,
    definition::{Check, When},
    envelope, expectation,
    finding::{Finding, FindingDetail},
    headers,
    identification::Identity,
    matching, media_type, message, request_id, retry_after, schema, status,
    subject::Subject,
    undeclared_media_type, undeclared_status, vacuous, well_formed, wording,
};

pub(super) static CHECK: Check = Check {
    id: "unrecognized-response",
    summary: "the response is something that the contract documents",
    source: "the failure's entry in the contract",
    text: "The response has nothing by which a client could recognise an error of this API: no documented code \
and none of the documented members, often a page of a router or a framework. Everything that would be reported \
about it has this one cause, so it is one finding; its details name the rules that are broken.",
    when: When::Refused,
    // Made of the findings of the other checks, by `combine`.
    run: |_| Vec::new(),
};

/// The checks whose findings follow from a response that fits nothing.
fn follows(check: &str) -> bool {
    [
        status::CHECK.id,
        code::CHECK.id,
        matching::CHECK.id,
        wording::CHECK.id,
        media_type::CHECK.id,
        well_formed::CHECK.id,
        envelope::CHECK.id,
        schema::CHECK.id,
        vacuous::CHECK.id,
        message::CHECK.id,
        request_id::CHECK.id,
        body_status::CHECK.id,
        headers::CHECK.id,
        retry_after::CHECK.id,
        expectation::CHECK.id,
        bulk_item::CHECK.id,
        undeclared_status::CHECK.id,
        undeclared_media_type::CHECK.id,
        declared_schema::CHECK.id,
        declared_vacuous::CHECK.id,
        declared_headers::CHECK.id,
    ]
    .contains(&check)
}

/// Combines the findings about a response that fits nothing, if there are several. The severity is that of the most
/// severe one.
pub(super) fn combine(found: Vec<Finding>, subject: &Subject<'_>) -> Vec<Finding> {
    if !fits_nothing(subject) {
        return found;
    }
    let judged = subject.observed.judged;
    let is_part =
        |finding: &Finding| follows(finding.check) && finding.record.is_none_or(|index| index == judged);
    let (parts, mut rest): (Vec<Finding>, Vec<Finding>) = found.into_iter().partition(is_part);
    let Some(strongest) = parts.iter().max_by_key(|part| part.severity).filter(|_| parts.len() > 1) else {
        rest.splice(0..0, parts);
        return rest;
    };
    let actual = in_short(subject.response());
    let id = &subject.triggered.id;
    let mut combined = Finding::new(CHECK.id, strongest.source, id, &actual)
        .saying(format!("expected {id}, got {actual}, which is no documented response"));
    combined.details = parts
        .iter()
        .map(|part| FindingDetail {
            check: part.check.to_owned(),
            severity: part.severity,
            message: part.message.clone(),
        })
        .collect();
    rest.insert(0, combined);
    rest
}

/// Returns true if the response has neither the code nor anything else that the contract documents for errors.
fn fits_nothing(subject: &Subject<'_>) -> bool {
    if subject.identity != Identity::Unidentified || subject.is_bare() {
        return false;
    }
    if matches!(subject.view.item, Item::Unpicked(_)) {
        return false;
    }
    let Envelope { schema, .. } = &subject.failure.envelope;
    let envelope = &subject.failure.envelope;
    let has_code = subject.view.code(envelope).is_some_and(|code| !code.is_null());
    let Some(body) = subject.view.body() else { return !has_code };
    let has_message = subject.view.message(envelope).is_some_and(|message| !message.is_null());
    let has_schema =
        schema.as_ref().is_some_and(|ruled| ruled.rule.fits(body) && !ruled.rule.is_vacuous_for(body));
    !has_code && !has_message && !has_schema
}

/// Describes a response by status and media type, which are the same for all responses of one origin.
fn in_short(response: &Response) -> String {
    let status = response.status;
    let what = match response.media_type() {
        _ if response.body.is_empty() => "an empty body".to_owned(),
        Some(media_type) => media_type.essence(),
        None => "a body without a media type".to_owned(),
    };
    format!("HTTP {status} with {what}")
}
