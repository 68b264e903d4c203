//! Headers that an OpenAPI document declares.

use failspec_pack::openapi::ResponseHeader;

use super::{
    case_log::Observed,
    definition::{Check, When},
    finding::Finding,
    openapi_context::{Declaration, declarations},
};

pub(super) static CHECK: Check = Check {
    id: "declared-headers",
    summary: "headers that the OpenAPI document requires are present, and declared ones match their schemas",
    source: "`openapi` of the contract: the `headers` of the response",
    text: "The OpenAPI document declares a header of this response as required and the response does not \
have it, or the response has a declared header with a value that its schema does not allow. A header that is \
declared without `required: true` may be absent.",
    when: When::Always,
    run: |subject| headers(subject.observed),
};

pub(super) fn headers(observed: &Observed) -> Vec<Finding> {
    let of = |it: Declaration<'_>| {
        let declared = it.declared_response.into_iter().flat_map(|response| &response.headers);
        declared.filter_map(|header| wrong(&it, header)).collect::<Vec<_>>()
    };
    declarations(observed).flat_map(of).collect()
}

fn wrong(it: &Declaration<'_>, header: &ResponseHeader) -> Option<Finding> {
    let (expected, actual, misfit) = match it.response.combined_header(&header.name) {
        None if header.required => (format!("the header {}", header.name), "none".to_owned(), None),
        None => return None,
        Some(text) => {
            // Lists and objects are written in several styles, so a mismatch does not prove a wrong value.
            let is_compound = matches!(header.kind(), Some("array" | "object"));
            let schema = it.declared.header_schema(header.schema.as_ref()?)?;
            let misfit = schema.misfits(&text).into_iter().next().filter(|_| !is_compound)?;
            let expected = format!("a value of {} that matches its schema", header.name);
            (expected, text.into_owned(), Some(misfit))
        }
    };
    let message = format!("{}: expected {expected}, got {actual}", it.told());
    // Whatever the value is, it breaks the same rule of the same header.
    let rule =
        misfit.as_ref().map(|misfit| format!("{}: {}", header.name.to_ascii_lowercase(), misfit.shape));
    let finding = Finding::new(CHECK.id, it.source(), expected, actual).saying(message);
    let finding = it.about(finding.breaking(rule.as_deref(), None));
    Some(finding.about_annotation(misfit.is_some_and(|misfit| misfit.is_annotation)))
}
