//! The dynamic handler: any resource by group, version and plural name.

use serde_json::{Value, json};

use super::{Call, Code, Failure, Kubeglass, Outcome, configmaps, names, namespaces};
use crate::store::Resource;

impl Kubeglass {
    pub(super) fn get_dynamic(&self, call: &Call<'_>, group: &str, version: &str, resource: &str) -> Outcome {
        // "Dynamic handler path variables invalid" is one code for all three.
        let invalid = |what: &str| Err(Failure::new(Code::InvalidPathParams, format!("{what} is malformed")));
        if !names::is_subdomain(group) {
            return invalid("group");
        }
        if !is_version(version) {
            return invalid("version");
        }
        if resource.is_empty() || !resource.bytes().all(|byte| byte.is_ascii_lowercase()) {
            return invalid("resource");
        }
        let page = self.page(call, format!("{group}/{version}/{resource} of {}", call.caller.context))?;
        let (collection, permission) = match (group, version, resource) {
            ("core", "v1", "configmaps") => ("configmaps", "configmaps:read"),
            ("core", "v1", "namespaces") => ("namespaces", "namespaces:read"),
            ("apps", "v1", "deployments") => ("deployments", "deployments:read"),
            _ => {
                // Every caller that may read namespaces may know which resources a cluster has.
                self.enter(call, "namespaces:read")?;
                let kind = format!("{group}/{version}/{resource}");
                return Err(Failure::new(Code::NotFound, format!("the cluster has no resource {kind}")));
            }
        };
        self.enter(call, permission)?;
        // The scope of a namespace is its context; all other resources are in scopes below it.
        let context = &call.caller.context;
        if collection == "namespaces" {
            return Ok(self.response_scope(&page, collection, context, namespaces::show));
        }
        let found = self.store.resources.list_below(collection, &format!("{context}/"));
        let rows = found.iter().map(|found| (format!("{}/{}", found.key.scope, found.key.name), show(found)));
        Ok(self.response_rows(&page, rows.collect()))
    }
}

/// Returns a resource as responses show it. All kinds have metadata; the other members differ.
fn show(found: &Resource) -> Value {
    if found.key.collection == "configmaps" {
        return configmaps::show(found);
    }
    let namespace = found.key.scope.split_once('/').map_or("", |(_, namespace)| namespace);
    let version = found.version.to_string();
    json!({ "metadata": { "name": found.key.name, "namespace": namespace, "resourceVersion": version } })
}

/// Returns true for a version of the Kubernetes API such as `v1` or `v2beta1`: `v[0-9]+((alpha|beta)[0-9]+)?`.
fn is_version(version: &str) -> bool {
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let Some(rest) = version.strip_prefix('v') else {
        return false;
    };
    match rest.split_once("alpha").or_else(|| rest.split_once("beta")) {
        Some((major, minor)) => number(major) && number(minor),
        None => number(rest),
    }
}
