//! Operations on several clusters.

use serde_json::{Value, json};

use super::{
    Call, Code, Failure, Kubeglass, MAX_CONTEXTS, Outcome,
    body::Object,
    call::{data, scope},
    conditions, configmaps,
    contexts::{self, resolve},
    names, quirks,
};
use crate::{Response, store::Key};

impl Kubeglass {
    /// Copies a configmap and overwrites an existing one.
    pub(super) fn copy_resource(&self, call: &Call<'_>) -> Outcome {
        let body = call.object()?;
        let source = Place::read(&body.object("source")?)?;
        let target = Place::read(&body.object("target")?)?;
        let from = resolve(&source.context)?;
        let to = resolve(&target.context)?;
        self.permit_within(call, "configmaps:read", from)?;
        self.permit_within(call, "configmaps:write", to)?;
        self.reach_cluster()?;
        self.unless(
            conditions::SOURCE_CLUSTER_UNREACHABLE,
            Code::SourceFetchFailed,
            "the source cluster cannot be reached",
        )?;
        self.unless(
            conditions::TARGET_CLUSTER_UNREACHABLE,
            Code::TargetFetchFailed,
            "the target cluster cannot be reached",
        )?;
        let original = self.store.resources.get(&source.key()).ok_or_else(|| {
            Failure::new(Code::NotFound, format!("configmap {:?} does not exist", source.name))
        })?;
        self.need_namespace(to, &target.namespace)?;
        let copy = self.store.resources.put(target.key(), original.body);
        Ok(data(&configmaps::show(&copy)))
    }

    /// Summarises contexts, at most 50 in one request.
    pub(super) fn query_contexts(&self, call: &Call<'_>) -> Outcome {
        let body = call.object()?;
        let rule = || body.invalid("contexts", "must be a list of names");
        let sent = body.required("contexts")?.as_array().ok_or_else(rule)?;
        let wanted: Vec<&str> =
            sent.iter().map(|name| name.as_str().ok_or_else(rule)).collect::<Result<_, _>>()?;
        if wanted.len() > MAX_CONTEXTS && !self.quirks.is_on(quirks::TOO_MANY_CONTEXTS_ACCEPTED) {
            let message = format!("{} contexts are more than {MAX_CONTEXTS}", wanted.len());
            return Err(Failure::new(Code::TooManyContexts, message));
        }
        let found: Vec<&str> = wanted.iter().map(|name| contexts::resolve(name)).collect::<Result<_, _>>()?;
        for context in &found {
            self.permit_within(call, "namespaces:read", context)?;
        }
        self.reach_cluster()?;
        let rows: Vec<Value> = found
            .iter()
            .map(|context| {
                let (_, namespaces) = self.store.resources.list("namespaces", context, None, 0);
                let (_, nodes) = self.store.resources.list("nodes", context, None, 0);
                json!({ "context": context, "namespaces": namespaces, "nodes": nodes })
            })
            .collect();
        Ok(Response::json(200, &json!({ "data": rows, "total": rows.len() })))
    }
}

/// The source or the target of a copy.
struct Place {
    context: String,
    namespace: String,
    name: String,
}

impl Place {
    fn read(sent: &Object) -> Result<Self, Failure> {
        let (context, namespace, name) = (sent.text("context")?, sent.text("namespace")?, sent.text("name")?);
        names::check_namespace(namespace)?;
        names::check_name(name)?;
        Ok(Self { context: context.to_owned(), namespace: namespace.to_owned(), name: name.to_owned() })
    }

    fn key(&self) -> Key {
        Key::new("configmaps", &scope(&self.context, &self.namespace), &self.name)
    }
}
