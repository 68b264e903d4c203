//! The table of all checks.

use std::collections::HashSet;

use failspec_pack::pack::{Contract, Provenance, Scenario};

use super::{
    after_failure, allow, body_status, bulk_item,
    case_log::Observed,
    code, concurrent, connection_closed, content_range, control, cross_origin, declared_headers,
    declared_schema, declared_vacuous,
    definition::{Check, When},
    duplicate_header, empty_body, envelope, expectation,
    finding::Finding,
    head, headers, indistinguishable, leaks, matching, media_type, message, names_fault, not_rejected,
    problem_details, proxy_authenticate, read_only, recovers, removal, removal_refused, repeatable,
    request_id, retry_after, retry_after_syntax, schema, server_error, status,
    subject::Subject,
    success, undeclared_media_type, undeclared_requirement, undeclared_restriction, undeclared_status,
    unrecognized_response, unsupported_method, upgrade, vacuous, well_formed, wording, www_authenticate,
};

/// All checks, in the order in which their findings are shown.
pub static CHECKS: &[&Check] = &[
    &not_rejected::CHECK,
    &success::CHECK,
    &connection_closed::CHECK,
    &control::CHECK,
    &server_error::CHECK,
    &unrecognized_response::CHECK,
    &bulk_item::CHECK,
    &concurrent::CHECK,
    &status::CHECK,
    &code::CHECK,
    &matching::CHECK,
    &wording::CHECK,
    &media_type::CHECK,
    &well_formed::CHECK,
    &empty_body::CHECK,
    &envelope::CHECK,
    &schema::CHECK,
    &vacuous::CHECK,
    &message::CHECK,
    &names_fault::CHECK,
    &request_id::CHECK,
    &body_status::CHECK,
    &headers::CHECK,
    &retry_after::CHECK,
    &expectation::CHECK,
    &repeatable::CHECK,
    &recovers::CHECK,
    &after_failure::CHECK,
    &indistinguishable::CHECK,
    &leaks::CHECK,
    &www_authenticate::CHECK,
    &allow::CHECK,
    &unsupported_method::CHECK,
    &head::CHECK,
    &proxy_authenticate::CHECK,
    &upgrade::CHECK,
    &content_range::CHECK,
    &problem_details::CHECK,
    &retry_after_syntax::CHECK,
    &duplicate_header::CHECK,
    &cross_origin::CHECK,
    &undeclared_requirement::CHECK,
    &undeclared_restriction::CHECK,
    &read_only::CHECK,
    &removal::CHECK,
    &removal_refused::CHECK,
    &undeclared_status::CHECK,
    &undeclared_media_type::CHECK,
    &declared_schema::CHECK,
    &declared_vacuous::CHECK,
    &declared_headers::CHECK,
];

/// Findings about the whole run: they are not checks of one exchange, but are explained like them (they cannot be
/// waived).
pub const RUN_CHECKS: &[(&str, &str)] = &[
    ("request-id-reused", "every request of a run has its own request id"),
    ("waiver-stale", "every waiver still matches a finding of its check"),
    ("waiver-expired", "no waiver has expired"),
    (
        "disclaimed-feature",
        "the product does not respond for a feature that its target says it does not have",
    ),
    ("snapshot-unreferenced", "every approved snapshot belongs to a scenario"),
];

/// Returns the check with this id.
pub fn find(id: &str) -> Option<&'static Check> {
    CHECKS.iter().copied().find(|check| check.id == id)
}

/// Returns the findings about rules of an OpenAPI document that the responses of a case break, even if the case
/// cannot be judged as a whole.
pub fn declared(observed: &Observed, scenario: Provenance) -> Vec<Finding> {
    let statuses = undeclared_status::statuses(observed).into_iter();
    let found = statuses
        .chain(undeclared_media_type::media_types(observed))
        .chain(declared_schema::schemas(observed))
        .chain(declared_vacuous::vacuous(observed))
        .chain(declared_headers::headers(observed))
        .chain(undeclared_requirement::requirements(observed))
        .chain(undeclared_restriction::examples(observed))
        .chain(removal_refused::refused(observed));
    alike_once(found.collect(), scenario)
}

/// Reduces the same problem in several responses of a case to one finding, that of the first. Findings about the OpenAPI
/// document bind no more than `source` does.
fn alike_once(mut found: Vec<Finding>, source: Provenance) -> Vec<Finding> {
    let mut seen: HashSet<(&str, String, String)> = HashSet::new();
    let of_documents = [
        undeclared_status::CHECK.id,
        undeclared_media_type::CHECK.id,
        declared_schema::CHECK.id,
        declared_vacuous::CHECK.id,
        declared_headers::CHECK.id,
    ];
    found.retain_mut(|it| {
        if !of_documents.contains(&it.check) {
            return true;
        }
        *it = it.clone().with_source(it.source.weaken(source));
        seen.insert((it.check, it.expected.clone(), it.actual.clone()))
    });
    found
}

