//! Quirks: deliberate misbehaviour, for mutants. All are off unless a mutant switches one on.

use crate::store::Switch;

pub(super) const MISSING_PARAMETER: &str = "missing-parameter-accepted";
pub(super) const MALFORMED_PARAMETER: &str = "malformed-parameter-accepted";
pub(super) const LOOKUP_FIRST: &str = "lookup-before-parameters";
pub(super) const MISSING_TOKEN: &str = "missing-token-accepted";
pub(super) const EXPIRED_TOKEN: &str = "expired-token-accepted";
pub(super) const USELESS_REFRESH: &str = "refreshed-token-expired";
pub(super) const NO_TWO_FACTOR: &str = "two-factor-skipped";
pub(super) const PENDING_TOKEN: &str = "temporary-token-accepted";
pub(super) const ANY_CODE: &str = "any-totp-code-accepted";
pub(super) const USED_CODE: &str = "used-totp-code-accepted";
pub(super) const NO_ACTIONS: &str = "action-permission-not-enforced";
pub(super) const NO_CLUSTERS: &str = "cluster-permission-not-enforced";
pub(super) const NO_NAMESPACES: &str = "namespace-permission-not-enforced";
pub(super) const OPEN_BATCH: &str = "batch-permission-not-enforced";
pub(super) const ABSENT_RESOURCE: &str = "absent-resource-answered";
pub(super) const ABSENT_USER: &str = "absent-user-answered";
pub(super) const ABSENT_CLUSTER: &str = "absent-cluster-answered";
pub(super) const DUPLICATE: &str = "duplicate-accepted";
pub(super) const STALE_VERSION: &str = "stale-version-accepted";
pub(super) const INVALID_YAML: &str = "invalid-yaml-accepted";
pub(super) const BLIND_DRY_RUN: &str = "dry-run-accepts-everything";
pub(super) const LEAKING_MESSAGE: &str = "internal-error-leaks-message";
pub(super) const LEAKING_DATA: &str = "internal-error-leaks-data";
pub(super) const UNREACHABLE_SERVED: &str = "unreachable-cluster-answered";
pub(super) const HTTP_STATUS: &str = "http-status-used";

/// All quirks. That of YAML is the last one.
pub(super) const ALL: &[Switch] = &[
    Switch { name: MISSING_PARAMETER, about: "a missing required parameter is replaced by a default" },
    Switch { name: MALFORMED_PARAMETER, about: "malformed parameters are ignored or used as they are" },
    Switch { name: LOOKUP_FIRST, about: "a missing namespace is reported as a missing resource" },
    Switch { name: MISSING_TOKEN, about: "requests without a token may do everything" },
    Switch { name: EXPIRED_TOKEN, about: "expired access tokens are accepted" },
    Switch { name: USELESS_REFRESH, about: "a refresh returns an access token that has already expired" },
    Switch { name: NO_TWO_FACTOR, about: "a password is sufficient for users with 2FA" },
    Switch {
        name: PENDING_TOKEN,
        about: "the temporary token of an unfinished login is accepted as an access token",
    },
    Switch { name: ANY_CODE, about: "any six digits are accepted as a TOTP code" },
    Switch { name: USED_CODE, about: "a TOTP code can be used more than once" },
    Switch { name: NO_ACTIONS, about: "users with access to a namespace may do everything in it" },
    Switch { name: NO_CLUSTERS, about: "every user has access to every cluster" },
    Switch { name: NO_NAMESPACES, about: "users with access to a cluster have access to every namespace" },
    Switch { name: OPEN_BATCH, about: "the items of a batch are deleted without a permission check" },
    Switch { name: ABSENT_RESOURCE, about: "requests for a resource that does not exist succeed" },
    Switch { name: ABSENT_USER, about: "requests for a user that does not exist succeed" },
    Switch { name: ABSENT_CLUSTER, about: "requests for a cluster that does not exist succeed" },
    Switch { name: DUPLICATE, about: "creating a resource that already exists replaces it" },
    Switch { name: STALE_VERSION, about: "an update with an outdated version overwrites the newer one" },
    Switch { name: BLIND_DRY_RUN, about: "a dry-run is never validated by the API server" },
    Switch { name: LEAKING_MESSAGE, about: "the message of an internal error contains a stack trace" },
    Switch { name: LEAKING_DATA, about: "the data of an internal error contains the failed query" },
    Switch { name: UNREACHABLE_SERVED, about: "a cluster that does not respond is returned as an empty one" },
    Switch { name: HTTP_STATUS, about: "failures have the HTTP status that their code begins with" },
    Switch { name: INVALID_YAML, about: "YAML that cannot be parsed is treated as an empty object" },
];

/// All quirks of the pages that know no YAML.
pub(super) const WITHOUT_YAML: &[Switch] = ALL.split_at(ALL.len() - 1).0;
