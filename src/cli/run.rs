//! `failspec run`.

use std::{
    io::Write as _,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use failspec_base::syntax::parse_duration;
use failspec_engine::{Exchanges, Plan, RunOptions, Selectors, interrupt, run, unfinished_report};
use failspec_judge::{
    report_model::{Event, Outcome, RunReport, Verdict, exit, merge_repeated},
    snapshot::Mode,
};
use failspec_mutants as proof;
use failspec_pack::{pack::Pack, target_config::Target};
use failspec_reference::Options;
use failspec_report::{
    github,
    terminal::{self, Columns},
};
use tokio::runtime::Runtime;

#[cfg(unix)]
use super::start::{Started, run_listens};
use super::{
    arguments::{Deny, Rerun, RunArguments, SnapshotsMode},
    dry_run::dry_run,
    error::CliError,
    filters::filtered,
    interrupts,
    pack_sources::PackSources,
    packs,
    pinned::check_pins,
    reports::{EventLog, Reports},
    rerun::rerun,
    resolve_target::{by_pack, has_path_values, notices, override_target, target},
    runtime::runtime,
    shard::shard,
    stdout::commands,
    watch::watch,
};

/// Runs scenarios and returns the exit code.
///
/// # Errors
/// When files or options are wrong; then nothing was sent.
pub fn command(arguments: &RunArguments) -> Result<u8, CliError> {
    if arguments.watch {
        return watch(arguments);
    }
    let (packs, selectors) = chosen(arguments)?;
    let runtime = runtime()?;
    let done = send(arguments, packs, &selectors, &runtime);
    // Do not wait for connections that a server keeps flooding.
    runtime.shutdown_background();
    done
}

/// Returns the packs of a run, and selectors of the cases that the options choose.
///
/// # Errors
/// When a pack cannot be read, and when nothing is chosen.
pub(super) fn chosen(arguments: &RunArguments) -> Result<(Vec<Arc<Pack>>, Selectors), CliError> {
    let again = rerun(arguments)?;
    let given = again.as_ref().unwrap_or(&arguments.selectors);
    // On the reference implementations, packs of one's own have nothing to run on.
    let sources = match arguments.reference {
        true => PackSources::given(&arguments.from)?,
        false => PackSources::of(&arguments.from, arguments.target.config.as_deref())?,
    };
    let (packs, selectors) = packs::select(&sources, given)?;
    let packs = match arguments.reference && given.is_empty() {
        true => packs::every_version(packs)?,
        false => packs,
    };
    let selectors = filtered(&packs, selectors, &arguments.only, &arguments.exclude)?;
    check_pins(&arguments.pins, &packs)?;
    Ok((packs, selectors))
}

/// Runs the cases that the selectors choose, and returns the exit code.
///
/// # Errors
/// When files or options are wrong; then nothing was sent.
pub(super) fn send(
    arguments: &RunArguments,
    packs: Vec<Arc<Pack>>,
    selectors: &Selectors,
    runtime: &Runtime,
) -> Result<u8, CliError> {
    let shard = shard(arguments.shard, arguments.shard_total)?;
    runtime.block_on(async {
        let mut servers = Vec::new();
        let (targets, waivers) = if arguments.reference {
            let mut targets = Vec::new();
            for pack in &packs {
                let embedded = proof::start(pack, Options::default()).await?;
                targets.push(embedded.target);
                servers.push(embedded.server);
            }
            (targets, Vec::new())
        } else {
            let config = target(&arguments.target, &packs)?;
            (by_pack(&config.target, &packs)?, config.waivers)
        };
        let mut options = RunOptions {
            jobs: arguments.jobs.map(usize::from),
            allow_commands: arguments.target.allow_commands,
            deny_warnings: arguments.deny == Some(Deny::Warnings),
            snapshots: mode(arguments.snapshots),
            in_ci: std::env::var_os("CI").is_some_and(|value| !value.is_empty()),
            waivers,
            selectors: Selectors(shown_selection(arguments)),
            witness: false,
            shard,
            exchanges: Exchanges::OfAll,
            max_time: arguments.max_time.as_deref().map(max_time).transpose()?,
        };
        let mut plans: Vec<Plan> = Vec::new();
        for (pack, mut target) in packs.iter().zip(targets) {
            override_target(&mut target, &arguments.target, pack)?;
            has_snapshots(&target, arguments.snapshots)?;
            let first = plans.iter().map(|plan| plan.selected).sum();
            let (pack, target) = (Arc::clone(pack), Arc::new(target));
            plans.push(Plan::of_shard(pack, target, selectors, first, shard));
        }
        plans.iter().try_for_each(may_be_shared_out)?;
        plans.iter().try_for_each(has_path_values)?;
        notices(&ignored_files(&packs));
        // Nobody else has them: each scenario is freed when its last case has ended.
        drop(packs);
        if arguments.dry_run {
            print(&dry_run(&plans, arguments.verbose));
            return Ok(exit::CONFORMS);
        }
        #[cfg(unix)]
        let mut server = start(arguments, &plans)?;
        // After everything else that can be wrong: the report of an earlier run outlives a mistake.
        let mut reports = Reports::open(&arguments.reports, arguments.report_bodies)?;
        if !reports.show_passed() && !arguments.verbose {
            options.exchanges = Exchanges::OfNotable;
        }
        reports.begin(&unfinished_report(&plans, &options))?;
        let events = reports.events()?;
        let shown = Shown { quiet: arguments.quiet, fail_fast: arguments.fail_fast };
        let mut report = repeat(plans, options, shown, events, arguments.repeat).await?;
        for server in servers {
            server.stop().await;
        }
        #[cfg(unix)]
        if let Some(status) = server.as_mut().and_then(Started::ended) {
            notices(&[format!("the server of --start ended before the end of the run: {status}")]);
        }
        #[cfg(unix)]
        drop(server);
        // Printed before the summary: the last line is that of the verdict.
        if let Some(annotations) = reports.annotations(&report) {
            print_as_it_is(&annotations);
        }
        let view = terminal::View {
            verbose: arguments.verbose,
            quiet: arguments.quiet,
            columns: Columns::of_stdout(),
        };
        print(&terminal::end(&report, view));
        let code = reports.write(&mut report);
        if !arguments.watch {
            // The process is about to end, and the system frees all of its memory at once.
            std::mem::forget(report);
        }
        Ok(code)
    })
}

/// Starts the server of `--start`, if it was given, and ends it however the run ends.
///
/// # Errors
/// When it does not start, and when the packs have several URLs: it could be ready at one of them only.
#[cfg(unix)]
fn start(arguments: &RunArguments, plans: &[Plan]) -> Result<Option<Started>, CliError> {
    let Some(command) = &arguments.start else { return Ok(None) };
    let mut urls: Vec<&url::Url> = plans.iter().map(|plan| &plan.target.url).collect();
    urls.dedup_by_key(|url| url.origin());
    let [url] = urls.as_slice() else {
        return Err(CliError::usage("--start starts one server, but the packs have several URLs"));
    };
    // It takes its time, and the runtime has nothing else to do yet.
    let max_time = arguments.max_time.as_deref().map(max_time).transpose()?;
    Started::start(command, url, max_time).map(Some)
}

/// Parses the value of `--max-time`.
fn max_time(text: &str) -> Result<Duration, CliError> {
    parse_duration(text).filter(|time| !time.is_zero()).ok_or_else(|| {
        CliError::usage_hint(
            format!("--max-time {text} is not a time span"),
            "write a number and a unit: 90s, 10m, 1h",
        )
    })
}

/// Checks that the target has a folder of approved responses, if they are to be compared or written.
fn has_snapshots(target: &Target, mode: SnapshotsMode) -> Result<(), CliError> {
    let needed = match mode {
        SnapshotsMode::Check => "check",
        SnapshotsMode::Update => "update",
        SnapshotsMode::Report | SnapshotsMode::Off => return Ok(()),
    };
    if target.reference || target.snapshots.is_some() {
        return Ok(());
    }
    Err(CliError::usage_hint(
        format!("--snapshots {needed}: the target {} has no folder of approved responses", target.name),
        "name one in failspec.toml: `snapshots = \"snapshots\"` under [target.NAME]",
    ))
}

/// Returns a notice for each file of a pack that looks like one of its scenarios and is not read.
fn ignored_files(packs: &[Arc<Pack>]) -> Vec<String> {
    let ignored = packs.iter().flat_map(|pack| pack.ignored_files());
    ignored.map(|file| format!("{file} is not read: `failspec lint` says why")).collect()
}

/// Checks that a plan may be sharded. Locks and global conditions work only within one process: shards of one target
/// would disturb each other.
fn may_be_shared_out(plan: &Plan) -> Result<(), CliError> {
    let alone = plan.target.isolated || plan.shard.is_none_or(|shard| shard.of == 1);
    if alone || plan.shared.is_empty() {
        return Ok(());
    }
    Err(CliError::usage_hint(
        format!(
            "the scenarios of {} cannot be sharded on this target: they need {}, which works only in one \
             process",
            plan.pack.name,
            plan.shared.join(", ")
        ),
        "run without --shard; or give each shard its own target, and set `isolated = true` in failspec.toml",
    ))
}

/// The options of a run that do not concern what is judged.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shown {
    /// True if neither the first lines nor the progress are shown.
    pub quiet: bool,
    /// True if the first case that fails stops the run.
    pub fail_fast: bool,
}

