//! Which operation a request is for.

use crate::methods;

/// An operation with its path parameters, decoded but not yet judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation<'a> {
    CreateToken,
    Test,
    ListProjects,
    ListProxies { project: &'a str },
    CreateProxy { project: &'a str },
    GetProxy { project: &'a str, name: &'a str },
    DeleteProxy { project: &'a str, name: &'a str },
    CreateGroup { project: &'a str },
    GetGroup { project: &'a str, group: &'a str },
    DeleteGroup { project: &'a str, group: &'a str },
    AddToGroup { project: &'a str, group: &'a str, name: &'a str },
    RemoveFromGroup { project: &'a str, group: &'a str, name: &'a str },
}

/// The endpoints, all under `/apiops`.
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
        // The documentation has a path for each source of a proxy. Of a URL or of nothing, the body is the same.
        ("POST", &["projects", project, "apiProxies"] | &["projects", project, "apiProxies", "url"]) => {
            Op::CreateProxy { project }
        }
        ("GET", &["projects", project, "apiProxies", name]) => Op::GetProxy { project, name },
        ("DELETE", &["projects", project, "apiProxies", name]) => Op::DeleteProxy { project, name },

        ("POST", &["projects", project, "apiProxyGroups"]) => Op::CreateGroup { project },
        ("GET", &["projects", project, "apiProxyGroups", group]) => Op::GetGroup { project, group },
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

/// Where a request leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Route<'a> {
    /// To an operation.
    To(Operation<'a>),
    /// To a path that has these methods, and not this one.
    WrongMethod(String),
    /// To no path of this API.
    Nowhere,
}

/// Finds the operation. A path means the same with and without a slash at its end.
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
