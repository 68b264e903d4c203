//! The request succeeds after the documented recovery.

use failspec_pack::pack::Provenance;

use super::{
    case_log::{Phase, Record},
    definition::{Check, When},
    finding::Finding,
    identification::Identity,
    response_view::{Item, View},
    subject::Subject,
};

pub(super) static CHECK: Check = Check {
    id: "recovers",
    summary: "the request succeeds after the documented recovery",
    source: "`retry` of the failure in the contract, carried out by the scenario's `then`",
    text: "The documentation tells clients how to recover from this failure: wait as long as the response \
asks, refresh the token, fetch the resource again, or try later. The scenario did so and resent the request, \
which still did not succeed, or did not get what its step expects (`expect`, `until`).",
    when: When::Refused,
    run,
};

/// Identifies the response to the resent request. In a bulk response the item decides; a list that is gone or empty
/// has no item that failed.
fn resent(view: View<'_>, subject: &Subject<'_>) -> Identity {
    let whole = View { item: Item::Whole, ..view };
    let (Item::Unpicked(0), Some(pick)) = (view.item, &subject.observed.pick) else {
        return match view.item {
            Item::Unpicked(_) => Identity::Unidentified,
            _ => Identity::of_any(view, subject.contract),
        };
    };
    if view.is_quiet_stream() {
        return Identity::of_any(view, subject.contract);
    }
    let list = pick.items(view.response);
    if list.is_some_and(|items| !items.is_empty()) {
        return Identity::Unidentified;
    }
    Identity::of_any(whole, subject.contract)
}

fn run(subject: &Subject<'_>) -> Vec<Finding> {
    // Without documented advice, it is inferred that this should help.
    let source =
        if subject.triggered.retry.is_some() { Provenance::Documented } else { Provenance::Inferred };
    subject
        .observed
        .of(Phase::Resend)
        .filter(|record| !says_what_it_expects(subject, record))
        .filter_map(|record| {
            let response = record.exchange.result.as_ref().ok()?;
            let method = &record.exchange.request.method;
            let view = View::new(response, subject.observed.pick.as_ref()).to(method);
            let what = match resent(view, subject) {
                Identity::Success => return None,
                Identity::Other(index) => {
                    format!("{} (HTTP {})", subject.contract.failures[index].id, response.status)
                }
                _ => format!("HTTP {}", response.status),
            };
            Some(
                subject
                    .finding(CHECK.id, source, "a success", &what)
                    .saying(format!("expected a success after the documented recovery, got {what}")),
            )
        })
        .chain(unmet(subject, source))
        .collect()
}

/// Returns true if the step of a resent request says what it expects, in place of a success.
fn says_what_it_expects(subject: &Subject<'_>, record: &Record) -> bool {
    let observed = subject.observed;
    let records = observed.resends.iter().filter_map(|result| observed.records.get(result.record));
    records.into_iter().any(|known| std::ptr::eq(known, record))
}

/// Returns findings about resent requests that did not get what their step expects.
fn unmet(subject: &Subject<'_>, source: Provenance) -> impl Iterator<Item = Finding> {
    subject.observed.resends.iter().filter_map(move |result| {
        let unmet = result.unmet.as_ref()?;
        Some(
            subject
                .finding(CHECK.id, source, "what the step of the resent request expects", unmet)
                .saying(format!("after the documented recovery: {unmet}")),
        )
    })
}
