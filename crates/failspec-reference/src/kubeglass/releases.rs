//! Helm releases.

use serde_json::{Value, json};

use super::{
    Call, Code, Failure, Kubeglass, Outcome,
    call::{created, data},
    names, quirks,
};
use crate::store::{Expected, Resource};

/// The only chart that exists.
const CHART: &str = "stable/web";

impl Kubeglass {
    /// Checks the permission, then the CLI, then the cluster: without the CLI nothing reaches the cluster.
    fn enter_helm(&self, call: &Call<'_>, permission: &str) -> Result<(), Failure> {
        self.permit(call, permission)?;
        self.run_helm()?;
        self.reach_cluster()
    }

    pub(super) fn list_releases(&self, call: &Call<'_>) -> Outcome {
        let context = &call.caller.context;
        let page = self.page(call, format!("releases of {context}"))?;
        self.enter_helm(call, "helm:read")?;
        let found = self.store.resources.list_below("releases", &format!("{context}/"));
        let rows = found.iter().map(|found| (format!("{}/{}", found.key.scope, found.key.name), show(found)));
        Ok(self.response_rows(&page, rows.collect()))
    }

    pub(super) fn install_release(&self, call: &Call<'_>) -> Outcome {
        let body = call.object()?;
        let (name, namespace, chart) = (body.text("name")?, body.text("namespace")?, body.text("chart")?);
        names::check_release(name)?;
        names::check_namespace(namespace)?;
        self.enter_helm(call, "helm:write")?;
        self.need_namespace(&call.caller.context, namespace)?;
        let key = call.key("releases", namespace, name);
        let taken = || Failure::new(Code::AlreadyExists, format!("release {name:?} exists already"));
        let replace = self.quirks.is_on(quirks::DUPLICATE_NAME);
        if !replace && self.store.resources.contains(&key) {
            return Err(taken());
        }
        if chart != CHART {
            return Err(Failure::new(Code::HelmError, "helm install failed: the chart was not found"));
        }
        let release = json!({ "chart": chart, "revision": 1 });
        if replace {
            return Ok(created(&show(&self.store.resources.put(key, release))));
        }
        let release = self.store.resources.create(key, release).map_err(|_| taken())?;
        Ok(created(&show(&release)))
    }

    pub(super) fn delete_release(&self, call: &Call<'_>, namespace: &str, name: &str) -> Outcome {
        names::check_namespace(namespace)?;
        names::check_release(name)?;
        self.enter_helm(call, "helm:write")?;
        let gone =
            self.store.resources.delete(&call.key("releases", namespace, name)).map_err(|_| absent(name))?;
        Ok(data(&show(&gone)))
    }

    /// Rolls a release back. This creates a new revision, as with Helm itself.
    pub(super) fn rollback_release(&self, call: &Call<'_>, namespace: &str, name: &str) -> Outcome {
        names::check_namespace(namespace)?;
        names::check_release(name)?;
        let body = call.object()?;
        let invalid = || Failure::new(Code::InvalidRevision, "revision must be one that the release has");
        let wanted =
            body.required("revision")?.as_u64().filter(|revision| *revision >= 1).ok_or_else(invalid)?;
        self.enter_helm(call, "helm:write")?;
        let key = call.key("releases", namespace, name);
        let release = self.store.resources.get(&key).ok_or_else(|| absent(name))?;
        if wanted > latest(&release.body) && !self.quirks.is_on(quirks::UNKNOWN_REVISION) {
            return Err(invalid());
        }
        let next = |body: &mut Value| body["revision"] = json!(latest(body).saturating_add(1));
        let release = self.store.resources.update(&key, Expected::Any, next).map_err(|_| absent(name))?;
        Ok(data(&show(&release)))
    }
}

/// The latest revision of a release. Revisions count from 1 without gaps.
fn latest(release: &Value) -> u64 {
    release["revision"].as_u64().unwrap_or(1)
}

fn absent(name: &str) -> Failure {
    Failure::new(Code::NotFound, format!("release {name:?} does not exist"))
}

fn show(release: &Resource) -> Value {
    let namespace = release.key.scope.split_once('/').map_or("", |(_, namespace)| namespace);
    json!({
        "name": release.key.name,
        "namespace": namespace,
        "chart": release.body["chart"],
        "revision": release.body["revision"],
    })
}
