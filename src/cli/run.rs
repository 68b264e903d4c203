//! `failspec run`.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use tokio::sync::mpsc;

use crate::{
    check::{CHECKS, find},
    document::{Diagnostic, Diagnostics, Source, closest},
    pack::Pack,
    proof,
    reference::Options,
    report::{json, terminal},
    run::{Interrupter, Plan, RunOptions, Selectors, interrupt, run},
    snapshot::Mode,
    target::{Config, Role, Target, Waiver},
    template::Held,
    verdict::{Event, RunReport, exit},
};

use super::{
    arguments::{Deny, RunArguments, SnapshotsMode},
    failure::Failure,
    packs, signal,
};

/// The file that describes targets, where none is named.
const DEFAULT_CONFIG: &str = "failspec.toml";

/// Runs scenarios and gives the exit code.
///
/// # Errors
/// When files or options are wrong; then nothing was sent.
pub fn command(arguments: &RunArguments) -> Result<u8, Failure> {
    let selectors = Selectors(arguments.selectors.clone());
    let packs = packs::select(&packs::files(&arguments.from), &selectors)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::Broken(format!("no runtime: {error}")))?;
    runtime.block_on(async {
        let mut servers = Vec::new();
        let (targets, waivers) = if arguments.reference {
            let mut targets = Vec::new();
            for pack in &packs {
                let embedded = proof::start(&pack.name, Options::default()).await?;
                targets.push(embedded.target);
                servers.push(embedded.server);
            }
            (targets, Vec::new())
        } else {
            let config = target(arguments, &packs)?;
            (vec![config.target; packs.len()], config.waivers)
        };
        let options = RunOptions {
            jobs: arguments.jobs.map(usize::from),
            deny_warnings: arguments.deny == Some(Deny::Warnings),
            snapshots: mode(arguments.snapshots),
            in_ci: std::env::var_os("CI").is_some_and(|value| !value.is_empty()),
            waivers,
            selectors: selectors.clone(),
            shard: arguments.shard,
        };
        let mut plans: Vec<Plan> = Vec::new();
        for (pack, mut target) in packs.iter().zip(targets) {
            override_target(&mut target, arguments, pack)?;
            let first = plans.iter().map(|plan| plan.selected).sum();
            let (pack, target) = (Arc::clone(pack), Arc::new(target));
            plans.push(Plan::of_shard(pack, target, &selectors, first, arguments.shard));
        }
        plans.iter().try_for_each(may_be_shared_out)?;
        // Last of all that can be wrong: opening one empties the report of an earlier run.
        let reports = open_reports(&arguments.reports)?;
        let report = judge(plans, options, arguments).await?;
        for server in servers {
            server.stop().await;
        }
        write_reports(&report, reports)?;
        Ok(report.verdict.exit_code())
    })
}

/// Locks and global conditions hold within one process: shards of one target would get in each other's way.
fn may_be_shared_out(plan: &Plan) -> Result<(), Failure> {
    let alone = plan.target.isolated || plan.shard.is_none_or(|shard| shard.of == 1);
    if alone || plan.shared.is_empty() {
        return Ok(());
    }
    Err(Failure::usage_hint(
        format!(
            "the scenarios of {} on this target cannot be shared out: they need {}, which holds within one process alone",
            plan.pack.name,
            plan.shared.join(", ")
        ),
        "run without --shard; or give each shard a target of its own, and say so in failspec.toml: `isolated = true`",
    ))
}

async fn judge(
    plans: Vec<Plan>,
    options: RunOptions,
    arguments: &RunArguments,
) -> Result<RunReport, Failure> {
    let (interrupter, interrupt) = interrupt();
    tokio::spawn(listen(interrupter));
    let (events, mut received) = mpsc::unbounded_channel();
    let (verbose, quiet) = (arguments.verbose, arguments.quiet);
    let reporter = tokio::spawn(async move {
        let mut progress = None;
        while let Some(event) = received.recv().await {
            match event {
                Event::Started(header) => {
                    if !quiet {
                        print(&terminal::begin(&header));
                    }
                    progress = Some(terminal::Progress::new(header.trials, verbose, quiet));
                }
                Event::TrialFinished(trial) => {
                    if let Some(progress) = &mut progress {
                        progress.trial(&trial);
                    }
                }
                Event::Notice(text) => {
                    if let Some(progress) = &progress {
                        progress.notice(&text);
                    }
                }
            }
        }
        if let Some(progress) = &progress {
            progress.finish();
        }
    });
    let report = run(plans, options, interrupt, events).await?;
    // The reporter ends with the last event; a panic in it must not cost the verdict.
    let _ = reporter.await;
    print(&terminal::end(&report, verbose, quiet));
    Ok(report)
}

/// The first signal asks the run to clean up and stop; the second one stops at once.
async fn listen(interrupter: Interrupter) {
    signal::wait().await;
    interrupter.interrupt();
    let text = "interrupted: cleaning up; a second signal stops at once";
    let _ = writeln!(anstream::stderr(), "{text}");
    signal::wait().await;
    std::process::exit(i32::from(exit::INTERRUPTED));
}

