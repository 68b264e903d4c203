//! Routing of requests to operations.

/// A kind of Kubernetes resource that this implementation supports. All of them are in namespaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Resource {
    ConfigMap,
    Secret,
    Deployment,
}

impl Resource {
    /// Finds the kind of a plural.
    pub(super) fn from_plural(plural: &str) -> Option<Self> {
        [Self::ConfigMap, Self::Secret, Self::Deployment].into_iter().find(|known| known.plural() == plural)
    }

    /// The plural, which is the name in paths and permissions.
    pub(super) fn plural(self) -> &'static str {
        match self {
            Self::ConfigMap => "configmaps",
            Self::Secret => "secrets",
            Self::Deployment => "deployments",
        }
    }

    /// The `kind` of its objects.
    pub(super) fn kind(self) -> &'static str {
        match self {
            Self::ConfigMap => "ConfigMap",
            Self::Secret => "Secret",
            Self::Deployment => "Deployment",
        }
    }
}

/// An operation with its path parameters, decoded but not yet validated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation<'a> {
    Login,
    VerifyTwoFactor,
    Refresh,
    GetMe,
    CreateUser,
    GetUser { id: &'a str },
    UpdateUser { id: &'a str },
    DeleteUser { id: &'a str },
    ListClusters,
    CreateCluster,
    GetCluster { cluster: &'a str },
    DeleteCluster { cluster: &'a str },
    ListResources { cluster: &'a str, resource: Resource },
    CreateResource { cluster: &'a str, resource: Resource },
    GetResource { cluster: &'a str, resource: Resource, name: &'a str },
    UpdateResource { cluster: &'a str, resource: Resource, name: &'a str },
    PatchResource { cluster: &'a str, resource: Resource, name: &'a str },
    DeleteResource { cluster: &'a str, resource: Resource, name: &'a str },
    DryRun { cluster: &'a str, resource: Resource },
    DryRunUpdate { cluster: &'a str, resource: Resource, name: &'a str },
    BatchDelete { cluster: &'a str },
    Scale { cluster: &'a str, namespace: &'a str, kind: &'a str, name: &'a str },
}

impl<'a> Operation<'a> {
    /// Returns true if the operation requires no token.
    pub(super) fn is_public(self) -> bool {
        matches!(self, Self::Login | Self::VerifyTwoFactor | Self::Refresh)
    }

    /// Returns the cluster of the operation, if it has one.
    pub(super) fn cluster(self) -> Option<&'a str> {
        match self {
            Self::Login
            | Self::VerifyTwoFactor
            | Self::Refresh
            | Self::GetMe
            | Self::CreateUser
            | Self::GetUser { .. }
            | Self::UpdateUser { .. }
            | Self::DeleteUser { .. }
            | Self::ListClusters
            | Self::CreateCluster => None,
            Self::GetCluster { cluster }
            | Self::DeleteCluster { cluster }
            | Self::ListResources { cluster, .. }
            | Self::CreateResource { cluster, .. }
            | Self::GetResource { cluster, .. }
            | Self::UpdateResource { cluster, .. }
            | Self::PatchResource { cluster, .. }
            | Self::DeleteResource { cluster, .. }
            | Self::DryRun { cluster, .. }
            | Self::DryRunUpdate { cluster, .. }
            | Self::BatchDelete { cluster }
            | Self::Scale { cluster, .. } => Some(cluster),
        }
    }

    /// Returns the operation in another cluster.
    pub(super) fn in_cluster(mut self, other: &'a str) -> Self {
        match &mut self {
            Self::GetCluster { cluster }
            | Self::DeleteCluster { cluster }
            | Self::ListResources { cluster, .. }
            | Self::CreateResource { cluster, .. }
            | Self::GetResource { cluster, .. }
            | Self::UpdateResource { cluster, .. }
            | Self::PatchResource { cluster, .. }
            | Self::DeleteResource { cluster, .. }
            | Self::DryRun { cluster, .. }
            | Self::DryRunUpdate { cluster, .. }
            | Self::BatchDelete { cluster }
            | Self::Scale { cluster, .. } => *cluster = other,
            _ => {}
        }
        self
    }
}

/// Finds the operation under `/api/v1` (site). A plural that is not a [`Resource`] is part of no path, so the path is
/// unknown. HEAD is GET without the body (RFC 9110, 9.3.2); the server leaves out the body.
pub(super) fn find<'a>(method: &str, segments: &[&'a str]) -> Option<Operation<'a>> {
    use Operation as Op;
    let ["api", "v1", segments @ ..] = segments else {
        return None;
    };
    let method = if method == "HEAD" { "GET" } else { method };
    Some(match (method, segments) {
        ("POST", &["auth", "login"]) => Op::Login,
        ("POST", &["auth", "2fa", "verify"]) => Op::VerifyTwoFactor,
        ("POST", &["auth", "refresh"]) => Op::Refresh,

        ("GET", &["users", "me"]) => Op::GetMe,
        ("POST", &["users"]) => Op::CreateUser,
        ("GET", &["users", id]) => Op::GetUser { id },
        ("PUT", &["users", id]) => Op::UpdateUser { id },
        ("DELETE", &["users", id]) => Op::DeleteUser { id },

        ("GET", &["clusters"]) => Op::ListClusters,
        ("POST", &["clusters"]) => Op::CreateCluster,
        ("GET", &["clusters", cluster]) => Op::GetCluster { cluster },
        ("DELETE", &["clusters", cluster]) => Op::DeleteCluster { cluster },

        ("POST", &["clusters", cluster, "resources", "batch-delete"]) => Op::BatchDelete { cluster },
        (method, &["clusters", cluster, "resources", plural]) => {
            let resource = Resource::from_plural(plural)?;
            match method {
                "GET" => Op::ListResources { cluster, resource },
                "POST" => Op::CreateResource { cluster, resource },
                _ => return None,
            }
        }
        ("POST", &["clusters", cluster, "resources", plural, "dry-run"]) => {
            Op::DryRun { cluster, resource: Resource::from_plural(plural)? }
        }
        ("PUT", &["clusters", cluster, "resources", plural, name, "dry-run"]) => {
            Op::DryRunUpdate { cluster, resource: Resource::from_plural(plural)?, name }
        }
        (method, &["clusters", cluster, "resources", plural, name]) => {
            let resource = Resource::from_plural(plural)?;
            match method {
                "GET" => Op::GetResource { cluster, resource, name },
                "PUT" => Op::UpdateResource { cluster, resource, name },
                "PATCH" => Op::PatchResource { cluster, resource, name },
                "DELETE" => Op::DeleteResource { cluster, resource, name },
                _ => return None,
            }
        }
        ("PUT", &["clusters", cluster, "namespaces", namespace, kind, name, "scale"]) => {
            Op::Scale { cluster, namespace, kind, name }
        }
        _ => return None,
    })
}
