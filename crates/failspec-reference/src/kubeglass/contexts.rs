//! Kubeconfig contexts. "Contexts are switched per session, not server-wide" (site).

use serde_json::{Value, json};

use super::{Call, Code, Failure, Kubeglass, Outcome, call::data, conditions};

/// The context of a session that has not switched its context.
pub(super) const DEFAULT: &str = "primary";

/// The contexts of the kubeconfig in alphabetical order, and the cluster of each.
const CONTEXTS: [(&str, Option<&str>); 4] = [
    // Its entry names a cluster that is missing from the kubeconfig.
    ("dangling", None),
    ("primary", Some("cluster-primary")),
    ("restricted", Some("cluster-restricted")),
    ("secondary", Some("cluster-secondary")),
];

/// The contexts that have a cluster.
pub(super) fn resolvable() -> impl Iterator<Item = &'static str> {
    CONTEXTS.iter().filter(|(_, cluster)| cluster.is_some()).map(|(name, _)| *name)
}

/// Resolves a context: `context_not_found` if it is missing from the kubeconfig, `invalid_context` if its cluster is.
pub(super) fn resolve(context: &str) -> Result<&'static str, Failure> {
    match find(context)? {
        (name, Some(_)) => Ok(name),
        (name, None) => Err(Failure::new(
            Code::InvalidContext,
            format!("context {name:?} names a cluster that the kubeconfig does not have"),
        )),
    }
}

fn find(context: &str) -> Result<(&'static str, Option<&'static str>), Failure> {
    CONTEXTS
        .iter()
        .find(|(name, _)| *name == context)
        .copied()
        .ok_or_else(|| Failure::new(Code::ContextNotFound, "the kubeconfig has no such context"))
}

impl Kubeglass {
    pub(super) fn list_contexts(&self, call: &Call<'_>) -> Outcome {
        let page = self.page(call, "contexts".to_owned())?;
        self.unless(
            conditions::KUBECONFIG_UNREADABLE,
            Code::ContextListFailed,
            "the contexts of the kubeconfig cannot be listed",
        )?;
        let rows = CONTEXTS.iter().map(|context| (context.0.to_owned(), show(call, *context))).collect();
        Ok(self.response_rows(&page, rows))
    }

    /// Returns a context from the kubeconfig, which requires no cluster.
    #[expect(clippy::unused_self, reason = "all operations are called alike")]
    pub(super) fn get_context(&self, call: &Call<'_>, context: &str) -> Outcome {
        Ok(data(&show(call, find(context)?)))
    }

    /// Switches the context of the session. This accesses no cluster and requires no permission there; later requests
    /// do.
    pub(super) fn switch_context(&self, call: &Call<'_>) -> Outcome {
        let body = call.object()?;
        let wanted = body.text("context")?;
        self.unless(
            conditions::CONTEXT_SWITCH_FAILS,
            Code::ContextSwitchFailed,
            "no client could be built for the context",
        )?;
        let context = resolve(wanted)?;
        self.store.resources.put(call.caller.session.clone(), json!(context));
        Ok(data(&json!({ "context": context })))
    }
}

fn show(call: &Call<'_>, (name, cluster): (&str, Option<&str>)) -> Value {
    json!({ "name": name, "cluster": cluster, "current": name == call.caller.context })
}
