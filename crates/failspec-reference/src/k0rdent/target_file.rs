//! The `failspec.toml` of the running reference implementation.

use std::fmt::Write;

use super::{
    conditions,
    seed::{FOREIGN_SERVER_ID, LIMITED_TOKEN, OPERATOR_TOKEN, POOL_ID, QUOTA_TOKEN, SERVER_ID, VIEWER_TOKEN},
};

/// Returns the whole file, with comments for users who write one for their own deployment.
pub(super) fn text(base_url: &str) -> String {
    let url = base_url.trim_end_matches('/');
    let mut text = format!(
        r#"# The embedded reference implementation of k0rdent AI as a target.
# Copy this file and enter the values of your own deployment. Passing here proves nothing about a real API.

# The target that is used without --target.
default_target = "reference"

[target.reference]
# The base URL of the API; the paths in the pack begin with /v1.
url = "{url}"

# The roles that send requests. The tokens of the reference are not secret. For your own deployment, refer to the
# environment instead: bearer = "${{env:STAGING_OPERATOR_TOKEN}}"
[target.reference.roles.operator]
# May do everything in its organisation, whose quota is not used up.
bearer = "{OPERATOR_TOKEN}"

[target.reference.roles.viewer]
# May read everything in the operator's organisation, but change nothing.
bearer = "{VIEWER_TOKEN}"

[target.reference.roles.quota_limited]
# May do everything in another organisation, whose server quota is used up.
bearer = "{QUOTA_TOKEN}"

[target.reference.roles.limited]
# May read in the operator's organisation. Use this token for nothing else: the scenarios test its rate limit, which is
# 5 requests in 2 seconds here.
bearer = "{LIMITED_TOKEN}"

# Values that the scenarios use, such as existing resources.
[target.reference.variables]
region = "sfo1"                     # the region of the project
project = "main"                    # a project of the operator's organisation
server_id = "{SERVER_ID}"           # a provisioned server of the operator's organisation; never changed
foreign_server_id = "{FOREIGN_SERVER_ID}"   # a server of another organisation
absent_server_id = "srv_0000000000000000000000000x"    # the id of no server
pool_id = "{POOL_ID}"            # a pool of the operator's organisation; never changed
bmc_address = "192.0.2.10"          # a BMC that responds
burst = 12                          # number of concurrent requests, more than "limited" may send
longest_wait = "5s"                 # longer than the Retry-After of a 429
workflow_patience = "5s"            # longer than inspecting or provisioning a server takes

# Conditions: states that no API request can cause, with the requests that begin and end them. The reference has a
# control endpoint next to the API for this; your deployment may use a proxy that drops connections, or a feature flag.
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
