//! Nodes and their drains. A drain runs until it is cancelled.

use serde_json::{Value, json};

use super::{Call, Code, Failure, Kubeglass, Outcome, call::data, names, quirks};
use crate::store::{Key, Resource};

impl Kubeglass {
    pub(super) fn list_nodes(&self, call: &Call<'_>) -> Outcome {
        let context = &call.caller.context;
        let page = self.page(call, format!("nodes of {context}"))?;
        self.enter(call, "nodes:read")?;
        Ok(self.response_scope(&page, "nodes", context, |node| self.show_node(node)))
    }

    pub(super) fn drain_node(&self, call: &Call<'_>, node: &str) -> Outcome {
        names::check_name(node)?;
        self.enter(call, "nodes:drain")?;
        self.need_node(call, node)?;
        let key = Key::new("drains", &call.caller.context, node);
        let begun = self.store.resources.create(key, json!({}));
        if begun.is_err() && !self.quirks.is_on(quirks::SECOND_DRAIN) {
            return Err(Failure::new(
                Code::DrainInProgress,
                format!("node {node:?} is being drained already"),
            ));
        }
        Ok(data(&json!({ "node": node, "status": "draining" })))
    }

    pub(super) fn cancel_drain(&self, call: &Call<'_>, node: &str) -> Outcome {
        names::check_name(node)?;
        self.enter(call, "nodes:drain")?;
        self.need_node(call, node)?;
        self.store
            .resources
            .delete(&Key::new("drains", &call.caller.context, node))
            .map_err(|_| Failure::new(Code::NotFound, format!("node {node:?} is not being drained")))?;
        Ok(data(&json!({ "node": node, "status": "cancelled" })))
    }

    fn need_node(&self, call: &Call<'_>, node: &str) -> Result<(), Failure> {
        if self.store.resources.contains(&Key::new("nodes", &call.caller.context, node)) {
            return Ok(());
        }
        Err(Failure::new(Code::NotFound, format!("node {node:?} does not exist")))
    }

    fn show_node(&self, node: &Resource) -> Value {
        let drain = Key::new("drains", &node.key.scope, &node.key.name);
        let status = if self.store.resources.contains(&drain) { "draining" } else { "ready" };
        json!({ "name": node.key.name, "status": status })
    }
}
