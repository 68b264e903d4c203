//! Conditions: states that no request can cause.

use super::{Code, Failure, K0rdent, quirks};
use crate::store::Switch;

pub(super) const BMC_UNREACHABLE: &str = "bmc-unreachable";
pub(super) const INTERNAL_FAULT: &str = "internal-fault";

/// All conditions.
pub(super) const ALL: &[Switch] = &[
    Switch { name: BMC_UNREACHABLE, about: "no baseboard management controller (BMC) responds" },
    Switch { name: INTERNAL_FAULT, about: "the service fails internally" },
];

/// A careless error message that exposes a stack trace and the address of the database.
const LEAK: &str = "TypeError: Cannot read properties of undefined (reading 'id')\n    at ServerRepository.list \
                    (/app/dist/servers/repository.js:118:27)\n    at process.processTicksAndRejections \
                    (node:internal/process/task_queues:95:5)\nconnect postgres://k0rdent@10.0.3.7:5432/inventory";

impl K0rdent {
    /// Fails while the internal fault is on: "Unexpected server error". The response does not reveal the cause.
    pub(super) fn sound(&self) -> Result<(), Failure> {
        if !self.conditions.is_on(INTERNAL_FAULT) || self.quirks.is_on(quirks::FAULT_HIDDEN) {
            return Ok(());
        }
        let leaks = self.quirks.is_on(quirks::FAULT_LEAKS);
        Err(Failure::new(Code::InternalError, if leaks { LEAK } else { "An unexpected error occurred" }))
    }

    /// Fails while BMCs are unreachable. The documentation does not say where the failure of an asynchronous
    /// operation appears; here no operation is started without a connection.
    pub(super) fn reach_bmc(&self) -> Result<(), Failure> {
        if !self.conditions.is_on(BMC_UNREACHABLE) || self.quirks.is_on(quirks::BMC_HIDDEN) {
            return Ok(());
        }
        Err(Failure::new(Code::BmcConnectionFailed, "Cannot connect to BMC"))
    }
}
