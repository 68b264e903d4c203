//! The expectations of the scenario for the response.

use std::sync::Arc;

use failspec_pack::pack::{Pointer, Provenance, Schema};

use super::{
    definition::{Check, When},
    finding::Finding,
    headers::judge_header,
    response_view::show,
    subject::Subject,
};

pub(super) static CHECK: Check = Check {
    id: "expectation",
    summary: "the response is what the scenario expects in addition to the contract",
    source: "`expect` of the scenario; a warning under `inferred`",
    text: "The scenario expects more of the response to its own request than the contract can say in \
general, for example which field a validation error must name.",
    when: When::Refused,
    run,
};

fn run(subject: &Subject<'_>) -> Vec<Finding> {
    let expected = &subject.observed.expected;
    let mut wrong = bodies(subject, &expected.body, Provenance::Documented);
    wrong.extend(bodies(subject, &expected.body_inferred, Provenance::Inferred));
    let own = std::iter::once((subject.scenario.faulty.expected(), Provenance::Documented));
    let ours =
        subject.scenario.expect_inferred.as_deref().into_iter().map(|expect| (expect, Provenance::Inferred));
    for (expect, source) in own.chain(ours) {
        for header in &expect.headers {
            wrong.extend(judge_header(CHECK.id, subject, header, source));
        }
        let status = subject.response().status;
        if !expect.status.is_empty() && !expect.status.iter().any(|pattern| pattern.matches(status)) {
            let wanted: Vec<String> = expect.status.iter().map(ToString::to_string).collect();
            wrong.push(subject.cause_finding(
                CHECK.id,
                source,
                format!("status {}", wanted.join(" or ")),
                status.to_string(),
            ));
        }
    }
    wrong
}

fn bodies(subject: &Subject<'_>, expected: &[(Pointer, Arc<Schema>)], source: Provenance) -> Vec<Finding> {
    // HEAD, 204 and a body that the contract calls optional: then there is rightly nothing to look at.
    if subject.is_bare() {
        return Vec::new();
    }
    let body = subject.view.body();
    let unread = || format!("a body that is not {}", subject.failure.envelope.formats());
    let nothing = || if body.is_some() { "nothing".to_owned() } else { unread() };
    let mut wrong = Vec::new();
    for (pointer, schema) in expected {
        let wanted = format!("{pointer} to match {}", show(&schema.value));
        let Some(value) = body.and_then(|body| pointer.find(body)) else {
            let said = match body {
                Some(_) => format!("nothing at {pointer}"),
                None => format!("{}, with nothing at {pointer}", unread()),
            };
            wrong.push(
                subject
                    .cause_finding(CHECK.id, source, wanted, nothing())
                    .saying(format!("{said}, but the scenario expects {}", show(&schema.value))),
            );
            continue;
        };
        for misfit in schema.misfits(value) {
            let finding = subject.cause_finding(CHECK.id, source, &wanted, show(value));
            let finding = finding.saying(format!("{pointer}{}: {}", misfit.at, misfit.message));
            wrong.push(finding.about_annotation(misfit.is_annotation));
        }
    }
    wrong
}
