//! Routing of requests to operations.

/// An operation with its path parameters, decoded but not yet validated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation<'a> {
    ListNamespaces,
    CreateNamespace,
    GetNamespace { namespace: &'a str },
    DeleteNamespace { namespace: &'a str },
    ListConfigmaps { namespace: &'a str },
    CreateConfigmap { namespace: &'a str },
    GetConfigmap { namespace: &'a str, name: &'a str },
    UpdateConfigmap { namespace: &'a str, name: &'a str },
    DeleteConfigmap { namespace: &'a str, name: &'a str },
    ScaleDeployment { namespace: &'a str, name: &'a str },
    Search,
    ListEvents { severity: &'a str },
    GetDynamic { group: &'a str, version: &'a str, resource: &'a str },
    GetPreferences,
    UpdatePreferences,
    AddHelmRepository,
    RemoveHelmRepository { name: &'a str },
    ListReleases,
    InstallRelease,
    DeleteRelease { namespace: &'a str, name: &'a str },
    RollbackRelease { namespace: &'a str, name: &'a str },
    ListContexts,
    GetContext { context: &'a str },
    SwitchContext,
    CopyResource,
    QueryContexts,
    ListNodes,
    DrainNode { node: &'a str },
    CancelDrain { node: &'a str },
    GetMetrics { resource: &'a str },
}

/// Finds the operation of a method and a path. "All endpoints under `/api/v1/`" (site).
fn operation<'a>(method: &str, segments: &[&'a str]) -> Option<Operation<'a>> {
    use Operation as Op;
    let ["api", "v1", segments @ ..] = segments else {
        return None;
    };
    Some(match (method, segments) {
        ("GET", &["namespaces"]) => Op::ListNamespaces,
        ("POST", &["namespaces"]) => Op::CreateNamespace,
        ("GET", &["namespaces", namespace]) => Op::GetNamespace { namespace },
        ("DELETE", &["namespaces", namespace]) => Op::DeleteNamespace { namespace },

        ("GET", &["namespaces", namespace, "configmaps"]) => Op::ListConfigmaps { namespace },
        ("POST", &["namespaces", namespace, "configmaps"]) => Op::CreateConfigmap { namespace },
        ("GET", &["namespaces", namespace, "configmaps", name]) => Op::GetConfigmap { namespace, name },
        ("PUT", &["namespaces", namespace, "configmaps", name]) => Op::UpdateConfigmap { namespace, name },
        ("DELETE", &["namespaces", namespace, "configmaps", name]) => Op::DeleteConfigmap { namespace, name },
        ("PUT", &["namespaces", namespace, "deployments", name, "scale"]) => {
            Op::ScaleDeployment { namespace, name }
        }

        ("GET", &["search"]) => Op::Search,
        ("GET", &["events", severity]) => Op::ListEvents { severity },
        ("GET", &["resources", group, version, resource]) => Op::GetDynamic { group, version, resource },
        ("GET", &["me", "preferences"]) => Op::GetPreferences,
        ("PUT", &["me", "preferences"]) => Op::UpdatePreferences,

        ("POST", &["helm", "repositories"]) => Op::AddHelmRepository,
        ("DELETE", &["helm", "repositories", name]) => Op::RemoveHelmRepository { name },
        ("GET", &["helm", "releases"]) => Op::ListReleases,
        ("POST", &["helm", "releases"]) => Op::InstallRelease,
        ("DELETE", &["helm", "releases", namespace, name]) => Op::DeleteRelease { namespace, name },
        ("POST", &["helm", "releases", namespace, name, "rollback"]) => {
            Op::RollbackRelease { namespace, name }
        }

        ("GET", &["contexts"]) => Op::ListContexts,
        ("POST", &["contexts", "switch"]) => Op::SwitchContext,
        ("GET", &["contexts", context]) => Op::GetContext { context },
        ("POST", &["cross-cluster", "copy"]) => Op::CopyResource,
        ("POST", &["cross-cluster", "query"]) => Op::QueryContexts,

        ("GET", &["nodes"]) => Op::ListNodes,
        ("POST", &["nodes", node, "drain"]) => Op::DrainNode { node },
        ("DELETE", &["nodes", node, "drain"]) => Op::CancelDrain { node },
        ("GET", &["metrics", resource]) => Op::GetMetrics { resource },
        _ => return None,
    })
}

/// The result of routing a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route<'a> {
    /// An operation.
    To(Operation<'a>),
    /// A path that responds to OPTIONS with these methods.
    Options(String),
    /// A path that supports these methods, but not the one that was sent.
    WrongMethod(String),
    /// A path that the API does not have.
    Nowhere,
}

/// Finds the route of a request. HEAD is GET without the body (RFC 9110, 9.3.2); the server leaves out the body.
pub fn find<'a>(method: &str, segments: &[&'a str]) -> Route<'a> {
    let wanted = if method == "HEAD" { "GET" } else { method };
    if let Some(operation) = operation(wanted, segments) {
        return Route::To(operation);
    }
    let mut allow: Vec<&str> = ["GET", "POST", "PUT", "DELETE"]
        .into_iter()
        .filter(|method| operation(method, segments).is_some())
        .collect();
    if allow.is_empty() {
        return Route::Nowhere;
    }
    if allow.first() == Some(&"GET") {
        allow.insert(1, "HEAD");
    }
    allow.push("OPTIONS");
    let allow = allow.join(", ");
    if method == "OPTIONS" { Route::Options(allow) } else { Route::WrongMethod(allow) }
}
