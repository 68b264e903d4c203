//! `run --watch`: runs again what a changed file touches.
//!
//! The files are read again and again and compared with those of the last run. Messages of the system about changed files
//! would come earlier, but they are lost on network folders and those of containers, with new folders, and when there are
//! many of them; so the contents would have to be compared all the same.

use std::{
    collections::BTreeSet,
    path::PathBuf,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use failspec_engine::{Selectors, case_names};
use failspec_judge::report_model::exit;
use failspec_pack::pack::{Files, Pack, Texts};
use failspec_report::{count, terminal::Styles};

use super::{
    arguments::RunArguments,
    default_config::{default_config, read_config},
    error::CliError,
    interrupts,
    pack_sources::PackSources,
    run::{chosen, print, send},
    runtime::runtime,
};

/// Interval between two looks at the files.
const POLL: Duration = Duration::from_millis(300);

/// Interval in which changed files must stay the same: an editor may empty a file before it writes it.
const SETTLE: Duration = Duration::from_millis(100);

/// Part of the time that looking may take: one in so many.
const IDLE: u32 = 10;

/// Runs the selected cases, and then again and again those that a changed file touches, until a signal ends it. Errors in
/// files are shown, and do not end it.
///
/// # Errors
/// When there is no file that could change.
pub(super) fn watch(arguments: &RunArguments) -> Result<u8, CliError> {
    let mut watched = Watched::of(arguments)?;
    let runtime = runtime()?;
    let (mut seen, mut code) = (watched.look(), exit::CONFORMS);
    let mut ran: Option<Seen> = None;
    loop {
        let plan = chosen(arguments).map(|(packs, selectors)| {
            let touched = touched(&packs, &selectors, ran.as_ref(), &seen);
            (packs, touched)
        });
        let done = match plan {
            Ok((_, Touched::Nothing)) => {
                print("\nno selected case depends on what changed\n");
                Ok(code)
            }
            Ok((packs, Touched::All(selectors))) => send(arguments, packs, &selectors, &runtime),
            Ok((packs, Touched::Cases(names))) => {
                let depend = if names.len() == 1 { "depends" } else { "depend" };
                print(&format!("\n{} {depend} on what changed\n", count(names.len(), "case")));
                send(arguments, packs, &Selectors(names), &runtime)
            }
            Err(error) => Err(error),
        };
        match done {
            Ok(of_run) => {
                code = of_run;
                ran = Some(seen.clone());
            }
            Err(error) => {
                print("\n");
                error.print();
                code = exit::USAGE;
            }
        }
        // A run that a signal ended is the last one.
        if code == exit::INTERRUPTED || !interrupts::end_wait(code)? {
            return Ok(exit::INTERRUPTED);
        }
        let line = format!("watching {}; Ctrl-C ends", watched.describe(&seen));
        print(&format!("\n{}\n", Styles::dab(Styles::FAINT, line)));
        let found = watched.next(&seen);
        // It may name another folder of packs.
        if found.config != seen.config
            && let Ok(other) = Watched::of(arguments)
        {
            watched = other;
            seen = watched.look();
        } else {
            seen = found;
        }
    }
}

/// The files whose changes count.
struct Watched {
    /// The packs of one's own.
    packs: Option<Files>,
    /// The file of the target.
    config: Option<PathBuf>,
}

/// The contents of the files at one time.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Seen {
    /// The files of all packs, or the reason why they cannot be read.
    packs: Result<Texts, String>,
    /// The file of the target; `None` if there is none, or if it cannot be read.
    config: Option<String>,
}

impl Watched {
    fn of(arguments: &RunArguments) -> Result<Self, CliError> {
        let config = arguments.target.config.clone();
        let sources = match arguments.reference {
            true => PackSources::given(&arguments.from)?,
            false => PackSources::of(&arguments.from, config.as_deref())?,
        };
        let packs = sources.own_folder().map(|folder| Files::Directory(folder.to_owned()));
        let has_target = arguments.target.url.is_none() && !arguments.reference;
        let config = config.or_else(default_config).filter(|_| has_target);
        if packs.is_none() && config.is_none() {
            return Err(CliError::usage_hint(
                "--watch has nothing to watch: the packs are built in, and there is no failspec.toml",
                "give the folder of your packs with --packs, or run without --watch",
            ));
        }
        Ok(Self { packs, config })
    }

    fn look(&self) -> Seen {
        let packs = self.packs.as_ref().map_or_else(|| Ok(Texts::new()), Files::read_all);
        Seen {
            packs: packs.map_err(|error| error.to_string()),
            config: self.config.as_ref().and_then(|path| read_config(path).ok()),
        }
    }

    /// Waits until the files are others than those that were seen, and stay so for a moment.
    fn next(&self, seen: &Seen) -> Seen {
        loop {
            let start = Instant::now();
            let mut found = self.look();
            if found != *seen {
                loop {
                    thread::sleep(SETTLE);
                    let again = self.look();
                    if again == found {
                        break;
                    }
                    found = again;
                }
                if found != *seen {
                    return found;
                }
            }
            // A large pack must not keep a core busy.
            thread::sleep(POLL.max(start.elapsed() * IDLE));
        }
    }

    fn describe(&self, seen: &Seen) -> String {
        let packs = seen.packs.as_ref().map_or(0, Texts::len);
        let files = packs + usize::from(seen.config.is_some());
        count(files, "file")
    }
}

/// The cases that run because of what changed.
enum Touched {
    /// All that are selected.
    All(Selectors),
    /// Selectors of these cases.
    Cases(Vec<String>),
    /// None.
    Nothing,
}

/// Returns the selected cases that depend on a file that is another one than in the last run.
fn touched(packs: &[Arc<Pack>], selectors: &Selectors, ran: Option<&Seen>, seen: &Seen) -> Touched {
    let all = || Touched::All(selectors.clone());
    let Some(ran) = ran.filter(|ran| ran.config == seen.config) else { return all() };
    let (Ok(before), Ok(after)) = (&ran.packs, &seen.packs) else { return all() };
    let paths: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let changed: Vec<&str> =
        paths.into_iter().filter(|path| before.get(*path) != after.get(*path)).map(String::as_str).collect();
    let mut names = Vec::new();
    for pack in packs {
        let is_whole = changed.iter().any(|path| changes_whole_pack(pack, path));
        let files: BTreeSet<String> = changed.iter().map(|path| pack.files.shown(path)).collect();
        for (name, scenario, _) in case_names(pack).filter(|(name, ..)| selectors.pick(name)) {
            let is_touched = is_whole
                || files.contains(scenario.place.source.name())
                || scenario.other_files.iter().any(|file| files.contains(&**file));
            if is_touched {
                names.push(format!("{name}::"));
            }
        }
    }
    if names.is_empty() { Touched::Nothing } else { Touched::Cases(names) }
}

/// Returns true for a file that all cases of a pack may depend on: a contract, a base, a schema, and a scenario file of the
/// pack that it extends, because its own scenarios may have parts of those.
fn changes_whole_pack(pack: &Pack, path: &str) -> bool {
    if let Some(path) = path.strip_prefix("scenarios/") {
        return pack.extends.as_ref().is_some_and(|base| path.starts_with(&format!("{base}/")));
    }
    let is_own = path.starts_with(&format!("schemas/{}/", pack.name));
    is_own || pack.texts.contains_key(path) || pack.others.contains_key(path)
}
