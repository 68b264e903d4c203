//! Batches: "each item is authorised on its own; a batch can hold successes and failures" (site).

use serde_json::{Value, json};

use super::{
    Call, Failure, Kubevision, Outcome, Request, Resource, Success, access::scope, body, quirks, resources,
};
use crate::store::Key;

/// The maximum number of items of a batch, as on the publisher's server.
const MAX_SIZE: usize = 50;

/// A resource to delete, as named in the request.
struct Item {
    resource: String,
    namespace: String,
    name: String,
}

impl Kubevision {
    /// Deletes several resources. A problem of the cluster rejects the batch; a problem of an item rejects that item.
    pub(super) fn batch_delete(&self, call: &Call<'_>, cluster: &str) -> Outcome {
        let items = self.read_items(call.request)?;
        self.enter_cluster(call, cluster)?;
        self.reach(cluster)?;
        let outcomes: Vec<Result<(), Failure>> =
            items.iter().map(|item| self.delete_item(call, cluster, item)).collect();
        let results: Vec<Value> =
            items.iter().zip(&outcomes).map(|(item, outcome)| show(item, outcome)).collect();
        Ok(Success::of(Value::Array(results)))
    }

    fn read_items(&self, request: &Request) -> Result<Vec<Item>, Failure> {
        body::check_size(request)?;
        let lenient = self.quirks.is_on(quirks::MALFORMED_PARAMETER);
        match serde_json::from_slice(&request.body) {
            Ok(Value::Array(items)) if items.is_empty() => match self.quirks.is_on(quirks::MISSING_PARAMETER)
            {
                true => Ok(Vec::new()),
                false => Err(Failure::missing("at least one item")),
            },
            Ok(Value::Array(items)) if items.len() <= MAX_SIZE => items.iter().map(Item::read).collect(),
            _ if lenient => Ok(Vec::new()),
            _ => Err(Failure::invalid("the body", "must be a list of 1 to 50 items")),
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
            sent[field].as_str().map(str::to_owned).ok_or_else(|| Failure::invalid("the items", rule))
        };
        Ok(Self { resource: text("resource")?, namespace: text("namespace")?, name: text("name")? })
    }
}

/// Returns what became of an item: an item has a text and no code.
fn show(item: &Item, outcome: &Result<(), Failure>) -> Value {
    let Item { resource, namespace, name } = item;
    let mut shown =
        json!({ "resource": resource, "name": name, "namespace": namespace, "success": outcome.is_ok() });
    if let Err(failure) = outcome {
        shown["error"] = json!(failure.message);
    }
    shown
}
