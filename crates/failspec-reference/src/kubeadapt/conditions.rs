//! States of the world that no request brings about.

use super::{Failure, Kubeadapt, quirks};
use crate::store::Switch;

const INTERNAL_FAULT: &str = "internal-fault";

/// All of them.
pub(super) const ALL: &[Switch] =
    &[Switch { name: INTERNAL_FAULT, about: "the API fails while it collects the requested data" }];

impl Kubeadapt {
    /// Whether the API is able to look anything up.
    pub(super) fn look_up(&self) -> Result<(), Failure> {
        let hidden = self.quirks.is_on(quirks::FAULT_HIDDEN);
        if self.conditions.is_on(INTERNAL_FAULT) && !hidden { Err(Failure::Internal) } else { Ok(()) }
    }
}
