//! The `failspec.toml` of the running reference implementation.

use std::fmt::Write;

use super::{
    conditions,
    seed::{
        CLIENT_ID, CLIENT_SECRET, EXPIRED_TOKEN, LIMITED_TOKEN, MANAGER_TOKEN, REVOKED_TOKEN,
        SHOP_ONLY_TOKEN, VIEWER_TOKEN,
    },
};

/// Returns the whole file, with comments for users who write one for their own deployment.
pub(super) fn text(base_url: &str) -> String {
    let url = base_url.trim_end_matches('/');
    let mut text = format!(
        r#"# The embedded reference implementation of the Apinizer Management API as a target.
# Copy this file and enter the values of your own deployment. Passing here proves nothing about a real API.

# The target that is used without --target.
default_target = "reference"

[target.reference]
# The base URL of the API; the paths in the pack begin with /apiops.
url = "{url}"

# The roles that send requests. The tokens of the reference are not secret. For your own deployment, refer to the
# environment instead: bearer = "${{env:STAGING_MANAGER_TOKEN}}"
[target.reference.roles.manager]
# Has API_MANAGEMENT and MANAGE in both projects: may read, create and delete.
bearer = "{MANAGER_TOKEN}"

[target.reference.roles.viewer]
# May read in both projects, but change nothing.
bearer = "{VIEWER_TOKEN}"

[target.reference.roles.shop_only]
# Has API_MANAGEMENT and MANAGE in the project, but no rights in the other one. May not see the restricted proxy.
bearer = "{SHOP_ONLY_TOKEN}"

[target.reference.roles.expired]
# An expired token that must not be renewed: the scenarios test that it is rejected.
bearer = "{EXPIRED_TOKEN}"

[target.reference.roles.revoked]
# A revoked token: the scenarios test that it is rejected.
bearer = "{REVOKED_TOKEN}"

[target.reference.roles.limited]
# May read in both projects. Use this token for nothing else: the scenarios test its rate limit, which is 5 requests
# in 2 seconds here.
bearer = "{LIMITED_TOKEN}"

# Values that the scenarios use, such as existing resources.
[target.reference.variables]
project = "shop"                    # a project to work in
other_project = "billing"           # another one, where shop_only has no rights
proxy = "catalog"                   # a proxy in the project, and not in the other one; never changed
restricted_proxy = "payroll"        # a proxy in the project that shop_only may not see; never changed
backend_url = "https://backend.example.com" # backend of the proxies that are created; nothing is sent to it
burst = 12                          # number of concurrent requests, more than "limited" may send
longest_wait = "5s"                 # longer than the retry_after of a 429

# A client that may request tokens.
client_id = "{CLIENT_ID}"
client_secret = "{CLIENT_SECRET}"

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
