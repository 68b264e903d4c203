//! Packs as tests of `cargo test` and nextest: every scenario shows up as one test.
//!
//! ```no_run
//! // tests/conformance.rs, with `harness = false` in Cargo.toml
//! fn main() -> std::process::ExitCode {
//!     failspec::harness::main()
//! }
//! ```
//!
//! libtest-mimic is the front end alone: it reads the command line, lists, filters and prints. The engine runs on
//! tokio ahead of it, and the tests only await their outcomes.

use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
    process::ExitCode,
    sync::{Arc, Mutex, PoisonError, mpsc},
};

use libtest_mimic::{Arguments, Conclusion, Failed, Trial};

use crate::{
    pack::{Files, Pack},
    proof,
    report::terminal,
    run::{Plan, RunOptions, Selectors, interrupt, run, trial_names},
    snapshot::Mode,
    verdict::{Event, Outcome, RunReport, SnapshotState, TrialReport, exit},
};

/// The test that stands for what only the whole run can see: coverage, run findings, the verdict.
const WHOLE: &str = "coverage";

/// Runs the packs below the current directory (`schemas/`, `scenarios/`, `snapshots/`), or the embedded ones, as
/// tests on their reference implementations. Approved answers are checked.
pub fn main() -> ExitCode {
    let root = Path::new(".");
    let files =
        if root.join("schemas").is_dir() { Files::Directory(root.to_owned()) } else { Files::Embedded };
    match load(&files) {
        Ok(packs) => run_as_tests(packs, Arguments::from_args()),
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(exit::USAGE)
        }
    }
}

fn load(files: &Files) -> Result<Vec<Arc<Pack>>, Box<dyn std::error::Error>> {
    let mut packs = Vec::new();
    for name in files.packs()? {
        packs.push(Arc::new(Pack::load(files, &name)?));
    }
    if packs.is_empty() {
        return Err("there are no packs".into());
    }
    Ok(packs)
}

/// What a test waits for.
type Outcomes = Arc<Mutex<HashMap<String, mpsc::Receiver<Result<(), Failed>>>>>;

fn run_as_tests(packs: Vec<Arc<Pack>>, mut arguments: Arguments) -> ExitCode {
    // Plan order: tests only await outcomes, so one thread is enough.
    arguments.test_threads = Some(1);
    let names: Vec<String> = packs
        .iter()
        .flat_map(|pack| trial_names(pack).map(|(name, ..)| name).chain([format!("{}::{WHOLE}", pack.name)]))
        .collect();
    let wanted: Vec<String> = names.iter().filter(|name| is_wanted(&arguments, name)).cloned().collect();
    let outcomes: Outcomes = Arc::default();
    if !arguments.list && !arguments.ignored {
        let mut senders = BTreeMap::new();
        for name in &wanted {
            let (sender, receiver) = mpsc::channel();
            senders.insert(name.clone(), sender);
            outcomes.lock().unwrap_or_else(PoisonError::into_inner).insert(name.clone(), receiver);
        }
        std::thread::spawn(move || engine(packs, senders));
    }
    let trials = names
        .into_iter()
        .map(|name| {
            let outcomes = Arc::clone(&outcomes);
            Trial::test(name.clone(), move || awaited(&outcomes, &name))
        })
        .collect();
    let conclusion: Conclusion = libtest_mimic::run(&arguments, trials);
    conclusion.exit_code()
}

/// The same choice that libtest-mimic makes, so that the engine runs no more than what is asked for.
fn is_wanted(arguments: &Arguments, name: &str) -> bool {
    let matches = |filter: &str| if arguments.exact { name == filter } else { name.contains(filter) };
    arguments.filter.as_deref().is_none_or(matches) && !arguments.skip.iter().any(|skip| matches(skip))
}

fn awaited(outcomes: &Outcomes, name: &str) -> Result<(), Failed> {
    let receiver = outcomes.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
    let outcome = receiver.and_then(|receiver| receiver.recv().ok());
    // No outcome is no success, whatever the reason.
    outcome.unwrap_or_else(|| Err(Failed::from("the run ended without an outcome for this scenario")))
}

type Senders = BTreeMap<String, mpsc::Sender<Result<(), Failed>>>;

/// Runs every pack that a wanted test belongs to and hands the outcomes out as they come.
fn engine(packs: Vec<Arc<Pack>>, senders: Senders) {
    let Ok(runtime) = tokio::runtime::Builder::new_multi_thread().enable_all().build() else { return };
    runtime.block_on(async {
        for pack in packs {
            if let Err(error) = run_pack(&pack, &senders).await {
                // The tests that now get no outcome fail; this says why.
                eprintln!("{}: {error}", pack.name);
            }
        }
    });
}

async fn run_pack(pack: &Arc<Pack>, senders: &Senders) -> Result<(), Box<dyn std::error::Error>> {
    let prefix = format!("{}::", pack.name);
    let whole = format!("{prefix}{WHOLE}");
    let own: Vec<&String> = senders.keys().filter(|name| name.starts_with(&prefix)).collect();
    if own.is_empty() {
        return Ok(());
    }
    // Coverage can only be told of everything.
    let selectors = if senders.contains_key(&whole) {
        Selectors::default()
    } else {
        Selectors(own.into_iter().cloned().collect())
    };
    let embedded = proof::start(&pack.name, crate::reference::Options::default()).await?;
    let plan = Plan::new(Arc::clone(pack), Arc::new(embedded.target), &selectors, 0);
    let options = RunOptions { snapshots: Mode::Check, in_ci: true, selectors, ..RunOptions::default() };
    let (_interrupter, interrupt) = interrupt();
    let (events, mut received) = tokio::sync::mpsc::unbounded_channel();
    let report = tokio::spawn(run(vec![plan], options, interrupt, events));
    while let Some(event) = received.recv().await {
        if let Event::TrialFinished(trial) = event
            && let Some(sender) = senders.get(&trial.name)
        {
            // A test that is not waited for has been filtered out.
            let _ = sender.send(judge(&trial));
        }
    }
    let report = report.await??;
    embedded.server.stop().await;
    if let Some(sender) = senders.get(&whole) {
        let _ = sender.send(judge_whole(&report));
    }
    Ok(())
}

/// A test passes if its trial did and its approved answer is the same; what was not judged has not passed.
fn judge(trial: &TrialReport) -> Result<(), Failed> {
    let same = trial.snapshot.as_ref().is_none_or(|snapshot| snapshot.state == SnapshotState::Same);
    if trial.outcome == Outcome::Passed && same {
        return Ok(());
    }
    Err(Failed::from(plain(&terminal::trial(trial))))
}

fn judge_whole(report: &RunReport) -> Result<(), Failed> {
    if report.verdict.exit_code() == exit::CONFORMS {
        return Ok(());
    }
    Err(Failed::from(plain(&terminal::end(report, false, false))))
}

/// libtest-mimic prints to wherever it prints: without colours.
fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}
