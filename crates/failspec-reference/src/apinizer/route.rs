//! Routing of requests to operations.

use crate::methods;

/// An operation with its path parameters, decoded but not yet validated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation<'a> {
    CreateToken,
    Test,
    ListProjects,
    ListProxies { project: &'a str },
    CreateProxy { project: &'a str },
    GetProxy { project: &'a str, name: &'a str },
    DeleteProxy { project: &'a str, name: &'a str },
    ListGroups { project: &'a str },
    CreateGroup { project: &'a str },
    DeleteGroup { project: &'a str, group: &'a str },
    AddToGroup { project: &'a str, group: &'a str, name: &'a str },
    RemoveFromGroup { project: &'a str, group: &'a str, name: &'a str },
}

/// Finds the operation of a method and a path. All endpoints are under `/apiops`.
fn operation<'a>(method: &str, segments: &[&'a str]) -> Option<Operation<'a>> {
    use Operation as Op;
    let ["apiops", segments @ ..] = segments else {
        return None;
    };
    Some(match (method, segments) {
        ("POST", &["auth", "token"]) => Op::CreateToken,
        ("GET", &["test"]) => Op::Test,
        ("GET", &["projects"]) => Op::ListProjects,

        ("GET", &["projects", project, "apiProxies"]) => Op::ListProxies { project },
        // The documentation has a path for each source of a proxy. With a URL or without a source, the body is the
        // same.
        ("POST", &["projects", project, "apiProxies"] | &["projects", project, "apiProxies", "url"]) => {
            Op::CreateProxy { project }
        }
        ("GET", &["projects", project, "apiProxies", name]) => Op::GetProxy { project, name },
        ("DELETE", &["projects", project, "apiProxies", name]) => Op::DeleteProxy { project, name },

        ("GET", &["projects", project, "apiProxyGroups"]) => Op::ListGroups { project },
        ("POST", &["projects", project, "apiProxyGroups"]) => Op::CreateGroup { project },
        ("DELETE", &["projects", project, "apiProxyGroups", group]) => Op::DeleteGroup { project, group },
        ("POST", &["projects", project, "apiProxyGroups", group, "apiProxies", name]) => {
            Op::AddToGroup { project, group, name }
        }
        ("DELETE", &["projects", project, "apiProxyGroups", group, "apiProxies", name]) => {
            Op::RemoveFromGroup { project, group, name }
        }
        _ => return None,
    })
}

/// The result of routing a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Route<'a> {
    /// An operation.
    To(Operation<'a>),
    /// A path that supports these methods, but not the one that was sent.
    WrongMethod(String),
    /// A path that the API does not have.
    Nowhere,
}

/// Finds the route of a request. A trailing slash makes no difference.
pub(super) fn find<'a>(method: &str, segments: &[&'a str]) -> Route<'a> {
    let segments = match segments {
        [before @ .., ""] => before,
        all => all,
    };
    if let Some(operation) = operation(methods::effective(method), segments) {
        return Route::To(operation);
    }
    methods::allowed(|method| operation(method, segments).is_some())
        .map_or(Route::Nowhere, Route::WrongMethod)
}
