//! Media types that an OpenAPI document does not declare.

use super::{
    case_log::Observed,
    definition::{Check, When},
    finding::Finding,
    openapi_context::declarations,
};

pub(super) static CHECK: Check = Check {
    id: "undeclared-media-type",
    summary: "the OpenAPI document declares the media type of the response",
    source: "`openapi` of the contract: the media types under `content` of the response",
    text: "The OpenAPI document declares the media types of this response, but the API sent another one. \
Case and parameters such as `charset` are ignored; `image/*` matches all images. If no content is declared \
for a response, nothing is checked.",
    when: When::Always,
    run: |subject| media_types(subject.observed),
};

pub(super) fn media_types(observed: &Observed) -> Vec<Finding> {
    let undeclared = declarations(observed).filter(|it| it.has_body() && it.content().is_none());
    undeclared
        .filter_map(|it| {
            let response = it.declared_response.filter(|response| !response.content.is_empty())?;
            let known: Vec<&str> = response.content.iter().map(|it| it.media_type.as_str()).collect();
            let known = known.join(" or ");
            let media_type = it.response.header("content-type").unwrap_or("no Content-Type");
            let message = format!("{} with {media_type}, but {known} is declared", it.told());
            Some(it.about(Finding::new(CHECK.id, it.source(), known, media_type).saying(message)))
        })
        .collect()
}
