//! Conditions: states that no request can cause.

use crate::store::Switch;

pub(super) const INTERNAL_FAULT: &str = "internal-fault";

/// All conditions. An unreachable cluster needs no condition: one of the clusters never responds.
pub(super) const ALL: &[Switch] = &[Switch {
    name: INTERNAL_FAULT,
    about: "the backend fails internally while it works on the resources of a cluster",
}];
