//! The `failspec.toml` of the running reference.

use std::fmt::Write;

use super::{
    conditions,
    seed::{
        CLIENT_ID, CLIENT_SECRET, EXPIRED_TOKEN, LIMITED_TOKEN, MANAGER_TOKEN, REVOKED_TOKEN,
        SHOP_ONLY_TOKEN, VIEWER_TOKEN,
    },
};

/// The whole file, with comments for people who write one for their own deployment.
pub(super) fn text(base_url: &str) -> String {
    let url = base_url.trim_end_matches('/');
    let mut text = format!(
        r#"# The embedded reference implementation of the Apinizer Management API as a target.
# Copy this file and put in your own deployment. Passing here says nothing about anyone's API.

# The target that is taken when none is named.
default_target = "reference"

[target.reference]
# Where the API is; the requests of the pack begin with /apiops.
url = "{url}"

# Who sends the requests. The tokens of the reference are no secret. For your own deployment refer to the
# environment instead: bearer = "${{env:STAGING_MANAGER_TOKEN}}"
[target.reference.roles.manager]
# Has API_MANAGEMENT and MANAGE in both projects: may read, create and delete.
bearer = "{MANAGER_TOKEN}"

[target.reference.roles.viewer]
# May read in both projects, and change nothing.
bearer = "{VIEWER_TOKEN}"

[target.reference.roles.shop_only]
# Has API_MANAGEMENT and MANAGE in the project, and no rights in the other one. May not see the restricted proxy.
bearer = "{SHOP_ONLY_TOKEN}"

[target.reference.roles.expired]
# A token that has expired, and that nobody may renew: that it is refused is what is tested.
bearer = "{EXPIRED_TOKEN}"

[target.reference.roles.revoked]
# A token that was withdrawn: that it is refused is what is tested.
bearer = "{REVOKED_TOKEN}"

[target.reference.roles.limited]
# May read in both projects. Nobody else uses this token: its rate limit is what is tested. Here it is 5 requests in
# 2 seconds.
bearer = "{LIMITED_TOKEN}"

# What exists there and may be worked with.
[target.reference.variables]
project = "shop"                    # a project to work in
other_project = "billing"           # another one, where shop_only has no rights
proxy = "catalog"                   # a proxy in the project, and not in the other one; never changed
restricted_proxy = "payroll"        # a proxy in the project that shop_only may not see; never changed
backend_url = "https://backend.example.com" # where created proxies lead; nothing is sent there
burst = 12                          # so many requests at once are surely more than "limited" may send
longest_wait = "5s"                 # longer than the retry_after of a 429

# A client that may be given tokens.
client_id = "{CLIENT_ID}"
client_secret = "{CLIENT_SECRET}"

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
