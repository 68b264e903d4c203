//! The `failspec.toml` of the running reference implementation.

use std::fmt::Write;

use super::{
    Pages, conditions,
    seed::{
        EXPIRED_REFRESH_TOKEN, EXPIRED_TOKEN, SERVER, TOTP_PASSWORD, TOTP_SECRETS, VIEWER_TOKEN, password_of,
    },
};

/// Returns the whole file, with comments for users who write one for their own deployment.
pub(super) fn text(base_url: &str, pages: Pages) -> String {
    let url = base_url.trim_end_matches('/');
    let mut text = format!(
        r#"# The embedded reference implementation of KubeVision as a target.
# Copy this file and enter the values of your own deployment. Passing here proves nothing about a real API.

# The target that is used without --target.
default_target = "reference"

[target.reference]
# The base URL of the API; the paths in the pack begin with /api/v1.
url = "{url}"

# The roles that send requests. The credentials of the reference are not secret. For your deployment, refer to the
# environment instead: password = "${{env:STAGING_ADMIN_PASSWORD}}"
{admin}
{developer}
[target.reference.roles.viewer]
# May read configmaps and deployments in the namespace, but nothing else.
bearer = "{VIEWER_TOKEN}"

[target.reference.roles.expired]
# An expired access token that must not be renewed: the scenarios test that it is rejected.
bearer = "{EXPIRED_TOKEN}"
{variables}"#,
        admin = login("admin", "May do everything, in every cluster, and administers users and clusters."),
        developer = login(
            "developer",
            "May read, create, update, delete, scale and dry-run configmaps and deployments in the namespace, also in\n\
             # the unreachable cluster. Has no access to other namespaces and clusters.",
        ),
        variables = variables(pages),
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

/// Returns a role that logs in with its password, without 2FA.
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

fn variables(pages: Pages) -> String {
    let yaml = match pages {
        Pages::March2026 => "yaml_media_type = \"application/yaml\" # how YAML is sent as a body\n",
        Pages::August2026 => "",
    };
    let password = password_of("viewer");
    let [(user_a, secret_a), (user_b, secret_b), (user_c, secret_c)] = TOTP_SECRETS;
    format!(
        r#"
# Values that the scenarios use, such as existing resources.
[target.reference.variables]
cluster = "1"                       # the id of a cluster to work in
restricted_cluster = "2"            # of one that responds, without access for the developer
unreachable_cluster = "3"           # of one that does not respond, with access for the developer
cluster_server = "{SERVER}" # a Kubernetes API server to register again
cluster_token = "reference"         # a bearer token for it
namespace = "team-a"                # a namespace to work in
restricted_namespace = "kube-system" # one in the cluster, without access for the developer
other_namespace = "team-b"          # another one, for administrators
{yaml}
# A user without 2FA. It is used only to log in with its password.
username = "viewer"
password = "{password}"

# Users with 2FA (TOTP: SHA-1, 6 digits, 30 s) and the same password. Three of them, so that scenarios do not need a
# code that another one has used. A second run within 90 s finds the codes already used.
totp_username = "{user_a}"
totp_password = "{TOTP_PASSWORD}"
totp_secret = "{secret_a}"
totp_username_b = "{user_b}"
totp_secret_b = "{secret_b}"
totp_username_c = "{user_c}"
totp_secret_c = "{secret_c}"

# The refresh token of the expired role.
expired_refresh_token = "{EXPIRED_REFRESH_TOKEN}"

# Conditions: states that no API request can cause, with the requests that begin and end them. The reference has a
# control endpoint next to the API for this; your deployment may use a feature flag or disconnect a database.
"#
    )
}