/// Returns true for a check of the envelope that all errors of the contract share.
fn of_envelope(check: &str) -> bool {
    [
        media_type::CHECK.id,
        well_formed::CHECK.id,
        empty_body::CHECK.id,
        envelope::CHECK.id,
        vacuous::CHECK.id,
        message::CHECK.id,
        request_id::CHECK.id,
        body_status::CHECK.id,
        code::CHECK.id,
    ]
    .contains(&check)
}

/// Returns true for a check of the statement that the fault causes the failure under test.
fn of_cause(check: &str) -> bool {
    [status::CHECK.id, code::CHECK.id, matching::CHECK.id, wording::CHECK.id, expectation::CHECK.id]
        .contains(&check)
}

/// Returns all findings about `subject`.
pub fn judge(subject: &Subject<'_>) -> Vec<Finding> {
    let outside_envelope = subject.is_outside_envelope();
    let succeeded = subject.identity == super::Identity::Success;
    let is_other_fault = subject.is_unordered_second_fault();
    let found = CHECKS
        .iter()
        .filter(|check| match check.when {
            When::Refused => !succeeded,
            When::RefusedInWords => !succeeded && !subject.is_bare(),
            When::Succeeded => succeeded,
            When::Always => true,
        })
        .filter(|check| !(outside_envelope && of_envelope(check.id)))
        .filter(|check| !(is_other_fault && of_cause(check.id)))
        .flat_map(|check| (check.run)(subject))
        .collect::<Vec<Finding>>();
    // That the fault means the failure may be inferred; what the API documents of its responses binds all the same, once
    // it is known that the route exists.
    let source =
        if subject.is_on_verified_route() { Provenance::Documented } else { subject.scenario.source };
    let found = without_echo(said_once(found), subject.observed.judged);
    unrecognized_response::combine(alike_once(found, source), subject)
}

/// The kind of a request whose address has a `%` that begins no byte, as an import writes it.
const MALFORMED_ESCAPE: &str = "malformed_escape";

/// Returns the findings about a case whose request has no fault: that it did not get what it must, and those about the
/// OpenAPI document.
pub fn judge_without_fault(contract: &Contract, scenario: &Scenario, observed: &Observed) -> Vec<Finding> {
    let unmet = success::unmet_success(contract, scenario, observed).into_iter();
    // That the server does not support it is said once.
    let of_method = head::refused(scenario, observed);
    let unsupported = server_error::unsupported(contract, scenario, observed);
    let unmet = unmet.chain(of_method.or(unsupported));
    let unmet = unmet.chain(after_failure::after_success(scenario, observed));
    let unmet = unmet.chain(undeclared_restriction::restriction(scenario, observed));
    let unmet = unmet.chain(undeclared_requirement::omission(scenario, observed));
    let unmet = unmet.chain(read_only::kept_value(scenario, observed));
    let unmet = unmet.chain(removal::still_there(scenario, observed));
    // Any part of a server may refuse an address that is none, and the document speaks only of the operations behind it.
    let is_of_operation = scenario.fault.as_deref() != Some(MALFORMED_ESCAPE);
    let declared = is_of_operation.then(|| declared(observed, scenario.source)).into_iter().flatten();
    let mut found: Vec<Finding> = unmet.chain(declared).collect();
    // What must hold afterwards and does not says that the last step got the wrong status.
    if !observed.after_failure.is_empty() {
        let last = observed.records.len().checked_sub(1);
        found.retain(|it| it.check != undeclared_status::CHECK.id || it.record != last);
    }
    without_echo(found, observed.judged)
}

/// Removes the finding that a status is undeclared, if another one says that this status means that the server broke.
fn without_echo(mut found: Vec<Finding>, judged: usize) -> Vec<Finding> {
    if found.iter().any(|finding| finding.check == server_error::CHECK.id) {
        found.retain(|it| it.check != undeclared_status::CHECK.id || it.record != Some(judged));
    }
    found
}

/// Removes findings of the OpenAPI document that repeat those of the contract's own schemas.
fn said_once(mut found: Vec<Finding>) -> Vec<Finding> {
    let own = |check: &str| check == envelope::CHECK.id || check == schema::CHECK.id;
    let said: Vec<String> = found.iter().filter(|it| own(it.check)).map(|it| it.message.clone()).collect();
    let vacuous = found.iter().any(|it| it.check == vacuous::CHECK.id);
    let media_type = found.iter().any(|it| it.check == media_type::CHECK.id);
    found.retain(|it| {
        let again =
            it.check == declared_schema::CHECK.id && said.iter().any(|said| it.message.ends_with(said));
        let again = again || (vacuous && it.check == declared_vacuous::CHECK.id);
        let again = again || (media_type && it.check == undeclared_media_type::CHECK.id);
        !again
    });
    found
}