/// Returns the selection as it was given, for the reports.
fn shown_selection(arguments: &RunArguments) -> Vec<String> {
    let option = |name: &str, values: &[String]| -> Vec<String> {
        values.iter().map(|value| format!("{name} {value}")).collect()
    };
    let mut shown = arguments.selectors.clone();
    shown.extend(option("--only", &arguments.only));
    shown.extend(option("--exclude", &arguments.exclude));
    shown.extend(arguments.rerun.map(|Rerun::Failed| "--rerun failed".to_owned()));
    shown
}

/// Runs the plans as often as `--repeat` says, and merges the reports. A run that was stopped is the last one.
async fn repeat(
    plans: Vec<Plan>,
    options: RunOptions,
    shown: Shown,
    events: EventLog,
    times: Option<u16>,
) -> Result<RunReport, CliError> {
    let Some(times) = times else { return judge(plans, options, shown, Some(Arc::new(events))).await };
    let events = Arc::new(events);
    let mut runs = Vec::new();
    for number in 1..=times {
        if !shown.quiet {
            print(&format!("run {number} of {times}\n"));
        }
        // The first lines are the same each time.
        let shown = Shown { quiet: shown.quiet || number > 1, ..shown };
        let report = judge(plans.clone(), options.clone(), shown, Some(Arc::clone(&events))).await?;
        let is_stopped = report.verdict == Verdict::Interrupted || report.diagnosis.is_some();
        runs.push(report);
        if is_stopped {
            break;
        }
    }
    merge_repeated(runs).ok_or_else(|| CliError::Broken("there was no run".to_owned()))
}

