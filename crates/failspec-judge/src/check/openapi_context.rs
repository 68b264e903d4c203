//! Responses compared with what an OpenAPI document declares for them.

use std::sync::Arc;

use failspec_base::message::{Defect, MediaType, Request, Response};
use failspec_pack::{
    openapi::{self, Content, Declared, Operation, ResponseStatus},
    pack::Provenance,
};

use super::{
    case_log::{Observed, Phase, Record},
    finding::Finding,
    intermediary,
};

/// The OpenAPI document that responses are checked against.
#[derive(Debug, Clone)]
pub struct OpenApiContext {
    /// The document.
    pub declared: Arc<Declared>,
    /// The path of the target's URL, which is not part of the document.
    pub base: Arc<str>,
}

/// A response of a case and its declaration.
#[derive(Debug, Clone, Copy)]
pub(super) struct Declaration<'a> {
    /// The index of the record.
    pub index: usize,
    pub record: &'a Record,
    pub response: &'a Response,
    pub declared: &'a Declared,
    pub operation: &'a Operation,
    /// The declaration for its status.
    pub declared_response: Option<&'a openapi::Response>,
}

impl OpenApiContext {
    /// Returns the operation that a request to the target calls.
    pub fn operation(&self, method: &str, path: &str) -> Option<&Operation> {
        let base = self.base.trim_end_matches('/');
        self.declared.operation(method, path.strip_prefix(base).unwrap_or(path))
    }

    /// Returns the reason why a response does not come from the API, if there is evidence for it. An operation that declares a redirect,
    /// such as a login at another service, redirects itself.
    pub fn intermediary(&self, request: &Request, response: &Response) -> Option<String> {
        let is_redirect = (300..400).contains(&response.status);
        let operation = self.operation(&request.method, request.url.path()).filter(|_| is_redirect);
        if operation.is_some_and(declares_redirect) {
            return None;
        }
        intermediary::detect_intermediary(response, request.url.host_str())
    }

    /// Returns the operation that declares the response to a request: its own, or, if the path does not have the
    /// method, one that declares how the method is rejected.
    pub fn declaring(&self, method: &str, path: &str, status: u16) -> Option<&Operation> {
        let base = self.base.trim_end_matches('/');
        let below = path.strip_prefix(base).unwrap_or(path);
        let refusal = || self.declared.declaring(below, status).filter(|_| status == 405);
        self.operation(method, path).or_else(refusal)
    }
}

/// Returns true if an operation declares a redirect of some kind.
fn declares_redirect(operation: &Operation) -> bool {
    operation.responses.iter().any(|declared| match declared.status {
        ResponseStatus::Exactly(status) => (300..400).contains(&status),
        ResponseStatus::Class(hundreds) => hundreds == 3,
        ResponseStatus::Default => false,
    })
}

/// Returns the responses of a case to requests that the document knows, without those of a proxy.
pub(super) fn declarations(observed: &Observed) -> impl Iterator<Item = Declaration<'_>> {
    let against = observed.against.as_ref();
    observed.records.iter().enumerate().filter_map(move |(index, record)| {
        let (against, response) = (against?, record.exchange.result.as_ref().ok()?);
        let request = &record.exchange.request;
        let operation = against.declaring(&request.method, request.url.path(), response.status)?;
        if against.intermediary(request, response).is_some() {
            return None;
        }
        let declared_response = openapi::Response::of(&operation.responses, response.status);
        Some(Declaration {
            index,
            record,
            response,
            declared: &against.declared,
            operation,
            declared_response,
        })
    })
}

