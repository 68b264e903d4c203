//! Packs as tests of `cargo test` and nextest: every case is shown as one test.
//!
//! An API written in Rust tests itself with its own pack. It is started in the process of the test, on a free port:
//!
//! ```no_run
//! // tests/conformance.rs, with `harness = false` under [[test]] in Cargo.toml
//! # mod notes_api { pub fn serve() -> String { String::new() } }
//! use failspec::harness::Harness;
//!
//! fn main() -> std::process::ExitCode {
//!     Harness::new()
//!         .packs("conformance")              // conformance/schemas, conformance/scenarios
//!         .serve(|| notes_api::serve())      // starts it and returns its URL
//!         .bearer("reader", "sesame")
//!         .main()
//! }
//! ```
//!
//! libtest-mimic is only the front end: it parses the command line, lists, filters and prints. The engine runs on
//! tokio ahead of it, and the tests only await their outcomes.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    path::PathBuf,
    process::ExitCode,
    sync::{Arc, Mutex, PoisonError, mpsc},
};

pub use libtest_mimic::{Arguments, Conclusion};
use libtest_mimic::{Completion, Failed, Trial};

use failspec_engine::{Plan, RunOptions, Selectors, case_names, interrupt, run};
use failspec_judge::{
    report_model::{CaseReport, Event, Outcome, RunReport, SnapshotState, exit},
    snapshot::Mode,
};
#[cfg(feature = "reference")]
use failspec_mutants as proof;
use failspec_pack::{
    pack::{Files, FilesError, Pack, PackError},
    target_config::Target,
};
use failspec_report::terminal;

/// Name of the test for the results of the whole run: coverage, run findings, the verdict.
const WHOLE: &str = "coverage";

/// Variable that is set by nextest, which runs every test in a process of its own.
const NEXTEST: &str = "NEXTEST";

/// Runs the packs below the current directory (`schemas/`, `scenarios/`, `snapshots/`), or the embedded ones, as
/// tests on their reference implementations. Approved responses are checked.
pub fn main() -> ExitCode {
    Harness::new().main()
}

/// Packs as tests, on an API or on their reference implementations.
#[derive(Debug, Default)]
pub struct Harness {
    packs: Option<PathBuf>,
    api: Api,
    bearers: Vec<(String, String)>,
    variables: Vec<(String, String)>,
}

/// The API that the scenarios are sent to.
#[derive(Default)]
enum Api {
    /// The embedded reference implementation of each pack.
    #[cfg(feature = "reference")]
    #[default]
    Reference,
    /// No API was given.
    #[cfg(not(feature = "reference"))]
    #[default]
    Missing,
    /// An API that is running already.
    Url(String),
    /// An API that is started in this process; the function returns its URL.
    Serve(Box<dyn FnOnce() -> String + Send>),
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            #[cfg(feature = "reference")]
            Self::Reference => f.write_str("Reference"),
            #[cfg(not(feature = "reference"))]
            Self::Missing => f.write_str("Missing"),
            Self::Url(url) => f.debug_tuple("Url").field(url).finish(),
            Self::Serve(_) => f.write_str("Serve"),
        }
    }
}

/// Reason why no test can run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HarnessError {
    /// The packs cannot be found.
    #[error(transparent)]
    Files(#[from] FilesError),
    /// A pack contains errors.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// There is nothing to run.
    #[error("there are no packs")]
    NoPacks,
    /// There is nothing to send requests to, and no reference implementation is compiled in.
    #[error("there is no API to test: call `url` or `serve`, or enable the feature `reference` of failspec")]
    NoApi,
    /// There are several packs for one API, which has one contract.
    #[error("one API needs one pack, but there are several: {0}")]
    SeveralPacks(String),
    /// A name that the contract does not have.
    #[error("the pack {pack} has no {kind} `{name}`")]
    Unknown {
        /// The pack.
        pack: String,
        /// The kind of name, such as role or variable.
        kind: &'static str,
        /// Its name.
        name: String,
    },
}

