//! Bodies that match a declared schema only because they have none of its properties.

use super::{
    case_log::Observed,
    declared_schema::{name, shape_of},
    definition::{Check, When},
    finding::Finding,
    openapi_context::declarations,
    vacuous::only,
};
use failspec_pack::openapi::Direction;

pub(super) static CHECK: Check = Check {
    id: "declared-vacuous",
    summary: "an error has at least one of the properties that the OpenAPI document declares for it",
    source: "`openapi` of the contract: the properties that a schema declares are sent",
    text: "The body of an error matches the declared schema, but has none of the properties that the schema \
declares: without required properties, any object matches. (Frameworks that generate the document declare \
one error schema for every operation; the service then sends another one.) Bodies of successes are not \
checked.",
    when: When::Always,
    run: |subject| vacuous(subject.observed),
};

pub(super) fn vacuous(observed: &Observed) -> Vec<Finding> {
    let errors = declarations(observed).filter(|it| it.response.status >= 400);
    errors
        .filter_map(|it| {
            let (content, source) = shape_of(&it)?;
            let body = it.json_body()?;
            let schema = it.declared.content(content, Direction::Response)?;
            if !schema.is_vacuous_for(body) || !schema.fits(body) {
                return None;
            }
            let declared: Vec<&str> = schema.declared().collect();
            let expected = format!("at least one property of {}: {}", name(content), declared.join(", "));
            let actual = only(body);
            let message = format!(
                "{} with a body that has no property of {}: it has {actual}",
                it.told(),
                name(content)
            );
            Some(it.about(Finding::new(CHECK.id, source, expected, actual).saying(message)))
        })
        .collect()
}
