//! The `failspec.toml` of the running reference.

use std::fmt::Write;

use super::{
    conditions,
    seed::{FOREIGN_SERVER_ID, LIMITED_TOKEN, OPERATOR_TOKEN, POOL_ID, QUOTA_TOKEN, SERVER_ID, VIEWER_TOKEN},
};

/// The whole file, with comments for people who write one for their own deployment.
pub(super) fn text(base_url: &str) -> String {
    let url = base_url.trim_end_matches('/');
    let mut text = format!(
        r#"# The embedded reference implementation of k0rdent AI as a target.
# Copy this file and put in your own deployment. Passing here says nothing about anyone's API.

# The target that is taken when none is named.
default_target = "reference"

[target.reference]
# Where the API is; the requests of the pack begin with /api/v1.
url = "{url}"

# Who sends the requests. The tokens of the reference are no secret. For your own deployment refer to the
# environment instead: bearer = "${{env:STAGING_OPERATOR_TOKEN}}"
[target.reference.roles.operator]
# May do everything in its organisation, whose quota is not used up.
bearer = "{OPERATOR_TOKEN}"

[target.reference.roles.viewer]
# May read everything in the operator's organisation, and change nothing.
bearer = "{VIEWER_TOKEN}"

[target.reference.roles.quota_limited]
# May do everything in another organisation, whose quota of servers is used up.
bearer = "{QUOTA_TOKEN}"

[target.reference.roles.limited]
# May read in the operator's organisation. Nobody else uses this token: its rate limit is what is tested. Here it is
# 5 requests in 2 seconds.
bearer = "{LIMITED_TOKEN}"

# What exists there and may be worked with.
[target.reference.variables]
server_id = "{SERVER_ID}"           # a provisioned server of the operator's organisation; never changed
foreign_server_id = "{FOREIGN_SERVER_ID}"   # a server of another organisation
absent_server_id = "srv_0000000000000000000000000x"    # no server at all
pool_id = "{POOL_ID}"            # a pool of the operator's organisation; never changed
bmc_address = "192.0.2.10"          # a BMC that responses
burst = 12                          # so many requests at once are surely more than "limited" may send
longest_wait = "5s"                 # longer than the Retry-After of a 429
workflow_patience = "5s"            # longer than inspecting or provisioning a server takes

# States that no request to the API brings about, and how to begin and end each. The reference has an endpoint
# for it beside the API; elsewhere it may be a proxy that is told to drop connections, or a feature flag.
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
