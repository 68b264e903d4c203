//! The `failspec.toml` of the running reference implementation.

use std::fmt::Write;

use super::{
    conditions,
    seed::{
        ABSENT_CLUSTER_ID, CLUSTER_ID, FOREIGN_CLUSTER_ID, FULL_KEY, LIMITED_KEY, NO_RECOMMENDATIONS_KEY,
        OTHER_CLUSTER_ID, RESTRICTED_KEY, REVOKED_KEY, WORKLOAD_UID,
    },
};

/// Returns the whole file, with comments for users who write one for their own deployment.
pub(super) fn text(base_url: &str) -> String {
    let url = base_url.trim_end_matches('/');
    let mut text = format!(
        r#"# The embedded reference implementation of Kubeadapt as a target.
# Copy this file and enter the values of your own deployment. Passing here proves nothing about a real API.

# The target that is used without --target.
default_target = "reference"

[target.reference]
# The base URL of the API; the paths in the pack begin with /v1.
url = "{url}"

# The roles that send requests: keys of one organisation. Those of the reference are not secret. For your own
# deployment, refer to the environment instead: bearer = "${{env:STAGING_FULL_KEY}}"
[target.reference.roles.full]
# Has all scopes and all clusters.
bearer = "{FULL_KEY}"

[target.reference.roles.no_recommendations]
# Has all scopes except recommendations:read, and all clusters.
bearer = "{NO_RECOMMENDATIONS_KEY}"

[target.reference.roles.restricted]
# Has all scopes, and cluster_id as its only allowed cluster.
bearer = "{RESTRICTED_KEY}"

[target.reference.roles.limited]
# Has clusters:read and all clusters. Its rate limit here is 5 requests in 2 seconds; the other keys need no limit.
# Requests of one scenario count towards the limit of the next one, so these scenarios must not overlap.
bearer = "{LIMITED_KEY}"
exclusive = true

# Values that the scenarios use, such as existing resources. No scenario writes anything.
[target.reference.variables]
cluster_id = "{CLUSTER_ID}"         # a cluster of the organisation that role restricted may read
other_cluster_id = "{OTHER_CLUSTER_ID}"   # another one, which it may not read
foreign_cluster_id = "{FOREIGN_CLUSTER_ID}" # one that exists in another organisation
absent_cluster_id = "{ABSENT_CLUSTER_ID}"  # one that does not exist
workload_uid = "{WORKLOAD_UID}"       # a workload in the first cluster
revoked_key = "{REVOKED_KEY}"   # a key that was revoked
burst = 12                          # more requests than role limited may send, even if a window ends meanwhile
longest_wait = "5s"                 # the longest wait that Retry-After may request

# Conditions: states that no API request can cause, with the requests that begin and end them. The reference has a
# control endpoint next to the API for this; your deployment may use a feature flag or disconnect a database.
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
