//! Two requests whose answers must be the same.

use serde_json::Value;

use crate::{
    http::Answer,
    pack::{Envelope, Part},
};

use super::{
    finding::Finding,
    identity::Identity,
    observed::Phase,
    rule::{Check, When},
    subject::Subject,
    view::show,
};

pub(super) static CHECK: Check = Check {
    id: "twin",
    summary: "the twin's answer is the same",
    source: "`twin` of the scenario; a warning unless the scenario says that it is documented",
    text: "Two requests must not be told apart by their answers, for example one for a resource that does not exist \
and one for a resource of another tenant: a difference reveals that the second exists. Compared are status and body, \
without the request id and what else varies.",
    when: When::Refused,
    run,
};

fn run(subject: &Subject<'_>) -> Vec<Finding> {
    let Some(source) = subject.observed.twin_source else {
        return Vec::new();
    };
    let Some(twin) = subject.observed.of(Phase::Twin).last().and_then(|it| it.exchange.result.as_ref().ok())
    else {
        return Vec::new();
    };
    let (own, other) = (subject.answer(), twin);
    // A twin that is let in reveals the resource itself, whoever says that the two must be the same.
    if Identity::of_any(super::View::new(other, None), subject.contract) == Identity::Success {
        let actual = format!("a success (HTTP {})", other.status);
        let finding = Finding::new(
            CHECK.id,
            subject.scenario.source,
            format!("{} as well", subject.triggered.id),
            &actual,
        );
        return vec![
            finding
                .saying(format!("the twin should fail as {} as well and got {actual}", subject.triggered.id)),
        ];
    }
    let mut wrong = Vec::new();
    if own.status != other.status {
        wrong.push(subject.finding(
            CHECK.id,
            source,
            format!("HTTP {}", own.status),
            format!("HTTP {}", other.status),
        ));
    }
    let (mine, theirs) = (comparable(own, subject), comparable(other, subject));
    if mine != theirs {
        let (expected, actual) =
            (mine.as_ref().map_or("no JSON".into(), show), theirs.as_ref().map_or("no JSON".into(), show));
        let finding = subject.finding(CHECK.id, source, &expected, &actual);
        wrong.push(finding.saying(format!("the twin's answer differs: {expected} and {actual}")));
    }
    wrong
}

/// The body without what differs from request to request.
fn comparable(answer: &Answer, subject: &Subject<'_>) -> Option<Value> {
    let mut body = answer.document().value.clone()?;
    let Envelope { request_id, .. } = &subject.failure.envelope;
    let id = request_id.as_ref().and_then(|ruled| ruled.rule.pointer.as_ref());
    let varies = subject.failure.varies.iter().filter_map(|part| match part {
        Part::Body(pointer) => Some(pointer),
        Part::Header(_) => None,
    });
    for pointer in id.into_iter().chain(varies) {
        if let Some(value) = pointer.find_mut(&mut body) {
            *value = Value::Null;
        }
    }
    Some(body)
}
