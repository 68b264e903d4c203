//! The `failspec.toml` of the running reference.

use std::fmt::Write;

use super::{
    conditions,
    seed::{
        ABSENT_CLUSTER_ID, CLUSTER_ID, FOREIGN_CLUSTER_ID, FULL_KEY, LIMITED_KEY, NO_RECOMMENDATIONS_KEY,
        OTHER_CLUSTER_ID, RESTRICTED_KEY, REVOKED_KEY, WORKLOAD_UID,
    },
};

/// The whole file, with comments for people who write one for their own deployment.
pub(super) fn text(base_url: &str) -> String {
    let url = base_url.trim_end_matches('/');
    let mut text = format!(
        r#"# The embedded reference implementation of Kubeadapt as a target.
# Copy this file and put in your own deployment. Passing here says nothing about anyone's API.

# The target that is taken when none is named.
default_target = "reference"

[target.reference]
# Where the API is; the requests of the pack begin with /v1.
url = "{url}"

# Who sends the requests: keys of one organisation. Those of the reference are no secret. For your own deployment refer
# to the environment instead: bearer = "${{env:STAGING_FULL_KEY}}"
[target.reference.roles.full]
# Has all scopes and all clusters.
bearer = "{FULL_KEY}"

[target.reference.roles.no_recommendations]
# Has all scopes but recommendations:read, and all clusters.
bearer = "{NO_RECOMMENDATIONS_KEY}"

[target.reference.roles.restricted]
# Has all scopes, and cluster_id as its only allowed cluster.
bearer = "{RESTRICTED_KEY}"

[target.reference.roles.limited]
# Has clusters:read and all clusters. Here it may send 5 requests in 2 seconds, which the other keys need not share.
# What one scenario sends counts against the next one, so they must not overlap.
bearer = "{LIMITED_KEY}"
exclusive = true

# What exists there. Nothing is ever written.
[target.reference.variables]
cluster_id = "{CLUSTER_ID}"         # a cluster of the organisation that role restricted may read
other_cluster_id = "{OTHER_CLUSTER_ID}"   # another one, which it may not
foreign_cluster_id = "{FOREIGN_CLUSTER_ID}" # one that exists in another organisation
absent_cluster_id = "{ABSENT_CLUSTER_ID}"  # one that exists nowhere
workload_uid = "{WORKLOAD_UID}"       # a workload in the first cluster
revoked_key = "{REVOKED_KEY}"   # a key that was revoked
burst = 12                          # more requests than role limited may send in one window, also when one ends
longest_wait = "5s"                 # the longest wait that Retry-After may ask for

# States that no request to the API brings about, and how to begin and end each. The reference has an endpoint
# for it beside the API; elsewhere it may be a feature flag, or a database that is cut off.
"#
    );
    for condition in conditions::ALL {
        let (name, about) = (condition.name, condition.about);
        // Writing to a String cannot fail.
        let _ = write!(
            text,
            r#"
# {about}
[target.reference.conditions.{name}]
begin = {{ request = "PUT /_reference/conditions/{name}" }}
end = {{ request = "DELETE /_reference/conditions/{name}" }}
"#
        );
    }
    text
}