/// Runs the plans, shows the progress, and writes the events.
pub(super) async fn judge(
    plans: Vec<Plan>,
    options: RunOptions,
    shown: Shown,
    events: Option<Arc<EventLog>>,
) -> Result<RunReport, CliError> {
    let Shown { quiet, fail_fast } = shown;
    let (interrupter, interrupt) = interrupt();
    let stop = interrupter.clone();
    interrupts::end_run(interrupter)?;
    #[cfg(unix)]
    run_listens();
    let shown = Arc::new(Mutex::new(None));
    let progress = Arc::clone(&shown);
    let listener = move |event: Event<'_>| {
        if let Some(events) = &events {
            events.write(event);
        }
        if let Event::CaseFinished(case) = event
            && fail_fast
            && case.outcome == Outcome::Failed
        {
            stop.stop_after_failure();
        }
        let mut progress = progress.lock().unwrap_or_else(PoisonError::into_inner);
        match (event, &mut *progress) {
            (Event::Started(header), progress) => {
                if !quiet {
                    print(&terminal::begin(header, Columns::of_stdout()));
                }
                *progress = Some(terminal::Progress::new(header.cases, quiet));
            }
            (Event::CaseStarted { index, name }, Some(progress)) => progress.start(index, name),
            (Event::CaseFinished(case), Some(progress)) => progress.case(case),
            (Event::Notice(text), Some(progress)) => progress.notice(text),
            _ => {}
        }
    };
    // On a thread of the runtime: the main thread is outside of it, and each of its wake-ups is a system call.
    let report = match tokio::spawn(run(plans, options, interrupt, Arc::new(listener))).await {
        Ok(report) => report?,
        Err(ended) => match ended.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(ended) => return Err(CliError::Broken(format!("the run was cancelled: {ended}"))),
        },
    };
    if let Some(progress) = &*shown.lock().unwrap_or_else(PoisonError::into_inner) {
        progress.finish();
    }
    Ok(report)
}

fn mode(mode: SnapshotsMode) -> Mode {
    match mode {
        SnapshotsMode::Check => Mode::Check,
        SnapshotsMode::Report => Mode::Report,
        SnapshotsMode::Update => Mode::Update,
        SnapshotsMode::Off => Mode::Off,
    }
}

/// Prints text that may quote a response. On GitHub Actions, commands in it are disabled, because the runner would
/// execute them.
pub(super) fn print(text: &str) {
    if std::env::var_os("GITHUB_ACTIONS").is_some_and(|value| !value.is_empty()) {
        let token = uuid::Uuid::new_v4().simple().to_string();
        print_as_it_is(&github::inert(text, &token));
    } else {
        print_as_it_is(text);
    }
}

/// Prints text unchanged; a closed pipe is not an error, because the exit code still reports the result.
pub(super) fn print_as_it_is(text: &str) {
    let mut out = commands();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
