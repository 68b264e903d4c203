//! Access to the cluster.

use super::{Call, Code, Failure, Kubeglass, conditions};
use crate::store::Key;

impl Kubeglass {
    /// Checks the conditions of the cluster. Runs before every operation that reads or writes a cluster.
    pub(super) fn reach_cluster(&self) -> Result<(), Failure> {
        self.unless(
            conditions::KUBERNETES_UNREACHABLE,
            Code::ApiUnreachable,
            "the Kubernetes API server cannot be reached",
        )?;
        self.unless(conditions::DEADLINE_EXCEEDED, Code::Timeout, "the operation exceeded its deadline")?;
        self.unless(conditions::INTERNAL_FAULT, Code::InternalError, "an internal error occurred")
    }

    /// Checks the permission in the session's context, then that the cluster responds.
    pub(super) fn enter(&self, call: &Call<'_>, permission: &str) -> Result<(), Failure> {
        self.permit(call, permission)?;
        self.reach_cluster()
    }

    /// Checks that a namespace exists, as everything in it requires.
    pub(super) fn need_namespace(&self, context: &str, namespace: &str) -> Result<(), Failure> {
        if self.store.resources.contains(&Key::new("namespaces", context, namespace)) {
            return Ok(());
        }
        Err(Failure::new(Code::NotFound, format!("namespace {namespace:?} does not exist")))
    }
}
