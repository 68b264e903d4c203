//! Refusals whose status the contract leaves open, such as "any 4xx".

use failspec_pack::{
    openapi::{Declared, Operation, ResponseStatus},
    pack::{Failure, StatusPattern},
};

use super::{
    Request, Response, response::Content, routes::Route, sample::Sampler, success_response::declared_body,
};

/// Returns true if the contract gives no exact status first.
pub fn has_open_status(failure: &Failure) -> bool {
    let first = failure.rules.status.as_ref().and_then(|rule| rule.rule.first());
    matches!(first, Some(StatusPattern::Class(_)))
}

/// Gives a refusal the usual status for what is wrong with the request. Where the operation declares that status, the body is
/// the declared one.
pub fn undeclared_refusal(
    mut response: Response,
    request: &Request,
    route: &Route,
    operation: Option<(&Declared, &Operation)>,
    sampler: &Sampler,
) -> Response {
    response.status = match (route, operation) {
        (Route::Method(_), _) => 405,
        (Route::Unknown, _) => 404,
        (Route::Operation, Some((_, operation))) if has_other_media_type(request, operation) => 415,
        (Route::Operation, _) => response.status,
    };
    let Some((document, operation)) = operation else { return response };
    let own = ResponseStatus::Exactly(response.status);
    let Some(declared) = operation.responses.iter().find(|declared| declared.status == own) else {
        return response;
    };
    response.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("content-type"));
    response.body = match declared.content.iter().find(|content| content.is_json()) {
        Some(content) => {
            response.add_header("Content-Type", content.media_type.clone());
            Content::Json(declared_body(document, content, sampler))
        }
        None => Content::Nothing,
    };
    response
}

/// Returns true if the body of a request has a media type that the operation does not take.
fn has_other_media_type(request: &Request, operation: &Operation) -> bool {
    let sent = request.header_lines("content-type").next();
    sent.is_some_and(|sent| operation.body.iter().all(|content| content.closeness(sent).is_none()))
}