impl Harness {
    /// Creates a harness for the packs below the current directory (which is the package's under cargo), or for the
    /// embedded ones, on their reference implementations.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads packs from a folder with `schemas/`, `scenarios/` and `snapshots/`.
    #[must_use]
    pub fn packs(mut self, folder: impl Into<PathBuf>) -> Self {
        self.packs = Some(folder.into());
        self
    }

    /// Tests the API at this URL. Its pack must be the only one.
    #[must_use]
    pub fn url(mut self, url: impl Into<String>) -> Self {
        self.api = Api::Url(url.into());
        self
    }

    /// Tests an API that `start` starts in this process; `start` returns its URL. It is called once, and only if some
    /// test is to run. Nothing else uses the API, so that locks and conditions for everyone work under nextest too.
    #[must_use]
    pub fn serve(mut self, start: impl FnOnce() -> String + Send + 'static) -> Self {
        self.api = Api::Serve(Box::new(start));
        self
    }

    /// Gives a role of the contract a bearer token.
    #[must_use]
    pub fn bearer(mut self, role: impl Into<String>, token: impl Into<String>) -> Self {
        self.bearers.push((role.into(), token.into()));
        self
    }

    /// Gives a variable of the contract a value.
    #[must_use]
    pub fn variable(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.variables.push((name.into(), value.into()));
        self
    }

    /// Runs the tests that the command line selects, and prints them.
    pub fn main(self) -> ExitCode {
        match self.run(Arguments::from_args()) {
            Ok(conclusion) => conclusion.exit_code(),
            Err(error) => {
                eprintln!("{error}");
                ExitCode::from(exit::USAGE)
            }
        }
    }

    /// Runs the tests that `arguments` select, and prints them.
    ///
    /// # Errors
    /// When there is no pack, there are several for one API, a pack contains errors, or it has no such role or
    /// variable.
    pub fn run(self, arguments: Arguments) -> Result<Conclusion, HarnessError> {
        #[cfg(feature = "reference")]
        crate::builtin::register();
        let root = self.packs.clone().unwrap_or_else(|| PathBuf::from("."));
        #[cfg(not(feature = "reference"))]
        if matches!(self.api, Api::Missing) {
            return Err(HarnessError::NoApi);
        }
        #[cfg(feature = "reference")]
        let files = match self.packs.is_none() && !std::path::Path::new("schemas").is_dir() {
            true => crate::builtin::built_in(),
            false => Files::Directory(root),
        };
        #[cfg(not(feature = "reference"))]
        let files = Files::Directory(root);
        let packs = load(&files, self.has_reference())?;
        self.fits(&packs)?;
        Ok(run_as_tests(packs, arguments, self))
    }

    /// Returns true if the API is the embedded one, which exists in every version of a pack.
    fn has_reference(&self) -> bool {
        #[cfg(feature = "reference")]
        return matches!(self.api, Api::Reference);
        #[cfg(not(feature = "reference"))]
        false
    }

    fn fits(&self, packs: &[Arc<Pack>]) -> Result<(), HarnessError> {
        if matches!(self.api, Api::Url(_) | Api::Serve(_)) && packs.len() > 1 {
            let names: Vec<&str> = packs.iter().map(|pack| pack.name.as_str()).collect();
            return Err(HarnessError::SeveralPacks(names.join(", ")));
        }
        let unknown = |pack: &Pack, kind, name: &String| HarnessError::Unknown {
            pack: pack.name.clone(),
            kind,
            name: name.clone(),
        };
        for pack in packs {
            let roles = &pack.contract.roles;
            if let Some((role, _)) = self.bearers.iter().find(|(role, _)| !roles.contains_key(role)) {
                return Err(unknown(pack, "role", role));
            }
            let variables = &pack.contract.variables;
            if let Some((name, _)) = self.variables.iter().find(|(name, _)| !variables.contains_key(name)) {
                return Err(unknown(pack, "variable", name));
            }
        }
        Ok(())
    }

