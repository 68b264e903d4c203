//! Bulk operations.
//!
//! "Bulk operations always return success: true at the top level, with per-resource status in the results array", and
//! "207 Multi-Status for all batch operations". A problem of the request as a whole rejects the whole request.

use serde_json::{Value, json};

use super::{
    Body, Call, Failure, K0rdent, Outcome, Success,
    ids::{self, Kind},
    lifecycle::Action,
    quirks, servers,
};

/// The maximum number of items of a bulk request.
const MAX_SIZE: usize = 100;

impl K0rdent {
    /// Registers several servers, each like a request for this server only.
    pub(super) fn batch_create(&self, call: &Call<'_>) -> Outcome {
        let mut body = Body::of(call.request);
        let servers = read_servers(&mut body);
        self.admit(call, body.problems)?;
        self.sound()?;
        let results = servers.into_iter().enumerate().map(|(index, mut server)| {
            let read = servers::read_server(&mut server);
            let outcome = self.validate(server.problems).and_then(|()| self.register(call, read));
            let accepted = |id: &Value| json!({ "index": index, "status": "accepted", "id": id });
            match outcome {
                Ok(server) => Ok(accepted(&server.body["id"])),
                Err(_) if self.quirks.is_on(quirks::BULK_HIDES) => {
                    Ok(accepted(&Kind::Server.new_id().into()))
                }
                Err(failure) if self.quirks.is_on(quirks::BULK_ALL_OR_NOTHING) => Err(failure),
                Err(failure) => Ok(self.failed(json!({ "index": index, "status": "failed" }), &failure)),
            }
        });
        results.collect::<Result<Vec<Value>, Failure>>().map(bulk)
    }

    pub(super) fn batch_inspect(&self, call: &Call<'_>) -> Outcome {
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
        Ok(bulk(results))
    }

    /// Adds the error to the result of an item that failed.
    fn failed(&self, mut result: Value, failure: &Failure) -> Value {
        let mut error = failure.show();
        if self.quirks.is_on(quirks::BULK_NO_CODE)
            && let Some(error) = error.as_object_mut()
        {
            error.shift_remove("code");
        }
        result["error"] = error;
        result
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
            Err(failure) => self.failed(json!({ "id": id, "status": "failed" }), failure),
        }
    }
}

/// Creates the response from the results of the items.
fn bulk(results: Vec<Value>) -> Success {
    let failed = results.iter().filter(|result| result["status"] == "failed").count();
    let data = json!({ "total": results.len(), "succeeded": results.len() - failed, "failed": failed });
    Success::bulk(data, results)
}

/// Reads the servers of a batch. What is wrong with one of them is a matter of its result.
fn read_servers(body: &mut Body) -> Vec<Body> {
    let items = body.get("servers").and_then(Value::as_array);
    let bodies = items.filter(|items| (1..=MAX_SIZE).contains(&items.len())).and_then(|items| {
        items.iter().map(|item| item.as_object().cloned().map(Body::of_item)).collect::<Option<Vec<Body>>>()
    });
    bodies.unwrap_or_else(|| {
        body.tell("servers", format!("Servers must be a list of 1 to {MAX_SIZE} objects"));
        Vec::new()
    })
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
