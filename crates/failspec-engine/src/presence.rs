//! The question whether something is there, asked with a GET of it or of what it is in.

use failspec_base::message::Response;
use failspec_judge::check::View;
use serde_json::Value;

use super::session::Session;

/// The answer to whether something is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Presence {
    There,
    Absent,
    /// The API has no GET that would say it, or it refuses it.
    Unknown,
}

impl Session {
    /// Asks for the thing at a path of the target; if the pack has no GET of such things, for what it is in.
    pub(super) async fn presence(&self, path: &str, role: Option<&str>) -> Presence {
        let mut rest = path.trim_end_matches('/');
        while let Some((above, id)) = rest.rsplit_once('/') {
            let Some(request) = self.request_to("GET", rest, role) else {
                rest = above;
                continue;
            };
            let Ok((_, response)) = Box::pin(self.response_to(&request, &self.scope())).await else {
                return Presence::Unknown;
            };
            return match response.status {
                400 | 404 | 410 | 422 => Presence::Absent,
                500..600 if self.is_id_of_run(id) => {
                    // A server may break on whatever id it does not have.
                    let other = format!("{above}/{}", self.scope().unique());
                    match self.breaks_on(&other, role, response.status).await {
                        true => Presence::Absent,
                        false => Presence::Unknown,
                    }
                }
                _ if says_error(&response) => Presence::Absent,
                _ if self.succeeded(View::new(&response, None)) => Presence::There,
                _ => Presence::Unknown,
            };
        }
        Presence::Unknown
    }

    /// Returns true if a GET of something that never was gets this status.
    async fn breaks_on(&self, path: &str, role: Option<&str>, status: u16) -> bool {
        let Some(request) = self.request_to("GET", path, role) else { return false };
        let response = Box::pin(self.response_to(&request, &self.scope())).await;
        response.is_ok_and(|(_, response)| response.status == status)
    }
}

/// Returns true if a response with the status of a success says that the request failed, as JSON-RPC does, and made nothing.
pub(super) fn says_error(response: &Response) -> bool {
    let is_success = matches!(response.status, 200 | 202..300);
    response.document().value.as_ref().is_some_and(|body| is_success && is_error(body))
}

fn is_error(body: &Value) -> bool {
    // The status of a thing may be `error`.
    let is_message = body.get("type").and_then(Value::as_str) == Some("error")
        && ["error", "message"].iter().any(|name| body.get(*name).is_some_and(|said| !said.is_null()));
    let is_no = |name: &str| body.get(name) == Some(&Value::Bool(false));
    let has_object = body.get("error").and_then(Value::as_object).is_some_and(|error| !error.is_empty());
    has_object || is_message || is_no("success") || is_no("ok")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_success_that_says_error_is_none() {
        for (body, expected) in [
            (json!({ "jsonrpc": "2.0", "id": "", "error": { "code": -32602, "message": "no" } }), true),
            (json!({ "type": "error", "id": 1, "error": "no_such_run" }), true),
            (json!({ "id": 1, "status": "error", "message": "no" }), false),
            (json!({ "id": 1, "type": "error" }), false),
            (json!({ "success": false }), true),
            (json!({ "id": 1, "error": null, "status": "queued" }), false),
            // A job tells its last error.
            (json!({ "id": 1, "error": "none so far" }), false),
            (json!({ "id": 1, "error": {} }), false),
            (json!({ "id": 1, "ok": true }), false),
            (json!([{ "error": { "code": 1 } }]), false),
        ] {
            assert_eq!(is_error(&body), expected, "{body}");
        }
    }
}
