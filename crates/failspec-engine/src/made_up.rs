//! Values that an import made up from an OpenAPI document: its schema allows them, but the target may not know them.

use failspec_base::{
    message::{Request, Response},
    template::{JsonTemplate, Placeholder},
};
use failspec_judge::check::View;
use failspec_pack::pack::{BodyTemplate, Flow, RequestTemplate};
use serde_json::Value;

use super::{
    error::Unjudged,
    refusal_hints::{Wish, hints},
    session::Session,
};

/// Maximum number of names that are told.
const MAX_NAMES: usize = 6;

/// Returns the names of the members of a JSON body whose values are unique to the run.
pub(super) fn names_of_unique(request: &RequestTemplate) -> Vec<String> {
    let Some(BodyTemplate::Json(JsonTemplate::Map(members))) = request.body.as_deref() else {
        return Vec::new();
    };
    let is_unique = |value: &JsonTemplate| value.holes().contains(&&Placeholder::Unique);
    members
        .iter()
        .filter(|(_, value)| is_unique(value))
        .map(|(name, _)| name.clone())
        .take(MAX_NAMES)
        .collect()
}

/// Returns the names of the parameters of a path whose values no step of the flow captured.
pub(super) fn names_in_path(flow: &Flow) -> Vec<String> {
    let captured: Vec<&str> =
        flow.setup.iter().flat_map(|step| &step.capture).map(|capture| capture.name.as_str()).collect();
    let names = flow.request.line.path.parameters().filter(|name| !captured.contains(name));
    names.take(MAX_NAMES).map(str::to_owned).collect()
}

/// Returns the names of the parameters and of the members of the body whose values the request has from its scenario
/// file, and not from a variable of the target.
pub(super) fn names_of_values(request: &RequestTemplate) -> Vec<String> {
    let own_headers = request
        .headers
        .iter()
        .filter(|(name, _)| !["content-type", "accept"].iter().any(|usual| name.eq_ignore_ascii_case(usual)));
    let parameters =
        request.query.iter().chain(own_headers).filter(|(_, value)| value.holes().next().is_none());
    let mut names: Vec<String> = parameters.map(|(name, _)| name.clone()).collect();
    match request.body.as_deref() {
        Some(BodyTemplate::Json(JsonTemplate::Constant(Value::Object(members)))) => {
            names.extend(members.keys().cloned());
        }
        Some(BodyTemplate::Json(JsonTemplate::Map(members))) => {
            let constant = members.iter().filter(|(_, value)| value.as_constant().is_some());
            names.extend(constant.map(|(name, _)| name.clone()));
        }
        Some(BodyTemplate::Form(fields)) => {
            let constant = fields.iter().filter(|(_, value)| value.holes().next().is_none());
            names.extend(constant.map(|(name, _)| name.clone()));
        }
        Some(BodyTemplate::Multipart(parts)) => {
            let constant = parts.iter().filter(|part| part.holes().is_empty());
            names.extend(constant.map(|part| part.name.clone()));
        }
        Some(
            BodyTemplate::Json(_)
            | BodyTemplate::Text(_)
            | BodyTemplate::Bytes(_)
            | BodyTemplate::File { .. },
        )
        | None => {}
    }
    names.truncate(MAX_NAMES);
    names
}

impl Session {
    /// Returns the reason why a case cannot be judged whose request without a fault was refused. Values of the target help only if a
    /// value was refused, and not if the server misses something that was not sent, or not as it reads it.
    pub(super) fn unusable_values(
        &self,
        request: &Request,
        refused: &Response,
        names: Vec<String>,
    ) -> Unjudged {
        let request = self.place(request);
        let response = self.describe(View::new(refused, None));
        if misses_something(&refused.body, &names) {
            return format!(
                "the request without a fault got {response} ({request}), which says that something is missing or empty"
            )
            .into();
        }
        Unjudged::MadeUpValues { request, response, names }
    }
}

/// Returns true if all that a refusal says is that something is missing or empty.
fn misses_something(refusal: &[u8], names: &[String]) -> bool {
    let said = hints(refusal, names);
    !said.is_empty() && said.iter().all(|hint| hint.wish == Wish::Required)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusal_of_a_value_is_no_missing_one() {
        let misses = |refusal: &str| misses_something(refusal.as_bytes(), &["kind".to_owned()]);
        assert!(misses(r#"{"error":"title is required"}"#));
        assert!(misses(r#"{"errors":[{"field":"kind","message":"must not be empty"}]}"#));
        assert!(!misses(r#"{"errors":[{"field":"kind","message":"no such kind"}]}"#));
        assert!(!misses(r#"{"error":"no"}"#));
    }
}
