//! Conditions: states that no request can cause.

use super::{Apinizer, Call, Code, Failure, quirks};
use crate::store::Switch;

pub(super) const INTERNAL_FAULT: &str = "internal-fault";

/// All conditions. A client cannot distinguish the causes of a 500 (the database, the system, an exception).
pub(super) const ALL: &[Switch] = &[Switch { name: INTERNAL_FAULT, about: "the service fails internally" }];

/// A careless error message that exposes a stack trace and an SQL statement.
const LEAK: &str = "org.springframework.dao.DataIntegrityViolationException: could not execute statement [SELECT * FROM \
                    api_proxy WHERE project_id = ?]\n\tat com.apinizer.proxy.ProxyRepository.find(ProxyRepository.java:211)\
                    \n\tat java.base/java.lang.Thread.run(Thread.java:840)";

impl Apinizer {
    /// Fails while the internal fault is on. Either code is documented for either method; the choice between them is
    /// this project's own.
    pub(super) fn sound(&self, call: &Call<'_>) -> Result<(), Failure> {
        if !self.conditions.is_on(INTERNAL_FAULT) || self.quirks.is_on(quirks::FAULT_HIDDEN) {
            return Ok(());
        }
        let code = if call.is_reading() { Code::InternalError } else { Code::ServerError };
        let leaks = self.quirks.is_on(quirks::FAULT_LEAKS);
        Err(Failure::new(code, if leaks { LEAK } else { "An internal error occurred" }))
    }
}
