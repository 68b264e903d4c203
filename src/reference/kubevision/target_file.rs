//! The `failspec.toml` of the running reference.

use std::fmt::Write;

use super::{
    conditions,
    seed::{EXPIRED_REFRESH_TOKEN, EXPIRED_TOKEN, TOTP_PASSWORD, TOTP_SECRETS, VIEWER_TOKEN, password_of},
};

/// The whole file, with comments for people who write one for their own deployment.
pub(super) fn text(base_url: &str) -> String {
    let url = base_url.trim_end_matches('/');
    let mut text = format!(
        r#"# The embedded reference implementation of KubeVision as a target.
# Copy this file and put in your own deployment. Passing here says nothing about anyone's API.

# The target that is taken when none is named.
default_target = "reference"

[target.reference]
# Where the API is; the requests of the pack begin with /api/v1.
url = "{url}"

# Who sends the requests. The credentials of the reference are no secret. For your own deployment refer to the
# environment instead: password = "${{env:STAGING_ADMIN_PASSWORD}}"
{admin}
{developer}
[target.reference.roles.viewer]
# May read configmaps and deployments in the namespace, and nothing else.
bearer = "{VIEWER_TOKEN}"

[target.reference.roles.expired]
# An access token that has expired, and that nobody may renew: that it is refused is what is tested.
bearer = "{EXPIRED_TOKEN}"
{variables}"#,
        admin = login("admin", "May do everything, in every cluster, and administers users and clusters."),
        developer = login(
            "developer",
            "May read, create, update, delete, scale and dry-run configmaps and deployments in the namespace, also in\n\
             # the cluster that does not response. May enter no other namespace and no other cluster.",
        ),
        variables = variables(),
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

/// A role that logs in with its password, without 2FA.
fn login(role: &str, about: &str) -> String {
    let password = password_of(role);
    format!(
        r#"
[target.reference.roles.{role}.login]
# {about}
header = "Authorization: Bearer ${{access_token}}"
expires_in = "/data/expiresIn"
[[target.reference.roles.{role}.login.steps]]
request = "POST /api/v1/auth/login"
json = {{ username = "{role}", password = "{password}" }}
capture = {{ access_token = "/data/accessToken", refresh_token = "/data/refreshToken" }}
"#
    )
}

fn variables() -> String {
    let password = password_of("viewer");
    let [(user_a, secret_a), (user_b, secret_b), (user_c, secret_c)] = TOTP_SECRETS;
    format!(
        r#"
# What exists there and may be worked with.
[target.reference.variables]
cluster = "main"                    # a cluster to work in
restricted_cluster = "restricted"   # one that responses, and that the developer may not enter
unreachable_cluster = "dead"        # one that does not response, and that the developer may enter
namespace = "team-a"                # a namespace to work in
restricted_namespace = "kube-system" # one in the cluster that the developer may not enter
other_namespace = "team-b"          # another one, for administrators
deployment = "web"                  # a deployment in the namespace, with the selector app: web

# A user without 2FA. Its password is the only thing that is done with it.
username = "viewer"
password = "{password}"

# Users with 2FA (TOTP: SHA-1, 6 digits, 30 s) who share a password. Three of them, so that a code which one scenario
# spends is not missing in another. A second run within 90 s finds the codes spent.
totp_username = "{user_a}"
totp_password = "{TOTP_PASSWORD}"
totp_secret = "{secret_a}"
totp_username_b = "{user_b}"
totp_secret_b = "{secret_b}"
totp_username_c = "{user_c}"
totp_secret_c = "{secret_c}"

# The refresh token of the expired role.
expired_refresh_token = "{EXPIRED_REFRESH_TOKEN}"

# States that no request to the API brings about, and how to begin and end each. The reference has an endpoint
# for it beside the API; elsewhere it may be a feature flag, or a database that is cut off.
"#
    )
}
