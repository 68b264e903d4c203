//! The `failspec.toml` of the running reference implementation.

use std::fmt::Write;

use super::{
    conditions,
    seed::{ADMIN_TOKEN, EDITOR_TOKEN},
};

/// Returns the whole file, with comments for users who write one for their own deployment.
pub(super) fn text(base_url: &str) -> String {
    let url = base_url.trim_end_matches('/');
    let mut text = format!(
        r#"# The embedded reference implementation of KubeGlass as a target.
# Copy this file and enter the values of your own deployment. Passing here proves nothing about a real API.

# The target that is used without --target.
default_target = "reference"

[target.reference]
# The base URL of the API; the paths in the pack begin with /api/v1.
url = "{url}"

# The roles that send requests. The tokens of the reference are not secret. For your own deployment, refer to the
# environment instead: bearer = "${{env:STAGING_ADMIN_TOKEN}}"
[target.reference.roles.admin]
# May do everything, in every context.
bearer = "{ADMIN_TOKEN}"

[target.reference.roles.editor]
# May work with configmaps, deployments, nodes and Helm. May not create or delete namespaces, and has no rights at
# all in the context "restricted".
bearer = "{EDITOR_TOKEN}"

# Values that the scenarios use, such as existing resources.
[target.reference.variables]
namespace = "default"               # a namespace to work in
deployment = "web"                  # a deployment in it that may be scaled
chart = "stable/web"                # a chart that can be installed
bad_chart = "no/such-chart"         # a chart that makes the Helm CLI fail
release = "web"                     # a release in the namespace with two revisions or more
node = "node-1"                     # a node that may be drained
other_node = "node-2"               # another one
context = "primary"                 # the context that a session begins with
other_context = "secondary"         # another one where the editor has the same rights
restricted_context = "restricted"   # one where the editor has none
dangling_context = "dangling"       # one with a cluster that is not in the kubeconfig

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
