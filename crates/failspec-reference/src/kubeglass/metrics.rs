//! Metrics, which come from a service outside the cluster's API.

use serde_json::json;

use super::{Call, Code, Failure, Kubeglass, Outcome, call::data, conditions};

impl Kubeglass {
    pub(super) fn get_metrics(&self, call: &Call<'_>, resource: &str) -> Outcome {
        if !matches!(resource, "nodes" | "pods") {
            return Err(Failure::new(Code::InvalidParameter, "resource must be nodes or pods"));
        }
        self.permit(call, "metrics:read")?;
        self.unless(
            conditions::METRICS_UNREACHABLE,
            Code::DependencyUnavailable,
            "the metrics service cannot be reached",
        )?;
        Ok(data(&json!({ "resource": resource, "cpu": "250m", "memory": "512Mi" })))
    }
}
