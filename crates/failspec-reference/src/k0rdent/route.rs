//! Routing of requests to operations.

use super::lifecycle::Action;
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
    BulkInspect,
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

/// Finds the operation of a method and a path. All endpoints are under `/api/v1`.
fn operation<'a>(method: &str, segments: &[&'a str]) -> Option<Operation<'a>> {
    use Operation as Op;
    let ["api", "v1", segments @ ..] = segments else {
        return None;
    };
    Some(match (method, segments) {
        ("GET", &["servers"]) => Op::ListServers,
        ("POST", &["servers"]) => Op::CreateServer,
        ("GET", &["servers", id]) => Op::GetServer { id },
        ("PATCH", &["servers", id]) => Op::UpdateServer { id },
        ("DELETE", &["servers", id]) => Op::DeleteServer { id },
        // A server may have the name "bulk", but it cannot be inspected under that name.
        ("POST", &["servers", "bulk", "inspect"]) => Op::BulkInspect,
        ("POST", &["servers", id, "inspect"]) => Op::StartWork { id, action: Action::Inspect },
        ("POST", &["servers", id, "provision"]) => Op::StartWork { id, action: Action::Provision },
        ("POST", &["servers", id, "decommission"]) => Op::StartWork { id, action: Action::Decommission },

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
