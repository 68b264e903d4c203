//! Runs several packs and builds one report.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, AtomicUsize},
    },
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use tokio::sync::Semaphore;

use failspec_base::{message::is_loopback, secret::Mask};
use failspec_judge::{
    check::OpenApiContext,
    report_model::{
        CaseReport, Coverage, ErratumReport, Event, Listener, PackEnd, PackHeader, PackReport, RunEnd,
        RunFinding, RunHeader, RunReport, Shard, ShardReport, TargetConfigReport, WaiverReport,
        disclaimed_features, report, reused_request_ids,
    },
    snapshot::{Mode, SnapshotStore},
};
use failspec_pack::{
    openapi::Declared,
    pack::{Files, case_names},
    target_config::Waiver,
};

use super::{
    absence::Absence,
    called_operations::CalledOperations,
    cancel::{CancelCause, CancelToken},
    error::RunError,
    judge::{documented, millis, names, scenario_file},
    lag::Lag,
    openapi_coverage::operations,
    optional_members::OptionalMembers,
    order::by_worth,
    own_names::OwnNames,
    plan::{Case, Plan, Selectors},
    planned_waits::planned_waits,
    role_access::RoleAccessLog,
    role_use::RoleUse,
    scheduler::{Engine, PackRun, emit_event},
    session::{Session, Writers, variables},
    taken_texts::TakenTexts,
    test_environment::{test_environment, via},
    unproven::Evidence,
    versioned_ids::VersionedIds,
};

/// Default number of concurrent cases if all targets are on this machine.
const JOBS_ON_LOOPBACK: usize = 16;

/// Default number of concurrent cases for other targets: low, because staging systems are shared.
const JOBS_ELSEWHERE: usize = 8;

/// Options of a run.
#[derive(Debug, Clone, Default)]
pub struct RunOptions {
    /// Maximum number of concurrent cases; by default 16 on loopback, otherwise 8.
    pub jobs: Option<usize>,
    /// True if warnings count as violations.
    pub deny_warnings: bool,
    /// Handling of approved responses.
    pub snapshots: Mode,
    /// True if programs that print credentials may be run, as configured in the target.
    pub allow_commands: bool,
    /// True if the environment indicates CI: then no snapshot is written.
    pub in_ci: bool,
    /// Cases whose exchanges are included in the report.
    pub exchanges: Exchanges,
    /// Time after which the run is stopped in order, with its teardowns: cases that were not judged are skipped.
    pub max_time: Option<Duration>,
    /// Waivers of known violations.
    pub waivers: Vec<Waiver>,
    /// The selectors, as given.
    pub selectors: Selectors,
    /// True if the identity of the responding servers is recorded.
    pub witness: bool,
    /// The shard to run, if the run is sharded; the plans then contain only its cases.
    pub shard: Option<Shard>,
}

/// Cases whose request and response are included in the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Exchanges {
    /// All cases.
    #[default]
    OfAll,
    /// Cases that need attention. Exchanges take more memory than everything else, and most reports include none of a
    /// case that simply passed.
    OfNotable,
}

