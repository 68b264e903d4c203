//! Quirks: deliberate misbehaviour, for mutants. All are off unless a mutant switches one on.

use crate::store::Switch;

pub(super) const STALE_VERSION: &str = "stale-version-accepted";
pub(super) const QUERY_OVERLOOKED: &str = "query-parameter-overlooked";
pub(super) const PATH_OVERLOOKED: &str = "path-parameter-overlooked";
pub(super) const DUPLICATE_NAME: &str = "duplicate-name-accepted";
pub(super) const BAD_LIMIT: &str = "bad-limit-accepted";
pub(super) const BAD_PROPAGATION: &str = "invalid-propagation-accepted";
pub(super) const ANY_TOKEN: &str = "any-token-accepted";
pub(super) const NO_TOKEN: &str = "missing-token-accepted";
pub(super) const NO_RBAC: &str = "rbac-not-enforced";
pub(super) const NO_CLUSTER_RBAC: &str = "target-cluster-rbac-not-enforced";
pub(super) const LARGE_BODY: &str = "large-body-accepted";
pub(super) const SECOND_DRAIN: &str = "second-drain-accepted";
pub(super) const TOO_MANY_CONTEXTS_ACCEPTED: &str = "too-many-contexts-accepted";
pub(super) const UNKNOWN_REVISION: &str = "unknown-revision-accepted";
pub(super) const BAD_FIELD: &str = "negative-replicas-accepted";
pub(super) const SERVER_WIDE_CONTEXT: &str = "context-switched-for-everyone";

/// All quirks.
pub(super) const ALL: &[Switch] = &[
    Switch {
        name: STALE_VERSION,
        about: "an update with an outdated resource version overwrites the newer one",
    },
    Switch { name: DUPLICATE_NAME, about: "creating a resource that already exists replaces it" },
    Switch {
        name: QUERY_OVERLOOKED,
        about: "a required query parameter is reported as missing although it is present",
    },
    Switch {
        name: PATH_OVERLOOKED,
        about: "the list of configmaps reports its namespace as missing although it is present",
    },
    Switch { name: BAD_LIMIT, about: "an out-of-range limit is replaced by the default" },
    Switch { name: BAD_PROPAGATION, about: "an unknown propagation policy is ignored" },
    Switch { name: ANY_TOKEN, about: "any bearer token grants full access" },
    Switch { name: NO_TOKEN, about: "requests without a token are accepted" },
    Switch { name: NO_RBAC, about: "permissions are not checked in the caller's own clusters" },
    Switch {
        name: NO_CLUSTER_RBAC,
        about: "permissions are not checked in clusters where the caller has none",
    },
    Switch { name: LARGE_BODY, about: "a body larger than the limit is accepted" },
    Switch { name: SECOND_DRAIN, about: "a node that is being drained can be drained again" },
    Switch { name: TOO_MANY_CONTEXTS_ACCEPTED, about: "more than 50 contexts are queried" },
    Switch { name: UNKNOWN_REVISION, about: "a rollback to any revision succeeds" },
    Switch { name: BAD_FIELD, about: "a negative number of replicas is treated as 0" },
    Switch { name: SERVER_WIDE_CONTEXT, about: "a context switch affects all sessions" },
];
