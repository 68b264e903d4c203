//! What all cases of one pack on one target share.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use failspec_base::{
    secret::Mask,
    template::{Scope, VariableValue},
};
use failspec_judge::{check::OpenApiContext, report_model::Documented, snapshot::SnapshotStore};
use failspec_pack::{
    pack::Pack,
    target_config::{Target, Waiver},
};

use super::{
    cancel::CancelToken, health_check::HealthCheckState, locks::Locks, login::Logins, manners::Clients,
    run::Exchanges,
};

/// What all cases of one pack on one target share.
#[derive(Debug)]
pub struct Session {
    /// The OpenAPI document that responses are held against besides.
    pub against: Option<OpenApiContext>,
    /// The pack.
    pub pack: Arc<Pack>,
    /// The target.
    pub target: Arc<Target>,
    /// Sends requests.
    pub clients: Clients,
    /// Every secret that is known so far.
    pub mask: Arc<Mask>,
    /// The values of the pack's variables on this target.
    pub variables: Arc<HashMap<String, VariableValue>>,
    /// Known failures.
    pub waivers: Arc<Vec<Waiver>>,
    /// The day on which waivers are judged.
    pub today: jiff::civil::Date,
    /// The approved responses.
    pub approved: Option<SnapshotStore>,
    /// Ctrl-C.
    pub interrupt: CancelToken,
    /// Scenarios that must not overlap.
    pub locks: Locks,
    /// Whether the run can still go on.
    pub health_check_state: HealthCheckState,
    /// Whether programs may be run that print credentials.
    pub commands_allowed: bool,
    /// The logins that were done.
    pub logins: Logins,
    /// What is documented about each failure, in the order of the contract: every report of a case holds it.
    pub documented: Vec<Arc<Documented>>,
    /// The name of the pack, and the ids of its failures in the order of the contract, as each report of a case holds
    /// them.
    pub names: (Arc<str>, Vec<Arc<str>>),
    /// Of which cases it is told what was sent and received.
    pub exchanges: Exchanges,
    /// A short random name of the run; created names carry it.
    pub run: String,
    /// Counts the values of `${unique}`.
    pub counter: AtomicU64,
}

impl Session {
    /// A scope for one flow of a case, with a `${unique}` of its own.
    pub fn scope(&self) -> Scope {
        let number = self.counter.fetch_add(1, Ordering::Relaxed) + 1;
        Scope::new(Arc::clone(&self.variables), format!("failspec-{}-{}", self.run, base36(number)))
    }
}

/// The values of a pack's variables on a target: the target's, else the default.
pub fn variables(pack: &Pack, target: &Target) -> HashMap<String, VariableValue> {
    pack.contract
        .variables
        .iter()
        .filter_map(|(name, variable)| {
            let given = target.variables.get(name).cloned();
            Some((name.clone(), given.or_else(|| variable.default.clone().map(VariableValue::open))?))
        })
        .collect()
}

/// A short random name for a run: names that the target makes us create carry it.
pub fn run_name() -> String {
    let random = uuid::Uuid::new_v4().as_u128();
    base36(u64::try_from(random % 36_u128.pow(6)).unwrap_or_default())
}

/// Digits and lower-case letters are allowed in about every kind of name.
fn base36(mut number: u64) -> String {
    const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let mut digits = Vec::new();
    loop {
        digits.push(char::from(DIGITS[(number % 36) as usize]));
        number /= 36;
        if number == 0 {
            return digits.into_iter().rev().collect();
        }
    }
}
