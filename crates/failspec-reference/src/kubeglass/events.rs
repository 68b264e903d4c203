//! Events by severity.

use serde_json::json;

use super::{Call, Code, Failure, Kubeglass, Outcome};

impl Kubeglass {
    pub(super) fn list_events(&self, call: &Call<'_>, severity: &str) -> Outcome {
        let (object, reason) = match severity {
            "normal" => ("pod/web-1", "Started"),
            "warning" => ("pod/web-2", "BackOff"),
            _ => {
                return Err(Failure::new(Code::InvalidParameter, "severity must be normal or warning"));
            }
        };
        let page = self.page(call, format!("events {severity}"))?;
        self.enter(call, "events:read")?;
        let event = json!({ "severity": severity, "object": object, "reason": reason });
        Ok(self.response_rows(&page, vec![(object.to_owned(), event)]))
    }
}
