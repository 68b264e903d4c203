//! Access control: roles, clusters, namespaces, actions.

use super::{Call, Code, Failure, Kubevision, Resource, conditions, quirks, seed, users::User};
use crate::store::{Grant, Identity, Key};

/// The role of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// The role that may do everything, everywhere.
    Admin,
    /// The role that may work with configmaps and deployments in one namespace.
    Developer,
    /// The role that may read configmaps and deployments in that namespace.
    Viewer,
}

impl Role {
    pub(super) fn from_text(text: &str) -> Option<Self> {
        [Self::Admin, Self::Developer, Self::Viewer].into_iter().find(|known| known.as_str() == text)
    }

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Developer => "developer",
            Self::Viewer => "viewer",
        }
    }

    /// The grants of a role: the clusters that it may enter, and its permissions in its namespace there.
    fn grants(self) -> Vec<Grant> {
        let (clusters, actions): (&[&str], &[&str]) = match self {
            Self::Admin => return vec![Grant::all()],
            Self::Developer => (
                &[seed::CLUSTER, seed::UNREACHABLE_CLUSTER],
                &["read", "create", "update", "delete", "dry-run", "scale"],
            ),
            Self::Viewer => (&[seed::CLUSTER], &["read"]),
        };
        let mut grants = vec![Grant::within(seed::CLUSTER, SEE)];
        for cluster in clusters {
            let namespace = scope(cluster, seed::NAMESPACE);
            grants.push(Grant::within(cluster, ENTER));
            grants.push(Grant::within(&namespace, ENTER));
            for resource in [Resource::ConfigMap, Resource::Deployment] {
                grants.extend(
                    actions.iter().map(|action| Grant::within(&namespace, &permission(resource, action))),
                );
            }
        }
        grants
    }
}

/// The permission to enter a cluster or a namespace.
const ENTER: &str = "enter";

/// The scope for all namespaces. No namespace has this name, so only grants for all namespaces include it.
const ALL_NAMESPACES: &str = "*";

/// The permission to see a cluster in the list of clusters.
const SEE: &str = "see";

/// The caller of a request.
#[derive(Debug)]
pub(super) struct Caller {
    pub user: User,
    identity: Identity,
}

impl Caller {
    /// Creates a caller with the current permissions of the user's role, independent of the time of the login.
    pub(super) fn new(user: User) -> Self {
        let identity = Identity::new(&user.name, user.role.grants());
        Self { user, identity }
    }

    /// Returns true if the caller may enter a namespace, or all of them for `None`.
    fn may_enter(&self, cluster: &str, namespace: Option<&str>) -> bool {
        self.identity.may(ENTER, &scope(cluster, namespace.unwrap_or(ALL_NAMESPACES)))
    }

    /// Returns true if a cluster is in the caller's list of clusters.
    pub(super) fn sees(&self, cluster: &str) -> bool {
        self.identity.may(SEE, cluster)
    }
}

impl Kubevision {
    /// Checks the configuration of the cluster, the caller's permissions, and that the cluster responds. Without a
    /// namespace, the permissions must be for all of them.
    pub(super) fn admit(
        &self,
        call: &Call<'_>,
        cluster: &str,
        namespace: Option<&str>,
        (resource, action): (Resource, &str),
    ) -> Result<(), Failure> {
        self.enter_cluster(call, cluster)?;
        self.permit(call, cluster, namespace, (resource, action))?;
        self.reach(cluster)
    }

    /// Checks the configuration of a cluster and access to it: 40402 and 40301.
    pub(super) fn enter_cluster(&self, call: &Call<'_>, cluster: &str) -> Result<(), Failure> {
        let known = self.store.resources.contains(&cluster_key(cluster));
        if !known && !self.quirks.is_on(quirks::ABSENT_CLUSTER) {
            return Err(Failure::new(Code::ClusterNotFound, "there is no configuration of this cluster"));
        }
        if call.caller.identity.may(ENTER, cluster) || self.quirks.is_on(quirks::NO_CLUSTERS) {
            return Ok(());
        }
        Err(Failure::new(Code::ClusterForbidden, "you have no access to this cluster"))
    }