/// Runs all plans, each on its target, and builds one report.
///
/// # Errors
/// If the HTTP client cannot be created (TLS settings), or the OpenAPI document of the contract cannot be used.
pub async fn run(
    mut plans: Vec<Plan>,
    options: RunOptions,
    interrupt: CancelToken,
    listener: Arc<Listener>,
) -> Result<RunReport, RunError> {
    let began = Instant::now();
    let started = jiff::Timestamp::now();
    let header = header(&plans, &options);
    emit_event(&listener, Event::Started(&header));
    let loopback = plans.iter().all(|plan| is_loopback(&plan.target.url));
    let jobs = options.jobs.unwrap_or(if loopback { JOBS_ON_LOOPBACK } else { JOBS_ELSEWHERE }).max(1);
    let permits = Arc::new(Semaphore::new(jobs));
    let waivers = Arc::new(options.waivers.clone());
    let unreferenced = plans.iter().map(|plan| unreferenced(plan, &options)).collect();
    // Each case is dropped as soon as it is finished; only its report is kept.
    plans.iter_mut().for_each(Plan::leave_scenarios_to_cases);
    let mut cases: Vec<Vec<Case>> = plans.iter_mut().map(|plan| std::mem::take(&mut plan.cases)).collect();
    if options.max_time.is_some() {
        cases.iter_mut().for_each(|cases| by_worth(cases));
    }
    let alarm = options.max_time.map(|max_time| {
        let own = interrupt.handle();
        tokio::spawn(async move {
            tokio::time::sleep(max_time).await;
            own.cancel(CancelCause::OutOfTime);
        })
    });
    let mut engines = Vec::new();
    let filled = Arc::default();
    for plan in &plans {
        let session = Arc::new(session(plan, &options, &waivers, &interrupt, &filled)?);
        let engine = Engine {
            session,
            permits: Arc::clone(&permits),
            jobs,
            is_shard: options.shard.is_some(),
            is_full: plan.selection.is_none(),
            listener: Arc::clone(&listener),
            resources: OnceLock::new(),
        };
        engines.push((engine, plan));
    }
    let runs = join_all(engines.iter().zip(cases).map(|((engine, _), cases)| engine.run(cases))).await;
    if let Some(alarm) = alarm {
        alarm.abort();
    }
    let (cases, packs, unreferenced) = packs(&header, &engines, runs, unreferenced, &options);
    packs.iter().for_each(|pack| emit_event(&listener, Event::PackFinished(pack)));
    let today = jiff::Zoned::now().date();
    let waivers: Vec<WaiverReport> =
        options.waivers.iter().map(|waiver| WaiverReport::of(waiver, today)).collect();
    let of_plans: Vec<&Plan> = engines.iter().map(|(_, plan)| *plan).collect();
    let end = RunEnd {
        started: started.to_string(),
        duration_ms: millis(began.elapsed()),
        interrupted: interrupt.cause() == Some(CancelCause::Signal),
        was_cancelled: interrupt.is_set(),
        is_full: plans_are_full(&engines),
        denies_warnings: options.deny_warnings,
        checks_snapshots: options.snapshots == Mode::Check,
        shard: shard(&of_plans, &options, waivers.clone(), unreferenced),
        waivers,
    };
    emit_event(&listener, Event::Finished(&end));
    Ok(report(&header, cases, packs, end))
}

