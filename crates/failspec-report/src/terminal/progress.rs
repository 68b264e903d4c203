//! Progress of a run, on standard error.

use std::{
    collections::BTreeMap,
    io::{IsTerminal, Write, stderr},
    sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc},
    thread,
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use failspec_base::sanitize::{one_line, shortened};
use failspec_judge::report_model::{CaseReport, Outcome};

use super::{styles::Styles, visible};

/// Interval at which the bar says what is running.
const TICK: Duration = Duration::from_secs(1);

/// Time after which a case that is still running is slow: the bar names it, with its time.
const SLOW: Duration = Duration::from_secs(3);

/// Times after which a log, where there is no bar, names a case that is still running.
const LOGGED: [Duration; 4] =
    [Duration::from_secs(10), Duration::from_secs(60), Duration::from_secs(300), Duration::from_secs(1800)];

/// Maximum length of the name of a running case, in characters: a bar has one line.
const MAX_NAME_LEN: usize = 60;

/// A bar with counts on a terminal, plain lines elsewhere.
#[derive(Debug)]
pub struct Progress {
    state: Arc<Mutex<State>>,
    /// Ends the thread that watches the running cases, when it is dropped.
    watch: Option<mpsc::Sender<()>>,
}

#[derive(Debug)]
struct State {
    /// Only on a terminal: a bar that is not visible would still compute the remaining time.
    bar: Option<ProgressBar>,
    /// True if plain lines are written.
    plain: bool,
    total: usize,
    done: usize,
    failed: usize,
    inconclusive: usize,
    /// Number of tenths of the run that were reported in plain lines.
    told: usize,
    /// The cases that are running, by index.
    running: BTreeMap<usize, Running>,
}

#[derive(Debug)]
struct Running {
    name: String,
    since: Instant,
    /// Number of times that a log has named it.
    logged: usize,
}

impl Progress {
    /// Creates the progress of `total` cases.
    pub fn new(total: usize, quiet: bool) -> Self {
        let terminal = stderr().is_terminal() && !quiet;
        let bar = terminal.then(|| {
            // Of 80 columns, the name of what is running needs more than the bar.
            let style = ProgressStyle::with_template("{bar:12} {pos}/{len} · {wide_msg} {eta} left");
            let bar =
                ProgressBar::with_draw_target(Some(total as u64), ProgressDrawTarget::stderr_with_hz(12));
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar
        });
        let state = State {
            bar,
            plain: !terminal && !quiet,
            total,
            done: 0,
            failed: 0,
            inconclusive: 0,
            told: 0,
            running: BTreeMap::new(),
        };
        let state = Arc::new(Mutex::new(state));
        let watch = (!quiet).then(|| {
            let (sender, receiver) = mpsc::channel::<()>();
            let state = Arc::clone(&state);
            // Without the thread, the run goes on as well: only nobody says what is slow.
            let _ = thread::Builder::new().name("progress".to_owned()).spawn(move || {
                while receiver.recv_timeout(TICK) == Err(mpsc::RecvTimeoutError::Timeout) {
                    lock(&state).tick(Instant::now());
                }
            });
            sender
        });
        Self { state, watch }
    }

    /// Notes a case that begins.
    pub fn start(&mut self, index: usize, name: &str) {
        if self.watch.is_none() {
            return;
        }
        let name = shortened(&one_line(name), MAX_NAME_LEN).into_owned();
        let mut state = lock(&self.state);
        state.running.insert(index, Running { name, since: Instant::now(), logged: 0 });
        state.show(Instant::now());
    }

    /// Counts a case that has finished.
    pub fn case(&mut self, case: &CaseReport) {
        lock(&self.state).case(case);
    }

    /// Shows a message to the person who waits.
    pub fn notice(&self, text: &str) {
        lock(&self.state).line(&Styles::dab(Styles::WARN, visible(text)));
    }

    /// Removes the bar when the run has finished.
    pub fn finish(&self) {
        let mut state = lock(&self.state);
        state.running.clear();
        if let Some(bar) = state.bar.take() {
            bar.finish_and_clear();
        }
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl State {
    fn case(&mut self, case: &CaseReport) {
        self.running.remove(&case.index);
        self.done += 1;
        match case.outcome {
            Outcome::Failed => self.failed += 1,
            Outcome::Inconclusive => self.inconclusive += 1,
            _ => {}
        }
        if let Some(bar) = &self.bar {
            bar.inc(1);
        }
        self.show(Instant::now());
        if self.plain {
            // A line for every tenth: enough to see progress in a CI log.
            let tenths = self.done * 10 / self.total.max(1);
            if tenths > self.told && self.total >= 200 {
                self.told = tenths;
                self.line(&format!("{}/{} · {}", self.done, self.total, self.counts()));
            }
        }
    }

    fn counts(&self) -> String {
        match (self.failed, self.inconclusive) {
            (0, 0) => "all as documented so far".to_owned(),
            (failed, 0) => format!("{failed} failed"),
            (failed, inconclusive) => format!("{failed} failed, {inconclusive} inconclusive"),
        }
    }

    /// Names the case that has been running longest in the bar.
    fn show(&self, now: Instant) {
        if let Some(bar) = &self.bar {
            bar.set_message(self.message(now));
        }
    }

    /// Returns the counts, and the case that has been running longest; if that is long, for how long.
    fn message(&self, now: Instant) -> String {
        let Some(longest) = self.running.values().min_by_key(|running| running.since) else {
            return self.counts();
        };
        let time = now.saturating_duration_since(longest.since);
        let slow = if time >= SLOW { format!(" for {} s", time.as_secs()) } else { String::new() };
        format!("{} · running {}{slow}", self.counts(), longest.name)
    }

    fn tick(&mut self, now: Instant) {
        self.show(now);
        if self.plain {
            let lines = self.slow(now);
            lines.iter().for_each(|line| self.line(line));
        }
    }

    /// Returns a line for each case that has become slow since it was asked last.
    fn slow(&mut self, now: Instant) -> Vec<String> {
        let mut lines = Vec::new();
        for running in self.running.values_mut() {
            let time = now.saturating_duration_since(running.since);
            let due = LOGGED.iter().filter(|limit| time >= **limit).count();
            if due > running.logged {
                running.logged = due;
                lines.push(format!("still running after {} s: {}", time.as_secs(), running.name));
            }
        }
        lines
    }

    /// Writes a line above the bar; a closed standard error is ignored.
    fn line(&self, text: &str) {
        let write = || {
            let _ = writeln!(super::stderr(), "{text}");
        };
        match &self.bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_names_what_is_running_and_what_is_slow_once_for_each_limit() {
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        let running = |name: &str, since| Running { name: name.to_owned(), since, logged: 0 };
        let mut state = State {
            bar: None,
            plain: true,
            total: 9,
            done: 0,
            failed: 2,
            inconclusive: 0,
            told: 0,
            running: BTreeMap::from([(4, running("a::quick", after(8))), (7, running("a::slow", start))]),
        };
        assert_eq!(state.message(after(1)), "2 failed · running a::slow");
        assert_eq!(state.message(after(9)), "2 failed · running a::slow for 9 s");
        assert!(state.slow(after(9)).is_empty());
        assert_eq!(state.slow(after(11)), ["still running after 11 s: a::slow"]);
        assert!(state.slow(after(12)).is_empty());
        state.running.remove(&7);
        assert_eq!(state.slow(after(100)), ["still running after 92 s: a::quick"]);
        state.running.clear();
        assert_eq!(state.message(after(100)), "2 failed");
    }
}