impl<'a> Declaration<'a> {
    /// Returns the body, if it is JSON: the declared schemas describe that.
    pub fn json_body(&self) -> Option<&'a serde_json::Value> {
        let document = self.response.document();
        // A text may begin like JSON: `404 page not found`.
        let goes_on = document.defects.iter().any(|defect| matches!(defect, Defect::TrailingBytes { .. }));
        let media_type = self.response.header("content-type").and_then(MediaType::parse);
        let is_text = goes_on && !media_type.is_some_and(|media_type| media_type.is_json());
        document.value.as_ref().filter(|_| !document.is_xml() && !is_text)
    }

    /// Describes the request and the response in a few words.
    pub fn told(&self) -> String {
        // The request comes first: most findings are about the request under test, which needs no further word.
        let place = match self.record.phase {
            Phase::Request => String::new(),
            other => format!(" in the {}", other.as_str()),
        };
        format!(
            "{} {} got HTTP {}{place}",
            self.record.exchange.request.method, self.operation.path, self.response.status
        )
    }

    /// Returns a finding as one about this exchange.
    pub fn about(&self, finding: Finding) -> Finding {
        // That of the request under test stands in the report of the case.
        let is_tested = self.record.phase == Phase::Request;
        let operation = (!is_tested).then(|| self.operation.name().into());
        Finding { record: Some(self.index), operation, ..finding }
    }

    /// Returns how binding the declaration for the response is. `default` covers everything that is not declared
    /// otherwise, and most documents mean errors by it: it is binding for the errors of an operation with declared
    /// successes.
    pub fn source(&self) -> Provenance {
        let is_default =
            self.declared_response.is_some_and(|response| response.status == ResponseStatus::Default);
        let declares_success = self.operation.responses.iter().any(|response| {
            matches!(response.status, ResponseStatus::Exactly(200..300) | ResponseStatus::Class(2))
        });
        match is_default && (self.response.status < 400 || !declares_success) {
            true => Provenance::Inferred,
            // A document that is not the publisher's binds nobody.
            false => Provenance::Documented.weaken(self.declared.source),
        }
    }

    /// Returns true if there is a body to check: a response to HEAD has none, nor has one with the status 1xx, 204,
    /// 205 or 304.
    pub fn has_body(&self) -> bool {
        let bare = matches!(self.response.status, 100..200 | 204 | 205 | 304);
        !bare && self.record.exchange.request.method != "HEAD" && !self.response.body.is_empty()
    }

    /// Returns the content that is declared for the media type of the response.
    pub fn content(&self) -> Option<&'a Content> {
        let media_type = self.response.header("content-type").unwrap_or_default();
        let contents = self.declared_response?.content.iter();
        contents
            .filter_map(|it| Some((it.closeness(media_type)?, it)))
            .max_by_key(|(close, _)| *close)
            .map(|(_, it)| it)
    }
}

#[cfg(test)]
mod tests {
    use failspec_pack::openapi::Api;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_redirect_to_a_login_is_that_of_the_api_where_the_operation_declares_one() {
        let answers = |status: &str| json!({ "get": { "responses": { status: { "description": "any" } } } });
        let document = json!({ "openapi": "3.1.0", "info": { "title": "Any", "version": "1" }, "paths": {
            "/login": answers("302"), "/classes": answers("3XX"), "/things": answers("200"), "/others": answers("default"),
        } });
        let api = Api::parse("openapi.json", &document.to_string()).unwrap();
        let context = OpenApiContext { declared: Arc::new(Declared::new(api)), base: "".into() };
        for (path, status, is_intermediary) in [
            ("/login", 302, false),
            ("/login", 307, false),
            ("/classes", 307, false),
            ("/things", 302, true),
            ("/others", 302, true),
            ("/elsewhere", 302, true),
        ] {
            let url = url::Url::parse(&format!("http://127.0.0.1{path}")).unwrap();
            let headers = http::HeaderMap::from_iter([(
                http::header::LOCATION,
                http::HeaderValue::from_static("/auth/login"),
            )]);
            let response = Response::new(status, headers, "");
            let found = context.intermediary(&Request::new("GET", url), &response);
            assert_eq!(found.is_some(), is_intermediary, "{path} {status}");
        }
    }
}
