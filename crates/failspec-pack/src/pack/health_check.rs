//! A request that shows whether a run can continue.

use failspec_base::syntax::{MappingSchema, Node};

use super::{
    read_context::ReadContext,
    request::{self, RequestPatch, RequestTemplate},
    step::check_parameters,
};

/// A safe request that succeeds as long as the run has not broken anything that it needs itself, above all its
/// account.
#[derive(Debug, Clone)]
pub struct HealthCheck {
    /// The request.
    pub request: RequestTemplate,
}

pub(super) static HEALTH_CHECK: MappingSchema = MappingSchema {
    name: "health_check",
    about: "a safe request that must succeed after each scenario that writes; otherwise the run stops",
    fields: &[],
    also: request::KEYS,
};

impl HealthCheck {
    pub(super) fn read(node: &Node, names: &ReadContext<'_>) -> Option<Self> {
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
        Some(Self { request })
    }
}