    /// Returns the target, if the API is not the embedded one.
    fn target(self) -> Result<Option<Target>, String> {
        let (url, isolated) = match self.api {
            #[cfg(feature = "reference")]
            Api::Reference => return Ok(None),
            #[cfg(not(feature = "reference"))]
            Api::Missing => return Ok(None),
            Api::Url(url) => (url, false),
            Api::Serve(start) => (start(), true),
        };
        let mut target = Target::from_url(&url)?;
        target.isolated = isolated;
        for (role, token) in &self.bearers {
            target = target.bearer(role, token);
        }
        for (name, value) in &self.variables {
            target = target.variable(name, value);
        }
        Ok(Some(target))
    }
}

/// Loads the packs in their newest version, or in every version. The names of the cases of an older one carry it.
fn load(files: &Files, every_version: bool) -> Result<Vec<Arc<Pack>>, HarnessError> {
    let mut packs = Vec::new();
    for name in files.packs()? {
        let newest = Pack::load(files, &name)?;
        let older = if every_version { newest.versions.clone() } else { Vec::new() };
        packs.push(Arc::new(newest));
        for version in older {
            packs.push(Arc::new(Pack::load(files, &format!("{name}@{version}"))?.qualified()));
        }
    }
    if packs.is_empty() {
        return Err(HarnessError::NoPacks);
    }
    Ok(packs)
}

/// The outcome of a test.
type Told = Result<Completion, Failed>;

/// The outcomes that tests wait for, by name.
type Outcomes = Arc<Mutex<HashMap<String, mpsc::Receiver<Told>>>>;

fn run_as_tests(packs: Vec<Arc<Pack>>, mut arguments: Arguments, harness: Harness) -> Conclusion {
    // Plan order: tests only await outcomes, so one thread is enough.
    arguments.test_threads = Some(1);
    let names: Vec<String> = packs
        .iter()
        .flat_map(|pack| {
            case_names(pack).map(|(name, ..)| name).chain([format!("{}::{WHOLE}", pack.prefix())])
        })
        .collect();
    let wanted: Vec<String> = names.iter().filter(|name| is_wanted(&arguments, name)).cloned().collect();
    let outcomes: Outcomes = Arc::default();
    if !arguments.list && !arguments.ignored && !wanted.is_empty() {
        let mut senders = BTreeMap::new();
        for name in &wanted {
            let (sender, receiver) = mpsc::channel();
            senders.insert(name.clone(), sender);
            outcomes.lock().unwrap_or_else(PoisonError::into_inner).insert(name.clone(), receiver);
        }
        std::thread::spawn(move || engine(packs, senders, harness));
    }
    let cases = names
        .into_iter()
        .map(|name| {
            let outcomes = Arc::clone(&outcomes);
            Trial::ignorable_test(name.clone(), move || awaited(&outcomes, &name))
        })
        .collect();
    libtest_mimic::run(&arguments, cases)
}

/// Returns true if a test is selected. This is the same choice that libtest-mimic makes, so that the engine runs no
/// more than was requested.
fn is_wanted(arguments: &Arguments, name: &str) -> bool {
    let matches = |filter: &str| if arguments.exact { name == filter } else { name.contains(filter) };
    arguments.filter.as_deref().is_none_or(matches) && !arguments.skip.iter().any(|skip| matches(skip))
}

fn awaited(outcomes: &Outcomes, name: &str) -> Told {
    let receiver = outcomes.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
    let outcome = receiver.and_then(|receiver| receiver.recv().ok());
    // A missing outcome is a failure, regardless of the reason.
    outcome.unwrap_or_else(|| Err(Failed::from("the run ended without an outcome for this case")))
}

type Senders = BTreeMap<String, mpsc::Sender<Told>>;

/// Runs every pack with a selected test, and sends the outcomes as they arrive.
fn engine(packs: Vec<Arc<Pack>>, senders: Senders, harness: Harness) {
    // Called before our runtime exists: the function that starts the API may have a runtime of its own.
    let target = match harness.target() {
        Ok(target) => target,
        Err(error) => return eprintln!("{error}"),
    };
    // As for the command line: the steps of a case need much of a stack in a build without optimisation.
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let Ok(runtime) = builder.thread_stack_size(8 << 20).enable_all().build() else { return };
    runtime.block_on(async {
        for pack in packs {
            if let Err(error) = run_pack(&pack, target.clone(), &senders).await {
                // The tests that now get no outcome fail; this shows the reason.
                eprintln!("{}: {error}", pack.name);
            }
        }
    });
}

