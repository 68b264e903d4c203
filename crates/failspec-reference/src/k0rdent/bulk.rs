//! Bulk operations.
//!
//! "Bulk operations always return success: true at the top level, with per-resource status in the results array", and
//! "207 Multi-Status for all batch operations". A problem of the request as a whole rejects the whole request.

use serde_json::{Value, json};

use super::{
    Body, Call, Failure, K0rdent, Outcome, Success,
    ids::{self, Kind},
    lifecycle::Action,
    quirks,
};

/// The maximum number of items of a bulk request.
const MAX_SIZE: usize = 100;

impl K0rdent {
    pub(super) fn bulk_inspect(&self, call: &Call<'_>) -> Outcome {
        let mut body = Body::of(call.request);
        let ids = read_ids(&mut body);
        self.admit(call, body.problems)?;
        self.sound()?;
        let outcomes: Vec<(String, Result<String, Failure>)> = ids
            .into_iter()
            .map(|id| {
                let outcome = self.inspect_item(call, &id);
                (id, outcome)
            })
            .collect();
        if self.quirks.is_on(quirks::BULK_ALL_OR_NOTHING)
            && let Some(failure) = outcomes.iter().find_map(|(_, outcome)| outcome.as_ref().err())
        {
            return Err(failure.clone());
        }
        let results: Vec<Value> = outcomes.iter().map(|(id, outcome)| self.show_item(id, outcome)).collect();
        let failed = results.iter().filter(|result| result["status"] == "failed").count();
        let data = json!({ "total": results.len(), "succeeded": results.len() - failed, "failed": failed });
        Ok(Success::bulk(data, results))
    }

    /// Inspects one server like a request for this server only; returns the id of the workflow.
    fn inspect_item(&self, call: &Call<'_>, id: &str) -> Result<String, Failure> {
        let mut item = Body::default();
        ids::check(Kind::Server, id, &mut item.problems);
        self.validate(item.problems)?;
        let server = self.find(Kind::Server, call.organisation(), id)?;
        self.begin(&server, Action::Inspect, None).map(|(_, workflow)| workflow)
    }

    fn show_item(&self, id: &str, outcome: &Result<String, Failure>) -> Value {
        let accepted = |workflow: &str| json!({ "id": id, "status": "accepted", "workflowId": workflow });
        match outcome {
            Ok(workflow) => accepted(workflow),
            Err(_) if self.quirks.is_on(quirks::BULK_HIDES) => accepted(&Kind::Workflow.new_id()),
            Err(failure) => {
                let mut error = failure.show();
                if self.quirks.is_on(quirks::BULK_NO_CODE)
                    && let Some(error) = error.as_object_mut()
                {
                    error.shift_remove("code");
                }
                json!({ "id": id, "status": "failed", "error": error })
            }
        }
    }
}

/// Reads the ids in the order of the request. Duplicates count once.
fn read_ids(body: &mut Body) -> Vec<String> {
    let Some(sent) = body.get("ids") else {
        body.tell("ids", "Ids is required");
        return Vec::new();
    };
    let texts = sent.as_array().filter(|items| (1..=MAX_SIZE).contains(&items.len())).and_then(|items| {
        items.iter().map(|item| item.as_str().map(str::to_owned)).collect::<Option<Vec<String>>>()
    });
    let Some(texts) = texts else {
        body.tell("ids", format!("Ids must be a list of 1 to {MAX_SIZE} texts"));
        return Vec::new();
    };
    let mut ids: Vec<String> = Vec::with_capacity(texts.len());
    for text in texts {
        if !ids.contains(&text) {
            ids.push(text);
        }
    }
    ids
}
