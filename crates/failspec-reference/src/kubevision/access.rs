//! Who may do what: roles, clusters, namespaces, actions.

use super::{Call, Code, Failure, Kubevision, Resource, conditions, quirks, seed, users::User};
use crate::store::{Grant, Identity, Key};

/// What a user is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// May do everything, everywhere.
    Admin,
    /// May work with configmaps and deployments in one namespace.
    Developer,
    /// May read them there.
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

    /// The clusters that a role may enter, and what it may do in its namespace there.
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

/// To enter a cluster or a namespace.
const ENTER: &str = "enter";

/// No namespace is called like this, so it is in no grant but those for all namespaces.
const ALL_NAMESPACES: &str = "*";

/// To find a cluster in the list of clusters.
const SEE: &str = "see";

/// Who asks.
#[derive(Debug)]
pub(super) struct Caller {
    pub user: User,
    identity: Identity,
}

impl Caller {
    /// A user has what its role has at this moment, whenever it logged in.
    pub(super) fn new(user: User) -> Self {
        let identity = Identity::new(&user.id, user.role.grants());
        Self { user, identity }
    }

    /// Whether it was given a namespace, or all of them.
    fn may_enter(&self, cluster: &str, namespace: Option<&str>) -> bool {
        self.identity.may(ENTER, &scope(cluster, namespace.unwrap_or(ALL_NAMESPACES)))
    }

    /// Whether a cluster is in the list that it gets.
    pub(super) fn sees(&self, cluster: &str) -> bool {
        self.identity.may(SEE, cluster)
    }
}

impl Kubevision {
    /// Everything from the cluster's configuration to whether it responds. Without a namespace it is about all of them.
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

    /// 40402 and 40301.
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

    /// 40302. Without a namespace it is about all of them, which only those may enter who may enter any.
    pub(super) fn enter_namespace(
        &self,
        call: &Call<'_>,
        cluster: &str,
        namespace: Option<&str>,
    ) -> Result<(), Failure> {
        if call.caller.may_enter(cluster, namespace) || self.quirks.is_on(quirks::NO_NAMESPACES) {
            return Ok(());
        }
        // In a cluster that a mutant lets everyone into, nobody was given a namespace.
        if self.quirks.is_on(quirks::NO_CLUSTERS) && !call.caller.identity.may(ENTER, cluster) {
            return Ok(());
        }
        Err(Failure::new(Code::NamespaceForbidden, "you have no access to this namespace"))
    }

    /// 40302 and 40300.
    pub(super) fn permit(
        &self,
        call: &Call<'_>,
        cluster: &str,
        namespace: Option<&str>,
        (resource, action): (Resource, &str),
    ) -> Result<(), Failure> {
        self.enter_namespace(call, cluster, namespace)?;
        // Who got in by a mutant alone is not asked again: one change at a time.
        let waved_through = !call.caller.may_enter(cluster, namespace);
        let within = scope(cluster, namespace.unwrap_or(ALL_NAMESPACES));
        let may = call.caller.identity.may(&permission(resource, action), &within);
        if may || waved_through || self.quirks.is_on(quirks::NO_ACTIONS) {
            return Ok(());
        }
        let plural = resource.plural();
        Err(Failure::new(Code::ActionForbidden, format!("you may not {action} {plural} here")))
    }

    /// 40300 for what only administrators do.
    pub(super) fn administrate(&self, call: &Call<'_>) -> Result<(), Failure> {
        if call.caller.user.role == Role::Admin || self.quirks.is_on(quirks::NO_ACTIONS) {
            return Ok(());
        }
        Err(Failure::new(Code::ActionForbidden, "only administrators may do this"))
    }

    /// 50000 and 50200.
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

/// The scope of what is in a namespace. Neither part can hold a slash.
pub(super) fn scope(cluster: &str, namespace: &str) -> String {
    format!("{cluster}/{namespace}")
}

/// Where the configuration of a cluster is.
pub(super) fn cluster_key(cluster: &str) -> Key {
    Key::new("clusters", "", cluster)
}

fn permission(resource: Resource, action: &str) -> String {
    format!("{}:{action}", resource.plural())
}
