//! State shared by all cases of one pack on one target.

use std::{
    collections::HashMap,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};

use failspec_base::{
    message::Trace,
    random::base36,
    secret::Mask,
    template::{Scope, VariableValue},
};
use failspec_judge::{check::OpenApiContext, report_model::Documented, snapshot::SnapshotStore};
use failspec_pack::{
    pack::Pack,
    target_config::{Target, Waiver},
};

use super::{
    absence::Absence, accepted_bodies::AcceptedBodies, called_operations::CalledOperations,
    cancel::CancelToken, creations::Creations, doubtful::Doubtful, existing_things::ExistingThings,
    health_check::HealthCheckState, lag::Lag, listed_values::ListedValues, locks::Locks,
    login_renewal::Logins, manners::Clients, optional_members::OptionalMembers, own_names::OwnNames,
    own_texts::NamedIds, role_access::RoleAccessLog, role_use::RoleUse, run::Exchanges,
    shared_controls::SharedControls, shared_parents::SharedParents, shared_things::SharedThings,
    sparing::Sparing, taken_texts::TakenTexts, unproven::Evidence, versioned_ids::VersionedIds,
};

/// The cases of a run that may change something on the target.
#[derive(Debug, Default)]
pub struct Writers {
    /// The number of those that have begun.
    begun: AtomicUsize,
    /// The number of those that have ended.
    ended: AtomicUsize,
}

impl Writers {
    /// Records that a case begins; returns what [`Self::end`] needs.
    pub fn begin(&self, is_writer: bool) -> (bool, usize) {
        let before = self.ended.load(Ordering::SeqCst);
        self.begun.fetch_add(is_writer.into(), Ordering::SeqCst);
        (is_writer, before)
    }

    /// Records that a case ends; returns true if another one that may change something ran at the same time.
    pub fn end(&self, (is_writer, ended_before): (bool, usize)) -> bool {
        let others = self.begun.load(Ordering::SeqCst) - usize::from(is_writer);
        self.ended.fetch_add(is_writer.into(), Ordering::SeqCst);
        others > ended_before
    }
}

/// Maximum number of cases that run again alone: where more contradict an id, other cases are not the reason.
const MAX_ALONE: usize = 20;

/// State shared by all cases of one pack on one target.
#[derive(Debug)]
pub struct Session {
    /// The OpenAPI document that responses are additionally validated against.
    pub against: Option<OpenApiContext>,
    /// The pack.
    pub pack: Arc<Pack>,
    /// The target.
    pub target: Arc<Target>,
    /// The HTTP clients.
    pub clients: Clients,
    /// Masks every secret that is known so far.
    pub mask: Arc<Mask>,
    /// The values of the pack's variables on this target.
    pub variables: Arc<HashMap<String, VariableValue>>,
    /// Waivers of known violations.
    pub waivers: Arc<Vec<Waiver>>,
    /// The date on which the expiry of waivers is checked.
    pub today: jiff::civil::Date,
    /// The approved responses.
    pub approved: Option<SnapshotStore>,
    /// Cancellation of the run.
    pub interrupt: CancelToken,
    /// Locks that keep scenarios from overlapping.
    pub locks: Locks,
    /// How late the API knows what was just created.
    pub lag: Lag,
    /// The cases that may change something.
    pub writers: Writers,
    /// Number of cases that ran again alone.
    pub ran_alone: AtomicUsize,
    /// The responses to each role.
    pub role_use: RoleUse,
    /// The responses of operations to each role.
    pub role_access: RoleAccessLog,
    /// The presence of the target.
    pub absence: Absence,
    /// The operations that were called.
    pub called_operations: CalledOperations,
    /// The forms of the bodies that operations have accepted.
    pub accepted_bodies: AcceptedBodies,
    /// The members that bodies were found to lack.
    pub optional_members: OptionalMembers,
    /// True if scenarios of the pack were generated from an OpenAPI document: their requests may be changed by what the API says. Those
    /// that people write are sent as they are.
    pub imported: bool,
    /// The operations that want the version of a thing behind its id.
    pub versioned_ids: VersionedIds,
    /// The members of bodies that only one thing may have.
    pub taken_texts: TakenTexts,
    /// The parameters of queries that are optional, and needed.
    pub optional_parameters: super::optional_parameters::OptionalParameters,
    /// The bodies that operations want although the document has none.
    pub undeclared_bodies: super::undeclared_bodies::UndeclaredBodies,
    /// The findings about what operations require beyond the document.
    pub completions: super::completions::Completions,
    /// The lists of the API that were read for values of bodies.
    pub listed_values: ListedValues,
    /// The operations whose things no list shows.
    pub unlisted: super::listed_captures::UnlistedOperations,
    /// The things that are there already, in place of those that the API refuses to create.
    pub existing_things: ExistingThings,
    /// The requests that name things by what the run called them.
    pub own_names: OwnNames,
    /// The controls that several cases have in common.
    pub shared_controls: SharedControls,
    /// The things that several cases have in common.
    pub shared_things: SharedThings,
    /// The things in which several cases make others.
    pub shared_parents: SharedParents,
    /// The ids that creations named.
    pub named_ids: NamedIds,
    /// The requests that may have created something.
    pub creations: Creations,
    /// The creations whose connection was lost.
    pub doubtful: Doubtful,
    /// The requests that the target is spared.
    pub sparing: Sparing,
    /// The evidence that the API responded.
    pub evidence: Evidence,
    /// The state of the health check.
    pub health_check_state: HealthCheckState,
    /// True if programs that print credentials may be run.
    pub commands_allowed: bool,
    /// Cached logins.
    pub logins: Logins,
    /// The documented facts about each failure, in the order of the contract; shared by all case reports.
    pub documented: Vec<Arc<Documented>>,
    /// The name of the pack, and the ids of its failures in the order of the contract; shared by all case reports.
    pub names: (Arc<str>, Vec<Arc<str>>),
    /// Cases whose request and response are included in the report.
    pub exchanges: Exchanges,
    /// A short random name of the run, which is part of the names of created resources.
    pub run: String,
    /// Counter for the values of `${unique}`.
    pub counter: AtomicU64,
    /// Number of bytes of fillers that the run has sent, all packs together.
    pub filled: Arc<AtomicU64>,
    /// The trace of what belongs to no case: logins, health checks, cleanup.
    pub own_trace: OnceLock<Arc<Trace>>,
}

impl Session {
    /// Returns true if one more case may run again alone, and counts it.
    pub fn may_run_alone(&self) -> bool {
        self.ran_alone.fetch_add(1, Ordering::Relaxed) < MAX_ALONE
    }

    /// Creates the variable scope of one flow of a case, with its own `${unique}`.
    pub fn scope(&self) -> Scope {
        let number = self.counter.fetch_add(1, Ordering::Relaxed) + 1;
        let unique = format!("failspec-{}-{}", self.run, base36(number));
        // A case has a trace of its own.
        let trace = Arc::clone(self.own_trace.get_or_init(|| self.trace("failspec")));
        Scope::new(Arc::clone(&self.variables), unique).counting(Arc::clone(&self.filled)).tracing(trace)
    }
}

/// Returns the values of a pack's variables on a target: those of the target, otherwise the defaults.
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
