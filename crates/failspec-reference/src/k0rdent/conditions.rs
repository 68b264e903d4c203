//! States of the world that no request brings about.

use super::{Code, Failure, K0rdent, quirks};
use crate::store::Switch;

pub(super) const BMC_UNREACHABLE: &str = "bmc-unreachable";
pub(super) const INTERNAL_FAULT: &str = "internal-fault";

/// All of them.
pub(super) const ALL: &[Switch] = &[
    Switch { name: BMC_UNREACHABLE, about: "no baseboard management controller (BMC) responds" },
    Switch { name: INTERNAL_FAULT, about: "the service fails internally" },
];

/// What a stack trace and a careless message give away.
const LEAK: &str = "TypeError: Cannot read properties of undefined (reading 'id')\n    at ServerRepository.list \
                    (/app/dist/servers/repository.js:118:27)\n    at process.processTicksAndRejections \
                    (node:internal/process/task_queues:95:5)\nconnect postgres://k0rdent@10.0.3.7:5432/inventory";

impl K0rdent {
    /// "Unexpected server error": nobody is told what it was.
    pub(super) fn sound(&self) -> Result<(), Failure> {
        if !self.conditions.is_on(INTERNAL_FAULT) || self.quirks.is_on(quirks::FAULT_HIDDEN) {
            return Ok(());
        }
        let leaks = self.quirks.is_on(quirks::FAULT_LEAKS);
        Err(Failure::new(Code::InternalError, if leaks { LEAK } else { "An unexpected error occurred" }))
    }

    /// Where the failure of an asynchronous operation appears is not documented; here nothing is started without a
    /// connection.
    pub(super) fn reach_bmc(&self) -> Result<(), Failure> {
        if !self.conditions.is_on(BMC_UNREACHABLE) || self.quirks.is_on(quirks::BMC_HIDDEN) {
            return Ok(());
        }
        Err(Failure::new(Code::BmcConnectionFailed, "Cannot connect to BMC"))
    }
}
