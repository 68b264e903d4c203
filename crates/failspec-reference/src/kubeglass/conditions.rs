//! Conditions: states that no request can cause.

use super::{Code, Failure, Kubeglass};
use crate::store::Switch;

pub(super) const KUBERNETES_UNREACHABLE: &str = "kubernetes-unreachable";
pub(super) const DEADLINE_EXCEEDED: &str = "deadline-exceeded";
pub(super) const INTERNAL_FAULT: &str = "internal-fault";
pub(super) const CONTEXT_SWITCH_FAILS: &str = "context-switch-fails";
pub(super) const KUBECONFIG_UNREADABLE: &str = "kubeconfig-unreadable";
pub(super) const SOURCE_CLUSTER_UNREACHABLE: &str = "source-cluster-unreachable";
pub(super) const TARGET_CLUSTER_UNREACHABLE: &str = "target-cluster-unreachable";
pub(super) const HELM_MISSING: &str = "helm-missing";
pub(super) const METRICS_UNREACHABLE: &str = "metrics-unreachable";

/// All conditions.
pub(super) const ALL: &[Switch] = &[
    Switch { name: KUBERNETES_UNREACHABLE, about: "the API server behind the dashboard does not respond" },
    Switch { name: DEADLINE_EXCEEDED, about: "the API server responds later than the dashboard's deadline" },
    Switch { name: INTERNAL_FAULT, about: "the dashboard fails internally while it works on the cluster" },
    Switch { name: CONTEXT_SWITCH_FAILS, about: "no client can be built for the context to switch to" },
    Switch {
        name: KUBECONFIG_UNREADABLE,
        about: "the kubeconfig cannot be read, so contexts cannot be listed",
    },
    Switch { name: SOURCE_CLUSTER_UNREACHABLE, about: "the source cluster of a copy does not respond" },
    Switch { name: TARGET_CLUSTER_UNREACHABLE, about: "the target cluster of a copy does not respond" },
    Switch { name: HELM_MISSING, about: "the helm binary is not on $PATH" },
    Switch { name: METRICS_UNREACHABLE, about: "the external metrics service does not respond" },
];

impl Kubeglass {
    /// Fails while a condition is on.
    pub(super) fn unless(&self, condition: &str, code: Code, message: &str) -> Result<(), Failure> {
        if self.conditions.is_on(condition) { Err(Failure::new(code, message)) } else { Ok(()) }
    }
}
