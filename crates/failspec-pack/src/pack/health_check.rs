//! Requests that show whether a run can continue.

use failspec_base::syntax::{MappingSchema, Node, NodeValue};

use super::{
    read_context::ReadContext,
    request::{self, RequestPatch, RequestTemplate},
    step::check_parameters,
};

/// A safe request that succeeds as long as the run has not broken anything that it needs itself, above all its
/// account.
#[derive(Debug, Clone)]
pub enum HealthCheck {
    /// The request that must succeed: a run does not begin to write without it.
    Required(Box<RequestTemplate>),
    /// Candidates, in order. The first one that succeeds before the first write is used; if none does, the run goes on
    /// without a health check.
    FirstOf(Vec<RequestTemplate>),
}

pub(super) static HEALTH_CHECK: MappingSchema = MappingSchema {
    name: "health_check",
    about: "a safe request that must succeed after each scenario that writes; otherwise the run stops",
    fields: &[],
    also: request::KEYS,
};

impl HealthCheck {
    pub(super) fn read(node: &Node, names: &ReadContext<'_>) -> Option<Self> {
        let NodeValue::List(nodes) = &node.value else {
            return read_request(node, names).map(|request| Self::Required(Box::new(request)));
        };
        if nodes.is_empty() {
            let hint = "name at least one request, or leave the key out";
            names.reader.error_hint(node.span, "an empty list checks nothing", hint);
        }
        Some(Self::FirstOf(nodes.iter().filter_map(|node| read_request(node, names)).collect()))
    }

    /// Returns the candidates, in order.
    pub fn candidates(&self) -> &[RequestTemplate] {
        match self {
            Self::Required(request) => std::slice::from_ref(request),
            Self::FirstOf(requests) => requests,
        }
    }
}

fn read_request(node: &Node, names: &ReadContext<'_>) -> Option<RequestTemplate> {
    let fields = names.reader.fields(node, &HEALTH_CHECK)?;
    let patch = RequestPatch::read(&fields, names);
    if !fields.has("request") {
        names.reader.error_hint(node.span, "`request` is missing", "give `request: GET /path`");
    }
    let request = patch.into_request()?;
    check_parameters(&request, names, node);
    if !request.is_safe() {
        names.reader.error_hint(
            node.span,
            "a health check that changes something could itself break the run",
            "use GET, HEAD or OPTIONS",
        );
    }
    Some(request)
}
