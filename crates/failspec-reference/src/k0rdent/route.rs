//! Routing of requests to operations.

use super::{REGION, lifecycle::Action, seed::PROJECT};
use crate::methods;

/// An operation with its path parameters, decoded but not yet validated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation<'a> {
    ListServers,
    CreateServer,
    GetServer { id: &'a str },
    UpdateServer { id: &'a str },
    DeleteServer { id: &'a str },
    StartWork { id: &'a str, action: Action },
    BatchCreate,
    BatchInspect,
    GetWorkflow { id: &'a str },
    ListPools,
    CreatePool,
    GetPool { id: &'a str },
    DeletePool { id: &'a str },
    ListAllocations,
    CreateAllocation,
    GetAllocation { id: &'a str },
    DeleteAllocation { id: &'a str },
}

/// Finds the operation of a method and a path below a project. An action on a server or on all servers stands behind
/// a colon. The OpenAPI document of the publisher has the servers, `:provision`, `:batchCreate` and actions in
/// general; the other actions, workflows, pools and allocations are this project's own choice.
fn operation<'a>(method: &str, segments: &[&'a str]) -> Option<Operation<'a>> {
    use Operation as Op;
    let ["v1", "regions", REGION, "projects", PROJECT, "infrastructure", segments @ ..] = segments else {
        return None;
    };
    if let ("POST", &["servers", last]) = (method, segments)
        && let Some((id, action)) = last.split_once(':')
    {
        let action = match action {
            "inspect" => Action::Inspect,
            "provision" => Action::Provision,
            "decommission" => Action::Decommission,
            _ => return None,
        };
        return Some(Op::StartWork { id, action });
    }
    Some(match (method, segments) {
        ("POST", &["servers:batchCreate"]) => Op::BatchCreate,
        ("POST", &["servers:batchInspect"]) => Op::BatchInspect,
        ("GET", &["servers"]) => Op::ListServers,
        ("POST", &["servers"]) => Op::CreateServer,
        (_, &["servers", id]) if id.contains(':') => return None,
        ("GET", &["servers", id]) => Op::GetServer { id },
        ("PATCH", &["servers", id]) => Op::UpdateServer { id },
        ("DELETE", &["servers", id]) => Op::DeleteServer { id },

        ("GET", &["workflows", id]) => Op::GetWorkflow { id },

        ("GET", &["pools"]) => Op::ListPools,
        ("POST", &["pools"]) => Op::CreatePool,
        ("GET", &["pools", id]) => Op::GetPool { id },
        ("DELETE", &["pools", id]) => Op::DeletePool { id },

        ("GET", &["allocations"]) => Op::ListAllocations,
        ("POST", &["allocations"]) => Op::CreateAllocation,
        ("GET", &["allocations", id]) => Op::GetAllocation { id },
        ("DELETE", &["allocations", id]) => Op::DeleteAllocation { id },
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

/// Finds the route of a request.
pub(super) fn find<'a>(method: &str, segments: &[&'a str]) -> Route<'a> {
    if let Some(operation) = operation(methods::effective(method), segments) {
        return Route::To(operation);
    }
    methods::allowed(|method| operation(method, segments).is_some())
        .map_or(Route::Nowhere, Route::WrongMethod)
}
