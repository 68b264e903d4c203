//! States of the world that no request brings about.

use crate::store::Switch;

pub(super) const INTERNAL_FAULT: &str = "internal-fault";

/// All of them. That a cluster does not respond needs none: one of the clusters is dead for good.
pub(super) const ALL: &[Switch] = &[Switch {
    name: INTERNAL_FAULT,
    about: "the backend fails internally while it works on the resources of a cluster",
}];
