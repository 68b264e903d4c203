//! Search by part of a name.

use serde_json::json;

use super::{Call, Code, Failure, Kubeglass, Outcome, quirks};
use crate::store::Key;

impl Kubeglass {
    pub(super) fn search(&self, call: &Call<'_>) -> Outcome {
        // An empty text would match everything, so it counts as missing.
        let wanted = call
            .query
            .get("q")?
            .filter(|wanted| !wanted.is_empty() && !self.quirks.is_on(quirks::QUERY_OVERLOOKED))
            .ok_or_else(|| Failure::new(Code::MissingQueryParam, "query parameter q is required"))?;
        let context = &call.caller.context;
        let page = self.page(call, format!("search {context} {wanted}"))?;
        self.enter(call, "configmaps:read")?;
        let within = format!("{context}/");
        let rows = ["configmaps", "deployments"]
            .into_iter()
            .flat_map(|collection| self.store.resources.list_below(collection, &within))
            .filter(|hit| hit.key.name.contains(wanted))
            .map(|hit| {
                let Key { collection, scope, name } = &hit.key;
                let namespace = scope.strip_prefix(&within).unwrap_or_default();
                let row = json!({ "resource": collection, "namespace": namespace, "name": name });
                (format!("{collection}/{namespace}/{name}"), row)
            })
            .collect();
        Ok(self.response_rows(&page, rows))
    }
}