/// The target that the options name; there is never a silent one.
fn target(arguments: &RunArguments, packs: &[Arc<Pack>]) -> Result<Config, Failure> {
    if let Some(url) = &arguments.url {
        one_pack(packs)?;
        let target = Target::from_url(url).map_err(|error| Failure::usage(format!("--url: {error}")))?;
        return Ok(Config { target, waivers: Vec::new() });
    }
    let path = arguments.config.clone().or_else(|| {
        let default = PathBuf::from(DEFAULT_CONFIG);
        (arguments.target.is_some() || default.is_file()).then_some(default)
    });
    let Some(path) = path else {
        return Err(Failure::usage_hint(
            "there is no target: nothing was sent",
            "give --url URL for your API, --target NAME of a failspec.toml, or --reference for the embedded \
             implementation (which says nothing about anyone's API)",
        ));
    };
    one_pack(packs)?;
    let text = fs::read_to_string(&path)
        .map_err(|error| Failure::usage(format!("cannot read {}: {error}", path.display())))?;
    let source = Source::new(path.display().to_string(), text);
    let folder = path.parent().unwrap_or(Path::new("."));
    let config = Config::read(&source, arguments.target.as_deref(), folder)?;
    known_checks(&config.waivers)?;
    Ok(config)
}

/// A waiver of a check that does not exist would look like one that has become stale.
fn known_checks(waivers: &[Waiver]) -> Result<(), Failure> {
    let unknown = waivers.iter().filter(|waiver| find(&waiver.check).is_none());
    let mistakes: Vec<Diagnostic> = unknown
        .map(|waiver| {
            let near = closest(&waiver.check, CHECKS.iter().map(|check| check.id));
            let hint = near.map_or_else(
                || "`failspec explain` lists them".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            Diagnostic::error(waiver.check_place.clone(), format!("there is no check `{}`", waiver.check))
                .hint(hint)
        })
        .collect();
    if mistakes.is_empty() { Ok(()) } else { Err(Diagnostics(mistakes).into()) }
}

/// One API has one contract: several packs on one URL are a mistake, and all but one would cry wolf.
fn one_pack(packs: &[Arc<Pack>]) -> Result<(), Failure> {
    if packs.len() == 1 {
        return Ok(());
    }
    let names: Vec<&str> = packs.iter().map(|pack| pack.name.as_str()).collect();
    Err(Failure::usage_hint(
        format!("which pack is the target's? There are {}", names.join(", ")),
        format!("name it: failspec run {} …", names.first().unwrap_or(&"PACK")),
    ))
}

/// `--role` and `--var` on top of what the target says.
fn override_target(target: &mut Target, arguments: &RunArguments, pack: &Pack) -> Result<(), Failure> {
    for option in &arguments.roles {
        let (name, credential) = split(option, "--role", "NAME=bearer:env:VAR")?;
        if !pack.contract.roles.contains_key(name) {
            let known: Vec<&str> = pack.contract.roles.keys().map(String::as_str).collect();
            return Err(Failure::usage_hint(
                format!("the pack {} knows no role `{name}`", pack.name),
                format!("its roles are {}", known.join(", ")),
            ));
        }
        let role = Role::from_option(name, credential).map_err(Failure::usage)?;
        target.roles.insert(name.to_owned(), role);
    }
    for option in &arguments.variables {
        let (name, value) = split(option, "--var", "NAME=VALUE")?;
        if !pack.contract.variables.contains_key(name) {
            let known: Vec<&str> = pack.contract.variables.keys().map(String::as_str).collect();
            return Err(Failure::usage_hint(
                format!("the pack {} knows no variable `{name}`", pack.name),
                format!("its variables are {}", known.join(", ")),
            ));
        }
        target.variables.insert(name.to_owned(), Held::open(value));
    }
    Ok(())
}

fn split<'o>(option: &'o str, name: &str, form: &str) -> Result<(&'o str, &'o str), Failure> {
    // The value may be a credential that someone put here by mistake: it is not quoted.
    option.split_once('=').ok_or_else(|| Failure::usage(format!("{name} is written {name} {form}")))
}

/// Reports are opened before anything is sent: a run of an hour must not end at a misspelt folder.
pub(super) fn open_reports(options: &[String]) -> Result<Vec<(PathBuf, fs::File)>, Failure> {
    options
        .iter()
        .map(|option| {
            let (format, path) = split(option, "--report", "json=PATH")?;
            if format != "json" {
                return Err(Failure::usage_hint(
                    format!("there is no report format `{format}`"),
                    "there is json",
                ));
            }
            let path = PathBuf::from(path);
            let file = fs::File::create(&path)
                .map_err(|error| Failure::usage(format!("cannot write {}: {error}", path.display())))?;
            Ok((path, file))
        })
        .collect()
}

pub(super) fn write_reports(report: &RunReport, reports: Vec<(PathBuf, fs::File)>) -> Result<(), Failure> {
    for (path, file) in reports {
        json::write(report, file)
            .map_err(|error| Failure::Broken(format!("cannot write {}: {error}", path.display())))?;
    }
    Ok(())
}

fn mode(mode: SnapshotsMode) -> Mode {
    match mode {
        SnapshotsMode::Check => Mode::Check,
        SnapshotsMode::Report => Mode::Report,
        SnapshotsMode::Update => Mode::Update,
        SnapshotsMode::Off => Mode::Off,
    }
}

/// Prints; a closed pipe is no reason to panic, and the exit code still tells.
pub(super) fn print(text: &str) {
    let mut out = anstream::stdout();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