pub(super) fn session(
    plan: &Plan,
    options: &RunOptions,
    waivers: &Arc<Vec<Waiver>>,
    interrupt: &CancelToken,
    filled: &Arc<AtomicU64>,
) -> Result<Session, RunError> {
    let mask = Arc::new(Mask::new());
    // The credentials of the reference implementation are public.
    if !plan.target.reference {
        plan.target
            .roles
            .values()
            .flat_map(|role| role.credential.secrets())
            .for_each(|secret| mask.add(secret));
    }
    plan.target.secrets.iter().for_each(|secret| mask.add(secret));
    for (name, held) in plan.target.variables.iter().filter(|(_, held)| held.secret) {
        mask.add_value(held.value.as_str().unwrap_or_default(), name);
    }
    Ok(Session {
        clients: super::manners::Clients::new(&plan.target, options.witness)?,
        mask,
        variables: Arc::new(variables(&plan.pack, &plan.target)),
        waivers: Arc::clone(waivers),
        today: jiff::Zoned::now().date(),
        approved: approved(plan, options),
        interrupt: interrupt.clone(),
        locks: super::locks::Locks::default(),
        lag: Lag::default(),
        writers: Writers::default(),
        ran_alone: AtomicUsize::new(0),
        role_use: RoleUse::default(),
        role_access: RoleAccessLog::default(),
        absence: Absence::default(),
        called_operations: CalledOperations::default(),
        accepted_bodies: super::accepted_bodies::AcceptedBodies::default(),
        optional_members: OptionalMembers::default(),
        taken_texts: TakenTexts::default(),
        imported: plan
            .pack
            .scenarios
            .iter()
            .any(|it| failspec_judge::check::is_of_document(&plan.pack.contract, it)),
        versioned_ids: VersionedIds::default(),
        optional_parameters: super::optional_parameters::OptionalParameters::default(),
        undeclared_bodies: super::undeclared_bodies::UndeclaredBodies::default(),
        completions: super::completions::Completions::default(),
        listed_values: super::listed_values::ListedValues::default(),
        existing_things: super::existing_things::ExistingThings::default(),
        own_names: OwnNames::default(),
        shared_controls: super::shared_controls::SharedControls::default(),
        shared_things: super::shared_things::SharedThings::default(),
        shared_parents: super::shared_parents::SharedParents::default(),
        named_ids: super::own_texts::NamedIds::default(),
        creations: super::creations::Creations::default(),
        doubtful: super::doubtful::Doubtful::default(),
        sparing: super::sparing::Sparing::default(),
        unlisted: super::listed_captures::UnlistedOperations::default(),
        evidence: Evidence::default(),
        health_check_state: super::health_check::HealthCheckState::default(),
        commands_allowed: options.allow_commands,
        logins: super::login_renewal::Logins::default(),
        documented: documented(&plan.pack.contract),
        names: names(&plan.pack),
        run: failspec_base::random::random_name(),
        counter: AtomicU64::new(0),
        filled: Arc::clone(filled),
        own_trace: OnceLock::new(),
        against: Declared::shared(&plan.pack)?
            .map(|declared| OpenApiContext { declared, base: plan.target.url.path().into() }),
        exchanges: options.exchanges,
        pack: Arc::clone(&plan.pack),
        target: Arc::clone(&plan.target),
    })
}

/// Opens the approved responses. Embedded snapshots are for the reference implementation; another target configures
/// its own folder.
fn approved(plan: &Plan, options: &RunOptions) -> Option<SnapshotStore> {
    if options.snapshots == Mode::Off {
        return None;
    }
    // Responses are approved for one version of the contract.
    let pack = &plan.pack.label();
    if !plan.target.reference {
        let folder = plan.target.snapshots.as_ref()?;
        return Some(SnapshotStore::folder(folder.join(pack), options.snapshots, options.in_ci));
    }
    Some(match &plan.pack.files {
        Files::Embedded(built_in) => SnapshotStore::built_in(built_in.snapshots_of(pack), options.snapshots),
        Files::Directory(root) => {
            SnapshotStore::folder(root.join("snapshots").join(pack), options.snapshots, options.in_ci)
        }
    })
}

