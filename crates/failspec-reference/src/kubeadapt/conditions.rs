//! Conditions: states that no request can cause.

use super::{Failure, Kubeadapt, quirks};
use crate::store::Switch;

const INTERNAL_FAULT: &str = "internal-fault";

/// All conditions.
pub(super) const ALL: &[Switch] =
    &[Switch { name: INTERNAL_FAULT, about: "the API fails while it collects the requested data" }];

impl Kubeadapt {
    /// Fails while the API cannot look anything up.
    pub(super) fn look_up(&self) -> Result<(), Failure> {
        let hidden = self.quirks.is_on(quirks::FAULT_HIDDEN);
        if self.conditions.is_on(INTERNAL_FAULT) && !hidden { Err(Failure::Internal) } else { Ok(()) }
    }
}
