//! Deliberate misbehaviour, for mutants. All off unless a mutant switches one on.

use crate::reference::store::Switch;

pub(super) const STALE_VERSION: &str = "stale-version-accepted";
pub(super) const QUERY_OVERLOOKED: &str = "query-parameter-overlooked";
pub(super) const DUPLICATE_NAME: &str = "duplicate-name-accepted";
pub(super) const BAD_LIMIT: &str = "bad-limit-accepted";
pub(super) const BAD_PROPAGATION: &str = "invalid-propagation-accepted";
pub(super) const ANY_TOKEN: &str = "any-token-accepted";
pub(super) const NO_TOKEN: &str = "missing-token-accepted";
pub(super) const OPEN_SECRETS: &str = "secrets-open-to-everyone";
pub(super) const NO_RBAC: &str = "rbac-not-enforced";
pub(super) const NO_CLUSTER_RBAC: &str = "target-cluster-rbac-not-enforced";
pub(super) const LARGE_BODY: &str = "large-body-accepted";
pub(super) const SECOND_DRAIN: &str = "second-drain-accepted";
pub(super) const MANY_CONTEXTS: &str = "too-many-contexts-accepted";
pub(super) const UNKNOWN_REVISION: &str = "unknown-revision-accepted";
pub(super) const BAD_FIELD: &str = "negative-replicas-accepted";
pub(super) const SERVER_WIDE_CONTEXT: &str = "context-switched-for-everyone";

/// All of them.
pub(super) const ALL: &[Switch] = &[
    Switch {
        name: STALE_VERSION,
        about: "an update with an outdated resource version overwrites the newer one",
    },
    Switch { name: DUPLICATE_NAME, about: "creating what exists already replaces it" },
    Switch {
        name: QUERY_OVERLOOKED,
        about: "a required query parameter is said to be missing also where it is there",
    },
    Switch { name: BAD_LIMIT, about: "a limit out of range is replaced by the default" },
    Switch { name: BAD_PROPAGATION, about: "an unknown propagation policy is ignored" },
    Switch { name: ANY_TOKEN, about: "any bearer token is good for everything" },
    Switch { name: NO_TOKEN, about: "a request without a token is let in" },
    Switch { name: OPEN_SECRETS, about: "everyone who is known may read secrets" },
    Switch { name: NO_RBAC, about: "no permission is asked for within one's own clusters" },
    Switch {
        name: NO_CLUSTER_RBAC,
        about: "no permission is asked for in clusters where the caller has none",
    },
    Switch { name: LARGE_BODY, about: "a body beyond the limit is accepted" },
    Switch { name: SECOND_DRAIN, about: "a node that is being drained can be drained again" },
    Switch { name: MANY_CONTEXTS, about: "more than 50 contexts are queried" },
    Switch { name: UNKNOWN_REVISION, about: "a rollback to any revision succeeds" },
    Switch { name: BAD_FIELD, about: "a negative number of replicas is taken for 0" },
    Switch { name: SERVER_WIDE_CONTEXT, about: "switching the context switches it for all sessions" },
];
