//! Bodies that fit a declared schema only because they say nothing of it.

use super::{
    declaration::declarations,
    declared_schema::{name, shape_of},
    finding::Finding,
    observed::Observed,
    rule::{Check, When},
};
use crate::openapi::Direction;

pub(super) static CHECK: Check = Check {
    id: "declared-vacuous",
    summary: "an error says something of what the OpenAPI document declares for it",
    source: "`openapi` of the contract: what a schema declares is what is sent",
    text: "The body is one of an error, fits the declared schema, and has not one of the properties that the schema declares: \
without required properties, any object fits. (Frameworks that write the document declare an error shape for every \
operation; the service then sends another one.) Bodies of successes are not held against this.",
    when: When::Always,
    run: |subject| vacuous(subject.observed),
};

pub(super) fn vacuous(observed: &Observed) -> Vec<Finding> {
    let errors = declarations(observed).filter(|it| it.response.status >= 400);
    errors
        .filter_map(|it| {
            let (content, source) = shape_of(&it)?;
            let body = it.response.document().value.as_ref()?;
            let schema = it.declared.content(content, Direction::Response)?;
            if !schema.is_vacuous_for(body) || !schema.fits(body) {
                return None;
            }
            let declared: Vec<&str> = schema.declared().collect();
            let has: Vec<&str> =
                body.as_object().into_iter().flatten().map(|(key, _)| key.as_str()).take(8).collect();
            let expected = format!("something of {}: {}", name(content), declared.join(", "));
            let actual =
                if has.is_empty() { "none of it".to_owned() } else { format!("{} alone", has.join(", ")) };
            let message =
                format!("{} with a body that says nothing of {}: it has {actual}", it.told(), name(content));
            Some(Finding::new(CHECK.id, source, expected, actual).saying(message))
        })
        .collect()
}