    /// Checks access to a namespace: 40302. Without a namespace, the caller must have access to all of them.
    pub(super) fn enter_namespace(
        &self,
        call: &Call<'_>,
        cluster: &str,
        namespace: Option<&str>,
    ) -> Result<(), Failure> {
        if call.caller.may_enter(cluster, namespace) || self.quirks.is_on(quirks::NO_NAMESPACES) {
            return Ok(());
        }
        // In a cluster that a quirk opens to every caller, the caller has no grant for any namespace.
        if self.quirks.is_on(quirks::NO_CLUSTERS) && !call.caller.identity.may(ENTER, cluster) {
            return Ok(());
        }
        Err(Failure::new(Code::NamespaceForbidden, "you have no access to this namespace"))
    }

    /// Checks access to a namespace, and the permission for an action in it: 40302 and 40300.
    pub(super) fn permit(
        &self,
        call: &Call<'_>,
        cluster: &str,
        namespace: Option<&str>,
        (resource, action): (Resource, &str),
    ) -> Result<(), Failure> {
        self.enter_namespace(call, cluster, namespace)?;
        // A caller that entered only because of a quirk is not checked again: a mutant makes one change only.
        let waved_through = !call.caller.may_enter(cluster, namespace);
        let within = scope(cluster, namespace.unwrap_or(ALL_NAMESPACES));
        let may = call.caller.identity.may(&permission(resource, action), &within);
        if may || waved_through || self.quirks.is_on(quirks::NO_ACTIONS) {
            return Ok(());
        }
        let plural = resource.plural();
        Err(Failure::new(Code::ActionForbidden, format!("you may not {action} {plural} here")))
    }

    /// Checks that the caller is an administrator: 40300.
    pub(super) fn administrate(&self, call: &Call<'_>) -> Result<(), Failure> {
        if call.caller.user.role == Role::Admin || self.quirks.is_on(quirks::NO_ACTIONS) {
            return Ok(());
        }
        Err(Failure::new(Code::ActionForbidden, "only administrators may do this"))
    }

    /// Checks the health of the backend and that the cluster responds: 50000 and 50200.
    pub(super) fn reach(&self, cluster: &str) -> Result<(), Failure> {
        if self.conditions.is_on(conditions::INTERNAL_FAULT) {
            return Err(self.internal_error());
        }
        let reachable = [seed::CLUSTER, seed::RESTRICTED_CLUSTER].contains(&cluster);
        let hidden = [quirks::UNREACHABLE_SERVED, quirks::ABSENT_CLUSTER];
        if reachable || hidden.iter().any(|quirk| self.quirks.is_on(quirk)) {
            return Ok(());
        }
        Err(Failure::new(Code::ClusterUnreachable, "the API server of this cluster does not respond"))
    }

    fn internal_error(&self) -> Failure {
        let mut failure = Failure::internal();
        if self.quirks.is_on(quirks::LEAKING_MESSAGE) {
            failure.message = concat!(
                "panic: runtime error: invalid memory address or nil pointer dereference\n",
                "goroutine 42 [running]:\n",
                "main.(*handler).list(0x0)\n\t/srv/kubevision/internal/handler/resources.go:87 +0x1d",
            )
            .into();
        }
        if self.quirks.is_on(quirks::LEAKING_DATA) {
            failure.data = serde_json::json!({
                "error": "pq: relation \"clusters\" does not exist",
                "query": "SELECT id, kubeconfig FROM clusters WHERE id = $1",
            });
        }
        failure
    }
}

/// The store scope of a namespace. Neither part can contain a slash.
pub(super) fn scope(cluster: &str, namespace: &str) -> String {
    format!("{cluster}/{namespace}")
}

/// The store key of the configuration of a cluster.
pub(super) fn cluster_key(cluster: &str) -> Key {
    Key::new("clusters", "", cluster)
}

fn permission(resource: Resource, action: &str) -> String {
    format!("{}:{action}", resource.plural())
}