/// A running reference implementation.
#[cfg(feature = "reference")]
type EmbeddedServer = failspec_reference::Server;
#[cfg(not(feature = "reference"))]
type EmbeddedServer = std::convert::Infallible;

async fn run_pack(
    pack: &Arc<Pack>,
    target: Option<Target>,
    senders: &Senders,
) -> Result<(), Box<dyn std::error::Error>> {
    let prefix = format!("{}::", pack.prefix());
    let whole = format!("{prefix}{WHOLE}");
    let own: Vec<&String> = senders.keys().filter(|name| name.starts_with(&prefix)).collect();
    if own.is_empty() {
        return Ok(());
    }
    // Coverage can only be judged for all cases.
    let selectors = if senders.contains_key(&whole) {
        Selectors::default()
    } else {
        let names: Vec<String> = case_names(pack).map(|(name, ..)| name).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        Selectors(own.into_iter().cloned().collect()).exact(&names)
    };
    let (target, server) = match target {
        Some(target) => (target, None::<EmbeddedServer>),
        #[cfg(feature = "reference")]
        None => {
            let embedded = proof::start(pack, failspec_reference::Options::default()).await?;
            (embedded.target, Some(embedded.server))
        }
        #[cfg(not(feature = "reference"))]
        None => return Err(Box::new(HarnessError::NoApi)),
    };
    let plan = Plan::new(Arc::clone(pack), Arc::new(target), &selectors, 0);
    if std::env::var_os(NEXTEST).is_some() && !plan.target.isolated && !plan.shared.is_empty() {
        let shared = plan.shared.join(", ");
        return Err(format!(
            "nextest runs each test in its own process, but {shared} works only in one process"
        )
        .into());
    }
    let options = RunOptions { snapshots: Mode::Check, in_ci: true, selectors, ..RunOptions::default() };
    let (_interrupter, interrupt) = interrupt();
    let own: Senders = senders
        .iter()
        .filter(|(name, _)| name.starts_with(&prefix))
        .map(|(name, sender)| (name.clone(), sender.clone()))
        .collect();
    let listener = move |event: Event<'_>| {
        if let Event::CaseFinished(case) = event
            && let Some(sender) = own.get(&*case.name)
        {
            // A test without a receiver has been filtered out.
            let _ = sender.send(judge(case));
        }
    };
    let report = tokio::spawn(run(vec![plan], options, interrupt, Arc::new(listener))).await??;
    #[cfg(feature = "reference")]
    if let Some(server) = server {
        server.stop().await;
    }
    #[cfg(not(feature = "reference"))]
    let _ = server;
    if let Some(sender) = senders.get(&whole) {
        let _ = sender.send(judge_whole(&report));
    }
    Ok(())
}

/// Returns the outcome of the test of a case. It passes if the case passed and its approved response is the same; a
/// case that was not judged has not passed. A case that was skipped is shown as ignored, and the test of the whole
/// run fails; a case whose failure did not come is ignored as well.
fn judge(case: &CaseReport) -> Told {
    let same = case.snapshot.as_ref().is_none_or(|snapshot| snapshot.state == SnapshotState::Same);
    if case.outcome == Outcome::Passed && same {
        return Ok(Completion::Completed);
    }
    if matches!(case.outcome, Outcome::Skipped | Outcome::NotApplicable | Outcome::Unconfirmed) && same {
        return Ok(Completion::ignored_with(
            case.reason.as_ref().map(ToString::to_string).unwrap_or_default(),
        ));
    }
    Err(Failed::from(plain(&terminal::case(case, false))))
}

fn judge_whole(report: &RunReport) -> Told {
    if report.verdict.exit_code() == exit::CONFORMS {
        return Ok(Completion::Completed);
    }
    Err(Failed::from(plain(&terminal::end(report, terminal::View::default()))))
}

/// Removes the colours, because libtest-mimic prints the text wherever its output goes.
fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}
