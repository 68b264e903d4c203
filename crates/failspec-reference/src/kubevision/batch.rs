//! Batches: "each item is authorised on its own; a batch can hold successes and failures" (site).

use serde_json::{Value, json};

use super::{
    Call, Failure, Kubevision, Outcome, Resource, Success, access::scope, body::Object, query, quirks,
    resources,
};
use crate::store::Key;

/// The maximum number of items of a batch.
const MAX_SIZE: usize = 100;

/// A resource to delete, as named in the request.
struct Item {
    resource: String,
    namespace: String,
    name: String,
}

impl Kubevision {
    /// Deletes several resources. A problem of the cluster rejects the batch; a problem of an item rejects that item.
    pub(super) fn batch_delete(&self, call: &Call<'_>, cluster: &str) -> Outcome {
        query::check_label("cluster", cluster)?;
        let items = self.read_items(&self.json(call.request)?)?;
        self.enter_cluster(call, cluster)?;
        self.reach(cluster)?;
        let outcomes: Vec<Result<(), Failure>> =
            items.iter().map(|item| self.delete_item(call, cluster, item)).collect();
        let succeeded = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        let results: Vec<Value> =
            items.iter().zip(&outcomes).map(|(item, outcome)| show(item, outcome)).collect();
        let failed = results.len() - succeeded;
        Ok(Success::of(json!({ "results": results, "succeeded": succeeded, "failed": failed })))
    }

    fn read_items(&self, body: &Object) -> Result<Vec<Item>, Failure> {
        let sent = match body.required("items") {
            Err(_) if self.quirks.is_on(quirks::MISSING_PARAMETER) => return Ok(Vec::new()),
            sent => sent?,
        };
        match sent.as_array() {
            Some(items) if (1..=MAX_SIZE).contains(&items.len()) => items.iter().map(Item::read).collect(),
            _ if self.quirks.is_on(quirks::MALFORMED_PARAMETER) => Ok(Vec::new()),
            _ => Err(Failure::invalid("items", "must be a list of 1 to 100 items")),
        }
    }

    fn delete_item(&self, call: &Call<'_>, cluster: &str, item: &Item) -> Result<(), Failure> {
        // Kubernetes does not know the resource, so there is no permission to delete it.
        let resource = Resource::from_plural(&item.resource);
        if !self.quirks.is_on(quirks::OPEN_BATCH) {
            let namespace = Some(item.namespace.as_str());
            match resource {
                Some(resource) => self.permit(call, cluster, namespace, (resource, "delete"))?,
                None => self.enter_namespace(call, cluster, namespace)?,
            }
        }
        let plural = resource.ok_or_else(resources::absent)?.plural();
        let key = Key::new(plural, &scope(cluster, &item.namespace), &item.name);
        match self.store.resources.delete(&key) {
            Err(_) if !self.quirks.is_on(quirks::ABSENT_RESOURCE) => Err(resources::absent()),
            _ => Ok(()),
        }
    }
}

impl Item {
    fn read(sent: &Value) -> Result<Self, Failure> {
        let text = |field: &str| {
            let rule = "must be objects with the texts resource, namespace and name";
            sent[field].as_str().map(str::to_owned).ok_or_else(|| Failure::invalid("items", rule))
        };
        Ok(Self { resource: text("resource")?, namespace: text("namespace")?, name: text("name")? })
    }
}

fn show(item: &Item, outcome: &Result<(), Failure>) -> Value {
    let (code, message) = match outcome {
        Ok(()) => (0, "success"),
        Err(failure) => (failure.code.number(), failure.message.as_ref()),
    };
    let Item { resource, namespace, name } = item;
    json!({ "resource": resource, "namespace": namespace, "name": name, "code": code, "message": message })
}