/// Returns the cases of all packs, the result of each pack, and the findings about unreferenced snapshots that the
/// merged run reports if this one is a shard.
fn packs(
    header: &RunHeader,
    engines: &[(Engine, &Plan)],
    runs: Vec<PackRun>,
    unreferenced: Vec<Vec<RunFinding>>,
    options: &RunOptions,
) -> (Vec<CaseReport>, Vec<PackEnd>, Vec<RunFinding>) {
    let mut unreferenced_elsewhere = Vec::new();
    let mut packs = Vec::new();
    let mut all: Vec<CaseReport> = Vec::new();
    let runs = runs.into_iter().zip(unreferenced);
    for (((engine, plan), (run, unreferenced)), header) in engines.iter().zip(runs).zip(&header.packs) {
        let cases: Vec<_> = run.cases.iter().collect();
        let contract = &plan.pack.contract;
        let coverage =
            Coverage::of(contract, &cases, &plan.target.out_of_reach, &run.features, plan.selection.as_ref());
        let mut findings = reused_request_ids(&cases);
        findings.extend(disclaimed_features(&run.features));
        if run.diagnosis.is_none() {
            // A shard knows all names of its pack, but unreferenced snapshots are reported by the merged run.
            let place = if options.shard.is_some() { &mut unreferenced_elsewhere } else { &mut findings };
            if plan.selection.is_none() || options.shard.is_some() {
                place.extend(unreferenced);
            }
        }
        let report = PackReport {
            header: header.clone(),
            coverage,
            operations: match &engine.session.against {
                Some(against) => operations(against, &run.cases),
                None => Vec::new(),
            },
            // Of a selection it is no news.
            operations_not_called: match &plan.selection {
                Some(_) if options.shard.is_none() => Vec::new(),
                _ => engine.session.operations_not_called(),
            },
            access: engine.session.access(options.shard.is_some()),
            missing_requirements: plan.missing_requirements.clone(),
            features: run.features,
            errata: ErratumReport::all(contract),
            judged: run.cases.iter().any(|case| case.outcome.is_judged()),
            unproven: run.unproven,
            health_check: engine.session.health_check_report(),
            mock: engine.session.clients.have_met_mock(),
            environment: engine.session.clients.peers().map(|peers| test_environment(plan, peers)),
        };
        packs.push(PackEnd { report, diagnosis: run.diagnosis, findings });
        // Most runs have one pack: its reports need not be moved.
        match all.is_empty() {
            true => all = run.cases,
            false => all.extend(run.cases),
        }
    }
    (all, packs, unreferenced_elsewhere)
}

/// Returns the part of a shard's report that `failspec merge` needs.
pub(super) fn shard(
    plans: &[&Plan],
    options: &RunOptions,
    waivers: Vec<WaiverReport>,
    unreferenced: Vec<RunFinding>,
) -> Option<ShardReport> {
    options.shard.map(|shard| ShardReport {
        number: shard.number,
        of: shard.of,
        options: counting(options),
        target_config: plans.iter().map(|plan| TargetConfigReport::of(&plan.target)).collect(),
        selected: plans.iter().map(|plan| plan.selected).sum(),
        waivers,
        unreferenced,
    })
}

fn plans_are_full(engines: &[(Engine, &Plan)]) -> bool {
    engines.iter().all(|(_, plan)| plan.selection.is_none())
}

/// Returns a finding for each approved response that belongs to no case: a violation in mode `check`, otherwise for
/// review.
fn unreferenced(plan: &Plan, options: &RunOptions) -> Vec<RunFinding> {
    let Some(approved) = approved(plan, options) else { return Vec::new() };
    let contract = &plan.pack.contract;
    let names: BTreeSet<String> =
        case_names(&plan.pack).map(|(_, scenario, row)| scenario_file(contract, scenario, row)).collect();
    let found = match approved.unreferenced(&names) {
        Ok(found) => found,
        Err(error) => vec![format!("(the folder cannot be read: {error})")],
    };
    found
        .into_iter()
        .map(|name| RunFinding {
            check: "snapshot-unreferenced".to_owned(),
            message: format!("the snapshot {}/{name} belongs to no scenario", plan.pack.label()),
            cases: Vec::new(),
            violation: options.snapshots == Mode::Check,
        })
        .collect()
}

pub(super) fn header(plans: &[Plan], options: &RunOptions) -> RunHeader {
    let packs = plans.iter().map(|plan| PackHeader {
        failures_selected: plan.failures_selected(),
        cases_selected: Some(plan.selected),
        via: via(&plan.target, &plan.target.url),
        waits: planned_waits(plan),
        ..PackHeader::of(&plan.pack, &plan.target)
    });
    RunHeader {
        packs: packs.collect(),
        cases: plans.iter().map(|plan| plan.cases.len()).sum(),
        selectors: options.selectors.0.clone(),
        shard: options.shard,
    }
}

/// Returns the options that make findings other than violations count, as they were given.
fn counting(options: &RunOptions) -> Vec<String> {
    let denied = options.deny_warnings.then(|| "--deny warnings".to_owned());
    let checked = (options.snapshots == Mode::Check).then(|| "--snapshots check".to_owned());
    denied.into_iter().chain(checked).collect()
}
