//! The parts of a body that identify a failure besides status and code.

use super::{
    definition::{Check, When},
    finding::Finding,
    identification::Identity,
    response_view::{Item, show},
    subject::Subject,
};

pub(super) static CHECK: Check = Check {
    id: "match",
    summary: "the response is this failure and not another one of the same status or code",
    source: "`match` of the failures in the contract",
    text: "Some failures share a status or a code, and another part of the body distinguishes them. Here \
that part identifies another documented failure, or it is not what the contract says for this one, so a \
client mistakes the response for something else. (A text that the contract lists for no failure is a \
warning: see `wording`.)",
    when: When::Refused,
    run,
};

fn run(subject: &Subject<'_>) -> Vec<Finding> {
    // Without a body, a header may still tell which failure it is; it has no code that could be wrong.
    let is_bare = subject.is_bare();
    let has_its_code = match is_bare {
        true => subject.view.code_of(subject.triggered).is_none(),
        false => has_its_code(subject),
    };
    // A wrong status or code is reported by the checks of that name, and that is enough.
    if !subject.expected.allows_status(subject.response().status) || !has_its_code {
        return Vec::new();
    }
    let id = &subject.triggered.id;
    match &subject.identity {
        Identity::Other(index) => {
            let other = &subject.contract.failures[*index].id;
            // The other failure is identified by its own `match` or code.
            let source = subject.expected.rules.matches.first().map_or_else(Default::default, |it| it.source);
            vec![subject.cause_finding(CHECK.id, source, id, other).saying(format!(
                "the response is another documented failure of the same status: expected {id}, got {other}"
            ))]
        }
        Identity::Triggered { by_status_alone: false, .. } | Identity::Unidentified if !is_bare => {
            misfits(subject)
        }
        _ => Vec::new(),
    }
}

/// Returns true if the code, if there is one, does not distinguish the two failures.
fn has_its_code(subject: &Subject<'_>) -> bool {
    subject.triggered.rules.code.is_none()
        || subject.view.code_of(subject.triggered).is_some_and(|code| subject.triggered.accepts(&code))
}

fn misfits(subject: &Subject<'_>) -> Vec<Finding> {
    // No single item was selected: the check `bulk-item` reports that.
    if matches!(subject.view.item, Item::Unpicked(_)) {
        return Vec::new();
    }
    let judged = subject.view.judged();
    let nothing = || match judged {
        Some(_) => "nothing".to_owned(),
        None => format!("a body that is not {}", subject.failure.envelope.formats()),
    };
    let rules = subject.expected.rules.matches.iter();
    rules
        .filter_map(|ruled| {
            let (pointer, schema) = &ruled.rule;
            let value = judged.and_then(|judged| pointer.find(judged));
            if value.is_some_and(|value| schema.fits(value)) {
                return None;
            }
            let actual = value.map_or_else(nothing, show);
            let expected = format!("{pointer} to match {}", show(&schema.value));
            Some(subject.finding(CHECK.id, ruled.source, expected, actual))
        })
        .collect()
}
